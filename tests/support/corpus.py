# SPDX-License-Identifier: GPL-3.0-or-later
"""A household's media, really encoded: music, films and photos with every tag, from Debian's tools.

    corpus.copy_to(folder)

It is made once in the build folder, and again when this file changes.

Music is cut from real tracks (Debian's wesnoth-1.16-music) where they are installed, else from a tone.
"""

import base64
import concurrent.futures
import hashlib
import os
import shutil
import struct
import subprocess

import mutagen
from mutagen import flac, id3, mp4, oggopus

WESNOTH = "/usr/share/games/wesnoth/1.16/data/core/music"
BAND = "The Örchestra"
ALBUM = "Two Discs"
SUBTITLE = "1\n00:00:00,500 --> 00:00:02,000\nGood evening.\n"


def run(*arguments):
    subprocess.run(arguments, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def ffmpeg(*arguments):
    run("ffmpeg", "-v", "fatal", "-y", "-nostdin", "-threads", "1", *arguments)


def tracks():
    """Paths of the real tracks; empty where the package is not installed."""
    if not os.path.isdir(WESNOTH):
        return []
    return sorted(os.path.join(WESNOTH, name) for name in os.listdir(WESNOTH)
                  if name.endswith(".ogg"))


def _sound(seconds, number):
    """Input arguments: @seconds of a real track, or of a tone."""
    found = tracks()
    if found:
        return ["-ss", str(number % 7), "-t", str(seconds), "-i", found[number % len(found)]]
    return ["-f", "lavfi", "-t", str(seconds), "-i", f"sine=frequency={220 + 20 * number}"]


def audio(path, number, *codec, seconds=5):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    ffmpeg(*_sound(seconds, number), "-map", "0:a", "-map_metadata", "-1", *codec, path)


def video(path, *codec, seconds=4, size="640x360", rate=25):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    ffmpeg("-f", "lavfi", "-i", f"testsrc2=size={size}:rate={rate}", *_sound(seconds, 3),
           "-t", str(seconds), "-g", "12", *codec, path)


def picture(path, size="800x600", color="teal", *codec):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    ffmpeg("-f", "lavfi", "-i", f"testsrc=size={size}" if color is None else
           f"color={color}:size={size}", "-frames:v", "1", *codec, path)


# ---- Tags ----

def tag_flac(path, cover=None, **tags):
    file = flac.FLAC(path)
    for name, value in tags.items():
        file[name] = value
    if cover:
        art = flac.Picture()
        art.type, art.mime, art.data = 3, "image/jpeg", cover
        file.add_picture(art)
    file.save()


def tag_opus(path, cover=None, **tags):
    file = oggopus.OggOpus(path)
    for name, value in tags.items():
        file[name] = value
    if cover:
        art = flac.Picture()
        art.type, art.mime, art.data = 3, "image/jpeg", cover
        file["metadata_block_picture"] = base64.b64encode(art.write()).decode()
    file.save()


def tag_mp3(path, cover=None, version=4, **frames):
    tags = id3.ID3()
    for name, value in frames.items():
        tags.add(getattr(id3, name)(encoding=3 if version == 4 else 1, text=value))
    if cover:
        tags.add(id3.APIC(encoding=0, mime="image/jpeg", type=3, desc="", data=cover))
    if version == 3:
        tags.update_to_v23()
    tags.save(path, v2_version=version)


def tag_m4a(path, cover=None, **tags):
    file = mp4.MP4(path)
    for name, value in tags.items():
        file[name.replace("_", "\xa9", 1) if name.startswith("_") else name] = value
    if cover:
        file["covr"] = [mp4.MP4Cover(cover, mp4.MP4Cover.FORMAT_JPEG)]
    file.save()


def exif(path, date, make, model, orientation):
    """Puts an APP1 segment with these into a JPEG."""
    texts = {0x010F: make, 0x0110: model}
    n_entries = 4
    data_at = 8 + 2 + n_entries * 12 + 4
    entries, data = b"", b""
    for tag, text in texts.items():
        value = text.encode() + b"\0"
        entries += struct.pack("<HHII", tag, 2, len(value), data_at + len(data))
        data += value
    entries += struct.pack("<HHIHH", 0x0112, 3, 1, orientation, 0)
    data += b"\0" * (len(data) % 2)
    entries += struct.pack("<HHII", 0x8769, 4, 1, data_at + len(data))
    sub_at = data_at + len(data)
    stamp = date.encode() + b"\0"
    data += struct.pack("<HHHII", 1, 0x9003, 2, len(stamp), sub_at + 18) + bytes(4) + stamp
    body = b"Exif\0\0II*\0" + struct.pack("<I", 8) + struct.pack("<H", n_entries) + entries + \
        bytes(4) + data
    with open(path, "rb") as file:
        jpeg = file.read()
    with open(path, "wb") as file:
        file.write(jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + jpeg[2:])


# ---- The folders ----

def _two_discs(folder, cover):
    """An album of two discs and an artist with an umlaut; the folder's cover is its picture."""
    for disc in (1, 2):
        for track in range(1, 4):
            path = f"{folder}/Music/Two Discs/CD {disc}/{track:02} part.flac"
            audio(path, disc * 3 + track, "-c:a", "flac", "-sample_fmt", "s16")
            tag_flac(path, title=f"Part {disc}-{track}", artist=BAND, album=ALBUM,
                     albumartist=BAND, tracknumber=f"{track}/3", discnumber=f"{disc}/2",
                     date="1997-05-21", genre=["Classical", "Film Music"], composer="Clara Wieck")
    shutil.copy(cover, f"{folder}/Music/Two Discs/CD 1/cover.jpg")


def _compilation(folder, cover):
    """Ten tracks, so that 10 comes after 9; by different artists, made a compilation by TCMP."""
    path = f"{folder}/Music/Summer/"
    audio(path + "1.mp3", 9, "-c:a", "libmp3lame", "-b:a", "128k", seconds=3)
    for track in range(2, 11):
        shutil.copy(path + "1.mp3", f"{path}{track}.mp3")
    for track in range(1, 11):
        tag_mp3(f"{path}{track}.mp3", cover, 3 if track == 4 else 4, TIT2=f"Hit {track}",
                TPE1=f"Singer {track % 4}", TALB="Summer", TRCK=f"{track}/10", TPOS="1/1",
                TDRC="2003", TCON=["Pop"], TCMP="1")


def _other_music(folder, cover):
    path = f"{folder}/Music/"
    audio(path + "Opus/one.opus", 12, "-c:a", "libopus", "-b:a", "64k")
    tag_opus(path + "Opus/one.opus", cover, title="Ein Stück <&> \"mehr\"", artist=["Anna", "Ben"],
             album="Duos", tracknumber="7", date="2011", genre=["Jazz", "Folk"],
             composer=["Anna", "Cem"])
    audio(path + "Apple/aac.m4a", 13, "-c:a", "aac", "-b:a", "96k")
    tag_m4a(path + "Apple/aac.m4a", cover, _nam="Apfel", _ART="Cox", _alb="Orchard", aART="Cox",
            _day="2015-02-03", _gen="Country", trkn=[(1, 2)], disk=[(1, 1)], _wrt="Pippin")
    audio(path + "Apple/alac.m4a", 14, "-c:a", "alac")
    tag_m4a(path + "Apple/alac.m4a", _nam="Birne", _ART="Cox", _alb="Orchard", aART="Cox",
            _day="2015-02-03", _gen="Country", trkn=[(2, 2)], disk=[(1, 1)], _wrt="Pippin")
    audio(path + "Loose/wave.wav", 15, "-c:a", "pcm_s16le", seconds=2)
    audio(path + "Loose/apple.aiff", 16, "-c:a", "pcm_s16be", seconds=2)
    audio(path + "Loose/window.wma", 17, "-c:a", "wmav2", "-metadata", "title=Fenster",
          "-metadata", "artist=Glazier", "-metadata", "album=Panes", seconds=3)
    audio(path + "Loose/latin.mp3", 18, "-c:a", "libmp3lame", seconds=3)
    os.rename(path + "Loose/latin.mp3", os.fsencode(path) + b"Loose/caf\xe9 \xff.mp3")
    os.makedirs(os.fsencode(path) + b"Na\xefve folder")
    audio(path + "Loose/mono.ogg", 19, "-c:a", "libvorbis", "-ac", "1", "-ar", "22050", seconds=3)
    file = mutagen.File(path + "Loose/mono.ogg")
    file["title"], file["artist"], file["album"] = "The Mono", "the örchestra", "Zwei"
    file.save()
    os.rename(path + "Loose/mono.ogg", os.fsencode(path) + b"Na\xefve folder/mono.ogg")


def _playlists(folder):
    os.makedirs(folder + "/Playlists", exist_ok=True)
    with open(folder + "/Playlists/mix.m3u8", "w", encoding="utf-8") as file:
        file.write("#EXTM3U\n../Music/Apple/aac.m4a\n#EXTINF:5,x\n../Music/Summer/10.mp3\n"
                   "../Music/missing.mp3\n../Music/Two Discs/CD 2/01 part.flac\n"
                   "../Music/Summer/10.mp3\n")
    with open(folder + "/Playlists/pair.pls", "w", encoding="utf-8") as file:
        file.write("[playlist]\nFile1=../Music/Summer/9.mp3\nFile2=../Music/Summer/2.mp3\n"
                   "NumberOfEntries=2\nVersion=2\n")


FILMS = {
    "film.mp4": ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac", "-movflags", "+faststart"],
    "film.mkv": ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "ac3",
                 "-metadata", "title=The Film in Matroska"],
    "clip.webm": ["-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus"],
    "old.avi": ["-c:v", "mpeg4", "-c:a", "libmp3lame"],
    "tv.ts": ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "ac3", "-f", "mpegts"],
    "disc.mpg": ["-c:v", "mpeg2video", "-c:a", "mp2", "-f", "vob"],
    "phone.mov": ["-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac"],
}


def _films(folder):
    for name, codec in FILMS.items():
        video(f"{folder}/Films/{os.path.splitext(name)[1][1:]}/{name}", *codec)
    with open(folder + "/Films/mp4/film.en.srt", "w", encoding="utf-8") as file:
        file.write(SUBTITLE)


def _photos(folder):
    path = folder + "/Photos/"
    for name, size, date, model, orientation in (
            ("2019/beach.jpg", "1600x1200", "2019:07:14 15:02:11", "Box One", 1),
            ("2019/tall.jpg", "1200x800", "2019:07:15 09:00:00", "Box One", 6),
            ("2019/new year.jpg", "640x480", "2019:12:31 23:59:59", "Box Two", 3),
            ("2021/big.jpg", "5000x3000", "2021:01:02 03:04:05", "Box Two", 1)):
        picture(path + name, size, None, "-q:v", "4")
        exif(path + name, date, "Acme", model, orientation)
    picture(path + "plain/drawing.png", "300x200", "red")
    picture(path + "plain/web.webp", "320x240", "blue")
    picture(path + "plain/old.gif", "100x100", "green")
    picture(path + "plain/scan.tiff", "400x300", "gray")


def _make(folder):
    """Makes the corpus in @folder; the parts side by side."""
    os.makedirs(folder, exist_ok=True)
    cover = os.path.join(folder, "cover-source.jpg")
    picture(cover, "1000x800", "purple")
    with open(cover, "rb") as file:
        data = file.read()
    jobs = [lambda: _two_discs(folder, cover), lambda: _compilation(folder, data),
            lambda: _other_music(folder, data), lambda: _photos(folder), lambda: _films(folder)]
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        for done in [pool.submit(job) for job in jobs]:
            done.result()
    os.unlink(cover)
    _playlists(folder)


def copy_to(folder):
    """Puts the corpus in @folder, which must not be there."""
    with open(__file__, "rb") as file:
        version = hashlib.sha256(file.read()).hexdigest()[:12]
    kept = os.path.join(os.environ["HEARTH_BUILD"], "test-corpus-" + version)
    if not os.path.isdir(kept):
        making = f"{kept}.{os.getpid()}"
        _make(making)
        os.rename(making, kept)
    shutil.copytree(os.fsencode(kept), os.fsencode(folder))
    return folder
