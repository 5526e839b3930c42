# SPDX-License-Identifier: GPL-3.0-or-later
"""`meson install`, an installed hearthd that runs on its own, and an uninstallation without a trace."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = os.environ["HEARTH_SOURCE"]
BUILD = os.environ["HEARTH_BUILD"]
sys.path.insert(0, os.path.join(SOURCE, "tests", "support"))
import hearth  # noqa: E402

SOAP = """<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"
 s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body><u:%(action)s
 xmlns:u="urn:schemas-upnp-org:service:ContentDirectory:1">%(arguments)s</u:%(action)s></s:Body>
</s:Envelope>"""

# What has to be there, below the prefix; * stands for the folder that Debian names after the machine.
EXPECTED = """
bin/hearthd bin/hearth libexec/hearth/hearth-worker
share/man/man8/hearthd.8 share/man/man8/hearth-worker.8 share/man/man1/hearth.1
share/man/man5/hearth.conf.5 share/bash-completion/completions/hearth share/doc/hearth/COPYING
share/doc/hearth/README.md
""".split()
EXPECTED_DLNA = """
libexec/hearth/hearth-announcer share/man/man8/hearth-announcer.8 lib/*/hearth/plugins/dlna.so
lib/*/hearth/plugins/dlna.plugin share/hearth/clients.d/default.conf share/hearth/icons/hearth-120.png
""".split()
EXPECTED_SYSTEMD = """
lib/systemd/user/hearthd.service lib/systemd/system/hearthd.service lib/sysusers.d/hearth.conf
""".split()


EXPECTED_LOCKER = ["bin/hearth-locker", "share/man/man1/hearth-locker.1"]


def option(name):
    text = subprocess.run(["/usr/bin/meson", "introspect", "--buildoptions", BUILD],
                          capture_output=True, text=True, check=True).stdout
    return re.search(r'"name": "%s", "value": "([^"]*)"' % name, text).group(1)


def tree(folder):
    """Every name below @folder, with what a file holds."""
    found = {}
    for top, folders, files in os.walk(folder):
        for name in folders:
            found[os.path.relpath(os.path.join(top, name), folder)] = None
        for name in files:
            path = os.path.join(top, name)
            with open(path, "rb") as file:
                found[os.path.relpath(path, folder)] = file.read()
    return found


def quiet(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


class Installed(hearth.Daemon):
    """Started as a person would: by its name, with nothing in the environment that says where things are."""

    def __init__(self, prefix, home, **arguments):
        super().__init__(**arguments)
        self.program = os.path.join(prefix, "bin", "hearthd")
        self.client = os.path.join(prefix, "bin", "hearth")
        self.state_dir = os.path.join(home, ".local", "state", "hearth")
        self.env = {"HOME": home, "PATH": os.environ["PATH"], "G_DEBUG": "fatal-warnings",
                    "XDG_RUNTIME_DIR": os.path.join(home, "run"),
                    **{name: value for name, value in os.environ.items() if "SAN_OPTIONS" in name}}

    def command(self):
        return [self.program, "--name", self.name, "--port", "0", "--interface", "lo",
                "--media", self.media[0]]

    @property
    def socket_path(self):
        return os.path.join(self.env["XDG_RUNTIME_DIR"], "hearth", "socket")

    def hearth(self, *words):
        done = subprocess.run([self.client, *words], capture_output=True, text=True, timeout=60,
                              check=False, env=self.env)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def browse(self, container):
        body = SOAP % {"action": "Browse", "arguments": (
            f"<ObjectID>{container}</ObjectID><BrowseFlag>BrowseDirectChildren</BrowseFlag>"
            "<Filter>*</Filter><StartingIndex>0</StartingIndex><RequestedCount>0</RequestedCount>"
            "<SortCriteria></SortCriteria>")}
        status, _, answer = self.lan("POST", "/dlna/control/content", body.encode(), {
            "Content-Type": 'text/xml; charset="utf-8"',
            "SOAPAction": '"urn:schemas-upnp-org:service:ContentDirectory:1#Browse"'})
        assert status == 200, answer
        return answer.decode()


class InstallTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # Not below the build folder, where hearthd would take what has been built there.
        cls.top = tempfile.mkdtemp(prefix="hearth-install-")
        cls.addClassCleanup(shutil.rmtree, cls.top, ignore_errors=True)
        cls.root = os.path.join(cls.top, "root")
        cls.prefix = cls.root + option("prefix")
        cls.home = os.path.join(cls.top, "home")
        cls.media = os.path.join(cls.top, "media")
        for folder in (os.path.join(cls.prefix, "bin"), cls.home, cls.media):
            os.makedirs(folder)
        # Somebody else's, which has to survive.
        with open(os.path.join(cls.prefix, "bin", "other"), "w", encoding="ascii") as other:
            other.write("not ours\n")
        for n, title in enumerate(("Kindling", "Ashes")):
            quiet("ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i",
                  "sine=frequency=%d:duration=1" % (220 + n), "-metadata", "title=" + title,
                  "-metadata", "artist=The Embers", os.path.join(cls.media, "%d.flac" % n))
        cls.before = tree(cls.root)
        quiet("/usr/bin/meson", "install", "-C", BUILD, "--no-rebuild", "--destdir", cls.root)

    def expected_files(self):
        names = list(EXPECTED)
        if os.path.exists(os.path.join(BUILD, "plugins", "dlna")):
            names += EXPECTED_DLNA
        if shutil.which("systemd-analyze"):
            names += EXPECTED_SYSTEMD
        if os.path.exists(os.path.join(BUILD, "locker")):
            names += EXPECTED_LOCKER
        return names

    def test_1_everything_is_installed(self):
        names = "\n".join(name for name, data in tree(self.prefix).items() if data is not None)
        for expected in self.expected_files():
            # lib/x86_64-linux-gnu/ on a Debian that builds packages, lib64/ or lib/ elsewhere.
            pattern = re.escape(expected).replace(r"lib/\*/", "lib(?:64)?/(?:[^/\n]+/)?")
            self.assertRegex(names, "(?m)^%s$" % pattern)

    def test_2_the_configuration_says_everything_and_changes_nothing(self):
        below = [name for name in tree(self.root) if name.endswith("etc/hearth/hearth.conf")]
        self.assertEqual(len(below), 1)
        with open(os.path.join(self.root, below[0]), encoding="utf-8") as file:
            lines = [line for line in file if line.strip() and not line.startswith(("#", "["))]
        self.assertEqual(lines, [])

    def test_3_the_units_start_what_is_installed(self):
        units = [name for name in tree(self.root) if name.endswith("hearthd.service")]
        program = option("prefix") + "/bin/hearthd"
        self.assertTrue(os.access(self.root + program, os.X_OK))
        for name in units:
            with open(os.path.join(self.root, name), encoding="utf-8") as file:
                self.assertIn(f"\nExecStart={program}\n", file.read())

    def test_4_an_installed_hearthd_needs_no_build_folder(self):
        with Installed(self.prefix, self.home, media=[self.media]) as daemon:
            daemon.wait_for(lambda s: s["counts"]["tracks"] == 2 and s["scan"]["phase"] == "idle",
                            "a scan by the installed worker")
            for process in ("hearth-worker", "hearth-announcer"):
                self.check_children(daemon, process)
            if os.path.exists(os.path.join(self.prefix, "libexec", "hearth", "hearth-announcer")):
                self.assertIn("Kindling", daemon.browse("music-all"))
            self.assertIn("running", daemon.hearth("plugins"))
            self.assertIn("2 tracks", daemon.hearth("status"))

    def check_children(self, daemon, name):
        """Every such child of this daemon is the installed program."""
        expected = os.path.join(self.prefix, "libexec", "hearth", name)
        with open(f"/proc/{daemon.process.pid}/task/{daemon.process.pid}/children",
                  encoding="ascii") as file:
            for child in file.read().split():
                try:
                    program = os.readlink(f"/proc/{child}/exe")
                except OSError:
                    continue
                if os.path.basename(program) == name:
                    self.assertEqual(program, expected)

    def test_5_uninstalling_leaves_no_trace(self):
        quiet("/usr/bin/ninja", "-C", BUILD, "uninstall")
        self.assertEqual(tree(self.root), self.before)
        # As hearthd(8) says under REMOVAL, for a person's own.
        # The session's runtime folder goes with the session.
        for folder in (".local/state/hearth", ".cache/hearth", ".config/hearth", "run"):
            shutil.rmtree(os.path.join(self.home, folder), ignore_errors=True)
        left = [name for name, data in tree(self.home).items()
                if data is not None or "hearth" in name]
        self.assertEqual(left, [])
        self.assertEqual(sorted(os.listdir(self.media)), ["0.flac", "1.flac"])


if __name__ == "__main__":
    unittest.main()
