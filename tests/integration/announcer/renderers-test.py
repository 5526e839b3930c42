# SPDX-License-Identifier: GPL-3.0-or-later
"""What an announcer hears of renderers, and what it makes of messages that were never meant well."""

import random
import threading
import time

import common
from common import netns

TYPE = "urn:schemas-upnp-org:device:MediaRenderer:1"
USN = f"uuid:22222222-2222-3333-4444-555555555555::{TYPE}"
NOTIFY = ("NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nCACHE-CONTROL: max-age=1800\r\n"
          "LOCATION: %s\r\nNT: %s\r\nNTS: ssdp:alive\r\nSERVER: a/1 UPnP/1.0 b/1\r\nUSN: %s\r\n\r\n")
ANSWER = ("HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=1800\r\nDATE: Sun, 06 Nov 1994 08:49:37 GMT\r\nEXT:\r\n"
          "LOCATION: %s\r\nSERVER: a/1 UPnP/1.0 b/1\r\nST: %s\r\nUSN: %s\r\n\r\n")

# Awaits a search, then sends the datagrams that are read from stdin, one a line, "PORT TEXT": 0 is the port
# that the search came from, other ports are the group's. \\r\\n and the like are as Python writes them.
SENDER = r"""
import ast, socket, struct, sys
group = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
group.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
group.bind(("239.255.255.250", 1900))
group.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                 struct.pack("4s4sI", socket.inet_aton("239.255.255.250"), b"\0" * 4,
                             socket.if_nametoindex("eth0")))
print("listening")
while True:
    data, peer = group.recvfrom(9000)
    if data.startswith(b"M-SEARCH") and b"MediaRenderer:1" in data:
        break
print("searched", *peer)
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0")
for line in sys.stdin:
    port, text = line.split(" ", 1)
    s.sendto(ast.literal_eval(text), peer if port == "0" else ("239.255.255.250", int(port)))
print("sent")
"""


def mutate(text, chance):
    """@text with something wrong in it."""
    data = bytearray(text.encode())
    kind = chance.randrange(6)
    at = chance.randrange(len(data))
    if kind == 0:
        return bytes(data[:at])
    if kind == 1:
        for _ in range(chance.randrange(1, 8)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        return bytes(data)
    if kind == 2:
        return bytes(data[:at] + bytes([chance.choice(b":\r\n \0%=;")]) * chance.randrange(1, 600) + data[at:])
    lines = text.split("\r\n")
    index = chance.randrange(1, len(lines) - 2)
    if kind == 3:
        del lines[index]
    elif kind == 4:
        name, _, value = lines[index].partition(":")
        lines[index] = name + ":" + chance.choice(("", " ", value * 40, " uuid:schemas:device", " uuid:schemas:device:x",
                                                   " urn:x:device:y:1", " ::::", " uuid:" + "9" * 1500, " -1",
                                                   " max-age=99999999999999999999", "\t\r\n folded"))
    else:
        lines.insert(index, chance.choice(lines[1:-2]))
    return "\r\n".join(lines).encode("utf-8")[:9000]


class RenderersTest(common.AnnouncerTest):
    def start_with(self, host):
        """Starts the announcer with a sender on @host, which hears its search."""
        sender = host.python(SENDER, stdin=common.subprocess.PIPE)
        self.assertEqual(sender.stdout.readline(), "listening\n")
        self.start()
        self.assertRegex(sender.stdout.readline(), r"^searched 192\.0\.2\.1 \d+$")
        self.seen = []
        threading.Thread(target=self.read, daemon=True).start()
        return sender

    def read(self):
        for line in self.process.stdout:
            if line.startswith("seen "):
                self.seen.append(line.split()[1:])

    def send(self, sender, port, datagram):
        sender.stdin.write("%d %r\n" % (port, datagram if isinstance(datagram, bytes) else datagram.encode()))
        sender.stdin.flush()

    def await_seen(self, *sighting):
        netns.wait_for(sighting, lambda: list(sighting) in self.seen)

    def test_answers_and_advertisements_are_told_once(self):
        sender = self.start_with(self.tv)
        for _ in range(3):
            self.send(sender, 0, ANSWER % ("http://192.0.2.2:1/answer", TYPE, USN))
            self.send(sender, 1900, NOTIFY % ("http://192.0.2.2:1/alive", TYPE, USN))
        self.await_seen("192.0.2.1", "192.0.2.2", "http://192.0.2.2:1/answer")
        self.await_seen("192.0.2.1", "192.0.2.2", "http://192.0.2.2:1/alive")
        other = "urn:schemas-upnp-org:device:MediaServer:1"
        self.send(sender, 1900, NOTIFY % ("http://192.0.2.2:1/server", other, USN.replace(TYPE, other)))
        self.send(sender, 1900, NOTIFY % ("http://192.0.2.2:1/" + "x" * 600, TYPE, USN))
        self.send(sender, 1900, NOTIFY % ("http://192.0.2.2:1/last", TYPE, USN))
        self.await_seen("192.0.2.1", "192.0.2.2", "http://192.0.2.2:1/last")
        self.assertEqual(len(self.seen), 3, self.seen)

    def test_the_announcer_fetches_nothing(self):
        tv = self.tv.python("import socket\ns = socket.create_server(('192.0.2.2', 7676))\nprint('up')\n"
                            "s.accept()\nprint('connected')")
        self.assertEqual(tv.stdout.readline(), "up\n")
        sender = self.start_with(self.tv)
        self.send(sender, 1900, NOTIFY % ("http://192.0.2.2:7676/d.xml", TYPE, USN))
        self.await_seen("192.0.2.1", "192.0.2.2", "http://192.0.2.2:7676/d.xml")
        time.sleep(0.5)
        tv.terminate()
        self.assertEqual(tv.stdout.read(), "")

    def test_a_flood_is_a_few_records(self):
        sender = self.start_with(self.tv)
        began = time.monotonic()
        for number in range(3000):
            self.send(sender, 1900, NOTIFY % ("http://192.0.2.2:1/%d" % number, TYPE, USN))
        sender.stdin.close()
        self.assertEqual(sender.stdout.readline(), "sent\n")
        self.assertTrue(self.search(self.tv), "searches are answered meanwhile")
        print("3,000 messages in %.1f s" % (time.monotonic() - began))
        self.assertLessEqual(len(self.seen), 8)

    def test_mutated_messages_end_nothing(self):
        sender = self.start_with(self.tv)
        child = self.children()[0]
        chance = random.Random(1800)
        for _ in range(4000):
            port, text = chance.choice(((0, ANSWER), (1900, NOTIFY)))
            self.send(sender, port, mutate(text % ("http://192.0.2.2:1/", TYPE, USN), chance))
            time.sleep(0.0005)
        sender.stdin.close()
        self.assertEqual(sender.stdout.readline(), "sent\n")
        self.assertTrue(self.search(self.tv))
        self.assertEqual(self.children(), [child], self.log_text())


if __name__ == "__main__":
    common.main()
