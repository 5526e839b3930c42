# SPDX-License-Identifier: GPL-3.0-or-later
"""A network namespace for what can't be measured on loopback: announcements, and gerbera, whose
libupnp does not run there."""
import contextlib
import os
import subprocess


class Namespace:
    """A host of its own at the other end of a cable, with an address for documentation."""
    interface = "eth0"

    def __init__(self):
        # Four addresses each, by our own number: two benches at once don't meet.
        first = os.getpid() % 63 * 4
        self.address, self.here = f"198.51.100.{first + 1}", f"198.51.100.{first + 2}"
        self.name = f"hearth-bench-{os.getpid()}"
        self.link = f"hb{os.getpid()}"

    @staticmethod
    def _ip(*arguments):
        subprocess.run(["ip", *arguments], check=True, capture_output=True)

    def __enter__(self):
        self._ip("netns", "add", self.name)
        try:
            self._ip("link", "add", self.link, "type", "veth", "peer", "name", self.interface,
                     "netns", self.name)
            self._ip("addr", "add", f"{self.here}/30", "dev", self.link)
            self._ip("link", "set", self.link, "up")
            # An IPv6 address that is still being tried can't be bound to, and libupnp gives up.
            self._ip("-n", self.name, "link", "set", self.interface, "addrgenmode", "none")
            self._ip("-n", self.name, "addr", "add", f"{self.address}/30", "dev", self.interface)
            self._ip("-n", self.name, "link", "set", self.interface, "up")
            self._ip("-n", self.name, "link", "set", "lo", "up")
            self._ip("-n", self.name, "route", "add", "default", "via", self.here)
        except subprocess.CalledProcessError:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        with contextlib.suppress(subprocess.CalledProcessError):
            self._ip("netns", "del", self.name)  # its end of the cable goes, and ours with it


def make():
    """Returns one, or None where that is not allowed."""
    try:
        return Namespace().__enter__()
    except (OSError, subprocess.CalledProcessError):
        return None
