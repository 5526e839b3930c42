# SPDX-License-Identifier: GPL-3.0-or-later
"""A phone leaves home in the middle of a file, goes on in a café through the locker, and comes back; and
what whoever runs the locker has seen of it."""

import base64
import os
import random
import re
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import world  # noqa: E402
from netns import available, reexec  # noqa: E402


def spellings(raw):
    """How 32 bytes may be written."""
    text = base64.b32encode(raw).decode().rstrip("=")
    return [raw, raw.hex().encode(), raw.hex().upper().encode(), text.encode(), text.lower().encode(),
            base64.b64encode(raw).rstrip(b"=")]


def private_scalar(path):
    """The secret half of a PEM key, as it lies in the file."""
    with open(path, encoding="ascii") as file:
        body = "".join(line.strip() for line in file if not line.startswith("-"))
    return base64.b64decode(body)


@unittest.skipUnless(available(), "needs network namespaces")
class JourneyTest(unittest.TestCase):
    def secrets_of(self, here):
        """Names, keys and runs of payload: (what it is, bytes)."""
        found = [("the artist", world.ARTIST), ("the album", world.ALBUM), ("a title", "Nocturne of the heron"),
                 ("a file", "Cicada field recording"), ("the folder", here.media), ("a path", "track 01.mp3")]
        found = [(what, text.encode(code)) for what, text in found for code in ("utf-8", "utf-16-le")]
        chance = random.Random(3)
        for top, _, names in os.walk(here.media):
            for name in names:
                with open(os.path.join(top, name), "rb") as file:
                    data = file.read()
                for at in range(2000, len(data) - 32, max(400_000, len(data) // 12)):
                    at += chance.randrange(1000)
                    if len(set(data[at:at + 24])) >= 12:  # not the padding that every file has
                        found.append((f"{name} at {at}", data[at:at + 24]))
        with open(os.path.join(here.phone.state_dir, "homes", "Home.home"), encoding="utf-8") as file:
            home_id = re.search(r"^id=(\w+)$", file.read(), re.M)[1]
        raw = base64.b32decode(home_id.upper() + "=" * (-len(home_id) % 8))
        found += [("the home's id", each) for each in spellings(raw)]
        device_id = here.home.get("paired")["paired"][0]["id"]
        raw = base64.b32decode(device_id.upper() + "=" * (-len(device_id) % 8))
        found += [("the device's id", each) for each in spellings(raw)]
        for folder in (os.path.join(here.home.state_dir, "identity"),
                       os.path.join(here.phone.state_dir, "identity")):
            key = private_scalar(os.path.join(folder, "key.pem"))
            found += [("a private key", each) for each in spellings(key[-32:])]
        return found

    def check_disk(self, here, secrets):
        for top, _, names in os.walk(here.relay.data):
            for name in names:
                with open(os.path.join(top, name), "rb") as file:
                    data = file.read()
                for what, needle in secrets:
                    self.assertNotIn(needle, data, f"{what} is in the locker's {name}")

    def travel(self, here):
        here.start_agent()
        here.wait_for_path("lan", 5_000_000)
        before = here.status()["bytes_fetched"]
        here.to_cafe()
        away_s = here.wait_for_path("relay", before)
        here.wait_for_path("relay", before + 5_000_000)
        said = here.phone.run("status").stdout
        self.assertRegex(said, r"relayed at [0-9.]+ Mbit/s")
        before = here.status()["bytes_fetched"]
        here.to_home()
        home_s = here.wait_for_path("lan", before)
        here.wait_until_equal()
        print(f"through the locker after {away_s:.2f} s, on the LAN again after {home_s:.2f} s")
        done = here.status()
        whole = sum(os.path.getsize(os.path.join(top, name))
                    for top, _, names in os.walk(here.media) for name in names)
        print(f"{done['bytes_received']} bytes came for {whole}")
        # Nothing is begun anew: what was under way at a break is all that comes twice.
        self.assertLess(done["bytes_received"], whole * 1.02 + 2 * 4_000_000)

    def test_leaving_and_coming_back(self):
        with world.World() as here:
            with world.Capture(here.locker_host, os.path.join(here.dir, "pcap")) as capture:
                self.travel(here)
            secrets = self.secrets_of(here)
            time.sleep(5.5)  # the locker writes its counters every five seconds
            self.check_disk(here, secrets)
            self.check_capture(capture, secrets)

    def test_a_track_plays_through_the_move(self):
        """One request of a player goes on from the LAN to the locker and back; it seeks on both."""
        with world.World(rule={"everything": False, "albums": [world.ALBUM]}) as here:
            here.start_agent()
            world.wait_for("the album", lambda: here.status().get("state") == "idle" and
                           len(here.media_of(here.folder)) == world.N_TRACKS, 40)
            item = here.home.get("search", q="Cicada", kind="track")["objects"][0]["id"]
            with open(os.path.join(here.media, "Cicada field recording.wav"), "rb") as file:
                data = file.read()
            with here.play(item) as url:
                seeks = {"LAN": self.seek(here, url, data, 11)}
                with here.fetch(url) as playing:
                    got = playing.read(4_000_000)
                    here.to_cafe()
                    got += playing.read(8_000_000)
                    seeks["locker"] = self.seek(here, url, data, 12)
                    here.to_home()
                    got += playing.read(8_000_000)
                    seeks["LAN again"] = self.seek(here, url, data, 13)
                    got += playing.read()
            self.assertEqual(len(got), len(data))
            self.assertTrue(got == data, "what was played is not what is at home")
            print("first byte of a seek, median: " +
                  ", ".join(f"{way} {ms:.0f} ms" for way, ms in seeks.items()))

    def seek(self, here, url, data, seed):
        """Returns: the median of the times to the first byte of three seeks, in ms."""
        chance = random.Random(seed)
        times = []
        for _ in range(3):
            at = chance.randrange(len(data) - 100_000)
            begin = time.monotonic()
            with here.fetch(url, f"bytes={at}-{at + 65535}") as answer:
                self.assertEqual(answer.status, 206)
                part = answer.read(1)
                times.append(time.monotonic() - begin)
                part += answer.read()
            self.assertTrue(part == data[at:at + 65536])
        return sorted(times)[1] * 1000

    def check_capture(self, capture, secrets):
        data = capture.data()
        self.assertGreater(len(data), 5_000_000, "the capture saw what went through")
        self.assertIn(b"." + world.NAME.encode(), data)  # it would see names if there were any
        for what, needle in secrets:
            self.assertNotIn(needle, data, f"{what} went through the locker in the clear")


if __name__ == "__main__":
    reexec()
    unittest.main(verbosity=2)
