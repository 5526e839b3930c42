# SPDX-License-Identifier: GPL-3.0-or-later
"""A household's music for the measurements of sync: files of some megabytes, each with a payload of
its own, in albums that are retagged, renamed, added and removed as people do."""
import concurrent.futures
import json
import os
import random
import shutil
import subprocess

import mutagen.flac
import mutagen.id3
import mutagen.mp4
import mutagen.oggvorbis

from . import words

VERSION = 1
TRACKS_AN_ALBUM = 5
FORMATS = ("mp3", "flac", "m4a", "ogg")

# Encoder and seconds of sound, so that each file has about 3.6 MB.
_SEEDS = {
    "mp3": (["-c:a", "libmp3lame", "-b:a", "320k"], 90),
    "flac": (["-c:a", "flac"], 36),
    "m4a": (["-c:a", "aac", "-b:a", "256k", "-movflags", "+faststart"], 112),
    "ogg": (["-c:a", "libvorbis", "-b:a", "320k"], 100),
}
_QUICK_SECONDS = 3


def _run(arguments):
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *arguments], check=True)


def _make_seed(folder, extension, is_quick):
    encoder, seconds = _SEEDS[extension]
    seconds = _QUICK_SECONDS if is_quick else seconds
    path = os.path.join(folder, f"household-{seconds}.{extension}")
    if not os.path.exists(path):
        os.makedirs(folder, exist_ok=True)
        part = f"{path}.part.{extension}"
        _run(["-f", "lavfi", "-i",
              "aevalsrc=0.3*sin(220*2*PI*t)+0.3*random(0)|0.3*sin(331*2*PI*t)+0.3*random(1):"
              f"s=44100:d={seconds}", "-map_metadata", "-1", *encoder, part])
        os.replace(part, path)
    return path


def _mp3_frames(data):
    """Where each frame of constant bit rate (MPEG 1 layer III, 44.1 kHz) begins."""
    rates = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
    at = 0
    if data[:3] == b"ID3":
        size = 0
        for byte in data[6:10]:
            size = size << 7 | byte
        at = 10 + size
    found = []
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] & 0xE0 == 0xE0:
        found.append(at)
        at += 144000 * rates[data[at + 2] >> 4] // 44100 + (data[at + 2] >> 1 & 1)
    return found


def _payload_places(extension, data):
    """Where a byte may be another one without hurting the container: one in about each 2 KiB."""
    if extension == "mp3":
        return [frame + 200 for frame in _mp3_frames(data)[2::2]]
    if extension == "flac":
        return list(range(len(data) // 20 + 8192, len(data) - 64, 2048))
    start = data.index(b"mdat") + 64
    return list(range(start, len(data) - 64, 2048))


def _write_unique(seed, extension, path, number):
    if extension == "ogg":
        # Every page another serial number, and so another checksum.
        _run(["-i", seed, "-c", "copy", "-map_metadata", "-1", "-serial_offset", str(number + 1),
              path])
        return
    with open(seed, "rb") as file:
        data = bytearray(file.read())
    chance = random.Random(number)
    for place in _payload_places(extension, data):
        data[place] = chance.randrange(256)
    with open(path, "wb") as file:
        file.write(data)


def tag(path, title=None, artist=None, album=None, track=None, cover=None):
    """Writes tags as mutagen does, into the file that is there."""
    extension = path.rpartition(".")[2]
    if extension == "mp3":
        try:
            tags = mutagen.id3.ID3(path)
        except mutagen.id3.ID3NoHeaderError:
            tags = mutagen.id3.ID3()
        for frame, value in ((mutagen.id3.TIT2, title), (mutagen.id3.TPE1, artist),
                             (mutagen.id3.TALB, album), (mutagen.id3.TRCK, track)):
            if value is not None:
                tags.add(frame(encoding=3, text=str(value)))
        if cover:
            tags.add(mutagen.id3.APIC(encoding=3, mime="image/jpeg", type=3, data=cover))
        tags.save(path)
        return
    if extension == "m4a":
        file = mutagen.mp4.MP4(path)
        for key, value in (("\xa9nam", title), ("\xa9ART", artist), ("\xa9alb", album)):
            if value is not None:
                file[key] = [value]
        if track is not None:
            file["trkn"] = [(track, 0)]
        if cover:
            file["covr"] = [mutagen.mp4.MP4Cover(cover)]
        file.save()
        return
    file = mutagen.flac.FLAC(path) if extension == "flac" else mutagen.oggvorbis.OggVorbis(path)
    for key, value in (("title", title), ("artist", artist), ("album", album), ("tracknumber", track)):
        if value is not None:
            file[key] = str(value)
    if cover:
        picture = mutagen.flac.Picture()
        picture.type, picture.mime, picture.data = 3, "image/jpeg", cover
        if extension == "flac":
            file.add_picture(picture)
        else:
            import base64
            file["metadata_block_picture"] = [base64.b64encode(picture.write()).decode()]
    file.save()


class Album:
    """Five tracks of one format in a folder; the n-th album is the same in every corpus."""

    def __init__(self, number):
        chance = random.Random(1000 + number)
        self.number = number
        self.format = FORMATS[number % len(FORMATS)]
        vocabulary = words.Vocabulary(chance, 1000)
        self.artist = f"{vocabulary.artist()} {number // 8}".replace("/", " ")
        self.name = f"{vocabulary.title()} {number}".replace("/", " ")
        self.titles = [vocabulary.title().replace("/", " ") for _ in range(TRACKS_AN_ALBUM)]

    def folder(self):
        return os.path.join(self.artist, self.name)

    def paths(self):
        return [os.path.join(self.folder(), f"{n + 1:02} {title}.{self.format}")
                for n, title in enumerate(self.titles)]

    def write(self, seeds, media):
        os.makedirs(os.path.join(media, self.folder()), exist_ok=True)
        for n, path in enumerate(self.paths()):
            full = os.path.join(media, path)
            _write_unique(seeds[self.format], self.format, full, self.number * TRACKS_AN_ALBUM + n)
            tag(full, self.titles[n], self.artist, self.name, n + 1)


class Household:
    """The corpus: .media must not be changed, copies of it are."""

    def __init__(self, folder, n_albums, is_quick):
        self.is_quick = is_quick
        self.seed_folder = os.path.join(folder, "seeds-household")
        self.home = os.path.join(folder, f"household-{'quick' if is_quick else 'full'}-{n_albums}")
        self.media = os.path.join(self.home, "media")
        self.albums = [Album(number) for number in range(n_albums)]
        self.spare = Album(n_albums)  # the one that is added later

    def seeds(self):
        return {each: _make_seed(self.seed_folder, each, self.is_quick) for each in FORMATS}

    def make(self):
        stamp = os.path.join(self.home, "made.json")
        wanted = {"version": VERSION, "n_albums": len(self.albums)}
        try:
            with open(stamp, encoding="utf-8") as file:
                if json.load(file) == wanted:
                    return self
        except (OSError, ValueError):
            pass
        shutil.rmtree(self.home, ignore_errors=True)
        seeds = self.seeds()
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            for job in [pool.submit(album.write, seeds, self.media) for album in self.albums]:
                job.result()
        with open(stamp, "w", encoding="utf-8") as file:
            json.dump(wanted, file)
        return self

    def of_format(self, extension):
        return [album for album in self.albums if album.format == extension]

    def add_spare(self, media):
        self.spare.write(self.seeds(), media)
