# SPDX-License-Identifier: GPL-3.0-or-later
"""From the start of a server to its first announcement, and to its first answer to a search."""
import select
import socket
import struct
import time

GROUP = ("239.255.255.250", 1900)
SEARCH = (b"M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\n"
          b"MX: 1\r\nST: urn:schemas-upnp-org:device:MediaServer:1\r\n\r\n")


def _listener(namespace):
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(GROUP)
    listener.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, struct.pack(
        "4s4s", socket.inet_aton(GROUP[0]), socket.inet_aton(namespace.here)))
    return listener


def _searcher(namespace):
    searcher = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    searcher.bind((namespace.here, 0))
    searcher.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(namespace.here))
    return searcher


def _first(server, namespace, seconds):
    """Seconds to the first ssdp:alive and to the first answer; None for what did not come. A search
    is sent every 20 ms, so that the answer is late by the server's part alone."""
    alive = answered = None
    next_search = 0.0
    with _listener(namespace) as listener, _searcher(namespace) as searcher:
        server.start()
        while time.monotonic() - server.started < seconds and None in (alive, answered):
            if answered is None and time.monotonic() >= next_search:
                searcher.sendto(SEARCH, GROUP)
                next_search = time.monotonic() + 0.02
            for ready in select.select([listener, searcher], [], [], 0.005)[0]:
                text = ready.recv(4096)
                now = time.monotonic() - server.started
                if ready is listener and b"ssdp:alive" in text:
                    alive = alive or now
                elif ready is searcher and text.startswith(b"HTTP/1.1 200"):
                    answered = answered or now
    return alive, answered


def start(bench):
    alive = bench.row("start", "start to the first ssdp:alive", "s", "0.1")
    answered = bench.row("start", "start to the first answer to a search (MX 1)", "s", "0.2")
    corpus = bench.corpus(bench.sizes[0])
    if bench.namespace is None:
        alive.notes.append("not measured: making a network namespace takes more rights")
        return
    for _ in range(bench.rounds):
        for name in ("hearth", "minidlna", "gerbera"):
            if name not in bench.peers:
                continue
            server = bench.server(name, [corpus.media], namespace=bench.namespace)
            try:
                seen, heard = _first(server, bench.namespace, 10)
            finally:
                server.stop()
            for row, value in ((alive, seen), (answered, heard)):
                if value is None:
                    row.notes.append(f"{name}: nothing within 10 s")
                else:
                    row.add(name, value)
