# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of the source tree, for the checks beside this one."""

import os
import sys

SOURCE = os.environ.get("HEARTH_SOURCE",
                        os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))

# Not sources: what a build makes, and Git's own.
def is_skipped(name, top):
    return name.startswith(".git") or name == "__pycache__" or os.path.exists(
        os.path.join(top, name, "build.ninja"))


def files(*suffixes):
    """Paths relative to the top, sorted; all files without suffixes."""
    found = []
    for top, folders, names in os.walk(SOURCE):
        folders[:] = [name for name in folders if not is_skipped(name, top)]
        found += [os.path.relpath(os.path.join(top, name), SOURCE) for name in names
                  if name != ".git" and (not suffixes or name.endswith(suffixes))]
    return sorted(found)


def read(path):
    with open(os.path.join(SOURCE, path), "rb") as file:
        return file.read()


def report(failures):
    """Prints what is wrong, one line each, and ends the program."""
    for failure in failures:
        print(failure)
    print(f"{len(failures)} found" if failures else "nothing found")
    sys.exit(1 if failures else 0)
