# SPDX-License-Identifier: GPL-3.0-or-later
"""What the crash tests share."""

import os
import sqlite3
import sys

sys.path.insert(0, os.path.join(os.environ.get("HEARTH_SOURCE", os.getcwd()), "tests", "support"))
import tagged  # noqa: E402,F401
import hearth  # noqa: E402
import netns  # noqa: E402,F401
import tree  # noqa: E402,F401
from patience import PATIENCE, wait_until  # noqa: E402,F401


def settle(daemon, timeout=60):
    """Waits until a scan that looked at everything has ended and nothing is left to read."""
    return daemon.wait_for_scan(timeout * PATIENCE)


def integrity(path):
    """What SQLite says of a database that nobody has open."""
    with sqlite3.connect(path) as database:
        answer = database.execute("PRAGMA integrity_check").fetchone()[0]
    database.close()
    return answer


def state_db(daemon):
    return os.path.join(daemon.state_dir, "state.db")


def index_db(daemon):
    return os.path.join(daemon.state_dir, "cache", "index.db")


def processes_of(parent, name):
    """Ids of the processes called @name below @parent, at any depth."""
    below, found = {parent}, []
    rows = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", encoding="utf-8", errors="replace") as file:
                    head, tail = file.read().rsplit(")", 1)
                with open(f"/proc/{entry}/cmdline", "rb") as file:
                    command = file.read().split(b"\0")[0].decode(errors="replace")
            except OSError:
                continue  # ended since
            rows.append((int(entry), int(tail.split()[1]), os.path.basename(command)))
    changed = True
    while changed:
        changed = False
        for pid, its_parent, command in rows:
            if its_parent in below and pid not in below:
                below.add(pid)
                changed = True
                if command == name:
                    found.append(pid)
    return found


def memory_kb(pid, field="VmRSS"):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        for line in file:
            if line.startswith(field + ":"):
                return int(line.split()[1])
    return 0
