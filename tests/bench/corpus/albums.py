# SPDX-License-Identifier: GPL-3.0-or-later
"""Many albums of one short track each, every one with a cover of its own: what a grid of pictures
scrolls through."""
import concurrent.futures
import json
import os
import random
import shutil
import subprocess

from . import catalogue, seeds, tags, words

# Another number makes corpora of earlier versions be built again.
VERSION = 1

# One picture is drawn for so many albums; a mark in each file makes all of them different.
ALBUMS_A_PICTURE = 10
PIXELS = 500


def _draw(source, n, path):
    """@n pictures from one, turned and in other colours, behind each other in one file."""
    filters = (f"scale={PIXELS}:{PIXELS},hue=h=n*11:s=1+sin(n/9)*0.5,"
               f"rotate=n*0.13:ow={PIXELS}:oh={PIXELS}")
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-loop", "1", "-r", "25", "-i", source,
                    "-vf", filters, "-frames:v", str(n), "-q:v", "7", "-f", "image2pipe", "-c:v",
                    "mjpeg", path + ".part"], check=True)
    os.replace(path + ".part", path)


def _pictures(folder, seed_folder, n):
    """The bytes of @n pictures, drawn if they are not there."""
    seeds.make_covers(seed_folder, "full")
    n_each = -(-n // 12)
    paths = [os.path.join(folder, f"pictures-{n}-{number}.mjpeg") for number in range(12)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [pool.submit(_draw, os.path.join(seed_folder, f"cover-full-{number}.jpg"), n_each, path)
                for number, path in enumerate(paths) if not os.path.exists(path)]
        for job in jobs:
            job.result()
    pictures = []
    for path in paths:
        with open(path, "rb") as file:
            pictures += [b"\xff\xd8\xff" + rest for rest in file.read().split(b"\xff\xd8\xff")[1:]]
    return pictures


def _marked(picture, number):
    """@picture with a comment that no other has."""
    text = f"cover {number}".encode()
    return picture[:2] + b"\xff\xfe" + (len(text) + 2).to_bytes(2, "big") + text + picture[2:]


def _tracks(n):
    rng = random.Random(n)
    vocabulary = words.Vocabulary(rng, n)
    artists = [vocabulary.artist() for _ in range(max(5, n // 8))]
    for number in range(n):
        artist = rng.choice(artists)
        album = f"{vocabulary.title()} {number}"  # no two are one
        yield catalogue.Track(
            number=number, path=f"{number // 100:03}/{number:05}/01.mp3", format="mp3",
            title=vocabulary.title(), artist=artist, album=album, album_artist=artist,
            genre=rng.choice(words.GENRES), composer="", year=rng.randint(1955, 2024), disc=1, n_discs=1,
            track=1, n_tracks=1, is_compilation=False, cover=number, folder_cover=-1)


def _write(media, seed_paths, pictures, tracks):
    sounds = [open(path, "rb").read() for path in seed_paths]
    for track in tracks:
        path = os.path.join(media, track.path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        cover = _marked(pictures[track.number % len(pictures)], track.number)
        with open(path, "wb") as file:
            file.write(tags.build_mp3(sounds[track.number % len(sounds)], track, cover))


class Corpus:
    """@n_albums below .media; .state is where a daemon that shares them may keep what it knows."""

    def __init__(self, folder, n_albums):
        self.n_albums = n_albums
        self.media = os.path.join(folder, "media")
        self.state = os.path.join(folder, "state")


def make(folder, n_albums):
    """The corpus below @folder; made when it is not there."""
    home = os.path.join(folder, f"albums-{n_albums}")
    stamp = os.path.join(home, "made.json")
    wanted = {"version": VERSION, "n_albums": n_albums}
    corpus = Corpus(home, n_albums)
    if os.path.exists(stamp):
        with open(stamp, encoding="utf-8") as file:
            if json.load(file) == wanted:
                return corpus
    shutil.rmtree(home, ignore_errors=True)
    os.makedirs(corpus.media)
    os.makedirs(corpus.state)
    seed_folder = os.path.join(folder, "seeds-1")
    sounds = sorted(seeds.make_seeds(seed_folder, "tiny")["mp3"])
    pictures = _pictures(home, seed_folder, n_albums // ALBUMS_A_PICTURE)
    tracks = list(_tracks(n_albums))
    n = os.cpu_count() or 1
    with concurrent.futures.ProcessPoolExecutor(n) as pool:
        for job in [pool.submit(_write, corpus.media, sounds, pictures, tracks[part::n])
                    for part in range(n)]:
            job.result()
    with open(stamp, "w", encoding="utf-8") as file:
        json.dump(wanted, file)
    return corpus
