# SPDX-License-Identifier: GPL-3.0-or-later
"""A daemon that answers slowly, wrongly or not at all never freezes the window, on whatever page.

    test_hostile.py [CLASS…]    Short: a few manners; Long: all, and more odd answers
"""

import os
import signal
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
# What opens from a page, and what that asks the daemon for.
DEEP = {"item": ("alt+2", (("Tracks", "push button"), ("Details", "push button")), "/item/"),
        "album": ("alt+2", (("Albums", "push button"), ("First Light", "label")), "/browse/"),
        "playlist": ("alt+2", (("Playlists", "push button"), ("Evening", "label")), "/browse/"),
        "editor": ("alt+2", (("Playlists", "push button"), ("Evening", "label"), ("Edit playlist", "push button")),
                   "/browse/"),
        "handheld": ("alt+3", (("Phone", "list item"),), "/paired/")}


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
        """Every page that is there, and what opens from it. What is not there with these answers is passed over."""
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

    def walk_deep(self, panel, heart, fake, manner, seed):
        """The pages upon others: the way there is right, and what they ask themselves is not."""
        for name, (page, way, asked) in DEEP.items():
            fake.behave("true")
            panel.press(page)
            for step in way[:-1]:
                panel.click(*step)
            panel.wait_for(*way[-1])
            fake.behave(manner, seed, cut=False, only=asked)
            heart.take()
            panel.click(*way[-1])
            time.sleep(0.7)
            self.pause(heart, f"{manner} {seed} on the page of the {name}")
            for _ in way:
                panel.press("Escape")

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
                self.walk_deep(panel, heart, fake, manner, seed)
                fake.behave("true")
                panel.press("alt+1")
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
                        time.sleep(0.2)
                    self.pause(heart, manner)
                fake.behave("true")
                self.see(panel)


class Long(Hostile):
    """Every manner; run by ./dev soak."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        track = cls.daemon.get("search", q="kindling", kind="track")["objects"][0]
        cls.daemon.post("playlists", title="Evening", items=[track["id"]])
        cls.phone = device.Device()
        cls.addClassCleanup(cls.phone.remove)
        cls.phone.pair(cls.daemon.post("pairing", name="Phone")["text"],
                       "--address", f"127.0.0.1:{cls.daemon.get('pairing')['port']}")

    def test_a_pause_is_seen(self):
        """What all of this rests on."""
        with self.screen.panel(self.daemon) as panel, desktop.Heartbeat(panel) as heart:
            panel.wait_for("3 Tracks")
            heart.take()
            panel.process.send_signal(signal.SIGSTOP)
            time.sleep(LIMIT + 0.3)
            panel.process.send_signal(signal.SIGCONT)
            time.sleep(0.3)
            self.assertGreater(heart.take(), LIMIT)

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
