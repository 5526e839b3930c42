# SPDX-License-Identifier: GPL-3.0-or-later
"""The device is full half-way: it says so, keeps what it has, and goes on when there is room."""

import os
import subprocess
import unittest

import common

MIB = 1 << 20


def may_mount():
    return os.geteuid() == 0 and subprocess.run(
        ["unshare", "-m", "mount", "-t", "tmpfs", "none", "/mnt"], check=False,
        stderr=subprocess.DEVNULL).returncode == 0


@unittest.skipUnless(may_mount(), "needs to mount a tmpfs")
class RoomTest(unittest.TestCase):
    def setUp(self):
        self.pair = self.enterContext(common.Pair(n_files=16, size=1_000_000))
        self.phone = self.pair.phone()
        os.makedirs(self.phone.folder)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8M", "hearth-test",
                                      self.phone.folder], check=True)
        self.addCleanup(subprocess.run, ["umount", self.phone.folder], check=True)

    def remount(self, size):
        subprocess.run(["mount", "-o", f"remount,size={size}", self.phone.folder], check=True)

    def free(self):
        status = os.statvfs(self.phone.folder)
        return status.f_bavail * status.f_frsize

    def shown(self):
        return self.pair.daemon.get("paired/Phone/sync")

    def test_the_room_is_respected_and_said(self):
        answer = self.phone.sync("--leave-free", "2M")
        self.assertIn(answer["code"], (0, 1), answer)
        self.pair.check_whole(self.phone)
        there = len(self.phone.media())
        self.assertGreater(there, 2)
        self.assertLess(there, 8)
        self.assertGreaterEqual(self.free(), 2 * MIB)
        shown = self.shown()
        self.assertGreater(shown["no_room"]["files"], 0, shown)
        self.assertEqual(shown["no_room"]["files"] + there, 16, shown)
        text = self.pair.daemon.cli("devices", "show", "Phone").stdout
        self.assertIn("room", text)
        self.remount("64M")
        self.pair.converge(self.phone)
        self.pair.check_equal(self.phone)

    def test_somebody_else_fills_it_meanwhile(self):
        """The home planned with room that is no longer there."""
        with common.Forwarder(self.pair.daemon.get("pairing")["port"], rate=3_000_000) as link:
            self.phone.address = f"127.0.0.1:{link.port}"
            self.remount("32M")
            process = self.phone.start("sync", "--leave-free", "0")
            common.wait_until("traffic", lambda: link.n_bytes > 2_000_000, timeout=15)
            with open(os.path.join(self.phone.folder, "film.mkv"), "wb", buffering=0) as film:
                try:
                    while True:
                        film.write(bytes(65536))
                except OSError:
                    pass  # full
            process.wait(60)
            self.pair.check_whole(self.phone)
            said = self.phone.log()
            self.assertIn("space", said.lower() + str(self.shown()).lower())
            # Nothing can be written, not even the journal: it is said, and nothing is lost.
            there = len(self.phone.media())
            answer = self.phone.sync()
            self.pair.check_whole(self.phone)
            self.assertGreaterEqual(len(self.phone.media()), min(there, 1))
            self.assertEqual(answer["operations"], 0, answer)
            lacking = [each for each in self.shown()["items"] if each["fate"] != "there"]
            self.assertEqual(len(lacking) + len(self.phone.media()), 16)
            for each in lacking:
                self.assertIn("No space left", each["why"] + answer["error"])
            os.unlink(os.path.join(self.phone.folder, "film.mkv"))
            link.rate = 0
            self.pair.converge(self.phone)
            self.pair.check_equal(self.phone)
            self.phone.check_log()


if __name__ == "__main__":
    unittest.main()
