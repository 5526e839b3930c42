# SPDX-License-Identifier: GPL-3.0-or-later
"""A device between its home's network and another one, with a relay in between.

The relay is a stand-in that forwards by the server name (relay.py); home and device are real. Two
segments: "home", with the home; "cafe", with nothing but the relay, which is on both.
"""

import configparser
import hashlib
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.environ["HEARTH_SOURCE"], "tests", "support"))
import device  # noqa: E402
import hearth  # noqa: E402
from netns import Network, available, reexec, wait_for  # noqa: E402

ROUTE = "abcdefghijklmnopqrstuvwxyz"
LOCKER = "locker.example"
RELAY = os.path.join(os.path.dirname(os.path.abspath(__file__)), "relay.py")
LARGE = 24_000_000
AT_HOME = "198.51.100.7/24"
AT_CAFE = "203.0.113.7/24"


def write_wave(path, seed, n_bytes):
    """A file of noise that is a proper WAV."""
    noise = random.Random(seed).randbytes(n_bytes)
    with open(path, "wb") as file:
        file.write(b"RIFF" + struct.pack("<I", 36 + n_bytes) + b"WAVEfmt " +
                   struct.pack("<IHHIIHH", 16, 1, 2, 44100, 176400, 4, 16) + b"data" +
                   struct.pack("<I", n_bytes) + noise)


def digests(folder):
    """SHA-256 of every media file below @folder."""
    found = []
    for top, _, names in os.walk(folder):
        for name in names:
            if name.endswith(".wav"):
                with open(os.path.join(top, name), "rb") as file:
                    found.append(hashlib.sha256(file.read()).hexdigest())
    return sorted(found)


@unittest.skipUnless(available(), "needs network namespaces")
class AwayTest(unittest.TestCase):
    def setUp(self):
        self.media = tempfile.mkdtemp(prefix="hearth-test-")
        self.addCleanup(shutil.rmtree, self.media, ignore_errors=True)
        for number, size in enumerate((40_000, 300_000, LARGE)):
            write_wave(f"{self.media}/{number}.wav", number, size)
        self.net = self.enterContext(Network())
        self.home_host = self.net.host("home", "198.51.100.1/24", segment="home")
        self.phone_host = self.net.host("phone", AT_HOME, segment="home")
        self.net.link(self.phone_host, segment="cafe")
        self.relay_host = self.net.host("relay", "198.51.100.9/24", segment="home")
        self.net.link(self.relay_host, "203.0.113.9/24", segment="cafe")
        self.home = self.enterContext(hearth.Daemon(
            name="Home", interfaces=["eth0"], media=[self.media],
            prefix=self.home_host.command([])))
        self.home.wait_for_scan()
        self.pair()
        self.start_relay()

    def pair(self):
        self.phone = self.enterContext(device.Device(self.phone_host))
        self.folder = os.path.join(self.phone.own_dir, "Music folder")
        self.phone.pair(device.offer(self.home)["code"], "--folder", self.folder)
        self.port = self.home.get("pairing")["port"]
        paired = self.home.get("paired")["paired"][0]["id"]
        self.home.put(f"paired/{paired}/rule", rule={"everything": True})

    def start_relay(self):
        """And what GET /away would have told of it."""
        self.relay = self.relay_host.start(
            [sys.executable, RELAY, "0.0.0.0", "8443", f"{ROUTE}.{LOCKER}", "198.51.100.1",
             str(self.port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        path = os.path.join(self.phone.state_dir, "homes", "Home.home")
        file = configparser.RawConfigParser()
        file.optionxform = str
        file.read(path, encoding="utf-8")
        file["away"] = {"revision": "1", "locker": LOCKER, "address": "203.0.113.9",
                        "port": "8443", "route": ROUTE, "session-rate": "2500000",
                        "wake": "02:00:00:00:00:01;"}
        with open(path, "w", encoding="utf-8") as out:
            file.write(out, space_around_delimiters=False)

    def tell_relay(self, state):
        self.relay.stdin.write(state + "\n")
        self.relay.stdin.flush()
        self.relay.stdout.readline()

    def slow_home(self, rate):
        self.home_host.run(["tc", "qdisc", "add", "dev", "eth0", "root", "tbf", "rate", rate,
                            "burst", "128k", "latency", "50ms"])

    def start_agent(self):
        self.log = os.path.join(self.phone.own_dir, "log")
        with open(self.log, "wb") as out:
            self.agent = self.phone_host.start(
                [device.HANDHELD, "run", "--state-dir", self.phone.state_dir], stdout=out,
                stderr=out, env=dict(self.phone.env, HEARTH_LOG="info,reach=debug,transport=debug"))
        self.addCleanup(self.stop_agent)

    def stop_agent(self):
        code = self.phone_host.stop(self.agent, timeout=20)
        with open(self.log, encoding="utf-8", errors="replace") as file:
            text = file.read()
        if os.environ.get("AWAY_LOG"):
            print(text)
        self.assertEqual(code, 0, text)
        for mark in hearth.SANITIZER_MARKS:
            self.assertNotIn(mark, text)

    def status(self):
        path = os.path.join(self.phone.state_dir, "sync", "Home.status")
        try:
            with open(path, encoding="utf-8") as file:
                return json.load(file)
        except (OSError, ValueError):
            return {}

    def wait_for_bytes(self, n_bytes, path, since=None):
        """Returns: how long it took."""
        begin = time.monotonic()
        wait_for(f"{n_bytes} bytes by {path}",
                 lambda: self.status().get("bytes_fetched", 0) >= n_bytes and
                 self.status().get("path") == path, timeout=30)
        return time.monotonic() - (since or begin)

    def to_cafe(self):
        self.phone_host.remove_address(AT_HOME, "eth0")
        self.phone_host.add_address(AT_CAFE, "eth1")
        self.phone_host.ip("link", "set", "eth1", "up")

    def test_a_sync_goes_on_where_it_was(self):
        self.slow_home("60mbit")
        self.start_agent()
        self.wait_for_bytes(3_000_000, "lan")
        before = self.status()["bytes_fetched"]
        moved = time.monotonic()
        self.to_cafe()
        took = self.wait_for_bytes(before + 1, "relay", moved)
        self.wait_for_bytes(before + 4_000_000, "relay")
        text = self.phone.run("status").stdout
        self.assertRegex(text, r"relayed at .* Mbit/s \(limit 20 Mbit/s\)")
        # Home again, while the other network is still there.
        before = self.status()["bytes_fetched"]
        moved = time.monotonic()
        self.phone_host.add_address(AT_HOME, "eth0")
        back = self.wait_for_bytes(before + 1, "lan", moved)
        print(f"on the relay after {took:.2f} s, on the LAN again after {back:.2f} s")
        wait_for("all of it", lambda: self.status().get("state") == "idle" and
                 self.status().get("operations_left") == 0, timeout=30)
        self.assertEqual(digests(self.folder), digests(self.media))
        done = self.status()
        whole = sum(os.path.getsize(os.path.join(self.media, name))
                    for name in os.listdir(self.media))
        self.assertEqual(done["bytes_fetched"], whole, "no byte was taken twice")
        print(f"{done['bytes_received']} bytes came for {whole}")
        # What was under way when the path broke, or was let go, is all that was sent for nothing.
        self.assertLess(done["bytes_received"], whole * 1.02 + 2 * 4_000_000)

    def test_it_says_why_the_home_is_not_there(self):
        self.to_cafe()
        for state, expected in (("asleep", "asleep or off"), ("limit", "a limit")):
            self.tell_relay(state)
            done = self.phone.run("sync", "--json")
            self.assertEqual(done.returncode, 3, done.stderr)
            self.assertIn(expected, done.stderr)
        self.tell_relay("open")
        done = self.phone.run("sync", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout.splitlines()[-1])["path"], "relay")


if __name__ == "__main__":
    reexec()
    unittest.main(verbosity=2)
