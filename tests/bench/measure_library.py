# SPDX-License-Identifier: GPL-3.0-or-later
"""First scan, restart, memory."""
import os
import time

import procfs


def _stat_all(folder):
    start = time.monotonic()
    for root, _, files in os.walk(folder):
        for name in files:
            os.stat(os.path.join(root, name))
    return time.monotonic() - start


def _read_heads(folder):
    start = time.monotonic()
    for root, _, files in os.walk(folder):
        for name in files:
            fd = os.open(os.path.join(root, name), os.O_RDONLY)
            os.fstat(fd)
            os.read(fd, 65536)
            os.close(fd)
    return time.monotonic() - start


def _scan_once(bench, name, corpus, rows, is_cold):
    if is_cold:
        procfs.drop_caches()
    with bench.server(name, [corpus.media]) as server:
        took = server.wait(lambda: server.is_scanned(corpus), 900, 0.03)
        if took is None:
            rows[0].notes.append(f"{name}: not complete after 15 minutes")
            return
        rows[0].add(name, took)
        if len(rows) > 1:
            rows[1].add(name, server.cpu_s())


def _rounds(bench, name, n_tracks):
    """The slow ones once: gerbera takes most of a minute for 10,000."""
    if name == "gerbera":
        return 1 if n_tracks <= 10_000 else 0
    return 1 if n_tracks >= 100_000 else bench.rounds


def scan(bench):
    for n_tracks in bench.sizes:
        corpus = bench.corpus(n_tracks)
        rows = [bench.row("scan", f"first scan, {n_tracks:,} tracks, warm", "s",
                          "2" if n_tracks == 10_000 else ""),
                bench.row("scan", f"CPU of that scan, {n_tracks:,} tracks", "CPU s")]
        _read_heads(corpus.media)
        rows[0].add("floor", _read_heads(corpus.media))
        for name in ("hearth", "minidlna", "gerbera"):
            if name in bench.peers:
                for _ in range(_rounds(bench, name, n_tracks)):
                    _scan_once(bench, name, corpus, rows, False)
    if 10_000 in bench.sizes and procfs.drop_caches():
        _scan_cold(bench, bench.corpus(10_000))


def _scan_cold(bench, corpus):
    row = bench.row("scan", "first scan, 10,000 tracks, cold", "s", "1.3 × the cold floor")
    for _ in range(bench.rounds):
        procfs.drop_caches()
        row.add("floor", _read_heads(corpus.media))
        for name in ("hearth", "minidlna"):
            if name in bench.peers:
                _scan_once(bench, name, corpus, [row], True)


def _is_checked(server):
    scan_status = server.status().get("scan", {})
    return scan_status.get("phase") == "idle" and scan_status.get("took_ms", 0) > 0


def _restart_once(bench, server, corpus, rows):
    server.start()
    browsable = server.wait(
        lambda: server.is_listening() and server.n_tracks() >= server.n_expected(corpus), 120,
        0.002)
    if browsable is None:
        rows["browsable"].notes.append(f"{server.name}: not browsable after two minutes")
        return
    rows["browsable"].add(server.name, browsable)
    if server.name == "hearth":
        wait = server.wait(lambda: _is_checked(server), 120, 0.005)
        if wait is not None:
            rows["checked"].add(server.name, time.monotonic() - server.started)
    time.sleep(0.5 if bench.is_quick else 4)
    rows["cpu"].add(server.name, server.cpu_s())
    server.stop()


def restart(bench):
    for n_tracks in bench.sizes[-2:]:
        corpus = bench.corpus(n_tracks)
        is_large = n_tracks == 100_000
        rows = {
            "browsable": bench.row("restart", f"restart, {n_tracks:,} tracks unchanged, to the "
                                   "first Browse with all", "s", "0.1" if is_large else ""),
            "checked": bench.row("restart", f"restart, {n_tracks:,} tracks, every file checked",
                                 "s", "0.5" if is_large else ""),
            "cpu": bench.row("restart", f"CPU of the restart and the seconds after it, "
                             f"{n_tracks:,} tracks", "CPU s")}
        _stat_all(corpus.media)
        rows["checked"].add("floor", _stat_all(corpus.media))
        for name in ("hearth", "minidlna"):
            if name not in bench.peers:
                continue
            with bench.scanned(name, corpus) as server:
                time.sleep(0.5 if bench.is_quick else 3)
                server.stop()
                for _ in range(bench.rounds):
                    _restart_once(bench, server, corpus, rows)


def memory(bench):
    for n_tracks in bench.sizes[-2:]:
        corpus = bench.corpus(n_tracks)
        row = bench.row("memory", f"resident after the scan of {n_tracks:,} tracks", "MB",
                        "40" if n_tracks == 100_000 else "")
        tree = bench.row("memory", f"proportional share of the whole process tree, "
                         f"{n_tracks:,} tracks", "MB")
        browsed = bench.row("memory", f"resident after that and 16 clients browsing, "
                            f"{n_tracks:,} tracks", "MB")
        for name in ("hearth", "minidlna"):
            if name not in bench.peers:
                continue
            with bench.scanned(name, corpus, is_fresh=True) as server:
                time.sleep(1 if bench.is_quick else 15)
                rss, pss = procfs.memory_mb(server.process.pid)
                row.add(name, rss)
                tree.add(name, pss)
                path = bench.walk(server, 2000)
                bench.load(server, "browse", tree=path, connections=16, seconds=bench.seconds)
                browsed.add(name, procfs.memory_mb(server.process.pid)[0])
