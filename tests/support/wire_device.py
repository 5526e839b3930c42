# SPDX-License-Identifier: GPL-3.0-or-later
"""A paired device made of bytes: speaks the conversation of lib/sync/message.h to a real hearthd.

    phone = wire_device.WireDevice()
    phone.pair(port, daemon.post("pairing")["code"])
    phone.sync(port)
    phone.files  # {path: bytes}

It holds its files in memory, cannot apply recipes (it refuses them as MISMATCH, so that the file comes
whole), and can be told to misbehave.
"""

import hashlib
import http.client
import os
import shutil
import socket
import ssl
import struct
import subprocess
import tempfile

PUT, RETAG, MOVE, REMOVE, PLAYLIST, ART = range(6)
OK, GONE, CHANGED, NO_SPACE, MISMATCH, BAD_PATH, FAILED = range(7)
SEND_MANIFEST, SEND_LAYOUTS, NEW_EPOCH, WIPE = 1, 2, 4, 8
HAS_VOLUME = 4
ZEROS = bytes(32)


class Reader:
    def __init__(self, data):
        self.data = data
        self.at = 0

    def take(self, n):
        assert self.at + n <= len(self.data), "a short message"
        self.at += n
        return self.data[self.at - n:self.at]

    def number(self, form):
        return struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))[0]

    def text(self):
        n = self.number("I")
        return None if n == 0xffffffff else self.take(n).decode()

    def digest(self):
        return self.take(32) if self.number("B") else ZEROS

    def blob(self):
        return self.take(self.number("I")) if self.number("B") else None


def _crc32c_row(value):
    for _ in range(8):
        value = value >> 1 ^ (0x82f63b78 if value & 1 else 0)
    return value


_CRC32C = [_crc32c_row(value) for value in range(256)]


def crc32c(data):
    crc = 0xffffffff
    for byte in data:
        crc = crc >> 8 ^ _CRC32C[(crc ^ byte) & 255]
    return crc ^ 0xffffffff


def write_digest(value):
    return b"\1" + value if value != ZEROS else b"\0"


def write_text(value):
    data = value.encode()
    return struct.pack("<I", len(data)) + data


def seal(fields):
    return b"\0" + fields


def unseal(body):
    if body[0] == 0:
        return body[1:]
    return subprocess.run(["zstd", "-dcq"], input=body[1:], stdout=subprocess.PIPE, check=True).stdout


def digest_of_set(files):
    """The sum of SHA-256(item, path, hash) over @files, as lib/sync/set-digest.c has it."""
    total = 0
    for item, (path, data) in files.items():
        fields = struct.pack("<Q", item) + write_text(path) + hashlib.sha256(data).digest()
        total += int.from_bytes(hashlib.sha256(fields).digest(), "little")
    return (total % (1 << 256)).to_bytes(32, "little")


class WireDevice:
    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="hearth-test-")
        self.held = {}  # item → (path, bytes)
        self.epoch = os.urandom(16)
        self.home_epoch = bytes(16)
        self.sequence = 0
        self.results = []
        self.absent = []
        self.operations = []  # (kind, path, bytes on the wire of its recipe) as they came
        self.refuses_recipes = True
        self.key = os.path.join(self.dir, "key.pem")
        self.certificate = os.path.join(self.dir, "certificate.pem")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", self.key, "-out",
                        self.certificate, "-days", "3650", "-subj", "/CN=device"],
                       check=True, capture_output=True)

    def __enter__(self):
        return self

    def __exit__(self, *_ignored):
        shutil.rmtree(self.dir, ignore_errors=True)

    @property
    def files(self):
        return {path: data for path, data in self.held.values()}

    # ---- Requests ----

    def connect(self, port, address="127.0.0.1"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.load_cert_chain(self.certificate, self.key)
        plain = socket.create_connection((address, port), timeout=30)
        return context.wrap_socket(plain)

    def request(self, port, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.sock = self.connect(port)
        try:
            connection.request(method, path, body=body)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def pair(self, port, code, name="phone"):
        secret = code.split(":")[3]
        body = '{"secret": "%s", "name": "%s"}' % (secret, name)
        status, text = self.request(port, "POST", "/pair", body.encode())
        assert status == 200, text

    def request_fields(self):
        fields = struct.pack("<H", 1) + self.epoch + self.home_epoch
        fields += struct.pack("<QQ", self.sequence, len(self.held))
        fields += write_digest(digest_of_set(self.held))
        fields += struct.pack("<QQQ", 1 << 40, 0, 0)
        fields += struct.pack("<III", HAS_VOLUME, 0, 256)
        fields += struct.pack("<I", len(self.results))
        for sequence, status, value in self.results:
            fields += struct.pack("<QB", sequence, status) + write_digest(value)
            fields += b"\xff\xff\xff\xff"
        fields += struct.pack("<I", len(self.absent))
        fields += b"".join(struct.pack("<Q", item) for item in self.absent)
        return fields + struct.pack("<I", 0)

    def ask(self, port):
        """One POST /sync. Returns the answer's fields as a dictionary; None for 204."""
        status, body = self.request(port, "POST", "/sync", seal(self.request_fields()))
        if status == 204:
            return None
        assert status == 200, (status, body)
        reader = Reader(unseal(body))
        assert reader.number("H") == 1
        answer = {"home_epoch": reader.take(16)}
        for name in ("confirmed", "confirmed_play", "confirmed_absent", "rest_operations",
                     "rest_files", "rest_bytes", "plays_until"):
            answer[name] = reader.number("Q")
        answer["demands"] = reader.number("I")
        answer["layout_items"] = [reader.number("Q") for _ in range(reader.number("I"))]
        answer["operations"] = [self.read_operation(reader) for _ in range(reader.number("I"))]
        return answer

    @staticmethod
    def read_operation(reader):
        operation = {"sequence": reader.number("Q"), "kind": reader.number("B"),
                     "item": reader.number("Q"), "path": reader.text()}
        operation["old"] = reader.digest()
        operation["new"] = reader.digest()
        operation["size"] = reader.number("Q")
        operation["revision"] = reader.number("Q")
        operation["recipe"] = reader.blob()
        operation["content"] = reader.blob()
        return operation

    # ---- Data ----

    def data_request(self, parts):
        fields = self.epoch + struct.pack("<I", len(parts))
        for sequence, item, revision, offset, length in parts:
            fields += struct.pack("<QQQBQQ", sequence, item, revision, 0, offset, length) + b"\0"
        return seal(fields)

    def fetch(self, port, operation):
        """Returns (status, bytes)."""
        body = self.data_request([(operation["sequence"], operation["item"], operation["revision"],
                                   0, 0)])
        status, stream = self.request(port, "POST", "/sync/data", body)
        assert status == 200, (status, stream)
        reader = Reader(stream)
        data = b""
        while True:
            n = reader.number("I")
            if n == 0:
                break
            data += reader.take(n)
        status = reader.number("B")
        assert reader.number("I") == crc32c(data)
        return status, data

    # ---- Obeying ----

    def apply(self, port, operation):
        kind, item, path = operation["kind"], operation["item"], operation["path"]
        self.operations.append((kind, path, len(operation["recipe"] or b"")))
        held = self.held.get(item)
        if operation["old"] != (hashlib.sha256(held[1]).digest() if held else ZEROS):
            return MISMATCH, ZEROS
        if kind == REMOVE:
            del self.held[item]
            return OK, ZEROS
        if kind == MOVE:
            self.held[item] = (path, held[1])
            return OK, hashlib.sha256(held[1]).digest()
        if kind == RETAG and self.refuses_recipes:
            return MISMATCH, ZEROS
        data = operation["content"]
        if data is None:
            status, data = self.fetch(port, operation)
            if status != OK:
                return status, ZEROS
        value = hashlib.sha256(data).digest()
        if operation["new"] not in (ZEROS, value):
            return MISMATCH, ZEROS
        self.held[item] = (path, data)
        return OK, value

    def send_manifest(self, port):
        fields = self.epoch + struct.pack("<IBI", 0, 1, len(self.held))
        for item in sorted(self.held):
            path, data = self.held[item]
            fields += struct.pack("<Q", item) + write_text(path)
            fields += write_digest(hashlib.sha256(data).digest()) + struct.pack("<Q", len(data))
        status, body = self.request(port, "POST", "/sync/manifest", seal(fields))
        assert status == 204, (status, body)

    def obey(self, port, answer):
        self.home_epoch = answer["home_epoch"]
        self.results = [each for each in self.results if each[0] > answer["confirmed"]]
        del self.absent[:answer["confirmed_absent"]]
        if answer["demands"] & NEW_EPOCH:
            self.epoch = os.urandom(16)
        if answer["demands"] & SEND_MANIFEST:
            self.send_manifest(port)
        for operation in answer["operations"]:
            status, value = self.apply(port, operation)
            self.results.append((operation["sequence"], status, value))
            self.sequence = operation["sequence"]

    def sync(self, port, limit=40):
        """Asks and obeys until there is nothing to do. Returns the number of exchanges."""
        for n in range(1, limit + 1):
            answer = self.ask(port)
            if answer is None:
                return n
            self.obey(port, answer)
        raise AssertionError("it never ends: %r" % self.operations[-10:])
