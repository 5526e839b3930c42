# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of interrupted syncs share: a home with an album, a device with a folder, and what must
be true of the two.

    with Pair(size=200_000, n_files=12) as pair:
        pair.sync()
        pair.check_equal()
"""

import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.environ.get("HEARTH_SOURCE", os.getcwd()), "tests", "support"))
import device  # noqa: E402
import hearth  # noqa: E402
import tagged  # noqa: E402
from forwarder import Forwarder  # noqa: E402,F401
from patience import PATIENCE, wait_until  # noqa: E402,F401

OWN = ".hearth"


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files_below(folder):
    """Relative paths of all that is not our own."""
    found = []
    for base, dirs, names in os.walk(folder):
        if base == folder and OWN in dirs:
            dirs.remove(OWN)
        found += [os.path.relpath(os.path.join(base, name), folder) for name in names
                  if name != ".nomedia"]
    return found


class Album:
    """Tagged files of @size bytes each: a short sound, again and again, behind its tag.

    `seen` has the hashes of everything that was ever in the library."""

    def __init__(self, folder, n_files, size, seed=1):
        self.folder = folder
        self.random = random.Random(seed)
        os.makedirs(folder, exist_ok=True)
        self.sound = tagged.sound(folder)
        self.size = size
        self.seen = set()
        self.tags = {}
        for number in range(n_files):
            self.add(number)

    def path(self, name):
        return os.path.join(self.folder, name)

    def body(self, number):
        """Sound that no other number has: the frames come in another order of silence and tone."""
        frames = max(1, self.size // len(self.sound))
        noise = random.Random(number)
        return b"".join(self.sound if noise.random() < 0.9 else self.sound[:len(self.sound) // 2]
                        for _ in range(frames)) + noise.randbytes(1000)

    def add(self, number, **more):
        name = f"Artist/Album/{number:03d}.mp3"
        self.write(name, number, dict({"title": f"Title {number}", "artist": "Artist",
                                       "album": "Album", "track": number + 1}, **more))
        return name

    def write(self, name, number, tags):
        """A whole new file in the place of the old one, as taggers do it."""
        data = tagged.id3(tags) + self.body(number)
        tagged.put(self.path(name), data)
        self.tags[name] = (number, tags)
        self.seen.add(hashlib.sha256(data).hexdigest())

    def retag(self, name, title):
        number, tags = self.tags[name]
        self.write(name, number, dict(tags, title=title))

    def replace(self, name, number):
        """Other sound under the same name and tags."""
        self.write(name, number, self.tags[name][1])

    def delete(self, name):
        os.unlink(self.path(name))
        del self.tags[name]

    def hashes(self):
        return sorted(digest(self.path(name)) for name in self.tags)


class Phone(device.Device):
    """A device with a folder. `address` is where it looks for its home."""

    def __init__(self, daemon, name, port=None, folder=None):
        super().__init__()
        self.daemon = daemon
        self.name = name
        self.folder = folder or os.path.join(self.own_dir, "folder")
        self.address = "127.0.0.1:%d" % (port or daemon.get("pairing")["port"])
        self.pair(device.offer(daemon, name=name)["text"], "--address", self.address)

    def words(self):
        return ["--folder", self.folder, "--address", self.address]

    def sync(self, *words, verb="sync", timeout=60):
        """Returns the summary; `code` is the exit code, `said` what was on standard error."""
        done = self.run(verb, "--json", *self.words(), *words, timeout=timeout * PATIENCE)
        line = done.stdout.strip().splitlines()[-1]
        return dict(json.loads(line), code=done.returncode, said=done.stderr)

    def start(self, verb="sync", *words):
        log = open(os.path.join(self.own_dir, "log"), "ab")  # pylint: disable=consider-using-with
        with log:
            return subprocess.Popen(self.command(verb, "--json", *self.words(), *words),
                                    stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.env)

    def log(self):
        with open(os.path.join(self.own_dir, "log"), encoding="utf-8", errors="replace") as file:
            return file.read()

    def check_log(self):
        for mark in hearth.SANITIZER_MARKS:
            assert mark not in self.log(), self.log()

    def media(self):
        return [path for path in files_below(self.folder) if path.endswith(".mp3")]

    def hashes(self):
        return sorted(digest(os.path.join(self.folder, path)) for path in self.media())


class Pair:
    """A home that shares an album, and devices that want all of it."""

    def __init__(self, n_files=12, size=200_000, port=None, **daemon_options):
        self.own_dir = tempfile.mkdtemp(prefix="hearth-test-")
        self.album = Album(os.path.join(self.own_dir, "media"), n_files, size)
        self.daemon = hearth.Daemon(media=[self.album.folder], name="Home",
                                    config="[library]\nsettle-ms = 50\n", **daemon_options)
        self.port = port
        self.phones = []

    def __enter__(self):
        self.daemon.start()
        self.daemon.wait_for_scan(60 * PATIENCE)
        return self

    def __exit__(self, kind, *_ignored):
        try:
            if kind is not None:
                sys.stderr.write(self.daemon.log()[-20000:])
            self.daemon.stop()
        finally:
            for phone in self.phones:
                phone.remove()
            self.daemon.remove()
            shutil.rmtree(self.own_dir, ignore_errors=True)

    def phone(self, name="Phone", **options):
        phone = Phone(self.daemon, name, **options)
        self.phones.append(phone)
        self.daemon.put(f"paired/{name}/rule", rule={"everything": True})
        return phone

    def settle(self):
        """Waits until the home has seen what changed in the album."""
        self.daemon.post("scan")
        expected = {self.album.path(name): tags["title"]
                    for name, (_, tags) in self.album.tags.items()}

        def is_known():
            objects = self.daemon.get("browse/music-all", count=1000)["objects"]
            found = sorted(each["title"] for each in objects)
            return found == sorted(expected.values())
        wait_until("the library to know of the change", is_known, timeout=15)

    def converge(self, phone, n_tries=8):
        """Syncs until all is there; a session may end before because of what happens around it."""
        for _ in range(n_tries):
            answer = phone.sync()
            if answer["code"] == 0 and phone.hashes() == self.album.hashes():
                return answer
            time.sleep(0.3)
        return answer

    def check_equal(self, phone):
        here, there = self.album.hashes(), phone.hashes()
        shown = self.daemon.get(f"paired/{phone.name}/sync")
        assert here == there, (
            f"{len(set(here) - set(there))} missing, {len(set(there) - set(here))} too many on the "
            f"device; the home says {json.dumps(shown, indent=1)}\n{self.daemon.log()[-4000:]}")

    def check_whole(self, phone):
        """Every file of the device is one that the library has or had."""
        for path in phone.media():
            found = digest(os.path.join(phone.folder, path))
            assert found in self.album.seen, f"{path} is torn"
