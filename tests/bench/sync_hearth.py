# SPDX-License-Identifier: GPL-3.0-or-later
"""hearthd at home and hearth-handheld on the device, as a tool that brings a folder up to date."""
import json
import os
import time

import sync_tools

SETTLE_S = 0.35


class Hearth(sync_tools.Tool):
    """The time is from the change until the device is done: hearthd sees it and prepares meanwhile."""
    name = "hearth"

    @classmethod
    def is_there(cls):
        return True

    def set_up(self):
        namespace = self.bench.namespace
        self.socket = os.path.join(self.scratch, "socket")
        self.start([self.bench.program("daemon/hearthd"), "--state-dir",
                    os.path.join(self.scratch, "home-state"), "--port", "0", "--interface",
                    namespace.link, "--name", "bench", "--socket", self.socket, "--media", self.home])
        sync_tools.wait_for("hearthd", self._is_ready, 300, 0.02)
        offer = json.loads(self._hearth("pair", "--name", "device", "--json"))
        self._agent("pair", offer["code"])
        self._ask("PUT", "/api/v1/paired/device/rule", '{"rule": {"everything": true}}')
        self.results = []

    def _hearth(self, *arguments):
        return sync_tools._run([self.bench.program("cli/hearth"), "--socket", self.socket, *arguments])

    def _agent(self, verb, *arguments):
        return sync_tools._run(self.there(
            [self.bench.program("handheld/hearth-handheld"), verb, *arguments, "--state-dir",
             os.path.join(self.scratch, "device-state"), "--folder", self.device, "--json"]))

    def _ask(self, method, path, body=None):
        connection = sync_tools.UnixConnection(self.socket)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            raise sync_tools.Failed(f"{method} {path}: {answer.status} {text[:200]}")
        return json.loads(text)

    def _is_ready(self, since_unix_ms=1):
        try:
            scan = self._ask("GET", "/api/v1/status")["scan"]
        except (OSError, ValueError):
            return False
        return scan["phase"] == "idle" and scan["started_unix_ms"] >= since_unix_ms

    def sync(self):
        """hearthd looks at a file when it has been left alone for 0.3 s; that is part of the time."""
        if self.has_changed:
            self.has_changed = False
            time.sleep(SETTLE_S)
            asked_unix_ms = int(time.time() * 1000)
            while not self._is_ready(asked_unix_ms):
                self._ask("POST", "/api/v1/scan", "{}")
                sync_tools.wait_for("the scan", self._is_ready, 300, 0.005)
        self.results.append(json.loads(self._agent("sync").strip().splitlines()[-1]))

    def is_done(self):
        """As the home sees it: it goes through all once more."""
        if self.results[-1]["state"] != "idle":
            return False
        seen = self._ask("GET", "/api/v1/paired/device/sync?items=0")
        return not any(seen[fate]["files"] for fate in ("coming", "changes", "going"))

    def settle(self):
        """Layouts of what the device holds now, for recipes to come."""
        before = self.cpu_s()
        sync_tools.wait_for("the layouts", self._has_layouts, 300, 0.25)
        return self.cpu_s() - before

    def _has_layouts(self):
        seen = self._ask("GET", "/api/v1/sync")
        return seen["layouts_missing"] == 0 and seen["jobs"] == 0

    def notes(self):
        first = self.results[0]
        socket_bytes = first["bytes_sent"] + first["bytes_received"]
        return [("on the wire", f"hearth counts {socket_bytes / 1e6:.3f} MB at the socket, of which "
                                f"{first['handshake_bytes']} bytes are the handshake")]
