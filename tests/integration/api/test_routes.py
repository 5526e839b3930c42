# SPDX-License-Identifier: GPL-3.0-or-later
"""The API as docs/api.md describes it: every route in both roles, errors, limits."""

import json
import os
import re
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.environ["HEARTH_SOURCE"], "tests", "support"))
import hearth  # noqa: E402

# What stands for ":" and what the body is, so that every row can be asked for.
SAMPLES = {
    "config/:": "hearth.name", "devices/:": "nobody", "browse/:": "0", "item/:": "nothing",
    "item/:/play": "nothing", "item/:/position": "nothing", "item/:/rating": "nothing",
    "item/:/renditions": "nothing", "item/:/favourite": "nothing",
    "playlists/:": "nothing", "paired/:": "nothing", "paired/:/revoke": "nothing",
    "paired/:/wipe": "nothing", "pairing/:": "nothing", "paired/:/sync": "nothing",
    "paired/:/rule": "nothing", "paired/:/confirm": "nothing",
}
BODIES = {
    "roots/add": {"path": "/nowhere"}, "roots/remove": {"path": "/nowhere"},
    "roots/move": {"from": "/nowhere", "to": "/elsewhere"},
    "item/:/position": {"position_ms": 1}, "item/:/rating": {"rating": 1},
    "item/:/favourite": {"is_favourite": True},
    ("POST", "sessions"): {"player": "x", "item": "nothing", "state": "playing"},
    "playlists": {"title": "x", "items": []}, "playlists/:": {"title": "x", "items": []},
    ("PUT", "config/:"): {"value": "x"}, "paired/:/rule": {"rule": {}},
}


def documented_routes():
    path = os.path.join(hearth.SOURCE, "docs", "api.md")
    with open(path, encoding="utf-8") as file:
        rows = re.findall(r"^\| (GET|POST|PUT|DELETE) \| ([^/\s]\S*) \| (anyone|owner) \|",
                          file.read(), re.M)
    assert len(rows) > 25, "the table of docs/api.md was not found"
    return rows


class RoutesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.media = tempfile.TemporaryDirectory()
        cls.daemon = hearth.Daemon(media=[cls.media.name]).start()

    @classmethod
    def tearDownClass(cls):
        cls.daemon.stop()
        cls.daemon.remove()
        cls.media.cleanup()

    def url(self, path):
        return "/api/v1/" + path.replace(":", SAMPLES.get(path, ""))

    def test_every_documented_route_knows_its_owner(self):
        for method, path, _ in documented_routes():
            if path in ("events", "restart"):
                continue  # the one does not end, with the other all does: see tests/integration/cli
            body = BODIES.get((method, path), BODIES.get(path))
            with self.subTest(method=method, path=path):
                status, _, data = self.daemon.request(method, self.url(path), body)
                answer = data.decode(errors="replace")
                # The route is there: what it may not find is the thing that ":" names.
                self.assertNotIn("docs/api.md lists", answer)
                self.assertIn(status, (200, 400, 404, 409), answer)

    def test_the_network_gets_only_what_is_for_anyone(self):
        for method, path, role in documented_routes():
            body = BODIES.get((method, path), BODIES.get(path))
            data = json.dumps(body) if body is not None else None
            with self.subTest(method=method, path=path):
                status, _, answer = self.daemon.lan(method, self.url(path), data)
                if role == "anyone":
                    self.assertEqual(status, 200)
                else:
                    self.assertIn(status, (404, 405, 413))
                self.assertNotIn(self.media.name.encode(), answer)

    def test_about_tells_nothing_private(self):
        _, _, answer = self.daemon.lan("GET", "/api/v1/about")
        self.assertEqual(set(json.loads(answer)), {"name", "version", "counts"})
        _, _, page = self.daemon.lan("GET", "/")
        self.assertIn(b"Test home", page)
        self.assertNotIn(self.media.name.encode(), page)

    def test_an_unknown_field_is_refused(self):
        with self.assertRaises(hearth.ApiError) as caught:
            self.daemon.post("scan", full=False, fast=True)
        self.assertEqual(caught.exception.code, "invalid")

    def test_a_wrong_type_is_refused(self):
        for body in ({"full": "yes"}, {"full": 1}, {"full": [True]}):
            with self.subTest(body=body), self.assertRaises(hearth.ApiError) as caught:
                self.daemon.post("scan", **body)
            self.assertEqual(caught.exception.code, "invalid")

    def test_broken_bodies_cost_nothing(self):
        for body in (b"{", b"[]", b"nul", b"\xff\xfe", b"[" * 100000, b'{"full":' + b"{" * 50000):
            with self.subTest(body=body[:10]):
                status, _, data = self.daemon.request("POST", "/api/v1/scan", body)
                self.assertEqual(status, 400, data)
        # Refused by its announced length: nothing of the body has to be sent.
        connection = hearth.UnixConnection(self.daemon.socket_path)
        connection.putrequest("POST", "/api/v1/scan")
        connection.putheader("Content-Length", str(2 << 20))
        connection.endheaders()
        self.assertEqual(connection.getresponse().status, 413)
        connection.close()
        self.assertEqual(self.daemon.get("about")["name"], "Test home")

    def test_numbers_of_the_query_have_bounds(self):
        for query in ("count=1001", "count=-1", "start=x", "count=99999999999999999999"):
            with self.subTest(query=query), self.assertRaises(hearth.ApiError) as caught:
                self.daemon.get("browse/0?" + query)
            self.assertEqual(caught.exception.status, 400)

    def test_a_setting_is_kept_and_takes_effect(self):
        self.daemon.put("config/dlna.new-devices-wait", value="true")
        self.assertTrue(self.daemon.get("config/dlna.new-devices-wait")["value"])
        path = os.path.join(self.daemon.state_dir, "settings.conf")
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o600)
        self.daemon.delete("config/dlna.new-devices-wait")
        self.assertFalse(self.daemon.get("config/dlna.new-devices-wait")["value"])

    def test_a_wrong_setting_names_the_nearest(self):
        with self.assertRaises(hearth.ApiError) as caught:
            self.daemon.put("config/dlna.new-device-wait", value="true")
        self.assertIn("dlna.new-devices-wait", caught.exception.message)
        with self.assertRaises(hearth.ApiError) as caught:
            self.daemon.put("config/http.head-seconds", value="soon")
        self.assertIn("1 to 600", caught.exception.message)

    def test_what_the_command_line_says_is_not_overwritten(self):
        with self.assertRaises(hearth.ApiError) as caught:
            self.daemon.put("config/hearth.name", value="Other")
        self.assertEqual(caught.exception.code, "refused")

    def test_the_doctor_looks(self):
        answer = self.daemon.get("doctor")
        subjects = {finding["subject"] for finding in answer["findings"]}
        self.assertIn("Firewall", subjects)
        self.assertIn("Port 1900", subjects)
        for finding in answer["findings"]:
            if finding["result"] == "problem":
                self.assertTrue(finding.get("cause") or finding.get("mend"), finding)

    def test_a_finding_is_its_template_filled(self):
        findings = self.daemon.get("doctor")["findings"]
        for finding in findings:
            for name, template in finding["template"].items():
                filled = re.sub(r"\{(\w+)\}", lambda match: finding["values"][match[1]], template)
                self.assertEqual(filled, finding.get(name, ""))
        self.assertIn("Plugin {plugin}", {finding["template"]["subject"] for finding in findings})

    def test_events_begin_with_the_scan(self):
        connection = hearth.UnixConnection(self.daemon.socket_path)
        connection.request("GET", "/api/v1/events")
        answer = connection.getresponse()
        self.assertEqual(answer.getheader("Content-Type"), "text/event-stream")
        lines = [answer.readline().decode().strip() for _ in range(4)]
        connection.close()
        self.assertIn("event: scan", lines)

    def test_roots_come_and_go(self):
        with tempfile.TemporaryDirectory() as folder:
            paths = [r["path"] for r in self.daemon.post("roots/add", path=folder)["roots"]]
            self.assertIn(folder, paths)
            with self.assertRaises(hearth.ApiError):
                self.daemon.post("roots/add", path=folder)
            paths = [r["path"] for r in self.daemon.post("roots/remove", path=folder)["roots"]]
            self.assertNotIn(folder, paths)
        with self.assertRaises(hearth.ApiError):
            self.daemon.post("roots/add", path="/nowhere/at/all")


class StartTest(unittest.TestCase):
    def test_a_second_daemon_on_the_same_state_is_refused(self):
        with tempfile.TemporaryDirectory() as media, hearth.Daemon(media=[media]) as first:
            second = hearth.Daemon(media=[media], state_dir=first.state_dir)
            with self.assertRaises(AssertionError) as caught:
                second.start()
            self.assertIn("another hearthd runs", str(caught.exception))
            second.remove()

    def test_a_busy_port_is_replaced(self):
        with tempfile.TemporaryDirectory() as media, hearth.Daemon(media=[media]) as first, \
                hearth.Daemon(media=[media], port=first.port) as second:
            self.assertNotEqual(first.port, second.port)
            self.assertIn(f"port {first.port} is in use", second.log())

    def test_the_identity_survives_a_restart(self):
        with tempfile.TemporaryDirectory() as media, hearth.Daemon(media=[media]) as daemon:
            before = daemon.get("status")["uuid"]
            daemon.restart()
            self.assertEqual(daemon.get("status")["uuid"], before)

    def test_a_reload_reads_the_configuration_again(self):
        with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as two, \
                hearth.Daemon(config=f"[hearth]\nmedia = {one}\n") as daemon:
            with open(daemon.config_path, "w", encoding="utf-8") as file:
                file.write(f"[hearth]\nmedia = {one};{two}\nmedai = {two}\n")
            daemon.process.send_signal(1)
            status = daemon.wait_for(lambda s: len(s["roots"]) == 2, "the second folder")
            self.assertIn("did you mean media", status["warnings"][0])

    def test_nothing_to_share_is_said(self):
        with hearth.Daemon() as daemon:
            self.assertIn("nothing to share yet", daemon.log())
            self.assertEqual(daemon.get("status")["roots"], [])


if __name__ == "__main__":
    unittest.main()
