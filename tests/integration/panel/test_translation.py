# SPDX-License-Identifier: GPL-3.0-or-later
"""The translation says everything."""

import os
import re
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as ET

SOURCE = os.environ["HEARTH_SOURCE"]


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}:\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


# Properties and attributes of a .ui file that a person reads.
READ = {"label", "title", "subtitle", "description", "tooltip-text", "placeholder-text", "alternative-text", "text",
        "comments", "heading", "body"}
# What takes texts that nobody reads: errors of the program (a sentence stands before each), property
# specifications, log lines, names of GObject. An error that a person reads has a code and a sentence.
UNREAD = re.compile(r"(g_set_error|g_error_new|g_task_return_new_error|fail_corrupt|g_param_spec|hth_log_|g_test_|G_DEFINE|"
                    r"adw_preferences_group_add_named|gtk_icon_theme)\w*$")
LITERAL = re.compile(r'"(?:[^"\\\n]|\\.)*"')
# Two words, or one that begins with a capital: a text for people rather than a name for programs.
WORDS = re.compile(r"[A-Za-z]{2,} +[A-Za-z]{2,}|^[A-Z][a-z]{2,}")
# HTTP, the name of a key, names of formats.
# In the daemon's checks: names of programs' things, commands, and templates of a value alone.
PLAIN_FINDING = re.compile(r'sudo |^"(\{\w+\}|Landlock|mDNS)"$|^"hearth %08x"|socket:|search ')
NO_WORDS = re.compile(r"\\r\\n|^[A-Z]\w+-[A-Z]\w+$|^Escape$|^(Opus|Vorbis|Theora|Speex)$")


def sources(*ends, folder="panel"):
    for top, _, files in os.walk(os.path.join(SOURCE, folder)):
        for name in sorted(files):
            if name.endswith(ends):
                with open(os.path.join(top, name), encoding="utf-8") as file:
                    yield os.path.relpath(os.path.join(top, name), SOURCE), file.read()


def bare_texts(code):
    """(line, text) of each literal of a C source that reads like a text and is in no _(), N_() or ngettext()."""
    code = re.sub(r"/\*.*?\*/|//[^\n]*", lambda match: re.sub(r"[^\n]", " ", match[0]), code, flags=re.S)
    calls, place, found = [], 0, []
    for match in re.finditer(LITERAL.pattern + r"|'(?:[^'\\]|\\.)'|(\w*)\s*\(|\)", code):
        token = match[0]
        if token.endswith("("):
            calls.append(match[1] or "")
        elif token == ")":
            calls.pop()
        elif token.startswith('"') and WORDS.search(token[1:-1]) and not NO_WORDS.search(token[1:-1]):
            line = code.count("\n", 0, match.start()) + 1
            if code.rfind("#include", code.rfind("\n", 0, match.start()) + 1, match.start()) >= 0:
                continue
            if not any(call in ("_", "N_", "ngettext", "C_") or UNREAD.match(call) for call in calls):
                found.append((line, token))
    return found


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

    def test_every_error_of_the_daemon_has_a_sentence_in_both_languages(self):
        """Those that docs/api.md lists, and those that the daemon's sources name."""
        with open(os.path.join(SOURCE, "docs", "api.md"), encoding="utf-8") as file:
            page = file.read()
        listed = re.findall(r"`([a-z-]+)`", page[page.index("Codes: "):page.index("- Lists come in pages")])
        said = set()
        for name, text in sources(".c", folder="daemon"):
            said.update(re.findall(r'respond_problem\([^;"]*"([a-z-]+)"', text))
            said.update(re.findall(r'\{ (?:HTH_ERROR_\w+, )?[45]\d\d, "([a-z-]+)" \}', text))
        self.assertGreaterEqual(len(listed), 12)
        self.assertGreaterEqual(said, {"busy", "wrong-code", "converting", "changed"})
        with open(os.path.join(SOURCE, "panel", "api", "api-error.c"), encoding="utf-8") as file:
            known = dict(re.findall(r'\{ "([a-z-]+)",[^"]*N_\("([^"]+)"\)', file.read()))
        self.assertLessEqual(said | set(listed), set(known))
        with open(os.path.join(SOURCE, "po", "de.po"), encoding="utf-8") as file:
            german = dict(re.findall(r'^msgid "([^"]+)"\nmsgstr "([^"]+)"', re.sub(r'"\n"', "", file.read()), re.M))
        self.assertEqual([code for code in known if known[code] not in german], [])
        self.assertEqual([code for code in known if known[code] == german[known[code]]], [])

    def test_every_finding_of_the_doctor_is_translated(self):
        """What the daemon's and the plugins' checks report, and the values that its sentences name."""
        with open(os.path.join(SOURCE, "po", "POTFILES"), encoding="utf-8") as file:
            names = set(file.read().split())
        reporting = [(name, text) for folder in ("daemon", "plugins") for name, text in sources(".c", folder=folder)
                     if "hth_doctor_report" in text and name not in ("daemon/doctor.c", "plugins/template/template.c")]
        self.assertGreaterEqual(len(reporting), 5)
        self.assertLessEqual({name for name, _ in reporting}, names)
        self.assertEqual([(name, *each) for name, text in reporting for each in bare_texts(text)
                          if not PLAIN_FINDING.search(each[1])], [])

    def test_every_reason_of_a_rule_is_translated(self):
        def read(*path):
            with open(os.path.join(SOURCE, *path), encoding="utf-8") as file:
                return file.read()
        selection = read("daemon", "sync", "selection.c")
        said = {what + " {name}" for what in re.findall(r'rule->\w+, "(\w+)"\);', selection)}
        said |= {text.replace("%u", "{n}") for text in re.findall(r'"([^"\n]*%u[^"\n]*)"', selection) if text != "%u"}
        said |= set(re.findall(r'run_number\([^;]*"([^"]+)"\);', selection))
        said |= {text for texts in re.findall(r"item\.reason = ([^;]+);", selection)
                 for text in re.findall(r'"([^"]+)"', texts)}
        for name in ("home-show.c", "home-want.c"):
            said |= {text.strip('"') for _, text in bare_texts(read("lib", "sync", name))}
        known = set(re.findall(r'N_\("([^"]+)"\)', read("daemon", "sync", "why.c")))
        self.assertGreaterEqual(len(said), 18)
        self.assertEqual(said - known, set())
        self.assertIn("daemon/sync/why.c", read("po", "POTFILES").split())

    def test_a_translated_sentence_names_the_same_values(self):
        with open(os.path.join(SOURCE, "po", "de.po"), encoding="utf-8") as file:
            pairs = re.findall(r'^msgid "(.*)"\nmsgstr "(.*)"', re.sub(r'"\n"', "", file.read()), re.M)
        self.assertGreater(sum("{interface}" in each for each, _ in pairs), 4)
        value = re.compile(r"\{\w+\}")
        self.assertEqual([each for each, german in pairs
                          if set(value.findall(each)) != set(value.findall(german))], [])

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

    def test_no_text_of_a_form_is_left_out(self):
        bare = []
        for name, text in sources(".ui"):
            for node in ET.fromstring(text.encode()).iter():
                if node.tag in ("property", "attribute") and node.get("name") in READ and \
                        re.search(r"[^\W\d_]{2}", node.text or "") and node.get("translatable") != "yes":
                    bare.append((name, node.get("name"), node.text))
        self.assertEqual(bare, [])

    def test_no_text_of_a_program_is_left_out(self):
        self.assertEqual([(name, *each) for name, text in sources(".c", ".h") for each in bare_texts(text)], [])

    def test_a_text_that_was_forgotten_would_be_noticed(self):
        code = 'gtk_label_new("Some words"); f(_("Fine"), "Not fine", name("win.page")); g_error_new(1, "not read");'
        self.assertEqual([text for _, text in bare_texts(code)], ['"Some words"', '"Not fine"'])


if __name__ == "__main__":
    unittest.main()
