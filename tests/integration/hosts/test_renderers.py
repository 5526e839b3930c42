# SPDX-License-Identifier: GPL-3.0-or-later
"""Devices that only their own description tells apart: a renderer is heard of by SSDP, what it says of
itself is learned, and it gets its own answers; and renderers that mean harm."""

import json
import sys
import threading
import time

import home
import netns

MODEL = "Samsung DTV DMR"

# A MediaRenderer: answers searches, announces itself when told so on stdin ("alive LOCATION"), and
# serves its description by HTTP in one of several manners. Prints each request that it gets.
RENDERER = r"""
import http.server, json, socket, struct, sys, threading, time
address, manner, name, model = sys.argv[1:5]
GROUP, TYPE = ("239.255.255.250", 1900), "urn:schemas-upnp-org:device:MediaRenderer:1"
location = "http://%s:7676/dmr.xml" % address

def say(*words):
    sys.stdout.write(json.dumps([time.monotonic(), *words]) + "\n") # at once: there are threads

BODY = ('<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0"><device>'
        '<deviceType>%s</deviceType><friendlyName>%s</friendlyName>'
        '<manufacturer>Somebody</manufacturer><modelName>%s</modelName></device></root>'
        % (TYPE, name, model)).encode()

class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *words):
        pass

    def do_GET(self):
        say("GET", self.path, self.client_address[0])
        try:
            getattr(self, manner)()
        except OSError:
            pass
        say("over", self.path)

    def head(self, status, **fields):
        self.send_response(status)
        for field, value in fields.items():
            self.send_header(field.replace("_", "-"), value)
        self.end_headers()

    def good(self):
        self.head(200, Content_Length=len(BODY))
        self.wfile.write(BODY)

    def trickle(self):
        self.head(200)
        while True:
            self.wfile.write(b"<")
            time.sleep(0.2)

    def huge(self):
        self.head(200)
        for _ in range(100):
            self.wfile.write(b" " * 1048576)

    def deep(self):
        self.head(200)
        self.wfile.write(b"<root><device><modelName>%s</modelName>" % model.encode() + b"<a>" * 20000)

    def redirect(self):
        self.head(302, Location="http://192.0.2.3:7676/dmr.xml", Content_Length=0)

    def bomb(self):
        self.head(200)
        self.wfile.write(b'<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
                         b'<root><device><modelName>' + model.encode() + b'&b;</modelName></device></root>')

server = http.server.ThreadingHTTPServer((address, 7676), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()

def socket_on_group():
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(GROUP)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                 struct.pack("4s4sI", socket.inet_aton(GROUP[0]), b"\0" * 4,
                             socket.if_nametoindex("eth0")))
    return s

sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0")

def alive(where):
    sender.sendto(("NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nCACHE-CONTROL: max-age=1800\r\n"
                   "LOCATION: %s\r\nNT: %s\r\nNTS: ssdp:alive\r\nSERVER: Linux UPnP/1.0 x/1\r\n"
                   "USN: uuid:%s::%s\r\n\r\n" % (where, TYPE, address, TYPE)).encode(), GROUP)

def answer(peer):
    sender.sendto(("HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=1800\r\nEXT:\r\nLOCATION: %s\r\n"
                   "SERVER: Linux UPnP/1.0 x/1\r\nST: %s\r\nUSN: uuid:%s::%s\r\n\r\n"
                   % (location, TYPE, address, TYPE)).encode(), peer)

def obey():
    for line in sys.stdin:
        words = line.split()
        alive(words[1] if len(words) > 1 else location)

group = socket_on_group()
threading.Thread(target=obey, daemon=True).start()
say("ready")
while True:
    data, peer = group.recvfrom(9000)
    if data.startswith(b"M-SEARCH") and TYPE.encode() in data:
        say("search")
        answer(peer)
"""


class Renderer:
    """The program above on a host."""

    def __init__(self, host, address, manner="good", name="Living room TV", model=MODEL):
        self.host = host
        self.events = []
        self.process = host.python(RENDERER, address, manner, name, model, stdin=home.subprocess.PIPE)
        threading.Thread(target=self._read, daemon=True).start()
        netns.wait_for("the renderer", lambda: self.of("ready"))

    def _read(self):
        for line in self.process.stdout:
            self.events.append(json.loads(line))

    def of(self, kind):
        return [event for event in list(self.events) if event[1] == kind]

    def alive(self, location=""):
        self.process.stdin.write(f"alive {location}\n")
        self.process.stdin.flush()

    def stop(self):
        self.host.stop(self.process)


class RenderersTest(home.HomeTest):
    """The TV answers the search at hearthd's start; the radio comes later."""

    @classmethod
    def prepare(cls):
        cls.tv_renderer = Renderer(cls.tv, home.TV)

    def renderer(self, *arguments):
        renderer = Renderer(*arguments)
        self.addCleanup(renderer.stop)
        return renderer

    def device(self, address):
        return next((device for device in self.daemon.get("devices")["devices"]
                     if address in device["addresses"]), None)

    def browse_text(self, host):
        """The DIDL of every video, as that host gets it."""
        body = ('<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/">'
                '<s:Body><u:Browse xmlns:u="urn:schemas-upnp-org:service:ContentDirectory:1">'
                "<ObjectID>video-all</ObjectID><BrowseFlag>BrowseDirectChildren</BrowseFlag>"
                "<Filter>*</Filter><StartingIndex>0</StartingIndex><RequestedCount>0</RequestedCount>"
                "<SortCriteria></SortCriteria></u:Browse></s:Body></s:Envelope>")
        script = ("import sys, urllib.request as r\n"
                  "q = r.Request(sys.argv[1], sys.argv[2].encode(), {'User-Agent': 'Linux/2.6',"
                  " 'Content-Type': 'text/xml', 'SOAPACTION':"
                  " '\"urn:schemas-upnp-org:service:ContentDirectory:1#Browse\"'})\n"
                  "print(r.urlopen(q, timeout=10).read().decode())")
        url = f"http://{home.HOME}:8200/dlna/control/content"
        done = host.run([sys.executable, "-c", script, url, body])
        self.assertIn("BrowseResponse", done.stdout)
        return done.stdout

    def test_1_a_tv_known_by_its_model_gets_its_own_answer(self):
        netns.wait_for("the fetch", lambda: self.tv_renderer.of("over"))
        self.assertEqual({event[3] for event in self.tv_renderer.of("GET")}, {home.HOME})
        self.assertIsNone(self.device(home.TV), "it has not asked for anything yet")
        netns.wait_for("the answer", lambda: "video/x-mkv" in self.browse_text(self.tv), 5)
        self.assertNotIn("video/x-matroska", self.browse_text(self.tv))
        self.assertIn("video/x-matroska", self.browse_text(self.radio))
        device = self.device(home.TV)
        self.assertEqual((device["name"], device["model"], device["client"]),
                         ("Living room TV", MODEL, "Samsung TV, series B"))
        shown = self.hearth("devices")
        self.assertIn("Living room TV", shown)
        self.assertIn("Samsung TV, series B", shown)
        self.assertEqual(len(self.tv_renderer.of("GET")), 1, "once in ten minutes")

    def test_2_one_that_has_asked_is_known_when_it_announces_itself(self):
        self.assertIn("video/x-matroska", self.browse_text(self.radio))
        renderer = self.renderer(self.radio, home.RADIO, "good", "Bedroom")
        for _ in range(20):
            renderer.alive()
        netns.wait_for("its name", lambda: self.device(home.RADIO).get("name") == "Bedroom")
        self.assertIn("video/x-mkv", self.browse_text(self.radio))
        self.assertEqual(self.device(home.RADIO)["client"], "Samsung TV, series B")
        self.assertEqual(len(renderer.of("GET")), 1)

    def test_3_a_location_at_another_address_is_not_fetched(self):
        victim = self.renderer(self.radio, home.RADIO)
        lies = ((f"http://{home.RADIO}:7676/dmr.xml", f"http://{home.HOME}:8200/api/v1/status",
                 "http://127.0.0.1:8200/"),
                ("http://192.0.2.12@192.0.2.3:7676/", "http://3221225987:7676/",
                 "http://192.0.2.12:7676/" + "x" * 500),
                ("https://192.0.2.13:7676/", "ftp://192.0.2.13/", "file:///etc/passwd"))
        for number, locations in enumerate(lies, 11): # an announcer passes on four of each sender
            address = f"192.0.2.{number}"
            liar = self.renderer(self.net.host(f"liar{number}", address + "/24"), address)
            for location in (*locations, f"http://{address}:7676/its-own"):
                liar.alive(location)
            netns.wait_for("its own", lambda: liar.of("GET"))
            time.sleep(0.3)
            self.assertEqual({event[2] for event in liar.of("GET")}, {"/its-own"})
        self.assertEqual(victim.of("GET"), [])

    def check_hostile(self, manner, n_paths=8):
        """@manner is asked, and hearthd serves others meanwhile as quickly as ever."""
        victim = self.renderer(self.radio, home.RADIO)
        host = self.net.host("bad-" + manner, f"192.0.2.{20 + len(self.net.hosts)}/24")
        address = f"192.0.2.{20 + len(self.net.hosts) - 1}"
        renderer = self.renderer(host, address, manner, "Evil", "Samsung DTV DMR")
        for number in range(n_paths):
            renderer.alive(f"http://{address}:7676/{number}")
        netns.wait_for("a fetch", lambda: renderer.of("GET"))
        slowest = 0.0
        for _ in range(20):
            began = time.monotonic()
            self.daemon.get("status")
            slowest = max(slowest, time.monotonic() - began)
        self.assertLess(slowest, 1.0)
        netns.wait_for("the end of it", lambda: renderer.of("over"))
        first, last = renderer.of("GET")[0][0], renderer.of("over")[0][0]
        self.assertLess(last - first, 5.0)
        self.assertLessEqual(len({event[2] for event in renderer.of("GET")}), 4, "paths of one address")
        self.assertIn("video/x-matroska", self.browse_text(host))
        self.assertNotEqual(self.device(address).get("name"), "Evil")
        self.assertEqual(victim.of("GET"), [])

    def test_4_a_trickle_ends_after_three_seconds(self):
        self.check_hostile("trickle")

    def test_4_a_hundred_megabytes_are_cut_off(self):
        self.check_hostile("huge")

    def test_4_deep_documents_teach_nothing(self):
        self.check_hostile("deep")

    def test_4_a_redirect_is_not_followed(self):
        self.check_hostile("redirect")

    def test_4_entities_are_not_expanded(self):
        self.check_hostile("bomb")


if __name__ == "__main__":
    home.main()
