# SPDX-License-Identifier: GPL-3.0-or-later
"""A bad link: forwards TCP connections and cuts, slows or delays them as it is told.

    with Forwarder(port, cut_after=(100_000, 500_000), seed=1) as link:
        link.port; link.n_cuts
"""

import random
import selectors
import socket
import struct
import threading
import time

CHUNK = 16384


class Forwarder:
    """@cut_after: bytes from home after which a connection ends, drawn from this range; every other
    cut is a reset instead of an end. @target: a port of this host, or (address, port). @listen: where it
    is reached. @delay: seconds by which each piece comes later, in both
    directions. @rate: bytes a second from home, 0 for all there is. All may be changed at any time."""

    def __init__(self, target, cut_after=None, delay=0.0, rate=0, seed=1, listen=("127.0.0.1", 0)):
        self.target = target
        self.cut_after = cut_after
        self.delay = delay
        self.rate = rate
        self.random = random.Random(seed)
        self.n_cuts = 0
        self.n_bytes = 0
        self.n_connections = 0
        self.is_ending = False
        self.listener = socket.create_server(listen)
        self.address, self.port = self.listener.getsockname()[:2]
        self.threads = []

    def __enter__(self):
        self._start(self._accept)
        return self

    def __exit__(self, *_ignored):
        self.is_ending = True
        # The thread that accepts is woken by one more connection.
        socket.create_connection((self.address, self.port)).close()
        for thread in self.threads:
            thread.join()
        self.listener.close()

    def _start(self, function, *arguments):
        thread = threading.Thread(target=function, args=arguments)
        self.threads.append(thread)
        thread.start()

    def _accept(self):
        while True:
            inner, _ = self.listener.accept()
            if self.is_ending:
                inner.close()
                return
            self.n_connections += 1
            self._start(self._serve, inner)

    def _serve(self, inner):
        try:
            target = self.target if isinstance(self.target, tuple) else ("127.0.0.1", self.target)
            outer = socket.create_connection(target, timeout=10)
        except OSError:
            inner.close()
            return
        try:
            self._forward(inner, outer)
        except OSError:
            pass  # one of them is gone, and so is the other
        inner.close()
        outer.close()

    def _forward(self, inner, outer):
        left = self.random.randint(*self.cut_after) if self.cut_after else None
        queue = []  # (when, socket, data)
        open_ends = {inner: outer, outer: inner}
        with selectors.DefaultSelector() as selector:
            for each in open_ends:
                selector.register(each, selectors.EVENT_READ)
            while not self.is_ending:
                for key, _ in selector.select(0.01 if queue else 0.1):
                    data = key.fileobj.recv(CHUNK)
                    if not data:
                        selector.unregister(key.fileobj)
                    queue.append((time.monotonic() + self.delay, open_ends[key.fileobj], data))
                while queue and queue[0][0] <= time.monotonic():
                    _, to, data = queue.pop(0)
                    if not data:
                        return
                    if to is inner and left is not None and left < len(data):
                        inner.sendall(data[:left])
                        self._cut(inner)
                        return
                    to.sendall(data)
                    if to is inner:
                        left = left - len(data) if left is not None else None
                        self.n_bytes += len(data)
                        if self.rate:
                            time.sleep(len(data) / self.rate)

    def _cut(self, connection):
        self.n_cuts += 1
        if self.n_cuts % 2 == 0:  # a reset, not an end
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
