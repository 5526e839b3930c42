# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in a corpus: which tracks, on which albums, with which tags."""
import dataclasses
import random

from . import words

# Share of albums in each container, in percent; an album is all of one kind, as when it is ripped.
FORMATS = (("mp3", 45), ("flac", 25), ("ogg", 12), ("m4a", 10), ("opus", 8))


@dataclasses.dataclass
class Track:
    number: int  # in the corpus, from 0; what makes its payload unique
    path: str
    format: str
    title: str
    artist: str
    album: str
    album_artist: str
    genre: str
    composer: str
    year: int
    disc: int
    n_discs: int
    track: int
    n_tracks: int
    is_compilation: bool
    cover: int  # which of the covers is embedded, or -1
    folder_cover: int  # which of them lies beside it, or -1


def _file_name(text):
    cleaned = "".join(c if c.isalnum() or c in " -&.'()" else "_" for c in text)
    return cleaned.strip(" .")[:80] or "_"


class Catalogue:
    """n tracks: an artist for each 20 or so, albums of about ten, the same for the same n."""

    def __init__(self, n_tracks):
        self.rng = random.Random(n_tracks)
        self.words = words.Vocabulary(self.rng, n_tracks)
        self.n_tracks = n_tracks
        self.artists = [self.words.artist() for _ in range(max(5, n_tracks // 20))]
        self.composers = [self.words.person() for _ in range(max(5, n_tracks // 50))]

    def tracks(self):
        number = 0
        n_albums = 0
        while number < self.n_tracks:
            for track in self._album(number, n_albums):
                if number == self.n_tracks:
                    return
                yield track
                number += 1
            n_albums += 1

    def _album(self, first, album_number):
        rng = self.rng
        kind = rng.choices([f for f, _ in FORMATS], [share for _, share in FORMATS])[0]
        genre = rng.choice(words.GENRES)
        is_compilation = rng.random() < 0.05
        n_discs = 2 if rng.random() < 0.07 else 1
        n_tracks = rng.randint(6, 14)
        artist = rng.choice(self.artists)
        album = self.words.title() if rng.random() > 0.02 else "Greatest Hits"
        picture = rng.randrange(12)
        has_cover = rng.random()
        base = dict(
            format=kind, album=album, genre=genre, year=rng.randint(1955, 2024), n_discs=n_discs,
            n_tracks=n_tracks, is_compilation=is_compilation,
            album_artist="Various Artists" if is_compilation else artist,
            composer=rng.choice(self.composers) if rng.random() < 0.3 else "",
            cover=picture if has_cover < 0.3 else -1,
            folder_cover=picture if 0.3 <= has_cover < 0.5 else -1)
        folder = f"{_file_name(base['album_artist'])}/{_file_name(album)} [{album_number}]"
        for index in range(n_tracks * n_discs):
            yield self._track(first + index, index, artist, folder, base)

    def _track(self, number, index, artist, folder, base):
        disc, track = index // base["n_tracks"] + 1, index % base["n_tracks"] + 1
        title = self.words.title(base["genre"] in ("Classical", "Opera"))
        lead = f"{disc}-" if base["n_discs"] > 1 else ""
        name = f"{lead}{track:02} {_file_name(title)}.{base['format']}"
        if base["is_compilation"]:
            artist = self.rng.choice(self.artists)
        return Track(number=number, path=f"{folder}/{name}", title=title, artist=artist, disc=disc,
                     track=track, **base)
