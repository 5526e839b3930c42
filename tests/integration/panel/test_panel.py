# SPDX-License-Identifier: GPL-3.0-or-later
"""hearth-panel in an X server of its own, beside a real hearthd, seen and driven through AT-SPI."""

import os
import subprocess
import sys
import tempfile
import unittest

SOURCE = os.environ["HEARTH_SOURCE"]
sys.path.insert(0, os.path.join(SOURCE, "tests", "support"))
import desktop  # noqa: E402
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

    def test_home_says_what_is_shared(self):
        with self.screen.panel(self.daemon) as panel:
            panel.wait_for("Panel home")
            panel.wait_for("3 Tracks")
            panel.wait_for("Everything is up to date")

    def test_every_control_has_a_name(self):
        with self.screen.panel(self.daemon) as panel:
            panel.wait_for("3 Tracks")
            for page in ("home", "library", "devices", "doctor"):
                with self.subTest(page):
                    with self.screen.panel(self.daemon, "--page", page) as other:
                        other.settle(1)
                        nameless = [node for node in other.nodes()
                                    if node["role"] in CONTROLS and not node["name"]]
                        self.assertEqual(nameless, [])


if __name__ == "__main__":
    unittest.main()
