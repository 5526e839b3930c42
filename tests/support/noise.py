# SPDX-License-Identifier: GPL-3.0-or-later
"""Media files of a wanted size whose bytes cannot be packed."""

import os
import random
import struct


def write_wave(path, seed, n_bytes):
    """A file of noise that is a proper WAV."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    noise = random.Random(seed).randbytes(n_bytes)
    with open(path, "wb") as file:
        file.write(b"RIFF" + struct.pack("<I", 36 + n_bytes) + b"WAVEfmt " +
                   struct.pack("<IHHIIHH", 16, 1, 2, 44100, 176400, 4, 16) + b"data" +
                   struct.pack("<I", n_bytes) + noise)
