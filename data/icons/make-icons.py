#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws hearth's icon, a flame under a roof, and writes the four files that DLNA asks for.

    data/icons/make-icons.py data/icons

The PNGs come from here byte for byte; the JPEGs are ffmpeg's encoding of the same pixels."""
import math
import struct
import subprocess
import sys
import zlib

GROUND = (43, 36, 51)
ROOF = (236, 222, 205)
OUTER = (238, 120, 44)
INNER = (255, 208, 92)
SAMPLES = 4


def in_ground(x, y):
    """A square with round corners that fills the picture."""
    dx, dy = max(abs(x) - 0.72, 0), max(abs(y) - 0.72, 0)
    return math.hypot(dx, dy) <= 0.28


def in_roof(x, y):
    ridge = 0.62 - 0.72 * abs(x)
    return abs(x) <= 0.80 and abs(y - ridge) <= 0.075


def in_flame(x, y, scale, foot):
    """A drop that leans a little to one side at its tip."""
    v = (y - foot) / scale
    if not 0 <= v <= 1:
        return False
    lean = 0.16 * v * v
    half = 0.78 * math.sqrt(v) * (1 - v) ** 0.8
    return abs(x / scale - lean + 0.06) <= half


def colour(x, y):
    if in_flame(x, y, 0.62, -0.70):
        return INNER
    if in_flame(x, y, 1.06, -0.78):
        return OUTER
    return ROOF if in_roof(x, y) else GROUND


def pixel(size, column, row):
    total = [0, 0, 0, 0]
    for i in range(SAMPLES * SAMPLES):
        x = (column + (i % SAMPLES + 0.5) / SAMPLES) / size * 2 - 1
        y = 1 - (row + (i // SAMPLES + 0.5) / SAMPLES) / size * 2
        if in_ground(x, y):
            for channel, value in enumerate(colour(x, y)):
                total[channel] += value
            total[3] += 1
    count = total[3]
    if count == 0:
        return (255, 255, 255, 0)
    return tuple(round(total[c] / count) for c in range(3)) + (round(255 * count / SAMPLES ** 2),)


def chunk(kind, body):
    return (struct.pack(">I", len(body)) + kind + body
            + struct.pack(">I", zlib.crc32(kind + body)))


def write_png(path, size, rows):
    raw = b"".join(b"\0" + bytes(v for p in row for v in p) for row in rows)
    with open(path, "wb") as out:
        out.write(b"\x89PNG\r\n\x1a\n"
                  + chunk(b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0))
                  + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b""))


def write_jpeg(path, size, rows):
    flat = bytes(round((v * p[3] + 255 * (255 - p[3])) / 255)
                 for row in rows for p in row for v in p[:3])
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgb24",
                    "-s", f"{size}x{size}", "-i", "-", "-q:v", "3", "-pix_fmt", "yuvj420p",
                    "-flags", "+bitexact", "-fflags", "+bitexact", "-update", "1",
                    "-frames:v", "1", path], input=flat, check=True)


def main():
    folder = sys.argv[1]
    for size in (48, 120):
        rows = [[pixel(size, c, r) for c in range(size)] for r in range(size)]
        write_png(f"{folder}/hearth-{size}.png", size, rows)
        write_jpeg(f"{folder}/hearth-{size}.jpg", size, rows)


main()
