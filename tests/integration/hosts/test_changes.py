# SPDX-License-Identifier: GPL-3.0-or-later
"""Files change while hearthd runs and while it does not: a subscriber on another host is told which
containers changed, and the tree is right within two seconds, ids kept."""

import os
import shutil
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.dirname(__file__))
import home  # noqa: E402
from home import control_point, corpus, netns, TV  # noqa: E402

WITHIN_S = 2.0


class ChangesTest(home.HomeTest):
    maxDiff = None

    @classmethod
    def fill(cls):
        """Four tracks in two folders, a film, a photo; `spare` is no part of the library."""
        cls.music = os.path.join(cls.folder, "Music")
        cls.spare = os.path.join(cls.scratch, "spare.flac")
        corpus.audio(cls.spare, 2, "-c:a", "flac", seconds=2)
        for album, track in (("Red", 1), ("Red", 2), ("Blue", 1), ("Blue", 2)):
            cls.put(f"{cls.music}/{album}/{track}.flac", title=f"{album} {track}", album=album,
                    artist=f"{album} Band", tracknumber=str(track), genre="Rock", date="1999")
        corpus.video(cls.folder + "/Films/film.mp4", "-c:v", "libx264", "-pix_fmt", "yuv420p",
                     "-c:a", "aac", seconds=1, size="160x120")
        corpus.picture(cls.folder + "/Photos/one.jpg", "320x240")

    @classmethod
    def put(cls, path, **tags):
        """A new track, which comes to its place whole."""
        os.makedirs(os.path.dirname(path), exist_ok=True)
        making = path + ".part"
        shutil.copy(cls.spare, making)
        corpus.tag_flac(making, **tags)
        os.rename(making, path)

    def setUp(self):
        self.subscriber = control_point.Subscriber(self.tv, TV)
        self.addCleanup(self.subscriber.close)
        self.sid = self.subscriber.subscribe(self.point)
        netns.wait_for("the first event", lambda: self.subscriber.events)
        self.before = self.point.walk()
        # Update ids stand still before each change.
        self.system = self.point.system_update_id()

    def tearDown(self):
        self.point.request("UNSUBSCRIBE", self.point.service("ContentDirectory")["eventSubURL"],
                           headers={"SID": self.sid})

    # ---- How a change is watched ----

    def after(self, change, is_right, told=()):
        """Makes @change. Within two seconds is_right(tree) holds, and the subscriber was told of a new
        SystemUpdateID and of each container in @told, with the update ids that Browse tells."""
        began = time.monotonic()
        change()
        made = time.monotonic()
        tree = self.wait_for_tree(is_right, made + WITHIN_S)
        took = time.monotonic() - made
        netns.wait_for("the event", lambda: any(
            at > began and int(v.get("SystemUpdateID", 0)) > self.system
            for at, _, _, v in list(self.subscriber.events)), timeout=WITHIN_S - took + 0.5)
        wanted = set(told(tree)) if callable(told) else set(told)
        netns.wait_for(f"events for {wanted}", lambda: wanted <= set(
            self.subscriber.container_updates(began)), timeout=WITHIN_S)
        last = [at for at, _, _, _ in self.subscriber.events][-1]
        print(f"right after {took:.2f} s, told after {last - made:.2f} s")
        self.check_update_ids(began)
        return tree

    def wait_for_tree(self, is_right, deadline):
        while True:
            tree = None
            try:
                state = self.point.system_update_id()
                tree = self.point.walk(sizes=(0,))
                if is_right(tree) and self.point.system_update_id() == state:
                    return tree
            except (control_point.UpnpError, AssertionError):
                if tree is not None:
                    raise  # else it changed under the walk
            if time.monotonic() > deadline:
                shown = tree and sorted(o.title for o in tree.own_items())
                raise AssertionError(f"the tree is not right after {WITHIN_S} s: {shown}")
            time.sleep(0.02)

    def check_update_ids(self, since):
        """What was told of each container last is what Browse tells; events are moderated."""
        def differing():
            found = []
            for container, update_id in self.subscriber.container_updates(since).items():
                try:
                    own = self.point.browse(container, count=1).update_id
                    found += [(container, own, update_id)] if own != update_id else []
                except control_point.UpnpError as error:
                    self.assertIn(error.code, (701, 710), container)  # gone meanwhile
            return found
        deadline = time.monotonic() + WITHIN_S
        while (found := differing()) and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertEqual(found, [])

    def while_away(self, change, is_right):
        """The same while hearthd is not there: right within two seconds of its start."""
        self.daemon.stop()
        change()
        started = time.monotonic()
        self.daemon.start()
        tree = self.wait_for_tree(is_right, started + WITHIN_S)
        print(f"right {time.monotonic() - started:.2f} s after the start")
        self.sid = self.subscriber.subscribe(self.point)
        return tree

    # ---- What is looked at ----

    def check_same(self, tree):
        """It is the tree that was there before."""
        self.assertEqual(set(tree) ^ set(self.before), set())

    @staticmethod
    def has(*titles):
        return lambda tree: set(titles) <= {o.title for o in tree.own_items()}

    @staticmethod
    def lacks(*titles):
        return lambda tree: not set(titles) & {o.title for o in tree.own_items()}

    def folder_id(self, tree, *names):
        return tree.path("Music", "Folders", "media", *names).id

    def check_places(self, title, album, folder):
        """The track stands in every list where it belongs, and in no other album or folder."""
        tree = self.point.walk()
        own = tree.titled(title)
        places = {tree[o.parent_id].title for o in tree.values() if o.leaf_id == own.id}
        self.assertLessEqual({"All music", "Recently added", "All tracks", album, folder}, places)
        self.assertEqual({p for p in places if p in ("Red", "Blue", "Green", "Loud")},
                         {album, folder})

    # ---- Changes while it runs ----

    def test_added(self):
        path = self.music + "/Blue/3.flac"
        self.after(lambda: self.put(path, title="Blue 3", album="Blue", artist="Blue Band",
                                    tracknumber="3", genre="Rock", date="1999"),
                   self.has("Blue 3"), lambda tree: [
                       self.folder_id(tree, "Music", "Blue"), "music-all", "music-recent",
                       tree.path("Music", "Albums", "Blue").id])
        self.check_places("Blue 3", "Blue", "Blue")
        tree = self.after(lambda: os.unlink(path), self.lacks("Blue 3"), [
            self.folder_id(self.before, "Music", "Blue"), "music-all",
            self.before.path("Music", "Albums", "Blue").id])
        self.check_same(tree)

    def test_a_file_written_slowly_is_right_in_the_end(self):
        path = self.music + "/Red/slow.flac"
        making = os.path.join(self.scratch, "slow.flac")
        shutil.copy(self.spare, making)
        corpus.tag_flac(making, title="Slow", album="Red", artist="Red Band")

        def write():
            with open(making, "rb") as source, open(path, "wb") as file:
                data = source.read()
                for at in range(0, len(data), len(data) // 4):
                    file.write(data[at:at + len(data) // 4])
                    file.flush()
                    time.sleep(0.2)
        tree = self.after(write, lambda t: self.has("Slow")(t) and t.titled(
            "Slow").original.number("size") == os.path.getsize(path))
        self.assertAlmostEqual(tree.titled("Slow").original.duration_s, 2, delta=0.1)
        self.after(lambda: os.unlink(path), self.lacks("Slow", "slow"))

    def test_a_new_folder_with_everything(self):
        folder = self.music + "/Green"
        making = os.path.join(self.scratch, "Green")
        os.makedirs(making)
        for track in (1, 2):
            self.put(f"{making}/{track}.flac", title=f"Green {track}", album="Green",
                     artist="Green Band", tracknumber=str(track), genre="Folk", date="2001")
        self.after(lambda: os.rename(making, folder), self.has("Green 1", "Green 2"), [
            self.folder_id(self.before, "Music"), "music-albums", "music-artists",
            "music-genres", "music-years"])
        self.check_places("Green 2", "Green", "Green")
        tree = self.after(lambda: shutil.rmtree(folder), self.lacks("Green 1", "Green 2"), [
            self.folder_id(self.before, "Music"), "music-albums", "music-artists",
            "music-genres", "music-years"])
        self.check_same(tree)

    def retag(self, path, way, title):
        times = os.stat(path)
        if way == "metaflac":
            subprocess.run(["metaflac", "--preserve-modtime", "--remove-tag=TITLE",
                            f"--set-tag=TITLE={title}", path], check=True)
        else:
            corpus.tag_flac(path, title=title)
            os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
        self.assertEqual(os.stat(path).st_mtime_ns // 10**9, times.st_mtime_ns // 10**9)

    def test_retagged_in_place_with_its_time_kept(self):
        for way in ("metaflac", "mutagen"):
            if way == "metaflac" and not shutil.which("metaflac"):
                continue
            path = self.music + "/Red/1.flac"
            own = self.before.titled("Red 1")
            tree = self.after(lambda p=path, w=way: self.retag(p, w, "Red X"), self.has("Red X"),
                              [self.before.path("Music", "Albums", "Red").id, own.parent_id])
            self.assertEqual(tree.titled("Red X").id, own.id)
            self.assertNotIn("Red 1", {o.title for o in tree.values()})
            self.system = self.point.system_update_id()
            self.after(lambda p=path, w=way: self.retag(p, w, "Red 1"), self.has("Red 1"))
            self.system = self.point.system_update_id()

    def test_moved_to_another_album_by_its_tag(self):
        path = self.music + "/Red/2.flac"
        own = self.before.titled("Red 2")
        self.after(lambda: corpus.tag_flac(path, album="Loud", genre="Noise", date="2020",
                                           artist="Loud Band"),
                   lambda t: t.titled("Red 2").album == "Loud", [
                       "music-albums", "music-artists", "music-genres", "music-years",
                       self.before.path("Music", "Albums", "Red").id])
        tree = self.point.walk()
        self.assertEqual(tree.titles(tree.path("Music", "Albums", "Red")), ["Red 1"])
        self.assertEqual(tree.titles(tree.path("Music", "Albums", "Loud")), ["Red 2"])
        self.assertEqual(tree.titled("Red 2").id, own.id)
        tree = self.after(lambda: corpus.tag_flac(path, album="Red", genre="Rock", date="1999",
                                                  artist="Red Band"),
                          lambda t: t.titled("Red 2").album == "Red")
        self.check_same(tree)

    def test_renamed_and_moved(self):
        own = self.before.titled("Red 2")
        red, blue = (self.folder_id(self.before, "Music", name) for name in ("Red", "Blue"))
        first, second, third = (self.music + name for name in
                                ("/Red/2.flac", "/Red/renamed.flac", "/Blue/moved.flac"))
        # A new name changes nothing that the network sees: the id is kept, and so is the place.
        os.rename(first, second)
        time.sleep(1)
        self.assertEqual(self.point.metadata(own.id).text(), own.text())
        tree = self.after(lambda: os.rename(second, third),
                          lambda t: t.titled("Red 2").parent_id == blue, [red, blue])
        self.assertEqual(tree.titled("Red 2").id, own.id)
        self.assertEqual(self.point.request("HEAD", own.original.url).status, 200)
        self.check_places("Red 2", "Red", "Blue")
        tree = self.after(lambda: os.rename(third, first),
                          lambda t: t.titled("Red 2").parent_id == red, [red, blue])
        self.check_same(tree)

    def test_a_folder_is_renamed(self):
        ids = {o.title: o.id for o in self.before.own_items()}
        old, new = self.music + "/Blue", self.music + "/Azure"
        tree = self.after(lambda: os.rename(old, new), lambda t: "Azure" in t.titles(
            t.path("Music", "Folders", "media", "Music")), [self.folder_id(self.before, "Music")])
        self.assertEqual({o.title: o.id for o in tree.own_items()}, ids)
        self.assertNotIn("Blue", tree.titles(tree.path("Music", "Folders", "media", "Music")))
        # What comes into the renamed folder is seen too.
        self.after(lambda: self.put(new + "/3.flac", title="Late", album="Blue"), self.has("Late"))
        self.after(lambda: os.unlink(new + "/3.flac"), self.lacks("Late"))
        tree = self.after(lambda: os.rename(new, old), lambda t: "Blue" in t.titles(
            t.path("Music", "Folders", "media", "Music")))
        self.assertEqual({o.title: o.id for o in tree.own_items()}, ids)

    def test_changed_by_a_new_file_in_its_place(self):
        path = self.folder + "/Photos/one.jpg"
        own = self.before.titled("one")
        making = os.path.join(self.scratch, "other.jpg")
        corpus.picture(making, "640x480", "red")
        kept = os.path.join(self.scratch, "kept.jpg")
        shutil.copy2(path, kept)
        tree = self.after(lambda: os.rename(making, path), lambda t: t.titled(
            "one").original.element.get("resolution") == "640x480", [own.parent_id])
        self.assertEqual(tree.titled("one").id, own.id)
        self.assertEqual(len(self.point.get(own.original.url).body), os.path.getsize(path))
        self.after(lambda: os.rename(kept, path), lambda t: t.titled(
            "one").original.element.get("resolution") == "320x240")

    def test_containers_that_did_not_change_are_not_told(self):
        path = self.folder + "/Photos/two.jpg"
        making = os.path.join(self.scratch, "two.jpg")
        corpus.picture(making, "320x240", "blue")
        began = time.monotonic()
        self.after(lambda: os.rename(making, path), self.has("two"), ["photo-all"])
        told = set(self.subscriber.container_updates(began))
        self.assertEqual({c for c in told if c.startswith(("music", "video", "mf", "album"))}, set())
        self.after(lambda: os.unlink(path), self.lacks("two"))

    # ---- Changes while it is away ----

    def test_everything_changes_while_it_is_away(self):
        ids = {o.title: o.id for o in self.before.own_items()}
        red, blue, azure = (self.music + name for name in ("/Red", "/Blue", "/Azure"))

        def change():
            self.put(red + "/3.flac", title="Red 3", album="Red", artist="Red Band",
                     tracknumber="3")
            self.retag(red + "/1.flac", "mutagen", "Red X")
            os.rename(red + "/2.flac", self.music + "/stray.flac")
            os.rename(blue, azure)
            os.unlink(azure + "/2.flac")
        tree = self.while_away(change, lambda t: self.has("Red 3", "Red X")(t) and self.lacks(
            "Blue 2", "Red 1")(t))
        self.assertEqual(tree.titled("Red X").id, ids["Red 1"])
        self.assertEqual(tree.titled("Red 2").id, ids["Red 2"])
        self.assertEqual(tree.titled("Blue 1").id, ids["Blue 1"])
        self.assertEqual(tree.titles(tree.path("Music", "Folders", "media", "Music")),
                         ["Azure", "Red", "Red 2"])
        self.assertEqual(tree.titles(tree.path("Music", "Albums", "Red")),
                         ["Red X", "Red 2", "Red 3"])
        self.assertGreater(self.point.system_update_id(), self.system)

        def undo():
            os.unlink(red + "/3.flac")
            self.retag(red + "/1.flac", "mutagen", "Red 1")
            os.rename(self.music + "/stray.flac", red + "/2.flac")
            os.rename(azure, blue)
            self.put(blue + "/2.flac", title="Blue 2", album="Blue", artist="Blue Band",
                     tracknumber="2", genre="Rock", date="1999")
        tree = self.while_away(undo, self.has("Red 1", "Red 2", "Blue 1", "Blue 2"))
        after = {o.title: o.id for o in tree.own_items()}
        del ids["Blue 2"], after["Blue 2"]
        self.assertEqual(after, ids)

    def test_a_restart_changes_nothing(self):
        time.sleep(2.2)  # folders that have just changed are looked at once more
        self.while_away(lambda: None, self.has("Red 1", "film"))
        time.sleep(1)
        system = self.point.system_update_id()
        tree = self.while_away(lambda: None, self.has("Red 1", "film"))
        time.sleep(1)
        self.check_same(tree)
        for found in tree.values():
            self.assertEqual(found.text(), self.before[found.id].text())
        self.assertEqual(self.point.system_update_id(), system)


if __name__ == "__main__":
    home.main()
