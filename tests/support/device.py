# SPDX-License-Identifier: GPL-3.0-or-later
"""A device for tests: hearth-handheld itself, and raw requests with its key.

    phone = device.Device(host)          # or without a host, on this machine
    phone.pair(daemon.offer()["text"])
    phone.request(port, "GET", "/api/v1/about")
"""

import contextlib
import http.client
import json
import os
import shutil
import socket
import ssl
import subprocess
import tempfile

import hearth

HANDHELD = os.path.join(hearth.BUILD, "handheld", "hearth-handheld")


def offer(daemon, **fields):
    return daemon.post("pairing", **fields)


class Device:
    """One hearth-handheld with a state folder of its own, on @host of a Network or on this one."""

    def __init__(self, host=None):
        self.host = host
        self.own_dir = tempfile.mkdtemp(prefix="hearth-test-")
        self.state_dir = os.path.join(self.own_dir, "state")
        self.env = dict(os.environ, HOME=self.own_dir, G_DEBUG="fatal-warnings")
        # Makes its key; port 1 of this machine answers nobody.
        self.run("pair", "HEARTH:1:%s:%s:1:127.0.0.1" % ("A" * 52, "A" * 26), "--address",
                 "127.0.0.1:1")

    def remove(self):
        shutil.rmtree(self.own_dir, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_ignored):
        self.remove()

    def command(self, *words):
        line = [HANDHELD, *words, "--state-dir", self.state_dir]
        return line if self.host is None else self.host.command(line)

    def run(self, *words, timeout=60):
        done = subprocess.run(self.command(*words), capture_output=True, text=True,
                              timeout=timeout, check=False, env=self.env)
        for mark in hearth.SANITIZER_MARKS:
            assert mark not in done.stderr, done.stderr
        return done

    def pair(self, code, *words):
        done = self.run("pair", code, "--json", *words)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    # ---- Raw requests ----

    def context(self, with_certificate=True):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if with_certificate:
            context.load_cert_chain(os.path.join(self.state_dir, "identity/certificate.pem"),
                                    os.path.join(self.state_dir, "identity/key.pem"))
        return context

    def connect(self, port, address="127.0.0.1", context=None):
        """An open TLS socket."""
        where = contextlib.nullcontext() if self.host is None else self.host.inside()
        with where:
            plain = socket.create_connection((address, port), timeout=20)
        return (context or self.context()).wrap_socket(plain)

    def request(self, port, method, path, body=None, address="127.0.0.1", headers=None):
        """Returns (status, the answer's JSON or bytes)."""
        connection = http.client.HTTPConnection(address, port, timeout=20)
        connection.sock = self.connect(port, address)
        try:
            data = json.dumps(body).encode() if isinstance(body, dict) else body
            connection.request(method, path, body=data, headers=headers or {})
            answer = connection.getresponse()
            text = answer.read()
            try:
                return answer.status, json.loads(text)
            except ValueError:
                return answer.status, text
        finally:
            connection.close()

    def guess(self, port, letters, address="127.0.0.1"):
        return self.request(port, "POST", "/pair", {"secret": letters, "name": "guesser"}, address)
