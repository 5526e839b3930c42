# SPDX-License-Identifier: GPL-3.0-or-later
"""A real hearth-locker from the build folder on loopback, and what speaks with it: a home and a device that
follow docs/locker.md, written apart from hearth's own.

    with locker.Locker() as relay:
        home = locker.Home(relay)
        home.join()
        parked = home.park()
        device = relay.device(home.route())      # a TCP socket that has not said hello yet
"""

import base64
import functools
import hashlib
import http.client
import json
import os
import secrets
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import tempfile
import time

BUILD = os.environ.get("HEARTH_BUILD", os.path.join(os.getcwd(), "build"))
HEARTH_LOCKER = os.path.join(BUILD, "locker", "hearth-locker")
NAME = "locker.test"
SANITIZER_MARKS = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error:")

# Alerts: RFC 8446, section 6.
ACCESS_DENIED, DECODE_ERROR, INTERNAL_ERROR, UNRECOGNIZED_NAME = 49, 50, 80, 112


def alert(number):
    return bytes((21, 3, 3, 0, 2, 2, number))


def base32(data):
    return base64.b32encode(data).decode().rstrip("=").lower()


def new_route():
    return base32(secrets.token_bytes(16))


def make_certificate(folder, name):
    """A key and a self-signed certificate as hearth has them. Returns their paths."""
    key, certificate = (os.path.join(folder, name + end) for end in (".key", ".pem"))
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ed25519", "-nodes", "-keyout", key,
                    "-out", certificate, "-subj", "/CN=hearth", "-days", "1"], check=True,
                   capture_output=True)
    return certificate, key


def key_hash(der):
    """The SHA-256 of the public key in a certificate, as 32 bytes."""
    public = subprocess.run(["openssl", "x509", "-inform", "DER", "-pubkey", "-noout"], input=der,
                            check=True, capture_output=True).stdout
    body = b"".join(public.split(b"\n")[1:-2])
    return hashlib.sha256(base64.b64decode(body)).digest()


@functools.lru_cache
def client_hello(name):
    """What a real TLS client says first; @name None: without server_name."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    out = ssl.MemoryBIO()
    tls = context.wrap_bio(ssl.MemoryBIO(), out, server_hostname=name)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return out.read()


def read_all(sock, seconds=10):
    """Everything until the other side ends, or resets."""
    sock.settimeout(seconds)
    data = b""
    try:
        while part := sock.recv(65536):
            data += part
    except ConnectionError:
        pass
    return data


def read_exactly(sock, size, seconds=10):
    sock.settimeout(seconds)
    data = b""
    while len(data) < size:
        part = sock.recv(size - len(data))
        if not part:
            raise EOFError(f"{len(data)} bytes of {size}: {data!r}")
        data += part
    return data


class Locker:

    def __init__(self, *arguments, data=None, name=NAME, prefix=(), port=0, env=None,
                 address="127.0.0.1"):
        self.own = tempfile.mkdtemp(prefix="hearth-locker-test-")
        self.data = data or os.path.join(self.own, "data")
        self.name = name
        self.arguments = arguments
        self.prefix = list(prefix)
        self.port = port
        self.address = address
        self.env = dict(os.environ, G_DEBUG="fatal-warnings", **(env or {}))
        self.process = None
        self.log_path = os.path.join(self.own, "log")

    def start(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, HEARTH_LOCKER, "serve", "--data", self.data, "--listen",
                 f"{self.address}:{self.port}", "--name", self.name, "--json", *self.arguments],
                stdout=subprocess.PIPE, stderr=log, env=self.env, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError("the locker did not start:\n" + self.log())
        self.port = json.loads(line)["port"]
        return self

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(30)
        self.process.stdout.close()
        said = self.log()
        if code != 0 or any(mark in said for mark in SANITIZER_MARKS):
            raise AssertionError(f"the locker ended with {code}:\n{said}")

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, value, traceback):
        try:
            if self.process.poll() is None:
                self.stop()
            elif kind is None:
                raise AssertionError("the locker ended by itself:\n" + self.log())
        finally:
            shutil.rmtree(self.own, ignore_errors=True)

    def run(self, *words, check=True):
        return subprocess.run([*self.prefix, HEARTH_LOCKER, *words, "--data", self.data],
                              capture_output=True, text=True, check=check, env=self.env)

    def invite(self):
        return json.loads(self.run("invite", "--json").stdout)

    def status(self):
        return json.loads(self.run("status", "--json").stdout)

    def accounts(self):
        return json.loads(self.run("accounts", "list", "--json").stdout)

    def connect(self, source=None):
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=10,
                                        source_address=(source, 0) if source else None)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock

    def ask(self, data, seconds=10):
        """Sends @data on a new connection. Returns what comes back until the end."""
        with self.connect() as sock:
            sock.sendall(data)
            return read_all(sock, seconds)

    def device(self, route, sock=None, certificate=None):
        """TLS to a route, through to whoever answers there."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if certificate:
            context.load_cert_chain(*certificate)
        return context.wrap_socket(sock or self.connect(), server_hostname=f"{route}.{self.name}")


class Refused(Exception):
    def __init__(self, status, body, headers):
        super().__init__(f"{status} {body}")
        self.status, self.body, self.headers = status, body, headers


class Home:
    """A household's home, as the locker sees it."""

    def __init__(self, relay):
        self.relay = relay
        self.certificate = make_certificate(relay.own, "home-" + secrets.token_hex(4))
        self.api = None
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.context.check_hostname = False
        self.context.verify_mode = ssl.CERT_NONE
        self.context.minimum_version = ssl.TLSVersion.TLSv1_3
        self.context.load_cert_chain(*self.certificate)
        self.server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.server_context.load_cert_chain(*self.certificate)

    def open_api(self):
        sock = self.context.wrap_socket(self.relay.connect(), server_hostname=self.relay.name)
        api = http.client.HTTPConnection(self.relay.name)
        api.sock = sock
        api.auto_open = 0
        return api

    def call(self, method, path, body=None):
        if self.api is None:
            self.api = self.open_api()
        try:
            text = None if body is None else json.dumps(body) if not isinstance(body, str) else body
            self.api.request(method, path, text)
            answer = self.api.getresponse()
            data = answer.read()
            if answer.will_close:
                self.close_api()
        except (OSError, http.client.HTTPException):
            self.close_api()
            raise
        if answer.status >= 300:
            raise Refused(answer.status, json.loads(data), answer.headers)
        return json.loads(data) if data else None

    def close_api(self):
        if self.api is not None:
            self.api.close()
        self.api = None

    def join(self, invitation=None, name="A home"):
        invitation = invitation or self.relay.invite()
        return self.call("POST", "/v1/join", {"code": invitation["code"], "name": name})

    def control(self):
        """The control stream: yields (event, object)."""
        api = self.open_api()
        api.request("GET", "/v1/control")
        answer = api.getresponse()
        if answer.status != 200:
            raise Refused(answer.status, answer.read(), answer.headers)
        return Control(api, answer)

    def tickets(self, count=1):
        return self.call("POST", "/v1/tickets", {"count": count})["tickets"]

    def set_routes(self, *routes):
        return self.call("PUT", "/v1/routes", {"routes": list(routes)})

    def route(self):
        route = new_route()
        self.set_routes(route)
        return route

    def park(self, ticket=None):
        """A parked connection; it is parked for sure once a ping is answered."""
        sock = self.relay.connect()
        sock.sendall(f"PARK {ticket or self.tickets()[0]}\np".encode())
        answer = read_exactly(sock, 1)
        if answer != b"q":
            raise Refused(answer, None, None)
        return sock

    def accept(self, parked):
        """Waits until it is joined. Returns: (its rate in KiB/s, the device's TLS)."""
        rate = read_join(parked)
        return rate, self.server_context.wrap_socket(parked, server_side=True)


def read_join(parked):
    while (letter := read_exactly(parked, 1)) in (b"p", b"q"):
        pass
    version, flags, zero, rate, _ = struct.unpack("<BBHIQ", read_exactly(parked, 16))
    assert (letter, version, flags, zero) == (b"J", 1, 0, 0)
    return rate


class Control:
    def __init__(self, api, answer):
        self.api, self.answer = api, answer

    def next(self, seconds=10):
        self.api.sock.settimeout(seconds)
        fields = {}
        while True:
            line = self.answer.readline().decode()
            if not line:
                raise EOFError
            line = line.rstrip("\n")
            if not line and "event" in fields:
                return fields["event"], json.loads(fields["data"])
            if ": " in line and not line.startswith(":"):
                fields.__setitem__(*line.split(": ", 1))

    def close(self):
        self.answer.close()
        self.api.close()


def wait_for(what, seconds=10):
    end = time.monotonic() + seconds
    while not (found := what()):
        if time.monotonic() > end:
            raise AssertionError("it did not happen in time")
        time.sleep(0.02)
    return found
