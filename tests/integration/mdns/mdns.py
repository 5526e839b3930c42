# SPDX-License-Identifier: GPL-3.0-or-later
"""A small mDNS listener (RFC 6762): keeps every record that it hears, with the time."""

import socket
import struct
import threading
import time
from dataclasses import dataclass

from daemons import socket_in

GROUP = "224.0.0.251"
PORT = 5353
A, PTR, TXT, AAAA, SRV = 1, 12, 16, 28, 33


@dataclass
class Record:
    at: float
    sender: str
    name: str
    type: int
    ttl: int
    data: object

    @property
    def is_goodbye(self):
        return self.ttl == 0


def read_name(packet, at):
    labels = []
    end = None
    for _ in range(64):
        length = packet[at]
        if length & 0xC0:
            end = end if end is not None else at + 2
            at = struct.unpack_from(">H", packet, at)[0] & 0x3FFF
        elif length == 0:
            return ".".join(labels), end if end is not None else at + 1
        else:
            labels.append(packet[at + 1:at + 1 + length].decode())
            at += 1 + length
    raise ValueError("name without end")


def read_data(packet, kind, at, length):
    if kind == PTR:
        return read_name(packet, at)[0]
    if kind == SRV:
        return (struct.unpack_from(">H", packet, at + 4)[0], read_name(packet, at + 6)[0])
    if kind == A:
        return socket.inet_ntop(socket.AF_INET, packet[at:at + 4])
    if kind == AAAA:
        return socket.inet_ntop(socket.AF_INET6, packet[at:at + 16])
    if kind == TXT:
        texts = []
        end = at + length
        while at < end:
            texts.append(packet[at + 1:at + 1 + packet[at]].decode())
            at += 1 + packet[at]
        return texts
    return packet[at:at + length]


def read_records(packet, sender):
    """The records of a response; those of a query (probes) are not announcements."""
    _, flags, n_questions, n_answers, n_authority, n_more = struct.unpack_from(">6H", packet)
    if not flags & 0x8000:
        return []
    at = 12
    for _ in range(n_questions):
        at = read_name(packet, at)[1] + 4
    records = []
    for _ in range(n_answers + n_authority + n_more):
        name, at = read_name(packet, at)
        kind, _, ttl, length = struct.unpack_from(">HHIH", packet, at)
        at += 10
        records.append(Record(time.monotonic(), sender, name, kind, ttl,
                              read_data(packet, kind, at, length)))
        at += length
    return records


def query(name, kind=PTR):
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    return struct.pack(">6H", 0, 0, 1, 0, 0, 0) + labels + struct.pack(">BHH", 0, kind, 1)


class Listener:
    """Hears what is said on @address's network, and asks for what is wanted."""

    def __init__(self, host, address):
        self.records = []
        self.changed = threading.Condition()
        self.is_open = True

        def make():
            udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            udp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            udp.bind((GROUP, PORT))
            udp.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                           socket.inet_aton(GROUP) + socket.inet_aton(address))
            udp.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address))
            udp.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
            udp.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 0)
            udp.settimeout(0.2)
            return udp
        self.udp = socket_in(host, make)
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()

    def listen(self):
        while self.is_open:
            try:
                packet, sender = self.udp.recvfrom(9000)
            except TimeoutError:
                continue
            records = read_records(packet, sender[0])
            with self.changed:
                self.records += records
                self.changed.notify_all()

    def close(self):
        self.is_open = False
        self.thread.join()
        self.udp.close()

    def ask(self, name, kind=PTR):
        self.udp.sendto(query(name, kind), (GROUP, PORT))

    def wait(self, wanted, seconds, since=0.0, asking=None):
        """The first record after @since for which wanted(record) holds, or None."""
        deadline = time.monotonic() + seconds
        next_question = 0.0
        with self.changed:
            while True:
                for record in self.records:
                    if record.at >= since and wanted(record):
                        return record
                now = time.monotonic()
                if now >= deadline:
                    return None
                if asking is not None and now >= next_question:
                    self.ask(asking, PTR if asking.startswith("_") else A)
                    next_question = now + 0.25
                self.changed.wait(min(0.1, deadline - now))

    def heard(self, wanted, since=0.0):
        with self.changed:
            return [record for record in self.records if record.at >= since and wanted(record)]
