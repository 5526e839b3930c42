# SPDX-License-Identifier: GPL-3.0-or-later
"""The link is cut every few hundred kilobytes, or slow to answer: all arrives, and little comes twice."""

import time
import unittest

import common
from forwarder import Forwarder


class LinkTest(unittest.TestCase):
    def setUp(self):
        self.pair = self.enterContext(common.Pair(n_files=24, size=700_000))
        self.link = self.enterContext(Forwarder(self.pair.daemon.get("pairing")["port"]))
        self.phone = self.pair.phone(port=self.link.port)
        self.total = sum(common.os.path.getsize(self.pair.album.path(name))
                         for name in self.pair.album.tags)

    def sync_until_done(self, n_max):
        for number in range(n_max):
            answer = self.phone.sync()
            self.pair.check_whole(self.phone)
            if answer["code"] == 0:
                return number
            self.assertIn(answer["code"], (1, 3), answer)
            self.assertTrue(answer["error"], answer)
        raise AssertionError(f"not done after {n_max} sessions: {answer}")

    def test_cut_again_and_again(self):
        self.link.cut_after = (100_000, 600_000)
        self.sync_until_done(200)
        self.pair.check_equal(self.phone)
        self.assertGreater(self.link.n_cuts, 20)
        # What had come before a cut is not sent again, but for what was on the way.
        lost = self.link.n_bytes - self.total
        self.assertLess(lost / self.link.n_cuts, 100_000,
                        f"{self.link.n_cuts} cuts cost {lost} bytes")

    def test_cut_within_the_handshake_and_the_plan(self):
        self.link.cut_after = (0, 6_000)
        for _ in range(25):
            answer = self.phone.sync()
            self.assertIn(answer["code"], (0, 1, 3), answer)
            self.pair.check_whole(self.phone)
        self.assertGreater(self.link.n_cuts, 15)
        self.link.cut_after = None
        self.sync_until_done(2)
        self.pair.check_equal(self.phone)

    def test_cut_while_tags_change(self):
        self.sync_until_done(1)
        for name in sorted(self.pair.album.tags)[:16]:
            self.pair.album.retag(name, "A title that outgrows " + "x" * 400 + name)
        self.pair.album.replace("Artist/Album/020.mp3", 500)
        self.pair.settle()
        self.link.cut_after = (2_000, 60_000)
        self.sync_until_done(200)
        self.pair.check_equal(self.phone)
        self.assertGreater(self.link.n_cuts, 3)

    def test_300_ms_away(self):
        self.link.delay = 0.15  # in each direction
        began = time.monotonic()
        answer = self.phone.sync()
        self.assertEqual(answer["code"], 0, answer)
        self.pair.check_equal(self.phone)
        # 24 files share their round trips: one each way would be 7 s and more.
        self.assertLess(time.monotonic() - began, 5 * common.PATIENCE)


if __name__ == "__main__":
    unittest.main()
