# SPDX-License-Identifier: GPL-3.0-or-later
"""Databases that are damaged, lost, newer or restored: nothing that a household made is lost."""

import hashlib
import os
import shutil
import sqlite3
import subprocess
import tempfile
import unittest

import common
from common import hearth, tagged, tree


def fingerprint(folder):
    """Name → digest of everything in a folder that says what the home is."""
    found = {}
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        # SQLite needs -shm even to look, and makes an empty -wal with it.
        is_looking = name.endswith("-shm") or name.endswith("-wal") and os.path.getsize(path) == 0
        if name.startswith("state.db") and os.path.isfile(path) and not is_looking:
            with open(path, "rb") as file:
                found[name] = hashlib.sha256(file.read()).hexdigest()
    return found


class Home(unittest.TestCase):
    """A home with a few files, a playlist and play states, stopped before each test."""

    def setUp(self):
        self.dir = tempfile.TemporaryDirectory(prefix="hearth-test-")
        self.state_dir = os.path.join(self.dir.name, "state")
        self.corpus = tagged.Corpus(os.path.join(self.dir.name, "media"), 60)
        with self.daemon() as daemon:
            common.settle(daemon)
            self.ids = tree.check_tracks(daemon, self.corpus)
            self.items = sorted(self.ids.values())[:5]
            self.playlist = daemon.post("playlists", title="Ours", items=self.items)["id"]
            for number, item in enumerate(self.items):
                for _ in range(number + 1):
                    daemon.post(f"item/{item}/play")
                daemon.post(f"item/{item}/position", position_ms=100 + number)
                daemon.post(f"item/{item}/rating", rating=number % 5 + 1)
            # A pass more, so that "most played" and the playlist are what they will be.
            daemon.restart()
            common.settle(daemon)
            self.tree = tree.snapshot(daemon)
            self.uuid = daemon.get("status")["uuid"]

    def tearDown(self):
        self.dir.cleanup()

    def daemon(self, state_dir=None, media=None):
        return hearth.Daemon(media=[media or self.corpus.folder], state_dir=state_dir or self.state_dir)

    def assert_same_home(self, daemon):
        """Everything: every id of every container and item, with all that is shown of it."""
        common.settle(daemon)
        common.wait_until("all files", lambda: daemon.get("status")["counts"].get("tracks") == 60)
        now = tree.snapshot(daemon)
        self.assertEqual(sorted(now), sorted(self.tree))
        for place, expected in self.tree.items():
            self.assertEqual(now[place], expected)
        self.assertEqual(daemon.get("status")["uuid"], self.uuid)

    def refused(self, state_dir=None):
        """Starts hearthd, which has to refuse. Returns: exit code and what it printed."""
        daemon = self.daemon(state_dir)
        try:
            done = subprocess.run(daemon.command(), env=daemon.env, capture_output=True, text=True,
                                  timeout=60, check=False)
            self.assertNotIn("ERROR:", done.stderr)
            return done.returncode, done.stderr
        finally:
            daemon.remove()


class IndexTest(Home):
    def index(self, ending=""):
        return os.path.join(self.state_dir, "cache", "index.db" + ending)

    def assert_rebuilt(self, is_said=True):
        with self.daemon() as daemon:
            self.assert_same_home(daemon)
            if is_said:
                self.assertIn("index.db is set aside and made anew", daemon.log())
        self.assertEqual(common.integrity(self.index()), "ok")

    def test_garbage_all_over(self):
        with open(self.index(), "r+b") as file:
            file.write(os.urandom(os.path.getsize(self.index())))
        self.assert_rebuilt()

    def test_garbage_behind_the_header(self):
        with open(self.index(), "r+b") as file:
            file.seek(4096)
            file.write(os.urandom(os.path.getsize(self.index()) - 4096))
        self.assert_rebuilt()

    def test_garbage_in_the_middle(self):
        with open(self.index(), "r+b") as file:
            file.seek(os.path.getsize(self.index()) // 2 // 4096 * 4096)
            file.write(os.urandom(5 * 4096))
        self.assert_rebuilt()

    def test_truncated(self):
        os.truncate(self.index(), os.path.getsize(self.index()) // 2 + 100)
        self.assert_rebuilt()

    def test_empty(self):
        os.truncate(self.index(), 0)
        self.assert_rebuilt(is_said=False)

    def test_deleted(self):
        os.unlink(self.index())
        self.assert_rebuilt(is_said=False)

    def test_newer(self):
        with sqlite3.connect(self.index()) as database:
            database.execute("PRAGMA user_version = 999")
        database.close()
        self.assert_rebuilt()

    def test_half_a_journal(self):
        daemon = self.daemon().start()
        common.settle(daemon)
        for name in sorted(self.corpus.tags)[:30]:
            self.corpus.retag(name, self.corpus.tags[name]["title"] + " again")
        daemon.post("scan", full=True)
        common.wait_until("a journal", lambda: os.path.getsize(self.index("-wal")) > 60000)
        daemon.kill()
        daemon.remove()
        os.truncate(self.index("-wal"), os.path.getsize(self.index("-wal")) // 2 + 77)
        with self.daemon() as daemon:
            common.settle(daemon)
            common.wait_until("all files", lambda: daemon.get("status")["counts"]["tracks"] == 60)
            tree.check_tracks(daemon, self.corpus, self.ids)
        self.assertEqual(common.integrity(self.index()), "ok")


class StateTest(Home):
    def test_a_newer_state_is_refused_and_not_touched(self):
        with sqlite3.connect(os.path.join(self.state_dir, "state.db")) as database:
            database.execute("PRAGMA user_version = 999")
        database.close()
        before = fingerprint(self.state_dir)
        code, said = self.refused()
        self.assertEqual(code, 1, said)
        self.assertIn("newer version of hearth", said)
        self.assertIn("install that version again", said)
        self.assertEqual(fingerprint(self.state_dir), before)

    def test_a_newer_state_in_another_journal_mode_is_not_touched(self):
        with sqlite3.connect(os.path.join(self.state_dir, "state.db")) as database:
            database.execute("PRAGMA journal_mode = DELETE")
            database.execute("PRAGMA user_version = 999")
        database.close()
        before = fingerprint(self.state_dir)
        code, said = self.refused()
        self.assertEqual(code, 1, said)
        self.assertEqual(fingerprint(self.state_dir), before)

    def test_damage_names_the_copy(self):
        path = os.path.join(self.state_dir, "state.db")
        self.assertTrue(os.path.exists(path + ".copy"))
        for what in ("header", "page"):
            with self.subTest(what=what):
                with open(path, "rb") as file:
                    whole = file.read()
                with open(path, "r+b") as file:
                    file.seek(0 if what == "header" else 4096)
                    file.write(os.urandom(4096))
                before = fingerprint(self.state_dir)
                code, said = self.refused()
                self.assertEqual(code, 1, said)
                self.assertIn("state.db.copy", said)
                self.assertIn("damaged", said)
                self.assertEqual(fingerprint(self.state_dir)["state.db"], before["state.db"])
                with open(path, "wb") as file:
                    file.write(whole)
        # What the message says to do works.
        os.replace(path + ".copy", path)
        with self.daemon() as daemon:
            common.settle(daemon)
            tree.check_tracks(daemon, self.corpus)

    def test_a_second_hearthd_is_refused(self):
        with self.daemon() as daemon:
            code, said = self.refused()
            self.assertEqual(code, 4, said)
            self.assertIn("another hearthd runs", said)
            self.assertEqual(daemon.get("status")["pid"], daemon.process.pid)


class MovingTest(Home):
    def test_a_moved_root_keeps_every_id(self):
        new = os.path.join(self.dir.name, "elsewhere")
        with self.daemon() as daemon:
            common.settle(daemon)
        config = f"[hearth]\nmedia = {self.corpus.folder}\n"
        with hearth.Daemon(state_dir=self.state_dir, config=config) as daemon:
            common.settle(daemon)
            os.rename(self.corpus.folder, new)
            old, self.corpus.folder = self.corpus.folder, new
            done = daemon.cli("roots", "move", old, new)
            self.assertEqual(done.returncode, 0, done.stderr)
            common.wait_until("the root", lambda: daemon.get("roots")["roots"][0]["is_available"])
            common.settle(daemon)
            common.wait_until("its files", lambda: set(tree.tracks(daemon)) ==
                              {self.corpus.path(name) for name in self.corpus.tags})
            common.settle(daemon)
            tree.check_tracks(daemon, self.corpus, {p.replace(old, new): i
                                                    for p, i in self.ids.items()})
            common.wait_until("the playlist", lambda: self.items == [
                o["id"].split(".")[0] for o in tree.children(daemon, self.playlist)])
            daemon.restart()
            common.settle(daemon)
            tree.check_tracks(daemon, self.corpus, {p.replace(old, new): i
                                                    for p, i in self.ids.items()})

    def test_a_backup_restored_elsewhere_is_the_same_home(self):
        backup = os.path.join(self.dir.name, "home.hearth")
        there = os.path.join(self.dir.name, "there")
        with self.daemon() as daemon:
            done = daemon.cli("backup", backup)
            self.assertEqual(done.returncode, 0, done.stderr)
            refused = daemon.cli("restore", backup)
            self.assertEqual(refused.returncode, 1)
            self.assertIn("is running", refused.stderr)
        self.restore(backup, there)
        with self.daemon(there) as daemon:
            self.assert_same_home(daemon)

    def restore(self, backup, state_dir):
        done = subprocess.run([hearth.HEARTH, "--state-dir", state_dir, "restore", backup],
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_an_older_version_refuses_a_newer_backup_and_keeps_it(self):
        backup = os.path.join(self.dir.name, "home.hearth")
        there = os.path.join(self.dir.name, "there")
        with sqlite3.connect(os.path.join(self.state_dir, "state.db")) as database:
            version = database.execute("PRAGMA user_version").fetchone()[0]
        database.close()
        with self.daemon() as daemon:
            common.settle(daemon)
            with sqlite3.connect(os.path.join(self.state_dir, "state.db")) as database:
                database.execute(f"PRAGMA user_version = {version + 1}")
            database.close()
            self.assertEqual(daemon.cli("backup", backup).returncode, 0)
        self.restore(backup, there)
        before = fingerprint(there)
        code, said = self.refused(there)
        self.assertEqual(code, 1)
        self.assertIn("newer version", said)
        self.assertEqual(fingerprint(there), before)

    def test_a_damaged_backup_changes_nothing(self):
        backup = os.path.join(self.dir.name, "home.hearth")
        with self.daemon() as daemon:
            self.assertEqual(daemon.cli("backup", backup).returncode, 0)
        before = fingerprint(self.state_dir)
        size = os.path.getsize(backup)
        for kind in ("cut", "empty", "garbage"):
            broken = shutil.copy(backup, backup + ".broken")
            if kind == "garbage":
                with open(broken, "r+b") as file:
                    file.seek(size // 3)
                    file.write(os.urandom(2000))
            else:
                os.truncate(broken, size // 2 if kind == "cut" else 0)
            done = subprocess.run([hearth.HEARTH, "--state-dir", self.state_dir, "restore", broken],
                                  capture_output=True, text=True, timeout=60, check=False)
            with self.subTest(kind=kind):
                self.assertEqual(done.returncode, 1, done.stdout)
                self.assertEqual(fingerprint(self.state_dir), before)


if __name__ == "__main__":
    unittest.main()
