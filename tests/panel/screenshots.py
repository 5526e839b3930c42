#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes pictures of hearth-panel in an X server of its own, wide and narrow, light and dark.

    tests/panel/screenshots.py --build build --output FOLDER [--media FOLDER…] [--only NAME…]

A real hearthd shares the folders (a small library is made without any); the windows are real ones.
"""

import argparse
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))

SIZES = {"wide": (1000, 720), "narrow": (360, 648)}
PAGES = {
    "home": ["--page", "home"],
    "library": ["--page", "library"],
    "search": ["--search", "light"],
    "devices": ["--page", "devices"],
    "away": ["--page", "away"],
    "doctor": ["--page", "doctor"],
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--build", default="build")
    parser.add_argument("--output", required=True)
    parser.add_argument("--media", action="append")
    parser.add_argument("--only", nargs="*", help="some of: " + " ".join(PAGES))
    parser.add_argument("--sizes", nargs="*", default=list(SIZES))
    parser.add_argument("--schemes", nargs="*", default=["light", "dark"])
    options = parser.parse_args()
    os.environ["HEARTH_BUILD"] = os.path.abspath(options.build)
    import desktop  # pylint: disable=import-outside-toplevel
    import hearth  # pylint: disable=import-outside-toplevel

    os.makedirs(options.output, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="hearth-shots-") as scratch:
        media = options.media
        if not media:
            media = [os.path.join(scratch, "media")]
            subprocess.run([os.path.join(hearth.SOURCE, "tests/support/make-demo.sh"), media[0]],
                           check=True)
        with hearth.Daemon(media=media, name="Family home") as daemon:
            daemon.wait_for_scan()
            for size in options.sizes:
                for scheme in options.schemes:
                    with desktop.Desktop(*SIZES[size], scheme=scheme) as screen:
                        for name in options.only or PAGES:
                            with screen.panel(daemon, *PAGES[name]) as panel:
                                panel.settle()
                                screen.picture(os.path.join(
                                    options.output, f"{name}-{size}-{scheme}.png"))


if __name__ == "__main__":
    main()
