# SPDX-License-Identifier: GPL-3.0-or-later
"""hearth-panel in an X server of its own, beside a real hearthd, seen and driven through AT-SPI."""

import os
import socket
import subprocess
import sys
import tempfile
import time
import unittest

SOURCE = os.environ["HEARTH_SOURCE"]
sys.path.insert(0, os.path.join(SOURCE, "tests", "support"))
import desktop  # noqa: E402
import device  # noqa: E402
import hearth  # noqa: E402

# Controls that a person works: each has to say what it is.
CONTROLS = {"push button", "toggle button", "check box", "switch", "entry", "text", "spin button",
            "slider", "combo box", "radio button", "menu item", "progress bar", "level bar"}


def make_media(folder):
    os.makedirs(folder, exist_ok=True)
    for number, title in enumerate(("Kindling", "Slow Burn", "Ashes"), 1):
        subprocess.run(
            ["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "sine=duration=2",
             "-metadata", f"title={title}", "-metadata", "artist=The Embers", "-metadata",
             "album=First Light", "-metadata", f"track={number}",
             os.path.join(folder, f"{number}.flac")], check=True)


class Panel(unittest.TestCase):
    """A home with three tracks, and a screen."""

    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory(prefix="hearth-panel-")
        cls.media = os.path.join(cls.scratch.name, "media")
        make_media(cls.media)
        cls.daemon = hearth.Daemon(media=[cls.media], name="Panel home").start()
        cls.daemon.wait_for_scan()
        cls.screen = desktop.Desktop(1000, 720)
        cls.screen.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.screen.__exit__()
        cls.daemon.stop()
        cls.daemon.remove()
        cls.scratch.cleanup()


class Glance(Panel):
    """What is seen at once; a part of every test run."""

    def test_home_says_what_is_shared_and_every_control_has_a_name(self):
        with self.screen.panel(self.daemon) as panel:
            panel.wait_for("3 Tracks")
            names = {node["name"] for node in panel.nodes()}
            self.assertLessEqual({"Panel home", "Everything is up to date"}, names)
            # All pages are in the tree, whichever is in sight.
            self.assertEqual([node for node in panel.nodes()
                              if node["role"] in CONTROLS and not node["name"]], [])

    def test_says_that_the_daemon_is_gone_and_recovers(self):
        gone = "hearth does not answer. Trying again…"
        with hearth.Daemon(media=[self.media], name="Second home") as daemon:
            daemon.wait_for_scan()
            with self.screen.panel(daemon) as panel:
                panel.wait_for("3 Tracks")
                panel.wait_until_gone(gone)
                daemon.kill()
                panel.wait_for(gone)
                daemon.start()
                panel.wait_until_gone(gone)
                panel.wait_for("Second home")

    def test_a_daemon_that_says_nothing_freezes_nothing(self):
        path = os.path.join(self.scratch.name, "silent")
        with socket.socket(socket.AF_UNIX) as silent:
            silent.bind(path)
            silent.listen(64)
            with self.screen.panel(path) as panel:
                panel.wait_for("Start hearth", "push button", part=True)
                for _ in range(5):
                    start = time.monotonic()
                    panel.nodes()  # the main loop answers
                    self.assertLess(time.monotonic() - start, 5)


class Flows(Panel):
    """What a person does; longer, and run by ./dev soak."""

    def test_a_track_is_found_by_typing_and_played(self):
        with self.screen.panel(self.daemon, "--page", "library") as panel:
            panel.wait_for("First Light")
            panel.click("Tracks", "push button")
            panel.wait_for("Kindling")
            panel.press("ctrl+f")
            panel.keys("slow")
            panel.wait_until_gone("Kindling")
            panel.press("Return")
            panel.wait_for("Pause", "push button", part=True)
            found = self.daemon.get("search", q="slow", kind="track")["objects"][0]
            self.daemon.wait_for(lambda _status: self.daemon.get("item/" + found["id"])["play_count"] == 1,
                                 "the play to be counted")

    def test_a_handheld_is_paired_ruled_and_revoked(self):
        with device.Device() as phone, \
                self.screen.panel(self.daemon, "--page", "devices") as panel:
            panel.click("Pair a handheld", "push button", part=True)
            code = panel.wait_for_match(r"([A-Z2-7]{4}-){5}[A-Z2-7]{4}")
            port = self.daemon.get("pairing")["port"]
            phone.pair(code, "--address", f"127.0.0.1:{port}")
            name = self.daemon.get("paired")["paired"][0]["name"]
            panel.click("Choose What It Gets", "push button", part=True)
            panel.wait_for("Newest")
            panel.click("Everything", "check box", part=True)
            panel.wait_for("What these changes would do once they are applied.")
            panel.wait_for("3 files")
            before = self.daemon.get(f"paired/{name}/rule")["rule"]
            self.assertNotIn("everything", before)  # only tried so far
            panel.click("Apply", "push button", part=True)
            self.daemon.wait_for(lambda _status: self.daemon.get(f"paired/{name}/rule")["rule"].get(
                "everything"), "the rule to be in force")
            panel.click("Revoke Access…", "push button", part=True)
            panel.click("_Revoke", "push button", part=True)
            self.daemon.wait_for(lambda _status: self.daemon.get("paired")["paired"][0]["state"] == "revoked",
                                 "the device to be revoked")


if __name__ == "__main__":
    unittest.main()
