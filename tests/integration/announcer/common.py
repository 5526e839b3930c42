# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the announcers share: a home with announcer-host, a TV, and ways to look."""

import json
import os
import pathlib
import re
import subprocess
import sys
import threading
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
    pairs = (line.split(":", 1) for line in message.splitlines()[1:] if ":" in line)
    return {name.upper(): value.strip() for name, value in pairs}


class Listener:
    """Collects what is multicast on a host's segment."""

    def __init__(self, host):
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


class AnnouncerTest(unittest.TestCase):
    def setUp(self):
        self.log = None
        directory = netns.temporary_directory()
        self.addCleanup(directory.cleanup)
        self.directory = directory.name
        os.chmod(self.directory, 0o755)
        with open(os.path.join(self.directory, "d.xml"), "w", encoding="utf-8") as file:
            file.write(DESCRIPTION)
        self.net = netns.Network()
        self.net.__enter__()
        self.addCleanup(self.net.__exit__, None, None, None)
        self.home = self.net.host("home", "192.0.2.1/24")
        self.tv = self.net.host("tv", "192.0.2.2/24")

    def start(self, prefix=(), programs=(HOST, PROGRAM)):
        """Starts announcer-host, by the program @prefix if given; returns when it was started."""
        self.log = open(os.path.join(self.directory, "log"), "w+", encoding="utf-8")
        self.addCleanup(self.log.close)
        began = time.monotonic()
        self.process = self.home.start(
            [*prefix, *programs, os.path.join(self.directory, "d.xml")], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=self.log, text=True)
        return began

    def tearDown(self):
        if os.environ.get("HEARTH_TEST_VERBOSE") and self.log is not None:
            print(self.log_text())

    def tell(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def await_line(self, pattern):
        # A host that says nothing for so long is ended, which ends the reading.
        too_late = threading.Timer(30, self.process.kill)
        too_late.start()
        try:
            while True:
                line = self.process.stdout.readline()
                self.assertTrue(line, "announcer-host ended or said nothing: " + self.log_text())
                if re.search(pattern, line):
                    return line
        finally:
            too_late.cancel()

    def children(self):
        # "ip netns exec" becomes announcer-host itself, so its children are the announcers.
        path = "/proc/%d/task/%d/children" % (self.process.pid, self.process.pid)
        return [int(pid) for pid in pathlib.Path(path).read_text(encoding="utf-8").split()]

    def search(self, host, to="239.255.255.250", target="upnp:rootdevice", mx=1, seconds=1.0):
        result = host.run([sys.executable, "-c", SEARCH, to, target, str(mx), str(seconds)])
        return [json.loads(line) for line in result.stdout.splitlines()]

    def log_text(self):
        self.log.seek(0)
        return self.log.read()


def is_running(pid):
    """Whether @pid runs; a zombie does not."""
    try:
        status = pathlib.Path("/proc/%d/stat" % pid).read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    return status.rsplit(")", 1)[1].split()[0] != "Z"


def main():
    netns.main(verbosity=2)
