# SPDX-License-Identifier: GPL-3.0-or-later
"""A household for pictures: a real hearthd with the demo library, televisions and a radio that ask, a phone that
syncs at home, a tablet that comes through a real locker. Each is a host of its own, a network namespace.

    with demo_home.Home(library) as home:
        home.join()
"""

import json
import os
import shutil
import time

import control_point
import device
import hearth
import locker
from netns import Network, wait_for

NAME = "Home of the Larks"
HOME, LOCKER, CAFE_LOCKER = "198.51.100.1", "198.51.100.9", "203.0.113.9"
LOCKER_NAME = "locker.example"
PORT = 8200
TELEVISIONS = (
    ("tv", "198.51.100.20", "Living Room", "DLNADOC/1.50 SEC_HHP_[TV] Samsung Q7 Series (55)/1.0 UPnP/1.0"),
    ("bedroom", "198.51.100.21", "Bedroom", "Linux/4.4 UPnP/1.0 LGE_DLNA_SDK/1.6.0 [LG] webOS TV OLED55C1/03.30"),
    ("den", "198.51.100.22", "Media PC in the Den", "Linux UPnP/1.0 DLNADOC/1.50 Kodi"),
    ("radio", "198.51.100.23", "Kitchen Radio", "FSL DLNADOC/1.50 UPnP Stack/1.0 Frontier Silicon"),
)
# Reads a track as a player does that holds little of it.
PLAYER = """
import http.client, sys, time
host, port, path, agent, rate = sys.argv[1:]
while True:
    connection = http.client.HTTPConnection(host, int(port), timeout=20)
    connection.request("GET", path, headers={"User-Agent": agent})
    answer = connection.getresponse()
    while answer.read(int(rate)):
        time.sleep(1)
    connection.close()
"""
RULES = {
    "phone": {"albums": ["Harbour Lights"], "playlists": ["Sunday Morning"], "favourites": True,
              "max_bytes": 64_000_000_000},
    "tablet": {"albums": ["Harbour Lights"], "away": "everything"},
}


class Home:
    def __init__(self, library):
        self.library = library
        self.net = Network()
        self.daemon = None
        self.locker = None
        self.devices = {}
        self.hosts = {}
        self.files = []

    def __enter__(self):
        self.net.__enter__()
        try:
            self.build()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_ignored):
        for host in self.hosts.values():
            host.stop_all()
        for one in self.devices.values():
            one.remove()
        if self.daemon is not None:
            if self.daemon.process is not None:
                self.daemon.stop()
            self.daemon.remove()
        if self.locker is not None:
            self.locker.__exit__(None, None, None)
        self.net.__exit__(None, None, None)
        for path in self.files:
            shutil.rmtree(path, ignore_errors=True)

    # ---- Who is there ----

    def build(self):
        home = self.hosts["home"] = self.net.host("home", HOME + "/24", segment="home")
        self.hosts["phone"] = self.net.host("phone", "198.51.100.7/24", segment="home")
        self.hosts["tablet"] = self.net.host("tablet", "198.51.100.8/24", segment="home")
        self.net.link(self.hosts["tablet"], segment="cafe")
        self.hosts["locker"] = self.net.host("locker", LOCKER + "/24", segment="home")
        self.net.link(self.hosts["locker"], CAFE_LOCKER + "/24", segment="cafe")
        for name in ("home", "tablet"):
            self.name_locker(self.hosts[name])
        home.ip("route", "add", "203.0.113.0/24", "via", LOCKER)
        self.daemon = hearth.Daemon(media=[self.library], name=NAME, interfaces=["eth0"], port=PORT, prefix=home.command([]),
                                    start_timeout=60).start()
        self.daemon.wait_for_scan(600)
        self.build_televisions()
        self.play()
        self.locker = locker.Locker(name=LOCKER_NAME, address="0.0.0.0", port=443,
                                    prefix=self.hosts["locker"].command([])).start()
        self.pair("phone", "Mila’s Phone")
        self.pair("tablet", "Travel Tablet")

    def another(self, name=NAME, **options):
        """A second hearthd, on a host of its own."""
        if "second" not in self.hosts:
            self.hosts["second"] = self.net.host("second", "198.51.100.2/24", segment="home")
        return hearth.Daemon(name=name, interfaces=["eth0"], port=PORT,
                             prefix=self.hosts["second"].command([]), **options)

    def name_locker(self, host):
        """What DNS would say: ip-netns(8) puts this file over /etc/hosts."""
        folder = "/etc/netns/" + host.namespace
        os.makedirs(folder)
        self.files.append(folder)
        with open(folder + "/hosts", "w", encoding="ascii") as file:
            file.write(f"127.0.0.1 localhost\n{CAFE_LOCKER} {LOCKER_NAME}\n")

    def build_televisions(self):
        for name, address, label, agent in TELEVISIONS:
            host = self.hosts[name] = self.net.host(name, address + "/24", segment="home")
            self.ask(host, agent)
            self.daemon.post("devices/" + address, name=label, policy="allowed")

    def ask(self, host, agent):
        """What a device asks when somebody looks for music on it."""
        point = control_point.ControlPoint(f"http://{HOME}:{self.daemon.port}/dlna/description.xml", host=host,
                                           headers={"User-Agent": agent})
        point.describe()
        container = "0"
        for _ in range(4):
            inside = [each for each in point.browse(container, count=12).objects
                      if each.upnp_class.startswith("object.container")]
            if not inside:
                break
            container = inside[0].id
        point.close()

    def play(self):
        """The television in the living room plays the first album."""
        track = self.daemon.get("search", q="Harbour Lights", kind="track")["objects"][0]
        track = self.daemon.get("item/" + track["id"])
        _, _, _, agent = TELEVISIONS[0]
        self.hosts["tv"].python(PLAYER, HOME, str(self.daemon.port), track["url"], agent, "12000")

    def new_television(self):
        """One that nobody has seen before."""
        if "guest" not in self.hosts:
            self.hosts["guest"] = self.net.host("guest", "198.51.100.30/24", segment="home")
        try:
            self.ask(self.hosts["guest"], "Panasonic MIL DLNA CP UPnP/1.0 DLNADOC/1.50")
        except (control_point.UpnpError, AssertionError):
            pass  # it is not let in

    # ---- Handhelds ----

    def pair(self, name, label):
        one = self.devices[name] = device.Device(self.hosts[name])
        one.env.pop("G_DEBUG")
        offer = self.daemon.post("pairing", name=label)
        one.pair(offer["code"], "--folder", os.path.join(one.own_dir, "Music"))
        self.daemon.put(f"paired/{self.id_of(label)}/rule", rule=RULES[name])
        one.run("sync", timeout=300)

    def id_of(self, label):
        return next(each["id"] for each in self.daemon.get("paired")["paired"] if each["name"] == label)

    def start_agent(self, name):
        log = os.path.join(self.devices[name].own_dir, "log")
        with open(log, "wb") as out:
            return self.hosts[name].start([device.HANDHELD, "run", "--state-dir", self.devices[name].state_dir],
                                          stdout=out, stderr=out, env=self.devices[name].env)

    def slow_down(self, rate):
        """What a busy wireless network makes of the way to the phone. @rate None: as it was."""
        phone = self.hosts["phone"]
        phone.run(["tc", "qdisc", "del", "dev", "eth0", "root"])
        self.hosts["home"].run(["tc", "qdisc", "del", "dev", "eth0", "root"])
        if rate is not None:
            self.hosts["home"].run(["tc", "qdisc", "add", "dev", "eth0", "root", "tbf", "rate", rate, "burst", "256k",
                                    "latency", "50ms"])

    # ---- The locker ----

    def join(self):
        code = self.locker.invite()["code"]
        self.daemon.post("locker", url="https://" + LOCKER_NAME, code=code)
        self.daemon.wait_for(lambda _: self.daemon.get("locker")["state"] == "connected" and
                             self.daemon.get("locker")["parked"] > 0, "the home at the locker")
        account = json.loads(self.locker.run("accounts", "list", "--json").stdout)[0]["id"]
        self.locker.run("accounts", "limit", account, "--session-rate", "2500k", "--rate", "10M", "--month", "500G")

    def send_tablet_away(self):
        """Once it has learnt the way, it comes through the locker."""
        tablet = self.hosts["tablet"]
        self.devices["tablet"].run("sync", timeout=120)
        tablet.remove_address("198.51.100.8/24", "eth0")
        tablet.add_address("203.0.113.8/24", "eth1")
        tablet.ip("link", "set", "eth1", "up")
        self.start_agent("tablet")
        wait_for("the tablet through the locker", lambda: any(
            each.get("way", {}).get("path") == "relay" for each in self.daemon.get("paired")["paired"]), 60)

    def leave(self):
        if self.daemon.get("locker")["joined"]:
            self.daemon.delete("locker")
            time.sleep(.5)
