# SPDX-License-Identifier: GPL-3.0-or-later
"""hearthd at home and hearth-handheld on the device, as a tool that brings a folder up to date."""
import json
import os
import socket

import sync_tools


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
        offer = json.loads(self._hearth("pair", "--name", "device", "--json", "--no-wait"))
        self._agent("pair", offer["code"], "--address", namespace.here)
        self._hearth("devices", "rule", "device", "--kinds", "audio", "--apply")
        self.results = []

    def _hearth(self, *arguments):
        return sync_tools._run([self.bench.program("cli/hearth"), "--socket", self.socket, *arguments])

    def _agent(self, verb, *arguments):
        return sync_tools._run(self.there(
            [self.bench.program("handheld/hearth-handheld"), verb, *arguments, "--state-dir",
             os.path.join(self.scratch, "device-state"), "--folder", self.device, "--json"]))

    def status(self):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(10)
            client.connect(self.socket)
            client.sendall(b"GET /api/v1/status HTTP/1.0\r\n\r\n")
            text = b""
            while data := client.recv(65536):
                text += data
        return json.loads(text.partition(b"\r\n\r\n")[2])

    def _is_ready(self):
        try:
            status = self.status()
        except (OSError, ValueError):
            return False
        return status["scan"]["phase"] == "idle"

    def sync(self):
        self._agent("sync")
