# SPDX-License-Identifier: GPL-3.0-or-later
"""A locker for each test, and what its tests share."""

import os
import sys
import threading
import unittest

sys.path.insert(0, os.path.join(os.environ["HEARTH_SOURCE"], "tests", "support"))
import locker  # noqa: E402


class LockerTest(unittest.TestCase):

    def setUp(self):
        self.relay = self.enterContext(locker.Locker())

    def home(self):
        home = locker.Home(self.relay)
        self.addCleanup(home.close_api)
        home.join()
        return home

    def session(self, home, route):
        """Returns: the device's and the home's end of one session."""
        parked = home.park()
        ends = []
        thread = threading.Thread(target=lambda: ends.append(home.accept(parked)[1]))
        thread.start()
        device = self.relay.device(route)
        thread.join()
        self.addCleanup(device.close)
        self.addCleanup(ends[0].close)
        return device, ends[0]

    def assert_refused(self, status, call, *arguments):
        with self.assertRaises(locker.Refused) as caught:
            call(*arguments)
        self.assertEqual(caught.exception.status, status)
        self.assertGreater(len(caught.exception.body["error"]["message"]), 10)
        return caught.exception
