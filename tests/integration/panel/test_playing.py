# SPDX-License-Identifier: GPL-3.0-or-later
"""What the panel shows of what is played, and of one track."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from panel_case import PanelCase  # noqa: E402
import device  # noqa: E402


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
            self.assertLessEqual({os.path.join(self.media, "3.flac"), "First Light", "Not played yet"}, names)
            panel.wait_for("whatever is on this network", part=True)
            panel.click("4 stars", "push button")
            panel.click("Favourite", "check box", part=True)
            panel.click("Count a Play", "push button")
            self.daemon.wait_for(
                lambda _status: (lambda now: (now.get("rating"), now.get("is_favourite"), now["play_count"]))(
                    self.daemon.get("item/" + item["id"])) == (4, True, 1), "what was said of it")
            panel.click("4 stars", "push button")
            self.daemon.wait_for(
                lambda _status: "rating" not in self.daemon.get("item/" + item["id"]), "no rating")

    def test_a_rule_is_put_in_order_and_brings_back(self):
        left_out = self.daemon.get("search", q="ashes", kind="track")["objects"][0]["id"]
        with device.Device() as phone, self.screen.panel(self.daemon, "--page", "devices") as panel:
            phone.pair(self.daemon.post("pairing", name="Pocket")["code"], "--address",
                       f"127.0.0.1:{self.daemon.get('pairing')['port']}")
            self.daemon.put("paired/Pocket/rule", rule={"artists": ["The Embers"], "newest": 2,
                                                        "excluded": [left_out]})
            panel.click("Pocket", "list item")
            panel.wait_for("Left Out")
            panel.wait_for("Ashes")
            panel.click("Bring Back", "push button")
            panel.wait_until_gone("Left Out")
            panel.click("Keep “The newest” longer", "push button")
            panel.click("Playlists play from home", "check box")
            panel.click("Apply", "push button", part=True)
            self.daemon.wait_for(lambda _status: "stream" in self.daemon.get("paired/Pocket/rule")["rule"],
                                 "the rule to be in force")
            rule = self.daemon.get("paired/Pocket/rule")["rule"]
            order = [source for source in rule.pop("order") if source in rule]
            self.assertEqual(order, ["newest", "artists"])
            self.assertEqual(rule, {"artists": ["The Embers"], "newest": 2, "stream": True})


if __name__ == "__main__":
    unittest.main()
