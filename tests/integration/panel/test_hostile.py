# SPDX-License-Identifier: GPL-3.0-or-later
"""A daemon that answers slowly, wrongly or not at all never freezes the window, on whatever page.

    test_hostile.py [CLASS…]    Short: a few manners; Long: all, and more odd answers
"""

import os
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from panel_case import PanelCase, desktop  # noqa: E402
import device  # noqa: E402
import fake_daemon  # noqa: E402

# The main loop's longest pause in seconds. Sanitizers, and the other tests beside, make it slower.
IS_SLOW = bool(os.environ.get("ASAN_OPTIONS"))
LIMIT = 3.0 if IS_SLOW else 0.5
GONE = "hearth does not answer. Trying again…"
PAGES = ("Library", "Devices", "Doctor", "Home")


class Hostile(PanelCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.path = os.path.join(cls.scratch.name, "socket")
        cls.daemon.lan("GET", "/description.xml", headers={"User-Agent": "Television/1.0"})

    def pause(self, heart, what):
        longest = heart.take()
        print(f"{what}: {longest:.2f} s")
        self.assertLess(longest, LIMIT, what)

    def walk(self, panel):
        """Every page that is there, and what opens from it."""
        for page in PAGES:
            panel.try_click(page, "page tab")
            time.sleep(0.3)
        panel.press("alt+2")
        for kind in ("Tracks", "Albums"):
            panel.try_click(kind, "push button")
            time.sleep(0.2)
        panel.press("ctrl+comma")
        time.sleep(0.5)
        panel.press("Escape")
        panel.press("alt+3")
        panel.try_click("Pair a handheld", "push button")
        time.sleep(0.4)
        panel.press("Escape")
        panel.press("alt+1")

    def bear(self, manner, seed=0):
        """From the start, and once everything was there; each time a right daemon comes after."""
        with fake_daemon.FakeDaemon(self.path, self.daemon.socket_path) as fake:
            fake.behave(manner, seed)
            with self.screen.panel(self.path) as panel, desktop.Heartbeat(panel) as heart:
                time.sleep(1.5)
                self.walk(panel)
                self.pause(heart, f"{manner} {seed} from the start")
                fake.behave("true")
                self.see(panel)
                heart.take()
                fake.behave(manner, seed)
                time.sleep(0.5)
                self.walk(panel)
                self.pause(heart, f"{manner} {seed} all at once")
                fake.behave("true")
                self.see(panel)

    def see(self, panel):
        """All is as it should be again."""
        panel.wait_for("3 Tracks", timeout=30)
        panel.wait_until_gone(GONE)
        panel.wait_for("Panel home")


class Short(Hostile):
    def test_answers_of_the_wrong_kind_on_every_page(self):
        with fake_daemon.FakeDaemon(self.path, self.daemon.socket_path) as fake:
            with self.screen.panel(self.path) as panel, desktop.Heartbeat(panel) as heart:
                panel.wait_for("3 Tracks")
                for manner in ("odd", "enormous"):
                    fake.behave(manner, 1)
                    for page in PAGES:
                        panel.try_click(page, "page tab")
                        time.sleep(0.4)
                    self.pause(heart, manner)
                fake.behave("true")
                self.see(panel)


class Long(Hostile):
    """Every manner; run by ./dev soak."""

    def test_nobody_listens(self):
        with fake_daemon.FakeDaemon(self.path):
            pass  # leaves its socket
        with self.screen.panel(self.path) as panel, desktop.Heartbeat(panel) as heart:
            panel.wait_for("Start hearth", "push button")
            time.sleep(2)
            self.pause(heart, "nobody listens")
            with fake_daemon.FakeDaemon(self.path, self.daemon.socket_path):
                self.see(panel)


def add_test(manner, seed):
    def test(self):
        self.bear(manner, seed)
    setattr(Long, f"test_{manner}_{seed}", test)


for each in fake_daemon.MANNERS:
    for number in range(12 if each == "odd" else 1):
        add_test(each, number)


if __name__ == "__main__":
    unittest.main()
