# SPDX-License-Identifier: GPL-3.0-or-later
"""Files edited by real tools: what it costs to make the new file out of the old one.

Each tool lays a file out in its own way. Every edit is made on a really encoded file; the recipe is
applied to the old file and must give the new one bit for bit.
"""
import base64
import os
import random
import shutil
import subprocess
import tempfile
import unittest

import mutagen
import mutagen.aiff
import mutagen.apev2
import mutagen.flac
import mutagen.id3
import mutagen.wave
import taglib

RETAG = os.path.join(os.environ["HEARTH_BUILD"], "tests", "support", "retag")
SECONDS = 40
# What the issue allows for a change without artwork.
BYTES_MAX = 8 * 1024

# 9,000 letters outgrow the padding that encoders leave; of words, as a text is.
WORDS = random.Random(7)
VOCABULARY = ["".join(WORDS.choices("aeioubcdfghjklmnprstvz", k=6)) for _ in range(300)]
SHORT, LONG = "A title", " ".join(WORDS.choices(VOCABULARY, k=1300))
ENCODERS = {
    "mp3": ["-b:a", "128k"],
    "vbr.mp3": ["-q:a", "2"],
    "flac": [],
    "ogg": ["-c:a", "libvorbis"],
    "opus": ["-c:a", "libopus"],
    "oga": ["-c:a", "flac"],
    "wav": [],
    "aiff": ["-write_id3v2", "1"],
}


def run(*args, **kwargs):
    return subprocess.run(args, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, **kwargs).stdout


def ffmpeg(*args):
    run("ffmpeg", "-v", "error", "-y", "-nostdin", *args)


# ---- Edits: each changes the file at a path ----


def mutagen_title(title):
    def edit(path, _cover):
        audio = mutagen.File(path, easy=not path.endswith((".wav", ".aiff")))
        if audio.tags is None:
            audio.add_tags()
        if isinstance(audio.tags, mutagen.id3.ID3):
            audio.tags.add(mutagen.id3.TIT2(encoding=3, text=[title]))
        else:
            audio["title"] = title
        audio.save()
    return edit


def flac_picture(cover):
    picture = mutagen.flac.Picture()
    picture.type, picture.mime, picture.desc = 3, "image/jpeg", "front"
    with open(cover, "rb") as file:
        picture.data = file.read()
    return picture


def mutagen_art(path, cover):
    audio = mutagen.File(path)
    if audio.tags is None:
        audio.add_tags()
    if isinstance(audio, mutagen.flac.FLAC):
        audio.add_picture(flac_picture(cover))
    elif isinstance(audio.tags, mutagen.id3.ID3):
        audio.tags.add(mutagen.id3.APIC(encoding=3, mime="image/jpeg", type=3, desc="front",
                                        data=flac_picture(cover).data))
    else:
        audio["metadata_block_picture"] = [
            base64.b64encode(flac_picture(cover).write()).decode()]
    audio.save()


def taglib_title(title):
    def edit(path, _cover):
        file = taglib.File(path)
        file.tags["TITLE"] = [title]
        file.save()
        file.close()
    return edit


def kid3(*command):
    def edit(path, cover):
        run("kid3-cli", *sum((["-c", word.replace("COVER", cover)] for word in command), []), path)
    return edit


def ffmpeg_copy(path, _cover):
    copy = path + ".copy" + os.path.splitext(path)[1]
    ffmpeg("-i", path, "-map", "0", "-c", "copy", "-metadata", "title=Copied", copy)
    os.replace(copy, path)


def tool(*command):
    """Of a command line; TEXT stands for a longer title, FILE and PICTURE for those."""
    def edit(path, cover):
        run(*(word.replace("FILE", path).replace("PICTURE", cover).replace("TEXT", LONG[:2000])
              for word in command))
    return edit


def vorbiscomment(title):
    def edit(path, _cover):
        run("vorbiscomment", "-w", "-t", "TITLE=" + title, "-t", "ARTIST=Someone", path)
    return edit


def ape_title(path, _cover):
    tags = mutagen.apev2.APEv2()
    tags["Title"] = LONG
    tags.save(path)


def id3v1_and_ape(path, cover):
    audio = mutagen.id3.ID3(path)
    audio.save(path, v1=2)
    ape_title(path, cover)


GENERAL = {
    "mutagen: short title": mutagen_title("Another"),
    "mutagen: long title": mutagen_title(LONG),
    "mutagen: artwork": mutagen_art,
    "taglib: short title": taglib_title("Another"),
    "taglib: long title": taglib_title(LONG),
    "kid3: artwork": kid3("set picture:COVER front", "save"),
    "ffmpeg: copy": ffmpeg_copy,
}
ID3 = {
    "eyeD3: title": tool("eyeD3", "-Q", "-t", "TEXT", "FILE"),
    "eyeD3: artwork": tool("eyeD3", "-Q", "--add-image", "PICTURE:FRONT_COVER", "FILE"),
    "eyeD3: version 2.3": tool("eyeD3", "-Q", "--to-v2.3", "-t", "TEXT", "FILE"),
    "id3v2: title": tool("id3v2", "-2", "-t", "TEXT", "FILE"),
    "id3v2: both versions": tool("id3v2", "-t", "Short", "FILE"),
    "mutagen: APE": ape_title,
    "mutagen: ID3v1 and APE": id3v1_and_ape,
}
OGG = {
    "vorbiscomment: short title": vorbiscomment("Another"),
    "vorbiscomment: long title": vorbiscomment(LONG),
}
FLAC = {
    "metaflac: title": tool("metaflac", "--set-tag=TITLE=TEXT", "FILE"),
    "metaflac: artwork": tool("metaflac", "--import-picture-from=PICTURE", "FILE"),
    "metaflac: no padding": tool("metaflac", "--remove", "--block-type=PADDING",
                                 "--dont-use-padding", "FILE"),
}
SPECIAL = {"mp3": ID3, "vbr.mp3": ID3, "ogg": OGG, "flac": FLAC}


class Retag(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="hearth-retag-")
        cls.addClassCleanup(cls.folder.cleanup)
        root = cls.folder.name
        cls.cover = os.path.join(root, "cover.jpg")
        ffmpeg("-f", "lavfi", "-i", "mandelbrot=s=1000x1000", "-frames:v", "1", "-q:v", "2",
               cls.cover)
        source = os.path.join(root, "source.wav")
        ffmpeg("-f", "lavfi", "-i",
               f"anoisesrc=d={SECONDS}:c=pink:r=44100:a=0.3,aformat=channel_layouts=stereo", source)
        for kind, options in ENCODERS.items():
            ffmpeg("-i", source, "-metadata", "title=" + SHORT, "-metadata", "artist=Someone",
                   *options, os.path.join(root, "first." + kind))

    def recipe(self, old, new):
        line = run(RETAG, "recipe", old, new)
        return {name: int(value) for name, value in (pair.split("=") for pair in line.split())}

    def check(self, kind, name, old, new):
        result = self.recipe(old, new)
        print(f"{kind:8} {name:28} {result['recipe']:6} bytes"
              + (f" + picture {result['pictures']}" if result["pictures"] else "")
              + (" (in place)" if result["in_place"] else ""))
        self.assertEqual(result["equal"], 1)
        self.assertEqual(result["generic"], 0)
        self.assertEqual(result["ranges"], 0, "payload is sent again")
        self.assertEqual(result["same_essence"], 1)
        self.assertLessEqual(result["recipe"], BYTES_MAX)
        if "artwork" in name:
            self.assertEqual(result["pictures"], os.path.getsize(self.cover))
        else:
            self.assertEqual(result["pictures"], 0)

    def edit(self, kind, name, old, change):
        new = os.path.join(self.folder.name, "second." + kind)
        shutil.copy(old, new)
        before = os.stat(new).st_ino
        change(new, self.cover)
        self.assertTrue(os.path.getsize(new) > 0 and before)
        return new

    def test_every_edit_costs_what_it_changes(self):
        for kind in ENCODERS:
            first = os.path.join(self.folder.name, "first." + kind)
            for name, change in {**GENERAL, **SPECIAL.get(kind, {})}.items():
                with self.subTest(kind=kind, edit=name):
                    new = self.edit(kind, name, first, change)
                    self.check(kind, name, first, new)

    def test_chained_and_multiplexed_ogg(self):
        root = self.folder.name
        chained = os.path.join(root, "chained.ogg")
        with open(chained, "wb") as to:
            for name in ("first.ogg", "first.ogg"):
                with open(os.path.join(root, name), "rb") as file:
                    to.write(file.read())
        video = os.path.join(root, "video.ogg")
        ffmpeg("-f", "lavfi", "-i", "testsrc=d=8:s=320x240", "-i",
               os.path.join(root, "first.ogg"), "-shortest", "-c:v", "libtheora", "-c:a", "copy",
               video)
        for old, kind, edits in (
                (chained, "chained.ogg", ("mutagen: short title", "mutagen: long title",
                                          "mutagen: artwork", "taglib: long title")),
                (video, "video.ogg", ("mutagen: long title", "ffmpeg: copy"))):
            for name in edits:
                with self.subTest(kind=kind, edit=name):
                    new = self.edit(kind, name, old, GENERAL[name])
                    self.check(kind, name, old, new)

    def test_a_file_with_artwork_keeps_it_when_its_title_grows(self):
        for kind in ENCODERS:
            first = os.path.join(self.folder.name, "first." + kind)
            with_art = os.path.join(self.folder.name, "art." + kind)
            shutil.copy(self.edit(kind, "", first, mutagen_art), with_art)
            for name in ("mutagen: long title", "taglib: long title"):
                with self.subTest(kind=kind, edit=name):
                    new = self.edit(kind, name, with_art, GENERAL[name])
                    self.check(kind, name + ", has art", with_art, new)


if __name__ == "__main__":
    unittest.main(verbosity=2)
