# SPDX-License-Identifier: GPL-3.0-or-later
"""A locker beside nginx's stream proxy with ssl_preread: bytes, latency and CPU; and thousands of idle homes.

After the ClientHello, which both read, the bytes are no TLS: neither looks at them. Both ends of every stream
are the same client's, so that client and network cost the same for both."""
import json
import os
import resource
import socket
import sqlite3
import subprocess
import sys
import time

import procfs

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import locker  # noqa: E402

NGINX_MODULE = "/usr/lib/nginx/modules/ngx_stream_module.so"
NGINX_CONFIG = """
load_module %(module)s;
daemon off; pid %(folder)s/pid; error_log stderr crit; worker_processes %(workers)s;
worker_rlimit_nofile 65536;
events { worker_connections 16384; }
stream {
  map $ssl_preread_server_name $home { default 127.0.0.1:%(home)d; }
  server { listen 127.0.0.1:%(port)d; ssl_preread on; proxy_pass $home; tcp_nodelay on; }
}
"""
def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class LockerRelay:
    name = "hearth"

    def __init__(self):
        self.locker = locker.Locker().start()
        self.home = locker.Home(self.locker)
        self.home.join()
        self.route = self.home.route()

    def cpu_s(self):
        return procfs.cpu_s(self.locker.process.pid)

    def pair(self):
        parked = self.home.park()
        device = self.locker.connect()
        device.sendall(locker.client_hello(f"{self.route}.{locker.NAME}"))
        locker.read_join(parked)
        return device, parked

    def stop(self):
        self.home.close_api()
        self.locker.__exit__(None, None, None)


class NginxRelay:
    name = "nginx"

    def __init__(self, folder):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self.port = free_port()
        path = os.path.join(folder, "nginx-relay.conf")
        with open(path, "w", encoding="ascii") as file:
            file.write(NGINX_CONFIG % {"module": NGINX_MODULE, "folder": folder, "port": self.port,
                                       "workers": os.cpu_count(),
                                       "home": self.listener.getsockname()[1]})
        self.process = subprocess.Popen(["nginx", "-c", path, "-p", folder],
                                        stderr=subprocess.DEVNULL)
        locker.wait_for(self.is_there)

    def is_there(self):
        try:
            socket.create_connection(("127.0.0.1", self.port)).close()
        except ConnectionRefusedError:
            return False
        return True

    def cpu_s(self):
        return procfs.cpu_s(self.process.pid)

    def pair(self):
        device = socket.create_connection(("127.0.0.1", self.port))
        device.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        device.sendall(locker.client_hello("route." + locker.NAME))
        home, _ = self.listener.accept()
        return device, home

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.listener.close()


class Direct:
    """No relay: what the client itself needs."""
    name = "floor"

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))

    @staticmethod
    def cpu_s():
        return 0

    def pair(self):
        device = socket.create_connection(self.listener.getsockname())
        device.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        device.sendall(locker.client_hello("route." + locker.NAME))
        return device, self.listener.accept()[0]

    def stop(self):
        self.listener.close()


def open_pairs(relay, n):
    """Both ends of @n streams, when the hello has come through."""
    pairs = [relay.pair() for _ in range(n)]
    size = len(locker.client_hello("route." + locker.NAME if relay.name != "hearth"
                                   else f"{relay.route}.{locker.NAME}"))
    for device, home in pairs:
        locker.read_exactly(home, size)
        home.sendall(b"\x16")
        locker.read_exactly(device, 1)
        home.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return pairs


def flow(build, pairs, *words):
    fds = [end.fileno() for device, home in pairs for end in (home, device)]
    done = subprocess.run([os.path.join(build, "tests", "bench", "relay-flow"), *map(str, words),
                           *map(str, fds)], pass_fds=fds, check=True, capture_output=True)
    return json.loads(done.stdout)


def raise_limits(n):
    hard = max(n, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (ValueError, OSError):
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return hard


def streams(bench, relays):
    counts = (1, 20) if bench.is_quick else (1, 200)
    rows = {n: (bench.row("relay", f"through the relay, {n} streams", "GB/s", "nginx", True),
                bench.row("relay", f"CPU of the relay a GB, {n} streams", "CPU s", "nginx"))
            for n in counts}
    median = bench.row("relay", "256 bytes there and back, median", "µs", "nginx")
    for _ in range(bench.rounds):
        for make in relays:
            relay = make()
            try:
                for n, (rate, cpu) in rows.items():
                    pairs = open_pairs(relay, n)
                    before = relay.cpu_s()
                    found = flow(bench.build, pairs, "rate", bench.seconds)
                    used = relay.cpu_s() - before
                    rate.add(relay.name, found["bytes"] / found["seconds"] / 1e9)
                    if relay.name != "floor":
                        cpu.add(relay.name, used / (found["bytes"] / 1e9))
                    for end in (end for pair in pairs for end in pair):
                        end.close()
                pairs = open_pairs(relay, 1)
                found = flow(bench.build, pairs, "echo", 200 if bench.is_quick else 20000)
                median.add(relay.name, found["median_us"])
                for end in pairs[0]:
                    end.close()
            finally:
                relay.stop()


def add_households(data, keys):
    db = sqlite3.connect(os.path.join(data, "locker.sqlite"))
    with db:
        db.executemany("INSERT INTO household (id, key, name, joined_unix_s) VALUES (?, ?, '', 1)",
                       [(i + 1, bytes.fromhex(key)) for i, key in enumerate(keys)])
    db.close()


class Homes:
    """The homes, all of one program."""

    def __init__(self, bench, port, n, spread_s):
        program = os.path.join(bench.build, "tests", "bench", "relay-homes")
        self.process = subprocess.Popen([program, str(port), locker.NAME, str(n), str(spread_s)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.keys = [self.process.stdout.readline().strip() for _ in range(n)]

    def go(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def wait(self):
        return json.loads(self.process.stdout.readline())["seconds"]

    def stop(self):
        self.process.kill()
        self.process.communicate()


def idle_homes(bench):
    n, spread_s = (50, 1) if bench.is_quick else (5000, 10)
    mb = bench.row("relay", f"memory, {n} idle homes with 3 connections each", "MB",
                   "" if bench.is_quick else "256")
    descriptors = bench.row("relay", f"descriptors, {n} idle homes", "")
    cpu = bench.row("relay", f"CPU while {n} homes come", "CPU s")
    back = bench.row("relay", f"kill -9 and start: all {n} homes are back, who come within "
                     f"{spread_s} s", "s")
    if raise_limits(3 * n + 2000) < 3 * n + 1500:
        mb.notes.append("left out: too few descriptors are allowed here")
        return
    relay = locker.Locker().start()
    homes = Homes(bench, relay.port, n, spread_s)
    try:
        add_households(relay.data, homes.keys)
        time.sleep(2)  # it looks each second
        homes.go()
        homes.wait()
        cpu.add("hearth", procfs.cpu_s(relay.process.pid))
        time.sleep(1 if bench.is_quick else 20)  # the first comments have gone out
        mb.add("hearth", procfs.memory_mb(relay.process.pid)[1])
        descriptors.add("hearth", len(os.listdir(f"/proc/{relay.process.pid}/fd")))
        begun = time.monotonic()
        relay.kill()
        homes.go()
        relay.start()
        homes.wait()
        back.add("hearth", time.monotonic() - begun)
    finally:
        homes.stop()
        relay.__exit__(None, None, None)


def relay(bench):
    if not os.path.exists(os.path.join(bench.build, "locker", "hearth-locker")):
        return
    locker.HEARTH_LOCKER = os.path.join(bench.build, "locker", "hearth-locker")
    relays = [Direct, LockerRelay]
    if os.path.exists(NGINX_MODULE) and "nginx" in bench.peers:
        relays.append(lambda: NginxRelay(bench.scratch))
    streams(bench, relays)
    idle_homes(bench)
