# SPDX-License-Identifier: GPL-3.0-or-later
"""What other hosts see of the announcers: SSDP from real sockets in network namespaces."""

import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time
import unittest

sys.path.insert(0, os.path.join(os.environ["HEARTH_SOURCE"], "tests", "support"))
import netns  # pylint: disable=wrong-import-position

BUILD = pathlib.Path(os.environ["HEARTH_BUILD"])
PROGRAM = str(BUILD / "plugins/dlna/announcer/hearth-announcer")
HOST = str(BUILD / "tests/integration/announcer/announcer-host")
UDN = "uuid:11111111-2222-3333-4444-555555555555"

DESCRIPTION = """<?xml version="1.0"?>
<root xmlns="urn:schemas-upnp-org:device-1-0"><specVersion><major>1</major><minor>0</minor></specVersion>
<device><deviceType>urn:schemas-upnp-org:device:MediaServer:1</deviceType><friendlyName>t</friendlyName>
<manufacturer>m</manufacturer><modelName>m</modelName><UDN>%s</UDN><serviceList>
<service><serviceType>urn:schemas-upnp-org:service:ContentDirectory:1</serviceType>
<serviceId>urn:upnp-org:serviceId:ContentDirectory</serviceId><SCPDURL>/cd.xml</SCPDURL>
<controlURL>/control/cd</controlURL><eventSubURL>/event/cd</eventSubURL></service>
<service><serviceType>urn:schemas-upnp-org:service:ConnectionManager:1</serviceType>
<serviceId>urn:upnp-org:serviceId:ConnectionManager</serviceId><SCPDURL>/cm.xml</SCPDURL>
<controlURL>/control/cm</controlURL><eventSubURL>/event/cm</eventSubURL></service>
</serviceList></device></root>
""" % UDN

# Prints each datagram to the group as one line: time, first line, NT, NTS, LOCATION, everything.
LISTEN = """
import json, socket, struct, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("239.255.255.250", 1900))
s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
             struct.pack("4s4sI", socket.inet_aton("239.255.255.250"), b"\\0" * 4,
                         socket.if_nametoindex("eth0")))
print("listening")
while True:
    data, peer = s.recvfrom(9000)
    print(json.dumps([time.monotonic(), peer[0], data.decode()]))
"""

# Sends one search and prints the answers that come within @seconds.
SEARCH = """
import json, socket, sys, time
to, target, mx, seconds = sys.argv[1:5]
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0") # no default route is needed
s.settimeout(float(seconds))
began = time.monotonic()
s.sendto(("M-SEARCH * HTTP/1.1\\r\\nHOST: 239.255.255.250:1900\\r\\nMAN: \\"ssdp:discover\\"\\r\\n"
          "MX: %s\\r\\nST: %s\\r\\n\\r\\n" % (mx, target)).encode(), (to, 1900))
try:
    while True:
        data, peer = s.recvfrom(9000)
        print(json.dumps([time.monotonic() - began, peer[0], data.decode()]))
except socket.timeout:
    pass
"""


def fields(message):
    """The header fields of a message, names in upper case."""
    pairs = (line.split(":", 1) for line in message.split("\r\n")[1:] if ":" in line)
    return {name.upper(): value.strip() for name, value in pairs}


class Listener:
    """Collects what is multicast on a host's segment."""

    def __init__(self, host):
        import json
        import threading
        self.messages = []
        self.process = host.python(LISTEN)
        assert self.process.stdout.readline() == "listening\n"

        def read():
            for line in self.process.stdout:
                at, peer, text = json.loads(line)
                self.messages.append((at, peer, fields(text)))
        self.thread = threading.Thread(target=read, daemon=True)
        self.thread.start()

    def of(self, nts, since=0.0, **wanted):
        return [m for m in list(self.messages) if m[0] >= since and m[2].get("NTS") == nts and
                all(m[2].get(name) == value for name, value in wanted.items())]


class AnnounceTest(unittest.TestCase):
    def setUp(self):
        directory = netns.temporary_directory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        with open(os.path.join(self.directory, "d.xml"), "w", encoding="utf-8") as file:
            file.write(DESCRIPTION)
        self.net = netns.Network()
        self.net.__enter__()
        self.addCleanup(self.net.__exit__, None, None, None)
        self.home = self.net.host("home", "192.0.2.1/24")
        self.tv = self.net.host("tv", "192.0.2.2/24")

    def serve_description(self):
        self.home.start(["/usr/bin/python3", "-m", "http.server", "8200"], cwd=self.directory,
                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        probe = "import socket; socket.create_connection(('192.0.2.1', 8200)).close()"
        netns.wait_for("the HTTP server", lambda: self.home.run(
            ["/usr/bin/python3", "-c", probe]).returncode == 0)

    def start(self):
        """Starts the announcers; returns the process and when it was started."""
        self.serve_description()
        began = time.monotonic()
        self.log = open(os.path.join(self.directory, "log"), "w+", encoding="utf-8")
        self.addCleanup(self.log.close)
        self.process = self.home.start([HOST, PROGRAM, "8200", "/d.xml"], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=self.log, text=True)
        return began

    def await_line(self, pattern):
        while True:
            line = self.process.stdout.readline()
            self.assertTrue(line, "announcer-host ended")
            if re.search(pattern, line):
                return line

    def children(self):
        # "ip netns exec" becomes announcer-host itself, so its children are the announcers.
        path = "/proc/%d/task/%d/children" % (self.process.pid, self.process.pid)
        return [int(pid) for pid in pathlib.Path(path).read_text(encoding="utf-8").split()]

    def search(self, host, to="239.255.255.250", target="upnp:rootdevice", mx=1, seconds=1.0):
        import json
        result = host.run([sys.executable, "-c", SEARCH, to, target, str(mx), str(seconds)])
        return [json.loads(line) for line in result.stdout.splitlines()]

    def log_text(self):
        self.log.seek(0)
        return self.log.read()

    def test_byebye_then_alive_for_every_name_and_byebye_at_the_end(self):
        listener = Listener(self.tv)
        began = self.start()
        netns.wait_for("two sets", lambda: len(listener.of("ssdp:alive")) >= 10)
        first = min(m[0] for m in listener.of("ssdp:alive"))
        print("start to first alive: %.0f ms" % ((first - began) * 1000))
        self.assertLess(first - began, 2.0)
        names = {UDN, "upnp:rootdevice", "urn:schemas-upnp-org:device:MediaServer:1",
                 "urn:schemas-upnp-org:service:ContentDirectory:1",
                 "urn:schemas-upnp-org:service:ConnectionManager:1"}
        self.assertEqual({m[2]["NT"] for m in listener.of("ssdp:alive")}, names)
        for name in names:
            alive = listener.of("ssdp:alive", NT=name)
            byebye = listener.of("ssdp:byebye", NT=name)
            self.assertGreaterEqual(len(alive), 2)
            self.assertEqual(len(byebye), 1)
            self.assertLessEqual(byebye[0][0], alive[0][0])
            self.assertEqual(byebye[0][2]["USN"], alive[0][2]["USN"])
            self.assertEqual(alive[0][2]["LOCATION"], "http://192.0.2.1:8200/d.xml")
            self.assertEqual(alive[0][2]["CACHE-CONTROL"], "max-age=1800")
            self.assertEqual(alive[0][2]["CONFIGID.UPNP.ORG"], "42")
            self.assertGreater(int(alive[0][2]["BOOTID.UPNP.ORG"]), 1000000)
            self.assertRegex(alive[0][2]["SERVER"], r"^Linux/\S+ UPnP/1.0 hearth/")
        ending = time.monotonic()
        self.assertEqual(self.home.stop(self.process), 0)
        self.assertLess(time.monotonic() - ending, 2.0)
        netns.wait_for("byebye", lambda: {m[2]["NT"] for m in listener.of(
            "ssdp:byebye", since=ending)} == names)

    def test_gssdp_discover_sees_it_within_two_seconds(self):
        began = self.start()
        found = self.tv.run(["gssdp-discover", "-i", "eth0", "-n", "2", "-t", "upnp:rootdevice"])
        self.assertIn("http://192.0.2.1:8200/d.xml", found.stdout)
        self.assertLess(time.monotonic() - began, 5.0) # it always listens for two seconds

    def test_a_search_is_answered_at_once(self):
        self.start()
        self.await_line("working")
        answers = self.search(self.tv)
        self.assertEqual(len(answers), 1)
        print("search answered after %.0f ms" % (answers[0][0] * 1000))
        self.assertLess(answers[0][0], 1.0)
        answer = fields(answers[0][2])
        self.assertEqual(answer["LOCATION"], "http://192.0.2.1:8200/d.xml")
        self.assertEqual(answer["ST"], "upnp:rootdevice")
        self.assertIn("BOOTID.UPNP.ORG", answer)
        for target, n_answers in (("ssdp:all", 5), (UDN, 1), ("urn:schemas-upnp-org:device:Other:1", 0),
                                  ("urn:schemas-upnp-org:service:ContentDirectory:1", 1)):
            self.assertEqual(len(self.search(self.tv, target=target)), n_answers, target)

    def test_two_interfaces_have_two_announcers_that_do_not_meet(self):
        self.net.link(self.home, "198.51.100.1/24", segment="b")
        radio = self.net.host("radio", "198.51.100.2/24", segment="b")
        self.start()
        self.await_line("working.*eth.*eth")
        self.assertEqual(len(self.children()), 2)
        for host, own in ((self.tv, "192.0.2.1"), (radio, "198.51.100.1")):
            for to in ("239.255.255.250", own):
                answers = self.search(host, to=to)
                self.assertEqual([fields(a[2])["LOCATION"] for a in answers],
                                 ["http://%s:8200/d.xml" % own], (host.name, to))

    def test_a_new_address_is_announced_within_three_seconds(self):
        self.start()
        self.await_line("working")
        listener = Listener(self.tv)
        changed = time.monotonic()
        self.home.remove_address("192.0.2.1/24")
        self.home.add_address("192.0.2.77/24")
        location = "http://192.0.2.77:8200/d.xml"
        alive = netns.wait_for("the new location", lambda: listener.of("ssdp:alive", LOCATION=location))
        print("address changed to first alive: %.0f ms" % ((alive[0][0] - changed) * 1000))
        self.assertLess(alive[0][0] - changed, 3.0)
        before = [m for m in listener.of("ssdp:byebye") if m[0] <= alive[0][0]]
        self.assertIn(UDN, {m[2]["USN"] for m in before})
        time.sleep(0.5) # no late byebye takes it away again
        last = {}
        for message in listener.messages:
            last[message[2].get("USN")] = message[2].get("NTS")
        self.assertEqual(set(last.values()), {"ssdp:alive"})

    def test_an_interface_that_comes_later_is_announced_on(self):
        self.start()
        self.await_line("working")
        self.net.link(self.home, "198.51.100.1/24", segment="b")
        radio = self.net.host("radio", "198.51.100.2/24", segment="b")
        netns.wait_for("an answer on eth1", lambda: self.search(radio, seconds=0.3), timeout=5)

    def test_a_killed_announcer_is_back_within_three_seconds(self):
        self.start()
        self.await_line("working")
        listener = Listener(self.tv)
        killed = time.monotonic()
        os.kill(self.children()[0], signal.SIGKILL)
        alive = netns.wait_for("alive", lambda: listener.of("ssdp:alive"))
        self.assertLess(alive[0][0] - killed, 3.0)
        self.assertIn("died of signal 9", self.log_text())

    def test_the_announcers_end_with_their_parent(self):
        listener = Listener(self.tv)
        self.start()
        self.await_line("working")
        child = self.children()[0]
        killed = time.monotonic()
        self.process.kill()
        netns.wait_for("byebye", lambda: listener.of("ssdp:byebye", since=killed))
        netns.wait_for("the end", lambda: not is_running(child), timeout=5)


def is_running(pid):
    """Whether @pid runs; a zombie does not."""
    try:
        status = pathlib.Path("/proc/%d/stat" % pid).read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    return status.rsplit(")", 1)[1].split()[0] != "Z"


if __name__ == "__main__":
    netns.reexec()
    if not netns.available():
        print("no network namespaces here")
        sys.exit(77)
    unittest.main(verbosity=2)
