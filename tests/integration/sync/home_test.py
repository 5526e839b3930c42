# SPDX-License-Identifier: GPL-3.0-or-later
"""The home's side in a real hearthd, against a device made of bytes: rules, changes, events, uploads,
and what a device may not do."""

import hashlib
import json
import os
import shutil
import struct
import sys
import tempfile
import threading
import time
import unittest

sys.path.insert(0, os.path.join(os.environ["HEARTH_SOURCE"], "tests", "support"))
import hearth  # noqa: E402
import tagged  # noqa: E402
import wire_device  # noqa: E402


def write_track(path, sound, **tags):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path + ".part", "wb") as file:
        file.write(tagged.id3(tags) + sound)
    os.replace(path + ".part", path)


class Events(threading.Thread):
    """The times at which events came, on a stream of its own."""

    def __init__(self, phone, port):
        super().__init__(daemon=True)
        self.names, self.times = [], []
        self.socket = phone.connect(port)
        self.socket.sendall(b"GET /sync/events HTTP/1.1\r\nHost: home\r\n\r\n")
        self.start()

    def run(self):
        text = b""
        try:
            while True:
                data = self.socket.recv(4096)
                if not data:
                    return
                text += data
                while b"\n\n" in text:
                    event, text = text.split(b"\n\n", 1)
                    if b"event: " in event:
                        self.names.append(event.split(b"event: ")[1].split(b"\n")[0].decode())
                        self.times.append(time.monotonic())
        except OSError:
            return

    def wait(self, name, since, timeout=5):
        """Seconds from @since to the first such event after it."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            for each, at in zip(self.names, self.times):
                if each == name and at > since:
                    return at - since
            time.sleep(0.01)
        raise AssertionError(f"no {name} in {timeout} s: {self.names}")

    def close(self):
        self.socket.close()


class HomeTest(unittest.TestCase):
    def setUp(self):
        self.media = tempfile.mkdtemp(prefix="hearth-test-")
        self.addCleanup(shutil.rmtree, self.media, ignore_errors=True)
        self.sound = tagged.sound(self.media)
        for album in ("One", "Two"):
            for track in (1, 2, 3):
                write_track(os.path.join(self.media, album, f"{track}.mp3"), self.sound,
                            title=f"{album} {track}", artist="Band", album=album, track=track,
                            genre="Jazz" if album == "One" else "Rock")
        self.uploads = os.path.join(self.media, "uploads")
        self.daemon = hearth.Daemon(media=[self.media],
                                    config=f"[sync]\nuploads = {self.uploads}\n")
        self.daemon.__enter__()
        self.addCleanup(self.daemon.__exit__, None, None, None)
        self.daemon.wait_for_scan()
        offer = self.daemon.post("pairing")
        self.port = self.daemon.get("pairing")["port"]
        self.phone = self.device(offer["code"], "phone")

    def device(self, code, name):
        device = wire_device.WireDevice()
        self.addCleanup(device.__exit__)
        device.pair(self.port, code, name)
        return device

    def set_rule(self, rule, name="phone"):
        return self.daemon.put(f"paired/{name}/rule", rule=rule)

    def sync(self, phone=None, done=lambda: True, timeout=20):
        """Syncs until @done: layouts and recipes take their time."""
        phone = phone or self.phone
        deadline = time.monotonic() + timeout
        while True:
            phone.sync(self.port)
            if done():
                return
            self.assertLess(time.monotonic(), deadline, phone.operations)
            time.sleep(0.1)

    def original(self, *parts):
        with open(os.path.join(self.media, *parts), "rb") as file:
            return file.read()

    def test_files_are_those_of_the_rule_bit_for_bit(self):
        self.assertEqual(self.phone.sync(self.port), 2)  # no rule, no file: it hears who the home is
        self.set_rule({"albums": ["one"]})
        self.sync()
        self.assertEqual(sorted(self.phone.files), [f"Music/Band/One/0{n} One {n}.mp3" for n in (1, 2, 3)])
        for n in (1, 2, 3):
            self.assertEqual(self.phone.files[f"Music/Band/One/0{n} One {n}.mp3"],
                             self.original("One", f"{n}.mp3"))
        self.set_rule({"genres": ["Rock"], "newest": 1})
        self.sync()
        self.assertEqual(len([path for path in self.phone.files if "/Two/" in path]), 3)
        show = self.daemon.get("paired/phone/sync")
        self.assertEqual(show["there"]["files"], len(self.phone.files))
        self.assertEqual(show["coming"]["files"], 0)
        self.assertTrue(show["is_settled"])

    def test_nothing_changed_is_one_small_exchange(self):
        self.set_rule({"everything": True})
        self.sync()
        fields = self.phone.request_fields()
        for _ in range(3):
            status, body = self.phone.request(self.port, "POST", "/sync", wire_device.seal(fields))
            self.assertEqual((status, body), (204, b""))
        self.assertLess(len(fields), 200)

    def test_a_retag_is_a_small_recipe_within_seconds(self):
        self.set_rule({"albums": ["One"]})
        self.sync()
        self.daemon.wait_for(lambda _: self.daemon.get("sync")["layouts_missing"] == 0, "all layouts")
        self.phone.operations.clear()
        started = time.monotonic()
        write_track(os.path.join(self.media, "One", "2.mp3"), self.sound, title="Another title",
                    artist="Band", album="One", track=2, genre="Jazz")
        new = self.original("One", "2.mp3")
        self.sync(done=lambda: new in self.phone.files.values())
        kinds = [kind for kind, _, _ in self.phone.operations]
        self.assertIn(wire_device.RETAG, kinds)
        self.assertLess(max(size for _, _, size in self.phone.operations), 4096)
        self.assertEqual(self.phone.files["Music/Band/One/02 Another title.mp3"], new)
        self.assertLess(time.monotonic() - started, 15)

    def test_moves_removals_and_playlists_follow(self):
        write_track(os.path.join(self.media, "plain", "tune.mp3"), self.sound)
        self.daemon.wait_for(lambda s: s["counts"]["tracks"] == 7, "the untagged track")
        self.set_rule({"everything": True})
        self.sync(done=lambda: "Music/plain/tune.mp3" in self.phone.files)
        puts = [kind for kind, _, _ in self.phone.operations].count(wire_device.PUT)
        os.rename(os.path.join(self.media, "plain", "tune.mp3"),
                  os.path.join(self.media, "plain", "song.mp3"))
        self.sync(done=lambda: "Music/plain/song.mp3" in self.phone.files)
        self.assertNotIn("Music/plain/tune.mp3", self.phone.files)
        os.unlink(os.path.join(self.media, "Two", "3.mp3"))
        self.sync(done=lambda: "Music/Band/Two/03 Two 3.mp3" not in self.phone.files)
        self.assertEqual(puts, [kind for kind, _, _ in self.phone.operations].count(wire_device.PUT))
        items = [item["id"] for item in self.daemon.get("browse/music-all")["objects"]]
        self.daemon.post("playlists", title="Sunday: morning?", items=items)
        self.sync(done=lambda: any(path.startswith("Playlists/") for path in self.phone.files))
        name, text = next((path, data.decode()) for path, data in self.phone.files.items()
                          if path.startswith("Playlists/"))
        self.assertEqual(name, "Playlists/Sunday- morning_.m3u8")
        lines = [line for line in text.splitlines() if not line.startswith("#")]
        self.assertEqual(len(lines), len(items))
        for line in lines:
            self.assertIn(line[len("../"):], self.phone.files)

    def test_changes_reach_a_connected_device_within_two_seconds(self):
        events = Events(self.phone, self.port)
        self.addCleanup(events.close)
        events.wait("sync", 0)  # what happened before is asked for at once
        before = time.monotonic()
        self.set_rule({"everything": True})
        self.assertLess(events.wait("sync", before), 2)
        self.sync()
        self.assertTrue(self.daemon.get("paired/phone/sync")["is_here"])
        time.sleep(1)
        before = time.monotonic()
        write_track(os.path.join(self.media, "One", "9.mp3"), self.sound, title="Nine", artist="Band",
                    album="One", track=9)
        self.assertLess(events.wait("sync", before), 2.5)
        self.daemon.post("paired/phone/revoke")
        events.join(2)  # the stream is cut, and the device is told why when it asks
        self.assertFalse(events.is_alive())
        self.assertEqual(self.phone.request(self.port, "POST", "/sync", b"\0")[0], 403)

    def test_a_preview_changes_nothing(self):
        self.set_rule({"albums": ["One"]})
        self.sync()
        answer = self.daemon.post("paired/phone/rule", rule={"albums": ["Two"], "artists": ["Nobody"]})
        self.assertEqual(answer["going"]["files"], 3)
        self.assertEqual(answer["coming"]["files"], 3)
        self.assertEqual(answer["unknown"], ["artist Nobody"])
        whys = {item["why"] for item in answer["items"] if item["fate"] == "coming"}
        self.assertEqual(whys, {"album Two"})
        self.assertEqual({(item["template"]["why"], item["values"]["name"]) for item in answer["items"]
                          if item["fate"] == "coming"}, {("album {name}", "Two")})
        self.assertIn("no part of the rule takes it any more",
                      {item["template"]["why"] for item in answer["items"]})
        self.assertEqual(self.daemon.get("paired/phone/rule")["rule"], {"albums": ["One"]})
        self.assertIsNone(self.phone.ask(self.port))
        with self.assertRaises(hearth.ApiError):
            self.set_rule({"nonsense": 1})

    def wanted(self, rule):
        """What @rule would bring, without the folders: {"One 1", …}."""
        answer = self.daemon.post("paired/phone/rule", rule=rule)
        return {os.path.basename(item["path"])[3:-4] for item in answer["items"]
                if item["fate"] == "coming"}

    def test_each_source_takes_what_it_says(self):
        tracks = {item["title"]: item["id"]
                  for item in self.daemon.get("browse/music-all")["objects"]}
        everything = set(tracks)
        self.daemon.post(f"item/{tracks['One 1']}/rating", rating=5)
        self.daemon.post(f"item/{tracks['Two 2']}/rating", rating=3)
        for title in ("One 1", "One 2", "One 3", "Two 1"):
            self.daemon.post(f"item/{tracks[title]}/play")
        self.daemon.post("playlists", title="Süßes", items=[tracks["Two 3"], tracks["One 1"]])
        self.assertEqual(self.wanted({}), set())
        self.assertLessEqual(everything, self.wanted({"everything": True}))
        self.assertFalse(everything & self.wanted({"everything": True, "kinds": ["photo"]}))
        self.assertEqual(self.wanted({"rating": 4}), {"One 1"})
        self.assertEqual(self.wanted({"rating": 3}), {"One 1", "Two 2"})
        self.assertEqual(self.wanted({"unplayed": 10}), {"Two 2", "Two 3"})
        self.assertEqual(len(self.wanted({"least_recent": 2})), 2)
        self.assertLess(self.wanted({"least_recent": 2}), {"Two 2", "Two 3", "x"})
        self.assertEqual(len(self.wanted({"newest": 4})), 4)
        self.assertEqual(self.wanted({"artists": ["bänd"]}), everything)
        self.assertEqual(self.wanted({"genres": ["jazz"], "rating": 3}),
                         {"One 1", "One 2", "One 3", "Two 2"})
        self.assertLessEqual({"Two 3", "One 1"}, self.wanted({"playlists": ["sußes"]}))
        size = os.path.getsize(os.path.join(self.media, "One", "1.mp3"))
        best = {"rating": 5, "everything": True, "max_bytes": size + 10}
        self.assertEqual(self.wanted(best) & everything, {"One 1"})
        rest = dict(best, order=["everything"])
        self.assertEqual(len(self.wanted(rest) & everything), 1)

    def test_what_is_deleted_on_the_device_stays_at_home(self):
        self.set_rule({"albums": ["One"]})
        self.sync()
        item = next(item for item, (path, _) in self.phone.held.items() if "02" in path)
        del self.phone.held[item]
        self.phone.absent.append(item)
        self.sync()
        self.assertEqual(len(self.phone.files), 2)
        self.assertTrue(os.path.exists(os.path.join(self.media, "One", "2.mp3")))
        self.assertEqual(len(self.daemon.get("paired/phone/rule")["rule"]["excluded"]), 1)

    def test_layouts_wait_while_data_is_sent(self):
        write_track(os.path.join(self.media, "Big", "1.mp3"),
                    self.sound * (40_000_000 // len(self.sound)), title="Big", album="Big")
        self.set_rule({"albums": ["One", "Big"]})
        self.daemon.wait_for(lambda _: len(self.phone.ask(self.port)["operations"]) == 4, "the file")
        answer = self.phone.ask(self.port)
        *small, big = sorted(answer["operations"], key=lambda each: each["size"])
        self.phone.home_epoch = answer["home_epoch"]
        stream = self.phone.connect(self.port)
        self.addCleanup(stream.close)
        body = self.phone.data_request([(big["sequence"], big["item"], big["revision"], 0, 0)])
        stream.sendall(b"POST /sync/data HTTP/1.1\r\nHost: home\r\nContent-Length: %d\r\n\r\n%b" %
                       (len(body), body))
        self.assertIn(b"200", stream.recv(100))  # and no more: it is as slow as a slow network
        for operation in small:
            self.phone.results.append((operation["sequence"],
                                       *self.phone.apply(self.port, operation)))
            self.phone.sequence = max(self.phone.sequence, operation["sequence"])
        shown = self.daemon.get("paired/phone/sync")
        self.assertGreater(shown["sent_bytes"], sum(each["size"] for each in small))
        self.assertLess(shown["sent_bytes"], shown["coming"]["bytes"], "the stream stands")
        self.phone.ask(self.port)
        told = self.daemon.get("paired/phone/sync")
        self.assertLess(told.get("sent_bytes", 0), shown["sent_bytes"])
        self.assertLess(told["coming"]["bytes"], shown["coming"]["bytes"])
        time.sleep(0.5)
        self.assertEqual(self.daemon.get("sync"), {"layouts_missing": 3, "jobs": 3})
        stream.close()
        self.daemon.wait_for(lambda _: self.daemon.get("sync")["layouts_missing"] == 0, "all layouts")

    def test_a_device_gets_its_own_files_only(self):
        self.set_rule({"albums": ["One"]})
        answer = self.phone.ask(self.port)
        operation = answer["operations"][0]
        other = self.device(self.daemon.post("pairing")["code"], "tablet")
        self.assertEqual(other.ask(self.port)["operations"], [])
        body = other.data_request([(operation["sequence"], operation["item"], operation["revision"], 0, 0)])
        status, text = other.request(self.port, "POST", "/sync/data", body)
        self.assertEqual(status, 403)
        self.assertEqual(json.loads(text)["error"]["code"], "refused")
        # Its own operation, another's item.
        body = self.phone.data_request([(operation["sequence"], operation["item"] ^ 1,
                                         operation["revision"], 0, 0)])
        self.assertEqual(self.phone.request(self.port, "POST", "/sync/data", body)[0], 403)
        for path in ("/sync", "/sync/manifest", "/sync/layout", "/sync/data", "/sync/upload"):
            for junk in (b"", b"\0", b"\1" + bytes(64), b"\2abc", b"\0" + bytes(5000)):
                self.assertIn(self.phone.request(self.port, "POST", path, junk)[0], (400, 413))
        stranger = wire_device.WireDevice()
        self.addCleanup(stranger.__exit__)
        self.assertEqual(stranger.request(self.port, "POST", "/sync", b"\0")[0], 403)

    def test_the_home_comes_back_where_it_was(self):
        self.set_rule({"everything": True})
        self.sync()
        before = dict(self.phone.files)
        self.daemon.restart()
        self.port = self.daemon.get("pairing")["port"]
        self.phone.operations.clear()
        self.sync()
        self.assertEqual(self.phone.operations, [])
        self.assertEqual(self.phone.files, before)

    def test_an_index_that_is_made_anew_removes_nothing(self):
        self.set_rule({"everything": True})
        self.sync()
        before = dict(self.phone.files)
        self.daemon.stop()
        for name in ("index.db", "index.db-wal", "index.db-shm"):
            for folder, _, files in os.walk(self.daemon.own_dir):
                if name in files:
                    os.unlink(os.path.join(folder, name))
        self.daemon.start()
        self.port = self.daemon.get("pairing")["port"]
        self.phone.operations.clear()
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            status, _ = self.phone.request(self.port, "POST", "/sync",
                                           wire_device.seal(self.phone.request_fields()))
            if status == 204:
                break
            self.assertEqual(status, 503)
            time.sleep(0.1)
        self.daemon.wait_for_scan()
        self.sync()
        self.assertEqual(self.phone.operations, [])
        self.assertEqual(self.phone.files, before)

    def upload(self, data, name, offset, part):
        fields = b"\1" + hashlib.sha256(data).digest() + struct.pack("<Qq", len(data), 1700000000000)
        fields += wire_device.write_text(name) + struct.pack("<Q", offset)
        fields += b"\1" + struct.pack("<I", len(part)) + part
        status, body = self.phone.request(self.port, "POST", "/sync/upload", wire_device.seal(fields))
        self.assertEqual(status, 200, body)
        reader = wire_device.Reader(wire_device.unseal(body))
        return reader.number("B"), reader.number("Q"), reader.number("B")

    def test_photos_come_home_slice_by_slice_and_stay_inside(self):
        data = os.urandom(300000)
        self.assertEqual(self.upload(data, "../../DCIM/a:b.jpg", 0, data[:100000]), (0, 100000, 0))
        self.assertEqual(self.upload(data, "../../DCIM/a:b.jpg", 0, data[:100000]), (0, 100000, 0))
        self.assertEqual(self.upload(data, "../../DCIM/a:b.jpg", 100000, data[100000:]), (0, 300000, 1))
        self.assertEqual(self.upload(data, "../../DCIM/a:b.jpg", 0, b""), (0, 300000, 1))
        found = [os.path.join(folder, name) for folder, _, files in os.walk(self.uploads) for name in files]
        self.assertEqual(len(found), 1, found)
        with open(found[0], "rb") as file:
            self.assertEqual(file.read(), data)
        self.assertTrue(found[0].startswith(os.path.join(self.uploads, "phone")))
        # Another picture of the same name does not replace it.
        other = os.urandom(1000)
        self.assertEqual(self.upload(other, "../../DCIM/a:b.jpg", 0, other)[2], 1)
        self.assertEqual(len(os.listdir(os.path.dirname(found[0]))), 2)
        # What is not what it says begins anew.
        status, have, stored = self.upload(data[:-1] + bytes([data[-1] ^ 1]), "c.jpg", 0, data)
        self.assertEqual((have, stored), (0, 0))
        self.assertNotEqual(status, 0)


if __name__ == "__main__":
    unittest.main()
