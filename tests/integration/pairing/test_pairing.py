# SPDX-License-Identifier: GPL-3.0-or-later
"""Pairing as people do it: two hosts on a network, codes typed and scanned, and who should not."""

import concurrent.futures
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.environ["HEARTH_SOURCE"], "tests", "support"))
import device  # noqa: E402
import hearth  # noqa: E402
from netns import Network, available, reexec  # noqa: E402

TEXT = re.compile(r"\b[A-Z2-7]{4}(?:-[A-Z2-7]{4}){5}\b")


def letters_of(text):
    """The secret in a text code."""
    return text.replace("-", "").lower()[16:23]


def wrong(letters):
    return ("b" if letters[0] == "a" else "a") + letters[1:]


class CodesTest(unittest.TestCase):
    """On one machine; the address is named."""

    def setUp(self):
        self.daemon = self.enterContext(hearth.Daemon())
        self.port = self.daemon.get("pairing")["port"]
        self.phone = self.enterContext(device.Device())
        self.here = ("--address", "127.0.0.1:%d" % self.port)

    def start_pair(self, *words):
        """`hearth pair`, waiting. Returns: the process, and what it showed."""
        process = subprocess.Popen(
            [hearth.HEARTH, "--state-dir", self.daemon.state_dir, "pair", *words],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=self.daemon.env)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        shown = ""
        while "Waiting for the device" not in shown:
            line = process.stdout.readline()
            self.assertTrue(line, shown)
            shown += line
        return process, shown

    def paired(self):
        return {each["name"]: each for each in self.daemon.get("paired")["paired"]}

    def test_hearth_pair_waits_and_says_who_came(self):
        process, shown = self.start_pair("--name", "Anna's phone")
        answer = self.phone.pair(TEXT.search(shown).group(), *self.here)
        self.assertEqual(answer["home"], "Test home")
        self.assertEqual(answer["device"], "Anna's phone")
        self.assertEqual(answer["id"], self.daemon.get("pairing")["home"])
        out, _ = process.communicate(timeout=20)
        self.assertIn("Paired with Anna's phone.", out)
        self.assertEqual(process.returncode, 0)
        self.assertEqual(self.paired()["Anna's phone"]["role"], "handheld")
        self.assertIn("Anna's phone", self.daemon.cli("devices").stdout)

    def test_ctrl_c_ends_the_code(self):
        process, shown = self.start_pair()
        process.terminate()
        out, _ = process.communicate(timeout=20)
        self.assertIn("The code is ended.", out)
        self.assertEqual(process.returncode, 1)
        done = self.phone.run("pair", TEXT.search(shown).group(), *self.here)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(self.paired(), {})

    def test_json_is_one_line_with_three_members(self):
        done = self.daemon.cli("pair", "--json")
        self.assertEqual(done.stdout.count("\n"), 1)
        answer = json.loads(done.stdout)
        self.assertEqual(set(answer), {"code", "text", "expires"})
        self.assertAlmostEqual(answer["expires"], time.time() + 600, delta=20)
        self.phone.pair(answer["code"])

    @unittest.skipUnless(shutil.which("zbarimg"), "needs zbarimg of zbar-tools")
    def test_a_camera_reads_the_picture(self):
        _, shown = self.start_pair()
        rows = [line for line in shown.splitlines() if set(line) <= set(" ▀▄█") and "█" in line]
        self.assertGreater(len(rows), 15)
        size = 4
        pixels = []
        for line in rows:
            for light in ("▀█", "▄█"):
                row = "".join(("255 " if letter in light else "0 ") * size for letter in line)
                pixels += [row] * size
        path = os.path.join(self.daemon.own_dir, "qr.pgm")
        with open(path, "w", encoding="ascii") as file:
            file.write("P2 %d %d 255\n" % (len(rows[0]) * size, len(pixels)))
            file.write("\n".join(pixels) + "\n")
        seen = subprocess.run(["zbarimg", "-q", "--raw", path], capture_output=True, text=True,
                              check=True).stdout.strip()
        self.assertTrue(seen.startswith("HEARTH:1:"))
        self.phone.pair(seen)

    def test_a_code_is_good_once(self):
        offer = device.offer(self.daemon)
        self.phone.pair(offer["text"], *self.here)
        with device.Device() as other:
            for code in (offer["text"], offer["code"]):
                done = other.run("pair", code, *self.here)
                self.assertEqual(done.returncode, 1)
                self.assertIn("has been used", done.stderr)
        self.assertEqual(len(self.paired()), 1)

    def test_three_wrong_guesses_end_the_letters_and_it_is_said(self):
        process, shown = self.start_pair()
        text = TEXT.search(shown).group()
        for _ in range(3):
            status, answer = self.phone.guess(self.port, wrong(letters_of(text)))
            self.assertEqual(status, 403)
            self.assertEqual(answer["error"]["code"], "wrong-code")
        self.assertIn("Three wrong codes were typed", process.stdout.readline())
        self.assertIn("three wrong codes were typed", self.daemon.log())
        done = self.phone.run("pair", text, *self.here)
        self.assertEqual(done.returncode, 1)
        self.assertIsNone(process.poll())  # the QR code is still waited for

    def test_the_qr_code_outlives_the_letters(self):
        offer = device.offer(self.daemon)
        for _ in range(5):
            self.phone.guess(self.port, wrong(letters_of(offer["text"])))
        self.assertEqual(self.daemon.get("pairing/" + offer["id"])["state"], "text-ended")
        self.phone.pair(offer["code"])

    def test_guesses_at_once_are_three_at_most(self):
        """The right letters after three wrong ones, which come all at the same time, are no good."""
        offer = device.offer(self.daemon)
        bad = wrong(letters_of(offer["text"]))
        with concurrent.futures.ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda _: self.phone.guess(self.port, bad), range(48)))
        self.assertEqual({status for status, _ in answers}, {403})
        ended = sum("has been used" in answer["error"]["message"] for _, answer in answers)
        self.assertEqual(len(answers) - ended, 3)
        status, _ = self.phone.guess(self.port, letters_of(offer["text"]))
        self.assertEqual(status, 403)
        self.assertEqual(self.paired(), {})

    def test_a_revoked_device_is_cut_off_in_the_middle(self):
        self.phone.pair(device.offer(self.daemon, name="Phone")["code"])
        self.daemon.post("paired/Phone", role="owner")
        stream = self.phone.connect(self.port)
        stream.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertIn(b" 200 ", stream.recv(4096))
        started = time.monotonic()
        self.daemon.cli("devices", "revoke", "Phone")
        try:
            while stream.recv(4096):
                pass
        except OSError:
            pass
        self.assertLess(time.monotonic() - started, 5)
        stream.close()
        status, answer = self.phone.request(self.port, "GET", "/api/v1/about")
        self.assertEqual((status, answer["error"]["code"]), (403, "revoked"))

    def test_the_revoked_come_back_as_handhelds(self):
        self.phone.pair(device.offer(self.daemon, name="Phone")["code"])
        self.daemon.cli("devices", "role", "Phone", "owner")
        self.assertEqual(self.paired()["Phone"]["role"], "owner")
        self.daemon.cli("devices", "revoke", "Phone")
        self.phone.pair(device.offer(self.daemon, name="Phone")["code"])
        self.assertEqual(self.paired()["Phone"]["role"], "handheld")
        self.assertEqual(self.phone.request(self.port, "GET", "/api/v1/about")[0], 403)

    def test_devices_are_renamed_wiped_and_forgotten(self):
        self.phone.pair(device.offer(self.daemon, name="Phone")["code"])
        self.assertEqual(self.daemon.cli("devices", "rename", "phone", "Tablet").returncode, 0)
        self.assertIn("Tablet", self.daemon.cli("devices", "show", "tablet").stdout)
        self.assertEqual(self.daemon.cli("devices", "forget", "Tablet").returncode, 1)
        self.assertEqual(self.daemon.cli("devices", "wipe", "Tablet").returncode, 0)
        status, answer = self.phone.request(self.port, "GET", "/api/v1/about")
        self.assertEqual((status, answer["error"]["code"]), (403, "wipe"))
        self.daemon.cli("devices", "revoke", "Tablet")
        self.assertEqual(self.daemon.cli("devices", "forget", "Tablet").returncode, 0)
        self.assertEqual(self.paired(), {})

    def test_who_is_paired_survives_a_restart(self):
        self.phone.pair(device.offer(self.daemon, name="Phone")["code"])
        self.daemon.post("paired/Phone", role="owner")
        home = self.daemon.get("pairing")["home"]
        self.daemon.kill()
        self.daemon.start()
        self.assertEqual(self.daemon.get("pairing")["home"], home)
        port = self.daemon.get("pairing")["port"]
        self.assertEqual(self.phone.request(port, "GET", "/api/v1/about")[0], 200)

    def test_a_mistyped_code_asks_nobody(self):
        text = device.offer(self.daemon)["text"]
        typed = ("B" if text[0] == "A" else "A") + text[1:]
        done = self.phone.run("pair", typed, *self.here)
        self.assertEqual(done.returncode, 2)
        self.assertIn("a letter of the code is wrong", done.stderr)

    def test_secrets_are_nowhere_to_be_read(self):
        offer = device.offer(self.daemon)
        self.phone.pair(offer["text"], *self.here)
        secret = offer["code"].split(":")[3]
        log = self.daemon.log().upper()
        self.assertNotIn(secret, log)
        self.assertNotIn(letters_of(offer["text"]).upper(), log)
        for state in (self.daemon.state_dir, self.phone.state_dir):
            self.assertEqual(stat.S_IMODE(os.stat(state + "/identity").st_mode), 0o700)
            self.assertEqual(stat.S_IMODE(os.stat(state + "/identity/key.pem").st_mode), 0o600)
        homes = os.path.join(self.phone.state_dir, "homes")
        for name in os.listdir(homes):
            self.assertEqual(stat.S_IMODE(os.stat(os.path.join(homes, name)).st_mode), 0o600)


@unittest.skipUnless(available(), "needs network namespaces")
class NetworkTest(unittest.TestCase):
    """Hosts of their own; the home is found by mDNS."""

    def setUp(self):
        self.net = self.enterContext(Network())
        self.home_host = self.net.host("home", "192.0.2.1/24", "2001:db8::1/64")
        self.phone_host = self.net.host("phone", "192.0.2.7/24", "2001:db8::7/64")
        self.home = self.start_home(self.home_host, "Home")
        self.phone = self.enterContext(device.Device(self.phone_host))

    def start_home(self, host, name):
        return self.enterContext(hearth.Daemon(name=name, interfaces=["eth0"],
                                               prefix=host.command([])))

    def test_letters_are_enough(self):
        answer = self.phone.pair(device.offer(self.home)["text"])
        self.assertEqual(answer["home"], "Home")
        self.assertTrue(answer["address"].startswith(("192.0.2.1", "2001:db8::1", "fe80::")))

    def test_the_qr_code_knows_the_address(self):
        answer = self.phone.pair(device.offer(self.home)["code"])
        self.assertEqual(answer["address"], "192.0.2.1")

    def test_among_two_homes_the_right_one_is_taken(self):
        other = self.start_home(self.net.host("other", "192.0.2.2/24"), "Other home")
        device.offer(other)
        for daemon, name in ((other, "Other home"), (self.home, "Home")):
            answer = self.phone.pair(device.offer(daemon)["text"])
            self.assertEqual(answer["home"], name)
        done = self.phone.run("homes")
        self.assertEqual(done.stdout.split(), ["Home", "Other", "home"])

    def test_a_wrong_home_at_the_address_hears_nothing(self):
        wrong_home = self.start_home(self.net.host("wrong", "192.0.2.66/24"), "Wrong")
        own = device.offer(wrong_home)
        for kind in ("text", "code"):
            code = device.offer(self.home)[kind]
            address = "192.0.2.66:%d" % wrong_home.get("pairing")["port"]
            done = self.phone.run("pair", code, "--address", address)
            self.assertEqual(done.returncode, 1)
            self.assertIn("its key is another", done.stderr)
        self.assertEqual(wrong_home.get("paired")["paired"], [])
        self.assertEqual(self.home.get("paired")["paired"], [])
        self.assertEqual(wrong_home.get("pairing/" + own["id"])["state"], "open")
        self.assertEqual(self.phone.run("homes").returncode, 3)

    def test_nobody_there_is_said_in_time(self):
        code = device.offer(self.home)["text"]
        self.home.stop()
        started = time.monotonic()
        done = self.phone.run("pair", code)
        self.assertEqual(done.returncode, 1)
        self.assertIn("--address", done.stderr)
        self.assertLess(time.monotonic() - started, 30)
        self.home.start()


if __name__ == "__main__":
    reexec()
    unittest.main()
