# SPDX-License-Identifier: GPL-3.0-or-later
"""Ranges of a large film, seeks, and streams that nobody reads."""
import os

import measures

RANGE_BYTES = 1024 * 1024
SEEK_BYTES = 32 * 1024  # 64 KiB would meet the client's delayed acknowledgement


def _serving_video(bench, name):
    video = bench.video()
    server = bench.server(name, [os.path.dirname(video)])
    server.start()
    server.wait_listening()
    found = []

    def is_there():
        try:
            path = server.video_path()
        except Exception:  # not scanned yet: the container is missing or empty
            path = None
        found[:] = [path]
        return path is not None
    if server.wait(is_there, 60, 0.1) is None:
        server.stop()
        raise RuntimeError(f"{name} does not show the film")
    return server, found[0], os.path.getsize(video)


def _ranges_once(bench, server, path, size, connections, rows):
    found, cpu = bench.load(server, "ranges", media=path, media_size=size, range=RANGE_BYTES,
                            connections=connections, seconds=bench.seconds)
    result = found[0]
    rows["rate"].add(server.name, result["bytes"] / result["seconds"] / 1e9)
    if result["bytes"]:
        rows["cpu"].add(server.name, cpu / (result["bytes"] / 1e9))
    measures.note_errors(rows["rate"], server.name, result)


def stream(bench):
    with open(bench.video(), "rb") as film:  # into the page cache
        while film.read(1 << 24):
            pass
    counts = (1, 100) if bench.is_quick else (1, 100, 1000)
    rows = {c: {"rate": bench.row("stream", f"1 MiB ranges, {c} connections", "GB/s",
                                  "90 % of nginx", True),
                "cpu": bench.row("stream", f"CPU a GB, {c} connections", "CPU s",
                                 "110 % of nginx")} for c in counts}
    seek = bench.row("stream", "32 KiB at random places, median", "ms", "0.06")
    for _ in range(bench.rounds):  # all in each round: the machine is not always equally fast
        for name in ("nginx", "hearth", "minidlna", "gerbera"):
            if name not in bench.peers:
                continue
            server, path, size = _serving_video(bench, name)
            try:
                for c in counts:
                    _ranges_once(bench, server, path, size, c, rows[c])
                local = bench.video() if name == "hearth" else None
                found, _ = bench.load(server, "ranges", media=path, media_size=size,
                                      range=SEEK_BYTES, connections=1, seconds=bench.seconds / 2,
                                      local=local)
                seek.add(name, found[0]["p50_ms"])
                measures.note_errors(seek, name, found[0])
            finally:
                server.stop()


def stalled(bench):
    n_streams = 50 if bench.is_quick else 1000
    corpus = bench.corpus(bench.sizes[0])
    video = bench.video()
    begun = bench.row("stalled", f"streams begun, of {n_streams:,} that nobody reads", "streams",
                      f"{n_streams:,}", True)
    rate = bench.row("stalled", "Browse beside them, 4 connections", "/s", "", True)
    p99 = bench.row("stalled", "Browse beside them: p99", "ms", "10")
    for name in ("hearth", "minidlna", "gerbera"):
        if name not in bench.peers:
            continue
        with bench.scanned(name, corpus, [os.path.dirname(video)]) as server:
            server.wait(lambda: server.video_path() is not None, 60, 0.2)
            path = bench.walk(server)
            for _ in range(1 if name == "gerbera" else bench.rounds):
                found, _ = bench.load(server, "stalled", tree=path, media=server.video_path(),
                                      streams=n_streams, connections=4, seconds=bench.seconds)
                begun.add(name, found[0]["answered"])
                rate.add(name, found[1]["per_s"])
                p99.add(name, found[1]["p99_ms"])
                measures.note_errors(rate, name, found[1])
