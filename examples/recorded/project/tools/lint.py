"""Small lint: lines that are too long, notes left behind, imports nobody uses."""

import ast
import pathlib
import sys

LONGEST = 88


def remarks(path):
    text = path.read_text()
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > LONGEST:
            yield number, f"line of {len(line)} characters, {LONGEST} are allowed"
        if "FIXME" in line:
            yield number, "a note was left behind"
    yield from unused_imports(ast.parse(text))


def unused_imports(tree):
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            for name in node.names:
                bound = (name.asname or name.name).split(".")[0]
                if bound not in used:
                    yield node.lineno, f"{bound} is imported and not used"


def main():
    files = sorted(pathlib.Path("belfry").glob("*.py"))
    count = 0
    for path in files:
        for number, remark in remarks(path):
            count += 1
            print(f"{path}:{number}: warning: {remark}", file=sys.stderr)
    print(f"{len(files)} files looked at, {count} to mend")


if __name__ == "__main__":
    main()
