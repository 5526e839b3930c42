# SPDX-License-Identifier: GPL-3.0-or-later
"""A device between its home's network and another one, with a locker in between; all three are real.

Two segments: "home", with the home; "cafe", with nothing but the locker, which is on both.
"""

import hashlib
import http.client
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

sys.path.insert(0, os.path.join(os.environ["HEARTH_SOURCE"], "tests", "support"))
import device  # noqa: E402
import hearth  # noqa: E402
import locker  # noqa: E402
from noise import write_wave  # noqa: E402
from netns import Network, available, reexec, wait_for  # noqa: E402

SIZES = {"small": 40_000, "middle": 300_000, "large": 11_000_000}
AT_HOME = "198.51.100.7/24"
AT_CAFE = "203.0.113.7/24"


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
        for number, (name, size) in enumerate(SIZES.items()):
            write_wave(f"{self.media}/{name}.wav", number, size)
        self.net = self.enterContext(Network())
        self.home_host = self.net.host("home", "198.51.100.1/24", segment="home")
        self.phone_host = self.net.host("phone", AT_HOME, segment="home")
        self.net.link(self.phone_host, segment="cafe")
        self.locker_host = self.net.host("locker", "198.51.100.9/24", segment="home")
        self.net.link(self.locker_host, "203.0.113.9/24", segment="cafe")
        for host in (self.home_host, self.phone_host):
            self.name_locker(host)
        self.home = self.enterContext(hearth.Daemon(
            name="Home", interfaces=["eth0"], media=[self.media],
            prefix=self.home_host.command([])))
        self.home.wait_for_scan()
        self.start_locker()
        self.pair()

    def pair(self):
        self.phone = self.enterContext(device.Device(self.phone_host))
        self.folder = os.path.join(self.phone.own_dir, "Music folder")
        self.phone.pair(device.offer(self.home)["code"], "--folder", self.folder)
        self.port = self.home.get("pairing")["port"]
        self.paired = self.home.get("paired")["paired"][0]["id"]
        self.home.put(f"paired/{self.paired}/rule", rule={"everything": True, "away": "everything"})

    def name_locker(self, host):
        """What DNS would say: ip-netns(8) puts this file over /etc/hosts."""
        folder = "/etc/netns/" + host.namespace
        try:
            os.makedirs(folder)
        except OSError as error:
            self.skipTest(f"names can't be given to hosts here: {error}")
        self.addCleanup(shutil.rmtree, folder)
        with open(folder + "/hosts", "w", encoding="ascii") as file:
            file.write(f"127.0.0.1 localhost\n203.0.113.9 {locker.NAME}\n")

    def start_locker(self):
        """The device reaches it by its address in the café; the home has a route there."""
        self.locker = self.enterContext(locker.Locker(
            address="0.0.0.0", prefix=self.locker_host.command([])))
        self.home_host.ip("route", "add", "203.0.113.0/24", "via", "198.51.100.9")
        code = self.locker.invite()["code"]
        self.home.post("locker", url=f"https://{locker.NAME}:{self.locker.port}", code=code)
        self.home.wait_for(lambda _: self.home.get("locker")["state"] == "connected" and
                           self.home.get("locker")["parked"] > 0, "the home at the locker")

    def limit(self, rate):
        account = self.locker.accounts()[0]["id"]
        self.locker.run("accounts", "limit", account, "--session-rate", rate)
        self.home.wait_for(lambda _: self.home.get("locker")["limits"]["session_rate"] > 0,
                           "the limit")

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

    def to_home(self):
        self.phone_host.remove_address(AT_CAFE, "eth1")
        self.phone_host.add_address(AT_HOME, "eth0")

    def test_a_sync_goes_on_where_it_was(self):
        self.slow_home("60mbit")
        self.limit("2500k")
        self.start_agent()
        self.wait_for_bytes(1_500_000, "lan")
        before = self.status()["bytes_fetched"]
        moved = time.monotonic()
        self.to_cafe()
        took = self.wait_for_bytes(before + 1, "relay", moved)
        self.wait_for_bytes(before + 1_500_000, "relay")
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

    def test_a_home_that_is_off_is_said_to_be(self):
        self.assertEqual(self.phone.run("sync", "--json").returncode, 0)  # learns the way
        self.to_cafe()
        done = self.phone.run("sync", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout.splitlines()[-1])["path"], "relay")
        self.home.stop()
        done = self.phone.run("sync", "--json")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertIn("asleep or off", done.stderr)
        self.check_that_it_is_woken()
        self.home.start()

    def check_that_it_is_woken(self):
        """On the home's own network a packet goes to everybody there."""
        hardware = self.home_host.run(["cat", "/sys/class/net/eth0/address"]).stdout.strip()
        with self.home_host.inside():
            listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with listener:
            listener.bind(("", 9))
            listener.settimeout(10)
            self.to_home()
            done = self.phone.run("sync", "--address", f"198.51.100.1:{self.port}")
            self.assertEqual(done.returncode, 3)
            self.assertEqual(listener.recv(2048), b"\xff" * 6 +
                             bytes.fromhex(hardware.replace(":", "")) * 16)

    # ---- Playing ----

    def start_play(self):
        self.phone.run("sync", "--budget", "1")  # learns the way, and fetches next to nothing
        item = self.home.get("search", q="large", kind="track")["objects"][0]["id"]
        self.player_log = open(os.path.join(self.phone.own_dir, "play.log"), "w+b")
        self.addCleanup(self.player_log.close)
        self.door = self.phone_host.start(
            [device.HANDHELD, "play", f"{item}.wav", "--state-dir", self.phone.state_dir],
            stdout=subprocess.PIPE, stderr=self.player_log, text=True,
            env=dict(self.phone.env, HEARTH_LOG="info,play=debug,reach=debug"))
        self.url = self.door.stdout.readline().strip()
        with open(f"{self.media}/large.wav", "rb") as file:
            self.large = file.read()

    def player_text(self):
        self.player_log.seek(0)
        return self.player_log.read().decode(errors="replace")

    def stop_play(self, said=""):
        self.assertEqual(self.phone_host.stop(self.door, timeout=20), 0)
        text = self.player_text()
        for mark in hearth.SANITIZER_MARKS:
            self.assertNotIn(mark, text)
        self.assertIn(said, text)

    def get(self, first=0, last=""):
        """An answer under way, and how long its first byte took."""
        request = urllib.request.Request(self.url, headers={"Range": f"bytes={first}-{last}"})
        begin = time.monotonic()
        with self.phone_host.inside():
            answer = urllib.request.urlopen(request, timeout=60)
        first_byte = answer.read(1)
        return answer, first_byte, time.monotonic() - begin

    def seek(self):
        """Plays a little somewhere. Returns: the milliseconds to the first byte."""
        place = random.randrange(len(self.large) - 60_000)
        answer, data, took = self.get(place, place + 49_999)
        with answer:
            data += answer.read()
        self.assertEqual(data, self.large[place:place + 50_000])
        return round(took * 1000)

    def test_a_track_plays_on_through_the_move(self):
        self.slow_home("60mbit")
        self.start_play()
        at_home = [self.seek() for _ in range(3)]
        answer, data, _ = self.get()
        with answer:
            data += answer.read(3_000_000)
            moved = time.monotonic()
            self.to_cafe()
            longest = 0
            while part := answer.read1(65536):
                longest = max(longest, time.monotonic() - moved)
                data += part
                moved = time.monotonic()
        self.assertEqual(hashlib.sha256(data).digest(), hashlib.sha256(self.large).digest())
        away = [self.seek() for _ in range(3)]
        self.to_home()
        back = [self.seek() for _ in range(2)]
        self.check_door()
        self.check_memory()
        self.stop_play()
        print(f"first byte of a seek, ms: LAN {at_home}, relay {away}, LAN again {back}; "
              f"longest silence in the move {longest:.2f} s")
        self.assertLess(longest, 15)

    def test_a_thin_relay_brings_what_it_can(self):
        self.limit("120k")  # the track needs 176 kB a second
        self.start_play()
        answer, data, _ = self.get()
        with answer:
            self.assertEqual(answer.headers["Content-Type"], "audio/wav")
            data += answer.read()
        self.assertEqual(data, self.large, "on the LAN it is itself")
        self.stop_play()
        self.start_play()
        self.to_cafe()
        answer, data, first_ms = self.get()
        if answer.headers["Content-Type"] == "audio/wav":
            answer.close()
            answer, data, first_ms = self.get_later()
        with answer:
            self.assertEqual(answer.headers["Content-Type"], "audio/ogg", self.player_text())
            self.assertLess(int(answer.headers["Content-Length"]), len(self.large) / 4)
            self.check_pace(answer)
        self.assertEqual(data, b"O")
        print(f"first byte of a conversion made meanwhile after {first_ms:.2f} s")
        answer, data, _ = self.get(100, 199)
        with answer:
            self.assertEqual(answer.headers["Content-Type"], "audio/ogg", "its ranges are its own")
        self.stop_play("it plays as opus-96")

    def get_later(self):
        """A computer so slow that the conversion took longer than a player waits: it is there now."""
        self.assertIn("the home is getting it ready", self.player_text())
        named = self.url.removesuffix(".wav") + "/opus-96.opus"
        until = time.monotonic() + 60
        while (code := self.code_of(named)) == 503 and time.monotonic() < until:
            time.sleep(0.5)
        if code == 404:
            self.skipTest("this computer makes no Opus")
        self.stop_play()
        self.start_play()
        return self.get()

    def check_pace(self, answer):
        """A player that begins 2 s after its first byte never waits."""
        pace = int(answer.headers["Content-Length"]) / (SIZES["large"] / 176_400)
        begin = time.monotonic()
        have = 1
        while have < 300_000:
            part = answer.read1(65536)
            self.assertTrue(part)
            self.assertGreaterEqual(have, (time.monotonic() - begin - 2) * pace)
            have += len(part)

    def test_a_playlist_names_what_is_not_there(self):
        # Only the small one has room; the large one is played through the playlist, until it ends.
        items = {name: self.home.get("search", q=name, kind="track")["objects"][0]["id"]
                 for name in SIZES}
        listed = self.home.post("playlists", title="Trip", items=list(items.values()))["id"]
        self.home.put(f"paired/{self.paired}/rule", rule={
            "playlists": ["Trip"], "stream": True, "max_bytes": 100_000, "away": "everything"})
        self.start_agent()
        path = os.path.join(self.folder, "Playlists", "Trip.m3u8")
        wait_for("the playlist", lambda: os.path.exists(path), timeout=20)
        wait_for("all of it", lambda: self.status().get("state") == "idle", timeout=20)
        with open(path, encoding="utf-8") as file:
            lines = [line.strip() for line in file if not line.startswith("#")]
        urls = [line for line in lines if line.startswith("http://127.0.0.1:")]
        self.assertEqual((len(lines), len(urls)), (3, 2))
        self.url = next(url for url in urls if items["large"] in url)
        with open(f"{self.media}/large.wav", "rb") as file:
            self.large = file.read()
        wait_for("the door", self.opens, timeout=10)
        self.seek()
        self.to_cafe()
        self.seek()
        self.to_home()
        # An item of the library that the list does not name stays shut; so does all, once it is gone.
        token = self.url.split("/")[4]
        self.assertFalse(self.opens(self.url.replace(items["large"], "aaaaaaaaaaaaa")))
        self.assertFalse(self.opens(self.url.replace(token, token[::-1])))
        self.home.delete(f"playlists/{listed}")
        wait_for("the list to go", lambda: not os.path.exists(path), timeout=20)
        wait_for("its token to end", lambda: not self.opens(), timeout=10)

    def opens(self, url=None):
        code = self.code_of(url or self.url)
        self.assertIn(code, (206, 404))
        return code == 206

    def code_of(self, url):
        request = urllib.request.Request(url, headers={"Range": "bytes=0-9"})
        try:
            with self.phone_host.inside(), urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status
        except urllib.error.HTTPError as error:
            return error.code

    def check_memory(self):
        with open(f"/proc/{self.door.pid}/status", encoding="utf-8") as file:
            sizes = dict(line.split(":", 1) for line in file)
        with open(device.HANDHELD, "rb") as file:
            is_sanitized = b"__asan_init" in file.read()
        print("RssAnon after playing:", sizes["RssAnon"].strip())
        if not is_sanitized:
            self.assertLess(int(sizes["RssAnon"].split()[0]), 16 * 1024)

    def check_door(self):
        """It opens for players alone."""
        good = self.url[len("http://"):]
        host, path = good.split("/", 1)
        for status, method, target, headers in (
                (206, "GET", path, {"Host": host, "Range": "bytes=0-9"}),
                (421, "GET", path, {"Host": "localhost:" + host.split(":")[1]}),
                (421, "GET", path, {"Host": "evil.example"}),
                (403, "GET", path, {"Host": host, "Origin": "http://evil.example"}),
                (405, "POST", path, {"Host": host}),
                (404, "GET", path.replace("p/", "p/" + "a" * 26 + "/../"), {"Host": host}),
                (404, "GET", "p/" + "a" * 26 + path[28:], {"Host": host}),
                (404, "GET", path[:29] + "aaaaaaaaaaaaa.wav", {"Host": host})):
            with self.phone_host.inside():
                door = http.client.HTTPConnection(host, timeout=30)
                door.connect()
            door.putrequest(method, "/" + target, skip_host=True)
            for name, value in headers.items():
                door.putheader(name, value)
            door.endheaders()
            answer = door.getresponse()
            self.assertEqual(answer.status, status, (method, target, headers))
            self.assertIsNone(answer.headers["Access-Control-Allow-Origin"])
            door.close()


if __name__ == "__main__":
    reexec()
    unittest.main(verbosity=2)
