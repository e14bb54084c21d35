"""Renders docs/*.md as bare HTML into handbook/; links to missing pages are remarked on."""

import html
import pathlib
import re
import sys

LINK = re.compile(r"\[([^\]]+)\]\(([^)]+)\)")


def rendered(path):
    body = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        for _, target in LINK.findall(line):
            if not (path.parent / target).exists():
                print(f"{path}:{number}: warning: no page {target}", file=sys.stderr)
        line = LINK.sub(r"\1", line)
        level = len(line) - len(line.lstrip("#"))
        tag = f"h{level}" if level else "p"
        if line.strip():
            body.append(f"<{tag}>{html.escape(line.lstrip('# '))}</{tag}>")
    return "\n".join(body) + "\n"


def main():
    pathlib.Path("handbook").mkdir(exist_ok=True)
    for path in sorted(pathlib.Path("docs").glob("*.md")):
        page = pathlib.Path("handbook") / f"{path.stem}.html"
        page.write_text(rendered(path))
        print(f"{path} -> {page}")


if __name__ == "__main__":
    main()
