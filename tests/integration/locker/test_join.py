# SPDX-License-Identifier: GPL-3.0-or-later
"""A household joins with a code, once; everybody else is refused."""

import sqlite3
import time
import unittest

from locker_test_case import LockerTest, locker


class JoinTest(LockerTest):

    def test_the_code_names_the_key_of_the_locker(self):
        invitation = self.relay.invite()
        code = invitation["code"].replace("-", "")
        home = locker.Home(self.relay)
        home.api = home.open_api()
        pinned = locker.key_hash(home.api.sock.getpeercert(True))
        self.assertEqual(code[16:], locker.base32(pinned[:10]))
        self.assertEqual(invitation["url"], f"https://{locker.NAME}:{self.relay.port}")
        self.assertAlmostEqual(invitation["expires"], time.time() + 7 * 86400, delta=60)
        home.close_api()

    def test_a_code_is_good_once_and_for_its_key(self):
        invitation = self.relay.invite()
        first, second = locker.Home(self.relay), locker.Home(self.relay)
        joined = first.join(invitation)
        self.assertEqual(joined["name"], locker.NAME)
        self.assertEqual(joined["limits"]["household_rate"], 0)
        # The answer was lost, and it asks again.
        self.assertEqual(first.join(invitation), joined)
        self.assert_refused(403, second.join, invitation)
        self.assertEqual(len(self.relay.accounts()), 1)
        first.close_api()
        second.close_api()

    def test_strangers_and_bad_codes_are_refused(self):
        stranger = locker.Home(self.relay)
        self.assert_refused(403, stranger.tickets)
        self.assert_refused(403, stranger.set_routes)
        self.assert_refused(403, stranger.call, "GET", "/v1/status")
        for code in ("", "aaaa", "aaaa-" * 8, 7, None, ["x"]):
            self.assert_refused(403, stranger.join, {"code": code})
        with self.assertRaises(locker.Refused):
            stranger.control()
        stranger.close_api()

    def test_an_expired_code_is_refused(self):
        invitation = self.relay.invite()
        db = sqlite3.connect(self.relay.data + "/locker.sqlite")
        db.execute("UPDATE invitation SET expires_unix_s = 1")
        db.commit()
        db.close()
        home = locker.Home(self.relay)
        self.assert_refused(403, home.join, invitation)
        home.close_api()


if __name__ == "__main__":
    unittest.main()
