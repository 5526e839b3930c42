# SPDX-License-Identifier: GPL-3.0-or-later
"""Cards as they are bought: FAT32 and exFAT images, mounted by the kernel where it has them, else by FUSE.

Titles are those that such cards cannot have as names."""

import os
import re
import shutil
import subprocess
import unittest

import common

# Of FAT with its long names, what a name may not contain.
FORBIDDEN = set('"*/:<>?\\|') | {chr(code) for code in range(32)}

TITLES = [
    "What? Why: \"because\" *so* | <this> & <that>", "A:B/C\\D", "Et cetera...", "Trailing dots . . .",
    "???", "...", "CON", "nul.txt", "Same", "same", "SAME", "sAmE", "Same?", "a" * 300, "A" * 300,
    "a" * 299 + "b", ".hidden", "-rf", "tab\tand\x01control", "~1", "SAME~1",
    "Emoji 🎉🏳️‍🌈", "🎉" * 150, "Straße", "STRASSE", "École", "École", "éCOLE", "東京 – 音楽",
    "İstanbul", "ıstanbul", "ﬁnal", "final", "Ω" * 300,
]


def is_done(*command):
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          check=False).returncode == 0


class Image:
    """A file with a file system in it, mounted; `why_not` says what is lacking."""

    def __init__(self, folder, make, mounts, size=96 << 20):
        self.path = os.path.join(folder, "card.img")
        self.folder = os.path.join(folder, "card")
        self.mounts, self.make, self.size = mounts, make, size
        self.loop = None
        self.why_not = None
        os.makedirs(self.folder)

    def open(self):
        if shutil.which(self.make[0]) is None:
            self.why_not = f"needs {self.make[0]}"
            return False
        with open(self.path, "wb") as file:
            file.truncate(self.size)
        subprocess.run([*self.make, self.path], check=True, stdout=subprocess.DEVNULL)
        return self.mount()

    def mount(self):
        for command in self.mounts:
            if shutil.which(command[0]) is None:
                continue
            source = self.path
            if "LOOP" in command:
                found = subprocess.run(["losetup", "-f", "--show", self.path], check=False,
                                       capture_output=True, text=True)
                if found.returncode != 0:
                    continue
                source = self.loop = found.stdout.strip()
            words = [source if word in ("LOOP", "IMAGE") else
                     self.folder if word == "FOLDER" else word for word in command]
            if is_done(*words):
                return True
            self.detach()
        self.why_not = "nothing here mounts it: " + ", ".join(
            " ".join(command[:4]) for command in self.mounts)
        return False

    def detach(self):
        if self.loop:
            subprocess.run(["losetup", "-d", self.loop], check=True)
            self.loop = None

    def close(self):
        if os.path.ismount(self.folder):
            subprocess.run(["umount", self.folder], check=True)
        self.detach()


class Cards:
    def setUp(self):
        self.pair = common.Pair(n_files=0, size=15_000)
        self.image = Image(self.pair.own_dir, self.make, self.mounts)
        self.addCleanup(self.image.close)
        if os.geteuid() != 0 or not self.image.open():
            shutil.rmtree(self.pair.own_dir, ignore_errors=True)
            self.skipTest(self.image.why_not or "needs root")
        self.enterContext(self.pair)
        self.phone = self.pair.phone(folder=os.path.join(self.image.folder, "Music player"))
        self.fill()

    def fill(self):
        for number, title in enumerate(TITLES):
            # The same number everywhere: names differ by their titles alone.
            self.pair.album.add(number, title=title, track=1)
        self.pair.daemon.post("scan")
        common.wait_until("the library to have all, with their tags", self.is_known, timeout=15)

    def is_known(self):
        titles = [each["title"] for each in
                  self.pair.daemon.get("browse/music-all", count=1000)["objects"]]
        # Before its tags were read a file is called by its name, which is a number here.
        return len(titles) == len(TITLES) and not any(re.fullmatch("[0-9]{3}", each)
                                                      for each in titles)

    def check_names(self):
        names = self.phone.media()
        self.assertEqual(len(names), len(TITLES))
        self.assertEqual(len({name.casefold() for name in names}), len(names), sorted(names))
        for path in names:
            for name in path.split("/"):
                self.assertFalse(set(name) & FORBIDDEN, path)
                self.assertLessEqual(len(name.encode("utf-16-le")) // 2, 255, path)
                self.assertFalse(name.endswith((".", " ")), path)
                self.assertTrue(name.isprintable() or "\u200d" in name, repr(path))

    def again(self):
        """The card taken out and put in: nothing is to be done."""
        self.image.close()
        self.assertEqual(self.phone.sync()["waits"], "volume away")
        self.assertTrue(self.image.mount(), self.image.why_not)
        answer = self.phone.sync()
        self.assertEqual((answer["code"], answer["operations"], answer["error"]), (0, 0, ""), answer)
        self.pair.check_equal(self.phone)

    def test_titles_that_are_no_names(self):
        answer = self.phone.sync()
        self.assertEqual((answer["code"], answer["refused"]), (0, 0), answer)
        self.pair.check_equal(self.phone)
        self.check_names()
        self.again()
        self.check_names()

    def test_names_that_change_in_case_alone(self):
        self.assertEqual(self.phone.sync()["code"], 0)
        names = sorted(self.pair.album.tags)
        self.pair.album.retag(names[8], "sAME")
        self.pair.album.retag(names[9], "Same")  # two that change places on such a card
        self.pair.album.retag(names[0], "What! " + "x" * 260)
        self.pair.album.delete(names[10])
        self.pair.daemon.post("scan")
        answer = self.pair.converge(self.phone)
        self.assertEqual((answer["code"], answer["refused"]), (0, 0), answer)
        self.pair.check_equal(self.phone)
        self.again()


class FatTest(Cards, unittest.TestCase):
    """By the kernel alone: Debian's fusefat refuses every name that is not ASCII."""
    make = ("mkfs.vfat", "-F", "32")
    mounts = (("mount", "-t", "vfat", "-o", "loop,utf8=1", "IMAGE", "FOLDER"),)


class ExfatTest(Cards, unittest.TestCase):
    make = ("mkfs.exfat",)
    mounts = (("mount", "-i", "-t", "exfat", "-o", "loop", "IMAGE", "FOLDER"),
              ("mount.exfat-fuse", "LOOP", "FOLDER"))


if __name__ == "__main__":
    unittest.main()
