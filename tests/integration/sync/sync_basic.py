# SPDX-License-Identifier: GPL-3.0-or-later
"""A home and its handheld, both real, on two hosts: nobody touches anything after the pairing.

Files come bit for bit and play; what changes at home or in the rule is on the device within seconds, and
the bytes that crossed the air are counted at the interface.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.environ["HEARTH_SOURCE"], "tests", "support"))
import device  # noqa: E402
import hearth  # noqa: E402
import tagged  # noqa: E402
import netns  # noqa: E402
from netns import Network  # noqa: E402


def read(*path):
    with open(os.path.join(*path), "rb") as file:
        return file.read()


class BasicTest(unittest.TestCase):
    def setUp(self):
        self.media = tempfile.mkdtemp(prefix="hearth-test-")
        self.addCleanup(shutil.rmtree, self.media, ignore_errors=True)
        self.sound = tagged.sound(self.media)
        for album in ("One", "Two"):
            for track in (1, 2, 3, 4):
                self.write(album, track, f"{album} {track}")
        self.net = self.enterContext(Network())
        self.home_host = self.net.host("home", "192.0.2.1/24")
        self.phone_host = self.net.host("phone", "192.0.2.7/24")
        self.home = self.enterContext(hearth.Daemon(
            media=[self.media], name="Home", interfaces=["eth0"], prefix=self.home_host.command([])))
        self.home.wait_for_scan()
        self.phone = self.enterContext(device.Device(self.phone_host))
        self.phone.pair(device.offer(self.home, name="phone")["text"])
        self.folder = os.path.join(self.phone.own_dir, "folder")
        os.mkdir(self.folder)

    def write(self, album, track, title):
        path = os.path.join(self.media, album, f"{track}.mp3")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path + ".part", "wb") as file:
            file.write(tagged.id3({"title": title, "artist": "Band", "album": album, "track": track})
                       + self.sound * 40)
        os.replace(path + ".part", path)

    def set_rule(self, rule):
        return self.home.put("paired/phone/rule", rule=rule)

    def sync(self):
        done = self.phone.run("sync", "--json", "--folder", self.folder, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        return json.loads(done.stdout.splitlines()[-1])

    def run_agent(self):
        """`hearth-handheld run`, until the test ends."""
        log = open(os.path.join(self.phone.own_dir, "log"), "wb")
        self.addCleanup(log.close)
        process = subprocess.Popen(self.phone.command("run", "--folder", self.folder), stdout=log,
                                   stderr=log, stdin=subprocess.DEVNULL, env=self.phone.env)

        def end():
            process.terminate()
            try:
                process.wait(20)
            finally:
                process.kill()
                process.wait()
        self.addCleanup(end)
        return process

    def on_device(self):
        found = {}
        for folder, folders, names in os.walk(self.folder):
            folders[:] = [name for name in folders if not name.startswith(".")]
            for name in names:
                if not name.startswith("."):
                    path = os.path.join(folder, name)
                    found[os.path.relpath(path, self.folder)] = read(path)
        return found

    def at_home(self, *albums):
        found = {}
        for album in albums:
            for name in sorted(os.listdir(os.path.join(self.media, album))):
                data = read(self.media, album, name)
                found[data] = os.path.join(album, name)
        return found

    def assert_equal(self, *albums):
        """Every file of @albums is on the device, bit for bit, and nothing else."""
        held = {data for path, data in self.on_device().items() if not path.endswith(".m3u8")}
        self.assertEqual(held, set(self.at_home(*albums)))

    def wait(self, condition, timeout):
        """Seconds until condition()."""
        started = time.monotonic()
        while not condition():
            if time.monotonic() - started > timeout:
                raise AssertionError(f"not in {timeout} s: {sorted(self.on_device())}\n"
                                     + read(self.phone.own_dir, "log").decode(errors="replace"))
            time.sleep(0.02)
        return time.monotonic() - started

    def test_a_sync_brings_what_the_rule_says_and_no_more_crosses_than_changed(self):
        self.set_rule({"everything": True})
        first = self.sync()
        self.assertEqual(first["files"], 8)
        self.assert_equal("One", "Two")
        subprocess.run(["ffmpeg", "-v", "error", "-xerror", "-i",
                        os.path.join(self.folder, "Music/Band/One/01 One 1.mp3"), "-f", "null", "-"],
                       check=True, stdin=subprocess.DEVNULL)
        nothing = self.sync()
        self.assertEqual(nothing["operations"], 0)
        self.assertLess(nothing["bytes_sent"] + nothing["bytes_received"], 6000)
        self.home.wait_for(lambda _: self.home.get("sync")["layouts_missing"] == 0, "all layouts")
        self.write("One", 2, "A title of another length")
        self.wait(lambda: self.home.get("paired/phone/sync")["changes"]["files"] > 0, 10)
        deadline = time.monotonic() + 15
        while read(self.media, "One", "2.mp3") not in self.on_device().values():
            self.assertLess(time.monotonic(), deadline)
            retag = self.sync()
        self.assert_equal("One", "Two")
        bare = nothing["bytes_sent"] + nothing["bytes_received"]
        cost = retag["bytes_sent"] + retag["bytes_received"] - bare
        print(f"retag: {cost} bytes beside the {bare} of a session without news", file=sys.stderr)
        self.assertLess(cost, 8192)

    def test_changes_are_on_a_connected_device_within_seconds(self):
        self.run_agent()
        self.wait(lambda: self.home.get("paired/phone/sync")["is_here"], 10)
        self.set_rule({"albums": ["One"]})
        took = self.wait(lambda: len(self.on_device()) >= 1, 10)
        self.assertLess(took, 2)
        self.wait(lambda: len(self.on_device()) == 4, 10)
        self.assert_equal("One")
        self.set_rule({"albums": ["Two"]})
        self.wait(lambda: set(self.on_device().values()) == set(self.at_home("Two")), 10)
        self.home.wait_for(lambda _: self.home.get("sync")["layouts_missing"] == 0, "all layouts")
        self.write("Two", 3, "Retagged")
        new = read(self.media, "Two", "3.mp3")
        self.wait(lambda: new in self.on_device().values(), 10)
        self.wait(lambda: "Music/Band/Two/03 Retagged.mp3" in self.on_device(), 10)
        self.write("Two", 9, "Added")
        self.wait(lambda: "Music/Band/Two/09 Added.mp3" in self.on_device(), 10)
        os.unlink(os.path.join(self.media, "Two", "1.mp3"))
        self.wait(lambda: "Music/Band/Two/01 Two 1.mp3" not in self.on_device(), 10)
        os.rename(os.path.join(self.media, "Two"), os.path.join(self.media, "Moved"))
        time.sleep(2)
        self.wait(lambda: set(self.on_device().values()) == set(self.at_home("Moved")), 10)
        self.assertTrue(all(path.startswith("Music/Band/Two/") for path in self.on_device()))

    def test_a_device_that_joins_is_brought_up_to_date_by_itself(self):
        self.set_rule({"everything": True})
        self.phone_host.ip("link", "set", "eth0", "down")
        self.run_agent()
        time.sleep(1)
        self.assertEqual(self.on_device(), {})
        self.phone_host.ip("link", "set", "eth0", "up")
        took = self.wait(lambda: len(self.on_device()) >= 1, 15)
        print(f"joined: the first file after {took:.2f} s", file=sys.stderr)
        self.wait(lambda: len(self.on_device()) == 8, 15)
        self.assert_equal("One", "Two")

    def test_deleting_on_the_device_is_not_here(self):
        self.set_rule({"albums": ["One"]})
        self.sync()
        os.unlink(os.path.join(self.folder, "Music/Band/One/02 One 2.mp3"))
        self.sync()
        self.sync()
        self.assertEqual(len(self.on_device()), 3)
        self.assertTrue(os.path.exists(os.path.join(self.media, "One", "2.mp3")))
        shown = self.home.cli("devices", "show", "phone")
        self.assertIn("There", shown.stdout)
        preview = self.home.cli("devices", "rule", "phone", "--include", "all", "--album", "Two")
        self.assertIn("Will come", preview.stdout)
        self.assertIn("Nothing was changed", preview.stdout)
        self.home.cli("devices", "rule", "phone", "--include", "all", "--apply")
        self.sync()
        self.assert_equal("One")


if __name__ == "__main__":
    netns.main()
