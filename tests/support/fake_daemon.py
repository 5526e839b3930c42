# SPDX-License-Identifier: GPL-3.0-or-later
"""A daemon that answers wrongly, in every manner that can be thought of; what is right in it comes from a real
hearthd behind it.

    with fake_daemon.FakeDaemon(path, real.socket_path) as fake:
        fake.behave("odd")
"""

import json
import os
import select
import socket
import threading
import zlib

ODD = [None, True, False, -1, 0, 2 ** 63 - 1, -2 ** 63, 1e308, -1e308, "", "x" * 5000, "<b>&\u202e\x00\n", [], {},
       [[[[]]]], {"error": {}}, "\U0001F525" * 300, 0.5, "hidden", 4096]
HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def answer_of(text, status="200 OK"):
    data = text.encode() if isinstance(text, str) else text
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data


def odd(value, seed, depth=0):
    """@value with another thing in the place of most of its members; which, says @seed."""
    if isinstance(value, dict) and (depth == 0 or seed % 3):
        return {name: odd(member, seed * 31 + number * 7 + depth, depth + 1)
                for number, (name, member) in enumerate(value.items())}
    if isinstance(value, list) and value and seed % 3:
        return [odd(member, seed + number, depth + 1) for number, member in enumerate(value)]
    return value if seed % 7 == 0 else ODD[seed % len(ODD)]


def grown(value, size):
    """@value with texts of @size and lists of many members."""
    if isinstance(value, dict):
        return {name: grown(member, size) for name, member in value.items()}
    if isinstance(value, list):
        return [grown(member, 200) for member in (value * 3000)[:3000]]
    if isinstance(value, str):
        return value + "wide " * (size // 5)
    return 2 ** 53 if isinstance(value, int) and not isinstance(value, bool) else value


class FakeDaemon:
    def __init__(self, path, real=None):
        self.path = path
        self.real = real
        self.manner = "true"
        self.seed = 0
        self.only = ""
        self.error = None
        self.listener = None
        self.open = set()
        self.lock = threading.Lock()

    def __enter__(self):
        self.listener = socket.socket(socket.AF_UNIX)
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.listener.bind(self.path)
        self.listener.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *exception):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.cut()

    def behave(self, manner, seed=0, cut=True, only=""):
        """From now on, and for what is under way when @cut; where the path has @only in it, else as it should."""
        self.seed = seed
        self.only = only
        self.manner = manner
        if cut:
            self.cut()

    def cut(self):
        with self.lock:
            for connection in self.open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=[connection], daemon=True).start()

    def serve(self, connection):
        with self.lock:
            self.open.add(connection)
        try:
            manner = getattr(self, "do_" + self.manner)
            if self.manner == "closed" and not self.only:
                return
            request = self.read_request(connection)
            if request:
                path = request.split(b" ", 2)[1].decode()
                (manner if self.only in path else self.do_true)(connection, request, path)
        except OSError:
            pass  # the panel has given up
        finally:
            with self.lock:
                self.open.discard(connection)
            connection.close()

    @staticmethod
    def read_request(connection):
        data = b""
        while b"\r\n\r\n" not in data:
            part = connection.recv(65536)
            if not part:
                return None
            data += part
        head, body = data.split(b"\r\n\r\n", 1)
        length = 0
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        while len(body) < length:
            body += connection.recv(65536)
        return head + b"\r\n\r\n" + body

    # ---- The real one ----

    def ask(self, request):
        real = socket.socket(socket.AF_UNIX)
        try:
            real.connect(self.real)
            real.sendall(request)
        except OSError:
            real.close()
            raise
        return real

    def real_answer(self, request):
        """All of it: head and body."""
        data = b""
        with self.ask(request.replace(b"HTTP/1.1\r\n", b"HTTP/1.1\r\nConnection: close\r\n", 1)) as real:
            while part := real.recv(65536):
                data += part
        return data

    def real_json(self, request):
        head, body = self.real_answer(request).split(b"\r\n\r\n", 1)
        return head, json.loads(body)

    def do_true(self, connection, request, path):
        with self.ask(request) as real:
            while True:
                ready, _, _ = select.select([real, connection], [], [])
                if connection in ready and not connection.recv(1):
                    return
                if real in ready:
                    part = real.recv(65536)
                    if not part:
                        return
                    connection.sendall(part)

    # ---- Manners ----

    def do_closed(self, connection, request, path):
        """At once."""

    def do_silent(self, connection, request, path):
        connection.recv(1)

    def do_drip(self, connection, request, path):
        for byte in answer_of('{"name": "slow"}'):
            connection.sendall(bytes([byte]))
            if select.select([connection], [], [], 1)[0]:
                return

    def do_garbage(self, connection, request, path):
        connection.sendall(os.urandom(5000))

    def do_html(self, connection, request, path):
        connection.sendall(answer_of("<!DOCTYPE html><title>502</title><h1>Bad Gateway</h1>",
                                     "200 OK" if len(path) % 2 else "502 Bad Gateway"))

    def do_truncated(self, connection, request, path):
        if path.endswith("/events"):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-st")
            return
        data = self.real_answer(request)
        connection.sendall(data[:len(data) // 2])

    def do_half(self, connection, request, path):
        """A whole answer by its length, and half a JSON object."""
        if path.endswith("/events"):
            connection.sendall((HEAD + "\r\n").encode() + b'event: scan\ndata: {"phase": "rea\n\n' * 3)
            connection.recv(1)
            return
        body = self.real_answer(request).split(b"\r\n\r\n", 1)[1]
        connection.sendall(answer_of(body[:len(body) // 2]))

    def send_events(self, connection, make):
        """Events whose data are what @make makes of real ones, ten a second."""
        connection.sendall((HEAD + "\r\n").encode())
        number = 0
        scan = self.real_json(b"GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n")[1]["scan"]
        while not select.select([connection], [], [], 0.1)[0]:
            number += 1
            for name in ("scan", "library", "device", "pairing", "locker", "plugin", "log", "what\x01"):
                data = json.dumps(make(scan, number))
                connection.sendall(f"event: {name}\ndata: {data}\n\n".encode())

    def do_odd(self, connection, request, path):
        if path.endswith("/events"):
            self.send_events(connection, lambda data, number: odd(data, self.seed + number))
            return
        if not path.startswith("/api/"):
            connection.sendall(answer_of(os.urandom(3000)))
            return
        _, body = self.real_json(request)
        connection.sendall(answer_of(json.dumps(odd(body, self.seed + zlib.crc32(path.encode()) % 1000))))

    def do_enormous(self, connection, request, path):
        if path.endswith("/events"):
            self.send_events(connection, lambda data, number: grown(data, 100_000))
            return
        if not path.startswith("/api/"):
            connection.sendall(answer_of(bytes(15_000_000)))
            return
        _, body = self.real_json(request)
        connection.sendall(answer_of(json.dumps(grown(body, 1_000_000))[:15_900_000]))

    def do_endless(self, connection, request, path):
        """A stream without a line end, answers without an end."""
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"10000\r\n" + b"x" * 65536 + b"\r\n")

    def do_flood(self, connection, request, path):
        """Events as fast as they go; all else is right."""
        if not path.endswith("/events"):
            self.do_true(connection, request, path)
            return
        connection.sendall((HEAD + "\r\n").encode())
        event = b'event: library\ndata: {"sequence": 1, "is_everything": true}\n\n'
        event += b'event: device\ndata: {"id": "x"}\n\nevent: scan\ndata: {"phase": "reading", "n_read": 1}\n\n'
        while True:
            connection.sendall(event * 200)

    def do_wait_for_it(self, connection, request, path):
        """Interim answers for ever."""
        while not select.select([connection], [], [], 0.01)[0]:
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 50)

    def do_heads(self, connection, request, path):
        while True:
            connection.sendall(b"HTTP/1.1 200 OK\r\nX-" + b"y" * 65536)

    def do_error(self, connection, request, path):
        """Every answer is self.error, the stream of events is right."""
        if path.endswith("/events") or path.endswith("/status") or request.startswith(b"GET /api/v1/locker "):
            self.do_true(connection, request, path)
            return
        status, code, message = self.error
        connection.sendall(answer_of(json.dumps({"error": {"code": code, "message": message}}), status))


MANNERS = sorted(name[3:] for name in vars(FakeDaemon) if name.startswith("do_") and name not in ("do_true", "do_error"))
