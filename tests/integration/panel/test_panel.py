# SPDX-License-Identifier: GPL-3.0-or-later
"""hearth-panel in an X server of its own, beside a real hearthd, seen and driven through AT-SPI."""

import os
import socket
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from panel_case import PanelCase, desktop  # noqa: E402


class Glance(PanelCase):
    """What is seen at once; a part of every test run."""

    def test_says_what_is_shared_and_that_the_daemon_is_gone_and_recovers(self):
        gone = "hearth does not answer. Trying again…"
        with self.screen.panel(self.daemon) as panel:
            panel.wait_for("3 Tracks")
            self.assertLessEqual({"Panel home", "Everything is up to date"}, set(panel.names()))
            panel.wait_until_gone(gone)
            self.daemon.kill()
            panel.wait_for(gone)
            self.daemon.start()
            panel.wait_until_gone(gone)
            panel.wait_for("Panel home")

    def test_a_daemon_that_says_nothing_freezes_nothing(self):
        path = os.path.join(self.scratch.name, "silent")
        with socket.socket(socket.AF_UNIX) as silent:
            silent.bind(path)
            silent.listen(64)
            with self.screen.panel(path) as panel, desktop.Heartbeat(panel) as heart:
                panel.wait_for("Start hearth", "push button")
                time.sleep(1)
                self.assertGreater(heart.n_beats, 5)
                self.assertLess(heart.longest, 3)


if __name__ == "__main__":
    unittest.main()
