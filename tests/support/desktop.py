# SPDX-License-Identifier: GPL-3.0-or-later
"""An X server without a screen, a session bus with accessibility, and hearth-panel in it.

    with desktop.Desktop(1000, 720) as screen, screen.panel(daemon) as panel:
        panel.find("Library", "toggle button").click()
        screen.picture("library.png")

The panel is seen and driven through AT-SPI, as a screen reader does it, by its names and roles.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import hearth

PANEL = os.path.join(hearth.BUILD, "panel", "hearth-panel")
DRIVER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "atspi_driver.py")


# Controls that a person works: each has to say what it is.
CONTROLS = {"push button", "toggle button", "check box", "switch", "entry", "text", "spin button", "slider",
            "combo box", "radio button", "menu item", "progress bar", "level bar", "page tab", "list item", "table cell"}


class Desktop:
    def __init__(self, width=1000, height=720, scheme="light", language="C.UTF-8", animations=False):
        self.width = width
        self.height = height
        self.dir = tempfile.mkdtemp(prefix="hearth-desktop-")
        self.env = dict(
            os.environ, HOME=self.dir, XDG_RUNTIME_DIR=self.dir, LC_ALL=language,
            GDK_BACKEND="x11", GSK_RENDERER="cairo", GSETTINGS_BACKEND="memory", NO_AT_BRIDGE="0",
            GTK_A11Y="atspi", ADW_DEBUG_COLOR_SCHEME=f"prefer-{scheme}",
            ASAN_OPTIONS="detect_leaks=0:abort_on_error=1",  # fontconfig, Pango and Mesa keep what they made
            G_DEBUG="fatal-criticals",  # warnings are looked for in what it has logged
            HEARTH_LOCALE_DIR=os.path.join(hearth.BUILD, "po"), PULSE_SERVER="/nowhere")
        for name in ("WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "AT_SPI_BUS_ADDRESS", "LANGUAGE",
                     "XDG_CONFIG_HOME", "XDG_DATA_HOME", "HEARTH_SOCKET"):
            self.env.pop(name, None)
        if not animations:
            config = os.path.join(self.dir, ".config", "gtk-4.0")
            os.makedirs(config)
            with open(os.path.join(config, "settings.ini"), "w", encoding="utf-8") as file:
                file.write("[Settings]\ngtk-enable-animations=0\ngtk-cursor-blink=0\n"
                           "gtk-font-name=Cantarell 11\ngtk-icon-theme-name=Adwaita\n")
        # The driver's libraries warn of what has gone while they looked at it.
        self.driver_env = None
        self.server = None
        self.bus = None

    def __enter__(self):
        read, write = os.pipe()
        self.server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{self.width}x{self.height}x24",
             "-nolisten", "tcp", "-noreset"], pass_fds=[write], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read) as answer:
            number = answer.readline().strip()
        assert number, "Xvfb did not start"
        self.env["DISPLAY"] = ":" + number
        self.bus = subprocess.Popen(
            ["dbus-daemon", "--session", "--nofork", "--print-address=1"], env=self.env,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.env["DBUS_SESSION_BUS_ADDRESS"] = self.bus.stdout.readline().strip()
        self.driver_env = {name: value for name, value in self.env.items() if name != "G_DEBUG"}
        return self

    def __exit__(self, *exception):
        for process in (self.bus, self.server):
            process.terminate()
            process.wait()
        self.bus.stdout.close()
        shutil.rmtree(self.dir, ignore_errors=True)

    def panel(self, daemon, *arguments, **options):
        return Panel(self, daemon, arguments, **options)

    def picture(self, path):
        subprocess.run(["import", "-window", "root", path], env=self.env, check=True)


def tell(driver, what, **request):
    """One line to @driver, one line back; None once it has ended."""
    request.update(do=what, application="hearth-panel")
    try:
        driver.stdin.write(json.dumps(request) + "\n")
        driver.stdin.flush()
    except OSError:
        return None
    line = driver.stdout.readline()
    return json.loads(line) if line else None


class Heartbeat:
    """Asks a panel's main loop twenty times a second for a sign of life; .longest is its longest pause in seconds,
    without what it waited for a processor that others had."""

    def __init__(self, panel):
        self.panel = panel
        self.longest = 0.0
        self.n_beats = 0
        self.driver = None
        self.thread = None
        self.is_over = threading.Event()

    def __enter__(self):
        self.driver = self.panel.start_driver()
        self.thread = threading.Thread(target=self.beat)
        self.thread.start()
        return self

    def __exit__(self, *exception):
        self.is_over.set()
        self.thread.join()
        self.driver.stdin.close()
        self.driver.wait()
        self.driver.stdout.close()

    def waited(self):
        """Seconds that the panel's main thread could have run and did not."""
        try:
            with open(f"/proc/{self.panel.process.pid}/schedstat", encoding="ascii") as file:
                return int(file.read().split()[1]) / 1e9
        except (OSError, IndexError):
            return 0.0

    def beat(self):
        while not self.is_over.wait(0.05):
            before = self.waited()
            reply = tell(self.driver, "ping")
            if reply is None:
                return
            if reply["seconds"] is not None:
                self.n_beats += 1
                self.longest = max(self.longest, reply["seconds"] - max(0.0, self.waited() - before))

    def take(self):
        """The longest pause since it was last taken."""
        longest, self.longest = self.longest, 0.0
        return longest


class Panel:
    """hearth-panel, which looks at @daemon's socket; a path will do."""

    def __init__(self, desktop, daemon, arguments, env=None):
        self.desktop = desktop
        socket = daemon if isinstance(daemon, str) else daemon.socket_path
        self.command = [PANEL, "--socket", socket,
                        "--size", f"{desktop.width}x{desktop.height}", *arguments]
        self.env = dict(desktop.env, **(env or {}))
        self.log_path = os.path.join(desktop.dir, "panel.log")
        self.process = None
        self.driver = None

    def __enter__(self):
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen(self.command, env=self.env, stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL)
        return self

    def __exit__(self, kind, value, trace):
        if self.driver is not None:
            self.driver.stdin.close()
            self.driver.wait()
            self.driver.stdout.close()
            self.driver = None
        self.process.terminate()
        self.process.wait()
        # AdwViewSwitcherTitle of libadwaita 1.2 measures its hidden half in a window that is narrow;
        # GTK 4.8 loses count of a pressed row that is covered meanwhile. This desktop shows no notifications.
        known = ("attempt to allocate", "Broken accounting", "unable to send notifications")
        log = "\n".join(line for line in self.log().splitlines() if not any(each in line for each in known))
        if kind is not None:
            print(log, file=sys.stderr)
        for mark in (*hearth.SANITIZER_MARKS, "CRITICAL **", "WARNING **"):
            assert mark not in log, log

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def settle(self, seconds=2.0):
        """Long enough for the first answers and pictures to be drawn."""
        time.sleep(seconds)
        assert self.process.poll() is None, self.log()

    # ---- Seen and driven through AT-SPI ----

    def start_driver(self):
        return subprocess.Popen(["/usr/bin/python3", DRIVER], env=self.desktop.driver_env, stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, text=True)

    def ask(self, what, **request):
        if self.driver is None:
            self.driver = self.start_driver()
        reply = tell(self.driver, what, **request)
        assert reply is not None, "the driver ended"
        assert self.process.poll() is None, f"it ended with {self.process.returncode}\n" + self.log()
        return reply

    def wait_for(self, name, role=None, part=False, timeout=20, what="look"):
        """Until something of that name is on the screen."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            reply = self.ask(what, name=name, role=role, part=part)
            if reply["found"]:
                return reply
            time.sleep(0.1)
        seen = sorted({node["name"] for node in self.nodes()})
        raise AssertionError(f"no {role or 'thing'} “{name}” on the screen, but {seen}\n{self.log()}")

    def wait_until_gone(self, name, timeout=20):
        deadline = time.monotonic() + timeout
        while self.ask("look", name=name)["found"]:
            assert time.monotonic() < deadline, f"“{name}” is still there"
            time.sleep(0.1)

    def wait_for_match(self, pattern, timeout=20):
        """The first name that is as @pattern says, whole."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            for node in self.nodes():
                if re.fullmatch(pattern, node["name"]):
                    return node["name"]
            time.sleep(0.1)
        raise AssertionError(f"nothing like {pattern} on the screen")

    def click(self, name, role=None, part=False):
        self.wait_for(name, role, part)
        reply = self.ask("click", name=name, role=role, part=part)
        if "x" in reply:  # a row of a list has no action in GTK 4.8: with the pointer, then
            self.point_at(reply)
            return
        assert reply.get("done"), f"“{name}” takes no click: {reply}"
        time.sleep(0.3)  # a window that it closes is gone by then

    def try_click(self, name, role=None):
        """Where it is there at this moment. Returns: whether it was."""
        reply = self.ask("click", name=name, role=role, part=False)
        if "x" in reply:
            self.point_at(reply)
        return reply["found"]

    def point_at(self, place):
        found = subprocess.run(["xdotool", "search", "--onlyvisible", "--name", f"^{re.escape(place['window'])}$",
                                "getwindowgeometry", "--shell"], env=self.desktop.env, check=True,
                               capture_output=True, text=True).stdout
        x, y = (int(re.search(rf"^{letter}=(-?\d+)", found, re.M)[1]) for letter in "XY")
        subprocess.run(["xdotool", "mousemove", str(x + place["x"]), str(y + place["y"]), "click", "1"],
                       env=self.desktop.env, check=True)
        time.sleep(0.1)

    def press(self, key):
        subprocess.run(["xdotool", "key", key], env=self.desktop.env, check=True)

    def keys(self, text):
        subprocess.run(["xdotool", "type", "--delay", "30", text], env=self.desktop.env, check=True)

    def scroll(self, clicks):
        """With the wheel, in the middle of the window."""
        self.point(.5, .6, "--repeat", str(clicks), "--delay", "15", "5")

    def point(self, x, y, *click):
        """A click at parts of the window's width and height."""
        subprocess.run(["xdotool", "mousemove", str(int(x * self.desktop.width)), str(int(y * self.desktop.height)),
                        "click", *(click or ("1",))], env=self.desktop.env, check=True)

    def reach(self, name, tabs=40):
        """By the keyboard alone. Returns: where it went, up to the control of that name."""
        self.wait_for(name)
        path = []
        for _ in range(tabs):
            here = self.focused()
            path.append(here.get("name", ""))
            if path[-1] == name:
                return path
            self.press("Tab")
        raise AssertionError(f"the keyboard does not come to “{name}”, but to {path}")

    def type_at(self, name, text):
        """Into the field of that name, in the place of what it holds."""
        self.point_at(self.wait_for(name, "text", what="place"))
        self.press("ctrl+a")
        self.keys(text)

    def focused(self):
        return self.ask("focused")

    def windows(self):
        return self.ask("windows")["windows"]

    def value(self, name):
        return self.ask("look", name=name, value=True).get("value")

    def wait_for_window(self, title, timeout=20):
        """Until the window of that title is the one in front."""
        deadline = time.monotonic() + timeout
        while (windows := self.windows())[-1:] != [title]:
            assert time.monotonic() < deadline, f"in front is not “{title}”, but {windows}"
            time.sleep(0.1)

    def nameless(self):
        """Controls that do not say what they are: by GTK 4.8 they are called by their class, or with the
        underscore of their mnemonic. What a row has chosen, in a list of its own, has the row's name."""
        return [node for node in self.nodes() if node["role"] in CONTROLS and not node["row"] and
                (not node["name"] or re.match(r"(Gtk|Adw|Hth)[A-Z]|[^/]*_", node["name"]))]

    def names(self):
        return self.ask("names")["names"]

    def nodes(self):
        return self.ask("tree")["nodes"]
