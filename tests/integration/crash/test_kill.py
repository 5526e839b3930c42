# SPDX-License-Identifier: GPL-3.0-or-later
"""kill -9 of hearthd, of its workers and of its announcers, at random moments."""

import os
import random
import signal
import tempfile
import time
import unittest

import common
import kill_scan
from common import hearth, netns, tagged, tree


class KillTest(unittest.TestCase):
    def test_twelve_kills_of_hearthd_lose_nothing(self):
        kill_scan.run(rounds=12, files=200, seed=int(os.environ.get("HEARTH_SEED", time.time())))

    def are_read(self, daemon, made):
        try:
            tree.check_tracks(daemon, made)
        except (KeyError, AssertionError):
            return False
        return not daemon.get("problems")["problems"]

    def test_killed_workers_cost_no_file(self):
        chance = random.Random(3)
        with tempfile.TemporaryDirectory(prefix="hearth-test-") as folder:
            made = tagged.Corpus(folder, 300)
            with hearth.Daemon(media=[folder]) as daemon:
                pid, kills = daemon.process.pid, 0
                until = time.monotonic() + 60
                while kills < 40 and time.monotonic() < until:
                    if daemon.get("status")["scan"]["phase"] == "idle":
                        if kills > 0:
                            break
                        daemon.post("scan", full=True)  # it was over before a worker was met
                    for worker in common.processes_of(pid, "hearth-worker"):
                        try:
                            os.kill(worker, signal.SIGKILL)
                            kills += 1
                        except ProcessLookupError:
                            pass
                    time.sleep(chance.uniform(0.02, 0.15))
                common.settle(daemon)
                self.assertGreater(kills, 0)
                self.assertEqual(daemon.process.pid, pid)
                self.assertIsNone(daemon.process.poll())
                # A file in the hands of several killed workers may be set aside, and is said so: a
                # scan mends that. While no worker could be had, files wait, and are read by
                # themselves when there is one again.
                daemon.post("scan", full=True)
                common.settle(daemon)
                common.wait_until("every file read again", lambda: self.are_read(daemon, made),
                                  timeout=60)
                tree.check_tracks(daemon, made)

    def test_killed_announcers_come_back(self):
        with tempfile.TemporaryDirectory(prefix="hearth-test-") as folder, netns.Network() as network:
            tagged.Corpus(folder, 4)
            home = network.host("home", "192.0.2.1/24")
            with hearth.Daemon(media=[folder], prefix=home.command([]), interfaces=["eth0"]) as daemon:
                common.settle(daemon)
                for round_ in range(3):
                    announcer = common.wait_until("an announcer",
                                                  lambda: self.announcers(daemon), 10)[0]
                    os.kill(announcer, signal.SIGKILL)
                    common.wait_until("another one", lambda gone=announcer: [
                        each for each in self.announcers(daemon) if each != gone],
                        timeout=10 * (round_ + 1))
                    self.assertEqual(daemon.get("status")["pid"], daemon.process.pid)

    @staticmethod
    def announcers(daemon):
        return common.processes_of(daemon.process.pid, "hearth-announcer")


if __name__ == "__main__":
    netns.main()
