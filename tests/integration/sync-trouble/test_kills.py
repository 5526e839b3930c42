# SPDX-License-Identifier: GPL-3.0-or-later
"""The agent killed with -9 under traffic; kill_sync.py has the long version."""

import unittest

import kill_sync


class KillTest(unittest.TestCase):
    def test_nothing_is_torn_or_lost(self):
        rounds, said = kill_sync.run(25, seed=5)
        print(said)
        self.assertGreater(rounds.n_under_way, 5, said)


if __name__ == "__main__":
    unittest.main()
