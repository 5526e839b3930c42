# SPDX-License-Identifier: GPL-3.0-or-later
"""The album is retagged, replaced and deleted while it is being fetched."""

import time
import unittest

import common


class ChangesTest(unittest.TestCase):
    def setUp(self):
        self.pair = self.enterContext(common.Pair(n_files=16, size=400_000))
        self.link = self.enterContext(
            common.Forwarder(self.pair.daemon.get("pairing")["port"], rate=2_500_000))
        self.phone = self.pair.phone(port=self.link.port)
        self.names = sorted(self.pair.album.tags)

    def while_fetching(self, change):
        """Calls change(name) for each file of the album, spread over the session."""
        process = self.phone.start()
        common.wait_until("traffic", lambda: self.link.n_bytes > 300_000, timeout=15)
        n_during = 0
        for name in self.names:
            change(name)
            n_during += process.poll() is None
            time.sleep(0.1)
        self.assertGreater(n_during, 4, "the session was over too soon")
        process.wait(60)
        self.pair.check_whole(self.phone)
        self.link.rate = 0
        self.pair.settle()
        self.pair.converge(self.phone)
        self.pair.check_whole(self.phone)
        self.pair.check_equal(self.phone)
        self.phone.check_log()

    def test_retagged(self):
        self.while_fetching(lambda name: self.pair.album.retag(name, "Other " + name))

    def test_replaced(self):
        self.while_fetching(lambda name: self.pair.album.replace(name, 500 + int(name[-7:-4])))

    def test_deleted(self):
        self.while_fetching(self.pair.album.delete)
        self.assertEqual(self.phone.media(), [])

    def test_written_in_place(self):
        """Some taggers write into the file that is there: its inode stays, its bytes change."""
        def change(name):
            number, tags = self.pair.album.tags[name]
            tags = dict(tags, title="Xitle" + tags["title"][5:])  # as long as before
            head = common.tagged.id3(tags)
            with open(self.pair.album.path(name), "r+b") as file:
                file.write(head)
            self.pair.album.tags[name] = (number, tags)
            self.pair.album.seen.add(common.digest(self.pair.album.path(name)))
        self.while_fetching(change)

    def test_all_of_it_at_once(self):
        album = self.pair.album

        def change(name):
            number = int(name[-7:-4])
            (lambda: album.retag(name, f"R{number}"), lambda: album.replace(name, 600 + number),
             lambda: album.delete(name), lambda: album.add(700 + number))[number % 4]()
        self.while_fetching(change)


if __name__ == "__main__":
    unittest.main()
