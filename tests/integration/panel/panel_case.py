# SPDX-License-Identifier: GPL-3.0-or-later
"""A home with a few tracks, and a screen: what the tests of the panel begin with."""

import os
import subprocess
import sys
import tempfile
import unittest

SOURCE = os.environ["HEARTH_SOURCE"]
sys.path.insert(0, os.path.join(SOURCE, "tests", "support"))
import desktop  # noqa: E402
import hearth  # noqa: E402


def make_track(path, seconds, **tags):
    words = [word for name, value in tags.items() for word in ("-metadata", f"{name}={value}")]
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", f"sine=duration={seconds}", *words, path],
                   check=True)


def make_media(folder):
    os.makedirs(folder, exist_ok=True)
    for number, (title, seconds) in enumerate((("Kindling", 2), ("Slow Burn", 20), ("Ashes", 2)), 1):
        make_track(os.path.join(folder, f"{number}.flac"), seconds, title=title, artist="The Embers",
                   album="First Light", track=number)


class PanelCase(unittest.TestCase):
    """A home with three tracks, and a screen."""

    size = (1000, 720)

    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory(prefix="hearth-panel-")
        cls.media = os.path.join(cls.scratch.name, "media")
        make_media(cls.media)
        cls.daemon = hearth.Daemon(media=[cls.media], name="Panel home").start()
        cls.daemon.wait_for_scan()
        cls.screen = desktop.Desktop(*cls.size)
        cls.screen.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.screen.__exit__()
        cls.daemon.stop()
        cls.daemon.remove()
        cls.scratch.cleanup()
