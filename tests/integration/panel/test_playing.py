# SPDX-License-Identifier: GPL-3.0-or-later
"""What the panel shows of what is played, and of one track."""

import os
import sys
import unittest

sys.path.insert(0, os.path.join(os.environ["HEARTH_SOURCE"], "tests", "support"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import test_panel  # noqa: E402


class Playing(test_panel.Panel):
    def test_what_a_device_plays_is_shown_until_it_stops(self):
        item = self.daemon.get("search", q="burn", kind="track")["objects"][0]
        with self.screen.panel(self.daemon) as panel:
            panel.wait_for("3 Tracks")
            self.daemon.lan("GET", item["url"])  # whole: it is short
            panel.wait_for("Slow Burn – The Embers", part=True)
            panel.wait_for("on this computer", part=True)
            self.daemon.post("sessions", player="Kitchen", item=item["id"], state="paused", position_ms=1000)
            panel.wait_for("on Kitchen · paused at 0:01 of 0:02", part=True)
            self.daemon.post("sessions", player="Kitchen", item=item["id"], state="stopped")
            panel.wait_until_gone("on Kitchen · paused at 0:01 of 0:02")


if __name__ == "__main__":
    unittest.main()
