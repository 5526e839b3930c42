# SPDX-License-Identifier: GPL-3.0-or-later
"""Devices reach their home through its parked connections."""

import os
import socket
import ssl
import threading
import time
import unittest

from locker_test_case import LockerTest, locker


class RelayTest(LockerTest):

    def test_a_tls_session_goes_through(self):
        home = self.home()
        route = home.route()
        device, server = self.session(home, route)
        device.sendall(b"from the device")
        self.assertEqual(locker.read_exactly(server, 15), b"from the device")
        server.sendall(b"from the home")
        self.assertEqual(locker.read_exactly(device, 13), b"from the home")
        with open(home.certificate[0], encoding="ascii") as file:
            self.assertEqual(device.getpeercert(True), ssl.PEM_cert_to_DER_cert(file.read()))
        self.assertEqual(home.call("GET", "/v1/status")["sessions"], 1)

    def test_many_bytes_go_through_unchanged_both_ways(self):
        home = self.home()
        device, server = self.session(home, home.route())
        data = os.urandom(1 << 20) * 8
        writers = [threading.Thread(target=end.sendall, args=(data,)) for end in (device, server)]
        got = []
        readers = [threading.Thread(target=lambda end=end: got.append(
            locker.read_exactly(end, len(data), 60))) for end in (device, server)]
        for thread in writers + readers:
            thread.start()
        for thread in writers + readers:
            thread.join()
        self.assertTrue(got[0] == data and got[1] == data)

    def test_an_end_of_stream_is_passed_on_and_the_other_way_stays_open(self):
        home = self.home()
        parked = home.park()
        with self.relay.connect() as device:
            device.sendall(locker.client_hello(f"{home.route()}.{locker.NAME}"))
            locker.read_join(parked)
            device.shutdown(socket.SHUT_WR)
            hello = locker.read_all(parked)
            self.assertEqual(hello[0], 0x16)
            parked.sendall(b"\x16the rest")
            parked.shutdown(socket.SHUT_WR)
            self.assertEqual(locker.read_all(device), b"\x16the rest")
        parked.close()

    def test_pings_that_cross_the_joining_do_not_reach_the_device(self):
        home = self.home()
        parked = home.park()
        with self.relay.connect() as device:
            device.sendall(locker.client_hello(f"{home.route()}.{locker.NAME}"))
            locker.read_join(parked)
            for letters in (b"p", b"pq", b"p\x16pq"):
                parked.sendall(letters)
                time.sleep(0.05)
            self.assertEqual(locker.read_exactly(device, 3), b"\x16pq")
        parked.close()

    def test_a_device_waits_for_its_home(self):
        home = self.home()
        route = home.route()
        with self.relay.connect() as device:
            device.sendall(locker.client_hello(f"{route}.{locker.NAME}"))
            time.sleep(0.5)
            parked = self.relay.connect()
            parked.sendall(f"PARK {home.tickets()[0]}\n".encode())
            self.assertEqual(locker.read_join(parked), 0)
        parked.close()

    def test_a_home_that_is_away_is_told_within_six_seconds(self):
        route = self.home().route()
        begun = time.monotonic()
        answer = self.relay.ask(locker.client_hello(f"{route}.{locker.NAME}"))
        self.assertEqual(answer, locker.alert(locker.INTERNAL_ERROR))
        self.assertTrue(4.5 < time.monotonic() - begun < 7)

    def test_routes_are_replaced_and_the_sessions_of_the_old_end(self):
        home, other = self.home(), self.home()
        old, kept, new = locker.new_route(), locker.new_route(), locker.new_route()
        home.set_routes(old, kept)
        ending, _ = self.session(home, old)
        staying, server = self.session(home, kept)
        self.assert_refused(409, other.set_routes, new, kept)
        home.set_routes(kept, new)
        self.assertEqual(locker.read_all(ending), b"")
        staying.sendall(b"still here")
        self.assertEqual(locker.read_exactly(server, 10), b"still here")
        self.assertEqual(self.relay.ask(locker.client_hello(f"{old}.{locker.NAME}")),
                         locker.alert(locker.UNRECOGNIZED_NAME))
        other.set_routes(old)  # free again
        for bad in (["x"], [old.upper()], [old + "a"], [7], "x", [locker.new_route()] * 1001):
            self.assert_refused(400, home.call, "PUT", "/v1/routes", {"routes": bad})

    def test_routes_and_accounts_survive_a_restart(self):
        home = self.home()
        route = home.route()
        home.close_api()
        self.relay.kill()
        self.relay.start()
        device, server = self.session(home, route)
        device.sendall(b"x")
        self.assertEqual(locker.read_exactly(server, 1), b"x")


if __name__ == "__main__":
    unittest.main()
