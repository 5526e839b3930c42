# SPDX-License-Identifier: GPL-3.0-or-later
"""hearth-handheld on one machine with its home: kills, cards, photos, plays, memory."""

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.environ["HEARTH_SOURCE"], "tests", "support"))
import device  # noqa: E402
import hearth  # noqa: E402
from noise import write_wave  # noqa: E402


def digests(folder):
    """SHA-256 of every file below @folder, without .hearth."""
    found = []
    for top, folders, names in os.walk(folder):
        if ".hearth" in folders:
            folders.remove(".hearth")
        for name in names:
            with open(os.path.join(top, name), "rb") as file:
                found.append(hashlib.sha256(file.read()).hexdigest())
    return sorted(found)


class HandheldTest(unittest.TestCase):
    def setUp(self):
        self.media = self.make_folder()
        for number in range(30):
            write_wave(f"{self.media}/Album {number // 10}/{number:02}.wav", number,
                       20000 + number * 9000)
        self.uploads = self.make_folder()
        self.daemon = self.enterContext(hearth.Daemon(media=[self.media]))
        self.daemon.wait_for_scan()
        self.port = self.daemon.get("pairing")["port"]
        self.phone = self.enterContext(device.Device())
        self.folder = os.path.join(self.phone.own_dir, "Music folder")
        self.phone.pair(device.offer(self.daemon)["text"], "--address", f"127.0.0.1:{self.port}",
                        "--folder", self.folder)
        self.id = self.daemon.get("paired")["paired"][0]["id"]
        self.daemon.put(f"paired/{self.id}/rule", rule={"everything": True})

    def make_folder(self):
        path = tempfile.mkdtemp(prefix="hearth-test-")
        self.addCleanup(shutil.rmtree, path, ignore_errors=True)
        return path

    def sync(self, *words, code=0):
        done = self.phone.run("sync", "--json", *words)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout.splitlines()[-1])

    def test_killed_at_random_moments_it_converges(self):
        chance = random.Random(7)
        n_killed_in_mid_sync = 0
        whole = set(digests(self.media))
        for _ in range(25):
            process = subprocess.Popen(self.phone.command("sync", "--json"), env=self.phone.env,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(chance.uniform(0.02, 0.2))
            n_killed_in_mid_sync += process.poll() is None
            process.send_signal(signal.SIGKILL)
            process.wait()
            self.assertLessEqual(set(digests(self.folder)), whole, "a torn file is visible")
            album = chance.randrange(30)
            write_wave(f"{self.media}/Album {album // 10}/{album:02}.wav", chance.random(), 50000)
            whole |= set(digests(self.media))
            self.daemon.post("scan")
            self.daemon.wait_for_scan()
        self.assertGreater(n_killed_in_mid_sync, 3)
        self.daemon.wait_for(lambda _status: self.sync()["operations"] == 0, "nothing left to do")
        self.assertEqual(digests(self.folder), digests(self.media))

    def test_status_tells_and_json_is_flat(self):
        first = self.sync()
        self.assertEqual(first["operations"], 30)
        for key in ("files", "bytes_sent", "bytes_received", "bytes_written", "seconds", "path"):
            self.assertIn(key, first)
        self.assertTrue(all(not isinstance(value, (dict, list)) for value in first.values()))
        again = self.sync()
        self.assertEqual(again["operations"], 0)
        quiet = again["bytes_sent"] + again["bytes_received"] - again["handshake_bytes"]
        self.assertLessEqual(quiet, 512)
        status = json.loads(self.phone.run("status", "--json").stdout)
        self.assertEqual(status["files"], 30)
        self.assertIn("30 files", self.phone.run("status").stdout)

    def test_many_missing_files_wait_for_confirm(self):
        self.sync()
        shutil.rmtree(os.path.join(self.folder, "Music"))
        held = self.sync()
        self.assertEqual(held["held_back"], 30)
        self.assertIn("confirm", self.phone.run("status").stdout)
        self.assertEqual(self.phone.run("confirm").returncode, 0)
        after = self.sync()
        self.assertEqual((after["held_back"], after["files"]), (0, 0))
        self.assertEqual(digests(self.media), digests(self.media))
        self.assertEqual(len(digests(self.media)), 30)

    def test_a_card_that_is_out_is_neither_told_nor_written(self):
        self.sync()
        away = self.folder + ".away"
        os.rename(self.folder, away)
        out = self.sync(code=1)
        self.assertEqual(out["waits"], "volume away")
        self.assertFalse(os.path.exists(self.folder))
        os.makedirs(self.folder)
        with open(os.path.join(self.folder, "mine.txt"), "w", encoding="utf-8") as file:
            file.write("another card")
        self.assertEqual(self.sync(code=1)["waits"], "volume away")
        self.assertEqual(os.listdir(self.folder), ["mine.txt"])
        shutil.rmtree(self.folder)
        os.rename(away, self.folder)
        self.assertEqual(self.sync()["operations"], 0)
        self.assertEqual(len(digests(self.folder)), 30)

    def test_a_link_in_the_folder_leads_nowhere(self):
        outside = self.make_folder()
        os.makedirs(self.folder)
        os.symlink(outside, os.path.join(self.folder, "Music"))
        self.assertGreaterEqual(self.sync()["refused"], 30)
        self.assertEqual(os.listdir(outside), [])

    def test_verify_repairs(self):
        self.sync()
        victim = next(os.path.join(top, name) for top, _, names in os.walk(
            os.path.join(self.folder, "Music")) for name in names if name.endswith(".wav"))
        with open(victim, "r+b") as file:
            file.seek(5000)
            file.write(b"bit rot")
        self.assertEqual(self.sync()["operations"], 0)
        done = self.phone.run("verify", "--json")
        self.assertEqual(json.loads(done.stdout)["damaged"], 1)
        self.assertEqual(digests(self.folder), digests(self.media))

    def test_photos_come_home_and_may_be_freed_then(self):
        self.daemon.cli("config", "set", "sync.uploads", self.uploads)
        self.daemon.restart()
        here = ("--address", "127.0.0.1:%d" % self.daemon.get("pairing")["port"])
        camera = self.make_folder()
        for number in range(3):
            write_wave(f"{camera}/2026/{number}.wav", 100 + number, 2500000)
        with open(f"{camera}/notes.txt", "w", encoding="utf-8") as file:
            file.write("not a photo")
        before = digests(f"{camera}/2026")
        done = self.phone.run("photos", camera, "--json", *here)
        counts = json.loads(done.stdout)
        self.assertEqual((counts["stored"], counts["sent"], counts["freed"]), (3, 3, 0), done.stderr)
        self.assertEqual(digests(self.uploads), before)
        again = json.loads(self.phone.run("photos", camera, "--json", "--free", *here).stdout)
        self.assertEqual((again["stored"], again["sent"], again["freed"]), (3, 0, 3))
        self.assertLess(again["bytes_sent"], 20000)
        self.assertEqual(os.listdir(f"{camera}/2026"), [])
        self.assertTrue(os.path.exists(f"{camera}/notes.txt"))

    def test_plays_are_taken_from_the_inbox_once(self):
        self.sync()
        song = next(os.path.join(top, name) for top, _, names in os.walk(
            os.path.join(self.folder, "Music")) for name in names)
        self.assertEqual(self.phone.run("played", song).returncode, 0)
        self.assertEqual(self.phone.run("played", "--rating", "80", song).returncode, 0)
        inbox = os.path.join(self.folder, ".hearth", "inbox")
        self.assertEqual(len(os.listdir(inbox)), 2)
        self.assertEqual(self.phone.run("played", "/etc/passwd").returncode, 2)
        self.sync()
        self.assertEqual(os.listdir(inbox), [])

    def test_memory_is_small(self):
        self.sync()
        agent = subprocess.Popen(self.phone.command("run"), env=self.phone.env)
        self.addCleanup(agent.wait)
        self.addCleanup(agent.kill)
        time.sleep(3)
        with open(f"/proc/{agent.pid}/status", encoding="utf-8") as file:
            sizes = dict(line.split(":", 1) for line in file)
        own = int(sizes["RssAnon"].split()[0])
        print(f"RssAnon {own} kB, VmRSS {sizes['VmRSS'].strip()}")
        if "RssAnon" in sizes and not self.is_sanitized():
            self.assertLess(own, 16 * 1024)
        agent.terminate()
        self.assertEqual(agent.wait(timeout=20), 0)

    @staticmethod
    def is_sanitized():
        with open(device.HANDHELD, "rb") as file:
            return b"__asan_init" in file.read()


if __name__ == "__main__":
    unittest.main(verbosity=2)
