#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes pictures of hearth-panel in an X server of its own: every page, wide and narrow, light and dark.

    tests/panel/screenshots.py --build build --output FOLDER [--only NAME…]
    tests/panel/screenshots.py --build build --readme docs/pictures

The home is a real one (demo_home.py): a hearthd with ten thousand tracks, televisions, a radio, a phone, a
tablet that is away, and their locker. It needs root, or user namespaces. --library keeps what is shared for
the next run. --readme takes the few pictures of the README, and makes them small.
"""

import argparse
import contextlib
import gettext
import os
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "..", "support")]

SIZES = {"wide": (1280, 800), "narrow": (360, 720)}
EDGE = 5  # pixels
LANGUAGES = {"en": "en_GB", "de": "de_DE"}
PUSH, ITEM, CHECK = "push button", "list item", "check box"


def say(name):
    """The text as the panel shows it in the language of the pictures."""
    catalogue = gettext.translation("hearth", os.path.join(os.environ["HEARTH_BUILD"], "po"),
                                    [os.environ.get("LANGUAGE", "en")], fallback=True)
    return catalogue.gettext(name)


def click(name, role=PUSH, part=False):
    return lambda panel: (panel.click(say(name), role, part=part), panel.settle(1.2))


def push(name):
    return click(name, PUSH, part=True)


def keys(text):
    return lambda panel: (panel.keys(text), panel.settle(1.5))


def press(*names):
    return lambda panel: ([panel.press(name) for name in names], panel.settle(1.2))


def rest(seconds):
    return lambda panel: panel.settle(seconds)


def scroll(clicks):
    return lambda panel: (panel.scroll(clicks), panel.settle(.8))


def point(x, y):
    """A click at a part of the window."""
    return lambda panel: (panel.point(x, y), panel.settle(1.5))


# ---- Where something else than the household is looked at ----

@contextlib.contextmanager
def nobody(home):
    yield os.path.join(home.scratch, "nobody")


@contextlib.contextmanager
def new_home(home):
    """hearthd on its first day."""
    folder = os.path.join(home.scratch, "Music")
    os.makedirs(folder, exist_ok=True)
    with home.another(name="hearth on larch") as daemon:
        for root in daemon.get("roots")["roots"]:
            daemon.post("roots/remove", path=root["path"])
        yield daemon


@contextlib.contextmanager
def scanning_home(home):
    with home.another(media=[home.library], config="[library]\nworkers=1\n") as daemon:
        daemon.wait_for(lambda status: status["scan"]["phase"] == "reading" and status["scan"]["n_read"] > 400,
                        "the scan", 60)
        yield daemon


@contextlib.contextmanager
def troubled_home(home):
    """A folder is away, and a television waits for permission."""
    away = "/tmp/hearth-shots/Backup Disk"
    os.makedirs(away, exist_ok=True)
    home.daemon.post("roots/add", path=away)
    os.rmdir(away)
    home.daemon.post("scan")
    home.daemon.put("config/dlna.new-devices-wait", value="true")
    home.new_television()
    home.daemon.wait_for(lambda status: not all(root["is_available"] for root in status["roots"]), "the folder to go")
    try:
        yield home.daemon
    finally:
        home.daemon.put("config/dlna.new-devices-wait", value="false")
        home.daemon.post("roots/remove", path=away)
        for each in home.daemon.get("devices")["devices"]:
            if each["policy"] == "waiting":
                home.daemon.delete("devices/" + each["id"])


@contextlib.contextmanager
def dying_home(home):
    with home.another(media=[home.small]) as daemon:
        daemon.wait_for_scan()
        home.dying = daemon
        yield daemon



@contextlib.contextmanager
def apart_home(home):
    home.leave()
    yield home.daemon


@contextlib.contextmanager
def joined_home(home):
    if not home.daemon.get("locker")["joined"]:
        home.join()
    yield home.daemon


@contextlib.contextmanager
def syncing_home(home):
    """The phone gets more over a network that is slow."""
    rule = dict(home.RULES["phone"], newest=60)
    phone = "paired/" + home.id_of("Mila’s Phone")
    home.slow_down("24mbit")
    home.daemon.put(phone + "/rule", rule=rule)
    time.sleep(3)
    try:
        yield home.daemon
    finally:
        home.daemon.put(phone + "/rule", rule=home.RULES["phone"])
        home.slow_down(None)


LIBRARY = ["--page", "library"]
DEVICES = ["--page", "devices"]
PHONE = [click("Mila’s Phone", ITEM), rest(2)]
# name: where, options of the panel, what is done.
SCENES = {
    "start": (nobody, [], [rest(2)]),
    "first-run": (new_home, [], [rest(1)]),
    "home": (None, [], [rest(1)]),
    "home-below": (None, [], [scroll(20)]),
    "home-scanning": (scanning_home, [], [rest(1)]),
    "home-warning": (troubled_home, [], [rest(1)]),
    "home-gone": (dying_home, [], ["kill"]),
    "albums": (None, LIBRARY, [rest(2)]),
    "artists": (None, LIBRARY, [click("Artists")]),
    "tracks": (None, LIBRARY, [click("Tracks")]),
    "videos": (None, LIBRARY, [click("Videos")]),
    "photos": (None, LIBRARY, [click("Photos"), rest(2)]),
    "playlists": (None, LIBRARY, [click("Playlists")]),
    "sort-menu": (None, LIBRARY, [push("Order")]),
    "album": (None, ["--search", "harbour lights"], [press("Return"), rest(1)]),
    "artist": (None, ["--search", "mira"], [click("Artists"), press("Return"), rest(1)]),
    "search": (None, ["--search", "river"], [rest(1.5)]),
    "search-all": (None, ["--search", "bridges"], [rest(1), click("Everything"), rest(1)]),
    "search-nothing": (None, ["--search", "xylophone quartet"], [rest(1)]),
    "playing": (None, ["--search", "harbour lights"],
                [press("Return"), rest(1), push("Play"), rest(2)]),
    "item": (None, ["--search", "harbour lights"], [press("Return"), rest(1), click("Details")]),
    "item-below": (None, ["--search", "harbour lights"], [press("Return"), rest(1), click("Details"), scroll(20)]),
    "add-to-playlist": (None, ["--search", "harbour lights"],
                        [press("Return"), rest(1), click("Details"), push("Add to a playlist")]),
    "playlist": (None, ["--search", "sunday"], [click("Playlists"), press("Return"), rest(1)]),
    "playlist-editor": (None, ["--search", "sunday"],
                        [click("Playlists"), press("Return"), rest(1), push("Edit playlist"), rest(1)]),
    "video": (None, ["--search", "lighthouse"], [click("Videos"), press("Return"), rest(3)]),
    "photo": (None, LIBRARY, [click("Photos"), rest(1), point(.16, .35), rest(1)]),
    "devices": (None, DEVICES, [rest(1)]),
    "television": (None, DEVICES, [click("Living Room", ITEM), rest(1)]),
    "television-below": (None, DEVICES, [click("Living Room", ITEM), rest(1), scroll(40)]),
    "handheld": (None, DEVICES, PHONE),
    "handheld-syncing": (syncing_home, DEVICES, PHONE + [rest(12)]),
    "rule": (None, DEVICES, PHONE + [scroll(7)]),
    "rule-preview": (None, DEVICES, PHONE + [click("Everything", CHECK, part=True), rest(2), scroll(15)]),
    "rule-below": (None, DEVICES, PHONE + [click("Everything", CHECK, part=True), rest(2), scroll(90)]),
    "rule-names": (None, DEVICES, PHONE + [click("Artists", ITEM), rest(1)]),
    "revoke": (None, DEVICES, PHONE + [push("Revoke Access…")]),
    "pairing": (None, DEVICES, [push("Pair a handheld"), rest(1)]),
    "away-apart": (apart_home, ["--page", "away"], [rest(1)]),
    "away": (joined_home, ["--page", "away"], [rest(1)]),
    "settings": (None, [], [press("ctrl+comma"), rest(1)]),
    "settings-below": (None, [], [press("ctrl+comma"), rest(1), scroll(40)]),
    "doctor": (None, ["--page", "doctor"], [rest(3)]),
    "menu": (None, [], [press("F10")]),
    "shortcuts": (None, [], [press("ctrl+shift+slash")]),
    "about": (None, [], [press("F10"), press("Up", "Return")]),
}
README = (("home", "wide", "light"), ("albums", "wide", "light"), ("playing", "wide", "dark"),
          ("rule-preview", "wide", "light"), ("pairing", "narrow", "dark"), ("search", "narrow", "light"))


def parse():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--build", default="build")
    parser.add_argument("--output", help="a folder for the pictures")
    parser.add_argument("--readme", metavar="FOLDER", help="make the pictures of the README here")
    parser.add_argument("--library", help="keep the demo library here")
    parser.add_argument("--only", nargs="*", help="some of: " + " ".join(SCENES))
    parser.add_argument("--sizes", nargs="*", default=list(SIZES))
    parser.add_argument("--schemes", nargs="*", default=["light", "dark"])
    parser.add_argument("--language", choices=LANGUAGES, default="en")
    options = parser.parse_args()
    if not options.output and not options.readme:
        parser.error("--output or --readme")
    os.environ.update(HEARTH_BUILD=os.path.abspath(options.build), LANGUAGE=options.language)
    return options


def make_locale(language, folder):
    """Numbers and dates are written as the locale says; it need not be one of this computer's."""
    os.makedirs(folder, exist_ok=True)
    name = LANGUAGES[language] + ".UTF-8"
    subprocess.run(["localedef", "-i", LANGUAGES[language], "-f", "UTF-8", os.path.join(folder, name)], check=True)
    return name


def take(screen, home, scene, path):
    where, arguments, steps = SCENES[scene]
    with (where or contextlib.nullcontext)(*([home] if where else [])) as daemon:
        with screen.panel(daemon or home.daemon, *arguments) as panel:
            panel.settle(2)
            for step in steps:
                if step == "kill":
                    home.dying.kill()
                    panel.settle(4)
                else:
                    step(panel)
            screen.picture(path)
        if "kill" in steps:
            home.dying.start()


def studio(size, **options):
    """A desktop whose pictures look as on a real one: popovers are translucent, dialogs in the middle, and the
    edge that a window has where there is no window manager is cut off."""
    import desktop  # pylint: disable=import-outside-toplevel

    class Studio(desktop.Desktop):
        def __enter__(self):
            super().__enter__()
            with open(os.path.join(self.dir, ".config/gtk-4.0/settings.ini"), "a", encoding="utf-8") as file:
                file.write("gtk-decoration-layout=:close\n")
            self.compositor = subprocess.Popen(["xcompmgr", "-n"], env=self.env)
            return self

        def __exit__(self, *exception):
            self.compositor.terminate()
            self.compositor.wait()
            super().__exit__(*exception)

        def ask(self, *command):
            return subprocess.run(command, env=self.env, capture_output=True, text=True, check=False).stdout

        def centre_dialogs(self):
            for window in self.ask("xdotool", "search", "--onlyvisible", "--class", "hearth-panel").split():
                if "window id" not in self.ask("xprop", "-id", window, "WM_TRANSIENT_FOR") or \
                        "DIALOG" not in self.ask("xprop", "-id", window, "_NET_WM_WINDOW_TYPE") + \
                        self.ask("xprop", "-id", window, "_NET_WM_STATE").replace("MODAL", "DIALOG"):
                    continue
                place = dict(line.split("=") for line in self.ask(
                    "xdotool", "getwindowgeometry", "--shell", window).split() if "=" in line)
                self.ask("xdotool", "windowmove", window, str(max(0, (self.width - int(place["WIDTH"])) // 2)),
                         str(max(0, (self.height - int(place["HEIGHT"])) // 2)))
            time.sleep(.5)

        def picture(self, path):
            self.centre_dialogs()
            subprocess.run(["import", "-window", "root", "-crop",
                            f"{self.width - 2 * EDGE}x{self.height - 2 * EDGE}+{EDGE}+{EDGE}", "+repage", path],
                           env=self.env, check=True)

    width, height = SIZES[size]
    return Studio(width + 2 * EDGE, height + 2 * EDGE, **options)


def shoot(options, home, pictures):
    """@pictures: (scene, size, scheme, path)."""
    failures = []
    for size, scheme in dict.fromkeys((size, scheme) for _, size, scheme, _ in pictures):
        with studio(size, scheme=scheme, language=home.locale) as screen:
            screen.env.update(LOCPATH=home.locale_folder, LANGUAGE=options.language)
            for scene, *manner, path in pictures:
                if manner != [size, scheme]:
                    continue
                try:
                    take(screen, home, scene, path)
                except AssertionError as error:
                    screen.picture(path)
                    failures.append(scene)
                    print(f"{scene} {size} {scheme}: {str(error)[:600]}", file=sys.stderr)
    return failures


def shrink(path):
    subprocess.run(["pngquant", "--force", "--ext", ".png", "--skip-if-larger", "--quality", "70-95", path], check=False)
    subprocess.run(["optipng", "-quiet", "-strip", "all", path], check=True)


def pictures_of(options):
    if options.readme:
        return [(*each, os.path.join(options.readme, "-".join(each) + ".png")) for each in README
                if not options.only or each[0] in options.only]
    ending = "" if options.language == "en" else "-" + options.language
    return [(scene, size, scheme, os.path.join(options.output, f"{scene}-{size}-{scheme}{ending}.png"))
            for size in options.sizes for scheme in options.schemes for scene in options.only or SCENES]


def main():
    options = parse()
    import demo_home  # pylint: disable=import-outside-toplevel
    import demo_library  # pylint: disable=import-outside-toplevel
    import netns  # pylint: disable=import-outside-toplevel
    netns.reexec()
    os.makedirs(options.output or options.readme, exist_ok=True)
    scratch = tempfile.mkdtemp(prefix="hearth-shots-")
    try:
        library = options.library or os.path.join(scratch, "library")
        demo_library.make(library)
        home = demo_home.Home(library)
        home.scratch, home.RULES = scratch, demo_home.RULES
        home.small = os.path.join(library, "Music", "Juniper Lane")
        home.locale_folder = os.path.join(scratch, "locales")
        home.locale = make_locale(options.language, home.locale_folder)
        with home:
            home.start_agent("phone")
            home.join()
            home.send_tablet_away()
            pictures = pictures_of(options)
            failures = shoot(options, home, pictures)
            for *_, path in pictures if options.readme else []:
                shrink(path)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
