# SPDX-License-Identifier: GPL-3.0-or-later
"""The control panel: how it scrolls, how soon it is there, what it takes of memory."""
import concurrent.futures
import json
import os
import shutil
import subprocess
import sys
import time

from corpus import albums

WIDTH, HEIGHT = 1280, 800

# Milliseconds between frames, and megabytes.
P99_MS, MAX_MS, OPEN_MS, PSS_MB = 33, 100, 1000, 200


def _pictures(daemon, n):
    """The address of each album's picture, at the size that tiles show."""
    for start in range(0, n, 100):
        for album in daemon.get("search", q="", kind="album", start=start, count=100)["objects"]:
            yield album["artwork_url"].rpartition("/")[0] + "/160.jpg"


def _warm(daemon, n):
    """Every picture is asked for once, so that the daemon has all of them."""
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda url: daemon.request("GET", url)[0], set(_pictures(daemon, n))))
    if answers != [200] * n:
        raise RuntimeError(f"{answers.count(200)} of {n} albums have a picture")


class _Screen:
    """Runs panel-scroll on a desktop of its own."""

    def __init__(self, bench, desktop, daemon):
        self.program, self.desktop, self.daemon = bench.program("tests/bench/panel-scroll"), desktop, daemon

    def run(self, *steps, page="library", renderer="cairo"):
        """What each step found, by its name; "start" is always there."""
        command = [self.program, "--socket", self.daemon.socket_path, "--size", f"{WIDTH}x{HEIGHT}", "--page", page,
                   "--started", str(time.monotonic_ns() // 1000)]
        for step in steps:
            command += ["--steps", step]
        env = dict(self.desktop.env, GSK_RENDERER=renderer)
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=180, check=False)
        found = {}
        for line in done.stdout.splitlines():
            if line.startswith("{"):
                step = json.loads(line)
                found[step["step"]] = step
        if done.returncode != 0 or len(found) != len(set(steps)) + 1:
            raise RuntimeError(f"panel-scroll ended with {done.returncode}: {done.stderr.strip()[-2000:]}")
        return found


def _is_bounded(found):
    return (found["n_pages"] <= found["n_pages_max"] and
            found["picture_bytes"] <= found["picture_bytes_max"])


def _best(runs):
    """The run that a person would like best: no long frame before all."""
    return min(runs, key=lambda run: (run["interval_ms"]["max"] > MAX_MS, run["interval_ms"]["p99"]))


def _row(bench, title, unit, target=""):
    return bench.row("panel", title, unit, target)


def _frames(bench, title, runs, with_targets):
    """Rows of one kind of scrolling, of the best of its @runs; the others are told below."""
    best = _best(runs)
    targets = (str(P99_MS), str(MAX_MS)) if with_targets else ("", "")
    for name, key, target in (("99 of 100 within", "p99", targets[0]), ("the longest", "max", targets[1])):
        row = _row(bench, f"{title}: between frames, {name}", "ms", target)
        row.add("hearth", best["interval_ms"][key])
    row = _row(bench, f"{title}: work in a frame, median", "ms")
    row.add("hearth", best["work_ms"]["median"])
    cpu = _row(bench, f"{title}: CPU of the main thread from frame to frame, 99 of 100 within", "ms")
    cpu.add("hearth", best["cpu_ms"]["p99"])
    cpu.notes.append("the longest: " + ", ".join(f"{run['cpu_ms']['max']:.1f} ms" for run in runs))
    row.notes.append("runs, p99 / longest between frames: " + ", ".join(
        f"{run['interval_ms']['p99']:.1f} / {run['interval_ms']['max']:.1f} ms ({run['n_frames']} frames)"
        for run in runs))
    bare = _row(bench, f"{title}: tiles drawn without their picture", "%", "")
    bare.add("hearth", 100 * best["n_bare"] / max(1, best["n_tiles"]))
    bare.notes.append(f"{best['n_bare_frames']} frames with one or more, {best['n_empty_frames']} with nothing "
                      f"else, none for longer than {best['longest_bare_ms']:.0f} ms")


def _scrolling(bench, screen, seconds):
    steps = (f"steady:{seconds}", f"fling:{seconds / 2}", f"jump:{seconds / 4}")
    runs = [screen.run(*steps) for _ in range(bench.rounds)]
    for step, title in zip(steps, ("end to end", "flings", "jumps")):
        _frames(bench, f"{title}, cairo", [run[step] for run in runs], title == "end to end")
    if bench.is_quick:
        return [run[steps[-1]] for run in runs]
    gl = screen.run(*steps[:2], renderer="gl")
    for step, title in zip(steps, ("end to end", "flings")):
        _frames(bench, f"{title}, GL in software", [gl[step]], False)
    return [run[steps[-1]] for run in runs]


def _memory(bench, screen, seconds, after_albums):
    row = _row(bench, "memory after all albums", "MB", str(PSS_MB))
    for found in after_albums:
        row.add("hearth", found["pss_kb"] * 1.024 / 1000)
        row.is_wrong |= not _is_bounded(found)
    steps = ["kind:track", f"steady:{seconds}", "search:a", f"steady:{seconds + 0.1}", "kind:album", f"fling:{seconds}"]
    found = screen.run(*steps)
    last = found[steps[-1]]
    row = _row(bench, "memory after all tracks, a search and albums", "MB", str(PSS_MB))
    row.add("hearth", last["pss_kb"] * 1.024 / 1000)
    row.is_wrong = not all(_is_bounded(found[step]) for step in steps)
    row.notes.append(f"{last['n_pages']} pages of the list and {last['picture_bytes'] / 1e6:.0f} MB of pictures kept")


def _opening(bench, screen):
    for page, title in (("home", "home page"), ("library", "albums with their pictures")):
        first = _row(bench, f"start to the first frame, {title}", "ms", "")
        whole = _row(bench, f"start to the {title}", "ms", str(OPEN_MS) if page == "home" else "")
        for _ in range(1 if bench.is_quick else 5):
            found = screen.run(page=page)["start"]
            first.add("hearth", found["frame_ms"])
            whole.add("hearth", found["content_ms"])


def panel(bench):
    if not os.path.exists(bench.program("tests/bench/panel-scroll")) or shutil.which("Xvfb") is None:
        _row(bench, "scrolling", "ms").notes.append("not measured: no GTK, or no Xvfb")
        return
    os.environ["HEARTH_BUILD"] = bench.build
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
    import desktop  # pylint: disable=import-outside-toplevel
    import hearth  # pylint: disable=import-outside-toplevel

    n = 500 if bench.is_quick else 10_000
    seconds = 1 if bench.is_quick else 24
    print(f"  corpus of {n} albums", flush=True)
    corpus = albums.make(bench.folder, n)
    state = os.path.join(bench.scratch, "albums")  # a socket's path is short
    os.symlink(corpus.state, state)
    with hearth.Daemon(media=[corpus.media], state_dir=state, name="bench", start_timeout=60) as daemon:
        daemon.wait_for_scan(timeout=180)
        _warm(daemon, n)
        with desktop.Desktop(WIDTH, HEIGHT) as place:
            screen = _Screen(bench, place, daemon)
            _opening(bench, screen)
            after_albums = _scrolling(bench, screen, seconds)
            _memory(bench, screen, seconds / 4, after_albums)
