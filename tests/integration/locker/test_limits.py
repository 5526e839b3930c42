# SPDX-License-Identifier: GPL-3.0-or-later
"""Limits are kept and told; what is removed is gone at once."""

import threading
import time
import unittest

from locker_test_case import LockerTest, locker


class LimitsTest(LockerTest):

    def limit(self, *words):
        self.relay.run("accounts", "limit", self.relay.accounts()[0]["id"], *words)

    def test_limits_are_told_when_they_change(self):
        home = self.home()
        control = home.control()
        self.addCleanup(control.close)
        event, limits = control.next()
        self.assertEqual((event, limits["household_rate"], limits["routes"]), ("limits", 0, 1000))
        self.limit("--rate", "1M", "--session-rate", "500k", "--month", "2G", "--sessions", "3")
        event, limits = control.next()
        self.assertEqual(event, "limits")
        self.assertEqual({name: limits[name] for name in
                          ("household_rate", "session_rate", "month_bytes", "sessions")},
                         {"household_rate": 1000000, "session_rate": 500000,
                          "month_bytes": 2000000000, "sessions": 3})
        parked = home.park()
        with self.relay.connect() as device:
            device.sendall(locker.client_hello(f"{home.route()}.{locker.NAME}"))
            self.assertEqual(locker.read_join(parked), 489)
        parked.close()

    def rate_of(self, *ends, seconds=2):
        """Bytes a second that come out of the ends."""
        counts = []

        def read(end):
            stop, n = time.monotonic() + seconds, 0
            while time.monotonic() < stop:
                n += len(end.recv(65536))
            counts.append(n)

        threads = [threading.Thread(target=read, args=(end,)) for end in ends]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(counts) / seconds

    def pour(self, end):
        def write():
            try:
                while True:
                    end.sendall(bytes(65536))
            except OSError:
                pass
        threading.Thread(target=write, daemon=True).start()

    def test_a_session_keeps_its_rate_and_the_household_its(self):
        home = self.home()
        route = home.route()
        control = home.control()
        self.addCleanup(control.close)
        control.next()
        self.limit("--rate", "1500k", "--session-rate", "1M")
        control.next()
        sessions = [self.session(home, route) for _ in range(2)]
        # One alone has its own rate; two share the household's. A bucket may be full at first.
        self.pour(sessions[0][1])
        self.assertAlmostEqual(self.rate_of(sessions[0][0]), 1e6, delta=0.35e6)
        self.pour(sessions[1][1])
        self.assertAlmostEqual(self.rate_of(*(device for device, _ in sessions)), 1.5e6,
                               delta=0.5e6)

    def test_sessions_and_bytes_of_the_month_are_limited(self):
        home = self.home()
        route = home.route()
        control = home.control()
        self.addCleanup(control.close)
        control.next()
        self.limit("--sessions", "1", "--month", "300k")
        control.next()
        device, server = self.session(home, route)
        hello = locker.client_hello(f"{route}.{locker.NAME}")
        self.assertEqual(self.relay.ask(hello), locker.alert(locker.ACCESS_DENIED))
        self.pour(server)
        got = locker.read_all(device, 10)
        self.assertLess(len(got), 450000)
        locker.wait_for(lambda: home.call("GET", "/v1/status")["sessions"] == 0)
        self.assertEqual(self.relay.ask(hello), locker.alert(locker.ACCESS_DENIED))
        self.assertGreater(home.call("GET", "/v1/status")["month_used"], 300000)
        locker.wait_for(lambda: self.relay.accounts()[0]["month_used"] > 300000)

    def test_removed_households_lose_everything_at_once(self):
        home = self.home()
        route = home.route()
        control = home.control()
        self.addCleanup(control.close)
        control.next()
        device, _ = self.session(home, route)
        parked, ticket = home.park(), home.tickets()[0]
        self.relay.run("accounts", "remove", self.relay.accounts()[0]["id"])
        self.assertEqual(control.next()[0], "ended")
        self.assertEqual(locker.read_all(device), b"")
        self.assertEqual(locker.read_all(parked), b"")
        self.assertEqual(self.relay.ask(f"PARK {ticket}\n".encode()), b"E")
        self.assertEqual(self.relay.ask(locker.client_hello(f"{route}.{locker.NAME}")),
                         locker.alert(locker.UNRECOGNIZED_NAME))
        with self.assertRaises((EOFError, OSError)):
            control.next()
        home.close_api()
        self.assert_refused(403, home.tickets)
        self.assertEqual(self.relay.accounts(), [])

    def test_a_home_can_leave(self):
        home = self.home()
        home.route()
        home.call("DELETE", "/v1/household")
        self.assertEqual(self.relay.accounts(), [])
        self.assertEqual(self.relay.status()["households"], 0)


if __name__ == "__main__":
    unittest.main()
