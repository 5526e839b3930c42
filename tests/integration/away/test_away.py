# SPDX-License-Identifier: GPL-3.0-or-later
"""A home that has joined a real locker, and devices that come by it: what they get, and what nobody gets."""

import json
import os
import re
import socket
import ssl
import struct
import sys
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.environ["HEARTH_SOURCE"], "tests", "support"))
import corpus  # noqa: E402
import hearth  # noqa: E402
import locker  # noqa: E402
import wire_device  # noqa: E402

PASSED = ("/sync", "/away", "/m/")
SAYS_AWAY, DEMANDS_AWAY = 16, 128


class AwayDevice(wire_device.WireDevice):
    """At home by the port that it is told; with a way set, by the locker."""

    way = None
    play_port = 0
    away_revision = None

    def request_fields(self):
        fields = super().request_fields()
        if self.away_revision is None:
            return fields
        says = 2 + 16 + 16 + 8 + 8 + (33 if self.held else 1) + 24  # where that field begins
        value = struct.unpack_from("<I", fields, says)[0]
        assert value == wire_device.HAS_VOLUME
        fields = fields[:says] + struct.pack("<I", value | SAYS_AWAY) + fields[says + 4:]
        return fields + struct.pack("<IH", self.away_revision, self.play_port)

    def connect(self, port, address="127.0.0.1"):
        if self.way is None:
            return super().connect(port, address)
        return self.connect_away(self.way["route"])

    def connect_away(self, route, port=None):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.load_cert_chain(self.certificate, self.key)
        plain = socket.create_connection(("127.0.0.1", port or self.way["port"]), timeout=20)
        return context.wrap_socket(plain, server_hostname=f"{route}.{self.way['name']}")

    def get(self, port, path):
        status, text = self.request(port, "GET", path)
        return status, json.loads(text)


def wait_for(condition, what, seconds=20):
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come true")
        time.sleep(0.05)
    return found


def documented(pattern):
    with open(os.path.join(hearth.SOURCE, "docs", "api.md"), encoding="utf-8") as file:
        rows = re.findall(pattern, file.read(), re.M)
    assert rows, "a table of docs/api.md was not found"
    return rows


class AwayTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.media = hearth.tempfile.mkdtemp(prefix="hearth-test-")
        corpus.audio(os.path.join(cls.media, "one.flac"), 1, "-c:a", "flac", seconds=20)
        corpus.audio(os.path.join(cls.media, "two.mp3"), 2, "-c:a", "libmp3lame", seconds=2)
        cls.relay = locker.Locker(name="localhost").start()
        cls.daemon = hearth.Daemon(media=[cls.media]).start()
        cls.daemon.wait_for_scan()
        invitation = cls.relay.invite()
        joined = cls.daemon.cli("locker", "join", f"https://localhost:{cls.relay.port}",
                                invitation["code"])
        assert joined.returncode == 0, joined.stderr
        wait_for(lambda: cls.status().get("parked", 0) >= 2, "two parked connections")
        cls.port = cls.daemon.get("pairing")["port"]

    @classmethod
    def tearDownClass(cls):
        try:
            cls.daemon.stop()
            cls.relay.stop()
        finally:
            cls.daemon.remove()
            hearth.shutil.rmtree(cls.media)
            hearth.shutil.rmtree(cls.relay.own)

    @classmethod
    def status(cls):
        return cls.daemon.get("locker")

    def paired(self, name):
        """A device that has been at home, and knows the way."""
        device = AwayDevice()
        self.addCleanup(device.__exit__)
        device.pair(self.port, self.daemon.post("pairing")["code"], name)
        self.learn(device)
        return device

    def learn(self, device):
        status, answer = device.get(self.port, "/away")
        self.assertEqual(status, 200)
        routes = len(answer["locker"]["route"])
        self.assertEqual(routes, 26)
        device.way = answer["locker"]
        wait_for(lambda: self.reaches(device), "a route that leads home")
        return answer

    @staticmethod
    def reaches(device):
        try:
            return device.get(0, "/away")[0] == 200
        except (OSError, ConnectionError):
            return False

    def played_by(self, label):
        return wait_for(lambda: next((each for each in self.daemon.get("sessions")["sessions"]
                                      if each["label"] == label), None), "what it plays to be known")

    # ---- What a device gets ----

    def test_the_way_is_told_by_both_ways(self):
        phone = self.paired("both")
        _, away = phone.get(0, "/away")
        phone.way, way = None, phone.way
        _, home = phone.get(self.port, "/away")
        self.assertEqual(home["path"], "lan")
        self.assertEqual(away["path"], "relay")
        self.assertEqual(home["revision"], away["revision"])
        self.assertEqual(home["locker"]["route"], way["route"])
        self.assertEqual((way["name"], way["port"]), ("localhost", self.relay.port))

    def test_it_syncs_and_plays_by_the_relay(self):
        phone = self.paired("sync")
        self.daemon.put("paired/sync/rule", rule={"everything": True, "away": "everything"})
        phone.sync(0)
        self.assertEqual(len(phone.files), 2)
        with open(os.path.join(self.media, "one.flac"), "rb") as file:
            data = file.read()
        self.assertIn(data, phone.files.values())
        track = self.daemon.get("search", q="one", kind="track")["objects"][0]["id"]
        status, text = phone.request(0, "GET", f"/m/{track}.flac")
        self.assertEqual((status, text), (200, data))
        played = self.played_by("sync")
        self.assertEqual((played["item"], played["player"], played["path"], played.get("conversion")),
                         (track, "paired", "relay", None))
        shown = self.daemon.get("paired/sync")
        self.assertEqual(shown["way"]["path"], "relay")
        self.assertEqual(shown["address"], "relay")
        listed = self.daemon.cli("devices").stdout
        self.assertRegex(listed, r"sync .*relayed.* \(no limit\)")

    def test_another_way_is_told_in_the_same_exchange(self):
        phone = self.paired("teller")
        phone.away_revision = 0
        self.assertTrue(phone.ask(0)["demands"] & DEMANDS_AWAY)
        phone.away_revision = phone.get(0, "/away")[1]["revision"]
        phone.sync(0)
        self.assertIsNone(phone.ask(0))

    def test_playlists_name_what_is_not_there(self):
        phone = self.paired("streamer")
        found = {each["title"]: each["id"] for each in
                 self.daemon.get("search", q="", kind="track")["objects"]}
        self.daemon.post("playlists", title="Mix", items=[found["one"], found["two"]])
        size = os.path.getsize(os.path.join(self.media, "two.mp3"))
        self.daemon.put("paired/streamer/rule",
                        rule={"playlists": ["Mix"], "stream": True, "max_bytes": size + 5000})
        phone.away_revision, phone.play_port = 0, 4711
        phone.away_revision = phone.get(0, "/away")[1]["revision"]
        phone.sync(0)
        lines = phone.files["Playlists/Mix.m3u8"].decode().split("\n")
        self.assertRegex(lines[1], r"^http://127\.0\.0\.1:4711/p/[a-z2-7]{26}/%s\.flac$" % found["one"])
        self.assertRegex(lines[2], r"^\.\./.*\.mp3$")

    def test_a_rendition_is_played_when_it_is_made(self):
        phone = self.paired("thin")
        track = self.daemon.get("search", q="two", kind="track")["objects"][0]["id"]
        path = f"/m/{track}/opus-96.opus"
        status, answer = phone.request(0, "GET", path)
        if status == 404 and b"unsupported" in answer:
            self.skipTest("this computer makes no Opus")
        self.assertIn(status, (200, 503), answer)
        status, data = wait_for(lambda: (found := phone.request(0, "GET", path))[0] != 503 and found,
                                "the rendition")
        self.assertEqual((status, data[:4]), (200, b"OggS"))
        self.assertEqual(self.played_by("thin")["conversion"], "opus-96")

    def test_limits_are_told(self):
        phone = self.paired("limits")
        household = self.status()["household"]
        before = phone.get(0, "/away")[1]
        self.relay.run("accounts", "limit", household, "--session-rate", "1000000")
        try:
            after = wait_for(lambda: (found := phone.get(0, "/away")[1]) and
                             found["locker"]["session_rate"] == 1000000 and found, "the limit")
            self.assertNotEqual(before["revision"], after["revision"])
            self.assertIn("(limit 8.0 Mbit/s)", self.daemon.cli("devices", "show", "limits").stdout
                          if self.reaches_sync(phone) else "")
        finally:
            self.relay.run("accounts", "limit", household, "--session-rate", "none")
            wait_for(lambda: phone.get(0, "/away")[1]["revision"] == before["revision"], "the end")

    @staticmethod
    def reaches_sync(phone):
        phone.ask(0)
        return True

    # ---- What nobody gets ----

    def test_no_route_of_the_network_is_there(self):
        phone = self.paired("walker")
        self.daemon.post("paired/walker", role="owner")
        paths = [f"/api/v1/{path}".replace(":", "x") for path in
                 documented(r"^\| (?:GET|POST|PUT|DELETE) \| ([a-z][^ ]*) \| (?:anyone|owner) \|")]
        paths += ["/", "/pair", "/dlna/description.xml", "/a/x/640.jpg", "/api/v1/../sync/../pair"]
        paths += [path for path in documented(r"^\| (?:GET|POST) \| (/\S+) \|")
                  if not path.startswith(PASSED)]
        self.assertGreater(len(paths), 50)
        for method in ("GET", "POST"):
            with phone.connect(0) as stream:
                reader = stream.makefile("rb")
                for path in paths:
                    stream.sendall(f"{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0"
                                   "\r\n\r\n".encode())
                    status = int(reader.readline().split()[1])
                    size = 0
                    while (line := reader.readline().strip()):
                        if line.lower().startswith(b"content-length:"):
                            size = int(line.split(b":")[1])
                    reader.read(size)
                    self.assertIn(status, (404, 405), f"{method} {path}")
        self.assertEqual(phone.get(0, "/m/aaaaaaaaaaaaa/original.flac")[0], 404)

    def test_a_stranger_gets_nothing(self):
        phone = self.paired("known")
        stranger = AwayDevice()
        self.addCleanup(stranger.__exit__)
        stranger.way = phone.way
        for path in ("/away", "/sync/events", "/m/aaaaaaaaaaaaa.flac", "/pair"):
            status, text = stranger.request(0, "GET", path)
            self.assertIn(status, (403, 404, 405), (path, text))

    def test_a_revoked_device_has_no_way(self):
        phone = self.paired("lost")
        with phone.connect(0) as stream:
            stream.sendall(b"GET /away HTTP/1.1\r\nHost: x\r\n\r\n")
            stream.recv(65536)
            self.daemon.post("paired/lost/revoke")
            stream.settimeout(20)
            while stream.recv(65536):  # to its end, at once
                pass
        wait_for(lambda: self.said_to(phone.way["route"]) == locker.alert(locker.UNRECOGNIZED_NAME),
                 "the end of the route")
        phone.way = None
        self.assertEqual(phone.request(self.port, "GET", "/away")[0], 403)

    def said_to(self, route):
        try:
            return self.relay.ask(locker.client_hello(f"{route}.localhost"), seconds=2)
        except TimeoutError:  # joined with the home still, which waits for more
            return None

    # ---- A locker that means harm ----

    def test_tampered_bytes_break_the_connection(self):
        """Between device and locker or in it is the same: every byte is one of TLS."""
        phone = self.paired("tampered")
        for at in (300, 2000):
            with Tamperer(self.relay.port, at) as tamperer:
                with self.assertRaises((ssl.SSLError, OSError, ConnectionError)):
                    with phone.connect_away(phone.way["route"], tamperer.port) as stream:
                        stream.sendall(b"GET /away HTTP/1.1\r\nHost: x\r\n\r\n" * 80)
                        while stream.recv(65536):
                            pass
                        raise ConnectionError
        self.assertEqual(phone.get(0, "/away")[0], 200)

    def test_a_session_played_again_gets_no_data(self):
        phone = self.paired("replayed")
        with Tamperer(self.relay.port, None) as recorder:
            with phone.connect_away(phone.way["route"], recorder.port) as stream:
                stream.sendall(b"GET /away HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                while stream.recv(65536):
                    pass
            said = recorder.said
        answer = self.relay.ask(said)
        self.assertLess(len(answer), 1500)  # a hello of the home, its flight and an alert
        self.assertNotIn(b"HTTP", answer)

    def test_another_home_is_not_taken_for_ours(self):
        """The key at the end of the way is the home's, whatever the locker joins."""
        phone = self.paired("wrong")
        other = hearth.Daemon().start()
        try:
            code = self.relay.invite()["code"]
            other.post("locker", url=f"https://localhost:{self.relay.port}", code=code)
            guest = AwayDevice()
            self.addCleanup(guest.__exit__)
            guest.pair(other.get("pairing")["port"], other.post("pairing")["code"], "guest")
            guest.way = guest.get(other.get("pairing")["port"], "/away")[1]["locker"]
            wait_for(lambda: self.reaches(guest), "the other home")
            with guest.connect(0) as theirs, phone.connect(0) as ours:
                self.assertNotEqual(locker.key_hash(theirs.getpeercert(True)),
                                    locker.key_hash(ours.getpeercert(True)))
            crossed = AwayDevice()  # paired here, and joined with the other one
            self.addCleanup(crossed.__exit__)
            crossed.key, crossed.certificate = phone.key, phone.certificate
            crossed.way = guest.way
            self.assertEqual(crossed.request(0, "GET", "/away")[0], 403)
        finally:
            other.stop()
            other.remove()

    # ---- Joining ----

    def test_a_locker_with_another_key_is_refused(self):
        other = hearth.Daemon().start()
        try:
            code = self.relay.invite()["code"]
            forged = code[:-4] + ("aaaa" if code[-4:] != "aaaa" else "bbbb")
            with self.assertRaises(hearth.ApiError) as caught:
                other.post("locker", url=f"https://localhost:{self.relay.port}", code=forged)
            self.assertEqual(caught.exception.code, "refused")
            with self.assertRaises(hearth.ApiError) as caught:
                other.post("locker", url="http://localhost", code=code)
            self.assertEqual(caught.exception.code, "invalid")
            self.assertIn("joined", other.cli("locker").stdout)
            other.post("locker", url=f"https://localhost:{self.relay.port}", code=code)
            with self.assertRaises(hearth.ApiError):  # once only
                other.post("locker", url=f"https://localhost:{self.relay.port}", code=code)
            self.assertEqual(other.cli("locker", "leave").returncode, 0)
            self.assertFalse(other.get("locker")["joined"])
        finally:
            other.stop()
            other.remove()


class Tamperer:
    """Passes one connection on, keeps what was said by the client, and flips a bit at a byte of it."""

    def __init__(self, port, at):
        self.at = at
        self.said = b""
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.upstream = socket.create_connection(("127.0.0.1", port))
        self.threads = [threading.Thread(target=self.run)]

    def __enter__(self):
        self.threads[0].start()
        return self

    def __exit__(self, *_ignored):
        self.listener.close()
        for thread in self.threads:
            thread.join(30)
        self.upstream.close()

    def run(self):
        client, _ = self.listener.accept()
        back = threading.Thread(target=self.pump, args=(self.upstream, client))
        back.start()
        with client:
            while part := self.receive(client):
                if self.at is not None and len(self.said) <= self.at < len(self.said) + len(part):
                    at = self.at - len(self.said)
                    part = part[:at] + bytes((part[at] ^ 1,)) + part[at + 1:]
                self.said += part
                self.upstream.sendall(part)
            try:
                self.upstream.shutdown(socket.SHUT_WR)
            except OSError:
                pass
            back.join(30)

    @staticmethod
    def receive(sock):
        try:
            return sock.recv(65536)
        except OSError:
            return b""

    def pump(self, source, sink):
        try:
            while part := self.receive(source):
                sink.sendall(part)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass


if __name__ == "__main__":
    unittest.main()
