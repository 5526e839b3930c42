# SPDX-License-Identifier: GPL-3.0-or-later
"""libupnp's own port: closed to every other host at every instant, and what it cannot take is survived."""

import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import common
from common import netns

FENCE_LISTEN = str(common.BUILD / "tests/integration/announcer/fence-listen")

# Connects to every port given, from a burst of attempts, until killed; prints a line for each success.
KNOCK = """
import socket, sys, time
address, first, last = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
print("knocking")
while True:
    for port in range(first, last):
        s = socket.socket()
        s.setblocking(False)
        try:
            s.connect((address, port))
        except BlockingIOError:
            pass
        except OSError:
            s.close()
            continue
        time.sleep(0.001)
        if s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
            try:
                s.getpeername()
                print("connected to", port)
            except OSError:
                pass
        s.close()
"""

SEND = """
import socket, sys
try:
    s = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=1)
    s.sendall(sys.argv[3].encode().decode("unicode_escape").encode())
    s.settimeout(2)
    print("answer", len(s.recv(1000)))
except OSError as problem:
    print("refused", problem)
"""

CRASHES = [
    "UNSUBSCRIBE http://192.0.2.1:49152 HTTP/1.1\\r\\n\\r\\n",
    "UNSUBSCRIBE http://192.0.2.1:49152 HTTP/1.1\\r\\nHOST: 192.0.2.1\\r\\nSID: uuid:1\\r\\n\\r\\n",
    "SUBSCRIBE http://192.0.2.1:49152 HTTP/1.1\\r\\nHOST: x\\r\\nCALLBACK: <http://203.0.113.1/>\\r\\n"
    "NT: upnp:event\\r\\n\\r\\n",
    "POST http://192.0.2.1:49152 HTTP/1.1\\r\\nHOST: x\\r\\nSOAPACTION: \\\"a#b\\\"\\r\\n"
    "CONTENT-LENGTH: 0\\r\\n\\r\\n",
]


class FenceTest(common.AnnouncerTest):
    def ports(self, pid):
        """The TCP ports on which @pid listens, with their addresses."""
        result = self.home.run(["ss", "-Htlnp"])
        return re.findall(r"LISTEN\s+\d+\s+\d+\s+(\S+):(\d+).*pid=%d," % pid, result.stdout)

    def await_child(self, other_than=0):
        def ready():
            self.tell("sentence")
            line = self.process.stdout.readline()
            children = self.children()
            return line.startswith("working") and children and children[0] != other_than
        netns.wait_for("an announcer", ready)
        return self.children()[0]

    def test_sockets_are_where_they_should_be(self):
        self.start()
        child = self.await_child()
        listening = self.ports(child)
        self.assertTrue(listening)
        self.assertLessEqual({address for address, _ in listening}, {"127.0.0.1", "[::1]"})
        udp = self.home.run(["ss", "-Hulnp"]).stdout
        for line in udp.splitlines():
            if "pid=%d," % child in line:
                self.assertIn("%eth0:", line)

    def test_the_filter_alone_keeps_other_hosts_out(self):
        self.home.add_address("2001:db8::1/64")
        self.tv.add_address("2001:db8::2/64")
        listener = self.home.start([FENCE_LISTEN, "eth0", "192.0.2.1", "5000"],
                                   stdout=subprocess.PIPE, text=True)
        self.assertEqual(listener.stdout.readline(), "listening\n")

        def connects(host, address):
            answer = host.run([sys.executable, "-c", SEND, address, "5000", "x"])
            return "timed out" not in answer.stdout
        for address in ("127.0.0.1", "192.0.2.1", "::1"):
            self.assertTrue(connects(self.home, address), address)
        for address in ("192.0.2.1", "2001:db8::1"):
            self.assertFalse(connects(self.tv, address), address)

    def test_the_process_has_given_up_what_it_does_not_need(self):
        self.start()
        child = self.await_child()
        status = pathlib.Path("/proc/%d/status" % child).read_text(encoding="utf-8")
        self.assertIn("NoNewPrivs:\t1", status)
        limits = pathlib.Path("/proc/%d/limits" % child).read_text(encoding="utf-8")
        self.assertRegex(limits, r"Max open files\s+256\s+256")
        self.assertRegex(limits, r"Max core file size\s+0\s+0")

    def test_no_other_host_connects_through_twenty_restarts(self):
        self.start()
        child = self.await_child()
        # libupnp would take 49152 and up; behind the fence it listens on a port that the kernel chose.
        knockers = [self.tv.python(KNOCK, "192.0.2.1", str(first), str(first + 8))
                    for first in (49152,)]
        for knocker in knockers:
            self.assertEqual(knocker.stdout.readline(), "knocking\n")
        for _ in range(20):
            for _, port in self.ports(child):
                answer = self.tv.run([sys.executable, "-c", SEND, "192.0.2.1", port, "GET / HTTP/1.1"])
                self.assertIn("refused", answer.stdout)
            os.kill(child, signal.SIGKILL)
            # Its log says died, and back-off would soon wait for seconds: a new host begins anew.
            self.home.stop(self.process)
            self.start()
            child = self.await_child()
        for knocker in knockers:
            knocker.terminate()
            self.assertEqual(knocker.stdout.read(), "")

    def test_crash_requests_from_another_host_do_nothing(self):
        self.start()
        child = self.await_child()
        for request in CRASHES:
            for _, port in self.ports(child):
                answer = self.tv.run([sys.executable, "-c", SEND, "192.0.2.1", port, request])
                self.assertIn("refused", answer.stdout)
            # hearthd's own port is open, and passes none of these on.
            self.tv.run([sys.executable, "-c", SEND, "192.0.2.1", "8200",
                         request.replace("49152", "8200")])
        time.sleep(0.2)
        self.assertEqual(self.children(), [child])

    def test_crash_requests_from_this_host_cost_a_restart_at_most(self):
        self.start()
        child = self.await_child()
        crashed = time.monotonic()
        for request in CRASHES:
            for address, port in self.ports(child):
                self.home.run([sys.executable, "-c", SEND, address.strip("[]"), port, request])
        netns.wait_for("the announcer", lambda: self.search(self.tv, seconds=0.3), timeout=5)
        print("searches are answered again after %.1f s" % (time.monotonic() - crashed))
        self.assertEqual(self.home.stop(self.process), 0)


if __name__ == "__main__":
    common.main()
