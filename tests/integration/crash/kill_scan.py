#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 at random moments of a scan and while tags change; after each the library is complete and right.

    kill_scan.py [--rounds N] [--files N] [--seed N]

Each round changes some files, starts hearthd on the state that the last kill left, kills it at a random moment,
starts it again, lets it finish, and compares everything: every file once, its tags, the ids of all that was
known, the household's playlist, play counts, positions and ratings, and SQLite's own check of both databases.
Every fourth round begins without index.db, so that the first scan is met as often.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time

import common
from common import hearth, tagged, tree


class Rounds:
    def __init__(self, folder, n_files, seed):
        self.random = random.Random(seed)
        self.corpus = tagged.Corpus(os.path.join(folder, "media"), n_files, seed=seed)
        self.state_dir = os.path.join(folder, "state")
        self.ids = {}
        self.plays = {}  # item id → [play count, position, rating]
        self.playlist = None
        self.items = []
        self.scan_seconds = 1.0
        self.killed_at = {"listing": 0, "reading": 0, "idle": 0, "start": 0}

    def daemon(self):
        return hearth.Daemon(media=[self.corpus.folder], state_dir=self.state_dir,
                             config="[library]\nsettle-ms = 50\n")

    # ---- The household ----

    def begin(self):
        with self.daemon() as daemon:
            began = time.monotonic()
            common.settle(daemon)
            self.scan_seconds = max(0.2, time.monotonic() - began)
            self.ids = tree.check_tracks(daemon, self.corpus)
            self.items = self.random.sample(sorted(self.ids.values()), 12)
            self.playlist = daemon.post("playlists", title="Of the household", items=self.items)["id"]
            for item in self.items:
                daemon.post(f"item/{item}/play", person="")
                daemon.post(f"item/{item}/position", position_ms=self.random.randrange(1, 250))
                daemon.post(f"item/{item}/rating", rating=self.random.randrange(1, 6))
            for item in self.items:
                self.plays[item] = self.play_state(daemon, item)

    @staticmethod
    def play_state(daemon, item):
        object_ = daemon.get("item/" + item)
        return [object_["play_count"], object_.get("position_ms", 0), object_.get("rating", 0)]

    # ---- A round ----

    def retag_some(self, count):
        names = self.random.sample(sorted(self.corpus.tags), count)
        for name in names:
            self.corpus.retag(name, f"Title {self.random.randrange(10 ** 6)}")

    def press_play(self, daemon):
        """Acknowledged by the daemon: from then on it must not be lost."""
        item = self.random.choice(self.items)
        try:
            daemon.post(f"item/{item}/play")
        except hearth.ApiError as refusal:
            assert refusal.status == 404, refusal  # a rebuilt index has not met the file yet
        else:
            self.plays[item][0] += 1

    def start_and_kill(self, number):
        if number % 4 == 0:
            for ending in ("", "-wal", "-shm"):
                path = os.path.join(self.state_dir, "cache", "index.db" + ending)
                if os.path.exists(path):
                    os.unlink(path)
        self.retag_some(self.random.randrange(1, 40))
        daemon = self.daemon()
        if self.random.random() < 0.15:
            self.kill_while_starting(daemon)
            return
        try:
            daemon.start()
            end = time.monotonic() + self.random.uniform(0, self.scan_seconds * 1.1)
            while time.monotonic() < end:
                if self.random.random() < 0.3:
                    self.retag_some(1)
                if self.random.random() < 0.1:
                    self.press_play(daemon)
                time.sleep(min(0.02, max(0, end - time.monotonic())))
            phase = daemon.get("status")["scan"]["phase"]
            time.sleep(self.random.uniform(0, 0.03))
            self.killed_at[phase] = self.killed_at.get(phase, 0) + 1
            daemon.kill()
            daemon.check_log()
        except BaseException:
            sys.stderr.write(daemon.log())
            raise
        finally:
            if daemon.process is not None:
                daemon.kill()
            daemon.remove()

    def kill_while_starting(self, daemon):
        with subprocess.Popen(daemon.command(), env=daemon.env, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as process:
            time.sleep(self.random.uniform(0, 0.3))
            process.kill()
        self.killed_at["start"] += 1
        daemon.remove()

    def check(self):
        with self.daemon() as daemon:
            common.settle(daemon)
            self.wait_for_titles(daemon)
            self.ids = tree.check_tracks(daemon, self.corpus, self.ids)
            listed = [each["id"].split(".")[0] for each in tree.children(daemon, self.playlist)]
            assert listed == self.items, f"the playlist is {listed} instead of {self.items}"
            for item, expected in self.plays.items():
                seen = self.play_state(daemon, item)
                assert seen == expected, f"{item}: plays {seen} instead of {expected}"
            tree.snapshot(daemon)  # every count agrees with what is listed, nothing twice
        for path in (common.state_db(daemon), common.index_db(daemon)):
            answer = common.integrity(path)
            assert answer == "ok", f"{path}: {answer}"

    def wait_for_titles(self, daemon):
        """A file changed a moment before the kill may be noticed after the first pass."""
        def is_right():
            try:
                tree.check_tracks(daemon, self.corpus)
                return True
            except (AssertionError, hearth.ApiError):
                return False
        deadline = time.monotonic() + 10
        while not is_right() and time.monotonic() < deadline:
            time.sleep(0.1)


def run(rounds, files, seed):
    with tempfile.TemporaryDirectory(prefix="hearth-test-") as folder:
        test = Rounds(folder, files, seed)
        test.begin()
        for number in range(rounds):
            try:
                test.start_and_kill(number)
                test.check()
            except BaseException:
                print(f"round {number} of seed {seed} failed", file=sys.stderr)
                raise
    print(f"{rounds} kills survived ({files} files, seed {seed}); the scan stood at {test.killed_at}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--files", type=int, default=240)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    run(options.rounds, options.files, options.seed)


if __name__ == "__main__":
    main()
