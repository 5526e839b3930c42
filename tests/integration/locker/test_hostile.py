# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests of a locker that mean no good: each costs itself, and a household beside them is served.

LOCKER_SILENT says how many silent connections there are at a time (2000 unless it does).
"""

import os
import random
import resource
import socket
import struct
import threading
import time
import unittest

from locker_test_case import LockerTest, locker

N_SILENT = int(os.environ.get("LOCKER_SILENT", "2000"))
NOBODY = "a" * 26 + "." + locker.NAME


def records(message, n_bytes):
    return b"".join(b"\x16\x03\x01" + struct.pack(">H", len(message[i:i + n_bytes])) +
                    message[i:i + n_bytes] for i in range(0, len(message), n_bytes))


class HostileTest(LockerTest):

    def assert_serves(self, home, route):
        device, server = self.session(home, route)
        device.sendall(b"x")
        self.assertEqual(locker.read_exactly(server, 1), b"x")
        device.close()
        server.close()

    def test_a_hello_cut_at_every_byte_is_refused_when_it_ends(self):
        hello = locker.client_hello(NOBODY)
        for n in range(1, len(hello)):
            with self.relay.connect() as sock:
                sock.sendall(hello[:n])
                sock.shutdown(socket.SHUT_WR)
                self.assertEqual(locker.read_all(sock), locker.alert(locker.DECODE_ERROR), n)
        self.assertEqual(self.relay.ask(hello), locker.alert(locker.UNRECOGNIZED_NAME))

    def test_a_hello_of_one_byte_a_segment_is_understood(self):
        home = self.home()
        hello = locker.client_hello(f"{home.route()}.{locker.NAME}")
        parked = home.park()
        with self.relay.connect() as device:
            for i in range(len(hello)):
                device.sendall(hello[i:i + 1])
                if i % 64 == 0:
                    time.sleep(0.01)
            locker.read_join(parked)
            self.assertEqual(locker.read_exactly(parked, len(hello)), hello)
        parked.close()

    def test_long_hellos_are_refused(self):
        body = locker.client_hello(NOBODY)[5:]
        longer = body[:1] + (60000).to_bytes(3, "big") + body[4:] + bytes(60004 - len(body))
        refused = locker.alert(locker.DECODE_ERROR)
        self.assertEqual(self.relay.ask(records(longer, 16384)), refused)
        self.assertEqual(self.relay.ask(records(longer, 1)), refused)
        self.assertEqual(self.relay.ask(records(body, 1)), locker.alert(locker.UNRECOGNIZED_NAME))

    def test_names_of_nobody_are_refused_alike(self):
        refused = locker.alert(locker.UNRECOGNIZED_NAME)
        route = self.home().route()
        for name in (NOBODY, "x." + locker.NAME, route + ".other.test", route, "example",
                     f"{route[:-1]}.{locker.NAME}", f"x.{route}.{locker.NAME}",
                     f"{route}.{locker.NAME}.x"):
            self.assertEqual(self.relay.ask(locker.client_hello(name)), refused, name)
        self.assertEqual(self.relay.ask(locker.client_hello(None)), refused)

    def test_routes_lead_to_their_own_household_alone(self):
        one, two = self.home(), self.home()
        route = one.route()
        parked_one, parked_two = one.park(), two.park()
        with self.relay.connect() as device:
            device.sendall(locker.client_hello(f"{route}.{locker.NAME}"))
            locker.read_join(parked_one)
            parked_two.sendall(b"p")
            self.assertEqual(locker.read_exactly(parked_two, 1), b"q")
        parked_one.close()
        parked_two.close()

    def test_forged_and_replayed_tickets_are_refused(self):
        home = self.home()
        ticket = home.tickets()[0]
        parked = home.park(ticket)
        for forged in (ticket, ticket.upper(), locker.new_route()):
            self.assertEqual(self.relay.ask(f"PARK {forged}\n".encode()), b"E")
        for line in (b"PARK \n" + bytes(30), b"PARKED " + bytes(30), b"P" * 4096,
                     b"PARK " + bytes(26) + b"\n", b"PARK " + b"a" * 27 + b"\n"):
            self.assertEqual(self.relay.ask(line), b"")
        parked.sendall(b"p")
        self.assertEqual(locker.read_exactly(parked, 1), b"q")
        parked.close()

    def test_parked_connections_that_talk_are_closed(self):
        home = self.home()
        for words in (b"hello", b"p" * 1000, b"J" + bytes(16)):
            parked = home.park()
            parked.sendall(words)
            self.assertLess(len(locker.read_all(parked)), 100)
            parked.close()
        self.assertEqual(home.call("GET", "/v1/status")["parked"], 0)

    def test_parked_connections_and_tickets_are_bounded(self):
        home = self.home()
        tickets = [ticket for _ in range(4) for ticket in home.tickets(16)]
        self.assertEqual(self.assert_refused(429, home.tickets).headers["Retry-After"], "60")
        parked = [home.park(ticket) for ticket in tickets]
        with self.assertRaises(locker.Refused) as caught:
            home.park()
        self.assertEqual(caught.exception.status, b"E")
        for sock in parked:
            sock.close()
        locker.wait_for(lambda: home.call("GET", "/v1/status")["parked"] == 0)

    def test_noise_is_closed(self):
        random.seed(4711)
        for _ in range(300):
            noise = random.randbytes(random.randrange(1, 600))
            with self.relay.connect() as sock:
                try:
                    sock.sendall(noise)
                    sock.shutdown(socket.SHUT_WR)
                except OSError:
                    pass  # it was closed already
                self.assertLessEqual(len(locker.read_all(sock)), 7)

    def test_a_slow_reader_holds_up_nobody_and_no_memory(self):
        home = self.home()
        route = home.route()
        before = self.memory()
        slow = [self.session(home, route) for _ in range(10)]
        for _, server in slow:
            threading.Thread(target=self.pour, args=(server,), daemon=True).start()
        time.sleep(1)
        self.assert_serves(home, route)
        self.assertLess(self.memory() - before, 20 << 20)  # the sanitizers' share is most of it
        for end in (end for pair in slow for end in pair):
            end.close()

    @staticmethod
    def pour(end):
        try:
            for _ in range(1000):
                end.sendall(bytes(65536))
        except OSError:
            pass

    def memory(self):
        with open(f"/proc/{self.relay.process.pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * resource.getpagesize()

    def test_silent_connections_are_closed_in_time_and_harm_nobody(self):
        resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
        home = self.home()
        route = home.route()
        before = self.memory()
        # An address may have 256 of them: so they come from many.
        silent = [self.relay.connect(f"127.0.{i // 200}.{i % 200 + 2}") for i in range(N_SILENT)]
        begun = time.monotonic()
        self.assert_serves(home, route)
        self.assertLess(time.monotonic() - begun, 2)
        self.assertLess((self.memory() - before) / N_SILENT, 4096)
        for sock in silent:
            self.assertEqual(locker.read_all(sock, 10), b"")
            sock.close()
        self.assertLess(time.monotonic() - begun, 8)
        self.assert_serves(home, route)

    def test_one_address_may_not_have_many_silent_connections(self):
        silent = [self.relay.connect("127.0.9.9") for _ in range(300)]
        refused = 0
        time.sleep(0.5)
        for sock in silent:
            sock.settimeout(0)
            try:
                refused += sock.recv(1) == b""
            except BlockingIOError:
                pass
        self.assertGreaterEqual(refused, 300 - 256)
        home = self.home()  # from another address
        self.assert_serves(home, home.route())
        for sock in silent:
            sock.close()


if __name__ == "__main__":
    unittest.main()
