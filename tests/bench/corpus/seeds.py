# SPDX-License-Identifier: GPL-3.0-or-later
"""Really encoded sound, some seconds each: the payloads of a corpus. And covers, and the video."""
import concurrent.futures
import os
import subprocess

# Name of the seed, arguments of the encoder, extension.
ENCODINGS = (
    ("mp3-v2", ["-c:a", "libmp3lame", "-q:a", "5"], "mp3"),
    ("mp3-128", ["-c:a", "libmp3lame", "-b:a", "128k"], "mp3"),
    ("mp3-bare", ["-c:a", "libmp3lame", "-b:a", "96k", "-write_xing", "0"], "mp3"),
    ("flac-16", ["-c:a", "flac"], "flac"),
    ("flac-8", ["-c:a", "flac", "-compression_level", "8", "-ar", "48000"], "flac"),
    ("ogg-q3", ["-c:a", "libvorbis", "-q:a", "3"], "ogg"),
    ("opus-96", ["-c:a", "libopus", "-b:a", "96k"], "opus"),
    ("m4a-aac", ["-c:a", "aac", "-b:a", "128k"], "m4a"),
    ("m4a-alac", ["-c:a", "alac"], "m4a"),
)

# Seconds of sound in each; short ones keep 100,000 files small.
LENGTHS = {"full": (2, 3, 4, 6), "tiny": (0.3, 0.5, 0.7)}


def _ffmpeg(arguments, path):
    """Written aside and renamed, so that a seed is whole or not there."""
    root, extension = os.path.splitext(path)
    part = f"{root}.part{extension}"
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", *arguments, part], check=True)
    os.replace(part, path)


def _sound(seconds, pitch):
    return ["-f", "lavfi", "-i",
            f"aevalsrc=0.4*sin({pitch}*2*PI*t)+0.2*sin({pitch * 1.5}*2*PI*t*(1+0.01*sin(5*t)))"
            f"+0.02*random(0)|0.4*sin({pitch * 1.01}*2*PI*t):s=44100:d={seconds}"]


def make_seeds(folder, size):
    """Encodes what is missing. Returns paths by extension."""
    os.makedirs(folder, exist_ok=True)
    paths, jobs = {}, []
    for length_number, seconds in enumerate(LENGTHS[size]):
        for encoding_number, (name, encoder, extension) in enumerate(ENCODINGS):
            path = os.path.join(folder, f"{name}-{size}-{length_number}.{extension}")
            paths.setdefault(extension, []).append(path)
            if not os.path.exists(path):
                pitch = 110 * (1 + encoding_number + 3 * length_number)
                clean = ["-map_metadata", "-1", "-id3v2_version", "0"] if extension == "mp3" else [
                    "-map_metadata", "-1"]
                jobs.append((_sound(seconds, pitch) + clean + encoder, path))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda job: _ffmpeg(*job), jobs))
    return paths


def make_covers(folder, size):
    """A dozen JPEG pictures, 600 pixels wide in a full corpus. Returns their bytes."""
    os.makedirs(folder, exist_ok=True)
    pixels = 600 if size == "full" else 96
    covers = []
    for number in range(12):
        path = os.path.join(folder, f"cover-{size}-{number}.jpg")
        if not os.path.exists(path):
            _ffmpeg(["-f", "lavfi", "-i", f"mandelbrot=s={pixels}x{pixels}:start_scale={3 / (number + 1)}",
                     "-frames:v", "1", "-q:v", "5", "-update", "1"], path)
        with open(path, "rb") as file:
            covers.append(file.read())
    return covers


def make_video(path, size_bytes):
    """An H.264 film of at least @size_bytes: a clip with a high rate, repeated without encoding
    it again."""
    if os.path.exists(path) and os.path.getsize(path) >= size_bytes:
        return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    clip = path + ".clip.mkv"
    _ffmpeg(["-f", "lavfi", "-i", "testsrc2=s=640x360:r=25:d=8", "-f", "lavfi", "-i", "sine=330:d=8",
             "-vf", "noise=alls=80:allf=t", "-c:v", "libx264", "-preset", "ultrafast", "-qp", "12",
             "-g", "25", "-c:a", "aac", "-shortest"], clip)
    repeats = max(0, -(-size_bytes // os.path.getsize(clip)))
    _ffmpeg(["-stream_loop", str(repeats), "-i", clip, "-c", "copy", "-f", "matroska"], path)
    os.unlink(clip)
