"""Lays the rendered handbook on the shelf, a directory named by BELFRY_SHELF.

A missing shelf is nobody's mistake in the project: exit status 75, try again later.
"""

import os
import pathlib
import shutil
import sys

TRY_LATER = 75


def main():
    shelf = pathlib.Path(os.environ["BELFRY_SHELF"])
    if not shelf.is_dir():
        print("the shelf is not mounted", file=sys.stderr)
        sys.exit(TRY_LATER)
    for page in sorted(pathlib.Path("handbook").glob("*.html")):
        shutil.copy(page, shelf)
        print(f"published {page.name}")


if __name__ == "__main__":
    main()
