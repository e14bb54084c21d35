"""Puts the package into dist/belfry-<version>.tar.gz."""

import pathlib
import sys
import tarfile

sys.path.insert(0, ".")

from belfry import __version__  # noqa: E402


def main():
    pathlib.Path("dist").mkdir(exist_ok=True)
    archive = pathlib.Path("dist") / f"belfry-{__version__}.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        for path in sorted(pathlib.Path("belfry").glob("*.py")):
            tar.add(path)
            print(f"added {path}")
    print(f"wrote {archive}")


if __name__ == "__main__":
    main()
