# SPDX-License-Identifier: GPL-3.0-or-later
"""Real media shared by a real hearthd: found, browsed and searched by another host, fetched, decoded to
the end and seeked into there, and compared with what ffprobe says of every file."""

import concurrent.futures
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.environ["HEARTH_SOURCE"], "tests", "support"))
try:
    import control_point  # noqa: E402
    import corpus  # noqa: E402
except (ImportError, ValueError) as missing:  # python3-gi, gir1.2-gupnp-av-1.0, python3-mutagen
    print(missing)
    sys.exit(77)
import hearth  # noqa: E402
import netns  # noqa: E402

KINDS = {
    "audio": {".mp3", ".flac", ".ogg", ".opus", ".m4a", ".wav", ".aiff", ".wma"},
    "video": {".mp4", ".mkv", ".webm", ".avi", ".ts", ".mpg", ".mov"},
    "photo": {".jpg", ".png", ".webp", ".gif", ".tiff"},
}
LISTS = {"audio": "music-all", "video": "video-all", "photo": "photo-all"}


class File:
    """One file of the disk and what ffprobe says of it."""

    def __init__(self, path):
        self.path = path
        self.extension = os.path.splitext(os.fsdecode(path))[1]
        self.kind = next((k for k, e in KINDS.items() if self.extension in e), None)
        self.size = os.stat(path).st_size

    def probe(self):
        done = subprocess.run(["ffprobe", "-v", "fatal", "-of", "json", "-show_format",
                               "-show_streams", self.path], capture_output=True, check=True)
        found = json.loads(done.stdout.decode(errors="replace"))
        self.streams = found["streams"]
        self.tags = {}
        for tags in [s.get("tags", {}) for s in self.streams if self.kind == "audio"] + \
                [found["format"].get("tags", {})]:
            self.tags.update({name.lower(): value for name, value in tags.items()})
        self.duration_s = float(found["format"].get("duration", 0))
        return self

    def stream(self, kind):
        return next((s for s in self.streams if s["codec_type"] == kind and
                     not s.get("disposition", {}).get("attached_pic")), None)

    @property
    def title(self):
        stem = os.path.splitext(os.path.basename(self.path))[0]
        return self.tags.get("title") or stem.decode(errors="replace")

    def list(self, name):
        return [v for v in self.tags.get(name, "").split(";") if v]

    def number(self, name):
        return int(self.tags.get(name, "0").split("/")[0])


def files_of(*folders):
    found = []
    for folder in folders:
        for where, _, names in os.walk(os.fsencode(folder)):
            found += [File(os.path.join(where, name)) for name in names]
    return [f for f in found if f.kind is not None and not f.path.endswith(b"/cover.jpg")]


class MusicTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.addClassCleanup(cls.clean_up)
        cls.cleanups = []
        directory = tempfile.TemporaryDirectory(prefix="hearth-test-")
        cls.cleanups.append(directory.cleanup)
        cls.folder = corpus.copy_to(os.path.join(directory.name, "media"))
        cls.net = netns.Network().__enter__()
        cls.cleanups.append(lambda: cls.net.__exit__(None, None, None))
        cls.home = cls.net.host("home", "192.0.2.1/24")
        cls.tv = cls.net.host("tv", "192.0.2.2/24")
        folders = [cls.folder] + ([corpus.WESNOTH] if corpus.tracks() else [])
        cls.daemon = hearth.Daemon(media=folders, interfaces=["eth0"], prefix=cls.home.command([]))
        cls.cleanups.append(cls.daemon.remove)
        cls.daemon.start()
        cls.cleanups.append(cls.daemon.stop)
        cls.files = files_of(*folders)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            list(pool.map(File.probe, cls.files))
        cls.daemon.wait_for_scan()
        cls.point = control_point.ControlPoint(
            f"http://192.0.2.1:{cls.daemon.port}/dlna/description.xml", cls.tv)
        cls.objects = {}
        for kind, name in LISTS.items():
            cls.objects.update({(kind, o.original.number("size"), o.title): o
                                for o in cls.point.children(name, 9)})

    @classmethod
    def clean_up(cls):
        while cls.cleanups:
            cls.cleanups.pop()()

    def object_of(self, file):
        key = (file.kind, file.size, file.title)
        self.assertTrue(key in self.objects, (key, file.path))
        return self.objects[key]

    def each_file(self, kind, check):
        for file in self.files:
            if kind in (None, file.kind):
                with self.subTest(path=file.path):
                    check(file, self.object_of(file))

    def in_parallel(self, function):
        """function(file, object) of every file, two at a time; it returns what is wrong, or None."""
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            wrong = pool.map(lambda f: (f.path, function(f, self.object_of(f))), self.files)
            self.assertEqual([w for w in wrong if w[1] is not None], [])

    # ---- Found ----

    def test_it_is_found(self):
        answers = control_point.ssdp_search(
            self.tv, "urn:schemas-upnp-org:device:MediaServer:1", seconds=1.5)
        self.assertIn(self.point.location, [a["LOCATION"] for a in answers])

    def test_counts_are_those_of_the_disk(self):
        counts = self.daemon.get("status")["counts"]
        for kind, name, count in (("audio", "music-all", "tracks"), ("video", "video-all", "videos"),
                                  ("photo", "photo-all", "photos")):
            n_files = sum(f.kind == kind for f in self.files)
            self.assertEqual(counts[count], n_files)
            self.assertEqual(self.point.browse(name, count=1).total, n_files)
        self.assertEqual(counts["playlists"], 2)
        self.assertEqual(len(self.objects), len(self.files))
        if corpus.tracks():
            self.assertGreater(counts["tracks"], 40)

    # ---- As ffprobe says ----

    def test_tags_are_those_of_the_file(self):
        def check(file, found):
            # Spellings that differ in case alone are one artist, shown in one of them.
            self.assertEqual([a.lower() for a in found.artists],
                             [a.lower() for a in file.list("artist")])
            self.assertEqual(found.album, file.tags.get("album"))
            self.assertEqual(found.genres, file.list("genre"))
            self.assertEqual(found.composers, file.list("composer"))
            self.assertEqual(found.track, file.number("track"))
            self.assertEqual(found.disc, file.number("disc"))
            # Said where it is somebody else.
            if file.list("album_artist") not in ([], file.list("artist")):
                self.assertEqual(found.album_artists, file.list("album_artist"))
            if file.tags.get("date"):
                self.assertTrue(found.date.startswith(file.tags["date"]), found.date)
        self.each_file("audio", check)

    def test_sound_is_described_as_it_is(self):
        def check(file, found):
            stream = file.stream("audio")
            self.assertEqual(found.original.number("sampleFrequency"), int(stream["sample_rate"]))
            self.assertEqual(found.original.number("nrAudioChannels"), stream["channels"])
            self.assertAlmostEqual(found.original.duration_s, file.duration_s, delta=0.06)
        self.each_file("audio", check)

    def test_films_are_described_as_they_are(self):
        def check(file, found):
            stream = file.stream("video")
            self.assertEqual(found.original.element.get("resolution"),
                             f"{stream['width']}x{stream['height']}")
            self.assertAlmostEqual(found.original.duration_s, file.duration_s, delta=0.1)
        self.each_file("video", check)

    def test_photos_are_described_as_they_are(self):
        dates = {}
        def check(file, found):
            sides = file.stream("video")["width"], file.stream("video")["height"]
            if found.title == "tall":  # as it is shown
                sides = sides[::-1]
            self.assertEqual(found.original.element.get("resolution"), "%dx%d" % sides)
            dates[found.title] = found.date
        self.each_file("photo", check)
        self.assertEqual(dates["beach"], "2019-07-14T15:02:11")
        self.assertEqual(dates["new year"], "2019-12-31T23:59:59")

    def test_a_photo_on_its_side_is_turned_when_made_smaller(self):
        found = next(o for o in self.objects.values() if o.title == "tall")
        smaller = next(r for r in found.resources if "/jpeg-1024" in r.url)
        done = subprocess.run(["ffprobe", "-v", "fatal", "-of", "json", "-show_streams", "-"],
                              input=self.point.get(smaller.url).body, capture_output=True,
                              check=True)
        stream = json.loads(done.stdout)["streams"][0]
        self.assertLess(stream["width"], stream["height"])
        self.assertEqual(smaller.element.get("resolution"), f"{stream['width']}x{stream['height']}")

    # ---- Fetched ----

    def test_every_original_is_the_file(self):
        point = control_point.ControlPoint(self.point.location, self.tv)
        def check(file, found):
            with open(file.path, "rb") as opened:
                ours = hashlib.sha256(opened.read()).digest()
            self.assertEqual(hashlib.sha256(point.get(found.original.url).body).digest(), ours)
        self.each_file(None, check)
        point.close()

    def test_ranges_are_pieces_of_the_file(self):
        chance = random.Random(7)
        def check(file, found):
            first = chance.randrange(file.size)
            last = min(first + chance.randrange(100000), file.size - 1)
            with open(file.path, "rb") as opened:
                opened.seek(first)
                piece = opened.read(last - first + 1)
            answer = self.point.get(found.original.url, Range=f"bytes={first}-{last}")
            self.assertEqual(answer.status, 206)
            self.assertEqual(answer.headers["content-range"], f"bytes {first}-{last}/{file.size}")
            self.assertEqual(answer.body, piece)
        self.each_file(None, check)

    # ---- Played ----

    def decode(self, found, *options):
        """Decodes what another host fetches. Returns: (exit status, seconds decoded, messages)"""
        done = self.tv.run(["ffmpeg", "-v", "error", "-nostdin", "-threads", "1", "-progress",
                            "pipe:1", *options, "-f", "null", "-"], timeout=60)
        times = [line.split("=")[1] for line in done.stdout.splitlines()
                 if line.startswith("out_time_us=")]
        seconds = int(times[-1]) / 1e6 if times and times[-1] != "N/A" else 0
        return done.returncode, seconds, done.stdout

    def test_a_decoder_plays_everything_to_the_end(self):
        def play(file, found):
            status, seconds, text = self.decode(found, "-i", found.original.url, "-map",
                                                "0:a?" if file.kind == "audio" else "0:v")
            is_long_enough = file.kind == "photo" or seconds > file.duration_s - 0.25
            return None if status == 0 and is_long_enough else (status, seconds, text[-500:])
        self.in_parallel(play)

    def test_a_decoder_seeks_into_everything(self):
        def seek(file, found):
            if file.kind == "photo":
                return None
            at = file.duration_s * 0.6
            status, seconds, text = self.decode(
                found, "-ss", f"{at:.2f}", "-i", found.original.url, "-map", "0:a", "-t", "1")
            return None if status == 0 and seconds > 0.4 else (status, seconds, text[-500:])
        self.in_parallel(seek)

    # ---- Searched ----

    def test_every_title_is_found_by_search(self):
        def check(file, found):
            words = found.title.replace("\\", "\\\\").replace('"', '\\"')
            page = self.point.search(f'dc:title contains "{words}"')
            self.assertIn(found.leaf_id, [o.id for o in page.objects])
        self.each_file(None, check)

    def test_search_folds_case_and_diacritics(self):
        for words in ("orchestra", "ORCHESTRA", "Örchéstra"):
            page = self.point.search(f'upnp:artist contains "{words}" and upnp:class derivedfrom '
                                     '"object.item.audioItem"')
            self.assertEqual(page.total, 7, words) # two discs, and "the örchestra"

    # ---- Grouped ----

    def test_an_album_of_two_discs_is_one_and_in_order(self):
        album = next(o for o in self.point.children("music-albums") if o.title == corpus.ALBUM)
        titles = [o.title for o in self.point.children(album.id, 2)]
        self.assertEqual(titles, [f"Part {d}-{t}" for d in (1, 2) for t in (1, 2, 3)])

    def test_a_compilation_is_one_album_with_ten_after_nine(self):
        albums = [o for o in self.point.children("music-albums") if o.title == "Summer"]
        self.assertEqual(len(albums), 1)
        titles = [o.title for o in self.point.children(albums[0].id, 3)]
        self.assertEqual(titles, [f"Hit {n}" for n in range(1, 11)])

    def test_playlists_keep_their_order_and_leave_out_what_is_missing(self):
        lists = {o.title: o.id for o in self.point.children("music-playlists")}
        self.assertEqual([o.title for o in self.point.children(lists["mix"])],
                         ["Apfel", "Hit 10", "Part 2-1", "Hit 10"])
        self.assertEqual([o.title for o in self.point.children(lists["pair"])], ["Hit 9", "Hit 2"])

    def test_covers_of_folders_and_of_files_are_shown(self):
        titles = {o.title: o for o in self.objects.values()}
        for title in ("Part 1-1", "Hit 4", "Ein Stück <&> \"mehr\"", "Apfel"):
            with self.subTest(title=title):
                self.assertTrue(titles[title].art, "no picture")
                profile, url = titles[title].art[0]
                self.assertEqual(profile, "JPEG_TN")
                self.assertEqual(self.point.get(url).body[:2], b"\xff\xd8")

    def test_names_that_are_not_utf8_are_shared(self):
        titles = [o.title for o in self.objects.values()]
        self.assertIn("caf\ufffd \ufffd", titles)
        self.assertIn("The Mono", titles)


if __name__ == "__main__":
    netns.main(verbosity=2)
