# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may ask what on the device listener, as docs/api.md has it."""

import os
import re
import ssl
import sys
import unittest

sys.path.insert(0, os.path.join(os.environ["HEARTH_SOURCE"], "tests", "support"))
import device  # noqa: E402
import hearth  # noqa: E402

# What stands in for a body, so that it is not the body that is refused.
BODIES = {"/pair": {"secret": "aaaaaaa", "name": "x"}}


def documented_routes():
    with open(os.path.join(hearth.SOURCE, "docs", "api.md"), encoding="utf-8") as file:
        text = file.read()
    rows = re.findall(r"^\| (GET|POST|PUT|DELETE) \| (/\S+) \| ([a-z, ]+) \|", text, re.M)
    assert rows, "the table of docs/api.md was not found"
    return [(method, path, {role.strip() for role in roles.split(",")})
            for method, path, roles in rows]


class RolesTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.daemon = hearth.Daemon().start()
        cls.port = cls.daemon.get("pairing")["port"]
        cls.devices = {}
        for role in ("stranger", "handheld", "owner", "revoked", "wipe"):
            cls.devices[role] = device.Device()
            if role != "stranger":
                cls.devices[role].pair(device.offer(cls.daemon, name=role)["code"])
        cls.daemon.post("paired/owner", role="owner")
        cls.daemon.post("paired/revoked/revoke")
        cls.daemon.post("paired/wipe/wipe")

    @classmethod
    def tearDownClass(cls):
        for each in cls.devices.values():
            each.remove()
        cls.daemon.stop()
        cls.daemon.remove()

    def ask_for_events(self, role, path):
        """A stream has no end: its head alone, unless it is refused."""
        with self.devices[role].connect(self.port) as stream:
            stream.sendall(f"GET {path} HTTP/1.1\r\nHost: home\r\n\r\n".encode())
            head = stream.recv(65536).decode()
            status = int(head.split()[1])
            if status == 200:
                return status, {}
        return self.devices[role].request(self.port, "GET", path)

    def ask(self, role, method, path, body=None):
        if path.endswith("/events"):
            return self.ask_for_events(role, path)
        return self.devices[role].request(self.port, method, path, body)

    def test_each_row_is_for_whom_it_says(self):
        refusals = {"stranger": "not-paired", "handheld": "refused", "owner": "refused",
                    "revoked": "revoked", "wipe": "wipe"}
        for method, path, allowed in documented_routes():
            for role, code in refusals.items():
                # Somebody who was revoked is a stranger who is told so.
                may = role in allowed or (role in ("revoked", "wipe") and "stranger" in allowed)
                with self.subTest(method=method, path=path, role=role):
                    status, answer = self.ask(role, method, path, BODIES.get(path))
                    if may:
                        self.assertNotEqual(answer.get("error", {}).get("code"), code)
                    else:
                        self.assertEqual(status, 403, answer)
                        self.assertEqual(answer["error"]["code"], code)

    def test_an_owner_has_the_whole_api(self):
        status, answer = self.ask("owner", "GET", "/api/v1/status")
        self.assertEqual(status, 200)
        self.assertIn("scan", answer)
        status, _ = self.ask("owner", "POST", "/api/v1/scan", {})
        self.assertEqual(status, 200)

    def test_a_role_that_is_taken_away_is_gone_at_once(self):
        self.daemon.post("paired/handheld", role="owner")
        self.assertEqual(self.ask("handheld", "GET", "/api/v1/about")[0], 200)
        self.daemon.post("paired/handheld", role="handheld")
        self.assertEqual(self.ask("handheld", "GET", "/api/v1/about")[0], 403)

    def test_a_stranger_is_refused_before_its_body(self):
        stream = self.devices["stranger"].connect(self.port)
        stream.sendall(b"POST /api/v1/scan HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")
        self.assertIn(b" 403 ", stream.recv(100))
        stream.close()

    def test_a_large_body_is_refused_by_its_length(self):
        stream = self.devices["stranger"].connect(self.port)
        stream.sendall(b"POST /pair HTTP/1.1\r\nHost: x\r\nContent-Length: 5000\r\n\r\n")
        self.assertIn(b" 413 ", stream.recv(100))
        stream.close()

    def test_broken_bodies_cost_nothing(self):
        for body in (b"", b"{", b"[]", b"\xff\xfe", b"[" * 4000, b'{"secret":1}',
                     b'{"secret":{"a":{"b":1}}}', b'{"secret":"' + b"a" * 3000 + b'"}',
                     b'{"secret":"\\u0000aaaaaa"}'):
            with self.subTest(body=body[:20]):
                status, answer = self.ask("stranger", "POST", "/pair", body)
                self.assertIn(status, (400, 403), answer)
        self.assertEqual(self.daemon.get("about")["name"], "Test home")

    def test_without_a_certificate_there_is_no_answer(self):
        stranger = self.devices["stranger"]
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            stream = stranger.connect(self.port, context=stranger.context(with_certificate=False))
            stream.sendall(b"POST /pair HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
            if not stream.recv(100):  # in TLS 1.3 the refusal may come after the handshake
                raise ConnectionError

    def test_older_tls_is_refused(self):
        context = self.devices["stranger"].context()
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.devices["stranger"].connect(self.port, context=context)

    def test_dates_are_not_looked_at(self):
        """A certificate that ended long ago has the key that it has."""
        phone = self.devices["handheld"]
        with hearth.tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "old.pem")
            template = os.path.join(folder, "template")
            with open(template, "w", encoding="utf-8") as file:
                file.write('cn = "anything"\nactivation_date = "2001-01-01"\n'
                           'expiration_date = "2001-01-02"\n')
            if not hearth.shutil.which("certtool"):
                self.skipTest("needs certtool of gnutls-bin")
            hearth.subprocess.run(
                ["certtool", "-s", "--load-privkey", phone.state_dir + "/identity/key.pem",
                 "--template", template, "--outfile", path], check=True, capture_output=True)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            context.load_cert_chain(path, phone.state_dir + "/identity/key.pem")
            stream = phone.connect(self.port, context=context)
            stream.sendall(b"GET /api/v1/about HTTP/1.1\r\nHost: x\r\n\r\n")
            answer = stream.recv(4096)
            self.assertIn(b'"refused"', answer + stream.recv(4096))  # paired, and no owner
            stream.close()

    def test_the_other_listeners_know_nothing_of_pairing(self):
        for path in ("/pair", "/api/v1/paired", "/api/v1/pairing"):
            status, _, _ = self.daemon.lan("GET", path)
            self.assertEqual(status, 404)


if __name__ == "__main__":
    unittest.main()
