# SPDX-License-Identifier: GPL-3.0-or-later
"""The real worker on really encoded media, compared with what ffprobe says of each file."""
import base64
import hashlib
import json
import os
import shutil
import struct
import subprocess
import tempfile
import unittest

BUILD = os.environ["HEARTH_BUILD"]
WORKER = os.path.join(BUILD, "worker", "hearth-worker")
PROBE_FILES = os.path.join(BUILD, "tests", "support", "probe-files")
MAKE_HEIC = os.path.join(BUILD, "tests", "support", "make-heic")
MUTATE_MEDIA = os.path.join(BUILD, "tests", "fuzz", "mutate-media")

TAGS = {"title": "Jóga", "artist": "Björk", "album": "Homogenic", "date": "1997-09-22",
        "track": "2/10", "disc": "1/2", "genre": "Art Pop", "composer": "Mark Bell",
        "album_artist": "Various", "compilation": "1"}
AUDIO = {"a.mp3": [], "a.flac": [], "a.m4a": [], "a.m4b": ["-f", "ipod"], "a.opus": [],
         "a.ogg": ["-c:a", "libvorbis"], "a.oga": ["-c:a", "flac"], "a.wav": [], "a.wma": [],
         "a.mka": ["-c:a", "aac"], "alac.m4a": ["-c:a", "alac"],
         "a.aiff": ["-write_id3v2", "1"], "a.aif": ["-write_id3v2", "1"], "a.aac": [],
         "s24.flac": ["-sample_fmt", "s32", "-strict", "-2"]}
H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-c:a", "aac"]
VIDEO = {"v.mp4": H264, "v.m4v": H264, "v.mkv": H264, "v.mov": H264, "v.ts": H264,
         "v.m2ts": H264, "v.mts": H264 + ["-f", "mpegts", "-mpegts_m2ts_mode", "1"],
         "v.3gp": H264 + ["-ar", "44100"], "v.webm": ["-c:v", "libvpx", "-c:a", "libopus"],
         "v.avi": [], "v.mpg": ["-c:v", "mpeg2video"], "v.mpeg": ["-c:v", "mpeg2video"],
         "v.vob": ["-c:v", "mpeg2video", "-f", "vob"], "v.wmv": []}
PICTURES = ["p.jpg", "p.png", "p.webp", "p.gif", "p.tiff", "p.bmp"]


def ffmpeg(*args):
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-nostdin", *args], check=True)


def tiff_block(order, orientation, date=b"2019:07:14 18:30:05\0"):
    """A camera's EXIF: maker, model, orientation, date, and 33°51'35.4" S 151°12'0" E."""
    def entry(tag, kind, count, value):
        return struct.pack(order + "HHI", tag, kind, count) + value

    def long(value):
        return struct.pack(order + "I", value)

    make, model = b"Canon\0", b"Canon EOS 5D\0\0"
    make_at = 8 + 2 + 12 * 5 + 4
    exif_at = make_at + len(make) + len(model)
    date_at = exif_at + 2 + 12 + 4
    gps_at = date_at + 20
    place_at = gps_at + 2 + 12 * 4 + 4
    block = (b"II*\0" if order == "<" else b"MM\0*") + long(8) + struct.pack(order + "H", 5)
    block += entry(0x10F, 2, len(make), long(make_at))
    block += entry(0x110, 2, 13, long(make_at + len(make)))
    block += entry(0x112, 3, 1, struct.pack(order + "HH", orientation, 0))
    block += entry(0x8769, 4, 1, long(exif_at)) + entry(0x8825, 4, 1, long(gps_at)) + long(0)
    block += make + model + struct.pack(order + "H", 1) + entry(0x9003, 2, 20, long(date_at))
    block += long(0) + date + struct.pack(order + "H", 4)
    block += entry(1, 2, 2, b"S\0\0\0") + entry(2, 5, 3, long(place_at))
    block += entry(3, 2, 2, b"E\0\0\0") + entry(4, 5, 3, long(place_at + 24)) + long(0)
    block += struct.pack(order + "6I", 33, 1, 51, 1, 354, 10)
    return block + struct.pack(order + "6I", 151, 1, 12, 1, 0, 1)


def add_exif_to_jpeg(source, target, block):
    jpeg = open(source, "rb").read()
    body = b"Exif\0\0" + block
    open(target, "wb").write(jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body +
                             jpeg[2:])


def add_exif_to_png(source, target, block):
    import zlib
    png = open(source, "rb").read()
    chunk = b"eXIf" + block
    chunk = struct.pack(">I", len(block)) + chunk + struct.pack(">I", zlib.crc32(chunk))
    open(target, "wb").write(png[:33] + chunk + png[33:])


def add_exif_to_webp(source, target, block, width, height):
    webp = open(source, "rb").read()
    extended = b"VP8X" + struct.pack("<I", 10) + b"\x08\0\0\0" + \
        struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    block += b"\0" * (len(block) % 2)
    body = b"WEBP" + extended + webp[12:] + b"EXIF" + struct.pack("<I", len(block)) + block
    open(target, "wb").write(b"RIFF" + struct.pack("<I", len(body)) + body)


def make_corpus(folder):
    os.chdir(folder)
    tags = [word for key, value in TAGS.items() for word in ("-metadata", f"{key}={value}")]
    sine = ["-f", "lavfi", "-i", "sine=440:duration=4"]
    for name, options in AUDIO.items():
        ffmpeg(*sine, *tags, *options, name)
    picture = ["-f", "lavfi", "-i", "testsrc=size=320x240:rate=25:duration=3"]
    for name, options in VIDEO.items():
        ffmpeg(*picture, "-f", "lavfi", "-i", "sine=duration=3", "-metadata", "title=A clip",
               *options, name)
    for name in PICTURES:
        ffmpeg("-f", "lavfi", "-i", "testsrc=size=600x400:rate=1:duration=1", "-frames:v", "1",
               "-pix_fmt", "yuvj420p" if name == "p.jpg" else "rgb24" if name == "p.tiff" else
               "bgr24" if name == "p.bmp" else "yuv420p" if name == "p.webp" else "pal8"
               if name == "p.gif" else "rgb24", name)


def probe(*names, options=()):
    run = subprocess.run([PROBE_FILES, WORKER, *options, *names], check=True,
                         capture_output=True, text=True)
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(answers) == len(names), run.stderr
    return answers, run.stderr


def ffprobe(name):
    run = subprocess.run(["ffprobe", "-v", "error", "-of", "json", "-show_format",
                          "-show_streams", name], check=True, capture_output=True, text=True)
    return json.loads(run.stdout)


class Worker(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="hearth-worker-test-")
        make_corpus(cls.folder)

    @classmethod
    def tearDownClass(cls):
        os.chdir("/")
        shutil.rmtree(cls.folder)

    def one(self, name):
        return probe(name)[0][0]

    def test_the_sandbox_is_in_force(self):
        _, said = probe("a.mp3")
        self.assertIn("sandbox=seccomp", said)
        self.assertIn("rlimits", said)

    def test_audio_agrees_with_ffprobe(self):
        answers, _ = probe(*AUDIO)
        for name, ours in zip(AUDIO, answers):
            with self.subTest(name):
                theirs = ffprobe(name)
                stream = theirs["streams"][0]
                self.assertEqual(ours["kind"], 1)
                self.assertEqual(ours["audio_codec"], stream["codec_name"])
                self.assertEqual(ours["sample_rate_hz"], int(stream["sample_rate"]))
                self.assertEqual(ours["channels"], stream["channels"])
                # ADTS has no duration: both guess, from other parts of the file.
                self.assertAlmostEqual(ours["duration_ms"] / 1000,
                                       float(theirs["format"]["duration"]),
                                       delta=0.5 if name == "a.aac" else 0.06)
                self.assertAlmostEqual(ours["bitrate_bps"] / int(theirs["format"]["bit_rate"]), 1,
                                       delta=0.35)
                if "bits_per_raw_sample" in stream:
                    self.assertEqual(ours["bits_per_sample"], int(stream["bits_per_raw_sample"]))

    def test_tags_are_complete_in_every_container(self):
        # WAV's INFO has no place for the others, and ADTS for none.
        poor = {"a.wav": {"album_artists", "composers", "disc", "is_compilation"}}
        for name in AUDIO:
            if name == "a.aac":
                continue
            ours = self.one(name)
            wanted = {"title": "Jóga", "artists": ["Björk"], "album": "Homogenic",
                      "date": "1997-09-22", "genres": ["Art Pop"], "track": 2,
                      "composers": ["Mark Bell"], "album_artists": ["Various"], "disc": 1,
                      "is_compilation": 1}
            for key, value in wanted.items():
                if key not in poor.get(name, ()):
                    with self.subTest(f"{name} {key}"):
                        self.assertEqual(ours[key], value)

    def test_video_agrees_with_ffprobe(self):
        answers, _ = probe(*VIDEO)
        for name, ours in zip(VIDEO, answers):
            with self.subTest(name):
                theirs = ffprobe(name)
                video = next(s for s in theirs["streams"] if s["codec_type"] == "video")
                audio = next(s for s in theirs["streams"] if s["codec_type"] == "audio")
                self.assertEqual(ours["kind"], 2)
                self.assertEqual(ours["video_codec"], video["codec_name"])
                self.assertEqual(ours["audio_codec"], audio["codec_name"])
                self.assertEqual((ours["width"], ours["height"]), (320, 240))
                self.assertEqual(ours["n_audio_streams"], 1)
                self.assertAlmostEqual(ours["frame_rate"], 25, delta=0.1)
                self.assertAlmostEqual(ours["duration_ms"] / 1000,
                                       float(theirs["format"]["duration"]), delta=0.1)
                if video["codec_name"] == "h264":
                    self.assertEqual(ours["video_profile"], video["profile"])
                    self.assertEqual(ours["video_level"], video["level"])
        by_name = dict(zip(VIDEO, answers))
        self.assertEqual(by_name["v.webm"]["mime"], "video/webm")
        self.assertEqual(by_name["v.mov"]["mime"], "video/quicktime")
        self.assertEqual(by_name["v.m2ts"]["mime"], "video/vnd.dlna.mpeg-tts")
        self.assertEqual(by_name["v.ts"]["mime"], "video/mp2t")

    def test_an_interlaced_video_says_so(self):
        ffmpeg("-f", "lavfi", "-i", "testsrc=size=320x240:rate=25:duration=2", "-c:v", "mpeg2video",
               "-flags", "+ildct+ilme", "-top", "1", "-vf", "setfield=tff", "interlaced.mpg")
        self.assertEqual(self.one("interlaced.mpg")["is_interlaced"], 1)
        self.assertEqual(self.one("v.mpg")["is_interlaced"], 0)

    def test_pictures_have_their_size(self):
        for name in PICTURES:
            with self.subTest(name):
                ours = self.one(name)
                self.assertEqual((ours["kind"], ours["width"], ours["height"]), (3, 600, 400))

    def test_exif_is_read_from_every_format(self):
        for order in "<>":
            block = tiff_block(order, 6)
            add_exif_to_jpeg("p.jpg", "exif.jpg", block)
            add_exif_to_png("p.png", "exif.png", block)
            add_exif_to_webp("p.webp", "exif.webp", block, 600, 400)
            for name in ("exif.jpg", "exif.png", "exif.webp"):
                with self.subTest(f"{name} {order}"):
                    ours = self.one(name)
                    self.assertEqual(ours["orientation"], 6)
                    self.assertEqual((ours["width"], ours["height"]), (400, 600))
                    self.assertEqual(ours["date"], "2019-07-14T18:30:05")
                    self.assertEqual(ours["camera"], "Canon EOS 5D")
                    self.assertAlmostEqual(ours["latitude"], -33.859833, places=5)
                    self.assertAlmostEqual(ours["longitude"], 151.2, places=5)

    def test_heic_is_read_and_decoded_behind_the_closed_door(self):
        if not os.path.exists(MAKE_HEIC):
            self.skipTest("built without libheif")
        status = subprocess.run([MAKE_HEIC, "photo.heic"]).returncode
        if status == 77:
            self.skipTest("this libheif has no encoder")
        self.assertEqual(status, 0)
        ours = self.one("photo.heic")
        self.assertEqual((ours["kind"], ours["width"], ours["height"]), (3, 320, 200))
        self.assertEqual(ours["mime"], "image/heic")
        self.assertEqual(ours["date"], "2019-07-14T18:30:05")
        stream = ffprobe(self.picture_of("photo.heic", 160))["streams"][0]
        self.assertEqual((stream["width"], stream["height"]), (160, 100))

    def test_several_values_stay_several(self):
        from mutagen.easyid3 import EasyID3
        from mutagen.flac import FLAC
        from mutagen.mp4 import MP4
        from mutagen.oggopus import OggOpus
        from mutagen.oggvorbis import OggVorbis
        artists, genres = ["AC/DC", "Ö; B"], ["Rock", "Hard Rock"]
        for kind, name in ((FLAC, "a.flac"), (OggVorbis, "a.ogg"), (OggOpus, "a.opus"),
                           (EasyID3, "a.mp3"), (MP4, "a.m4a")):
            copy = "many-" + name
            shutil.copy(name, copy)
            tags = kind(copy)
            tags["\xa9ART" if kind is MP4 else "artist"] = artists
            tags["\xa9gen" if kind is MP4 else "genre"] = genres
            tags.save()
            with self.subTest(name):
                ours = self.one(copy)
                self.assertEqual(ours["artists"], artists)
                self.assertEqual(ours["genres"], genres)

    def test_ids_gains_and_lyrics(self):
        from mutagen import id3
        from mutagen.flac import FLAC
        from mutagen.mp4 import MP4, MP4FreeForm
        from mutagen.oggopus import OggOpus
        shutil.copy("a.mp3", "rich.mp3")
        tags = id3.ID3("rich.mp3")
        tags.add(id3.UFID(owner="http://musicbrainz.org", data=b"rec-id"))
        for key, value in (("MusicBrainz Album Id", "album-id"), ("MusicBrainz Artist Id", "art-id"),
                           ("MusicBrainz Album Artist Id", "aa-id"),
                           ("replaygain_track_gain", "-7.25 dB"),
                           ("replaygain_album_gain", "+1.5 dB")):
            tags.add(id3.TXXX(encoding=1, desc=key, text=[value]))
        tags.add(id3.USLT(encoding=3, lang="eng", desc="", text="la la"))
        tags.add(id3.TDOR(encoding=3, text=["1996-05"]))
        tags.save()
        names = ["rich.mp3"]
        shutil.copy("a.flac", "rich.flac")
        tags = FLAC("rich.flac")
        for key, value in (("musicbrainz_trackid", "rec-id"), ("musicbrainz_albumid", "album-id"),
                           ("musicbrainz_artistid", "art-id"), ("lyrics", "la la"),
                           ("musicbrainz_albumartistid", "aa-id"), ("originaldate", "1996-05"),
                           ("replaygain_track_gain", "-7.25 dB"),
                           ("replaygain_album_gain", "+1.5 dB")):
            tags[key] = value
        tags.save()
        names.append("rich.flac")
        shutil.copy("a.m4a", "rich.m4a")
        tags = MP4("rich.m4a")
        for key, value in (("MusicBrainz Track Id", b"rec-id"), ("MusicBrainz Album Id", b"album-id"),
                           ("MusicBrainz Artist Id", b"art-id"), ("originaldate", b"1996-05"),
                           ("MusicBrainz Album Artist Id", b"aa-id"),
                           ("replaygain_track_gain", b"-7.25 dB"),
                           ("replaygain_album_gain", b"+1.5 dB")):
            tags["----:com.apple.iTunes:" + key] = [MP4FreeForm(value)]
        tags["\xa9lyr"] = "la la"
        tags.save()
        names.append("rich.m4a")
        for name in names:
            with self.subTest(name):
                ours = self.one(name)
                self.assertEqual(ours["musicbrainz_recording_id"], "rec-id")
                self.assertEqual(ours["musicbrainz_album_id"], "album-id")
                self.assertEqual(ours["musicbrainz_artist_id"], "art-id")
                self.assertEqual(ours["musicbrainz_album_artist_id"], "aa-id")
                self.assertEqual(ours["replaygain_track_db"], -7.25)
                self.assertEqual(ours["replaygain_album_db"], 1.5)
                self.assertEqual(ours["has_lyrics"], 1)
                self.assertEqual(ours["original_date"], "1996-05")
        shutil.copy("a.opus", "rich.opus")
        tags = OggOpus("rich.opus")
        tags["r128_track_gain"] = "-1280"
        tags.save()
        self.assertEqual(self.one("rich.opus")["replaygain_track_db"], 0)

    def test_embedded_pictures_are_found_by_their_digest(self):
        from mutagen import id3
        from mutagen.flac import FLAC, Picture
        from mutagen.mp4 import MP4, MP4Cover
        from mutagen.oggopus import OggOpus
        ffmpeg("-i", "p.jpg", "-vf", "scale=300:200", "-q:v", "2", "cover.jpg")
        jpeg = open("cover.jpg", "rb").read()
        other = open("p.png", "rb").read()
        shutil.copy("a.mp3", "art.mp3")
        tags = id3.ID3("art.mp3")
        tags.add(id3.APIC(encoding=1, mime="image/png", type=4, desc="back", data=other))
        tags.add(id3.APIC(encoding=1, mime="image/jpeg", type=3, desc="Cövér", data=jpeg))
        tags.save()
        front, back = Picture(), Picture()
        front.data, front.type, front.mime = jpeg, 3, "image/jpeg"
        back.data, back.type, back.mime = other, 4, "image/png"
        shutil.copy("a.flac", "art.flac")
        tags = FLAC("art.flac")
        tags.add_picture(back)
        tags.add_picture(front)
        tags.save()
        shutil.copy("a.opus", "art.opus")
        tags = OggOpus("art.opus")
        tags["metadata_block_picture"] = [base64.b64encode(front.write()).decode()]
        tags.save()
        shutil.copy("a.m4a", "art.m4a")
        tags = MP4("art.m4a")
        tags["covr"] = [MP4Cover(jpeg, MP4Cover.FORMAT_JPEG)]
        tags.save()
        names = ["art.mp3", "art.flac", "art.opus", "art.m4a"]
        for name in names:
            with self.subTest(name):
                self.assertEqual(self.one(name)["artwork"], hashlib.sha256(jpeg).hexdigest())
        answers, _ = probe(*names, options=["--picture", "0", "--out", "."])
        for name, answer in zip(names, answers):
            with self.subTest(name + " as it is"):
                self.assertEqual(open(answer["path"], "rb").read(), jpeg)
        self.assertIsNone(self.one("a.mp3")["artwork"])
        (answer,), _ = probe("a.mp3", options=["--picture", "160"])
        self.assertEqual(answer["code"], 3)  # HTH_ERROR_NOT_FOUND

    def picture_of(self, name, max_pixels):
        (answer,), _ = probe(name, options=["--picture", str(max_pixels), "--out", "."])
        self.assertNotIn("error", answer, name)
        return answer["path"]

    def corner(self, path, x, y):
        run = subprocess.run(["ffmpeg", "-v", "error", "-i", path, "-vf", f"crop=8:8:{x}:{y}",
                              "-f", "rawvideo", "-pix_fmt", "rgb24", "-frames:v", "1", "-"],
                             check=True, capture_output=True)
        return tuple(sum(run.stdout[i::3]) // 64 for i in range(3))

    def test_pictures_are_upright_and_fit(self):
        # Red, green / blue, white: each orientation is undone by its transposition.
        ffmpeg("-f", "lavfi", "-i", "color=red:size=300x200", "-f", "lavfi", "-i",
               "color=lime:size=300x200", "-f", "lavfi", "-i", "color=blue:size=300x200", "-f",
               "lavfi", "-i", "color=white:size=300x200", "-filter_complex",
               "[0][1]hstack[t];[2][3]hstack[b];[t][b]vstack", "-frames:v", "1", "-pix_fmt",
               "yuvj444p", "-q:v", "2", "quad.jpg")
        inverse = {1: "null", 2: "hflip", 3: "hflip,vflip", 4: "vflip", 5: "transpose=0",
                   6: "transpose=2", 7: "transpose=3", 8: "transpose=1"}
        for orientation, undo in inverse.items():
            with self.subTest(orientation):
                ffmpeg("-i", "quad.jpg", "-vf", undo, "-q:v", "2", "-pix_fmt", "yuvj444p", "t.jpg")
                add_exif_to_jpeg("t.jpg", "turned.jpg", tiff_block("<", orientation))
                path = self.picture_of("turned.jpg", 160)
                stream = ffprobe(path)["streams"][0]
                self.assertEqual((stream["codec_name"], stream["width"], stream["height"]),
                                 ("mjpeg", 160, 107))
                self.assertNotIn(b"Exif", open(path, "rb").read())
                for (x, y), colour in (((10, 10), (255, 0, 0)), ((140, 10), (0, 255, 0)),
                                       ((10, 90), (0, 0, 255)), ((140, 90), (255, 255, 255))):
                    for ours, wanted in zip(self.corner(path, x, y), colour):
                        self.assertAlmostEqual(ours, wanted, delta=25)

    def test_every_picture_and_video_gives_a_picture(self):
        names = PICTURES + list(VIDEO)
        answers, _ = probe(*names, options=["--picture", "200", "--out", "."])
        for name, answer in zip(names, answers):
            with self.subTest(name):
                self.assertNotIn("error", answer)
                stream = ffprobe(answer["path"])["streams"][0]
                self.assertEqual((stream["width"], stream["height"]),
                                 (200, 133) if name in PICTURES else (200, 150))
                self.assertEqual(stream["pix_fmt"], "yuvj420p")

    def test_a_small_picture_is_not_enlarged(self):
        stream = ffprobe(self.picture_of("p.png", 4096))["streams"][0]
        self.assertEqual((stream["width"], stream["height"]), (600, 400))

    def test_content_decides_and_rubbish_is_refused(self):
        shutil.copy("a.flac", "really-flac.mp3")
        self.assertEqual(self.one("really-flac.mp3")["mime"], "audio/flac")
        open("rubbish.mp4", "wb").write(b"this is no media file at all" * 50)
        open("rubbish.mp3", "wb").write(b"this is no media file at all" * 50)
        open("empty.flac", "wb").close()
        for name in ("rubbish.mp4", "rubbish.mp3", "empty.flac"):
            with self.subTest(name):
                self.assertEqual(self.one(name)["code"], 1)  # HTH_ERROR_CORRUPT

    def test_a_playlist_never_opens_what_it_names(self):
        shutil.copy("a.mp3", "named.mp3")
        open("list.m3u", "wb").write(b"#EXTM3U\r\nnamed.mp3\r\nhttp://192.0.2.1/x\r\n")
        open("disguised.ts", "wb").write(b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nv.ts\n")
        open("disguised.mp3", "wb").write(b"ffconcat version 1.0\nfile named.mp3\n")
        self.assertEqual(self.one("list.m3u")["playlist_entries"], ["named.mp3"])
        self.assertIn("error", self.one("disguised.ts"))
        self.assertIn("error", self.one("disguised.mp3"))

    def test_mp3_without_a_count_is_not_read_whole(self):
        ffmpeg("-f", "lavfi", "-i", "sine=440:duration=600", "-b:a", "128k", "-write_xing", "0",
               "cbr.mp3")
        self.assertAlmostEqual(self.one("cbr.mp3")["duration_ms"], 600000, delta=2000)

    def test_mutated_files_cost_themselves_only(self):
        run = subprocess.run([MUTATE_MEDIA, WORKER, self.folder, "400", "20"],
                             capture_output=True, text=True)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertIn("files=400", run.stdout)


if __name__ == "__main__":
    unittest.main()
