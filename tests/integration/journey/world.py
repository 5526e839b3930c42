# SPDX-License-Identifier: GPL-3.0-or-later
"""Three networks: a home behind a router that translates addresses, a café behind another, and between them
"the internet" with a real hearth-locker. A phone is in the first or in the second.

    with World() as world:          # joined, paired, and hearth-handheld not started yet
        world.start_agent()
        world.to_cafe()

Nothing outside can reach into the home or the café: the routers know no way in, and the locker none to them.
"""

import contextlib
import http.client
import json
import os
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.environ["HEARTH_SOURCE"], "tests", "support"))
sys.path.insert(0, os.path.join(os.environ["HEARTH_SOURCE"], "tests", "integration", "sync-trouble"))
import corpus  # noqa: E402
import device  # noqa: E402
import forwarder  # noqa: E402
import hearth  # noqa: E402
import locker  # noqa: E402
import mutagen  # noqa: E402
from netns import Network, wait_for  # noqa: E402

NAME = "locker.test"
LOCKER, SLOW_LOCKER = "203.0.113.10", "203.0.113.11"
HOME_ADDRESS, HOME_ROUTER = "198.51.100.2/25", "198.51.100.1"
PHONE_AT_HOME, PHONE_AT_CAFE = "198.51.100.7/25", "198.51.100.207/25"
CAFE_ROUTER = "198.51.100.129"

ARTIST = "Quetzalcoatl Ensemble"
ALBUM = "Zebrafinch Lullabies"
N_TRACKS = 12
LARGE_BYTES = 30_000_000

TRANSLATE = """
table ip hearth_test {
  chain out { type nat hook postrouting priority 100; oifname "eth1" masquerade; }
  chain through {
    type filter hook forward priority 0; policy drop;
    %s
    iifname "eth0" oifname "eth1" accept
    ct state established,related accept
  }
}
"""


def noise_track(path, seconds_bytes, seed):
    """A WAV of noise that nothing can be left out of."""
    import random
    noise = random.Random(seed).randbytes(seconds_bytes)
    with open(path, "wb") as file:
        file.write(b"RIFF" + struct.pack("<I", 36 + len(noise)) + b"WAVEfmt " +
                   struct.pack("<IHHIIHH", 16, 1, 2, 44100, 176400, 4, 16) + b"data" +
                   struct.pack("<I", len(noise)) + noise)


def make_media(folder, n_tracks=N_TRACKS, large_bytes=LARGE_BYTES):
    first = os.path.join(folder, ALBUM, "track 01.mp3")
    corpus.audio(first, 1, "-c:a", "libmp3lame", "-b:a", "192k", seconds=15)
    for number in range(1, n_tracks + 1):
        path = os.path.join(folder, ALBUM, f"track {number:02}.mp3")
        if number > 1:
            shutil.copy(first, path)
        tags = mutagen.File(path, easy=True)
        tags.update({"title": f"Nocturne of the heron {number}", "artist": ARTIST, "album": ALBUM,
                     "tracknumber": str(number)})
        tags.save()
    if large_bytes:
        noise_track(os.path.join(folder, "Cicada field recording.wav"), large_bytes, 7)


class World:
    """@delay_s: each way between everybody and the locker. @loss_percent: of packets at both routers."""

    def __init__(self, rule=None, n_tracks=N_TRACKS, large_bytes=LARGE_BYTES, uplink="80mbit", delay_s=0,
                 loss_percent=0):
        self.rule = {"everything": True, "away": "everything", **(rule or {})}
        self.n_tracks, self.large_bytes, self.uplink = n_tracks, large_bytes, uplink
        self.delay_s, self.loss_percent = delay_s, loss_percent
        self.agent = None

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self.dir = tempfile.mkdtemp(prefix="hearth-test-")
            stack.callback(shutil.rmtree, self.dir, ignore_errors=True)
            self.media = os.path.join(self.dir, "media")
            make_media(self.media, self.n_tracks, self.large_bytes)
            self.make_networks(stack)
            self.relay = stack.enter_context(locker.Locker(
                name=NAME, prefix=self.locker_host.command([]), address=LOCKER, port=8443))
            if self.delay_s:
                self.slow_down(stack)
            self.home = stack.enter_context(hearth.Daemon(
                name="Home", interfaces=["eth0"], media=[self.media],
                prefix=self.home_host.command([])))
            self.home.wait_for_scan()
            self.join()
            self.pair(stack)
            stack.callback(self.stop_agent)
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *problem):
        if problem[0] is not None and self.agent is not None:
            sys.stderr.write(self.agent_log() + self.relay.log())
        return self.stack.__exit__(*problem)

    # ---- Networks ----

    def make_networks(self, stack):
        net = self.net = stack.enter_context(Network())
        self.home_host = net.host("home", HOME_ADDRESS, segment="home")
        self.phone_host = net.host("phone", PHONE_AT_HOME, segment="home")
        net.link(self.phone_host, segment="cafe")
        self.locker_host = net.host("locker", LOCKER + "/24", SLOW_LOCKER + "/24", segment="internet")
        self.routers = [self.router("routera", HOME_ROUTER + "/25", "home", "203.0.113.1/24"),
                        self.router("routerb", CAFE_ROUTER + "/25", "cafe", "203.0.113.2/24")]
        self.home_host.ip("route", "add", "default", "via", HOME_ROUTER)
        self.phone_host.ip("route", "add", "default", "via", HOME_ROUTER)
        self.phone_host.ip("link", "set", "eth1", "down")
        for host in (self.home_host, self.phone_host):
            self.name_locker(host, stack)
        self.home_host.run(["tc", "qdisc", "add", "dev", "eth0", "root", "tbf", "rate", self.uplink,
                            "burst", "128k", "latency", "50ms"])

    def router(self, name, inside, segment, outside):
        host = self.net.host(name, inside, segment=segment)
        self.net.link(host, outside, segment="internet")
        host.run(["sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward"])
        loss = f"numgen random mod 100 < {self.loss_percent} drop"
        done = host.run(["nft", "-f", "-"], input=TRANSLATE % (loss if self.loss_percent else ""))
        assert done.returncode == 0, done.stdout
        return host

    def slow_down(self, stack):
        """The locker's name leads to one who passes everything on, later."""
        with self.locker_host.inside():
            self.forwarder = forwarder.Forwarder((LOCKER, self.relay.port), delay=self.delay_s,
                                                 listen=(SLOW_LOCKER, self.relay.port)).__enter__()
        stack.callback(self.end_forwarder)

    def end_forwarder(self):
        with self.locker_host.inside():
            self.forwarder.__exit__()

    def name_locker(self, host, stack):
        """ip-netns(8) shows programs of a namespace these in place of /etc's."""
        folder = os.path.join("/etc/netns", host.namespace)
        os.makedirs(folder)
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        with open(os.path.join(folder, "hosts"), "w", encoding="utf-8") as hosts:
            hosts.write(f"127.0.0.1 localhost\n{SLOW_LOCKER if self.delay_s else LOCKER} {NAME}\n")

    def to_cafe(self):
        """Wi-Fi of home is lost, that of the café joined."""
        self.phone_host.ip("link", "set", "eth0", "down")
        self.phone_host.ip("address", "flush", "dev", "eth0")
        self.phone_host.ip("link", "set", "eth1", "up")
        self.phone_host.add_address(PHONE_AT_CAFE, "eth1")
        self.phone_host.ip("route", "add", "default", "via", CAFE_ROUTER)

    def to_home(self):
        self.phone_host.ip("link", "set", "eth1", "down")
        self.phone_host.ip("address", "flush", "dev", "eth1")
        self.phone_host.ip("link", "set", "eth0", "up")
        self.phone_host.add_address(PHONE_AT_HOME, "eth0")
        self.phone_host.ip("route", "add", "default", "via", HOME_ROUTER)

    # ---- Home and device ----

    def join(self):
        joined = self.home.cli("locker", "join", f"https://{NAME}:{self.relay.port}",
                               self.relay.invite()["code"])
        assert joined.returncode == 0, joined.stderr
        wait_for("parked connections", lambda: self.home.get("locker").get("parked", 0) >= 2)

    def pair(self, stack):
        self.phone = stack.enter_context(device.Device(self.phone_host))
        self.folder = os.path.join(self.phone.own_dir, "Music folder")
        self.phone.pair(device.offer(self.home)["code"], "--folder", self.folder)
        self.paired_id = self.home.get("paired")["paired"][0]["id"]
        self.home.put(f"paired/{self.paired_id}/rule", rule=self.rule)

    def start_agent(self):
        self.log_path = os.path.join(self.dir, "agent-log")
        with open(self.log_path, "ab") as out:
            self.agent = self.phone_host.start(
                [device.HANDHELD, "run", "--state-dir", self.phone.state_dir], stdout=out,
                stderr=out, env=dict(self.phone.env, HEARTH_LOG="info,reach=debug"))

    def kill_agent(self):
        self.agent.kill()
        self.agent.wait()
        self.agent = None

    def stop_agent(self):
        if self.agent is None:
            return
        self.agent.send_signal(signal.SIGTERM)
        code = self.agent.wait(20)
        self.agent = None
        text = self.agent_log()
        for mark in hearth.SANITIZER_MARKS:
            assert mark not in text, text
        assert code == 0, text

    def agent_log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    @contextlib.contextmanager
    def play(self, item):
        """hearth-handheld play: gives the URL for a player."""
        process = self.phone_host.start(
            [device.HANDHELD, "play", item, "--state-dir", self.phone.state_dir],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.phone.env)
        url = process.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:"), url + process.stderr.read()
        yield url
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=20)[1]
        assert not any(mark in said for mark in hearth.SANITIZER_MARKS), said

    def fetch(self, url, bytes_range=None):
        """Returns: the answer, to be read; within the phone."""
        parts = urllib.parse.urlsplit(url)
        with self.phone_host.inside():
            connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
            connection.connect()
        headers = {"Connection": "close", **({"Range": bytes_range} if bytes_range else {})}
        connection.request("GET", parts.path, headers=headers)
        return connection.getresponse()

    def status(self):
        """What hearth-handheld status reads."""
        try:
            with open(os.path.join(self.phone.state_dir, "sync", "Home.status"),
                      encoding="utf-8") as file:
                return json.load(file)
        except (OSError, ValueError):
            return {}

    def wait_for_path(self, path, n_bytes=0, timeout=30):
        """Until more than @n_bytes have been fetched, and by @path. Returns: how long it took."""
        begin = time.monotonic()
        wait_for(f"{n_bytes} bytes by {path}: {self.status()}",
                 lambda: self.status().get("path") == path and
                 self.status().get("bytes_fetched", 0) > n_bytes, timeout)
        return time.monotonic() - begin

    def wait_until_equal(self, timeout=60):
        wait_for("the device to have everything", self.is_equal, timeout)

    def is_equal(self):
        if self.status().get("state") != "idle":
            return False
        return self.media_of(self.folder) == self.media_of(self.media)

    @staticmethod
    def media_of(folder):
        """The bytes of every media file below it, as digests."""
        import hashlib
        found = []
        for top, folders, names in os.walk(folder):
            folders[:] = [each for each in folders if not each.startswith(".")]
            for name in names:
                if name.endswith((".mp3", ".wav")):
                    with contextlib.suppress(FileNotFoundError), \
                            open(os.path.join(top, name), "rb") as file:
                        found.append(hashlib.sha256(file.read()).hexdigest())
        return sorted(found)


class Capture:
    """Every byte that reaches the locker's interface, as tcpdump writes it."""

    def __init__(self, host, path):
        self.host, self.path = host, path

    def __enter__(self):
        self.process = self.host.start(["tcpdump", "-i", "eth0", "-s", "0", "-B", "65536", "-U", "-w",
                                        self.path], stdout=subprocess.DEVNULL,
                                       stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        assert "listening" in line, line
        return self

    def __exit__(self, *_ignored):
        time.sleep(0.3)
        self.process.send_signal(signal.SIGINT)
        self.said = self.process.communicate(timeout=20)[1]

    def data(self):
        with open(self.path, "rb") as file:
            return file.read()
