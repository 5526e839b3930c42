# SPDX-License-Identifier: GPL-3.0-or-later
"""A real hearthd from the build folder, in a temporary home, for integration tests.

    with hearth.Daemon(media=[folder]) as daemon:
        daemon.get("status")["counts"]["tracks"]

The daemon uses the loopback interface alone, unless interfaces are given. It is ready once it has told so
on its NOTIFY_SOCKET. Leaving the block stops it with SIGTERM and fails when it does not end cleanly or a
sanitizer had something to say.
"""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

BUILD = os.environ.get("HEARTH_BUILD", os.path.join(os.getcwd(), "build"))
SOURCE = os.environ.get("HEARTH_SOURCE", os.getcwd())
HEARTHD = os.path.join(BUILD, "daemon", "hearthd")
HEARTH = os.path.join(BUILD, "cli", "hearth")

SANITIZER_MARKS = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error:",
                   "WARNING: ThreadSanitizer")


class ApiError(Exception):
    def __init__(self, status, code, message):
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout=30):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Daemon:
    """One hearthd. `state_dir` and `env` may be given to start it again on the same state."""

    def __init__(self, media=(), state_dir=None, name="Test home", interfaces=("lo",), port=0,
                 arguments=(), env=None, config=None, prefix=(), start_timeout=30):
        self.own_dir = tempfile.mkdtemp(prefix="hearth-test-")
        self.state_dir = state_dir or os.path.join(self.own_dir, "state")
        self.media = list(media)
        self.name = name
        self.interfaces = list(interfaces)
        self.wanted_port = port
        self.arguments = list(arguments)
        self.prefix = list(prefix)  # ["ip", "netns", "exec", NAME]
        self.env = dict(os.environ, HOME=self.own_dir, G_DEBUG="fatal-warnings", **(env or {}))
        for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_MUSIC_DIR"):
            self.env.pop(name, None)
        self.start_timeout = start_timeout
        self.process = None
        self.log_path = os.path.join(self.own_dir, "log")
        self.config_path = os.path.join(self.own_dir, "hearth.conf")
        if config is not None:
            with open(self.config_path, "w", encoding="utf-8") as file:
                file.write(config)

    # ---- Life ----

    def command(self):
        line = self.prefix + [HEARTHD, "--state-dir", self.state_dir,
                              "--port", str(self.wanted_port), "--config", self.config_path]
        if self.name is not None:
            line += ["--name", self.name]
        for folder in self.media:
            line += ["--media", folder]
        for interface in self.interfaces:
            line += ["--interface", interface]
        return line + self.arguments

    def start(self):
        notify_path = os.path.join(self.own_dir, "notify")
        if os.path.exists(notify_path):
            os.unlink(notify_path)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify, \
                open(self.log_path, "ab") as log:
            notify.bind(notify_path)
            notify.settimeout(0.1)
            self.process = subprocess.Popen(
                self.command(), stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                env=dict(self.env, NOTIFY_SOCKET=notify_path))
            self._wait_until_ready(notify)
        status = self.get("status")
        self.port = status["port"]
        return self

    def _wait_until_ready(self, notify):
        deadline = time.monotonic() + self.start_timeout
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise AssertionError(
                    f"hearthd ended with {self.process.returncode}:\n{self.log()}")
            try:
                if b"READY=1" in notify.recv(65536):
                    return
            except socket.timeout:
                pass
        self.process.kill()
        self.process.wait()
        raise AssertionError(f"hearthd was not ready in {self.start_timeout} s:\n{self.log()}")

    def stop(self, timeout=20):
        """Stops it as systemd would, and insists on a clean end."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            code = "no end"
        self.process = None
        self.check_log()
        if code != 0:
            raise AssertionError(f"hearthd ended with {code}:\n{self.log()}")

    def kill(self):
        """kill -9: what a power cut looks like to the files."""
        self.process.kill()
        self.process.wait()
        self.process = None

    def restart(self):
        self.stop()
        return self.start()

    def remove(self):
        shutil.rmtree(self.own_dir, ignore_errors=True)

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def check_log(self):
        text = self.log()
        for mark in SANITIZER_MARKS:
            if mark in text:
                raise AssertionError(f"a sanitizer reported:\n{text}")

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.remove()
            raise

    def __exit__(self, kind, value, trace):
        try:
            if kind is not None:
                sys.stderr.write(self.log())
            self.stop()
        finally:
            self.remove()

    # ---- The API, as its owner ----

    @property
    def socket_path(self):
        return os.path.join(self.state_dir, "socket")

    def request(self, method, path, body=None, headers=None):
        """Any request on the Unix socket. Returns (status, headers, bytes)."""
        connection = UnixConnection(self.socket_path)
        try:
            data = json.dumps(body).encode() if isinstance(body, (dict, list)) else body
            connection.request(method, path, body=data, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def api(self, method, path, body=None):
        status, _, data = self.request(method, "/api/v1/" + path, body)
        answer = json.loads(data)
        if status != 200:
            error = answer["error"]
            raise ApiError(status, error["code"], error["message"])
        return answer

    def get(self, path, /, **query):
        if query:
            path += "?" + urllib.parse.urlencode(query)
        return self.api("GET", path)

    def post(self, path, /, **body):
        return self.api("POST", path, body)

    def put(self, path, /, **body):
        return self.api("PUT", path, body)

    def delete(self, path):
        return self.api("DELETE", path)

    def wait_for(self, condition, what="the condition", timeout=20):
        """Calls condition(status) until it is true; returns the status."""
        deadline = time.monotonic() + timeout
        status = self.get("status")
        while not condition(status):
            if time.monotonic() > deadline:
                raise AssertionError(f"{what} did not come true in {timeout} s: {status}")
            time.sleep(0.05)
            status = self.get("status")
        return status

    def wait_for_scan(self, timeout=60):
        return self.wait_for(lambda s: s["scan"]["phase"] == "idle" and
                             s["scan"]["started_unix_ms"] > 0, "the scan's end", timeout)

    # ---- The network, as anyone ----

    def lan(self, method, path, body=None, headers=None, host="127.0.0.1"):
        """Any request on the LAN listener. Returns (status, headers, bytes)."""
        connection = http.client.HTTPConnection(host, self.port, timeout=30)
        try:
            connection.request(method, path, body=body, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    # ---- The command line ----

    def cli(self, *words, **options):
        """Runs `hearth`. Returns the completed process with text output."""
        return subprocess.run([HEARTH, "--state-dir", self.state_dir, *words],
                              capture_output=True, text=True, timeout=60, check=False,
                              env=dict(self.env, **options.get("env", {})))
