# SPDX-License-Identifier: GPL-3.0-or-later
"""What another host sees of the whole tree: every object in its place, every promise kept."""

import os
import random
import shutil
import sys
import unittest
import xml.etree.ElementTree as ET

sys.path.insert(0, os.path.dirname(__file__))
import home  # noqa: E402
from home import control_point, corpus, netns, TV  # noqa: E402
from control_point import DEVICE, SERVICE, SEC, AV  # noqa: E402
import criteria  # noqa: E402
import daemons  # noqa: E402

ART_SIDES = {"JPEG_TN": (160, 160), "JPEG_SM": (640, 480), "JPEG_MED": (1024, 768),
             "JPEG_LRG": (4096, 4096)}


def jpeg_size(data):
    """Width and height out of the frame header."""
    at = 2
    while data[at + 1] not in (0xC0, 0xC1, 0xC2):
        at += 2 + int.from_bytes(data[at + 2:at + 4], "big")
    return int.from_bytes(data[at + 7:at + 9], "big"), int.from_bytes(data[at + 5:at + 7], "big")


def titles(objects):
    return sorted(o.title for o in objects)


class TreeTest(home.HomeTest):
    @classmethod
    def prepare(cls):
        cls.watches = {"gssdp": home.Watched(cls.tv, ["gssdp-discover", "-i", "eth0", "-m",
                                                      "available"])}
        if shutil.which("avahi-daemon") and shutil.which("dbus-daemon"):
            bus = daemons.Bus(cls.tv, cls.scratch)
            bus.start()
            cls.addClassCleanup(bus.stop)
            avahi = bus.start_avahi("tv")
            cls.addClassCleanup(avahi.kill)
            netns.wait_for("avahi", lambda: "startup complete" in avahi.text())
            for kind in ("_http._tcp", "_hearth._tcp"):
                cls.watches[kind] = home.Watched(cls.tv, ["avahi-browse", "-rp", kind],
                                                 env={**os.environ, **bus.environment})

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tree = cls.point.walk()
        cls.items = cls.tree.own_items()
        cls.music = [o for o in cls.items if "audioItem" in o.upnp_class]
        cls.resources = {r.url: (o, r) for o in cls.tree.values() for r in o.resources}

    # ---- Found ----

    def test_other_hosts_see_it_within_two_seconds_of_start(self):
        for name, words in (("gssdp", ("MediaServer:1",)),
                            ("_http._tcp", ("=;eth0;IPv4;", home.HOME)),
                            ("_hearth._tcp", ("=;eth0;IPv4;", home.HOME))):
            if name in self.watches:
                seen = netns.wait_for(name, lambda n=name, w=words: self.watches[n].first(*w))
                print(f"start to {name}: {seen - self.started:.2f} s")
                self.assertLess(seen - self.started, 2.0, name)

    def test_description_icons_and_page_load(self):
        device = self.point.describe()
        self.assertEqual(device.findtext(DEVICE + "friendlyName"), "Test home")
        icons = list(device.iter(DEVICE + "icon"))
        self.assertGreaterEqual(len(icons), 4)
        for icon in icons:
            answer = self.point.get(icon.findtext(DEVICE + "url"))
            self.assertEqual(answer.headers["content-type"], icon.findtext(DEVICE + "mimetype"))
            if answer.headers["content-type"] == "image/jpeg":
                side = int(icon.findtext(DEVICE + "width"))
                self.assertEqual(jpeg_size(answer.body), (side, side))
        self.assertEqual(self.point.get(device.findtext(DEVICE + "presentationURL")).status, 200)

    def test_service_descriptions_name_what_they_use(self):
        self.point.describe()
        self.assertEqual(set(self.point.services), {"ContentDirectory", "ConnectionManager",
                                                    "X_MS_MediaReceiverRegistrar"})
        for service in self.point.services.values():
            scpd = ET.fromstring(self.point.get(service["SCPDURL"]).body)
            names = [v.findtext(SERVICE + "name") for v in scpd.iter(SERVICE + "stateVariable")]
            self.assertEqual(len(names), len(set(names)))
            actions = list(scpd.iter(SERVICE + "action"))
            self.assertTrue(actions)
            used = [a.findtext(SERVICE + "relatedStateVariable")
                    for a in scpd.iter(SERVICE + "argument")]
            self.assertEqual(set(used) - set(names), set())

    # ---- The rules of the tree ----

    def test_it_is_valid_by_the_schema(self):
        self.assertEqual(control_point.schema_errors(self.tree.pages), [])

    def test_every_object_says_where_it_stands(self):
        for container, children in self.tree.children.items():
            for child in children:
                self.assertEqual(self.tree[child].parent_id, container)
            self.assertEqual(self.tree[container].child_count, len(children), container)
        self.assertEqual(self.tree["0"].parent_id, "-1")

    def test_metadata_of_each_id_is_the_same_object(self):
        def differing():
            return [found.id for found in self.point.walk().values()
                    if self.point.metadata(found.id).text() != found.text()]
        # What other tests played may be counted between a walk and its questions.
        netns.wait_for("the same both ways", lambda: not differing(), timeout=10)

    def test_references_resolve(self):
        n_references = 0
        for found in self.tree.values():
            if found.ref_id is not None:
                n_references += 1
                own = self.tree[found.ref_id]
                self.assertIsNone(own.ref_id)
                self.assertEqual((own.title, own.upnp_class), (found.title, found.upnp_class))
                self.assertEqual([r.url for r in own.resources], [r.url for r in found.resources])
        self.assertGreater(n_references, len(self.items))

    def test_pages_of_any_size_agree(self):
        whole = [o.id for o in self.point.children("music-all")]
        for size in (1, 2, 7, len(whole) - 1, len(whole), len(whole) + 1):
            self.assertEqual([o.id for o in self.point.children("music-all", size)], whole, size)
        beyond = self.point.browse("music-all", start=len(whole) + 5, count=3)
        self.assertEqual((beyond.n_returned, beyond.total), (0, len(whole)))

    def test_errors_are_those_of_the_standard(self):
        for code, ask in ((701, lambda: self.point.browse("nothing")),
                          (701, lambda: self.point.browse(self.items[0].id)),
                          (709, lambda: self.point.browse("0", sort="+no:such")),
                          (708, lambda: self.point.search("dc:title contains")),
                          (710, lambda: self.point.search("*", container="nothing")),
                          (401, lambda: self.point.call("ContentDirectory", "Nothing")),
                          (402, lambda: self.point.call("ContentDirectory", "Browse"))):
            with self.assertRaises(control_point.UpnpError) as caught:
                ask()
            self.assertIn(caught.exception.code, (code, 710 if code == 701 else code))

    # ---- Everything in its place ----

    def test_folders_are_those_of_the_disk(self):
        expected = {"Music": {}, "Videos": {}, "Photos": {}}
        kinds = {".srt": None, ".m3u8": None, ".pls": None}
        kinds.update({"." + e: "Videos" for e in "mp4 mkv webm avi ts mpg mov".split()})
        kinds.update({"." + e: "Photos" for e in "jpg png webp gif tiff".split()})
        for where, _, names in os.walk(os.fsencode(self.folder)):
            path = tuple(os.path.relpath(where, os.fsencode(self.folder)).split(b"/"))
            for name in names:
                kind = kinds.get(os.path.splitext(os.fsdecode(name))[1], "Music")
                if kind is not None and name != b"cover.jpg":
                    expected[kind][path] = expected[kind].get(path, 0) + 1
        for kind, folders in expected.items():
            for path, n_files in folders.items():
                shown = [] if path == (b".",) else [p.decode(errors="replace") for p in path]
                place = self.tree.path(kind, "Folders", "media", *shown)
                items = [o for o in self.tree.under(place.id) if not o.is_container]
                self.assertEqual(len(items), n_files, (kind, path))
                self.assertEqual([o for o in items if o.ref_id is not None], [])
        n_items = sum(sum(folders.values()) for folders in expected.values())
        self.assertEqual(len(self.items), n_items)

    def check_groups(self, static, groups):
        """The containers of @static have these names, and "All tracks" below each these items."""
        self.assertEqual(sorted(o.title.lower() for o in self.tree.under(static)),
                         sorted(groups))
        for container in self.tree.under(static):
            everything = self.tree.under(container.id)[0]
            self.assertEqual(everything.title, "All tracks")
            expected = groups[container.title.lower()]
            self.assertEqual(sorted(o.leaf_id for o in self.tree.under(everything.id)),
                             sorted(o.id for o in expected), container)
            albums = {o.album for o in expected if o.album}
            shown = [o.title for o in self.tree.under(container.id)[1:]]
            self.assertEqual(sorted(shown), sorted(albums), container)

    def groups(self, values):
        """value in lower case → the tracks that have it"""
        found = {}
        for track in self.music:
            for value in {v.lower() for v in values(track)}:
                found.setdefault(value, []).append(track)
        return found

    def test_artists(self):
        self.check_groups("music-artists", self.groups(lambda o: o.artists))

    def test_genres(self):
        self.check_groups("music-genres", self.groups(lambda o: o.genres))

    def test_composers(self):
        self.check_groups("music-composers", self.groups(lambda o: o.composers))

    def test_years(self):
        self.check_groups("music-years", self.groups(lambda o: [o.date[:4]] if o.date else []))

    def test_album_artists(self):
        found = {o.title: o for o in self.tree.under("music-album-artists")}
        various = [name for name in found if name.lower().startswith("various")]
        self.assertEqual(len(various), 1, list(found))
        self.assertIn("Summer", self.tree.titles(found[various[0]]))
        self.assertIn("Orchard", self.tree.titles(found["Cox"]))

    def test_albums_have_their_tracks_by_disc_and_number(self):
        albums = {}
        for track in self.music:
            if track.album:
                albums.setdefault(track.album, []).append(track)
        self.assertEqual(titles(self.tree.under("music-albums")), sorted(albums))
        for album in self.tree.under("music-albums"):
            expected = sorted(albums[album.title], key=lambda o: (o.disc, o.track))
            self.assertEqual(self.tree.titles(album), [o.title for o in expected])

    def test_lists_of_everything(self):
        for prefix, kind in (("music", "audioItem"), ("video", "videoItem"), ("photo", "imageItem")):
            own = sorted(o.id for o in self.items if kind in o.upnp_class)
            for name in ("all", "recent"):
                if (prefix, name) != ("photo", "recent"):
                    self.assertEqual(sorted(o.ref_id for o in self.tree.under(f"{prefix}-{name}")),
                                     own, (prefix, name))
        self.assertEqual(self.tree.children["music-most-played"], [])

    def test_photos_by_date_and_camera(self):
        self.assertEqual(self.tree.titles(self.tree.path("Photos", "Dates")), ["2021", "2019"])
        self.assertEqual(self.tree.titles(self.tree.path("Photos", "Dates", "2019")),
                         ["July 2019", "December 2019"])
        july = self.tree.path("Photos", "Dates", "2019", "July 2019")
        self.assertEqual(self.tree.titles(july), ["beach", "tall"])
        cameras = self.tree.under("photo-cameras")
        self.assertEqual([(c.title, sorted(self.tree.titles(c))) for c in cameras],
                         [("Acme Box One", ["beach", "tall"]), ("Acme Box Two", ["big", "new year"])])

    def test_a_title_twice_in_a_playlist_is_there_twice(self):
        mix = self.tree.path("Music", "Playlists", "mix")
        self.assertEqual(self.tree.titles(mix), ["Apfel", "Hit 10", "Part 2-1", "Hit 10"])
        self.assertEqual(mix.child_count, 4)

    def test_ids_are_unique(self):
        # A track that a playlist has twice has one id in it.
        self.assertEqual({i.split(".")[1].split("-")[0] for i in self.tree.repeated}, {"playlist"})

    # ---- What the URLs give ----

    def test_every_resource_is_what_its_protocol_info_promises(self):
        for url, (found, res) in self.resources.items():
            with self.subTest(url=url, protocol=res.protocol_info):
                self.check_resource(url, found, res)

    def check_resource(self, url, found, res):
        ask = {"getcontentFeatures.dlna.org": "1"}
        got = self.point.request("GET", url, headers=ask)
        head = self.point.request("HEAD", url, headers=ask)
        self.assertEqual((got.status, head.status), (200, 200))
        self.assertEqual(got.headers["content-type"], res.mime_type)
        self.assertEqual(int(got.headers["content-length"]), len(got.body))
        if res.number("size") is not None:
            self.assertEqual(len(got.body), res.number("size"))
        for name in ("content-type", "content-length", "contentfeatures.dlna.org",
                     "transfermode.dlna.org", "accept-ranges", "etag"):
            self.assertEqual(head.headers.get(name), got.headers.get(name), name)
        if res.fourth != "*":
            self.assertEqual(got.headers["contentfeatures.dlna.org"], res.fourth)
        part = self.point.request("GET", url, headers={"Range": "bytes=1-4"})
        self.assertEqual((part.status, part.body), (206, got.body[1:5]))
        beyond = self.point.request("GET", url, headers={"Range": f"bytes={len(got.body)}-"})
        self.assertEqual(beyond.status, 416)
        self.assertTrue(url.isascii())
        if res.mime_type == "image/jpeg":
            self.check_jpeg(res, got.body, found)

    def check_jpeg(self, res, body, found):
        width, height = jpeg_size(body)
        # What was taken on its side is described as it is shown.
        sides = (width, height) if found.title != "tall" or "/original." not in res.url else \
            (height, width)
        if res.element.get("resolution"):
            self.assertEqual(res.element.get("resolution"), "%dx%d" % sides)
        for name, (most_x, most_y) in ART_SIDES.items():
            if f"DLNA.ORG_PN={name};" in res.fourth:
                self.assertLessEqual(width, most_x)
                self.assertLessEqual(height, most_y)

    def test_every_picture_fits_its_profile(self):
        art = {picture for o in self.tree.values() for picture in o.art}
        self.assertGreater(len(art), 20)
        for profile, url in art:
            with self.subTest(url=url):
                answer = self.point.get(url)
                self.assertEqual(answer.headers["content-type"], "image/jpeg")
                width, height = jpeg_size(answer.body)
                self.assertLessEqual(width, ART_SIDES[profile][0])
                self.assertLessEqual(height, ART_SIDES[profile][1])
                self.assertEqual(self.point.request("HEAD", url).status, 200)

    def test_subtitles_load(self):
        film = next(o for o in self.items if o.original.url.endswith(".mp4"))
        found = [r for r in film.resources if r.mime_type == "text/srt"]
        self.assertEqual(len(found), 1)
        self.assertEqual(self.point.get(found[0].url).body.decode(), corpus.SUBTITLE)

    def test_protocol_info_lists_every_type(self):
        source = self.point.call("ConnectionManager", "GetProtocolInfo")["Source"].split(",")
        types = {entry.split(":")[2] for entry in source}
        for _, res in self.resources.values():
            if not res.mime_type.startswith("text/"):
                self.assertIn(res.mime_type, types)

    # ---- Search ----

    def test_search_is_what_a_walk_finds(self):
        ids = {o.id for o in self.tree.values()}
        everything = [o for o in self.tree.values() if criteria.is_searched(o, ids)]
        chance = random.Random(11)
        for text, holds in criteria.fixed() + [criteria.make(chance, 3) for _ in range(150)]:
            with self.subTest(criteria=text):
                page = self.point.search(text)
                self.assertEqual(page.total, page.n_returned)
                self.assertEqual(sorted(o.id for o in page.objects),
                                 sorted(o.id for o in everything if holds(o)))

    def test_search_below_a_container(self):
        album = self.tree.path("Music", "Albums", corpus.ALBUM)
        page = self.point.search('upnp:class derivedfrom "object.item"', container=album.id)
        self.assertEqual(titles(page.objects), titles(self.tree.under(album.id)))
        folder = self.tree.path("Photos", "Folders", "media", "Photos")
        page = self.point.search('dc:title contains "e"', container=folder.id)
        expected = [o for o in self.items if "imageItem" in o.upnp_class and "e" in o.title]
        self.assertEqual(sorted(o.id for o in page.objects), sorted(o.id for o in expected))

    def test_search_pages_agree(self):
        whole = [o.id for o in self.point.search("*").objects]
        paged = []
        while len(paged) < len(whole):
            page = self.point.search("*", start=len(paged), count=7)
            self.assertEqual(page.total, len(whole))
            self.assertGreater(page.n_returned, 0)
            paged += [o.id for o in page.objects]
        self.assertEqual(paged, whole)

    # ---- Families of clients ----

    def film(self, point, extension):
        return next(o for o in point.children("video-all")
                    if o.original.url.endswith("." + extension))

    def check_served(self, point, res):
        answer = point.get(res.url)
        self.assertEqual(answer.headers["content-type"], res.mime_type)

    def test_samsung(self):
        point = self.point_of(self.radio, User_Agent="DLNADOC/1.50 SEC_HHP_[TV] UE40D7000/1.0")
        point.describe()
        text = ET.tostring(point.description, encoding="unicode")
        self.assertIn("getCaptionInfo.sec", text)
        res = self.film(point, "mkv").original
        self.assertEqual(res.mime_type, "video/x-mkv")
        self.check_served(point, res)
        film = self.film(point, "mp4")
        caption = film.element.find(SEC + "CaptionInfoEx")
        self.assertEqual(point.get(caption.text).body.decode(), corpus.SUBTITLE)
        head = point.request("HEAD", film.original.url, headers={"getCaptionInfo.sec": "1"})
        self.assertEqual(head.headers["captioninfo.sec"], caption.text)
        features = point.call("ContentDirectory", "X_GetFeatureList")["FeatureList"]
        for container in ET.fromstring(features).iter():
            if container.tag.endswith("container"):
                self.assertGreater(point.browse(container.get("id")).total, 0)
        point.call("ContentDirectory", "X_SetBookmark", CategoryType=0, RID=0,
                   ObjectID=film.id, PosSecond=2)
        netns.wait_for("the bookmark", lambda: "BM=2" in self.film(point, "mp4").text())

    def test_lg(self):
        point = self.point_of(self.radio, User_Agent="Linux/3.10 UPnP/1.0 LGE_DLNA_SDK/1.6.0")
        res = self.film(point, "avi").original
        self.assertEqual(res.mime_type, "video/avi")
        self.check_served(point, res)
        self.assertNotIn("DLNA.ORG_PN", self.film(point, "mp4").original.fourth)
        sound = next(o for o in point.children("music-all") if o.title == "The Mono").original
        self.assertEqual(sound.mime_type, "application/ogg")
        self.check_served(point, sound)

    def test_sony(self):
        point = self.point_of(self.radio, User_Agent="UPnP/1.0 DLNADOC/1.50",
                              X_AV_Client_Info='av=5.0; cn="Sony Corporation"; '
                              'mn="BRAVIA KDL-40EX720"; mv="1.7";')
        classes = {o.title: o.element.findtext(AV + "mediaClass") for o in point.children("0")}
        self.assertEqual(classes, {"Music": "M", "Videos": "V", "Photos": "P"})
        film = self.film(point, "ts")
        fourths = " ".join(r.fourth for r in film.resources)
        self.assertIn("AVC_TS_HD_50_AC3_ISO", fourths)
        self.assertIn("JPEG_TN", fourths)

    # ---- Who may see it ----

    def test_a_hidden_device_sees_nothing_at_once(self):
        url = self.music[0].original.url
        other = self.point_of(self.radio)
        self.assertEqual(other.browse("0").total, 3)
        self.hearth("devices", "hide", TV)
        try:
            self.assertEqual(self.point.browse("0").total, 0)
            with self.assertRaises(control_point.UpnpError):
                self.point.browse("music-all")
            self.assertEqual(self.point.search("*").total, 0)
            self.assertEqual(self.point.get(url).status, 403)
            self.assertEqual(self.point.get(self.tree.path("Music", "Albums", "Summer").art[0][1])
                             .status, 403)
            self.assertEqual(other.browse("0").total, 3)
            self.assertEqual(other.get(url).status, 200)
            self.assertIn("hidden", self.hearth("devices"))
        finally:
            self.hearth("devices", "allow", TV)
        self.assertEqual(self.point.browse("0").total, 3)
        self.assertEqual(self.point.get(url).status, 200)

    def test_new_devices_wait_when_told_so(self):
        url = self.music[0].original.url
        guest = self.net.host("guest", "192.0.2.50/24")
        self.point.browse("0")
        self.hearth("config", "set", "dlna.new-devices-wait", "true")
        try:
            point = self.point_of(guest)
            self.assertEqual(point.browse("0").total, 0)
            self.assertEqual(point.get(url).status, 403)
            self.assertEqual(self.point.browse("0").total, 3)
            self.assertIn("waiting", self.hearth("devices"))
            self.hearth("devices", "allow", "192.0.2.50")
            self.assertEqual(point.browse("0").total, 3)
            self.assertEqual(point.get(url).status, 200)
        finally:
            self.hearth("config", "set", "dlna.new-devices-wait", "false")

    # ---- Played ----

    @unittest.skipUnless(shutil.which("gmediarender"), "needs gmediarender")
    def test_a_renderer_plays_a_track(self):
        home.Watched(self.radio, [
            "gmediarender", "-I", "eth0", "-f", "Radio", "--gstout-audiopipe=fakesink sync=true",
            "--gstout-videosink=fakesink"])
        answers = netns.wait_for("the renderer", lambda: [
            a for a in control_point.ssdp_search(self.tv, "urn:schemas-upnp-org:device:"
                                                 "MediaRenderer:1")], timeout=15)
        renderer = control_point.ControlPoint(answers[0]["LOCATION"], self.tv)
        self.addCleanup(renderer.close)
        page = self.point.search('dc:title = "Part 1-1"')
        renderer.call("AVTransport", "SetAVTransportURI", InstanceID=0,
                      CurrentURI=page.objects[0].original.url, CurrentURIMetaData=page.didl)
        renderer.call("AVTransport", "Play", InstanceID=0, Speed=1)

        def position():
            values = renderer.call("AVTransport", "GetPositionInfo", InstanceID=0)
            state = renderer.call("AVTransport", "GetTransportInfo", InstanceID=0)
            return (state["CurrentTransportState"] == "PLAYING" and
                    values["RelTime"] not in ("", "0:00:00", "00:00:00") and values["RelTime"])
        first = netns.wait_for("sound", position, timeout=15)
        netns.wait_for("more sound", lambda: position() not in (False, first))
        renderer.call("AVTransport", "Stop", InstanceID=0)


if __name__ == "__main__":
    home.main()
