# SPDX-License-Identifier: GPL-3.0-or-later
"""States that are older than they should be, or two where one should be; and a home that goes and comes."""

import os
import shutil
import unittest

import common


def copy(source, target):
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target, symlinks=True)


class StatesTest(unittest.TestCase):
    def setUp(self):
        self.pair = self.enterContext(common.Pair(n_files=30, size=60_000))
        self.phone = self.pair.phone()
        self.assertEqual(self.phone.sync()["code"], 0)
        self.pair.check_equal(self.phone)

    def saved(self, name):
        return os.path.join(self.pair.own_dir, "saved-" + name)

    def change(self, first):
        album = self.pair.album
        names = sorted(album.tags)[first:first + 6]
        album.retag(names[0], f"Retagged {first}")
        album.retag(names[1], f"Longer {first} " + "x" * 900)
        album.replace(names[2], 700 + first)
        album.delete(names[3])
        album.add(800 + first)
        self.pair.settle()

    def converged(self, phone=None):
        phone = phone or self.phone
        answer = self.pair.converge(phone)
        self.assertEqual(answer["code"], 0, answer)
        self.pair.check_equal(phone)
        return answer

    # ---- The device's side ----

    def test_yesterdays_journal(self):
        """The state beside today's files, as a backup of .hearth alone would make it."""
        own = os.path.join(self.phone.folder, common.OWN)
        copy(own, self.saved("own"))
        self.change(0)
        self.converged()
        copy(self.saved("own"), own)
        self.change(8)
        self.converged()

    def test_yesterdays_card(self):
        """The whole folder as it was yesterday."""
        copy(self.phone.folder, self.saved("folder"))
        self.change(0)
        self.converged()
        copy(self.saved("folder"), self.phone.folder)
        self.converged()
        self.change(8)
        self.converged()

    def test_yesterdays_device(self):
        """Folder and settings."""
        copy(self.phone.folder, self.saved("folder"))
        copy(self.phone.state_dir, self.saved("state"))
        self.change(0)
        self.converged()
        copy(self.saved("folder"), self.phone.folder)
        copy(self.saved("state"), self.phone.state_dir)
        self.converged()

    def test_a_lost_journal(self):
        own = os.path.join(self.phone.folder, common.OWN)
        for name in os.listdir(own):
            if name not in ("device", ".nomedia"):
                path = os.path.join(own, name)
                (shutil.rmtree if os.path.isdir(path) else os.unlink)(path)
        self.converged()  # also without a second copy of each

    def test_a_journal_of_noise(self):
        path = os.path.join(self.phone.folder, common.OWN, "journal")
        size = os.path.getsize(path)
        with open(path, "r+b") as file:
            file.seek(size // 3)
            file.write(os.urandom(size - size // 3))
        self.change(0)
        self.converged()

    def test_two_devices_of_one_state(self):
        clone_folder = self.saved("clone")
        copy(self.phone.folder, clone_folder)
        own_folder = self.phone.folder
        for number in range(3):
            self.change(number * 6)
            for folder in (own_folder, clone_folder):
                self.phone.folder = folder
                for _ in range(4):
                    answer = self.phone.sync()
                    self.assertEqual(answer["code"], 0, answer)
                    self.pair.check_whole(self.phone)
        shown = self.pair.daemon.get("paired/Phone/sync")
        self.assertGreater(shown["clone_seen_unix_s"], 0, shown)
        text = self.pair.daemon.cli("devices", "show", "Phone").stdout
        self.assertIn("A second device used a copy of its state", text)
        # Whichever is left alone with the home comes to have all.
        self.phone.folder = own_folder
        self.converged()

    # ---- The home's side ----

    def test_yesterdays_state_db(self):
        daemon = self.pair.daemon
        daemon.stop()
        files = [name for name in os.listdir(daemon.state_dir) if name.startswith("state.db")]
        os.makedirs(self.saved("home"))
        for name in files:
            shutil.copy2(os.path.join(daemon.state_dir, name), self.saved("home"))
        daemon.start()
        self.phone.address = "127.0.0.1:%d" % daemon.get("pairing")["port"]
        self.change(0)
        self.converged()
        daemon.stop()
        for name in os.listdir(daemon.state_dir):
            if name.startswith("state.db"):
                os.unlink(os.path.join(daemon.state_dir, name))
        for name in files:
            shutil.copy2(os.path.join(self.saved("home"), name), daemon.state_dir)
        daemon.start()
        daemon.wait_for_scan()
        self.phone.address = "127.0.0.1:%d" % daemon.get("pairing")["port"]
        self.converged()
        self.change(8)
        self.converged()

    def test_a_clock_that_goes_back(self):
        """A device without a clock begins in 1970, and comes home after it was right."""
        if shutil.which("faketime") is None:
            self.skipTest("needs faketime")
        plain, self.phone.env = self.phone.command, dict(
            self.phone.env, ASAN_OPTIONS="detect_leaks=0:verify_asan_link_order=0")
        for number, when in enumerate(("2038-01-18 03:14:00", "1970-01-02 00:00:00",
                                       "2001-01-01 00:00:00")):
            self.phone.command = lambda *words, when=when: ["faketime", when, *plain(*words)]
            self.change(number * 6)
            self.converged()
        self.phone.command = plain
        self.converged()

    def test_a_home_that_ends_in_mid_session(self):
        daemon = self.pair.daemon
        self.pair.album.size = 1_000_000  # more than the buffers on the way hold
        for number in range(20):
            self.pair.album.add(900 + number)
        self.pair.settle()
        with common.Forwarder(daemon.get("pairing")["port"], rate=4_000_000) as link:
            self.phone.address = f"127.0.0.1:{link.port}"
            process = self.phone.start()
            common.wait_until("traffic", lambda: link.n_bytes > 1_000_000, timeout=15)
            self.assertIsNone(process.poll())
            daemon.kill()
            self.assertIn(process.wait(60), (1, 3))
            self.pair.check_whole(self.phone)
            daemon.start()
            daemon.wait_for_scan()
            link.target, before = daemon.get("pairing")["port"], link.n_bytes
            process = self.phone.start()
            common.wait_until("traffic", lambda: link.n_bytes > before + 500_000, timeout=15)
            daemon.stop()  # politely: it may bring to its end what it has begun
            self.assertIn(process.wait(60), (0, 1, 3))
            daemon.start()
            daemon.wait_for_scan()
            link.target, link.rate = daemon.get("pairing")["port"], 0
            self.pair.check_whole(self.phone)
            self.converged()
        self.phone.check_log()


if __name__ == "__main__":
    unittest.main()
