# SPDX-License-Identifier: GPL-3.0-or-later
"""Stands in for the relay of a locker: forwards TLS by the server name, and decrypts nothing.

Runs as a program of its own inside a host of the test: relay.py ADDRESS PORT ROUTE TARGET TARGETPORT.
Each line on its standard input changes what it does: "open", "asleep" (alert 80), "limit" (alert 49).
"""

import selectors
import socket
import sys
import threading


def server_name(hello):
    """Of a ClientHello in one record; "" without one."""
    at = 5 + 4 + 2 + 32
    at += 1 + hello[at]                                     # session id
    at += 2 + int.from_bytes(hello[at:at + 2], "big")       # cipher suites
    at += 1 + hello[at]                                     # compression
    end = at + 2 + int.from_bytes(hello[at:at + 2], "big")
    at += 2
    while at + 4 <= end:
        kind = int.from_bytes(hello[at:at + 2], "big")
        size = int.from_bytes(hello[at + 2:at + 4], "big")
        if kind == 0:
            return hello[at + 9:at + 4 + size].decode("ascii")
        at += 4 + size
    return ""


class Relay:
    def __init__(self, address, port, route, target):
        self.route = route
        self.target = target
        self.state = "open"
        self.listener = socket.create_server((address, port))

    def run(self):
        threading.Thread(target=self.obey, daemon=True).start()
        while True:
            device, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(device,), daemon=True).start()

    def obey(self):
        for line in sys.stdin:
            self.state = line.strip()
            print("state", self.state, flush=True)

    def refuse(self, device, alert):
        device.sendall(bytes((0x15, 3, 3, 0, 2, 2, alert)))
        device.shutdown(socket.SHUT_WR)
        device.settimeout(2)
        while device.recv(65536):
            pass

    def serve(self, device):
        try:
            hello = device.recv(16384, socket.MSG_PEEK)
            alert = {"asleep": 80, "limit": 49}.get(self.state)
            if server_name(hello) != self.route:
                alert = 112
            if alert is not None:
                self.refuse(device, alert)
            else:
                self.join(device, socket.create_connection(self.target, timeout=5))
        except OSError:
            pass  # one of them is gone
        device.close()

    def join(self, device, home):
        other = {device: home, home: device}
        with selectors.DefaultSelector() as selector:
            for end in other:
                end.settimeout(10)
                selector.register(end, selectors.EVENT_READ)
            while True:
                for key, _ in selector.select():
                    data = key.fileobj.recv(65536)
                    if not data:
                        home.close()
                        return
                    other[key.fileobj].sendall(data)


if __name__ == "__main__":
    ADDRESS, PORT, ROUTE, TARGET, TARGET_PORT = sys.argv[1:]
    Relay(ADDRESS, int(PORT), ROUTE, (TARGET, int(TARGET_PORT))).run()
