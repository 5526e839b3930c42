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
# name: options of the panel, then what is clicked.
PAGES = {
    "home": (["--page", "home"], []),
    "library": (["--page", "library"], []),
    "tracks": (["--page", "library"], [("Tracks", "push button")]),
    "search": (["--search", "light"], []),
    "details": (["--page", "library"], [("Tracks", "push button"), ("Details", "push button")]),
    "devices": (["--page", "devices"], []),
    "handheld": (["--page", "devices"], [("Phone", "list item")]),
    "pairing": (["--page", "devices"], [("Pair a handheld", "push button")]),
    "away": (["--page", "away"], []),
    "doctor": (["--page", "doctor"], []),
}
RULE = {"newest": 6, "playlists": ["Evening"], "max_bytes": 8000000, "rendition": ["opus-128"]}


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
    import device  # pylint: disable=import-outside-toplevel
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
            with device.Device() as phone:
                shoot(options, desktop, daemon, phone)


def pair(daemon, phone):
    """A paired handheld with a rule, and a television that has asked."""
    offer = daemon.post("pairing", name="Phone")
    port = daemon.get("pairing")["port"]
    phone.pair(offer["text"], "--address", f"127.0.0.1:{port}")
    daemon.put("paired/Phone/rule", rule=RULE)


def shoot(options, desktop, daemon, phone):
    pair(daemon, phone)
    for size in options.sizes:
        for scheme in options.schemes:
            with desktop.Desktop(*SIZES[size], scheme=scheme) as screen:
                for name in options.only or PAGES:
                    arguments, clicks = PAGES[name]
                    with screen.panel(daemon, *arguments) as panel:
                        panel.settle()
                        for click, role in clicks:
                            panel.click(click, role, part=True)
                            panel.settle(1)
                        screen.picture(os.path.join(
                            options.output, f"{name}-{size}-{scheme}.png"))


if __name__ == "__main__":
    main()
