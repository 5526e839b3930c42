# SPDX-License-Identifier: GPL-3.0-or-later
"""What the panel shows of what is played, and of one track."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from panel_case import PanelCase  # noqa: E402


class Playing(PanelCase):
    def test_what_a_device_plays_is_shown_until_it_stops(self):
        item = self.daemon.get("search", q="burn", kind="track")["objects"][0]
        with self.screen.panel(self.daemon) as panel:
            panel.wait_for("3 Tracks")
            self.daemon.lan("GET", item["url"])  # whole: it is short
            panel.wait_for("Slow Burn – The Embers", part=True)
            panel.wait_for("on this computer", part=True)
            self.daemon.post("sessions", player="Kitchen", item=item["id"], state="paused", position_ms=1000)
            line = f"on Kitchen · paused at 0:01 of 0:{item['duration_ms'] // 1000:02}"
            panel.wait_for(line)
            self.daemon.post("sessions", player="Kitchen", item=item["id"], state="stopped")
            panel.wait_until_gone(line)

    def test_a_track_shows_all_and_is_rated(self):
        item = self.daemon.get("search", q="ashes", kind="track")["objects"][0]
        with self.screen.panel(self.daemon, "--page", "library") as panel:
            panel.wait_for("First Light")
            panel.click("Tracks", "push button")
            panel.wait_for("Ashes")
            panel.click("Details", "push button")  # of the first
            panel.wait_for("Opus, 128 kbit/s")
            names = set(panel.names())
            self.assertLessEqual({os.path.join(self.media, "3.flac"), "First Light", "for whatever is on "
                                  "this network", "Not played yet"}, names)
            panel.click("4 stars", "push button")
            panel.click("Favourite", "check box", part=True)
            panel.click("Count a Play", "push button")
            self.daemon.wait_for(
                lambda _status: (lambda now: (now.get("rating"), now.get("is_favourite"), now["play_count"]))(
                    self.daemon.get("item/" + item["id"])) == (4, True, 1), "what was said of it")
            panel.click("4 stars", "push button")
            self.daemon.wait_for(
                lambda _status: "rating" not in self.daemon.get("item/" + item["id"]), "no rating")


if __name__ == "__main__":
    unittest.main()
