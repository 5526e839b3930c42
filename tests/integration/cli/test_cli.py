# SPDX-License-Identifier: GPL-3.0-or-later
"""`hearth` against a real hearthd: every verb, in words and in JSON."""

import json
import os
import socket
import subprocess
import sys
import tarfile
import tempfile
import unittest
from unittest import mock

sys.path.insert(0, os.path.join(os.environ["HEARTH_SOURCE"], "tests", "support"))
import device  # noqa: E402
import hearth  # noqa: E402
import tagged  # noqa: E402

READING_VERBS = (["status"], ["browse"], ["search", "x"], ["config", "list"], ["devices"],
                 ["doctor"], ["plugins"], ["roots"], ["playlists"], ["scan", "--problems"])


class CliTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.media = tempfile.TemporaryDirectory()
        cls.daemon = hearth.Daemon(media=[cls.media.name]).start()

    @classmethod
    def tearDownClass(cls):
        cls.daemon.stop()
        cls.daemon.remove()
        cls.media.cleanup()

    def good(self, *words):
        done = self.daemon.cli(*words)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_every_verb_prints_one_line_of_json(self):
        for words in READING_VERBS:
            with self.subTest(words=words):
                done = self.daemon.cli(*words, "--json")
                self.assertIn(done.returncode, (0, 1), done.stderr)
                self.assertEqual(done.stdout.count("\n"), 1)
                self.assertIsInstance(json.loads(done.stdout), dict)

    def test_words_carry_no_colour_codes_when_piped(self):
        for words in READING_VERBS:
            with self.subTest(words=words):
                self.assertNotIn("\033", self.daemon.cli(*words).stdout)

    def test_every_verb_has_help_with_an_example(self):
        listed = subprocess.run(
            [hearth.HEARTH, "--help"], capture_output=True, text=True, check=True).stdout
        verbs = [line.split()[0] for line in listed.splitlines() if line.startswith("  ")]
        self.assertGreaterEqual(len(verbs), 15)
        for verb in verbs:
            with self.subTest(verb=verb):
                text = subprocess.run([hearth.HEARTH, verb, "--help"], capture_output=True,
                                      text=True, check=True).stdout
                self.assertIn("hearth " + verb, text.split("Examples:")[1])

    def test_status_says_what_is_shared(self):
        text = self.good("status")
        self.assertIn("Test home", text)
        self.assertIn(self.media.name, text)

    def test_settings_are_set_and_unset(self):
        self.good("config", "set", "http.idle-seconds", "90")
        self.assertEqual(self.good("config", "get", "http.idle-seconds"), "90\n")
        self.good("config", "unset", "http.idle-seconds")
        self.assertEqual(self.good("config", "get", "http.idle-seconds"), "60\n")

    def test_a_refusal_is_a_sentence_and_exit_code_1(self):
        done = self.daemon.cli("config", "set", "http.idle-seconds", "forever")
        self.assertEqual(done.returncode, 1)
        self.assertIn("whole number", done.stderr)

    def test_nonsense_is_exit_code_2(self):
        for words in (["frobnicate"], ["status", "now"], ["devices", "hug", "x"], ["backup"]):
            with self.subTest(words=words):
                self.assertEqual(self.daemon.cli(*words).returncode, 2)

    def test_no_daemon_is_exit_code_3_and_says_how_to_start_it(self):
        with tempfile.TemporaryDirectory() as empty:
            for words in READING_VERBS:
                done = subprocess.run([hearth.HEARTH, "--state-dir", empty, *words],
                                      capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 3, words)
                self.assertIn("Start it with", done.stderr)

    def test_events_stop_after_a_count(self):
        event = json.loads(self.good("events", "-n", "1", "--json"))
        self.assertEqual(event["event"], "scan")

    def test_a_playlist_is_made_listed_and_removed(self):
        playlist = self.good("playlists", "create", "Sunday").strip()
        self.assertIn("Sunday", self.good("playlists"))
        self.good("playlists", "delete", playlist)
        self.assertNotIn("Sunday", self.good("playlists"))

    def test_the_log_is_shown(self):
        self.assertIn(" info ", self.good("logs"))


class RestartTest(unittest.TestCase):
    def setUp(self):
        # Where the program can be linked to.
        scratch = tempfile.TemporaryDirectory(dir=hearth.BUILD)
        self.addCleanup(scratch.cleanup)
        self.dir = scratch.name
        self.media = os.path.join(self.dir, "media")
        os.mkdir(self.media)
        with open(os.path.join(self.media, "1.mp3"), "wb") as file:
            file.write(tagged.id3({"title": "Kindling"}) + tagged.sound(self.dir))

    @staticmethod
    def told(daemon, what):
        """What the service manager is told while `what` is done, up to READY=1."""
        path = os.path.join(daemon.own_dir, "notify")
        os.unlink(path)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(path)
            notify.settimeout(20)
            what()
            lines = []
            while "READY=1" not in lines:
                lines += notify.recv(65536).decode().split("\n")
        return lines

    def restart(self, daemon):
        done = daemon.cli("restart")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("New house", done.stdout)

    def test_it_begins_anew_in_its_process(self):
        with hearth.Daemon(media=[self.media], name=None, config="[hearth]\nname = Old house\n") as daemon:
            daemon.wait_for_scan()
            before = daemon.get("status")
            self.assertIn("hearth restart", daemon.cli("config", "set", "hearth.name", "New house").stdout)
            self.assertTrue(daemon.get("config/hearth.name")["awaits_restart"])
            self.assertEqual(daemon.get("status")["name"], "Old house")
            lines = self.told(daemon, lambda: self.restart(daemon))
            self.assertEqual(lines[0], "RELOADING=1")
            self.assertNotIn("STOPPING=1", lines)  # or systemd ended the unit
            after = daemon.get("status")
            self.assertEqual((after["pid"], after["uuid"], after["counts"], after["roots"]),
                             (before["pid"], before["uuid"], before["counts"], before["roots"]))
            self.assertEqual(after["counts"]["tracks"], 1)
            self.assertNotEqual(after["run"], before["run"])
            self.assertEqual(after["name"], "New house")
            self.assertFalse(daemon.get("config/hearth.name")["awaits_restart"])
            daemon.port = after["port"]
            self.assertIn(b"<friendlyName>New house</friendlyName>", daemon.lan("GET", "/dlna/description.xml")[2])
            with open(f"/proc/{after['pid']}/task/{after['pid']}/children", encoding="utf-8") as file:
                for child in file.read().split():
                    with open(f"/proc/{child}/stat", encoding="utf-8") as stat:
                        self.assertNotIn(") Z ", stat.read())  # left over from before

    def test_what_could_not_start_again_goes_on(self):
        with hearth.Daemon(config="") as daemon:
            run = daemon.get("status")["run"]
            with open(daemon.config_path, "w", encoding="utf-8") as file:
                file.write("port = 1\n")
            done = daemon.cli("restart")
            self.assertEqual(done.returncode, 1)
            self.assertIn("goes on as it is", done.stderr)
            self.assertEqual(daemon.get("status")["run"], run)

    def test_an_upgraded_program_is_what_begins(self):
        program, said = os.path.join(self.dir, "hearthd"), os.path.join(self.dir, "said")
        os.link(hearth.HEARTHD, program)
        with mock.patch.object(hearth, "HEARTHD", program):
            daemon = hearth.Daemon().start()
            self.addCleanup(daemon.remove)
        new = program + ".new"
        with open(new, "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\nprintf "%s\\n" $$ "$@" >{said}\n')
        os.chmod(new, 0o755)
        os.rename(new, program)
        self.assertTrue(daemon.post("restart")["ok"])
        self.assertEqual(daemon.process.wait(20), 0)
        daemon.check_log()
        with open(said, encoding="utf-8") as file:
            self.assertEqual(file.read().splitlines(), [str(daemon.process.pid), *daemon.command()[1:]])


class BackupTest(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.file = os.path.join(self.dir.name, "home.tar")

    def tearDown(self):
        self.dir.cleanup()

    def backup(self):
        with hearth.Daemon(media=[self.dir.name]) as daemon:
            daemon.put("config/dlna.new-devices-wait", value="true")
            uuid = daemon.get("status")["uuid"]
            done = daemon.cli("backup", self.file)
            self.assertEqual(done.returncode, 0, done.stderr)
        return uuid

    def restore(self, state_dir):
        return subprocess.run([hearth.HEARTH, "--state-dir", state_dir, "restore", self.file],
                              capture_output=True, text=True, check=False)

    def test_another_computer_continues_as_the_same_home(self):
        uuid = self.backup()
        self.assertEqual(os.stat(self.file).st_mode & 0o777, 0o600)
        state = os.path.join(self.dir.name, "other")
        done = self.restore(state)
        self.assertEqual(done.returncode, 0, done.stderr)
        with hearth.Daemon(media=[self.dir.name], state_dir=state) as daemon:
            self.assertEqual(daemon.get("status")["uuid"], uuid)
            self.assertTrue(daemon.get("config/dlna.new-devices-wait")["value"])

    def test_paired_devices_know_the_restored_home(self):
        """Another computer, with a home of its own so far, becomes the one that was backed up."""
        with device.Device() as phone:
            with hearth.Daemon(media=[self.dir.name]) as daemon:
                phone.pair(device.offer(daemon)["text"], "--address",
                           f"127.0.0.1:{daemon.get('pairing')['port']}")
                self.assertEqual(daemon.cli("backup", self.file).returncode, 0)
            state = os.path.join(self.dir.name, "other")
            with hearth.Daemon(state_dir=state):
                pass
            with open(os.path.join(state, "identity/key.pem"), "rb") as file:
                old_key = file.read()
            self.assertEqual(self.restore(state).returncode, 0)
            with hearth.Daemon(media=[self.dir.name], state_dir=state) as daemon:
                port = daemon.get("pairing")["port"]
                folder = os.path.join(phone.own_dir, "folder")
                done = phone.run("sync", "--folder", folder, "--address", f"127.0.0.1:{port}")
                self.assertEqual(done.returncode, 0, done.stderr)
                status, _ = phone.request(port, "GET", "/api/v1/backup/identity")
                self.assertEqual(status, 403)
                paired = daemon.get("paired")["paired"][0]["id"]
                daemon.post(f"paired/{paired}", role="owner")
                status, answer = phone.request(port, "GET", "/api/v1/backup/identity")
                self.assertEqual((status, answer["error"]["code"]), (409, "refused"))
            aside = [name for name in os.listdir(state) if name.startswith("before-restore-")]
            with open(os.path.join(state, aside[0], "identity-key.pem"), "rb") as file:
                self.assertEqual(file.read(), old_key)

    def test_a_running_home_is_not_overwritten(self):
        self.backup()
        with hearth.Daemon(media=[self.dir.name]) as daemon:
            done = self.restore(daemon.state_dir)
            self.assertEqual(done.returncode, 1)
            self.assertIn("stop it first", done.stderr)

    def test_the_old_home_is_set_aside(self):
        self.backup()
        state = os.path.join(self.dir.name, "old")
        os.mkdir(state)
        with open(os.path.join(state, "state.db"), "w", encoding="utf-8") as file:
            file.write("the old home")
        self.assertEqual(self.restore(state).returncode, 0)
        aside = [name for name in os.listdir(state) if name.startswith("before-restore-")]
        with open(os.path.join(state, aside[0], "state.db"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "the old home")

    def rewrite(self, change):
        with tarfile.open(self.file) as tar:
            parts = {m.name: tar.extractfile(m).read() for m in tar.getmembers()}
        change(parts)
        with tarfile.open(self.file, "w") as tar:
            for name, data in parts.items():
                path = os.path.join(self.dir.name, "part")
                with open(path, "wb") as file:
                    file.write(data)
                tar.add(path, arcname=name)

    def check_refused(self, change, sentence):
        self.backup()
        self.rewrite(change)
        state = os.path.join(self.dir.name, "target")
        done = self.restore(state)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn(sentence, done.stderr)
        self.assertNotIn("state.db", os.listdir(state))

    def test_a_changed_part_is_refused(self):
        def change(parts):
            parts["state.db"] = parts["state.db"][:-1] + b"?"
        self.check_refused(change, "not what was written")

    def test_a_newer_backup_is_refused(self):
        def change(parts):
            manifest = json.loads(parts["manifest.json"])
            manifest["version"] = "99.0.0"
            parts["manifest.json"] = json.dumps(manifest).encode()
        self.check_refused(change, "update hearth first")

    def test_a_path_out_of_the_folder_is_refused(self):
        def change(parts):
            parts["../../escape"] = b"x"
        self.check_refused(change, "no backup of hearth")
        self.assertFalse(os.path.exists(os.path.join(self.dir.name, "escape")))

    def test_a_truncated_backup_is_refused(self):
        self.backup()
        with open(self.file, "rb+") as file:
            file.truncate(700)
        state = os.path.join(self.dir.name, "target")
        self.assertEqual(self.restore(state).returncode, 1)
        self.assertNotIn("state.db", os.listdir(state))


if __name__ == "__main__":
    unittest.main()
