# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person does with hearth-panel, driven through AT-SPI and the keyboard, and checked at the daemon.

    test_flows.py [CLASS…]      the classes named, else all
"""

import json
import os
import re
import signal
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from panel_case import PanelCase, desktop, hearth, make_media  # noqa: E402
import device  # noqa: E402
import locker  # noqa: E402
import tagged  # noqa: E402
from gi.repository import GLib  # noqa: E402

READING = r"([\d,]+) of ([\d,]+) files? · ([\d,]+) a second( · .* left)?"


def wait_until(condition, what, timeout=30):
    deadline = time.monotonic() + timeout
    while not (found := condition()):
        assert time.monotonic() < deadline, f"{what} did not come true"
        time.sleep(0.05)
    return found


def share(panel, folder):
    """By the button, and the path typed into the dialog that it opens."""
    panel.click("Share a folder", "push button")
    panel.wait_for("Share a Folder", "filler")
    panel.keys(folder)  # a slash opens the field for a path
    panel.press("Return")
    panel.wait_until_gone("Share a Folder")


class FirstRun(unittest.TestCase):
    """Nobody has started anything yet, and no service of that name is known."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="hearth-panel-")
        self.addCleanup(scratch.cleanup)
        self.dir = scratch.name
        self.media = os.path.join(self.dir, "media")
        make_media(self.media)
        self.home = hearth.Daemon(state_dir=os.path.join(self.dir, "state"))
        self.addCleanup(self.home.remove)
        os.mkdir(os.path.join(self.dir, "bin"))
        # Only this computer is to see it; and it is checked for leaks, which the panel is not.
        self.make_program("hearthd", f"""echo $$ >>{self.dir}/pids
            ASAN_OPTIONS=detect_leaks=1:abort_on_error=1 exec {hearth.HEARTHD} --interface lo --port 0 \\
            --state-dir {self.home.state_dir} --config {self.dir}/hearth.conf "$@" >>{self.dir}/log 2>&1""")
        self.screen = desktop.Desktop(1000, 720)
        self.screen.__enter__()
        self.addCleanup(self.screen.__exit__)
        self.addCleanup(self.stop_daemons)

    def make_program(self, name, text):
        path = os.path.join(self.dir, "bin", name)
        with open(path, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\n" + text + "\n")
        os.chmod(path, 0o755)

    def read(self, name):
        try:
            with open(os.path.join(self.dir, name), encoding="utf-8") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def stop_daemons(self):
        for pid in map(int, self.read("pids").split()):
            try:
                os.kill(pid, signal.SIGTERM)
                wait_until(lambda pid=pid: not self.runs(pid), "the end of hearthd")
            except ProcessLookupError:
                pass
        for mark in hearth.SANITIZER_MARKS:
            self.assertNotIn(mark, self.read("log"))

    @staticmethod
    def runs(pid):
        try:
            with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
                return file.read().rpartition(")")[2].split()[0] != "Z"
        except FileNotFoundError:
            return False

    def panel(self):
        return self.screen.panel(self.home, env={"PATH": f"{self.dir}/bin:{os.environ['PATH']}"})

    def set_up(self, panel):
        """From the one button to the first sight of the home."""
        panel.click("Start hearth", "push button", part=True)
        panel.wait_for("What Shall Be Shared?")
        share(panel, self.media)
        panel.wait_for(f"No longer share {self.media}")
        panel.type_at("Name that televisions show", "Ember house")
        panel.click("New devices wait for permission", "check box")
        panel.click("Done", "push button", part=True)
        panel.wait_for("Everything is up to date")
        panel.wait_for("3 Tracks")

    def renamed(self):
        try:
            status = self.home.get("status")
        except OSError:
            return None  # between two runs
        return status if status["name"] == "Ember house" else None

    def check(self):
        status = wait_until(self.renamed, "the restart for the name")
        self.assertEqual(status["counts"]["tracks"], 3)
        self.assertEqual(status["pid"], int(self.read("pids").split()[0]))
        self.assertEqual([root["path"] for root in status["roots"]], [self.media])
        wait_until(lambda: self.home.get("config/dlna.new-devices-wait")["value"], "that new devices wait")

    def test_without_a_service_the_program_is_run(self):
        self.make_program("systemctl", f"echo $* >>{self.dir}/calls; exit 1")
        with self.panel() as panel:
            self.set_up(panel)
            self.check()
        self.assertEqual(self.read("calls").split("\n")[0], "--user enable --now hearthd.service")
        self.check()  # it goes on without the window
        with self.panel() as panel:  # that begins with the home from now on
            panel.wait_for("3 Tracks")
            self.assertNotIn("What Shall Be Shared?", {node["name"] for node in panel.nodes()})

    def test_a_service_is_started_and_stays(self):
        self.make_program("systemctl", f"echo $* >>{self.dir}/calls; setsid hearthd </dev/null >/dev/null 2>&1 &")
        with self.panel() as panel:
            self.set_up(panel)
            self.check()
        self.assertEqual(len(self.read("pids").split()), 1)

    def test_a_daemon_that_does_not_start_is_told(self):
        self.make_program("systemctl", "exit 1")
        os.unlink(os.path.join(self.dir, "bin", "hearthd"))
        with self.panel() as panel:
            panel.click("Start hearth", "push button", part=True)
            panel.wait_for("hearth could not be started")
            panel.click("Start hearth", "push button", part=True)  # and can be tried again


class Folders(PanelCase):
    """Another folder, of many files."""

    n_files = 8000 if os.environ.get("ASAN_OPTIONS") else 60000  # seconds of work, that it is seen

    def make_many(self):
        folder = os.path.join(self.scratch.name, "many")
        os.mkdir(folder)
        sound = tagged.sound(folder)
        for number in range(self.n_files):
            with open(os.path.join(folder, f"{number}.mp3"), "wb") as file:
                file.write(tagged.id3({"title": f"Song {number}", "artist": "Many", "album": f"Record {number // 10}"}) + sound)
        return folder

    def watch(self, panel):
        """Looks at the scan until it is over. Returns: what was read of it, as (done, all, rate, left)."""
        seen = []
        while True:
            names = panel.names()
            found = [match for name in names if (match := re.fullmatch(READING, name))]
            if found and "Reading the files" in names:
                seen.append((*(int(found[0][n].replace(",", "")) for n in (1, 2, 3)), found[0][4],
                             panel.value("Progress of the scan")))
            elif seen and "Everything is up to date" in names:
                return seen
            status = self.daemon.get("status")  # names are listed, and counted, before tags are read
            is_over = status["scan"]["phase"] == "idle" and status["counts"]["tracks"] == 3 + self.n_files
            assert seen or not is_over, "the scan was over unseen"

    def test_a_folder_is_added_and_its_scan_watched(self):
        folder = self.make_many()
        with self.screen.panel(self.daemon) as panel:
            panel.wait_for("3 Tracks")
            panel.press("ctrl+comma")
            share(panel, folder)
            panel.press("Escape")
            seen = self.watch(panel)
            panel.wait_for(f"{3 + self.n_files} Tracks")
            panel.press("ctrl+comma")
            panel.click(f"No longer share {folder}", "push button")
            panel.press("Escape")
            panel.wait_for("3 Tracks")
        print(f"the scan, as seen: {seen}")
        done = [each[0] for each in seen]
        self.assertEqual(done, sorted(done))
        self.assertTrue(all(each[1] == self.n_files for each in seen))
        self.assertTrue(any(each[2] > 0 for each in seen), "no rate")
        self.assertTrue(any(each[3] for each in seen), "no time left")
        self.assertTrue(any(0 < (each[4] or 0) < 1 for each in seen), "no progress")
        self.assertEqual([root["path"] for root in self.daemon.get("status")["roots"]], [self.media])

    def test_what_is_no_folder_is_told(self):
        with self.screen.panel(self.daemon) as panel:
            panel.wait_for("Everything is up to date")
            os.mkdir(os.path.join(self.media, "below"))
            panel.press("ctrl+comma")
            panel.click("Share a folder", "push button")
            panel.wait_for("Share a Folder", "filler")
            panel.keys(os.path.join(self.media, "below"))
            panel.press("Return")
            panel.wait_for("This Cannot Be Shared")
            panel.click("Close", "push button", part=True)


class Settings(PanelCase):
    """One of each type, as it stands in the configuration then."""

    def is_set(self, name, value):
        wait_until(lambda: self.daemon.get("config/" + name)["value"] == value, f"{name} = {value}")

    def has_begun_after(self, run):
        try:
            return self.daemon.get("status")["run"] != run
        except OSError:
            return False  # between two runs

    def test_settings_are_changed(self):
        with self.screen.panel(self.daemon) as panel:
            panel.wait_for("3 Tracks")
            panel.press("ctrl+comma")
            panel.click("New devices wait for permission", "check box")
            self.is_set("dlna.new-devices-wait", True)
            panel.type_at("Further networks", "10.8.0.0/24; 10.9.0.0/24")
            panel.press("Return")
            self.is_set("hearth.allow-subnets", ["10.8.0.0/24", "10.9.0.0/24"])
            run = self.daemon.get("status")["run"]
            panel.wait_for("Takes effect after a restart of hearth")
            panel.click("Restart", "push button")
            panel.wait_for("hearth restarts")
            wait_until(lambda: self.has_begun_after(run), "the restart")
            panel.type_at("Name", "Other")  # which the command line gave
            panel.press("Return")
            panel.wait_for("This Cannot Be Set")
            panel.click("Close", "push button")
            self.is_set("hearth.allow-subnets", ["10.8.0.0/24", "10.9.0.0/24"])


class Playing(PanelCase):
    """An album, by a few letters of its name."""

    def played(self, title):
        found = self.daemon.get("search", q=title, kind="track")["objects"][0]
        return self.daemon.get("item/" + found["id"])["play_count"]

    def test_an_album_is_found_by_typing_and_played(self):
        with self.screen.panel(self.daemon, "--page", "library") as panel:
            panel.wait_for("First Light")
            panel.press("ctrl+f")
            panel.keys("nothing")
            panel.wait_until_gone("First Light")
            panel.press("ctrl+a")
            panel.keys("first l")
            panel.wait_for("First Light")
            panel.press("Return")
            panel.wait_for("Slow Burn")
            panel.click("Play", "push button")
            panel.wait_for("Pause", "push button")
            wait_until(lambda: self.played("kindling") == 1, "a play of the first track")
            wait_until(lambda: panel.value("Position in the track") > 500, "the second track to go on")
            places = [panel.value("Position in the track") for _ in range(4) if time.sleep(0.6) is None]
            self.assertGreater(places[-1], places[0] + 1000)
            self.assertLess(places[-1], places[0] + 5000)
            panel.press("ctrl+p")
            panel.wait_for("Play", "push button")
            time.sleep(0.6)
            place = panel.value("Position in the track")
            time.sleep(1.2)
            self.assertEqual(panel.value("Position in the track"), place)
            self.assertEqual((self.played("slow"), self.played("ashes")), (0, 0))


class Handhelds(PanelCase):
    """A real hearth-handheld on this computer."""

    def setUp(self):
        self.phone = device.Device()
        self.addCleanup(self.phone.remove)

    def shown(self, panel, fate):
        """What the preview says of a fate: files and bytes, as they are shown."""
        names = [node["name"] for node in panel.nodes() if node["role"] == "label"]
        return next(([names[at + 1], names[at + 2]] for at, name in enumerate(names)
                     if name == fate and at + 2 < len(names) and "file" in names[at + 1]), None)

    @staticmethod
    def as_shown(sums):
        n = sums["files"]
        return [f"{n} file" + ("" if n == 1 else "s"), GLib.format_size(sums["bytes"])]

    def pair(self, panel):
        panel.click("Pair a handheld", "push button", part=True)
        code = panel.wait_for_match(r"([A-Z2-7]{4}-){5}[A-Z2-7]{4}")
        self.address = f"127.0.0.1:{self.daemon.get('pairing')['port']}"
        self.phone.pair(code, "--address", self.address)
        return self.daemon.get("paired")["paired"][-1]["name"]

    def cli_sees(self, name):
        done = self.daemon.cli("devices", "show", name, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_a_handheld_is_paired_ruled_and_revoked(self):
        with self.screen.panel(self.daemon, "--page", "devices") as panel:
            name = self.pair(panel)
            panel.click("Choose What It Gets", "push button", part=True)
            panel.wait_for("Newest")
            panel.click("Everything", "check box")
            panel.wait_for("What these changes would do once they are applied.")
            tried = self.daemon.post(f"paired/{name}/rule", rule={"everything": True})
            wait_until(lambda: self.shown(panel, "Comes") == self.as_shown(tried["coming"]), "the preview")
            self.assertNotIn("everything", self.daemon.get(f"paired/{name}/rule")["rule"])  # only tried so far
            panel.click("Apply", "push button", part=True)
            self.daemon.wait_for(lambda _status: self.daemon.get(f"paired/{name}/rule")["rule"].get("everything"),
                                 "the rule to be in force")
            self.assertEqual(self.shown(panel, "Comes"), self.as_shown(self.cli_sees(name)["sync"]["coming"]))
            self.bring(panel, name)
            panel.click("Revoke Access…", "push button", part=True)
            panel.click("Revoke", "push button")
            self.daemon.wait_for(lambda _status: self.daemon.get("paired")["paired"][0]["state"] == "revoked",
                                 "the device to be revoked")
            panel.wait_for("This device’s access was taken away.")
        self.assertNotEqual(self.phone.run("sync", "--address", self.address).returncode, 0)

    def bring(self, panel, name):
        """What the rule says comes, and the panel says that it is there."""
        folder = os.path.join(self.phone.own_dir, "folder")
        done = self.phone.run("sync", "--folder", folder, "--address", self.address)
        self.assertEqual(done.returncode, 0, done.stderr)
        held = self.cli_sees(name)["sync"]["there"]
        self.assertEqual(held["files"], 3)
        wait_until(lambda: self.shown(panel, "Stays") == self.as_shown(held), "what stays")
        panel.wait_for("3 files, " + GLib.format_size(held["bytes"]))


class Away(PanelCase):
    """A real hearth-locker on this computer."""

    def test_a_locker_is_joined_and_left(self):
        with locker.Locker(name="localhost") as relay, \
                self.screen.panel(self.daemon, "--page", "away") as panel:
            panel.type_at("Address of the locker", f"https://localhost:{relay.port}")
            panel.type_at("Code", "AAAA-BBBB-CCCC")
            panel.click("Join", "push button", part=True)
            panel.wait_for("this is no code of a locker", "label", part=True)
            self.assertFalse(self.daemon.get("locker")["joined"])
            panel.type_at("Code", relay.invite()["code"])
            panel.click("Join", "push button", part=True)
            panel.wait_for("Reachable from everywhere")
            at_home = self.daemon.get("locker")
            self.assertEqual((at_home["joined"], at_home["state"]), (True, "connected"))
            panel.wait_for(f"localhost:{relay.port}")
            self.assertEqual(len(relay.accounts()), 1)
            panel.click("Leave the Locker…", "push button", part=True)
            panel.click("Leave", "push button")
            panel.wait_for("Address of the locker")
            wait_until(lambda: not self.daemon.get("locker")["joined"], "the home to be apart")
            self.assertEqual(len(relay.accounts()), 0)


if __name__ == "__main__":
    unittest.main()
