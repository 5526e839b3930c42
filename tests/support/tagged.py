# SPDX-License-Identifier: GPL-3.0-or-later
"""Many small, really encoded files with tags of their own, made in a second.

One second of MP3 is encoded once; each file is that sound behind an ID3v2.3 tag written here, so that a
thousand different tracks cost a thousand small writes.
"""

import os
import random
import subprocess

WORDS = ("Abend", "Brücke", "Café", "Dämmerung", "Echo", "Fjord", "Garten", "Hafen", "Insel", "Jahr",
         "Küste", "Licht", "Mond", "Nacht", "Ozean", "Pfad", "Quelle", "Regen", "Sturm", "Tal")


def _encode(arguments, output):
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *arguments, output], check=True)
    with open(output, "rb") as file:
        data = file.read()
    os.unlink(output)
    return data


def sound(folder):
    """The bytes of a short MP3 without any tag. @folder: for the moment of making."""
    return _encode(["-f", "lavfi", "-i", "sine=duration=0.3:sample_rate=22050", "-ac", "1", "-b:a", "32k",
                    "-write_xing", "0", "-id3v2_version", "0"], os.path.join(folder, "sound.tmp.mp3"))


def photo(folder):
    return _encode(["-f", "lavfi", "-i", "testsrc=size=64x48:rate=1", "-frames:v", "1"],
                   os.path.join(folder, "photo.tmp.jpg"))


def clip(folder):
    return _encode(["-f", "lavfi", "-i", "testsrc=size=64x48:rate=5:duration=1", "-c:v", "mpeg4"],
                   os.path.join(folder, "clip.tmp.mp4"))


def _frame(name, text):
    body = b"\x01" + text.encode("utf-16")
    return name.encode() + len(body).to_bytes(4, "big") + b"\0\0" + body


def id3(tags):
    """An ID3v2.3 tag. @tags: of title, artist, album, track, year, genre."""
    names = {"title": "TIT2", "artist": "TPE1", "album": "TALB", "track": "TRCK", "year": "TYER",
             "genre": "TCON", "album_artist": "TPE2"}
    body = b"".join(_frame(names[key], str(value)) for key, value in tags.items())
    size = len(body)
    syncsafe = bytes((size >> shift) & 0x7f for shift in (21, 14, 7, 0))
    return b"ID3\x03\0\0" + syncsafe + body


def put(path, data):
    """A whole new file in the place of the old one, as taggers do it."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    temporary = os.path.join(os.path.dirname(path), ".new")
    with open(temporary, "wb") as file:
        file.write(data)
    os.rename(temporary, path)


class Corpus:
    """A folder of tagged files; `tags` says what each path (relative) holds."""

    def __init__(self, folder, n_tracks=200, n_photos=4, seed=1):
        self.folder = folder
        os.makedirs(folder, exist_ok=True)
        self.random = random.Random(seed)
        self.sound = sound(folder)
        self.tags = {}
        for number in range(n_tracks):
            self._add_new(number)
        picture = photo(folder)
        for number in range(n_photos):
            self._write(f"Photos/picture {number}.jpg", picture)
        self.photos = [f"Photos/picture {number}.jpg" for number in range(n_photos)]
        if n_tracks >= 2:
            names = [os.path.basename(p) for p in sorted(self.tags) if p.startswith("Artist 0/Album 0/")]
            self._write("Artist 0/Album 0/list.m3u8", "\n".join(names).encode())

    def path(self, name):
        return os.path.join(self.folder, name)

    def _write(self, name, data):
        put(self.path(name), data)

    def _add_new(self, number):
        artist, album, track = number // 40, number // 8 % 5, number % 8 + 1
        words = " ".join(self.random.choices(WORDS, k=2))
        self.tag(f"Artist {artist}/Album {album}/{track:02d} {words}.mp3",
                 title=f"{words} {number}", artist=f"Artist {artist}", album=f"Album {artist}-{album}",
                 track=track, year=1980 + number % 30, genre=WORDS[number % 7])

    def tag(self, name, **tags):
        """Writes the file with these tags: a whole new file in the place of the old one."""
        self._write(name, id3(tags) + self.sound)
        self.tags[name] = tags

    def retag(self, name, title):
        self.tag(name, **dict(self.tags[name], title=title))
