#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A single folder with very many files: found whole, browsed in pages, in bounded memory.

    many_files.py [--files N]

The files are hard links to one MP3, so they cost no space. Prints time and memory; the figures of a release
build at 100,000 are the ones to compare (HEARTH_BUILD names the build folder).
"""

import argparse
import os
import random
import tempfile
import time

import common
from common import hearth, tagged

LINKS_A_FILE = 20000  # ext4 takes 65,000 links to one file, others fewer


def fill(folder, count):
    os.makedirs(folder)
    sound = tagged.sound(folder)
    source = None
    for number in range(count):
        path = os.path.join(folder, f"{number:06d} some track.mp3")
        if number % LINKS_A_FILE == 0:
            source = path
            with open(path, "wb") as file:
                file.write(tagged.id3({"title": f"Part {number}", "artist": "Many", "album": "One"}) + sound)
        else:
            os.link(source, path)


def timed_page(daemon, start):
    began = time.monotonic()
    page = daemon.get("browse/music-all", start=start, count=100)
    return len(page["objects"]), time.monotonic() - began


def run(count):
    with tempfile.TemporaryDirectory(prefix="hearth-test-") as folder:
        media = os.path.join(folder, "media", "All of them")
        fill(media, count)
        state = os.path.join(folder, "state")
        began = time.monotonic()
        with hearth.Daemon(media=[os.path.dirname(media)], state_dir=state) as daemon:
            listed_s = common.wait_until(
                "the names", lambda: daemon.get("status")["counts"]["tracks"] == count and
                time.monotonic() - began, 60 + count / 1000)
            daemon.wait_for_scan(120 + count / 50)
            read_s = time.monotonic() - began
            assert daemon.get("status")["scan"]["n_failed"] == 0
            peak = common.memory_kb(daemon.process.pid, "VmHWM")
            chance = random.Random(1)
            slowest = 0
            for _ in range(50):
                start = chance.randrange(count - 100)
                n_objects, took_s = timed_page(daemon, start)
                assert n_objects == 100
                slowest = max(slowest, took_s)
            assert daemon.get("browse/music-all", start=count - 1, count=100)["total"] == count
            resident = common.memory_kb(daemon.process.pid)
            began = time.monotonic()
            daemon.restart()
            daemon.wait_for_scan(120 + count / 100)
            restart_s = time.monotonic() - began
            assert daemon.get("status")["counts"]["tracks"] == count
            print(f"{count} files in one folder: names after {listed_s:.1f} s, all tags after "
                  f"{read_s:.1f} s, restart and check {restart_s:.1f} s, slowest page of 50 "
                  f"{slowest * 1000:.0f} ms, memory {resident / 1024:.0f} MB (peak {peak / 1024:.0f}), "
                  f"after the restart {common.memory_kb(daemon.process.pid) / 1024:.0f} MB")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=100000)
    run(parser.parse_args().files)


if __name__ == "__main__":
    main()
