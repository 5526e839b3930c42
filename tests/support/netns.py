# SPDX-License-Identifier: GPL-3.0-or-later
"""Several hosts on one machine: network namespaces joined by bridges.

    with Network() as net:
        home = net.host("home", "192.0.2.1/24")
        tv = net.host("tv", "192.0.2.2/24")
        daemon = home.start([path_to_program, ...])
        tv.run(["gssdp-discover", "-i", "eth0", "-n", "2"])

The interface of a host is called eth0; net.link(host, "192.0.2.9/24", segment="b") adds eth1 on
another segment. Everything is gone when the with block ends: programs started here, by their id, and
namespaces. Root is needed, or a user namespace: call main(), or reexec() first thing in a test's main,
which starts the script again under `unshare -Urnm` when it is not root. Tests where neither works skip.
"""

import contextlib
import ctypes
import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

_serial = itertools.count(1)
_libc = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWNET = 0x40000000


def _enter(handle):
    if _libc.setns(handle.fileno(), _CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "setns")


def available():
    """Whether namespaces can be made here."""
    if os.geteuid() != 0 or shutil.which("ip") is None:
        return False
    name = "hth%dp" % os.getpid()
    if _quiet("ip", "netns", "add", name) != 0:
        return False
    _quiet("ip", "netns", "del", name)
    return True


def reexec():
    """Becomes root of a user namespace of our own, if we are not root already."""
    if os.geteuid() == 0 or os.environ.get("HTH_NETNS_INSIDE"):
        return
    if shutil.which("unshare") is None:
        return
    probe = subprocess.run(["unshare", "-Urnm", "true"], stderr=subprocess.DEVNULL, check=False)
    if probe.returncode != 0:
        return
    os.environ["HTH_NETNS_INSIDE"] = "1"
    # ip-netns(8) keeps its names in /run/netns: a file system of our own there.
    script = "mount -t tmpfs none /run && mkdir /run/netns && exec \"$@\""
    os.execvp("unshare", ["unshare", "-Urnm", "sh", "-c", script, "sh", sys.executable] + sys.argv)


def main(verbosity=1):
    """The main of a test script that cannot do without namespaces: it is skipped where there are none."""
    reexec()
    if not available():
        print("network namespaces cannot be made here")
        sys.exit(77)
    unittest.main(verbosity=verbosity)


def _quiet(*command):
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          check=False).returncode


def _ip(*arguments):
    subprocess.run(["ip", *arguments], check=True)


class Network:
    """The hosts of one test. Interfaces outside hosts live in a namespace of their own: the switch."""

    def __init__(self):
        self.prefix = "hth%d-%d-" % (os.getpid(), next(_serial))
        self.hosts = []
        self.segments = set()
        self.switch = self.prefix + "sw"
        self.n_links = 0

    def __enter__(self):
        _ip("netns", "add", self.switch)
        return self

    def __exit__(self, *_ignored):
        for host in self.hosts:
            host.stop_all()
        for name in [host.namespace for host in self.hosts] + [self.switch]:
            _quiet("ip", "netns", "del", name)

    def host(self, name, *addresses, segment="a"):
        """A new host whose eth0 is on @segment with these addresses ("192.0.2.1/24")."""
        host = Host(self, name)
        self.hosts.append(host)
        self.link(host, *addresses, segment=segment)
        return host

    def link(self, host, *addresses, segment="a"):
        """Gives @host a further interface. Returns its name: eth0, eth1, …"""
        self._add_segment(segment)
        self.n_links += 1
        name = "eth%d" % host.n_interfaces
        port = "p%d" % self.n_links
        host.n_interfaces += 1
        _ip("link", "add", port, "netns", self.switch, "type", "veth",
            "peer", "name", name, "netns", host.namespace)
        _ip("-n", self.switch, "link", "set", port, "master", "br-" + segment, "up")
        for address in addresses:
            host.add_address(address, name)
        host.ip("link", "set", name, "up")
        return name

    def _add_segment(self, segment):
        if segment in self.segments:
            return
        self.segments.add(segment)
        # Without snooping multicast reaches every port at once, as on a plain switch.
        _ip("-n", self.switch, "link", "add", "br-" + segment, "type", "bridge",
            "mcast_snooping", "0", "forward_delay", "0")
        _ip("-n", self.switch, "link", "set", "br-" + segment, "up")


class Host:
    """One namespace; made by Network.host()."""

    def __init__(self, network, name):
        self.name = name
        self.namespace = network.prefix + name
        self.n_interfaces = 0
        self.processes = []
        _ip("netns", "add", self.namespace)
        self.ip("link", "set", "lo", "up")

    def ip(self, *arguments):
        _ip("-n", self.namespace, *arguments)

    def add_address(self, address, interface="eth0"):
        options = ["nodad"] if ":" in address else []
        self.ip("address", "add", address, "dev", interface, *options)

    def remove_address(self, address, interface="eth0"):
        self.ip("address", "del", address, "dev", interface)

    def command(self, arguments):
        """@arguments as they are run inside."""
        return ["ip", "netns", "exec", self.namespace, *arguments]

    @contextlib.contextmanager
    def inside(self):
        """Sockets that this thread makes in the with block are this host's, and stay so after it."""
        with open("/proc/thread-self/ns/net", "rb") as home, \
                open("/run/netns/" + self.namespace, "rb") as there:
            _enter(there)
            try:
                yield self
            finally:
                _enter(home)

    def run(self, arguments, timeout=30, **options):
        """Runs to the end. Returns: a CompletedProcess with text output."""
        return subprocess.run(self.command(arguments), timeout=timeout, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)

    def start(self, arguments, **options):
        """Starts a program that is ended with the network. Returns: a Popen."""
        process = subprocess.Popen(self.command(arguments), **options)
        self.processes.append(process)
        return process

    def python(self, script, *arguments, **options):
        """Starts a Python script given as text, with piped text output, unbuffered."""
        return self.start([sys.executable, "-u", "-c", script, *arguments],
                          stdout=subprocess.PIPE, text=True, **options)

    def stop(self, process, timeout=10):
        """Ends a program politely, then for good. Returns: its exit status."""
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout)
            except subprocess.TimeoutExpired:
                process.kill()
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                pipe.close()
        return process.wait()

    def stop_all(self):
        for process in self.processes:
            self.stop(process, timeout=5)
        self.processes = []


def wait_for(what, condition, timeout=10.0):
    """Calls @condition until it returns something true, which is returned."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError("timed out after %g s waiting for %s" % (timeout, what))
        time.sleep(0.02)


def temporary_directory():
    """A TemporaryDirectory of the name that the tests of this project use."""
    return tempfile.TemporaryDirectory(prefix="hearth-test-")
