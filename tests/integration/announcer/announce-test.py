# SPDX-License-Identifier: GPL-3.0-or-later
"""What other hosts see of the announcers: SSDP from real sockets in network namespaces."""

import os
import shutil
import signal
import time

import common
from common import HOST, Listener, PROGRAM, UDN, fields, is_running, netns


class AnnounceTest(common.AnnouncerTest):
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

    def test_a_machine_without_ipv6_announces(self):
        for name in ("all", "default", "lo", "eth0"):
            self.home.run(["sysctl", "-qw", "net.ipv6.conf.%s.disable_ipv6=1" % name])
        self.start()
        self.await_line("working")
        self.assertEqual(len(self.search(self.tv)), 1)

    def test_an_address_under_duplicate_detection_does_not_stop_it(self):
        self.home.ip("address", "add", "2001:db8::1/64", "dev", "eth0") # tentative for a second
        self.start()
        self.await_line("working")
        self.assertNotIn("ended with", self.log_text())

    def test_an_unprivileged_user_announces(self):
        # The build folder may lie where that user cannot go.
        programs = [shutil.copy(program, self.directory) for program in (HOST, PROGRAM)]
        self.start(["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"], programs)
        self.await_line("working")
        self.assertEqual(len(self.search(self.tv, to="192.0.2.1")), 1)
        self.assertNotIn("SO_BINDTODEVICE", self.log_text())

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
            if "NTS" in message[2]: # else it is a search
                last[message[2].get("USN")] = message[2]["NTS"]
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

    def test_ctrl_c_in_the_terminal_leaves_the_goodbye_to_hearthd(self):
        self.start()
        self.await_line("working")
        child = self.children()[0]
        for number in (signal.SIGINT, signal.SIGHUP):
            os.kill(child, number)
        self.assertEqual(len(self.search(self.tv)), 1)
        self.assertEqual(self.children(), [child])

    def test_the_announcers_end_with_their_parent(self):
        listener = Listener(self.tv)
        self.start()
        self.await_line("working")
        child = self.children()[0]
        killed = time.monotonic()
        self.process.kill()
        netns.wait_for("byebye", lambda: listener.of("ssdp:byebye", since=killed))
        netns.wait_for("the end", lambda: not is_running(child), timeout=5)


if __name__ == "__main__":
    common.main()
