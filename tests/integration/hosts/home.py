# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of this folder share: a home with hearthd on a bridge, and hosts that look at it."""

import os
import subprocess
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.environ["HEARTH_SOURCE"], "tests", "support"))
try:
    import control_point  # noqa: E402
    import corpus  # noqa: E402
except (ImportError, ValueError) as missing:  # python3-gi, gir1.2-gupnp-av-1.0, python3-mutagen
    print(missing)
    sys.exit(77)
import hearth  # noqa: E402
import netns  # noqa: E402

HOME, TV, RADIO = "192.0.2.1", "192.0.2.2", "192.0.2.3"


class Watched:
    """A program on a host whose lines are kept with their times."""

    def __init__(self, host, command, **options):
        self.lines = []
        self.process = host.start(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  text=True, **options)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.append((time.monotonic(), line.rstrip("\n")))

    def first(self, *words):
        """When the first line with all these words came, or None."""
        return next((at for at, line in list(self.lines) if all(w in line for w in words)), None)


class HomeTest(unittest.TestCase):
    """One hearthd for a class. Where `media` is None it shares a copy of the corpus."""

    config = None

    @classmethod
    def setUpClass(cls):
        folder = cls.enterClassContext(tempfile.TemporaryDirectory(prefix="hearth-test-"))
        cls.folder = os.path.join(folder, "media")
        cls.state = os.path.join(folder, "state")
        cls.scratch = folder
        cls.fill()
        cls.net = cls.enterClassContext(netns.Network())
        cls.home = cls.net.host("home", HOME + "/24")
        cls.tv = cls.net.host("tv", TV + "/24")
        cls.radio = cls.net.host("radio", RADIO + "/24")
        cls.prepare()
        cls.daemon = hearth.Daemon(media=[cls.folder], state_dir=cls.state, interfaces=["eth0"],
                                   prefix=cls.home.command([]), port=8200)
        cls.addClassCleanup(cls.daemon.remove)
        cls.addClassCleanup(cls.daemon.stop)
        cls.started = time.monotonic()
        cls.daemon.start()
        cls.daemon.wait_for_scan()
        cls.location = f"http://{HOME}:8200/dlna/description.xml"
        cls.point = cls.point_of(cls.tv)

    @classmethod
    def fill(cls):
        corpus.copy_to(cls.folder)

    @classmethod
    def prepare(cls):
        """Called before hearthd starts."""

    @classmethod
    def point_of(cls, host, **headers):
        point = control_point.ControlPoint(cls.location, host, headers={
            name.replace("_", "-"): value for name, value in headers.items()})
        cls.addClassCleanup(point.close)
        return point

    def hearth(self, *words):
        done = self.daemon.cli(*words)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout


def main():
    netns.main(verbosity=2)
