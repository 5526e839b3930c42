# SPDX-License-Identifier: GPL-3.0-or-later
"""The same changes of a household's music brought to a device by hearth, rsync, syncthing and
casync."""
import contextlib
import filecmp
import os
import shutil
import subprocess
import time

import procfs
import sync_hearth
import sync_tools
from corpus import household, seeds

TOOLS = (sync_hearth.Hearth, sync_tools.Rsync, sync_tools.Syncthing)

# casync reads and writes all of it for every change, at some 50 MB/s: it is measured beside hearth
# with a tenth of the corpus.
SMALL_TOOLS = (sync_hearth.Hearth, sync_tools.Casync)
N_ALBUMS, N_SMALL, N_QUICK = 200, 20, 8

# No change takes longer.
LIMIT_S = 600

# Of the folder in memory: the music twice, and a store of it.
MEMORY_BYTES = 14_000_000_000

# What is measured of each change.
FIGURES = (("time", "s"), ("on the wire", "MB"), ("CPU of both sides", "CPU s"),
           ("written by the device", "MB"))

TARGETS = {("first copy", "time"): "rsync", ("first copy", "CPU of both sides"): "⅓ syncthing",
           ("nothing changed", "on the wire"): "0.0025", ("nothing changed", "time"): "0.1",
           ("renamed and moved", "on the wire"): "0.1"}


def _retag(home, albums, extension, cover):
    for album in albums:
        for n, path in enumerate(album.paths()):
            household.tag(os.path.join(home, path), title=f"{album.titles[n]} (remastered)", cover=cover)


def _retitle(home, albums):
    """One byte more in the title of a track in each."""
    for album in albums:
        household.tag(os.path.join(home, album.paths()[0]), title=album.titles[0] + "!")


def _rename(home, albums):
    for album in albums:
        folder = os.path.join(home, "Moved", f"{album.name} by {album.artist}")
        os.makedirs(os.path.dirname(folder), exist_ok=True)
        os.rename(os.path.join(home, album.folder()), folder)


def _changes(bench, corpus):
    """Name, and what is done to the folder at home, one after the other."""
    cover = seeds.make_covers(os.path.join(bench.folder, "seeds-1"), "full")[0]
    yield "first copy", lambda home: None
    yield "nothing changed", lambda home: None
    for extension in household.FORMATS:
        albums = corpus.of_format(extension)
        n = len(albums) * household.TRACKS_AN_ALBUM
        yield (f"{n} {extension.upper()} retagged, with the same new cover",
               lambda home, a=albums, e=extension: _retag(home, a, e, cover))
    some = corpus.albums[:max(1, len(corpus.albums) // 5)]
    yield f"{len(some)} titles one letter longer", lambda home: _retitle(home, some)
    half = corpus.albums[len(corpus.albums) // 2:]
    yield (f"{len(half) * household.TRACKS_AN_ALBUM} files renamed and moved",
           lambda home: _rename(home, half))
    yield "an album added", corpus.add_spare
    yield "an album removed", lambda home: shutil.rmtree(os.path.join(home, corpus.spare.folder()))


def _rows(bench, change, has_targets=True):
    if not has_targets:
        return {figure: bench.row("sync", f"{change}: {figure}", unit) for figure, unit in FIGURES}
    target = {figure: next((text for (name, what), text in TARGETS.items()
                            if what == figure and name in change), "") for figure, _ in FIGURES}
    if "retagged" in change:
        target.update({"on the wire": "1", "time": "1"})
    return {figure: bench.row("sync", f"{change}: {figure}", unit, target[figure])
            for figure, unit in FIGURES}


def _check_equal(tool, home):
    """The device has every file that is at home, bit for bit."""
    wanted = sorted(os.path.join(folder, name) for folder, _, names in os.walk(home) for name in names)
    found = sorted(os.path.join(folder, name) for folder, dirs, names in os.walk(tool.files())
                   for name in names if not os.path.join(folder, name).startswith(
                       tuple(os.path.join(tool.files(), each) for each in (".hearth", ".st"))) and
                   name not in (".nomedia",) and not name.endswith(".m3u8"))
    if len(wanted) != len(found):
        raise sync_tools.Failed(f"{tool.name}: {len(found)} files on the device, {len(wanted)} at home")
    by_size = {}
    for path in found:
        by_size.setdefault(os.path.getsize(path), []).append(path)
    for path in wanted:
        same = [other for other in by_size.get(os.path.getsize(path), ())
                if filecmp.cmp(path, other, shallow=False)]
        if not same:
            raise sync_tools.Failed(f"{tool.name}: {path} is not on the device as it is at home")


def _figures(tool):
    """In the order of FIGURES."""
    return time.monotonic(), tool.wire_bytes() / 1e6, tool.cpu_s(), tool.written_bytes() / 1e6


def _measure(tool, rows, name, change):
    change(tool.home)
    tool.has_changed = not name.startswith("nothing")
    os.sync()
    before = _figures(tool)
    while True:
        tool.sync()
        after = _figures(tool)
        if tool.is_done():
            break
        if time.monotonic() - before[0] > LIMIT_S:
            raise sync_tools.Failed(f"{tool.name}: {name}: not done after {LIMIT_S} s")
    took, wire, cpu, written = (b - a for a, b in zip(before, after))
    for (figure, _), value in zip(FIGURES, (took, wire, cpu, written)):
        rows[figure].add(tool.name, value)
    later = tool.settle()
    print(f"    {tool.name:9} {name}: {took:.2f} s, {wire:.3f} MB, {cpu:.2f} CPU s, "
          f"{later:.2f} CPU s afterwards", flush=True)
    if later > max(0.1 * cpu, 0.5):
        rows["CPU of both sides"].notes.append(
            f"{tool.name}: {later:.1f} CPU s more afterwards, in the background at home")


def _measure_and_check(tool, rows, name, change):
    """False: it failed, and it is another's failure: the rest is measured without it."""
    try:
        _measure(tool, rows, name, change)
        if not name.startswith("nothing"):
            _check_equal(tool, tool.home)
    except (sync_tools.Failed, subprocess.TimeoutExpired) as error:
        if isinstance(tool, sync_hearth.Hearth):
            raise
        print(f"    {tool.name:9} {name}: {error}", flush=True)
        rows["time"].notes.append(f"{tool.name} failed here, and was measured no further")
        return False
    return True


@contextlib.contextmanager
def _scratch(bench):
    """A folder in memory where there is room for it, so that the disk is not what is measured."""
    folder = os.path.join(bench.folder, f"sync-{os.getpid()}")
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    is_in_memory = procfs.available_bytes() > MEMORY_BYTES + 4e9 and subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={MEMORY_BYTES}", "hearth-bench", folder],
        capture_output=True, check=False).returncode == 0
    try:
        yield folder, is_in_memory
    finally:
        if is_in_memory:
            subprocess.run(["umount", folder], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def _round(bench, corpus, tool_class, rows, changes):
    with _scratch(bench) as (scratch, is_in_memory):
        home = os.path.join(scratch, "home")
        shutil.copytree(corpus.media, home)
        with tool_class(bench, home, scratch) as tool:
            for name, change in changes:
                if not _measure_and_check(tool, rows[name], name, change):
                    return
            for figure, text in tool.notes():
                rows[changes[0][0]][figure].notes.append(text)
        rows[changes[0][0]]["time"].notes.append(
            "both folders are in memory" if is_in_memory else
            "both folders are on one disk; hearth alone waits until each file is really there")


def sync(bench):
    """rsync goes over ssh. casync and syncthing take long and are run once; casync with a tenth."""
    if bench.namespace is None:
        bench.row("sync", "not measured", "").notes.append(
            "making a network namespace takes more rights")
        return
    _with(bench, TOOLS, N_QUICK if bench.is_quick else N_ALBUMS)
    _nothing_changed_at(bench, 200 if bench.is_quick else 10_000)
    _with(bench, SMALL_TOOLS, N_SMALL if not bench.is_quick else N_QUICK // 2)


def _with(bench, tools, n_albums):
    corpus = household.Household(bench.folder, n_albums, bench.is_quick).make()
    changes = list(_changes(bench, corpus))
    is_small = tools is SMALL_TOOLS
    size = f" (of {n_albums * household.TRACKS_AN_ALBUM} files)" if is_small else ""
    rows = {name: _rows(bench, name + size, not is_small) for name, _ in changes}
    for number in range(bench.rounds):
        for tool in tools:
            if not tool.is_there() or (number > 0 and tool.name in ("syncthing", "casync")):
                continue
            _round(bench, corpus, tool, rows, changes)


def _nothing_changed_at(bench, n_tracks):
    """Once more with many small files."""
    corpus = bench.corpus(n_tracks)
    name = f"nothing changed, {n_tracks:,} files"
    rows = _rows(bench, name)
    for tool_class in TOOLS:
        if not tool_class.is_there():
            continue
        with _scratch(bench) as (scratch, _), tool_class(bench, corpus.media, scratch) as tool:
            tool.sync()
            tool.settle()
            for _ in range(bench.rounds):
                _measure(tool, rows, name, lambda home: None)
