# SPDX-License-Identifier: GPL-3.0-or-later
"""The mDNS plugin on a real network: two hosts on a bridge, avahi-daemon or none."""

import hashlib
import hmac
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(__file__))
sys.path.insert(0, os.path.join(os.environ["HEARTH_SOURCE"], "tests/support"))
from daemons import Bus, Process, hold_port  # noqa: E402
from mdns import A, PTR, SRV, TXT, Listener  # noqa: E402
from netns import Network, available, reexec  # noqa: E402

HOST_PROGRAM = os.path.join(os.environ["HEARTH_BUILD"], "tests/integration/mdns/mdns-host")
UUID = "6b0a7f0e-5a5c-4f0c-9d0e-0123456789ab"
UUID2 = "11111111-5a5c-4f0c-9d0e-0123456789ab"
TYPE = "_hearth._tcp.local"
PORT = 8200
DEVICE_PORT = PORT + 1


def can_run():
    return available() and shutil.which("avahi-daemon") and shutil.which("dbus-daemon")


def pointer(record, name="Living room"):
    return (record.type == PTR and record.name == TYPE and not record.is_goodbye
            and record.data == f"{name}.{TYPE}")


def goodbye(record, name="Living room"):
    return (record.type == PTR and record.name == TYPE and record.is_goodbye
            and record.data == f"{name}.{TYPE}")


def served_by(record, prefix, name="Living room"):
    return (record.type == SRV and record.name == f"{name}.{TYPE}" and not record.is_goodbye
            and record.data[1].startswith(prefix))


@unittest.skipUnless(can_run(), "needs network namespaces, avahi-daemon and dbus-daemon")
class MdnsTest(unittest.TestCase):

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="hearth-mdns-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.net = self.enterContext(Network())
        self.home = self.net.host("home", "192.0.2.1/24")
        guest = self.net.host("guest", "192.0.2.9/24")
        self.bus = Bus(self.home, self.folder)
        self.addCleanup(self.bus.stop)
        self.ears = Listener(guest, "192.0.2.9")
        self.addCleanup(self.ears.close)

    def start_hearth(self, *interfaces, host=None, uuid=UUID, bus=None, state="state"):
        environment = (bus or self.bus).environment
        hearth = Process(host or self.home,
                         [HOST_PROGRAM, "Living room", uuid, str(PORT),
                          os.path.join(self.folder, state), *interfaces], environment)
        self.addCleanup(hearth.kill)
        return hearth

    def start_avahi(self, extra=""):
        avahi = self.bus.start_avahi("homebox", extra)
        self.addCleanup(avahi.kill)
        return avahi

    def expect(self, wanted, seconds, since=0.0, asking=TYPE, says=""):
        found = self.ears.wait(wanted, seconds, since, asking)
        self.assertIsNotNone(found, says or "not heard in time")
        return found

    def start_settled_hearth(self, **options):
        """One that surely defends its name: avahi-core does not answer within half a second of
        its last announcement, and a second hearth that probes just then takes the name away."""
        hearth = self.start_hearth(**options)
        self.expect(pointer, 3)
        time.sleep(2)
        return hearth

    def expect_line(self, process, start, seconds=5):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for _, line in list(process.lines):
                if line.startswith(start):
                    return line
            time.sleep(0.02)
        self.fail(f"no line '{start}' in:\n{process.text()}")

    def doctor(self, hearth):
        before = len(hearth.lines)
        hearth.say("doctor")
        deadline = time.monotonic() + 5
        while time.monotonic() < deadline:
            lines = [line for _, line in hearth.lines[before:]]
            if "done" in lines:
                return [line[len("finding "):].split("\t") for line in lines
                        if line.startswith("finding ")]
            time.sleep(0.02)
        self.fail("the doctor does not answer")

    def end_well(self, hearth):
        self.assertEqual(hearth.end_input(), 0, hearth.text())
        self.assertNotIn("ERROR: ", hearth.text())

    # ---- Through hearth itself ----

    def test_is_seen_within_two_seconds_without_avahi_daemon(self):
        started = time.monotonic()
        hearth = self.start_hearth()
        service = self.expect(lambda r: served_by(r, "hearth-"), 2)
        self.assertEqual(service.data[0], DEVICE_PORT)
        self.assertLess(service.at - started, 2)
        host = service.data[1]
        self.assertRegex(host, r"^hearth-[a-z2-7]{6}\.local$")
        address = self.expect(lambda r: r.type == A and r.name == host, 2, asking=host)
        self.assertEqual(address.data, "192.0.2.1")
        self.expect(lambda r: r.name == "_http._tcp.local" and r.type == PTR, 2,
                    asking="_http._tcp.local")
        self.expect_line(hearth, "status working published by hearth itself")
        self.assertEqual(self.doctor(hearth)[0][0], "ok")

        ended = time.monotonic()
        self.end_well(hearth)
        self.expect(goodbye, 1, ended, asking=None, says="no goodbye at the end")

    def test_txt_lets_the_key_holder_know_the_home_and_tells_no_identity(self):
        hearth = self.start_hearth()
        wanted = lambda r: r.type == TXT and r.name == f"Living room.{TYPE}"  # noqa: E731
        txt = self.expect(wanted, 3).data
        fields = dict(text.split("=", 1) for text in txt)
        self.assertEqual(sorted(fields), ["h", "n", "v"])
        with open(os.path.join(self.folder, "state")) as state:
            key = next(line.split("=")[1].strip() for line in state
                       if line.startswith("mdns.discovery-key"))
        proof = hmac.new(bytes.fromhex(key), bytes.fromhex(fields["n"]), hashlib.sha256)
        self.assertEqual(fields["h"], proof.digest()[:16].hex())
        self.assertNotIn(UUID.replace("-", ""), "".join(txt))
        self.end_well(hearth)

        since = time.monotonic()
        again = self.start_hearth()
        second = self.expect(wanted, 3, since).data
        self.assertNotEqual(txt, second, "the nonce must be new")
        with open(os.path.join(self.folder, "state")) as state:
            self.assertIn(key, state.read(), "the key must stay")
        self.end_well(again)

    def test_second_hearth_of_the_same_name_is_renamed(self):
        other = self.net.host("other", "192.0.2.2/24")
        first = self.start_settled_hearth()
        second = self.start_hearth(host=other, uuid=UUID2, state="state2")
        self.expect(lambda r: pointer(r, "Living room #2"), 5)
        self.expect_line(second, "status working published by hearth itself as “Living room #2”")
        self.assertIn("shown as “Living room #2”", self.doctor(second)[1][1])
        self.assertIn("“Living room”", self.expect_line(first, "status working published"))
        self.end_well(second)
        self.end_well(first)

    def test_second_hearth_of_the_same_uuid_gets_another_host_name(self):
        other = self.net.host("other", "192.0.2.2/24")
        first = self.start_settled_hearth()
        host = self.expect(lambda r: served_by(r, "hearth-"), 3).data[1]
        second = self.start_hearth(host=other, state="state2")
        label = host.split(".")[0]
        self.expect(lambda r: served_by(r, label + "-2", "Living room #2"), 8)
        self.end_well(second)
        self.end_well(first)

    def test_new_address_is_told(self):
        hearth = self.start_hearth()
        host = self.expect(lambda r: served_by(r, "hearth-"), 3).data[1]
        since = time.monotonic()
        self.home.ip("address", "delete", "192.0.2.1/24", "dev", "eth0")
        self.home.ip("address", "add", "192.0.2.77/24", "dev", "eth0")
        self.expect(lambda r: r.type == A and r.name == host and r.data == "192.0.2.77"
                    and not r.is_goodbye, 3, since, asking=None)
        self.end_well(hearth)

    def test_interface_that_appears_is_told(self):
        hearth = self.start_hearth()
        self.expect(pointer, 3)
        second = self.net.host("second", "198.51.100.9/24", segment="b")
        ears = Listener(second, "198.51.100.9")
        self.addCleanup(ears.close)
        since = time.monotonic()
        self.net.link(self.home, "198.51.100.1/24", segment="b")
        found = ears.wait(lambda r: r.sender == "198.51.100.1" and pointer(r), 3, since, TYPE)
        self.assertIsNotNone(found)
        self.end_well(hearth)

    def test_interface_down_and_up_is_told_again(self):
        hearth = self.start_hearth()
        self.expect(pointer, 3)
        self.home.ip("link", "set", "eth0", "down")
        time.sleep(0.5)
        since = time.monotonic()
        self.home.ip("link", "set", "eth0", "up")
        self.expect(pointer, 3, since, asking=None)
        self.end_well(hearth)

    def assert_docker_is_not_told(self):
        room = self.net.host("container", "203.0.113.9/24", segment="container")
        name = self.net.link(self.home, "203.0.113.1/24", segment="container")
        self.home.ip("link", "set", name, "down")
        self.home.ip("link", "set", name, "name", "docker0")
        self.home.ip("link", "set", "docker0", "up")
        ears = Listener(room, "203.0.113.9")
        self.addCleanup(ears.close)
        hearth = self.start_hearth()
        self.expect(pointer, 4)
        ears.wait(lambda r: False, 1.5, asking=TYPE)
        self.assertEqual(ears.heard(lambda r: "_hearth" in f"{r.name} {r.data}"), [])
        self.end_well(hearth)

    def test_interface_that_is_not_used_is_not_told(self):
        self.assert_docker_is_not_told()

    def test_interface_that_is_not_used_is_not_told_by_avahi_daemon(self):
        self.bus.start()
        self.start_avahi()
        self.assert_docker_is_not_told()

    def test_killed_and_started_again_keeps_its_name(self):
        for through_daemon in (False, True):
            with self.subTest(through_daemon=through_daemon):
                if through_daemon:
                    self.bus.start()
                    self.start_avahi()
                hearth = self.start_hearth()
                self.expect_line(hearth, "status working published by")
                hearth.kill()
                again = self.start_hearth()
                self.expect_line(again, "status working published by")
                self.assertNotIn("#2", again.text())
                self.end_well(again)

    def test_avahi_browse_on_another_host_resolves_it_within_two_seconds(self):
        viewer = self.net.host("viewer", "192.0.2.8/24")
        bus = Bus(viewer, tempfile.mkdtemp(dir=self.folder))
        self.addCleanup(bus.stop)
        bus.start()
        avahi = bus.start_avahi("viewer")
        self.addCleanup(avahi.kill)
        self.expect(lambda r: r.type == A and r.name == "viewer.local", 5, asking="viewer.local")
        browse = Process(viewer, ["avahi-browse", "-rp", "_hearth._tcp"], bus.environment)
        self.addCleanup(browse.kill)
        time.sleep(0.5)
        started = time.monotonic()
        hearth = self.start_hearth()
        line = self.expect_line(browse, "=;eth0;IPv4;Living\\032room;_hearth._tcp;local;hearth-")
        self.assertLess(time.monotonic() - started, 2)
        self.assertIn(f";192.0.2.1;{DEVICE_PORT};", line)
        self.assertIn('"v=1"', line)
        self.end_well(hearth)

    # ---- avahi-daemon ----

    def test_is_seen_within_two_seconds_through_avahi_daemon(self):
        self.bus.start()
        self.start_avahi()
        self.expect(lambda r: r.type == A and r.name == "homebox.local", 5,
                    asking="homebox.local")
        started = time.monotonic()
        hearth = self.start_hearth()
        service = self.expect(lambda r: served_by(r, "homebox.local"), 2, started)
        self.assertEqual(service.data[0], DEVICE_PORT)
        self.expect_line(hearth, "status working published by avahi-daemon as “Living room” on eth0")
        self.assertEqual(self.ears.heard(lambda r: "hearth-" in str(r.data)), [])
        ended = time.monotonic()
        self.end_well(hearth)
        self.expect(goodbye, 2, ended, asking=None)

    def test_goodbye_comes_before_avahi_daemon_speaks_for_us(self):
        self.bus.start()
        hearth = self.start_hearth()
        self.expect(lambda r: served_by(r, "hearth-"), 3)
        since = time.monotonic()
        self.start_avahi()
        last = self.expect(goodbye, 5, since)
        through_daemon = self.expect(lambda r: served_by(r, "homebox.local"), 4, since)
        self.assertLess(last.at, through_daemon.at)
        self.assertLess(through_daemon.at - last.at, 2.5)
        self.ears.wait(lambda r: False, 1, asking=TYPE)
        late = self.ears.heard(lambda r: served_by(r, "hearth-"), through_daemon.at)
        self.assertEqual(late, [], "two publishers at once")
        self.end_well(hearth)

    def test_takes_over_when_avahi_daemon_is_killed(self):
        self.bus.start()
        avahi = self.start_avahi()
        hearth = self.start_hearth()
        self.expect(lambda r: served_by(r, "homebox.local"), 5)
        since = time.monotonic()
        avahi.kill()
        self.expect(lambda r: served_by(r, "hearth-"), 3, since)
        self.end_well(hearth)

    def test_follows_a_restart_of_avahi_daemon(self):
        self.bus.start()
        avahi = self.start_avahi()
        hearth = self.start_hearth()
        self.expect(lambda r: served_by(r, "homebox.local"), 5)
        avahi.signal(signal.SIGTERM)
        avahi.process.wait(10)
        since = time.monotonic()
        self.start_avahi()
        self.expect(lambda r: served_by(r, "homebox.local"), 6, since)
        self.expect_line(hearth, "status working published by avahi-daemon")
        self.end_well(hearth)

    def test_follows_a_new_host_name_of_avahi_daemon(self):
        self.bus.start()
        self.start_avahi()
        hearth = self.start_hearth()
        self.expect(lambda r: served_by(r, "homebox.local"), 5)
        since = time.monotonic()
        rename = Process(self.home, ["avahi-set-host-name", "attic"], self.bus.environment)
        self.addCleanup(rename.kill)
        self.expect(lambda r: served_by(r, "attic.local"), 5, since)
        self.end_well(hearth)

    def test_bus_that_restarts_is_found_again(self):
        self.bus.start()
        self.start_avahi()
        hearth = self.start_hearth()
        self.expect(lambda r: served_by(r, "homebox.local"), 5)
        since = time.monotonic()
        self.bus.stop()  # avahi-daemon ends with its bus
        self.expect(lambda r: served_by(r, "hearth-"), 4, since)
        self.bus.start()
        since = time.monotonic()
        self.start_avahi()
        self.expect(lambda r: served_by(r, "homebox.local"), 10, since)
        self.end_well(hearth)

    def test_second_interface_through_avahi_daemon_leaves_the_first_alone(self):
        self.bus.start()
        self.start_avahi()
        hearth = self.start_hearth()
        self.expect(lambda r: served_by(r, "homebox.local"), 5)
        second = self.net.host("second", "198.51.100.9/24", segment="b")
        ears = Listener(second, "198.51.100.9")
        self.addCleanup(ears.close)
        since = time.monotonic()
        self.net.link(self.home, "198.51.100.1/24", segment="b")
        found = ears.wait(lambda r: r.sender == "198.51.100.1" and pointer(r), 4, since, TYPE)
        self.assertIsNotNone(found)
        self.assertEqual(self.ears.heard(goodbye, since), [])
        self.end_well(hearth)

    def test_collision_through_avahi_daemon_renames(self):
        other = self.net.host("other", "192.0.2.2/24")
        no_bus = Bus(other, tempfile.mkdtemp(dir=self.folder))
        first = self.start_settled_hearth(host=other, uuid=UUID2, bus=no_bus, state="state2")
        self.bus.start()
        self.start_avahi()
        second = self.start_hearth()
        self.expect(lambda r: served_by(r, "homebox.local", "Living room #2"), 6)
        self.expect_line(second, "status working published by avahi-daemon as “Living room #2”")
        self.end_well(second)
        self.end_well(first)

    # ---- Trouble ----

    def test_stopped_avahi_daemon_does_not_hold_us_up(self):
        self.bus.start()
        avahi = self.start_avahi()
        self.expect(lambda r: r.type == A and r.name == "homebox.local", 5,
                    asking="homebox.local")
        avahi.signal(signal.SIGSTOP)
        self.addCleanup(avahi.signal, signal.SIGCONT)
        started = time.monotonic()
        hearth = self.start_hearth()
        self.expect(lambda r: served_by(r, "hearth-"), 5, started)
        line = self.expect_line(hearth, "status working published by hearth itself")
        self.assertIn("is not ready", line)
        avahi.signal(signal.SIGCONT)
        self.expect(lambda r: served_by(r, "homebox.local"), 10, started)
        self.assertNotIn("stalled", hearth.text())
        self.end_well(hearth)

    def test_doctor_names_an_avahi_daemon_that_refuses(self):
        self.bus.start()
        self.start_avahi(extra="disable-user-service-publishing=yes")
        hearth = self.start_hearth()
        self.expect_line(hearth, "status trouble avahi-daemon runs and refuses")
        result, _, cause, mend = self.doctor(hearth)[0]
        self.assertEqual(result, "problem")
        self.assertIn("disable-user-service-publishing", cause)
        self.assertIn("avahi-daemon.conf", mend)
        self.end_well(hearth)

    def test_doctor_names_a_half_start_and_hearth_mends_it(self):
        held = hold_port(self.home, socket.AF_INET)
        hearth = self.start_hearth()
        self.expect_line(hearth, "status trouble hearth is told over IPv6 only")
        result, finding, cause, _ = self.doctor(hearth)[0]
        self.assertEqual(result, "problem")
        self.assertIn("IPv6 only", finding)
        self.assertIn(f"(process {os.getpid()})", cause)
        since = time.monotonic()
        held.close()
        self.expect(pointer, 6, since)
        self.expect_line(hearth, "status working published by hearth itself")
        self.end_well(hearth)

    def test_port_held_in_both_families_is_told_and_mended(self):
        held = [hold_port(self.home, family) for family in (socket.AF_INET, socket.AF_INET6)]
        hearth = self.start_hearth()
        self.expect_line(hearth, "status trouble hearth is not told by mDNS")
        self.assertIn("5353", self.doctor(hearth)[0][2])
        for one in held:
            one.close()
        self.expect(pointer, 8)
        self.end_well(hearth)

    def test_without_a_network_nothing_is_told_until_there_is_one(self):
        self.home.ip("link", "set", "eth0", "down")
        hearth = self.start_hearth()
        self.expect_line(hearth, "status trouble not published: no network interface is used")
        self.assertEqual(self.doctor(hearth)[0][0], "problem")
        since = time.monotonic()
        self.home.ip("link", "set", "eth0", "up")
        self.expect(pointer, 4, since)
        self.end_well(hearth)


if __name__ == "__main__":
    reexec()
    unittest.main()
