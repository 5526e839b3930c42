# SPDX-License-Identifier: GPL-3.0-or-later
"""What a tree of processes has used, read from /proc."""
import os

_TICKS = os.sysconf("SC_CLK_TCK")


def _stat(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        return file.read().rpartition(")")[2].split()


def tree(root):
    """The process and all that descend from it."""
    children = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                children.setdefault(int(_stat(name)[1]), []).append(int(name))
            except (OSError, IndexError):
                pass
    found, waiting = [], [root]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting += children.get(pid, [])
    return found


def cpu_s(root):
    """User and system time of the tree, with that of children that have ended."""
    total = 0
    for pid in tree(root):
        try:
            total += sum(int(field) for field in _stat(pid)[11:15])
        except OSError:
            pass
    return total / _TICKS


def memory_mb(root):
    """RSS of the first process, and PSS of the tree."""
    rss = pss = 0
    for pid in tree(root):
        try:
            with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
                fields = {line.split(":")[0]: line.split()[1] for line in file if "kB" in line}
        except OSError:
            continue
        pss += int(fields["Pss"])
        if pid == root:
            rss = int(fields["Rss"])
    return rss / 1000 * 1.024, pss / 1000 * 1.024


def drop_caches():
    """Forgets all file contents. Returns FALSE where that is not allowed."""
    os.sync()
    try:
        with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as file:
            file.write("3\n")
    except OSError:
        return False
    return True


def available_bytes():
    with open("/proc/meminfo", encoding="ascii") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("MemAvailable"))


def machine():
    """What the figures were measured on, without names."""
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo", encoding="utf-8")
                  if line.startswith("model name")), "unknown")
    memory = int(open("/proc/meminfo", encoding="ascii").readline().split()[1])
    return f"{os.cpu_count()} cores ({model}), {memory / 1e6:.0f} GB, Linux {os.uname().release}"
