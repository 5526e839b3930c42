# SPDX-License-Identifier: GPL-3.0-or-later
"""Folders and names of every kind: what can be shared is, and nothing else harms."""

import os
import socket
import tempfile
import time
import unittest
import urllib.parse

import common
import many_files
from common import hearth, tagged, tree

STRANGE_NAMES = (
    b"latin1 \xe9\xe8.mp3", b"broken \xff\xfe\x80.mp3", b"new\nline.mp3", b"tab\tand bell\x07.mp3",
    b"escape \x1b[31mred.mp3", b"quote'\".mp3", b"<b>&amp;.mp3", b"percent %00 %2e%2e.mp3",
    b"back\\slash.mp3", b" leading and trailing .mp3", b"-dash.mp3", b"semi;colon|pipe$(x).mp3",
    "überlang 日本語 \U0001f3b5.mp3".encode(), "\u202eright to left.mp3".encode(),
    b"n" * 251 + b".mp3", "ü".encode() * 125 + b".mp3", b"UPPER.MP3", b"two.dots.mp3",
)
STRANGE_FOLDERS = (b"caf\xe9", b"line\nbreak", b"d" * 255, b"a%2fb", b"<&>")


class NamesTest(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory(prefix="hearth-test-")
        self.media = os.path.join(self.dir.name, "media")
        os.makedirs(self.media)
        self.sound = tagged.sound(self.media)

    def tearDown(self):
        self.dir.cleanup()

    def write(self, path, title):
        """@path: bytes, below the shared folder."""
        full = os.path.join(os.fsencode(self.media), path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "wb") as file:
            file.write(tagged.id3({"title": title}) + self.sound)
        return full

    def titles(self, daemon):
        common.settle(daemon)
        return sorted(each["title"] for each in tree.children(daemon, "music-all"))

    def test_strange_names_are_shared_and_served(self):
        expected = []
        for number, name in enumerate(STRANGE_NAMES):
            self.write(name, f"File {number:02d}")
            expected.append(f"File {number:02d}")
        for number, folder in enumerate(STRANGE_FOLDERS):
            self.write(folder + b"/inside.mp3", f"Folder {number:02d}")
            expected.append(f"Folder {number:02d}")
        with hearth.Daemon(media=[self.media]) as daemon:
            self.assertEqual(self.titles(daemon), sorted(expected))
            self.assertEqual(daemon.get("problems")["problems"], [])
            ids = {}
            for each in tree.children(daemon, "music-all"):
                status, _, data = daemon.lan("GET", each["url"])
                self.assertEqual(status, 200, each)
                self.assertTrue(data.endswith(self.sound), each)
                ids[each["title"]] = each["id"]
            tree.snapshot(daemon)
            # No control character reaches a terminal through the command line.
            for words in (["browse", "music-all"], ["browse", "music-folders"], ["status"]):
                text = daemon.cli(*words).stdout
                self.assertFalse(any(ord(c) < 32 and c != "\n" for c in text), repr(text))
            # A rename to and from such names keeps the id.
            os.rename(os.path.join(os.fsencode(self.media), STRANGE_NAMES[0]),
                      os.path.join(os.fsencode(self.media), b"plain.mp3"))
            os.rename(os.path.join(os.fsencode(self.media), b"UPPER.MP3"),
                      os.path.join(os.fsencode(self.media), b"lower \xfc.mp3"))

            def is_renamed():
                names = {each.get("file_name") for each in tree.children(daemon, "music-all")}
                return "plain.mp3" in names and "UPPER.MP3" not in names
            common.wait_until("the new names", is_renamed)
            common.settle(daemon)
            self.assertEqual({each["title"]: each["id"]
                              for each in tree.children(daemon, "music-all")}, ids)
            daemon.restart()
            self.assertEqual(self.titles(daemon), sorted(expected))

    def test_links_and_loops(self):
        self.write(b"Real/one.mp3", "One")
        outside = os.path.join(self.dir.name, "outside")
        os.makedirs(outside)
        with open(os.path.join(outside, "two.mp3"), "wb") as file:
            file.write(tagged.id3({"title": "Two"}) + self.sound)
        os.symlink("..", os.path.join(self.media, "Real", "up"))
        os.symlink(".", os.path.join(self.media, "self"))
        os.symlink("a", os.path.join(self.media, "b"))
        os.symlink("b", os.path.join(self.media, "a"))
        os.symlink("nowhere.mp3", os.path.join(self.media, "nowhere.mp3"))
        os.symlink("nothing", os.path.join(self.media, "dangling.mp3"))
        os.symlink(outside, os.path.join(self.media, "Linked folder"))
        os.symlink(os.path.join(outside, "two.mp3"), os.path.join(self.media, "linked file.mp3"))
        with hearth.Daemon(media=[self.media]) as daemon:
            self.assertEqual(self.titles(daemon), ["One", "Two", "Two"])
            places = tree.snapshot(daemon)
            self.assertLess(len(places), 200)
            daemon.restart()
            self.assertEqual(self.titles(daemon), ["One", "Two", "Two"])

    def test_a_hundred_levels(self):
        deep = b"/".join(b"level %d" % level for level in range(100))
        self.write(deep + b"/bottom.mp3", "Bottom")
        self.write(b"level 0/level 1/middle.mp3", "Middle")
        with hearth.Daemon(media=[self.media]) as daemon:
            titles = self.titles(daemon)
            self.assertIn("Middle", titles)
            if "Bottom" not in titles:  # a bound is fine when it is said
                self.assertIn("deep", daemon.log())
            tree.snapshot(daemon)

    def test_things_that_are_no_files(self):
        self.write(b"good.mp3", "Good")
        for name in ("empty.mp3", "empty.jpg", "empty.mkv", "empty.m3u"):
            with open(os.path.join(self.media, name), "wb"):
                pass
        with open(os.path.join(self.media, "sparse.mkv"), "wb") as file:
            file.truncate(1 << 40)
        with open(os.path.join(self.media, "sparse.mp3"), "wb") as file:
            file.truncate(1 << 36)
        os.mkfifo(os.path.join(self.media, "pipe.mp3"))
        listener = socket.socket(socket.AF_UNIX)
        here = os.getcwd()
        os.chdir(self.media)
        listener.bind("socket.mp3")
        os.chdir(here)
        try:
            os.mknod(os.path.join(self.media, "zero.mp3"), 0o20666, os.makedev(1, 5))
        except PermissionError:
            pass  # only real root makes devices
        os.mkdir(os.path.join(self.media, "folder.mp3"))
        with hearth.Daemon(media=[self.media]) as daemon:
            common.settle(daemon)
            names = {each.get("file_name") for each in tree.children(daemon, "music-all")}
            self.assertIn("good.mp3", names)
            self.assertFalse(names & {"pipe.mp3", "socket.mp3", "zero.mp3", "folder.mp3"})
            titles = {os.path.basename(p["path"]) for p in daemon.get("problems")["problems"]}
            self.assertIn("empty.mp3", titles)
            # A file that becomes a pipe while it is known does not hold anybody up.
            url = next(each["url"] for each in tree.children(daemon, "music-all")
                       if each.get("file_name") == "good.mp3")
            path = os.path.join(self.media, "good.mp3")
            os.unlink(path)
            os.mkfifo(path)
            began = time.monotonic()
            status, _, _ = daemon.lan("GET", url)
            self.assertIn(status, (404, 500, 503))
            self.assertLess(time.monotonic() - began, 10)
        listener.close()

    def test_five_thousand_files_in_one_folder(self):
        many_files.run(5000)

    def test_media_cannot_be_left_by_a_path(self):
        self.write(b"good.mp3", "Good")
        with open(os.path.join(self.dir.name, "secret.mp3"), "wb") as file:
            file.write(b"secret")
        with open(os.path.join(self.media, "list.m3u"), "w", encoding="utf-8") as file:
            file.write("../secret.mp3\n/etc/passwd\ngood.mp3\nhttp://192.0.2.1/x.mp3\n")
        with hearth.Daemon(media=[self.media]) as daemon:
            common.settle(daemon)
            playlists = tree.children(daemon, "music-playlists")
            self.assertEqual(len(playlists), 1)
            common.wait_until("the list", lambda: [
                each["title"] for each in tree.children(daemon, playlists[0]["id"])] == ["Good"])
            item = tree.children(daemon, "music-all")[0]["id"].split(".")[0]
            for path in (f"/m/{item}/../../secret.mp3", f"/m/{item}/original.mp3/../../../secret.mp3",
                         f"/m/..%2f..%2fsecret.mp3/original.mp3", "/m//original.mp3",
                         "/m/%2e%2e/original.mp3", f"/m/{item}%00/original.mp3",
                         f"/m/{item}/" + urllib.parse.quote("original.mp3\0.jpg")):
                status, _, data = daemon.lan("GET", path)
                self.assertIn(status, (400, 404), path)
                self.assertNotIn(b"secret", data)


if __name__ == "__main__":
    unittest.main()
