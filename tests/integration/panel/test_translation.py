# SPDX-License-Identifier: GPL-3.0-or-later
"""The translation says everything."""

import os
import subprocess
import sys
import tempfile
import unittest

SOURCE = os.environ["HEARTH_SOURCE"]


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


class Translation(unittest.TestCase):
    def test_german_says_everything(self):
        with tempfile.TemporaryDirectory() as scratch:
            template = os.path.join(scratch, "hearth.pot")
            with open(os.path.join(SOURCE, "po", "POTFILES"), encoding="utf-8") as file:
                names = file.read().split()
            run("xgettext", "--from-code=UTF-8", "--directory", SOURCE, "--output", template,
                "--keyword=_", "--keyword=N_", "--keyword=ngettext:1,2", "--keyword=TEXT:5",
                "--keyword=LIST:4", "--keyword=BOOL:5", "--keyword=NUMBER:8", *names)
            merged = os.path.join(scratch, "de.po")
            run("msgmerge", "--quiet", "--no-fuzzy-matching", "--output-file", merged,
                os.path.join(SOURCE, "po", "de.po"), template)
            says = run("msgfmt", "--check", "--statistics", "--output-file=/dev/null", merged)
            missing = run("msgattrib", "--untranslated", "--no-obsolete", merged)
            self.assertNotIn("untranslated", says, missing)
            self.assertNotIn("fuzzy", says)

    def test_every_file_with_texts_is_translated(self):
        with open(os.path.join(SOURCE, "po", "POTFILES"), encoding="utf-8") as file:
            names = set(file.read().split())
        for top, _, files in os.walk(os.path.join(SOURCE, "panel")):
            for name in files:
                path = os.path.join(top, name)
                with open(path, "rb") as file:
                    data = file.read()
                if b'_("' in data and name.endswith(".c") or b"translatable=" in data:
                    self.assertIn(os.path.relpath(path, SOURCE), names)



if __name__ == "__main__":
    unittest.main()
