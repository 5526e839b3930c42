# SPDX-License-Identifier: GPL-3.0-or-later
"""What the operator of a locker sees and does."""

import socket
import unittest
import urllib.request

from locker_test_case import LockerTest, locker


class OperatorTest(LockerTest):

    def test_status_tells_what_is_going_on(self):
        home = self.home()
        parked = home.park()
        self.addCleanup(parked.close)
        status = locker.wait_for(lambda: (found := self.relay.status())["parked"] and found)
        self.assertEqual((status["running"], status["households"], status["parked"]), (True, 1, 1))
        self.assertIn("1 connections parked", self.relay.run("status").stdout)
        self.relay.invite()
        self.assertEqual(self.relay.status()["invitations"], 1)

    def test_a_second_server_on_the_same_data_is_refused(self):
        done = self.relay.run("serve", "--listen", "127.0.0.1:0", "--name", "x.test", check=False)
        self.assertEqual(done.returncode, 4)

    def test_wrong_words_are_refused(self):
        for words in (["accounts"], ["accounts", "limit", "nobody"], ["accounts", "remove", "x"],
                      ["invite", "--days", "0"], ["serve", "--listen", "nowhere"],
                      ["serve", "--listen", "127.0.0.1:0", "--key", "x"], ["dance"]):
            self.assertNotEqual(self.relay.run(*words, check=False).returncode, 0, words)


class MetricsTest(unittest.TestCase):

    def test_counters_are_told_where_asked(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        with locker.Locker("--metrics", f"127.0.0.1:{port}") as relay:
            relay.ask(b"nonsense")
            text = urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics").read().decode()
        self.assertIn('hearth_locker_connections_total{event="malformed"} 1\n', text)
        self.assertIn("hearth_locker_households 0\n", text)


if __name__ == "__main__":
    unittest.main()
