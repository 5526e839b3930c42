# SPDX-License-Identifier: GPL-3.0-or-later
"""Browse and Search."""
import os

import measures


def _static_page(bench, size):
    """A folder with one file as large as a page of Browse."""
    folder = os.path.join(bench.scratch, "static")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "page.xml"), "wb") as file:
        file.write(b"x" * size)
    return folder


def _browse_with(bench, server, path, connections, rows, **more):
    found, cpu = bench.load(server, "browse", tree=path, connections=connections,
                            seconds=bench.seconds, **more)
    result = found[0]
    rows["rate"].add(server.name, result["per_s"])
    rows["p99"].add(server.name, result["p99_ms"])
    measures.note_errors(rows["rate"], server.name, result)
    return result["bytes"] // max(1, result["right"] + result["wrong"])


def _pair(bench, group, title, rate_target="", p99_target=""):
    return {"rate": bench.row(group, title, "/s", rate_target, True),
            "p99": bench.row(group, title + ": p99", "ms", p99_target)}


def _browse_names(bench, n_tracks):
    names = ["hearth", "minidlna"] + (["gerbera"] if n_tracks <= 1000 else [])
    return [name for name in names if name in bench.peers]


def _nginx_floor(bench, rows, page_bytes, connections):
    if "nginx" not in bench.peers:
        return
    with bench.server("nginx", [_static_page(bench, page_bytes)]) as server:
        server.wait_listening()
        for _ in range(bench.rounds):
            found, _ = bench.load(server, "get", media="/page.xml", connections=connections,
                                  seconds=bench.seconds / 2)
            rows["rate"].add("floor", found[0]["per_s"])
            rows["p99"].add("floor", found[0]["p99_ms"])


def browse(bench):
    for n_tracks in bench.sizes:
        corpus = bench.corpus(n_tracks)
        full = {c: _pair(bench, "browse", f"Browse, pages of 100, {n_tracks:,} tracks, "
                         f"{c} connection{'s' if c > 1 else ''}", "10,000" if c > 1 else "",
                         "5" if c > 1 else "") for c in (1, 16)}
        whole = _pair(bench, "browse", f"Browse, pages of the whole tree, {n_tracks:,} tracks, "
                      "16 connections")
        page_bytes = 100_000
        for name in _browse_names(bench, n_tracks):
            with bench.scanned(name, corpus) as server:
                path = bench.walk(server)
                with measures.Retagger(corpus, True):
                    for _ in range(1 if name == "gerbera" else bench.rounds):
                        for c in (1, 16):
                            size = _browse_with(bench, server, path, c, full[c], min_children=100)
                            page_bytes = size if name == "hearth" else page_bytes
                        _browse_with(bench, server, path, 16, whole)
        for c in (1, 16):
            _nginx_floor(bench, full[c], page_bytes, c)


def _search_round(bench, server, words, connections, rows, seconds=None):
    found, _ = bench.load(server, "search", words=words, connections=connections,
                          seconds=seconds or bench.seconds, exact=server.name == "hearth")
    result = found[0]
    rows["rate"].add(server.name, result["per_s"])
    rows["p99"].add(server.name, result["p99_ms"])
    measures.note_errors(rows["rate"], server.name, result)
    if server.name != "hearth" and result["totals_differ"]:
        share = 100 * result["totals_differ"] / max(1, result["right"] + result["wrong"])
        rows["rate"].notes.append(f"{server.name}: {share:.0f} % of its totals are not those of "
                                  "the tags")


def search(bench):
    for n_tracks in bench.sizes[-2:]:
        corpus = bench.corpus(n_tracks)
        is_large = n_tracks == 100_000
        words = measures.write_words(
            bench, measures.search_words(corpus, range(3, 9), 1000, 1000), "words")
        short = measures.write_words(
            bench, measures.search_words(corpus, (1, 2), None, 100), "short-words")
        rows = {c: _pair(bench, "search", f"Search, 3 to 8 letters of titles, {n_tracks:,} tracks, "
                         f"{c} connection{'s' if c > 1 else ''}", "2,000" if is_large and c > 1
                         else "") for c in (1, 16)}
        one_or_two = _pair(bench, "search", f"Search, one or two letters, {n_tracks:,} tracks, "
                           "1 connection", "", "50")
        for name in ("hearth", "minidlna"):
            if name not in bench.peers:
                continue
            with bench.scanned(name, corpus) as server:
                for _ in range(bench.rounds):
                    for c in (1, 16):
                        _search_round(bench, server, words, c, rows[c])
                    _search_round(bench, server, short, 1, one_or_two)
