# SPDX-License-Identifier: GPL-3.0-or-later
"""A library as a household has it, for pictures: ten thousand tracks of invented artists with artwork, films
and photos. It is made in a minute and kept.

    tests/panel/demo_library.py FOLDER

The tracks are one short MP3 behind tags of their own. Its Xing header says how long each is, and a hole at the
end of the file how large, so that lengths and sizes are those of real music while the disk holds 40 kB each;
the first album is long enough to be listened to.
"""

import os
import random
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import artwork  # noqa: E402
import corpus  # noqa: E402
import tagged  # noqa: E402

N_TRACKS = 10_000
FIRST_ALBUM = ("Juniper Lane", "Harbour Lights", 2021, "Folk",
               ("Low Tide", "The Ferryman's Daughter", "Salt on the Window", "Harbour Lights", "Nine Miles Out",
                "Paper Lanterns", "Lighthouse Keeper", "Slow Weather", "Bring the Boats In", "Morning Again"))
SOUND_SECONDS = 223  # of the first album
FIRST = ("Ada", "Ben", "Clara", "Dario", "Edda", "Felix", "Greta", "Hugo", "Ines", "Jonas", "Karla", "Leo", "Mira",
         "Nils", "Olive", "Paul", "Rosa", "Sven", "Thea", "Viktor")
LAST = ("Albrecht", "Brook", "Castellan", "Dahl", "Ekström", "Falk", "Grünwald", "Holm", "Iversen", "Jäger", "Kessler",
        "Lindqvist", "Marlow", "Norrby", "Okafor", "Petrova", "Quint", "Rasmussen", "Sorel", "Thorne")
BAND_ONE = ("Copper", "Paper", "Northern", "Velvet", "Silent", "Glass", "Golden", "Midnight", "Electric", "Winter", "Hollow",
            "Crimson", "Wandering", "Distant", "Broken", "Little")
BAND_TWO = ("Foxes", "Harbour", "Machines", "Orchard", "Choir", "Satellites", "Rivers", "Parade", "Lanterns", "Kites",
            "Company", "Arcade", "Meadow", "Sparrows")
TITLE_ONE = ("Quiet", "Second", "Burning", "Last", "Blue", "Open", "Early", "Heavy", "Hidden", "Slow", "Bright", "Borrowed",
             "Lost", "Endless", "Northern", "Simple", "Wild", "Falling", "Bitter", "Seven", "A Thousand", "All the", "Another",
             "Amber", "Between", "Cold", "Circular", "Dear", "Electric", "Every", "Faded", "Gentle", "Half", "Inner",
             "Kind", "Little", "Minor", "New", "No More", "Old", "Paper", "Rare", "Silver", "Small", "Still", "Strange",
             "The Other", "These", "Twelve", "Under", "Velvet", "Warm", "White", "Young")
TITLE_TWO = ("Rooms", "Weather", "Signals", "Letters", "Roads", "Hours", "Gardens", "Shores", "Machines", "Stories",
             "Colours", "Winters", "Echoes", "Maps", "Bridges", "Fires", "Dreams", "Shadows", "Stones", "Voices",
             "Birds", "Cities", "Doors", "Harbours", "Mirrors", "Mornings", "Planets", "Promises", "Tides", "Windows")
TRACK_ONE = ("Waiting for", "Back to", "Song of", "Under", "Leaving", "Dancing with", "Letter to", "Over", "Return to",
             "Somewhere near", "Goodbye,", "Beyond")
TRACK_TWO = ("the Rain", "Lisbon", "the River", "Tomorrow", "the Old Town", "Marie", "the Stars", "Home", "the Mountain",
             "October", "the Last Train", "Silence", "the Garden", "a Stranger", "the Sea")
GENRES = ("Folk", "Jazz", "Electronic", "Rock", "Classical", "Ambient", "Pop", "Soul", "Indie", "Blues")
PLAYLISTS = ("Sunday Morning", "Cooking", "Long Drive", "Focus", "Party 2025", "Falling Asleep")
VIDEOS = ("Summer in the Mountains", "Birthday at the Lake", "First Snow", "Garden in May", "Sailing Weekend",
          "The Old Lighthouse")
PHOTOS = (("Norway 2025", "2025:07", 9), ("Autumn Walks", "2024:10", 7), ("Garden", "2026:05", 6))


def artists(random_):
    people = [f"{one} {two}" for one in FIRST for two in LAST]
    bands = [f"{one} {two}" for one in BAND_ONE for two in BAND_TWO]
    random_.shuffle(people)
    random_.shuffle(bands)
    return people[:130] + bands[:90]


def albums(random_, n_tracks):
    """Yields (artist, title, year, genre, titles) until there are @n_tracks."""
    names = artists(random_)
    used = set()
    while n_tracks > 0:
        artist = random_.choice(names)
        title = f"{random_.choice(TITLE_ONE)} {random_.choice(TITLE_TWO)}"
        if title in used:
            continue
        used.add(title)
        count = min(random_.randint(8, 15), n_tracks)
        titles = set()
        while len(titles) < count:
            titles.add(f"{random_.choice(TRACK_ONE)} {random_.choice(TRACK_TWO)}")
        n_tracks -= count
        yield artist, title, random_.randint(1968, 2026), random_.choice(GENRES), sorted(titles, key=hash_of)


def hash_of(text):
    """An order that is the same in each run."""
    return random.Random(text).random()


# ---- Sound ----

def encode(folder, seconds):
    path = os.path.join(folder, ".sound.mp3")
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i",
                    f"sine=frequency=196:duration={seconds}", "-f", "lavfi", "-i", f"sine=frequency=294:duration={seconds}",
                    "-filter_complex", "amix=inputs=2,tremolo=f=2,volume=0.5", "-b:a", "64k", "-id3v2_version", "0",
                    path], check=True)
    with open(path, "rb") as file:
        data = bytearray(file.read())
    os.unlink(path)
    return data


def say_length(sound, seconds):
    """The same with another number of frames in its Xing header, and without the count of bytes."""
    data = bytearray(sound)
    place = max(data.find(b"Xing"), data.find(b"Info"))
    frames = int(seconds * 44100 / 1152)
    data[place + 4:place + 12] = (data[place + 7] & ~2).to_bytes(4, "big") + frames.to_bytes(4, "big")
    return bytes(data)


def write_track(path, sound, tags, seconds=None):
    with open(path, "wb") as file:
        file.write(tagged.id3(tags))
        file.write(sound if seconds is None else say_length(sound, seconds))
        if seconds is not None:
            file.truncate(int(seconds * 192_000 / 8))


def write_album(folder, album, sound, random_, is_long=False):
    artist, title, year, genre, titles = album
    place = os.path.join(folder, "Music", artist, f"{title} ({year})")
    os.makedirs(place, exist_ok=True)
    artwork.cover(os.path.join(place, "cover.png"), title, artist)
    paths = []
    for number, name in enumerate(titles, 1):
        path = os.path.join(place, f"{number:02} {name}.mp3")
        write_track(path, sound, {"title": name, "artist": artist, "album_artist": artist, "album": title,
                                  "year": year, "genre": genre, "track": f"{number}/{len(titles)}"},
                    None if is_long else random_.randint(125, 380))
        paths.append(path)
    return paths


# ---- Pictures ----

def to_jpeg(source, path):
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", source, "-q:v", "3", path], check=True)
    os.unlink(source)


def write_photos(folder):
    for name, month, count in PHOTOS:
        place = os.path.join(folder, "Photos", name)
        os.makedirs(place, exist_ok=True)
        for number in range(1, count + 1):
            drawn, path = (os.path.join(place, f"IMG_{1400 + number * 7}" + end) for end in (".png", ".jpg"))
            artwork.landscape(drawn, f"{name} {number}")
            to_jpeg(drawn, path)
            corpus.exif(path, f"{month}:{number * 3:02} 1{number % 10}:24:05", "Pentora", "K-70", 1)


def write_videos(folder):
    place = os.path.join(folder, "Videos")
    os.makedirs(place, exist_ok=True)
    for name in VIDEOS:
        drawn = os.path.join(place, ".drawn.png")
        artwork.landscape(drawn, name, 1600, 900)
        subprocess.run(
            ["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", drawn, "-f", "lavfi", "-i",
             "sine=frequency=220:duration=24", "-vf", "zoompan=z='1+0.0004*on':d=240:s=1280x720:fps=10",
             "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-c:a", "aac", "-shortest",
             "-metadata", f"title={name}", os.path.join(place, f"{name}.mp4")], check=True)
        os.unlink(drawn)


def write_playlists(folder, tracks, random_):
    place = os.path.join(folder, "Music", "Playlists")
    os.makedirs(place, exist_ok=True)
    for name in PLAYLISTS:
        with open(os.path.join(place, name + ".m3u8"), "w", encoding="utf-8") as file:
            file.write("#EXTM3U\n")
            for path in random_.sample(tracks, random_.randint(14, 40)):
                file.write(os.path.relpath(path, place) + "\n")


def make(folder, n_tracks=N_TRACKS):
    """Fills @folder, unless it is full."""
    mark = os.path.join(folder, ".complete")
    if os.path.exists(mark):
        return
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    random_ = random.Random(2026)
    tracks = write_album(folder, FIRST_ALBUM, bytes(encode(folder, SOUND_SECONDS)), random_, is_long=True)
    short = encode(folder, 5)
    for album in albums(random_, n_tracks - len(tracks)):
        tracks += write_album(folder, album, short, random_)
    write_playlists(folder, tracks, random_)
    write_photos(folder)
    write_videos(folder)
    with open(mark, "w", encoding="ascii"):
        pass


if __name__ == "__main__":
    make(sys.argv[1])
