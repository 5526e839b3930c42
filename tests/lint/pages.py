#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What pages and texts say: manual pages are well formed, keys are described once and the same, links lead
somewhere, and nothing names a folder of the machine it was written on or somebody's address."""

import ipaddress
import os
import re
import shutil
import subprocess
import tree

QUAD = re.compile(r"(?<![\w.%])\d{1,3}(?:\.\d{1,3}){3}(?!\.?\w)")
# Written in two pieces, so that this file does not name what it looks for.
MACHINE = re.compile(r"(?<![\w~.<>$})*/-])/" + r"(?:root|work)(?=[/\s\"'`),;]|$)")
SETTING = re.compile(r'^    (?:TEXT|LIST|BOOL|NUMBER)\(\s*"([\w-]+)", "([\w-]+)"(?:, "([^"]*)")?',
                     re.M)


def texts():
    for path in tree.files():
        data = tree.read(path)
        if b"\0" not in data and not path.startswith("tests/fuzz/corpus/") and path != "COPYING":
            yield path, data.decode("utf-8", "replace")


def is_public(text):
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    parts = set(text.split("."))
    if all(len(part) == 1 for part in parts) and len(parts) > 1:
        return False  # 2.5.5.1 is a section of something
    return address.is_global and not address.is_multicast


def check_names():
    for path, text in texts():
        for number, line in enumerate(text.split("\n"), 1):
            if MACHINE.search(line):
                yield f"{path}:{number}: names a folder of one machine: {line.strip()}"
            if ".in-addr.arpa" in line:
                continue
            for quad in QUAD.findall(line):
                if is_public(quad):
                    yield f"{path}:{number}: {quad} is somebody's; 192.0.2.0/24 is for examples"


def check_links():
    for path in tree.files(".md"):
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", tree.read(path).decode()):
            place = os.path.join(tree.SOURCE, os.path.dirname(path), target)
            if "://" not in target and not os.path.exists(place):
                yield f"{path}: links to {target}, which is not there"
    readme = tree.read("README.md").decode()
    for path in tree.files(".md"):
        if path.startswith("docs/") and f"]({path})" not in readme:
            yield f"README.md: does not link {path}"


def check_named_files():
    """Files that a page names in backquotes, with a folder in front, exist."""
    pattern = re.compile(r"`((?:cli|daemon|data|docs|lib|plugins|tests|worker)/[\w./-]+)`")
    for path in tree.files(".md"):
        for name in pattern.findall(tree.read(path).decode()):
            if "NAME" not in name and not os.path.exists(os.path.join(tree.SOURCE, name)):
                yield f"{path}: names {name}, which is not there"


def check_mandoc():
    pages = [path for path in tree.files() if path.startswith("docs/man/")]
    assert len(pages) >= 5
    if shutil.which("mandoc") is None:
        print("note: mandoc is not installed; the manual pages were not checked")
        return
    done = subprocess.run(["mandoc", "-Tlint", "-Wstyle", *pages], cwd=tree.SOURCE,
                          capture_output=True, text=True, check=False)
    for line in (done.stdout + done.stderr).splitlines():
        # Pages of ours refer to each other, installed or not.
        if "referenced manual not found: Xr hearth" not in line:
            yield line


def groups_of(text, group_pattern, key_pattern):
    """{(group, key): default} of a page, read line by line."""
    group, found = None, {}
    for line in text.split("\n"):
        start = re.match(group_pattern, line)
        group = start.group(1) if start else group
        key = re.match(key_pattern, line)
        if key:
            found[group, key.group(1)] = (key.group(2) or "").strip()
    return found


def check_settings():
    """daemon/setting-table.c, hearth.conf and hearth.conf(5) have the same keys and defaults."""
    table = {(group, key): default for group, key, default
             in SETTING.findall(tree.read("daemon/setting-table.c").decode())}
    for (group, key), default in table.items():
        if default.startswith(("Folders", "Network", "Further", "Plugins")):
            table[group, key] = ""  # a list: its meaning comes next, and its default is empty
    assert len(table) > 15, "the table was not understood"
    conf = groups_of(tree.read("data/hearth.conf").decode(), r"\[([\w-]+)\]",
                     r"#([\w-]+) =(.*)$")
    page = groups_of(tree.read("docs/man/hearth.conf.5").decode(), r"\.Ss Group ([\w-]+)",
                     r"\.It Va ([\w-]+)(?: No =(.*))?$")
    for name, found in (("data/hearth.conf", conf), ("docs/man/hearth.conf.5", page)):
        for key in sorted(table.keys() | found.keys()):
            if table.get(key) != found.get(key):
                yield (f"{name}: {key[0]}.{key[1]} is {found.get(key)!r} there and "
                       f"{table.get(key)!r} in daemon/setting-table.c")


if __name__ == "__main__":
    tree.report([*check_names(), *check_links(), *check_named_files(), *check_mandoc(),
                 *check_settings()])
