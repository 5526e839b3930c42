#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 of hearth-handheld at random moments while files come, change and go.

    kill_sync.py [--rounds N] [--seed N]

Each round changes the album, starts the agent on what the last kill left and kills it at a random moment of
its traffic. After each kill every file on the device is one that the library has or had; at the end, and
every tenth round, a session that is left alone makes the two equal bit for bit.
"""

import argparse
import random
import subprocess
import time

import common
from forwarder import Forwarder


class Rounds:
    def __init__(self, pair, phone, link, seed):
        self.pair, self.phone, self.link = pair, phone, link
        self.random = random.Random(seed)
        self.number = 1000
        self.n_under_way = 0  # kills while bytes or operations were under way
        self.n_late = 0       # sessions that had ended before their kill

    def change(self):
        album, names = self.pair.album, sorted(self.pair.album.tags)
        for _ in range(self.random.randint(2, 5)):
            name = self.random.choice(names)
            self.number += 1
            what = self.random.choice(("retag", "retag", "grow", "replace", "delete"))
            if what == "delete":
                album.delete(name)
                album.add(self.number)
            elif what == "replace":
                album.replace(name, self.number)
            else:
                tail = "x" * self.random.randint(300, 900) if what == "grow" else ""
                album.retag(name, f"Title {self.number}{tail}")
            names = sorted(album.tags)
        if self.random.random() < 0.5:
            self.pair.settle()

    def kill_once(self):
        before = self.link.n_bytes
        process = self.phone.start()
        # Either at a moment, or after so many bytes: both meet the writing of files.
        if self.random.random() < 0.3:
            time.sleep(self.random.uniform(0.02, 0.5))
        else:
            wanted = before + self.random.randint(1, 1_500_000)
            deadline = time.monotonic() + 3
            while (self.link.n_bytes < wanted and process.poll() is None and
                   time.monotonic() < deadline):
                time.sleep(0.001)
            time.sleep(self.random.uniform(0, 0.02))
        self.n_late += process.poll() is not None
        self.n_under_way += process.poll() is None and self.link.n_bytes > before + 2000
        process.kill()
        process.wait()
        self.pair.check_whole(self.phone)

    def rest(self):
        self.pair.settle()
        answer = self.pair.converge(self.phone)
        assert answer["code"] == 0, answer
        self.pair.check_whole(self.phone)
        self.pair.check_equal(self.phone)
        self.phone.check_log()

    def run(self, n_rounds):
        for number in range(1, n_rounds + 1):
            self.change()
            try:
                self.kill_once()
                if number % 10 == 0:
                    self.rest()
            except (AssertionError, subprocess.TimeoutExpired) as error:
                raise AssertionError(f"round {number}: {error}") from error
        self.rest()
        return (f"{n_rounds} kills, {self.n_under_way} of them while bytes were under way, "
                f"{self.n_late} sessions had ended before; all equal bit for bit")


def run(n_rounds, seed):
    with common.Pair(n_files=16, size=400_000) as pair, \
            Forwarder(pair.daemon.get("pairing")["port"], rate=4_000_000) as link:
        rounds = Rounds(pair, pair.phone(port=link.port), link, seed)
        return rounds, rounds.run(n_rounds)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print(run(options.rounds, options.seed)[1])


if __name__ == "__main__":
    main()
