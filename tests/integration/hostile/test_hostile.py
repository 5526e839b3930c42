# SPDX-License-Identifier: GPL-3.0-or-later
"""A home beside hostile guests: it stays up, its memory bounded, and others are served meanwhile."""

import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import unittest

import guests
from guests import hearth, netns, tagged

# Of one test class, in all: caches of pictures and listings, and what the allocator keeps. A sanitizer's
# own bookkeeping of freed memory is set to a few MB below.
GROWTH_MAX_KB = 96 * 1024

IDS = ("", "0", "-1", "00", "18446744073709551616", "music", "music-", "album-", "album-zz", "folder-'",
       "year-99999999999", "year--1", "1; DROP TABLE item", "' OR '1'='1", "%", "_", "*", "a" * 150,
       "a" * 199, "a" * 201, "a" * 5000, "\xe9", "%00", "%ff%fe", "..", "../..", "%2e%2e%2f", "a.b.c.d",
       ".", "x.music-all", "music-all.music-all", "0.0", "list-0", "photo-year-2024.x", "%25", "{}", "[]")


class HostileTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.dir = tempfile.TemporaryDirectory(prefix="hearth-test-")
        cls.corpus = tagged.Corpus(os.path.join(cls.dir.name, "media"), 40)
        cls.network = netns.Network().__enter__()
        cls.home = cls.network.host("home", "192.0.2.1/24", "2001:db8::1/64")
        cls.guest = cls.network.host("guest", "192.0.2.10/24")
        cls.other = cls.network.host("other", "192.0.2.20/24")
        cls.far = cls.network.host("far", "198.51.100.7/24")
        cls.far.ip("route", "add", "192.0.2.0/24", "dev", "eth0")
        cls.home.ip("route", "add", "198.51.100.0/24", "dev", "eth0")
        options = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=8"
        cls.daemon = hearth.Daemon(media=[cls.corpus.folder], prefix=cls.home.command([]),
                                   interfaces=["eth0"], env={"ASAN_OPTIONS": options},
                                   config="[http]\nhead-seconds = 5\nbody-seconds = 5\n").start()
        cls.daemon.wait_for_scan()
        cls.port, cls.pid = cls.daemon.port, cls.daemon.process.pid
        cls.track = cls.daemon.get("browse/music-all", count=1)["objects"][0]
        description = guests.on(cls.guest, guests.raw, cls.port, guests.get("/dlna/description.xml"))
        cls.control = re.search(rb"<controlURL>([^<]*content[^<]*)<", description).group(1).decode()
        cls.event = re.search(rb"<eventSubURL>([^<]*content[^<]*)<", description).group(1).decode()
        cls.settle()
        cls.before_kb = guests.memory_kb(cls.pid)

    @classmethod
    def settle(cls):
        """What a first use of everything costs once is no growth."""
        for _ in range(30):
            guests.on(cls.guest, guests.raw, cls.port,
                      guests.post(cls.control, guests.browse("music-all"), guests.soap_headers("Browse")))

    @classmethod
    def tearDownClass(cls):
        try:
            cls.daemon.stop()
        finally:
            cls.network.__exit__()
            cls.daemon.remove()
            cls.dir.cleanup()

    def tearDown(self):
        self.assertIsNone(self.daemon.process.poll(), "hearthd has ended")
        self.assertEqual(self.daemon.get("status")["pid"], self.pid)
        grown = guests.memory_kb(self.pid) - self.before_kb
        print(f"{self.id().split('.')[-1]}: {grown:+d} KB", file=sys.stderr)
        self.assertLess(grown, GROWTH_MAX_KB)
        self.daemon.check_log()
        self.assertEqual(guests.status_of(self.browse("0", host=self.other)), 200)

    # ---- Asking ----

    def raw(self, request, host=None, **options):
        return guests.on(host or self.guest, lambda: guests.raw(self.port, request, **options))

    def soap(self, action, body, host=None):
        return self.raw(guests.post(self.control, body, guests.soap_headers(action)), host)

    def browse(self, *arguments, host=None, **options):
        return self.soap("Browse", guests.browse(*arguments, **options), host)

    def assert_refused(self, answer, codes=(400, 403, 404, 405, 411, 412, 413, 414, 421, 431, 500, 501, 505)):
        status = guests.status_of(answer)
        self.assertTrue(status == 0 or status in codes, answer[:300])

    # ---- Requests that crash or abuse libupnp ----

    def crashing(self, port):
        there = f"http://{guests.HOME}:{port}"
        return [
            f"UNSUBSCRIBE {there} HTTP/1.1\r\n\r\n",
            f"UNSUBSCRIBE {there} HTTP/1.1\r\nHost: {guests.HOME}\r\nSID: uuid:1\r\n\r\n",
            f"SUBSCRIBE {there} HTTP/1.1\r\nHost: {guests.HOME}\r\nCALLBACK: <http://203.0.113.1/>\r\n"
            "NT: upnp:event\r\n\r\n",
            f"GET {there} HTTP/1.1\r\n\r\n", f"POST {there} HTTP/1.1\r\nContent-Length: 0\r\n\r\n",
            f"M-POST {there}/x HTTP/1.1\r\nHost: x\r\nMAN: \"x\"; ns=01\r\n\r\n",
            f"NOTIFY / HTTP/1.1\r\nHost: {guests.HOME}\r\nContent-Length: -5\r\n\r\n",
            f"GET / HTTP/1.1\r\nHost: {guests.HOME}\r\nContent-Length: 99999999999999999999\r\n\r\n",
            f"POST / HTTP/1.1\r\nHost: {guests.HOME}\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
            f"GET /{'a' * 100000} HTTP/1.1\r\nHost: {guests.HOME}\r\n\r\n",
            f"GET / HTTP/1.1\r\nHost: {guests.HOME}\r\n" + "X: y\r\n" * 20000 + "\r\n",
            "\0" * 3000, "\r\n" * 3000, "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\x16\x03\x01\x02\x00\x01",
        ]

    def test_requests_that_crash_libupnp(self):
        listening = self.home.run(["ss", "-Htln"]).stdout
        ports = {int(p) for p in re.findall(r":(\d+)\s", listening)} | {self.port}
        for port in ports:  # ours, and whatever the announcer has open
            for request in self.crashing(port):
                answer = guests.on(self.guest, guests.raw, port, request.encode("latin-1"), 2)
                if guests.status_of(answer) == 200:
                    self.assertTrue(request.startswith("GET "), request[:100])
        self.assertTrue(next(p for p in self.daemon.get("plugins")["plugins"]
                             if p["name"] == "dlna")["is_working"])

    def test_events_go_to_the_asker_alone(self):
        for callback in ("http://203.0.113.1:80/", "http://192.0.2.20:80/x", "http://127.0.0.1:1/",
                         "http://localhost/", "http://[2001:db8::99]/", "https://192.0.2.10/",
                         "file:///etc/passwd", "http://192.0.2.10@192.0.2.20/", "http://", "",
                         "http://192.0.2.10:99999/", "http://192.0.2.10:80/\x01",
                         "http://" + "a" * 5000 + "/"):
            with self.subTest(callback=callback[:60]):
                self.assert_refused(self.raw(guests.get(
                    self.event, method="SUBSCRIBE",
                    extra=f"CALLBACK: <{callback}>\r\nNT: upnp:event\r\nTIMEOUT: Second-300\r\n")))

    # ---- Who may ask ----

    def test_wrong_hosts_are_refused(self):
        before = self.daemon.get("status")["http"]["refused_host"]
        for host in ("evil.example", "203.0.113.5", f"{guests.HOME}.evil.example", "localhost.evil.example",
                     f"evil.example:{self.port}", "[::1", "192.0.2.1:80:80", "a" * 300):
            for request in (guests.get("/", host),
                            guests.get(self.track["url"], host),
                            guests.get(f"http://{host}/", guests.HOME)):
                with self.subTest(host=host[:30], request=request[:40]):
                    self.assert_refused(self.raw(request), (400, 404, 414, 421))
        self.assertGreater(self.daemon.get("status")["http"]["refused_host"], before)

    def test_other_networks_are_refused(self):
        before = self.daemon.get("status")["http"]["refused_peer"]
        for _ in range(5):
            self.assertEqual(self.raw(guests.get("/"), host=self.far), b"")
        self.assertGreater(self.daemon.get("status")["http"]["refused_peer"], before)

    # ---- SOAP ----

    def test_a_hundred_megabytes_of_soap(self):
        def send(head, frame):
            sent = 0
            with guests.connect(self.port, 10) as connection:
                try:
                    connection.sendall(head)
                    while sent < 100 << 20:
                        connection.sendall(frame)
                        sent += len(frame)
                except OSError:
                    pass
                return sent, guests.read_all(connection)
        block = b"<a>" * 21845
        chunk = b"%x\r\n%s\r\n" % (len(block), block)
        for head, frame in (("Content-Length: 104857600\r\n", block),
                            ("Transfer-Encoding: chunked\r\n", chunk)):
            request = (f"POST {self.control} HTTP/1.1\r\nHost: {guests.HOME}\r\n"
                       f"{guests.soap_headers('Browse')}{head}\r\n").encode()
            sent, answer = guests.on(self.guest, send, request, frame)
            self.assert_refused(answer, (400, 413))
            self.assertLess(sent, 20 << 20, "it was not refused early")

    def test_soap_of_every_bad_form(self):
        good = guests.browse()
        doctype = (b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">'
                   + b"".join(b'<!ENTITY lol%d "%s">' % (n, (b"&lol%d;" % (n - 1) if n > 1 else b"&lol;") * 10)
                              for n in range(1, 10)) + b"]>")
        external = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
        bodies = [
            b"", b"<", b"\0" * 1000, b"<a" * 20000, b"<a>" * 20000, b"<a>" * 100000,
            b"<a>" * 9000 + b"</a>" * 7000, good[:-20], good + good, good.replace(b"<ObjectID>0", b"<ObjectID>&#0;"),
            doctype + good.replace(b"0</ObjectID>", b"&lol9;</ObjectID>")[21:],
            external + good.replace(b"0</ObjectID>", b"&e;</ObjectID>")[21:],
            good.replace(b"0</ObjectID>", b"&nothing;</ObjectID>"),
            good.replace(b"0</ObjectID>", b"\xff\xfe\x80</ObjectID>"),
            good.replace(b"Browse", b"Destroy"), b'<?xml version="1.0" encoding="UTF-7"?>' + good[21:],
            good.decode().encode("utf-16"), good.replace(b"<Filter>*", b"<Filter>" + b"a," * 20000),
            good.replace(b"<u:Browse ", b"<u:Browse " + b"".join(b"a%d='' " % n for n in range(3000))),
            b"<?x?>" * 5000 + good, b"<!--" + b"-" * 30000,
        ]
        for body in bodies:
            with self.subTest(body=body[:40], size=len(body)):
                answer = self.soap("Browse", body)
                self.assertNotIn(b"root:", answer)
                self.assertNotIn(b"lollol", answer)
                self.assertIn(guests.status_of(answer), (0, 200, 400, 413, 500))

    def test_numbers_and_ids_of_every_bad_form(self):
        for number in ("-1", "4294967295", "4294967296", "99999999999999999999999", "1e9", "0x10", "",
                       " 5", "1 OR 1=1", "NaN", "2147483647", "-2147483648"):
            for body in (guests.browse("music-all", start=number), guests.browse("music-all", count=number)):
                self.assertIn(guests.status_of(self.soap("Browse", body)), (200, 400, 500), number)
        for each in IDS:
            quoted = each.replace("&", "&amp;").replace("<", "&lt;")
            for flag in ("BrowseDirectChildren", "BrowseMetadata", "'; --"):
                answer = self.browse(quoted, flag=flag)
                self.assertIn(guests.status_of(answer), (200, 400, 413, 500), each)
                self.assertNotIn(b"SQL", answer)

    def test_searches_that_try_sql(self):
        total = self.daemon.get("status")["counts"]["tracks"]
        for text in ("' OR '1'='1", "%", "_", "\\\\", "\\\"", "x' UNION SELECT value FROM setting --", "*",
                     "\" OR \"\" = \"", "NEAR(a b)", "title:x", "^a", "); DROP TABLE item; --", "a" * 7000,
                     "-", "(", "{", "\u0000".encode("unicode_escape").decode(), "AND", "OR NOT", "😀", "''''"):
            escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;").replace(
                "<", "&lt;")
            for criteria in (f'dc:title contains "{escaped}"', f'dc:title = "{escaped}"',
                             f'upnp:artist doesNotContain "{escaped}"', text.replace("<", "&lt;")):
                answer = self.soap("Search", guests.search(criteria))
                self.assertIn(guests.status_of(answer), (200, 400, 413, 500), criteria[:80])
                self.assertNotIn(b"SQL", answer)
                self.assertNotIn(b"syntax error", answer)
                found = re.search(rb"<TotalMatches>(\d+)<", answer)
                if found and "contains" in criteria and "SELECT" not in criteria:
                    self.assertLessEqual(int(found.group(1)), total)
        self.assertEqual(self.daemon.get("status")["counts"]["tracks"], total)
        deep = ("(" * 2000 + 'dc:title = "a"' + ")" * 2000,
                " and ".join(['dc:title contains "a"'] * 2000), " or ".join(['@id = "1"'] * 300),
                'dc:title contains "' + "a" * 60000 + '"', "(" * 60000)
        for criteria in deep:
            began = time.monotonic()
            answer = self.soap("Search", guests.search(criteria))
            self.assertIn(guests.status_of(answer), (200, 400, 413, 500))
            self.assertLess(time.monotonic() - began, 5)

    # ---- Paths ----

    def test_paths_and_ids_on_every_route(self):
        item = self.track["id"].split(".")[0]
        for each in IDS:
            quoted = each.replace(" ", "%20").replace("#", "%23")
            for path in (f"/m/{quoted}/original.mp3", f"/m/{quoted}/jpeg-640.jpg", f"/a/{quoted}/640.jpg"):
                answer = self.raw(guests.get(path))
                self.assertIn(guests.status_of(answer), (400, 404, 414, 503), path)
        for path in (f"/m/{item}/../../../etc/passwd", "/../../etc/passwd", "/m/../../etc/passwd", "//etc/passwd",
                     "/%2e%2e/%2e%2e/etc/passwd", f"/m/{item}/..%2f..%2f..%2fetc/passwd", "/a/../m/0/original.mp3",
                     f"/m/{item}/original.mp3%00.jpg", f"/m/{item}/jpeg-99999.jpg", f"/m/{item}/jpeg--1.jpg",
                     "/dlna/../../../etc/passwd", "/icons/..%2f..%2fetc%2fpasswd", "*", "/\\..\\..\\etc\\passwd",
                     "/api/v1/../../etc/passwd", "/?" + "a=b&" * 1000):
            answer = self.raw(guests.get(path))
            self.assertNotIn(b"root:x:", answer, path)
        for value in ("bytes=-1", "bytes=0-", "bytes=5-1", "bytes=99999999999999999999-", "bytes=--5", "lines=1",
                      "bytes=0-0," * 500, "bytes=" + "0-1," * 3000, "bytes=0-18446744073709551615", "bytes="):
            answer = self.raw(guests.get(self.track["url"], extra=f"Range: {value}\r\n"))
            self.assertIn(guests.status_of(answer), (200, 206, 400, 416, 431), value[:50])
            self.assertLess(len(answer), 200000)

    def test_more_arguments_than_there_is_memory_for(self):
        """libmicrohttpd 0.9.75 left such a request without an answer, and its memory behind."""
        for count in (129, 500, 700, 1000, 5000):
            began = time.monotonic()
            answer = self.raw(guests.get("/?" + "a=b&" * count))
            self.assertEqual(guests.status_of(answer), 414, count)
            self.assertLess(time.monotonic() - began, 3)
        for length in (200, 240, 260, 280):
            answer = self.raw(guests.get("/?" + "&".join(["a" * length] * 100)), timeout=20)
            self.assertIn(guests.status_of(answer) if answer else 0, (0, 200, 400, 414, 431), length)

    def test_the_network_has_no_private_routes(self):
        with open(os.path.join(hearth.SOURCE, "docs", "api.md"), encoding="utf-8") as file:
            rows = re.findall(r"^\| (GET|POST|PUT|DELETE) \| (\S+) \| owner", file.read(), re.M)
        self.assertGreater(len(rows), 20)
        for method, path in rows:
            path = path.replace(":", self.track["id"])
            for prefix in ("/api/v1/", "/api//v1/", "/API/v1/", "//api/v1/", "/./api/v1/", "/x/../api/v1/",
                           "/%61pi/v1/"):
                answer = self.raw(guests.get(prefix + path, method=method, extra="Content-Length: 0\r\n"))
                self.assertIn(guests.status_of(answer), (400, 404, 405, 413), prefix + path)
                self.assertNotIn(self.corpus.folder.encode(), answer)

    # ---- Time ----

    def test_every_truncated_prefix(self):
        requests = (guests.post(self.control, guests.browse(), guests.soap_headers("Browse")),
                    guests.get(self.track["url"], extra="Range: bytes=10-99\r\n"),
                    guests.get(self.event, method="SUBSCRIBE", extra="NT: upnp:event\r\nTIMEOUT: Second-300\r\n"
                               "CALLBACK: <http://192.0.2.10:4444/>\r\n"))

        def send():
            for request in requests:
                for length in range(len(request)):
                    with guests.connect(self.port) as connection:
                        connection.sendall(request[:length])
        guests.on(self.guest, send)
        # No body that is not whole is ever answered as if it were.
        answer = self.raw(requests[0][:-10], timeout=8, closes=False)
        self.assert_refused(answer, (400, 408))

    def test_pipelined_requests_are_answered_in_order(self):
        request = (f"GET {self.track['url']} HTTP/1.1\r\nHost: {guests.HOME}\r\nRange: bytes=%d-%d\r\n\r\n")
        many = "".join(request % (n, n) for n in range(100)).encode()
        answer = self.raw(many, timeout=5, closes=False)
        found = [int(n) for n in re.findall(rb"Content-Range: bytes (\d+)-", answer)]
        self.assertEqual(found, list(range(100))[:len(found)])
        self.assertGreater(len(found), 0)

    def time_of_others(self, count=30):
        """Milliseconds that a Browse takes on another host, at the median."""
        def measure():
            took = []
            for _ in range(count):
                began = time.monotonic()
                answer = guests.raw(self.port, guests.post(self.control, guests.browse("music-all"),
                                                           guests.soap_headers("Browse")))
                took.append((time.monotonic() - began) * 1000)
                assert guests.status_of(answer) == 200, answer[:200]
            return statistics.median(took)
        return guests.on(self.other, measure)

    def assert_others_are_served(self):
        medians = []
        for _ in range(3):  # other work of this machine is not ours to measure
            medians.append(self.time_of_others())
            if medians[-1] < 100:
                break
        print(f"{self.id().split('.')[-1]}: others at the median {medians[-1]:.1f} ms", file=sys.stderr)
        self.assertLess(medians[-1], 100)

    def test_five_thousand_half_open_connections(self):
        def open_many():
            opened = []
            for number in range(5000):
                connection = socket.socket()
                connection.setblocking(False)
                try:
                    connection.connect((guests.HOME, self.port))
                except BlockingIOError:
                    pass
                opened.append(connection)
                if number % 2:
                    try:
                        connection.send(b"GET / HT")
                    except OSError:
                        pass
            return opened
        opened = guests.on(self.guest, open_many)
        try:
            self.assert_others_are_served()
            status = self.daemon.get("status")["http"]
            self.assertLess(status["connections"], 200)
            self.assertGreater(status["refused_limit"], 0)
        finally:
            for connection in opened:
                connection.close()

    def test_slow_senders_and_readers(self):
        def start():
            slow = []
            for number in range(60):
                connection = guests.connect(self.port)
                head = guests.get(self.track["url"]) if number % 3 else guests.post(
                    self.control, guests.browse(), guests.soap_headers("Browse"))
                connection.sendall(head[:10 + number])
                slow.append((connection, head))
            return slow
        slow = guests.on(self.guest, start)
        closed = 0
        try:
            self.assert_others_are_served()
            end = time.monotonic() + 12
            for step in range(60):
                for connection, head in slow:
                    position = 10 + slow.index((connection, head)) + step
                    try:
                        connection.send(head[position:position + 1])
                    except OSError:
                        closed += 1
                if time.monotonic() > end or closed > 30:
                    break
                time.sleep(0.2)
            self.assertGreater(self.daemon.get("status")["http"]["timed_out"] + closed, 0)
        finally:
            for connection, _ in slow:
                connection.close()

    def test_event_streams_that_never_read(self):
        streams = []
        for _ in range(40):
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(self.daemon.socket_path)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            connection.sendall(b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            streams.append(connection)
        for number in range(60):
            name = sorted(self.corpus.tags)[number % 20]
            self.corpus.retag(name, f"Changed {number}")
            self.daemon.post("scan", full=False)
        self.daemon.wait_for_scan()
        for connection in streams:
            connection.close()

    def test_thousands_of_devices_are_bounded(self):
        def ask():
            for last in range(0, 3000):
                address = f"192.0.2.{last % 200 + 30}"
                if last < 200:
                    self.guest.ip("address", "add", address + "/24", "dev", "eth0")
                request = guests.get("/dlna/description.xml", extra=f"User-Agent: Device {last}\r\n")
                with socket.create_connection((guests.HOME, self.port), 5, (address, 0)) as connection:
                    connection.sendall(request)
                    guests.read_all(connection)
        guests.on(self.guest, ask)
        self.assertLessEqual(len(self.daemon.get("devices")["devices"]), 256)

    # ---- Files ----

    def test_mutated_files_in_a_shared_folder(self):
        import random
        chance = random.Random(11)
        there = os.path.join(self.corpus.folder, "Mutated")
        os.makedirs(there)
        seeds = {"mp3": tagged.id3({"title": "T", "artist": "A"}) + self.corpus.sound,
                 "jpg": tagged.photo(self.dir.name), "mp4": tagged.clip(self.dir.name)}
        for kind, codec in (("ogg", "libvorbis"), ("flac", "flac"), ("m4a", "aac"), ("wav", "pcm_s16le")):
            path = os.path.join(self.dir.name, "seed." + kind)
            subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-y", "-f", "lavfi", "-i", "sine=duration=0.2",
                            "-metadata", "title=Seed", "-c:a", codec, path], check=True)
            with open(path, "rb") as file:
                seeds[kind] = file.read()
        for number in range(300):
            kind = chance.choice(sorted(seeds))
            data = bytearray(seeds[kind])
            for _ in range(chance.choice((1, 5, 50))):
                position = chance.randrange(min(len(data), chance.choice((64, 512, len(data)))))
                data[position] = chance.randrange(256)
            if chance.random() < 0.2:
                del data[chance.randrange(len(data)):]
            with open(os.path.join(there, f"{number}.{kind}"), "wb") as file:
                file.write(data)
        self.daemon.post("scan", full=False)
        # What cannot be read is no item, and is told as a failure: every file is one or the other.
        def accounted():
            status = self.daemon.get("status")
            return status["roots"][0]["n_items"] + status["scan"]["n_failed"]
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self.daemon.get("status")["scan"]["phase"] == "idle" and accounted() >= 340:
                break
            time.sleep(0.2)
        self.assertGreaterEqual(accounted(), 340)
        for kind in ("music-all", "video-all", "photo-all"):
            for each in self.daemon.get("browse/" + kind, count=1000)["objects"]:
                for url in (each.get("picture_url"), each.get("artwork_url")):
                    if url:
                        self.assertIn(guests.status_of(self.raw(guests.get(url), timeout=20)),
                                      (200, 404, 415, 500, 503))
        for container in ("music-all", "video-all", "photo-all"):
            answer = self.soap("Browse", guests.browse(container, count="0"))
            self.assertEqual(guests.status_of(answer), 200)
            answer.split(b"\r\n\r\n", 1)[1].decode("utf-8")  # nothing that is not text


if __name__ == "__main__":
    netns.main()
