# SPDX-License-Identifier: GPL-3.0-or-later
"""Disks that are full, away, or not to be read. Run in a mount namespace of its own."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import common
from common import hearth, tagged, tree

# Root as everyone else: the modes of files count.
WITHOUT_PRIVILEGE = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-all"]


def mount(folder, size=None):
    os.makedirs(folder, exist_ok=True)
    options = ["-o", f"size={size}"] if size else []
    subprocess.run(["mount", "-t", "tmpfs", *options, "none", folder], check=True)


def unmount(folder):
    subprocess.run(["umount", folder], check=True)


def fill(folder, spare_bytes=0):
    """Takes all space but @spare_bytes. Returns: the file to delete."""
    path = os.path.join(folder, "ballast")
    with open(path, "wb", buffering=0) as file:
        with contextlib.suppress(OSError):
            while True:
                file.write(b"x" * 65536)
        with contextlib.suppress(OSError):
            while True:
                file.write(b"x" * 512)
        if spare_bytes:
            file.truncate(max(0, file.tell() - spare_bytes))
    return path


class DiskTest(unittest.TestCase):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory(prefix="hearth-test-")
        os.chmod(self.dir.name, 0o755)
        self.state_dir = os.path.join(self.dir.name, "state")
        self.mounts = []

    def tearDown(self):
        for folder in self.mounts:
            subprocess.run(["umount", "-l", folder], check=False, stderr=subprocess.DEVNULL)
        self.dir.cleanup()

    def mount(self, name, size=None):
        folder = os.path.join(self.dir.name, name)
        mount(folder, size)
        self.mounts.append(folder)
        return folder


class FullTest(DiskTest):
    def test_full_during_the_scan_and_later_space(self):
        self.mount("state", "8m")
        made = tagged.Corpus(os.path.join(self.dir.name, "media"), 40)
        with hearth.Daemon(media=[made.folder], state_dir=self.state_dir) as daemon:
            common.settle(daemon)
            ids = tree.check_tracks(daemon, made)
            item = sorted(ids.values())[0]
            daemon.post(f"item/{item}/play")
            ballast = fill(self.state_dir, 4096)
            more = tagged.Corpus(os.path.join(made.folder, "More"), 700, seed=2)
            problem = common.wait_until(
                "the problem", lambda: daemon.get("status")["scan"].get("problem"))
            self.assertIn("full", problem)
            self.assertIn("cannot be written", daemon.cli("status").stdout)
            self.assertIn("disk is full", daemon.log())
            # Still serving all that was known.
            seen = tree.tracks(daemon)
            self.assertTrue(set(ids) <= set(seen))
            path = sorted(ids)[0]
            status, _, data = daemon.lan("GET", seen[path]["url"])
            self.assertEqual((status, len(data)), (200, os.path.getsize(path)))
            # What cannot be kept is refused, not acknowledged.
            with self.assertRaises(hearth.ApiError):
                for _ in range(2000):
                    daemon.post("playlists", title="x" * 150, items=sorted(ids.values()))

            os.unlink(ballast)
            common.wait_until("all files", lambda: daemon.get("status")["counts"]["tracks"] == 740, 30)
            common.wait_until("a quiet scan", lambda: "problem" not in daemon.get("status")["scan"])
            common.settle(daemon)
            made.tags.update({"More/" + name: tags for name, tags in more.tags.items()})
            tree.check_tracks(daemon, made, ids)
            self.assertEqual(daemon.get("item/" + item)["play_count"], 1)
        self.assertEqual(common.integrity(common.state_db(daemon)), "ok")
        self.assertEqual(common.integrity(common.index_db(daemon)), "ok")

    def test_full_at_the_first_start(self):
        self.mount("state", "4m")
        ballast = fill(self.state_dir)
        made = tagged.Corpus(os.path.join(self.dir.name, "media"), 10)
        daemon = hearth.Daemon(media=[made.folder], state_dir=self.state_dir)
        done = subprocess.run(daemon.command(), env=daemon.env, capture_output=True, text=True,
                              timeout=60, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "full|No space")
        os.unlink(ballast)
        with daemon:
            common.settle(daemon)
            tree.check_tracks(daemon, made)

    def test_full_at_a_later_start(self):
        self.mount("state", "8m")
        made = tagged.Corpus(os.path.join(self.dir.name, "media"), 40)
        with hearth.Daemon(media=[made.folder], state_dir=self.state_dir) as daemon:
            common.settle(daemon)
            ids = tree.check_tracks(daemon, made)
        ballast = fill(self.state_dir)
        daemon = hearth.Daemon(media=[made.folder], state_dir=self.state_dir)
        done = subprocess.run([*daemon.command(), "--version"], capture_output=True, check=False)
        self.assertEqual(done.returncode, 0)
        try:
            daemon.start()
        except AssertionError as refusal:  # no room for the journal: said, and nothing is lost
            self.assertRegex(str(refusal), "full|No space")
            daemon.process = None
        else:
            self.assertTrue(set(ids) <= set(tree.tracks(daemon)))
            daemon.stop()
        daemon.remove()
        os.unlink(ballast)
        with hearth.Daemon(media=[made.folder], state_dir=self.state_dir) as daemon:
            common.settle(daemon)
            tree.check_tracks(daemon, made, ids)


class AwayTest(DiskTest):
    def assert_away_and_back(self, root, disk, made):
        """@disk, mounted at or below the shared @root, goes and comes back."""
        kept = os.path.join(self.dir.name, "kept")
        with hearth.Daemon(media=[root], state_dir=self.state_dir,
                           config="[library]\nsettle-ms = 50\n") as daemon:
            common.settle(daemon)
            ids = tree.check_tracks(daemon, made)
            path = sorted(made.path(name) for name in made.tags)[0]
            item = tree.tracks(daemon)[path]
            shutil.copytree(disk, kept)
            # inotify keeps no mount busy; a plain umount has to do.
            unmount(disk)
            daemon.post("scan", full=False)
            if disk == root:
                common.wait_until("the root to be away",
                                  lambda: not daemon.get("roots")["roots"][0]["is_available"])
                self.assertIn("empty", daemon.get("roots")["roots"][0]["problem"])
                common.wait_until("its items to be away", lambda: not daemon.get(
                    "item/" + item["id"])["is_available"])
            common.settle(daemon)
            self.assertEqual(set(tree.tracks(daemon)), set(ids))
            status, _, data = daemon.lan("GET", item["url"])
            self.assertIn(status, (404, 503))
            self.assertIn(b" ", data.strip())
            daemon.restart()
            common.settle(daemon)
            self.assertEqual(set(tree.tracks(daemon)), set(ids))

            mount(disk)
            shutil.copytree(kept, disk, dirs_exist_ok=True)
            if disk != root:
                daemon.post("scan", full=False)
            common.wait_until("the files", lambda: daemon.lan("GET", item["url"])[0] == 200, 15)
            common.settle(daemon)
            common.wait_until("the root", lambda: daemon.get("roots")["roots"][0]["is_available"])
            self.assertEqual(tree.check_tracks(daemon, made, ids), ids)

    def test_a_root_that_is_unmounted(self):
        root = self.mount("media")
        self.assert_away_and_back(root, root, tagged.Corpus(root, 30))

    def test_a_folder_that_is_unmounted(self):
        root = os.path.join(self.dir.name, "media")
        disk = self.mount("media/Disk")
        made = tagged.Corpus(disk, 30)
        self.assert_away_and_back(root, disk, made)

    def test_a_root_that_is_not_there_at_start(self):
        missing = os.path.join(self.dir.name, "missing")
        with hearth.Daemon(media=[missing], state_dir=self.state_dir) as daemon:
            root = common.wait_until("the problem", lambda: [
                root for root in daemon.get("roots")["roots"] if root.get("problem")])[0]
            self.assertFalse(root["is_available"])
            self.assertIn("not there", daemon.cli("status").stdout)
            made = tagged.Corpus(missing, 5)
            common.wait_until("the files", lambda: daemon.get("status")["counts"]["tracks"] == 5, 15)
            common.settle(daemon)
            tree.check_tracks(daemon, made)


class PermissionTest(DiskTest):
    def test_what_may_not_be_read_is_said_and_the_rest_is_served(self):
        closed = tagged.Corpus(os.path.join(self.dir.name, "closed"), 5)
        made = tagged.Corpus(os.path.join(self.dir.name, "open"), 40)
        hidden = [name for name in made.tags if name.startswith("Artist 0/Album 3/")]
        unreadable = sorted(name for name in made.tags if name.startswith("Artist 0/Album 1/"))[:2]
        os.chmod(closed.folder, 0)
        os.chmod(made.path("Artist 0/Album 3"), 0)
        for name in unreadable:
            os.chmod(made.path(name), 0)
        with hearth.Daemon(media=[closed.folder, made.folder], state_dir=self.state_dir,
                           prefix=WITHOUT_PRIVILEGE) as daemon:
            common.settle(daemon)
            roots = {root["path"]: root for root in daemon.get("roots")["roots"]}
            self.assertIn("permission", roots[closed.folder]["problem"])
            self.assertIn("permission", daemon.cli("status").stdout)
            problems = {p["path"]: p["reason"] for p in daemon.get("problems")["problems"]}
            for name in ["Artist 0/Album 3", *unreadable]:
                self.assertIn("permission", problems.get(made.path(name), problems), name)
            rest = set(made.tags) - set(hidden) - set(unreadable)
            seen = tree.tracks(daemon)
            for name in rest:
                self.assertIn(made.path(name), seen)
                self.assertEqual(seen[made.path(name)]["title"], made.tags[name]["title"])
            # Given the right, they are there by the next look.
            ids = {path: item["id"].split(".")[0] for path, item in seen.items()}
            os.chmod(closed.folder, 0o755)
            os.chmod(made.path("Artist 0/Album 3"), 0o755)
            for name in unreadable:
                os.chmod(made.path(name), 0o644)
            daemon.post("scan", full=False)
            common.wait_until("all of it", lambda: daemon.get("status")["counts"]["tracks"] == 45)
            common.wait_until("no problems", lambda: not daemon.get("problems")["problems"])
            made.tags.update({os.path.relpath(closed.path(name), made.folder): tags
                              for name, tags in closed.tags.items()})
            common.settle(daemon)
            found = tree.tracks(daemon)
            for path, item in ids.items():
                self.assertEqual(found[path]["id"].split(".")[0], item)


def main():
    # A mount namespace of our own: what is mounted here is seen by nobody else and goes with us.
    if not os.environ.get("HTH_MOUNTS_INSIDE"):
        probe = subprocess.run(["unshare", "-m", "true"], check=False, stderr=subprocess.DEVNULL)
        if os.geteuid() != 0 or probe.returncode != 0:
            print("mount namespaces cannot be made here")
            sys.exit(77)
        os.environ["HTH_MOUNTS_INSIDE"] = "1"
        os.execvp("unshare", ["unshare", "-m", "--propagation", "private", sys.executable, *sys.argv])
    unittest.main()


if __name__ == "__main__":
    main()
