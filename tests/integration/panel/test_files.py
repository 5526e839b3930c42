# SPDX-License-Identifier: GPL-3.0-or-later
"""What the desktop reads is valid."""

import subprocess
import sys
import unittest

DESKTOP_FILE, METAINFO = sys.argv[1:3]


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


class Files(unittest.TestCase):
    def test_desktop_file_is_valid(self):
        self.assertEqual(run("desktop-file-validate", DESKTOP_FILE), "")

    def test_metainfo_is_valid(self):
        run("appstreamcli", "validate", "--no-net", METAINFO)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
