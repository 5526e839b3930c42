# SPDX-License-Identifier: GPL-3.0-or-later
"""The card: out, swapped, reformatted, put back; and files that a person deleted on it."""

import os
import shutil
import unittest

import common


def snapshot(folder):
    """Every name with its bytes' hash, our own files as well."""
    found = {}
    for base, dirs, names in os.walk(folder):
        for name in dirs:
            found[os.path.relpath(os.path.join(base, name), folder) + "/"] = None
        for name in names:
            path = os.path.join(base, name)
            found[os.path.relpath(path, folder)] = common.digest(path)
    return found


class CardTest(unittest.TestCase):
    def setUp(self):
        self.pair = self.enterContext(common.Pair(n_files=40, size=20_000))
        self.phone = self.pair.phone()
        self.assertEqual(self.phone.sync()["code"], 0)
        self.pair.check_equal(self.phone)
        self.card = self.phone.folder

    def shown(self, name="Phone"):
        return self.pair.daemon.get(f"paired/{name}/sync")

    def check_away(self, before):
        """A session finds no card of ours: it says so, writes nothing and takes nothing for deleted."""
        for _ in range(2):
            answer = self.phone.sync()
            self.assertEqual(answer["code"], 1, answer)
            self.assertEqual(answer["waits"], "volume away", answer)
        self.assertIn("volume away", self.phone.run("status").stdout)
        self.assertEqual(snapshot(self.card) if os.path.isdir(self.card) else None, before)
        shown = self.shown()
        self.assertFalse(shown["has_volume"], shown)
        self.assertEqual(shown["there"]["files"], 40, shown)
        self.assertNotIn("excluded", shown["rule"], shown)

    def check_back(self):
        self.pair.album.retag("Artist/Album/000.mp3", "While the card was out")
        self.pair.settle()
        answer = self.pair.converge(self.phone)
        self.pair.check_equal(self.phone)
        self.assertLess(answer["bytes_fetched"], 20_000, "what was on the card came again")
        self.assertTrue(self.shown()["has_volume"])

    def test_out_and_back(self):
        os.rename(self.card, self.card + ".out")
        self.check_away(None)
        os.mkdir(self.card)  # the empty place where it is mounted
        self.check_away({})
        os.rmdir(self.card)
        os.rename(self.card + ".out", self.card)
        self.check_back()

    def test_formatted(self):
        os.rename(self.card, self.card + ".out")
        os.makedirs(os.path.join(self.card, "DCIM"))
        self.check_away({"DCIM/": None})
        answer = self.phone.sync("--new-folder")  # a person says that it is meant
        self.assertEqual(answer["code"], 0, answer)
        self.pair.check_equal(self.phone)

    def test_own_folder_deleted_alone(self):
        own = os.path.join(self.card, common.OWN)
        os.rename(own, own + ".away")
        for name in ("Artist", "Music"):
            shutil.rmtree(os.path.join(self.card, name), ignore_errors=True)
        self.check_away(snapshot(self.card))

    def test_another_devices_card(self):
        other = self.pair.phone("Other")
        self.assertEqual(other.sync()["code"], 0)
        os.rename(self.card, self.card + ".out")
        os.rename(other.folder, self.card)
        self.check_away(snapshot(self.card))
        # Neither does a person's word make another's card ours.
        self.assertNotEqual(self.phone.sync("--new-folder")["code"], 0)
        os.rename(self.card, other.folder)
        os.rename(self.card + ".out", self.card)
        self.pair.check_equal(other)
        self.check_back()
        self.assertEqual(other.sync()["code"], 0)
        self.pair.check_equal(other)

    def test_an_older_card_of_its_own(self):
        """Two cards of one device: only the one that was set up last is in use."""
        os.rename(self.card, self.card + ".first")
        self.assertEqual(self.phone.sync("--new-folder")["code"], 0)
        os.rename(self.card, self.card + ".second")
        os.rename(self.card + ".first", self.card)
        self.check_away(snapshot(self.card))

    # ---- Deleting ----

    def delete(self, n):
        gone = sorted(self.phone.media())[:n]
        for path in gone:
            os.unlink(os.path.join(self.card, path))
        return gone

    def check_stays_away(self, gone):
        self.pair.album.retag("Artist/Album/039.mp3", "Another")
        self.pair.settle()
        self.assertEqual(self.phone.sync()["code"], 0)
        for path in gone:
            self.assertFalse(os.path.exists(os.path.join(self.card, path)), path)
        self.assertEqual(len(self.phone.media()), 40 - len(gone))
        # Not here, says the device; the home keeps them.
        self.assertEqual(len(self.pair.album.hashes()), 40)

    def test_a_few_deleted_are_not_wanted_here(self):
        gone = self.delete(3)
        self.assertEqual(self.phone.sync()["code"], 0)
        self.check_stays_away(gone)

    def test_many_deleted_wait_for_a_word_on_the_device(self):
        gone = self.delete(25)
        for _ in range(2):
            answer = self.phone.sync()
            self.assertEqual(answer["held_back"], 25, answer)
        self.assertIn("hearth-handheld confirm", self.phone.run("status").stdout)
        shown = self.shown()
        self.assertEqual((shown["held_back"], shown["there"]["files"]), (25, 40), shown)
        self.assertEqual(self.phone.run("confirm").returncode, 0)
        self.assertEqual(self.phone.sync()["held_back"], 0)
        self.check_stays_away(gone)

    def test_many_deleted_wait_for_a_word_at_home(self):
        gone = self.delete(25)
        self.assertEqual(self.phone.sync()["held_back"], 25)
        self.pair.daemon.post("paired/Phone/confirm")
        self.phone.sync()
        self.assertEqual(self.phone.sync()["held_back"], 0)
        self.check_stays_away(gone)

    def test_many_that_come_back_were_not_deleted(self):
        gone = sorted(self.phone.media())[:25]
        aside = os.path.join(self.pair.own_dir, "aside")
        for path in gone:
            os.makedirs(os.path.dirname(os.path.join(aside, path)), exist_ok=True)
            os.rename(os.path.join(self.card, path), os.path.join(aside, path))
        self.assertEqual(self.phone.sync()["held_back"], 25)
        for path in gone:
            os.rename(os.path.join(aside, path), os.path.join(self.card, path))
        answer = self.phone.sync()
        self.assertEqual((answer["code"], answer["held_back"]), (0, 0), answer)
        self.pair.check_equal(self.phone)


if __name__ == "__main__":
    unittest.main()
