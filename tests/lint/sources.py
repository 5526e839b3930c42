#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every source begins with its licence; no function is over 80 lines and no file over 800."""

import re
import tree

MAX_FUNCTION_LINES = 80
MAX_FILE_LINES = 800
NOTED_FILE_LINES = 500
SPDX = b"SPDX-License-Identifier: GPL-3.0-or-later"
NAME = re.compile(r"(\w+)\(")


def functions(lines):
    """(name, lines) of each function: in our formatting a body is the lines between "{" and "}" in
    the first column, below a line that holds a parenthesis."""
    start = None
    for number, line in enumerate(lines):
        if line == "{" and number > 0 and ")" in lines[number - 1]:
            start = number
            while start > 0 and (lines[start - 1].startswith(" ") or lines[start - 1].endswith(",")):
                start -= 1
            start -= 1
        elif line == "}" and start is not None:
            found = NAME.search(lines[start])
            yield found.group(1) if found else lines[start], number - start + 1
            start = None


def check(path):
    failures = []
    text = tree.read(path)
    lines = text.decode().split("\n")[:-1]
    first = b"\n".join(text.split(b"\n", 2)[:2])
    if path.endswith((".c", ".h")) and lines[0] != f"/* {SPDX.decode()} */" or SPDX not in first:
        failures.append(f"{path}: does not begin with its licence")
    if len(lines) > MAX_FILE_LINES:
        failures.append(f"{path}: {len(lines)} lines")
    elif len(lines) > NOTED_FILE_LINES:
        print(f"note: {path} has {len(lines)} lines: which two nouns does it serve?")
    if path.endswith(".c"):
        failures += [f"{path}: {name}() has {count} lines" for name, count in functions(lines)
                     if count > MAX_FUNCTION_LINES]
    return failures


def main():
    sources = tree.files(".c", ".h", ".py")
    counts = [count for path in sources if path.endswith(".c")
              for _, count in functions(tree.read(path).decode().split("\n"))]
    assert len(counts) > 1000, "the functions were not found"
    counts.sort()
    print(f"{len(sources)} files, {len(counts)} functions: median {counts[len(counts) // 2]} lines, "
          f"90 of 100 have at most {counts[len(counts) * 9 // 10]}, the longest {counts[-1]}")
    tree.report([failure for path in sources for failure in check(path)])


if __name__ == "__main__":
    main()
