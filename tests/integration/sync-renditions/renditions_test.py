# SPDX-License-Identifier: GPL-3.0-or-later
"""A device whose rule names renditions: a real hearthd, hearth-convert, hearth-worker and hearth-handheld.

FLAC, MP3 and a photo are made by ffmpeg; what arrives is read by ffprobe, which is none of ours."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.environ["HEARTH_SOURCE"], "tests", "support"))
import device  # noqa: E402
import hearth  # noqa: E402

if not shutil.which("ffmpeg"):
    print("needs ffmpeg")
    sys.exit(77)

RENDITIONS = ["opus-128", "photo-1080"]
TRACKS = {"one.flac": 20, "two.flac": 12, "three.mp3": 15}


def ffmpeg(*words):
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *words], check=True)


def probe(path):
    done = subprocess.run(["ffprobe", "-v", "error", "-show_format", "-show_streams", "-of", "json", path],
                          capture_output=True, text=True, check=True)
    answer = json.loads(done.stdout)
    tags = dict(answer["format"].get("tags", {}))
    for stream in answer["streams"]:
        if stream["codec_type"] == "audio":
            tags.update(stream.get("tags", {}))
    answer["tags"] = {name.lower(): value for name, value in tags.items()}
    return answer


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def replace(path, write):
    """As taggers do it: a new file takes the place of the old one."""
    part = os.path.join(os.path.dirname(path), ".part-" + os.path.basename(path))
    write(part)
    os.replace(part, path)


class RenditionsTest(unittest.TestCase):
    def setUp(self):
        self.media = tempfile.mkdtemp(prefix="hearth-test-")
        self.addCleanup(shutil.rmtree, self.media, ignore_errors=True)
        self.album = os.path.join(self.media, "Album")
        os.makedirs(self.album)
        cover = os.path.join(self.media, "cover.part.jpg")
        ffmpeg("-f", "lavfi", "-i", "testsrc=size=300x300:rate=1", "-frames:v", "1", cover)
        for at, (name, seconds) in enumerate(TRACKS.items()):
            words = ["-f", "lavfi", "-i",
                     f"sine=frequency={330 + 110 * at}:duration={seconds}:sample_rate=44100,"
                     f"tremolo=f={at + 1}", "-i", cover, "-map", "0:a", "-map", "1:v", "-c:v", "copy",
                     "-disposition:v", "attached_pic", "-metadata", f"title=Title {name[:-5]}",
                     "-metadata", "artist=Band", "-metadata", "album=Album", "-metadata",
                     f"track={at + 1}", os.path.join(self.album, name)]
            ffmpeg(*words)
        os.unlink(cover)
        self.photo = os.path.join(self.media, "photo.jpg")
        ffmpeg("-f", "lavfi", "-i", "testsrc2=size=3000x2000:rate=1", "-frames:v", "1", "-q:v", "2", self.photo)
        self.daemon = self.enterContext(hearth.Daemon(media=[self.media]))
        self.daemon.wait_for_scan()
        self.phone = self.enterContext(device.Device())
        self.folder = os.path.join(self.phone.own_dir, "folder")
        os.makedirs(self.folder)
        port = self.daemon.get("pairing")["port"]
        self.address = "127.0.0.1:%d" % port
        self.phone.pair(device.offer(self.daemon, name="Phone")["code"], "--address", self.address)

    # ---- Looking ----

    def files(self):
        found = {}
        for folder, folders, names in os.walk(self.folder):
            folders[:] = [name for name in folders if not name.startswith(".")]
            for name in names:
                if not name.startswith("."):
                    path = os.path.join(folder, name)
                    found[os.path.relpath(path, self.folder)] = path
        return found

    def device_file(self, end):
        found = [path for name, path in self.files().items() if name.endswith(end)]
        self.assertEqual(len(found), 1, (end, sorted(self.files())))
        return found[0]

    def show(self):
        return self.daemon.get("paired/Phone/sync")

    def renditions(self):
        return self.daemon.get("status")["renditions"]

    def sync(self):
        done = self.phone.run("sync", "--folder", self.folder, "--address", self.address, "--json", timeout=120)
        self.assertIn(done.returncode, (0, 1), done.stderr)
        return json.loads(done.stdout.strip().splitlines()[-1])

    def sync_until(self, condition, timeout=120):
        deadline = time.monotonic() + timeout
        fetched = 0
        while True:
            fetched += self.sync().get("bytes_fetched", 0)
            if condition():
                return fetched
            self.assertLess(time.monotonic(), deadline,
                            json.dumps(self.show(), indent=1) + json.dumps(self.renditions())
                            + "\n".join(sorted(self.files())))
            time.sleep(0.3)

    def settled(self):
        show = self.show()
        return show["is_settled"] and show["coming"]["files"] + show["changes"]["files"] == 0

    def rule(self, **rule):
        self.daemon.put("paired/Phone/rule", rule=dict({"everything": True}, **rule))

    # ---- Claims ----

    def check_tracks(self):
        for at, (name, seconds) in enumerate(TRACKS.items()):
            path = self.device_file(f"/{at + 1:02d} Title {name[:-5]}.opus")
            found = probe(path)
            audio = [each for each in found["streams"] if each["codec_type"] == "audio"]
            self.assertEqual([each["codec_name"] for each in audio], ["opus"])
            self.assertAlmostEqual(float(found["format"]["duration"]), seconds, delta=0.1)
            self.assertEqual(found["tags"]["title"], f"Title {name[:-5]}")
            self.assertEqual(found["tags"]["album"], "Album")
            self.assertEqual(found["tags"]["artist"], "Band")
            self.assertTrue([each for each in found["streams"] if each["codec_type"] == "video"], "no cover")
            subprocess.run(["ffmpeg", "-v", "error", "-xerror", "-i", path, "-map", "0:a", "-f", "null", "-"],
                           check=True)

    def check_photo(self):
        path = self.device_file("photo.jpg")
        picture = probe(path)["streams"][0]
        self.assertEqual((picture["codec_name"], picture["width"], picture["height"]), ("mjpeg", 1080, 720))
        self.assertLess(os.path.getsize(path), os.path.getsize(self.photo))

    def test_renditions_arrive_are_retagged_and_give_way_to_originals(self):
        self.rule(rendition=RENDITIONS)
        self.sync_until(self.settled)
        self.assertEqual(len(self.files()), 4, sorted(self.files()))
        self.check_tracks()
        self.check_photo()
        show = self.show()
        for item in show["items"]:
            self.assertIn(item["rendition"], RENDITIONS)
            self.assertEqual(item["bytes"], os.path.getsize(os.path.join(self.folder, item["path"])))
        converted = self.renditions()["n_done"]
        self.assertEqual(converted, 4)

        # A retag converts nothing, and little crosses the wire.
        before = os.path.getsize(self.device_file("one.opus"))
        path = os.path.join(self.album, "one.flac")
        replace(path, lambda part: (shutil.copy(path, part), subprocess.run(
            ["metaflac", "--remove-tag=TITLE", "--set-tag=TITLE=Another", part], check=True)))
        fetched = self.sync_until(lambda: any(name.endswith("01 Another.opus") for name in self.files())
                                  and self.settled())
        found = probe(self.device_file("01 Another.opus"))
        self.assertEqual(found["tags"]["title"], "Another")
        self.assertAlmostEqual(float(found["format"]["duration"]), 20, delta=0.1)
        status = self.renditions()
        print("retag of a rendition of", before, "bytes fetched", fetched, "bytes beside the recipe")
        self.assertEqual(status["n_done"], converted)
        self.assertEqual(status["n_wrapped"], 1)
        self.assertLess(fetched, 8192)

        # The originals, bit for bit.
        self.rule()
        self.sync_until(self.settled)
        there = {digest(path) for path in self.files().values()}
        home = {digest(os.path.join(self.album, name)) for name in TRACKS} | {digest(self.photo)}
        self.assertEqual(there, home)
        self.assertEqual({os.path.splitext(name)[1] for name in self.files()}, {".flac", ".mp3", ".jpg"})
        self.assertEqual(self.renditions()["n_done"], converted)

    def test_they_are_made_before_the_device_comes(self):
        self.rule(rendition=RENDITIONS)
        self.daemon.wait_for(lambda status: status["renditions"]["n_done"] == 4, "four conversions", timeout=120)
        self.daemon.wait_for(lambda _: self.show().get("converting", 0) == 0, "all made", timeout=20)
        self.sync()
        self.assertEqual(len(self.files()), 4)

    def test_what_cannot_be_converted_is_said_and_the_rest_comes(self):
        broken = os.path.join(self.album, "two.flac")
        size = os.path.getsize(broken)

        def write(part):
            with open(broken, "rb") as file:
                head = file.read(24 * 1024)
            with open(part, "wb") as file:
                file.write(head + bytes(size - len(head)))
        replace(broken, write)
        self.rule(rendition="opus-128")

        def is_said():
            return self.show()["failed"]["files"] == 1 and len(self.files()) == 3
        self.sync_until(is_said)
        failed = [item for item in self.show()["items"] if item["fate"] == "failed"]
        self.assertEqual(len(failed), 1)
        self.assertIn("opus-128", failed[0]["why"])
        self.assertIn("converted", self.daemon.cli("devices", "show", "Phone").stdout)

    def test_a_profile_that_there_is_not_is_refused(self):
        for rendition in ("opus-129", ["opus-96", "opus-128"], ["original", "opus-96"], 5):
            with self.assertRaises(Exception) as caught:
                self.rule(rendition=rendition)
            self.assertIn("rendition", str(caught.exception))
        done = self.daemon.cli("devices", "rule", "Phone", "--everything", "--rendition",
                               "opus-96,photo-2160", "--apply")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.show()["rule"]["rendition"], ["opus-96", "photo-2160"])
        self.daemon.cli("devices", "rule", "Phone", "--rendition", "original", "--apply")
        self.assertNotIn("rendition", self.show()["rule"])


if __name__ == "__main__":
    unittest.main()
