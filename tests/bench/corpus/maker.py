# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes a corpus, or finds it made already."""
import concurrent.futures
import dataclasses
import json
import os
import shutil

from . import catalogue, seeds, tags

# Another number makes corpora of earlier versions be built again.
VERSION = 1

# From this many tracks on the payloads are a fraction of a second each.
TINY_FROM = 50_000


def default_folder():
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(cache, "hearth-bench")


class Corpus:
    """Tracks below .media, and what is known of them in .tracks."""

    def __init__(self, folder, tracks, builder):
        self.folder = folder
        self.media = os.path.join(folder, "media")
        self.tracks = tracks
        self.builder = builder

    def path(self, track):
        return os.path.join(self.media, track.path)

    def retitle(self, track, title):
        """Writes the file of @track again with another title, as a tagger does: aside, renamed."""
        self.builder.write(self.path(track), dataclasses.replace(track, title=title))


class Builder:
    """Writes the files of one process."""

    def __init__(self, seed_folder, size):
        self.covers = seeds.make_covers(seed_folder, size)
        self.seeds = {}
        for extension, paths in seeds.make_seeds(seed_folder, size).items():
            split = tags.CONTAINERS[extension][0]
            self.seeds[extension] = [split(open(path, "rb").read()) for path in sorted(paths)]

    def bytes_of(self, track):
        choice = self.seeds[track.format]
        cover = self.covers[track.cover] if track.cover >= 0 else None
        build = tags.CONTAINERS[track.format][1]
        return build(choice[track.number % len(choice)], track, cover)

    def write(self, path, track):
        part = os.path.join(os.path.dirname(path), f".part-{track.number}")
        with open(part, "wb") as file:
            file.write(self.bytes_of(track))
        os.replace(part, path)

    def write_all(self, media, tracks):
        for track in tracks:
            path = os.path.join(media, track.path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(self.bytes_of(track))
            if track.folder_cover >= 0 and track.track == 1 and track.disc == 1:
                with open(os.path.join(os.path.dirname(path), "cover.jpg"), "wb") as file:
                    file.write(self.covers[track.folder_cover])


def _write_share(seed_folder, size, media, tracks):
    Builder(seed_folder, size).write_all(media, tracks)


def make(folder, n_tracks):
    """The corpus of @n_tracks below @folder; made when it is not there. Returns a Corpus."""
    size = "tiny" if n_tracks >= TINY_FROM else "full"
    home = os.path.join(folder, f"tracks-{n_tracks}")
    media = os.path.join(home, "media")
    tracks = list(catalogue.Catalogue(n_tracks).tracks())
    stamp = os.path.join(home, "made.json")
    wanted = {"version": VERSION, "n_tracks": n_tracks, "size": size}
    seed_folder = os.path.join(folder, f"seeds-{VERSION}")
    builder = Builder(seed_folder, size)
    if not _is_made(stamp, wanted):
        shutil.rmtree(home, ignore_errors=True)
        os.makedirs(media)
        n = os.cpu_count() or 1
        with concurrent.futures.ProcessPoolExecutor(n) as pool:
            shares = [tracks[len(tracks) * i // n:len(tracks) * (i + 1) // n] for i in range(n)]
            for job in [pool.submit(_write_share, seed_folder, size, media, s) for s in shares]:
                job.result()
        with open(stamp, "w", encoding="utf-8") as file:
            json.dump(wanted, file)
    return Corpus(home, tracks, builder)


def _is_made(stamp, wanted):
    try:
        with open(stamp, encoding="utf-8") as file:
            return json.load(file) == wanted
    except (OSError, ValueError):
        return False


def make_video(folder, size_bytes):
    path = os.path.join(folder, "video", "film.mkv")
    seeds.make_video(path, size_bytes)
    return path
