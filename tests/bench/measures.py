# SPDX-License-Identifier: GPL-3.0-or-later
"""What is shared by all measurements: rows of results, the load client, running servers."""
import contextlib
import dataclasses
import json
import os
import random
import shutil
import socket
import statistics
import subprocess
import threading
import unicodedata

import namespace as namespaces
import servers
from corpus import maker


@dataclasses.dataclass
class Row:
    """One line of the table; values are those of every round."""
    group: str
    title: str
    unit: str
    target: str = ""
    is_more_better: bool = False
    values: dict = dataclasses.field(default_factory=dict)
    notes: list = dataclasses.field(default_factory=list)
    is_wrong: bool = False  # hearth gave an answer that is not right

    def add(self, who, value):
        self.values.setdefault(who, []).append(value)

    def median(self, who):
        return statistics.median(self.values[who]) if self.values.get(who) else None


class Bench:
    """Where things are, how much is run, and what was found."""

    def __init__(self, options, scratch):
        self.build = os.path.abspath(options.build)
        self.folder = options.corpus
        self.is_quick = options.quick
        self.rounds = 1 if options.quick else options.rounds
        self.seconds = 0.5 if options.quick else 3
        self.sizes = [200] if options.quick else [1000, 10_000, 100_000]
        self.video_bytes = 4_000_000 if options.quick else 2_000_000_000
        self.peers = [name for name in ("hearth", "minidlna", "gerbera", "nginx")
                      if name == "hearth" or shutil.which(
                          {"minidlna": "minidlnad"}.get(name, name))]
        self.scratch = scratch
        self.rows = []
        self.namespace = namespaces.make()
        if self.namespace is None and "gerbera" in self.peers:
            self.peers.remove("gerbera")
        self._corpora = {}
        self._n_states = 0

    def close(self):
        if self.namespace:
            self.namespace.__exit__()

    def program(self, path):
        return os.path.join(self.build, path)

    def next_port(self):
        """A free one where no client's own connect takes it; libupnp wants it above 49151."""
        while True:
            port = random.randint(61001, 65000)
            with socket.socket() as probe:
                try:
                    probe.bind(("127.0.0.1", port))
                    return port
                except OSError:
                    continue

    def corpus(self, n_tracks):
        if n_tracks not in self._corpora:
            print(f"  corpus of {n_tracks} tracks", flush=True)
            self._corpora[n_tracks] = maker.make(self.folder, n_tracks)
        return self._corpora[n_tracks]

    def video(self):
        return maker.make_video(self.folder, self.video_bytes)

    def row(self, *args, **more):
        self.rows.append(Row(*args, **more))
        return self.rows[-1]

    def new_state(self):
        self._n_states += 1
        return os.path.join(self.scratch, f"state-{self._n_states}")

    def server(self, name, media, state=None, namespace=None):
        namespace = self.namespace if name == "gerbera" else namespace
        return servers.PEERS[name](self, state or self.new_state(), media, namespace)

    @contextlib.contextmanager
    def scanned(self, name, corpus, extra=(), is_fresh=False):
        """A server that has read the whole corpus and rests. What it found is kept for the next
        measurement unless it is to be @is_fresh."""
        key = f"{name}-{len(corpus.tracks)}-{len(extra)}"
        state = self.new_state() if is_fresh else os.path.join(self.scratch, key)
        with self.server(name, [corpus.media, *extra], state) as server:
            server.wait_listening()
            if server.wait(lambda: server.is_scanned(corpus), 600, 0.1) is None:
                raise RuntimeError(f"{name} did not finish its scan in ten minutes")
            server.wait_idle()
            yield server

    def load(self, server, command, **arguments):
        """Runs the load client. Returns what it printed, and the server's CPU seconds meanwhile."""
        line = [self.program("tests/bench/dlna-load"), command, "--server", server.server,
                "--control", server.control_path or "/"]
        for name, value in arguments.items():
            if value is True:
                line.append("--" + name.replace("_", "-"))
            elif value is not None and value is not False:
                line += ["--" + name.replace("_", "-"), str(value)]
        before = server.cpu_s()
        limit = 180 + 2 * float(arguments.get("seconds", 0))
        done = subprocess.run(line, capture_output=True, text=True, timeout=limit, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"dlna-load {command}, {server.name}: {done.stderr.strip()}")
        return [json.loads(text) for text in done.stdout.splitlines()], server.cpu_s() - before

    def walk(self, server, max_containers=1_000_000):
        path = os.path.join(self.scratch, f"{server.name}-{server.port}.tree")
        self.load(server, "walk", tree=path, max_containers=max_containers)
        return path


def note_errors(row, who, result):
    """What went wrong in a run is told in the table, not left out."""
    wrong = [f"{result[key]} {word}" for key, word in (
        ("wrong", "wrong answers"), ("malformed", "malformed answers"), ("resets", "resets"),
        ("starved", "clients without an answer")) if result.get(key)]
    if wrong:
        row.notes.append(f"{who}: {', '.join(wrong)}")
    if who == "hearth" and any(result.get(key) for key in ("wrong", "malformed", "resets")):
        row.is_wrong = True


class Retagger:
    """Gives a file of the corpus another title each second, and all their own back at the end."""

    def __init__(self, corpus, is_on):
        self.corpus, self.is_on = corpus, is_on
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.changed = []

    def __enter__(self):
        if self.is_on:
            self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        if self.is_on:
            self.thread.join()
        for track in self.changed:
            self.corpus.retitle(track, track.title)

    def _run(self):
        rng = random.Random(5)
        while not self.stopping.wait(1):
            track = rng.choice(self.corpus.tracks)
            self.changed.append(track)
            self.corpus.retitle(track, f"{track.title} ({len(self.changed)})")


def fold(text):
    """As people search: without case and diacritics."""
    parts = unicodedata.normalize("NFKD", text)
    return "".join(c for c in parts if not unicodedata.combining(c)).casefold()


def search_words(corpus, lengths, max_hits, how_many):
    """Random pieces of titles and in how many titles each is, counted here from the tags."""
    rng = random.Random(11)
    titles = [fold(track.title) for track in corpus.tracks]
    everything = "\n".join(titles)
    chosen = {}
    for _ in range(how_many * 20):
        title = rng.choice(titles)
        length = rng.choice(lengths)
        at = rng.randrange(max(1, len(title) - length + 1))
        word = title[at:at + length]
        if len(word) != length or word in chosen or not (word.isascii() and word.isalpha()):
            continue
        if max_hits is not None and everything.count(word) > 2 * max_hits:
            continue
        hits = sum(word in title for title in titles)
        if max_hits is None or hits <= max_hits:
            chosen[word] = hits
        if len(chosen) == how_many:
            break
    return chosen


def write_words(bench, words, name):
    path = os.path.join(bench.scratch, name)
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(f"{word}\t{hits}\n" for word, hits in words.items())
    return path
