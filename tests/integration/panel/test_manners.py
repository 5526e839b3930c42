# SPDX-License-Identifier: GPL-3.0-or-later
"""Every control of every page and dialog says what it is, and all of it is used by the keyboard alone.

    test_manners.py [CLASS…]    Short: names on the pages, and the keys; Long: Tab, and all that opens from the pages
"""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from panel_case import PanelCase, desktop  # noqa: E402
import device  # noqa: E402

PAGES = {"home": "Look for changes in the folders", "library": "First Light", "devices": "Pair a handheld",
         "doctor": "Look Again", "away": "Address of the locker"}


class Manners(PanelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        track = cls.daemon.get("search", q="kindling", kind="track")["objects"][0]
        cls.daemon.post("playlists", title="Evening", items=[track["id"]])
        cls.phone = device.Device()
        offer = cls.daemon.post("pairing", name="Phone")
        cls.phone.pair(offer["text"], "--address", f"127.0.0.1:{cls.daemon.get('pairing')['port']}")
        cls.daemon.put("paired/Phone/rule", rule={"newest": 2})

    @classmethod
    def tearDownClass(cls):
        cls.phone.remove()
        super().tearDownClass()

    def check(self, panel, what):
        self.assertEqual(panel.nameless(), [], what)


class Short(Manners):
    def test_every_control_says_what_it_is_and_the_keys_of_every_gnome_application_work(self):
        with self.screen.panel(self.daemon) as panel:
            panel.wait_for("3 Tracks")
            for number, (page, mark) in enumerate(PAGES.items(), 1):
                panel.press(f"alt+{number}")
                panel.wait_for(mark, part=True)
                self.check(panel, page)
                if page == "library":
                    panel.wait_for("First Light, The Embers", "table cell")
            self.use_keys(panel)

    def use_keys(self, panel):
        for keys, title in (("ctrl+comma", "Settings"), ("ctrl+question", "Keyboard Shortcuts"), ("F10", None)):
            panel.press(keys)
            if title:
                panel.wait_for_window(title)
            else:
                panel.wait_for("About hearth")
            panel.press("Escape")
            panel.wait_for_window("hearth")
        panel.press("ctrl+f")
        panel.keys("ashes")
        panel.wait_for("Nothing Found")
        self.assertEqual(panel.focused()["name"], "Search the library")
        panel.press("Escape")
        panel.wait_for("First Light")
        panel.press("ctrl+q")
        self.assertEqual(panel.process.wait(10), 0)


class Long(Manners):
    """All that opens from a page, and Tab through them; run by ./dev soak."""

    def test_tab_goes_round_on_every_page(self):
        with self.screen.panel(self.daemon) as panel:
            panel.wait_for("3 Tracks")
            for number, (page, mark) in enumerate(PAGES.items(), 1):
                panel.press(f"alt+{number}")
                panel.wait_for(mark, part=True)
                self.go_round(panel, page)

    def go_round(self, panel, page):
        """Tab comes back to where it was, by the switcher, the menu and something of the page."""
        panel.press("Tab")
        path = [panel.focused().get("name", "")]
        while len(path) < 40 and (path[-1] == "" or path.count(path[-1]) == 1):
            panel.press("Tab")
            path.append(panel.focused().get("name", ""))
        self.assertLessEqual({"Home", "Library", "Main menu"}, set(path), f"{page}: {path}")
        others = set(path) - {"Home", "Library", "Devices", "Away", "Doctor", "Main menu"}
        self.assertTrue(others, f"{page}: {path}")

    def test_what_opens_from_the_library(self):
        with self.screen.panel(self.daemon, "--page", "library") as panel:
            for kind, mark in (("Artists", "The Embers"), ("Tracks", "Kindling, The Embers · First Light"), ("Videos", "No Videos"),
                               ("Photos", "No Photos"), ("Playlists", "Evening"), ("Albums", "First Light")):
                panel.click(kind, "push button")
                panel.wait_for(mark)
                self.check(panel, kind)
            panel.press("ctrl+f")
            panel.keys("zzz")
            panel.wait_for("Nothing Found")
            self.check(panel, "nothing found")
            panel.press("ctrl+a")
            panel.keys("first")
            panel.wait_for("First Light")
            panel.press("Return")
            panel.wait_for("Kindling")
            self.check(panel, "album")
            panel.click("Details", "push button")
            panel.wait_for("Tags")
            self.check(panel, "details")
            panel.click("Add to a playlist", "push button")
            panel.wait_for_window("Add to a Playlist")
            panel.wait_for("Evening")
            self.check(panel, "add to a playlist")
            panel.press("Escape")
            panel.wait_for_window("hearth")
            panel.press("Escape")
            panel.wait_until_gone("Tags")

    def test_a_playlist_is_edited(self):
        with self.screen.panel(self.daemon, "--page", "library") as panel:
            panel.click("Playlists", "push button")
            panel.click("Evening")
            panel.wait_for("Kindling")
            self.check(panel, "playlist")
            panel.click("Edit playlist", "push button")
            panel.wait_for("Delete Playlist…")
            panel.wait_for("Move up")
            self.check(panel, "editor")
            panel.click("Delete Playlist…", "push button")
            panel.wait_for("Cancel", "push button")
            self.check(panel, "question")
            panel.press("Escape")
            panel.wait_until_gone("Cancel")

    def test_what_opens_from_the_devices(self):
        with self.screen.panel(self.daemon, "--page", "devices") as panel:
            panel.click("Pair a handheld", "push button", part=True)
            panel.wait_for_match(r"([A-Z2-7]{4}-){5}[A-Z2-7]{4}")
            self.check(panel, "pairing")
            panel.press("Escape")
            panel.wait_for_window("hearth")
            panel.click("Phone", "list item")
            panel.wait_for("Comes")
            self.check(panel, "handheld")
            panel.click("Playlists", "list item")
            panel.wait_for_window("Playlists")
            panel.wait_for("Evening", "list item")
            self.check(panel, "names")
            panel.press("Escape")
            panel.wait_for_window("hearth")
            panel.click("Revoke Access…", "push button")
            panel.wait_for("Revoke", "push button")
            self.check(panel, "question")
            panel.press("Escape")
            panel.wait_until_gone("Cancel")

    def test_settings_shortcuts_and_about(self):
        with self.screen.panel(self.daemon) as panel:
            panel.wait_for("3 Tracks")
            panel.press("ctrl+comma")
            panel.wait_for("Further networks")
            self.check(panel, "settings")
            panel.click("Advanced", "page tab")
            panel.wait_for("Connections at a time")
            self.check(panel, "advanced")
            panel.press("Escape")
            panel.wait_for_window("hearth")


if __name__ == "__main__":
    unittest.main()
