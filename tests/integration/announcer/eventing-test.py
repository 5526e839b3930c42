# SPDX-License-Identifier: GPL-3.0-or-later
"""GENA as a client on another host sees it: subscribing, the first event, changes, and refusals."""

import json
import os
import re
import signal
import sys
import threading
import time

import common
from common import netns

# A subscriber: accepts connections, prints each NOTIFY as a line, answers 200. With "stall" as second
# argument it accepts and reads nothing, with "close" it does not listen at all.
SUBSCRIBER = """
import json, socket, sys, time
port, manner = int(sys.argv[1]), sys.argv[2]
server = socket.socket()
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
server.bind(("0.0.0.0", port))
server.listen(32)
print("listening")
kept = []
while True:
    connection, peer = server.accept()
    if manner == "stall":
        kept.append(connection)
        continue
    connection.settimeout(5)
    data = b""
    while b"</e:propertyset>" not in data:
        more = connection.recv(65536)
        if not more:
            break
        data += more
    connection.sendall(b"HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n")
    connection.close()
    print(json.dumps([time.monotonic(), data.decode()]))
"""

# One request, as it stands, and the answer.
REQUEST = """
import socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=5)
s.settimeout(8)
s.sendall(sys.argv[3].encode())
data = b""
try:
    while b"\\r\\n\\r\\n" not in data:
        more = s.recv(65536)
        if not more:
            break
        data += more
except OSError:
    pass
print(data.decode())
"""


class Subscriber:
    """A program on @host that takes events."""

    def __init__(self, host, port=4004, manner="take"):
        self.events = []
        self.process = host.python(SUBSCRIBER, str(port), manner)
        assert self.process.stdout.readline() == "listening\n"
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            at, text = json.loads(line)
            variables = dict(re.findall(r"<([A-Za-z]+)>([^<]*)</\1>", text))
            head = common.fields(text.split("\r\n\r\n")[0])
            self.events.append((at, int(head["SEQ"]), head, variables))


class EventingTest(common.AnnouncerTest):
    def request(self, text, host=None):
        result = (host or self.tv).run([sys.executable, "-c", REQUEST, "192.0.2.1", "8200", text])
        status = re.match(r"HTTP/1.1 (\d+)", result.stdout)
        self.assertTrue(status, result.stdout)
        return int(status.group(1)), common.fields(result.stdout)

    def subscribe(self, path="/event/cd", host=None, method="SUBSCRIBE", **headers):
        """Subscribes with these headers; underscores are left out, None leaves a default out."""
        sent = {"HOST": "192.0.2.1:8200", "CALLBACK": "<http://192.0.2.2:4004/x>",
                "NT": "upnp:event", "TIMEOUT": "Second-300"}
        sent.update(headers)
        lines = ["%s: %s" % item for item in sent.items() if item[1] is not None]
        return self.request("%s %s HTTP/1.1\r\n%s\r\n\r\n" % (method, path, "\r\n".join(lines)), host)

    def begin(self):
        self.start()
        self.await_line("working")

    def test_the_first_event_has_every_variable_and_changes_follow(self):
        self.begin()
        subscriber = Subscriber(self.tv)
        status, head = self.subscribe()
        self.assertEqual(status, 200)
        self.assertRegex(head["SID"], "^uuid:")
        self.assertEqual(head["TIMEOUT"], "Second-300")
        events = subscriber.events
        netns.wait_for("the first event", lambda: len(events) >= 1)
        self.assertEqual(events[0][1], 0)
        self.assertEqual(events[0][2]["SID"], head["SID"])
        self.assertEqual(events[0][2]["NT"], "upnp:event")
        self.assertEqual(events[0][3],
                         {"SystemUpdateID": "7", "ContainerUpdateIDs": "", "TransferIDs": ""})

        self.tell("container 64 3")
        self.tell("system 8")
        netns.wait_for("the change", lambda: events[-1][3].get("SystemUpdateID") == "8")
        self.assertEqual([e[1] for e in events], list(range(len(events))))
        self.assertIn("64,3", {e[3].get("ContainerUpdateIDs") for e in events})

        # Many changes are few events, and the newest wins.
        before = len(events)
        began = time.monotonic()
        for i in range(100):
            self.tell("system %d" % (100 + i))
        netns.wait_for("the last", lambda: events[-1][3].get("SystemUpdateID") == "199")
        self.assertLessEqual(len(events) - before, 2 + 5 * (time.monotonic() - began))

        # A second client learns the present, not the beginning.
        other = Subscriber(self.tv, port=4005)
        self.assertEqual(self.subscribe(CALLBACK="<http://192.0.2.2:4005/>")[0], 200)
        netns.wait_for("its first event", lambda: other.events)
        self.assertEqual(other.events[0][1], 0)
        self.assertEqual(other.events[0][3]["SystemUpdateID"], "199")

    def test_values_are_escaped(self):
        self.begin()
        subscriber = Subscriber(self.tv)
        self.assertEqual(self.subscribe("/event/cm")[0], 200)
        netns.wait_for("the event", lambda: subscriber.events)
        self.assertEqual(subscriber.events[0][3]["SourceProtocolInfo"],
                         "http-get:*:audio/mpeg:*,http-get:*:image/jpeg:&lt;&amp;&gt;")

    def test_renewal_and_end(self):
        self.begin()
        subscriber = Subscriber(self.tv)
        sid = self.subscribe()[1]["SID"]
        netns.wait_for("the event", lambda: subscriber.events)
        status, head = self.subscribe(SID=sid, CALLBACK=None, NT=None, TIMEOUT="Second-99999")
        self.assertEqual((status, head["SID"], head["TIMEOUT"]), (200, sid, "Second-1800"))
        self.assertEqual(self.subscribe(SID=sid)[0], 400)
        thief = self.net.host("thief", "192.0.2.66/24")
        end = {"method": "UNSUBSCRIBE", "CALLBACK": None, "NT": None, "TIMEOUT": None}
        self.assertEqual(self.subscribe(host=thief, SID=sid, **end)[0], 412)
        self.assertEqual(self.subscribe(SID=sid, **end)[0], 200)
        self.assertEqual(self.subscribe(SID=sid, **end)[0], 412)
        self.tell("system 9")
        time.sleep(0.5)
        self.assertEqual(len(subscriber.events), 1)

    def test_foreign_callbacks_are_refused(self):
        self.begin()
        for callback in (None, "<http://192.0.2.3:4004/>", "<http://198.51.100.1/>", "<http://tv:4004/>",
                         "<http://127.0.0.1:8200/>", "<http://192.0.2.1:8200/>", "http://192.0.2.2/",
                         "<http://192.0.2.2:4004/><http://203.0.113.1/>", "<http://0xc0000202:4004/>",
                         "<http://192.0.2.2@203.0.113.1/>", "<ftp://192.0.2.2/>",
                         "<http://192.0.2.2/%s>" % ("a" * 600)):
            self.assertEqual(self.subscribe(CALLBACK=callback)[0], 412, callback)
        self.assertEqual(self.subscribe(NT="upnp:other")[0], 412)
        self.assertNotEqual(self.subscribe("/event/none")[0], 200)
        self.assertIn("is refused with 412", self.log_text())
        self.assertEqual(self.subscribe()[0], 200)

    def test_a_peer_has_sixteen_subscriptions(self):
        self.begin()
        Subscriber(self.tv)
        self.assertEqual([self.subscribe()[0] for _ in range(18)], [200] * 16 + [503] * 2)
        radio = self.net.host("radio", "192.0.2.3/24")
        self.assertEqual(self.subscribe(host=radio, CALLBACK="<http://192.0.2.3:4004/>")[0], 200)

    def test_a_stalled_subscriber_does_not_hold_up_the_others(self):
        self.begin()
        Subscriber(self.tv, port=4005, manner="stall")
        for _ in range(12):
            self.assertEqual(self.subscribe(CALLBACK="<http://192.0.2.2:4005/>")[0], 200)
        subscriber = Subscriber(self.tv)
        self.assertEqual(self.subscribe()[0], 200)
        netns.wait_for("the first event", lambda: subscriber.events, timeout=20)
        worst = 0
        for i in range(20):
            sent = time.monotonic()
            self.tell("system %d" % (1000 + i))
            netns.wait_for("event %d" % i, lambda n=i: subscriber.events[-1][3].get(
                "SystemUpdateID") == str(1000 + n), timeout=20)
            worst = max(worst, subscriber.events[-1][0] - sent)
            time.sleep(0.25)
        print("slowest event beside twelve stalled subscribers: %.2f s" % worst)
        self.assertLess(worst, 12) # once; then they are spared

    def test_a_subscriber_comes_back_after_the_announcer_died(self):
        self.begin()
        subscriber = Subscriber(self.tv)
        sid = self.subscribe()[1]["SID"]
        os.kill(self.children()[0], signal.SIGKILL)
        self.await_line("waiting|working")
        netns.wait_for("a new announcer", lambda: self.subscribe()[0] == 200)
        self.assertEqual(self.subscribe(SID=sid, CALLBACK=None, NT=None)[0], 412)
        netns.wait_for("its first event", lambda: len(
            [e for e in subscriber.events if e[1] == 0]) >= 2)


if __name__ == "__main__":
    common.main()
