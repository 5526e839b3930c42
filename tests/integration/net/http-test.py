# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTTP server beside clients that mean harm or do nothing, each on a host of its own."""

import json
import os
import pathlib
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.environ["HEARTH_SOURCE"], "tests", "support"))
import netns  # noqa: E402

HOST = str(pathlib.Path(os.environ["HEARTH_BUILD"]) / "tests/integration/net/http-host")
PORT = "8200"

# Opens COUNT connections, sends each one what it is told, keeps them, and says how many were dropped.
HOLD = """
import resource, select, socket, sys, time
count, text = int(sys.argv[2]), sys.argv[3].encode().decode("unicode_escape").encode()
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
held = []
for i in range(count):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.settimeout(10)
    try:
        s.connect((sys.argv[1], 8200))
        s.sendall(text)
        held.append(s)
    except OSError:
        pass
print("holding", len(held))
sys.stdin.read()
"""

# Asks /hello again and again, on new connections; prints the slowest answer in milliseconds.
ASK = """
import socket, sys, time
worst = 0
for i in range(int(sys.argv[2])):
    start = time.monotonic()
    s = socket.create_connection((sys.argv[1], 8200), timeout=5)
    s.sendall(b"GET /hello HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n")
    answer = b""
    while True:
        part = s.recv(1000)
        if not part:
            break
        answer += part
    assert answer.endswith(b"hello"), answer
    worst = max(worst, time.monotonic() - start)
    s.close()
    time.sleep(0.01)
print(round(worst * 1000))
"""

COUNTERS = """
import urllib.request, sys
print(urllib.request.urlopen("http://%s:8200/counters" % sys.argv[1], timeout=5).read().decode())
"""


class HttpTest(unittest.TestCase):
    def setUp(self):
        if not netns.available():
            self.skipTest("network namespaces cannot be made here")
        self.network = netns.Network()
        self.network.__enter__()
        self.addCleanup(self.network.__exit__, None, None, None)
        self.home = self.network.host("home", "192.0.2.1/24", "2001:db8::1/64")
        self.bad = self.network.host("bad", "192.0.2.2/24")
        self.good = self.network.host("good", "192.0.2.3/24", "2001:db8::3/64")

    def serve(self, *arguments):
        directory = netns.temporary_directory()
        self.addCleanup(directory.cleanup)
        path = os.path.join(directory.name, "large")
        with open(path, "wb") as large:
            large.truncate(1 << 30)
        server = self.home.start([HOST, PORT, path, *arguments], stdout=subprocess.PIPE, text=True)
        self.assertEqual(server.stdout.readline(), "ready\n")
        return server

    def hold(self, count, text):
        holder = self.bad.python(HOLD, "192.0.2.1", str(count), text, stdin=subprocess.PIPE)
        self.assertRegex(holder.stdout.readline(), "holding")
        return holder

    def assert_served_within_100_ms(self):
        # What shuts others out does so every time; a busy machine is late now and then.
        tries = []
        while len(tries) < 4 and (not tries or min(tries) >= 100):
            tries.append(self.slowest_ms())
        self.assertLess(min(tries), 100, tries)

    def slowest_ms(self, count=50):
        result = self.good.run([sys.executable, "-c", ASK, "192.0.2.1", str(count)])
        self.assertEqual(result.returncode, 0, result.stdout)
        return int(result.stdout)

    def counters(self):
        result = self.home.run([sys.executable, "-c", COUNTERS, "127.0.0.1"])
        self.assertEqual(result.returncode, 0, result.stdout)
        return json.loads(result.stdout)

    def test_half_open_requests_harm_nobody_else(self):
        server = self.serve()
        self.hold(5000, "GET /hello HTTP/1.1\\r\\nHo")
        self.assert_served_within_100_ms()
        counters = self.counters()
        self.assertGreaterEqual(counters["refused_limit"], 5000 - 64 - 1)
        self.assertLessEqual(counters["connections"], 64 + 2)
        netns.wait_for("the deadline", lambda: self.counters()["timed_out"] >= 64, timeout=15)
        self.assertIsNone(server.poll())

    def test_stalled_readers_cost_no_thread(self):
        server = self.serve("2000")
        threads = self.counters()["threads"]
        self.hold(1000, "GET /file HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n")
        self.assert_served_within_100_ms()
        counters = self.counters()
        self.assertGreaterEqual(counters["connections"], 1000)
        self.assertEqual(counters["threads"], threads)
        self.assertIsNone(server.poll())

    def test_a_foreign_peer_is_dropped(self):
        self.serve()
        self.bad.add_address("198.51.100.2/24")
        self.bad.remove_address("192.0.2.2/24")
        self.bad.ip("route", "add", "192.0.2.1/32", "dev", "eth0")
        self.home.ip("route", "add", "198.51.100.2/32", "dev", "eth0")
        result = self.bad.run([sys.executable, "-c", ASK, "192.0.2.1", "1"])
        self.assertNotEqual(result.returncode, 0)
        self.assertEqual(self.counters()["refused_peer"], 1)
        self.assertLess(self.slowest_ms(1), 1000)

    def test_both_families_are_served(self):
        self.serve()
        result = self.good.run([sys.executable, "-c", ASK, "2001:db8::1", "1"])
        self.assertEqual(result.returncode, 0, result.stdout)

    def test_without_ipv6_ipv4_is_served(self):
        for name in ("all", "default"):
            self.home.run(["sysctl", "-q", "-w", "net.ipv6.conf.%s.disable_ipv6=1" % name])
        self.serve()
        self.assertLess(self.slowest_ms(1), 1000)


if __name__ == "__main__":
    netns.reexec()
    unittest.main()
