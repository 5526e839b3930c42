# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs inside a host of the test: sockets, programs, a system bus, avahi-daemon."""

import ctypes
import os
import queue
import socket
import subprocess
import threading
import time

libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000


def socket_in(host, make):
    """Calls make() on a thread inside @host: the socket that it returns stays there."""
    result = queue.Queue()

    def work():
        try:
            with open(f"/run/netns/{host.namespace}") as handle:
                if libc.setns(handle.fileno(), CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
            result.put(make())
        except Exception as error:  # handed to the caller's thread
            result.put(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    made = result.get()
    if isinstance(made, Exception):
        raise made
    return made


def hold_port(host, family):
    """Holds UDP 5353 without sharing it."""
    def make():
        held = socket.socket(family, socket.SOCK_DGRAM)
        if family == socket.AF_INET6:
            held.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        held.bind(("", 5353))
        return held
    return socket_in(host, make)


class Process:
    """A program inside a host, its output read into a list of (time, line)."""

    def __init__(self, host, command, environment=None):
        self.lines = []
        self.process = subprocess.Popen(
            host.command(command), text=True, bufsize=1,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})})
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append((time.monotonic(), line.rstrip("\n")))

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def signal(self, number):
        self.process.send_signal(number)

    def end_input(self):
        self.process.stdin.close()
        code = self.process.wait(20)
        self.reader.join(5)
        self.process.stdout.close()
        return code

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join(5)
        self.process.stdout.close()
        if not self.process.stdin.closed:
            self.process.stdin.close()

    def text(self):
        return "\n".join(line for _, line in self.lines)


DBUS_CONFIG = """<busconfig>
<type>system</type><listen>unix:path={socket}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/>
<allow user="*"/></policy></busconfig>"""

AVAHI_CONFIG = """[server]
host-name={host}
use-ipv4=yes
use-ipv6=yes
enable-dbus=yes
ratelimit-interval-usec=1000000
ratelimit-burst=1000
[wide-area]
enable-wide-area=no
[publish]
publish-hinfo=no
publish-workstation=no
{extra}
"""


class Bus:
    """A system bus of the host's own, in @folder."""

    def __init__(self, host, folder):
        self.host = host
        self.folder = folder
        self.socket = os.path.join(folder, "bus")
        self.config = os.path.join(folder, "bus.conf")
        with open(self.config, "w") as out:
            out.write(DBUS_CONFIG.format(socket=self.socket))
        self.process = None

    @property
    def environment(self):
        return {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={self.socket}"}

    def start(self):
        if os.path.exists(self.socket):
            os.unlink(self.socket)
        self.process = Process(self.host,
                               ["dbus-daemon", "--nofork", f"--config-file={self.config}"])
        deadline = time.monotonic() + 10
        while not os.path.exists(self.socket):
            if time.monotonic() > deadline:
                raise RuntimeError(self.process.text())
            time.sleep(0.01)

    def stop(self):
        if self.process is not None:
            self.process.kill()
        self.process = None

    def start_avahi(self, host_name, extra=""):
        config = os.path.join(self.folder, "avahi.conf")
        with open(config, "w") as out:
            out.write(AVAHI_CONFIG.format(host=host_name, extra=extra))
        os.makedirs("/run/avahi-daemon", exist_ok=True)
        # ip netns exec gave us a mount namespace, so the pid file is ours alone.
        return Process(self.host,
                       ["sh", "-c", "mount -t tmpfs none /run/avahi-daemon && exec avahi-daemon "
                        f"--no-drop-root --no-chroot --no-rlimits -f {config}"],
                       self.environment)
