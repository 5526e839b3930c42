# SPDX-License-Identifier: GPL-3.0-or-later
"""The systemd units as systemd itself reads them."""

import os
import re
import shutil
import subprocess
import tempfile
import unittest

DATA = os.path.join(os.environ["HEARTH_SOURCE"], "data")


def analyze(folder, *arguments):
    """systemd-analyze without a running systemd: the user's manager wants a runtime folder."""
    return subprocess.run(["systemd-analyze", "--no-pager", *arguments], capture_output=True,
                          text=True, check=False, env={**os.environ, "XDG_RUNTIME_DIR": folder})


@unittest.skipUnless(shutil.which("systemd-analyze"), "needs systemd-analyze")
class UnitsTest(unittest.TestCase):

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="hearth-units-")
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, name):
        """The unit as it is installed, with a program that exists on every machine."""
        with open(os.path.join(DATA, name)) as source:
            text = re.sub("@bindir@/[a-z-]+", "/bin/true", source.read())
        path = os.path.join(self.folder, name)
        with open(path, "w") as out:
            out.write(text.replace("@sysconfdir@", "/etc"))
        return path

    def assert_verified(self, name, *scope):
        done = analyze(self.folder, *scope, "verify", "--man=no", self.write(name))
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_user_unit_is_valid(self):
        self.assert_verified("hearthd.service", "--user")

    def test_system_unit_is_valid(self):
        self.assert_verified("hearthd-system.service")

    def test_locker_unit_is_valid(self):
        self.assert_verified("hearth-locker.service")

    def exposure(self, name):
        done = analyze(self.folder, "security", "--offline=true", self.write(name))
        return float(re.search(r"exposure level for \S+: ([0-9.]+)", done.stdout).group(1))

    def test_system_units_are_hardened(self):
        self.assertLess(self.exposure("hearthd-system.service"), 2.5)
        self.assertLess(self.exposure("hearth-locker.service"), 2.0)

    def test_user_unit_claims_nothing_that_needs_privileges(self):
        with open(self.write("hearthd.service")) as unit:
            keys = {line.split("=")[0] for line in unit if "=" in line and line[0] != "#"}
        needs_namespaces = {key for key in keys if key.startswith(("Protect", "Private", "Bind"))}
        self.assertEqual(needs_namespaces, set())


if __name__ == "__main__":
    unittest.main()
