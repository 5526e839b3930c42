# SPDX-License-Identifier: GPL-3.0-or-later
"""Who plays what right now, as a television, a slow one, and a player that tells show it."""

import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.join(os.environ["HEARTH_SOURCE"], "tests", "support"))
import hearth  # noqa: E402


def make_song(folder, name, seconds):
    subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i",
                    f"anoisesrc=duration={seconds}:amplitude=0.1", "-metadata", f"title={name}",
                    "-metadata", "artist=The Embers", os.path.join(folder, name + ".flac")], check=True)


class Sessions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.media = tempfile.TemporaryDirectory()
        make_song(cls.media.name, "Kindling", 200)
        make_song(cls.media.name, "Ashes", 100)
        cls.daemon = hearth.Daemon(media=[cls.media.name]).start()
        cls.daemon.wait_for_scan()
        cls.items = {item["title"]: item
                     for item in cls.daemon.get("search", q="", kind="track")["objects"]}

    @classmethod
    def tearDownClass(cls):
        cls.daemon.stop()
        cls.daemon.remove()
        cls.media.cleanup()

    def fetch(self, title, first, last):
        item = self.items[title]
        status, _, data = self.daemon.lan("GET", item["url"], headers={"Range": f"bytes={first}-{last}"})
        self.assertEqual((status, len(data)), (206, last - first + 1))

    def sessions(self):
        return self.daemon.get("sessions")["sessions"]

    def wait_for(self, condition, what):
        deadline = time.monotonic() + 10
        while not condition(self.sessions()):
            self.assertLess(time.monotonic(), deadline, f"{what}: {self.sessions()}")
            time.sleep(0.1)
        return self.sessions()

    def wait_for_event(self, stream, title):
        titles = []
        while titles != [title]:
            if stream.readline().strip() == b"event: sessions":
                data = json.loads(stream.readline().removeprefix(b"data: "))
                titles = [each["title"] for each in data["sessions"]]

    def test_a_song_in_ranges_is_one_session_until_another_comes(self):
        size = self.items["Kindling"]["size_bytes"]
        events = hearth.UnixConnection(self.daemon.socket_path)
        events.request("GET", "/api/v1/events")
        stream = events.getresponse()
        self.fetch("Kindling", 0, 20000)
        self.assertEqual([s for s in self.sessions() if s["item"] == self.items["Kindling"]["id"]], [])
        half = size // 2
        self.fetch("Kindling", 20001, half)
        self.fetch("Kindling", half + 1, size - 1)
        (session,) = self.sessions()
        self.assertEqual((session["item"], session["title"], session["artists"], session["kind"]),
                         (self.items["Kindling"]["id"], "Kindling", ["The Embers"], "track"))
        self.assertEqual((session["player"], session["device"], session["path"]),
                         ("computer", "this-computer", "here"))
        self.assertEqual((session["sent_bytes"], session["position_bytes"], session["size_bytes"]),
                         (size, size, size))
        self.assertTrue(session["is_estimate"])
        self.assertLess(session["position_ms"], 20000)
        self.assertLess(session["share"], 0.2)
        self.wait_for_event(stream, "Kindling")
        self.fetch("Ashes", 0, self.items["Ashes"]["size_bytes"] - 1)
        (session,) = self.wait_for(lambda found: len(found) == 1, "the first to end")
        self.assertEqual(session["title"], "Ashes")
        self.assertEqual([s["title"] for s in self.daemon.get("status")["sessions"]], ["Ashes"])
        said = self.daemon.cli("sessions")
        self.assertIn("Ashes", said.stdout)
        self.assertEqual(json.loads(self.daemon.cli("sessions", "--json").stdout)["sessions"][0]["title"],
                         "Ashes")
        self.assertIn("Ashes", self.daemon.cli("status").stdout)
        self.wait_for_event(stream, "Ashes")
        stream.close()
        events.close()

    def test_what_it_is_converted_to_is_listed(self):
        item = self.items["Ashes"]["id"]
        answer = self.daemon.get(f"item/{item}/renditions")
        profiles = {each["profile"]: each for each in answer["renditions"]}
        self.assertEqual(set(profiles), {"opus-96", "opus-128", "opus-160", "aac-128", "aac-192", "aac-256",
                                         "mp3-192", "mp3-320"})
        self.assertIn(profiles["opus-96"]["state"], ("none", "unsupported"))
        self.assertEqual(profiles["opus-96"]["meaning"], "Opus, 96 kbit/s")
        with self.assertRaises(hearth.ApiError) as caught:
            self.daemon.get("item/0/renditions")
        self.assertEqual(caught.exception.code, "invalid")

    def test_how_far_it_is_shows_while_one_request_goes_on(self):
        item = self.items["Kindling"]
        connection = http.client.HTTPConnection("127.0.0.1", self.daemon.port, timeout=30)
        connection.request("GET", item["url"])
        answer = connection.getresponse()
        answer.read(2 << 20)  # what is left is more than the buffers of two sockets take
        (session,) = self.wait_for(
            lambda found: [s for s in found if s["is_fetching"] and s["title"] == "Kindling"], "the request")
        self.assertGreaterEqual(session["position_bytes"], 2 << 20)
        self.assertLess(session["position_bytes"], item["size_bytes"])
        answer.read()
        connection.close()
        self.wait_for(lambda found: not any(s.get("is_fetching") for s in found), "the end of the request")

    def test_a_player_of_this_computer_tells(self):
        item = self.items["Ashes"]["id"]
        for body in ({"player": "x", "item": item, "state": "dancing"},
                     {"player": "\n", "item": item, "state": "playing"},
                     {"player": "x", "item": item, "state": "playing", "position_ms": -1},
                     {"player": "x", "item": "0", "state": "playing"}):
            with self.subTest(body=body), self.assertRaises(hearth.ApiError):
                self.daemon.post("sessions", **body)
        self.daemon.post("sessions", player="A player", item=item, state="paused", position_ms=50000)
        (session,) = [s for s in self.sessions() if s["player"] == "program"]
        self.assertEqual((session["label"], session["path"], session["is_paused"], session["position_ms"],
                          session["is_estimate"]), ("A player", "here", True, 50000, False))
        self.assertAlmostEqual(session["share"], 0.5, 1)
        self.daemon.post("sessions", player="A player", item=item, state="stopped")
        self.assertEqual([s for s in self.sessions() if s["player"] == "program"], [])


if __name__ == "__main__":
    unittest.main()
