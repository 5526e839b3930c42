# SPDX-License-Identifier: GPL-3.0-or-later
"""MP4 and Matroska files edited by real tools: what the recipe from the old to the new file costs.

The files are those that hurt: chunk offsets before the media data of an hour, of a film of two
hours, fragments, cues and clusters. Stream copies are made into the same and into another
container, where the packets are the same and their framing is not.
"""
import os
import shutil
import struct
import subprocess
import tempfile
import unittest

import mutagen.mp4
import taglib

RETAG = os.path.join(os.environ["HEARTH_BUILD"], "tests", "support", "retag")
BYTES_MAX = 8 * 1024
SHORT, LONG = "Another", "A title that outgrows its padding, whatever that is. " * 120


def run(*args):
    return subprocess.run(args, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True).stdout


def ffmpeg(*args):
    run("ffmpeg", "-v", "error", "-y", "-nostdin", *args)


# ---- Edits: each makes the file at one path out of the one at another ----


def mutagen_title(title):
    def edit(old, new, _cover):
        shutil.copy(old, new)
        file = mutagen.mp4.MP4(new)
        file["\xa9nam"] = [title]
        file.save()
    return edit


def mutagen_art(old, new, cover):
    shutil.copy(old, new)
    file = mutagen.mp4.MP4(new)
    with open(cover, "rb") as picture:
        file["covr"] = [mutagen.mp4.MP4Cover(picture.read(), mutagen.mp4.MP4Cover.FORMAT_JPEG)]
    file.save()


def taglib_title(title):
    def edit(old, new, _cover):
        shutil.copy(old, new)
        file = taglib.File(new)
        file.tags["TITLE"] = [title]
        file.save()
        file.close()
    return edit


def kid3_art(old, new, cover):
    shutil.copy(old, new)
    run("kid3-cli", "-c", f"set picture:{cover} front", "-c", "save", new)


def in_place(*command):
    """Of a command line; FILE and PICTURE stand for those."""
    def edit(old, new, cover):
        shutil.copy(old, new)
        run(*(word.replace("FILE", new).replace("PICTURE", cover) for word in command))
    return edit


def atomic_parsley(*options):
    def edit(old, new, cover):
        run("AtomicParsley", old, *(word.replace("PICTURE", cover) for word in options), "-o", new)
    return edit


def copy(*options):
    def edit(old, new, _cover):
        ffmpeg("-i", old, "-map", "0", "-c", "copy", "-metadata", "title=Copied", *options, new)
    return edit


def mkvmerge(old, new, _cover):
    run("mkvmerge", "-q", "-o", new, "--title", "Merged", old)


MP4 = {
    "mutagen: short title": mutagen_title(SHORT),
    "mutagen: long title": mutagen_title(LONG),
    "mutagen: artwork": mutagen_art,
    "taglib: short title": taglib_title(SHORT),
    "taglib: long title": taglib_title(LONG),
    "kid3: artwork": kid3_art,
    "AtomicParsley: title": atomic_parsley("--title", SHORT),
    "AtomicParsley: artwork": atomic_parsley("--artwork", "PICTURE"),
    "ffmpeg: copy": copy(),
    "ffmpeg: copy, moov first": copy("-movflags", "+faststart"),
}
FRAGMENTS = {
    "mutagen: long title": mutagen_title(LONG),
    "taglib: short title": taglib_title(SHORT),
    "taglib: long title": taglib_title(LONG),
    "kid3: artwork": kid3_art,
}
MKV = {
    "mkvpropedit: short title": in_place("mkvpropedit", "-q", "FILE", "-s", "title=" + SHORT),
    "mkvpropedit: long title": in_place("mkvpropedit", "-q", "FILE", "-s", "title=" + LONG),
    "mkvpropedit: artwork": in_place("mkvpropedit", "-q", "FILE", "--attachment-mime-type",
                                     "image/jpeg", "--add-attachment", "PICTURE"),
    "ffmpeg: copy": copy(),
}
# File, edits, and the end of the name under which a stream copy is another container's.
FILES = [
    ("last.m4a", MP4, ".mka"),
    ("first.m4a", MP4, ".mka"),
    ("hour.m4a", MP4, None),
    ("alac.m4a", MP4, ".mka"),
    ("film.mp4", MP4, None),
    ("film-first.mp4", MP4, None),
    ("clip.mp4", MP4, ".mkv"),
    ("clip.mov", {"ffmpeg: copy": copy(), "ffmpeg: moov first": copy("-movflags", "+faststart")},
     ".mp4"),
    ("fragments.mp4", FRAGMENTS, None),
    ("relative.mp4", FRAGMENTS, None),
    ("sound.mka", MKV, ".m4a"),
    ("laced.mka", {**MKV, "mkvmerge: copy": mkvmerge}, ".m4a"),
    ("song.mkv", MKV, None),
    ("merged.mkv", {**MKV, "mkvmerge: copy": mkvmerge}, None),
    ("film.mkv", MKV, None),
    ("opus.webm", {"mkvpropedit: short title": MKV["mkvpropedit: short title"],
                   "mkvpropedit: long title": MKV["mkvpropedit: long title"],
                   "ffmpeg: copy": copy()}, ".mp4"),
    ("cues-first.mkv", MKV, None),
]


def make_files(root):
    def path(name):
        return os.path.join(root, name)

    def remux(old, new, *options, loops=0):
        ffmpeg("-stream_loop", str(loops), "-i", path(old), "-c", "copy", *options, path(new))

    noise = ("-f", "lavfi", "-i", "anoisesrc=d=240:c=pink:a=0.3,lowpass=3000")
    ffmpeg(*noise, "-c:a", "aac", "-b:a", "96k", "-metadata", "title=Short", path("last.m4a"))
    ffmpeg(*noise, "-c:a", "libopus", "-b:a", "64k", path("opus.webm"))
    ffmpeg(*noise, "-t", "30", "-c:a", "alac", path("alac.m4a"))
    ffmpeg("-f", "lavfi", "-i", "testsrc2=s=160x90:r=24:d=60", *noise, "-t", "60",
           "-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-crf", "40", "-c:a", "aac",
           "-b:a", "48k", path("clip.mp4"))
    first = ("-movflags", "+faststart")
    remux("last.m4a", "first.m4a", *first)
    remux("last.m4a", "hour.m4a", *first, loops=14)
    remux("last.m4a", "sound.mka")
    remux("clip.mp4", "clip.mov")
    remux("clip.mp4", "film.mp4", loops=119)
    remux("film.mp4", "film-first.mp4", *first)
    remux("clip.mp4", "film.mkv", loops=119)
    remux("clip.mp4", "song.mkv", loops=3)
    remux("clip.mp4", "cues-first.mkv", "-cues_to_front", "1", loops=3)
    remux("clip.mp4", "fragments.mp4", "-movflags", "frag_keyframe+empty_moov", loops=3)
    remux("fragments.mp4", "relative.mp4", "-movflags",
          "frag_keyframe+empty_moov+default_base_moof")
    run("mkvmerge", "-q", "-o", path("laced.mka"), path("last.m4a"))
    run("mkvmerge", "-q", "-o", path("merged.mkv"), path("song.mkv"))


class Boxes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="hearth-boxes-")
        cls.addClassCleanup(cls.folder.cleanup)
        cls.cover = os.path.join(cls.folder.name, "cover.jpg")
        ffmpeg("-f", "lavfi", "-i", "mandelbrot=s=600x600", "-frames:v", "1", "-q:v", "2",
               cls.cover)
        make_files(cls.folder.name)

    def recipe(self, name, edit, old, new):
        line = run(RETAG, "recipe", old, new)
        result = {key: int(value) for key, value in (pair.split("=") for pair in line.split())}
        print(f"{name:15} {edit:28} {os.path.getsize(old):10} {result['recipe']:6} bytes"
              + (f" + picture {result['pictures']}" if result["pictures"] else "")
              + (f" + ranges {result['ranges']}" if result["ranges"] else "")
              + (" (in place)" if result["in_place"] else ""))
        self.assertEqual(result["equal"], 1)
        # mutagen and TagLib move the position of the first fragment only and so break the file: the
        # packets are no longer the same, and are said not to be.
        self.assertEqual(result["same_essence"], name != "fragments.mp4")
        self.assertEqual(result["generic"], 0)
        self.assertEqual(result["ranges"], 0, "payload is sent again")
        return result

    def check(self, name, edit, old, new):
        result = self.recipe(name, edit, old, new)
        # A muxer may time and cluster anew: then it costs what its framing says of each packet.
        self.assertLessEqual(result["recipe"], os.path.getsize(old) / 50 if "copy" in edit
                             else BYTES_MAX)
        self.assertEqual(result["pictures"],
                         os.path.getsize(self.cover) if "artwork" in edit else 0)

    def new_path(self, end):
        return os.path.join(self.folder.name, "second" + end)

    def test_every_edit_costs_what_it_changes(self):
        for name, edits, _ in FILES:
            old = os.path.join(self.folder.name, name)
            new = self.new_path(os.path.splitext(name)[1])
            for edit, change in edits.items():
                with self.subTest(file=name, edit=edit):
                    change(old, new, self.cover)
                    self.check(name, edit, old, new)

    def test_another_container_takes_the_same_packets(self):
        for name, _, end in FILES:
            if end is None:
                continue
            with self.subTest(file=name, end=end):
                old, new = os.path.join(self.folder.name, name), self.new_path(end)
                copy()(old, new, self.cover)
                result = self.recipe(name, "ffmpeg: copy to " + end[1:], old, new)
                # What the new framing says of each packet, packed, and nothing of the packets.
                self.assertLess(result["recipe"], os.path.getsize(old) / 50)

    def test_a_file_with_artwork_keeps_it(self):
        for name, edits, _ in FILES:
            art = next((edit for edit in edits if "artwork" in edit), None)
            grow = next((edit for edit in edits if "long title" in edit), None)
            if art is None or grow is None:
                continue
            with self.subTest(file=name):
                end = os.path.splitext(name)[1]
                old, new = os.path.join(self.folder.name, "art" + end), self.new_path(end)
                edits[art](os.path.join(self.folder.name, name), old, self.cover)
                edits[grow](old, new, self.cover)
                self.check(name, grow + ", kept", old, new)

    def test_mdat_of_64_bits_and_to_the_end(self):
        with open(os.path.join(self.folder.name, "last.m4a"), "rb") as file:
            data = file.read()
        at = data.index(b"mdat") - 4
        size = struct.unpack(">I", data[at:at + 4])[0]
        # A free box of 8 bytes before mdat is what encoders leave for the longer header.
        self.assertEqual(data[at - 8:at], b"\0\0\0\x08free")
        wide = data[:at - 8] + b"\0\0\0\1mdat" + struct.pack(">Q", size + 8) + data[at + 8:]
        with open(os.path.join(self.folder.name, "first.m4a"), "rb") as file:
            first = file.read()
        at = first.rindex(b"mdat") - 4
        endless = first[:at] + b"\0\0\0\0" + first[at + 4:]
        for name, old in (("last.m4a", wide), ("first.m4a", endless)):
            paths = self.new_path("-a.m4a"), self.new_path("-b.m4a")
            with open(paths[0], "wb") as file:
                file.write(old)
            self.recipe(name, "other size of mdat",
                        os.path.join(self.folder.name, name), paths[0])
            if old is wide:
                MP4["mutagen: long title"](paths[0], paths[1], self.cover)
                self.check(name, "64-bit mdat, long title", *paths)


if __name__ == "__main__":
    unittest.main(verbosity=2)
