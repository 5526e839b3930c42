# SPDX-License-Identifier: GPL-3.0-or-later
"""Tools that bring a folder on a device up to date with one at home, and what that costs. The device
is a network namespace at the other end of a cable; its counters say what crossed."""
import contextlib
import http.client
import json
import os
import re
import resource
import shutil
import signal
import socket
import subprocess
import time

import procfs


class Failed(RuntimeError):
    """A tool did not do what it was asked."""


def _run(command, **more):
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=1200, **more)
    if done.returncode != 0:
        raise Failed(f"{' '.join(command[:6])}: {(done.stderr or done.stdout).strip()[-500:]}")
    return done.stdout


def wait_for(what, condition, seconds, interval=0.01):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise Failed(f"{what} did not come within {seconds} s")
        time.sleep(interval)


class Tool:
    """One tool between @home and @device, two folders. Its own state is below @scratch."""
    name = ""
    has_changed = True  # something is to be brought

    def __init__(self, bench, home, scratch):
        self.bench, self.home = bench, home
        self.scratch = scratch
        self.device = os.path.join(scratch, "device")
        self.processes = []  # (process, is on the device)
        os.makedirs(self.device)

    def __enter__(self):
        try:
            self.set_up()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for process, _ in self.processes:
            process.send_signal(signal.SIGTERM)
        for process, _ in self.processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(15)
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def there(self, command):
        """@command as the device runs it."""
        return ["ip", "netns", "exec", self.bench.namespace.name, *command]

    def start(self, command, is_on_device=False, env=None):
        with open(os.path.join(self.scratch, "output.txt"), "ab") as log:
            process = subprocess.Popen(self.there(command) if is_on_device else command,
                                       stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env,
                                       start_new_session=True)
        self.processes.append((process, is_on_device))
        return process

    def cpu_s(self):
        """Of both sides: what runs, and what has run and ended."""
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime + sum(procfs.cpu_s(p.pid) for p, _ in self.processes)

    def wire_bytes(self):
        folder = f"/sys/class/net/{self.bench.namespace.link}/statistics"
        total = 0
        for name in ("rx_bytes", "tx_bytes"):
            with open(os.path.join(folder, name), encoding="ascii") as file:
                total += int(file.read())
        return total

    def written_bytes(self):
        """By the device, to its disk."""
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_oublock * 512

    def set_up(self):
        """Everything that is done once, before the first copy."""

    def sync(self):
        """Brings the device up to date; returns when it is."""
        raise NotImplementedError

    def is_done(self):
        """Whether nothing is left to be brought: else sync() is called again. Not measured."""
        return True

    def settle(self):
        """Waits for what goes on in the background, and is not measured. Returns its CPU seconds."""
        return 0.0

    def files(self):
        """Where the device keeps the files."""
        return self.device

    def notes(self):
        """What the table should say of this tool: (figure, sentence)."""
        return []

    @classmethod
    def is_there(cls):
        return shutil.which(cls.name) is not None


class Rsync(Tool):
    """Over ssh, with a server and keys of its own."""
    name = "rsync"

    def set_up(self):
        sshd = shutil.which("sshd") or "/usr/sbin/sshd"
        os.makedirs("/run/sshd", exist_ok=True)
        for key in ("host", "user"):
            _run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{self.scratch}/{key}"])
        shutil.copy(f"{self.scratch}/user.pub", f"{self.scratch}/authorized")
        here = self.bench.namespace.here
        port = self.bench.next_port()
        with open(f"{self.scratch}/sshd.conf", "w", encoding="utf-8") as file:
            file.write(f"ListenAddress {here}:{port}\nHostKey {self.scratch}/host\nUsePAM no\n"
                       f"AuthorizedKeysFile {self.scratch}/authorized\nStrictModes no\n"
                       "PermitRootLogin prohibit-password\nPidFile none\nPasswordAuthentication no\n")
        self.start([sshd, "-D", "-f", f"{self.scratch}/sshd.conf"])
        wait_for("sshd", lambda: _is_listening(here, port), 10)
        ssh = (f"ssh -p {port} -i {self.scratch}/user -o StrictHostKeyChecking=no "
               f"-o UserKnownHostsFile={self.scratch}/known -o LogLevel=ERROR")
        self.command = self.there(["rsync", "-a", "--no-whole-file", "--delete", "-e", ssh,
                                   f"{here}:{self.home}/", f"{self.device}/"])

    def sync(self):
        _run(self.command)


class UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=600)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Syncthing(Tool):
    """Two instances; the home's is asked to look, so that its own delay doesn't count."""
    name = "syncthing"
    KEY = "bench"

    def set_up(self):
        self.is_paused = True  # so that the first copy begins when it is asked for
        self.ids = {}
        for side in ("home", "device"):
            _run(["syncthing", "generate", "--home", f"{self.scratch}/{side}-state", "--no-default-folder"])
            text = _run(["syncthing", "--home", f"{self.scratch}/{side}-state", "--device-id"])
            self.ids[side] = text.strip().splitlines()[-1]
        self.port = self.bench.next_port()
        for side in ("home", "device"):
            with open(f"{self.scratch}/{side}-state/config.xml", "w", encoding="utf-8") as file:
                file.write(self._config(side))
            self.start(["syncthing", "serve", "--home", f"{self.scratch}/{side}-state", "--no-browser",
                        "--no-restart"], side == "device",
                       dict(os.environ, HOME=self.scratch, STNOUPGRADE="1"))
        for side in ("home", "device"):
            wait_for(f"syncthing ({side})", lambda s=side: self._is_up(s), 30, 0.1)
        wait_for("their connection", self._is_connected, 60, 0.1)

    def _config(self, side):
        other = {"home": "device", "device": "home"}[side]
        namespace = self.bench.namespace
        addresses = {"home": f"tcp://{namespace.here}:{self.port}",
                     "device": f"tcp://{namespace.address}:{self.port}"}
        path = self.home if side == "home" else self.device
        kind = "sendonly" if side == "home" else "receiveonly"
        return f"""<configuration version="36">
  <folder id="music" path="{path}" type="{kind}" rescanIntervalS="0" fsWatcherEnabled="false">
    <paused>{str(side == "home").lower()}</paused>
    <device id="{self.ids['home']}"/><device id="{self.ids['device']}"/>
    <minDiskFree unit="%">0</minDiskFree></folder>
  <device id="{self.ids[side]}" name="{side}"><address>dynamic</address></device>
  <device id="{self.ids[other]}" name="{other}"><address>{addresses[other]}</address></device>
  <gui enabled="true"><address>{self.scratch}/{side}.sock</address><apikey>{self.KEY}</apikey></gui>
  <options><listenAddress>{addresses[side]}</listenAddress>
    <globalAnnounceEnabled>false</globalAnnounceEnabled>
    <localAnnounceEnabled>false</localAnnounceEnabled><relaysEnabled>false</relaysEnabled>
    <natEnabled>false</natEnabled><urAccepted>-1</urAccepted><startBrowser>false</startBrowser>
    <crashReportingEnabled>false</crashReportingEnabled><reconnectionIntervalS>1</reconnectionIntervalS>
    <autoUpgradeIntervalH>0</autoUpgradeIntervalH></options>
</configuration>
"""

    def ask(self, side, path, method="GET", body=None):
        connection = UnixConnection(f"{self.scratch}/{side}.sock")
        try:
            connection.request(method, path, body, {"X-API-Key": self.KEY})
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        return json.loads(text) if text.strip().startswith(b"{") else None

    def _is_up(self, side):
        try:
            return self.ask(side, "/rest/system/status") is not None
        except OSError:
            return False

    def _is_connected(self):
        found = self.ask("home", "/rest/system/connections")["connections"]
        return any(each["connected"] for each in found.values())

    def _is_done(self):
        state = self.ask("home", f"/rest/db/completion?folder=music&device={self.ids['device']}")
        if state["needItems"] or state["needDeletes"] or state["needBytes"]:
            return False
        mine, theirs = (self.ask(side, "/rest/db/status?folder=music") for side in ("home", "device"))
        return (theirs["state"] == "idle" and theirs["needTotalItems"] == 0 and
                theirs["globalBytes"] == mine["localBytes"])

    def sync(self):
        if self.is_paused:
            self.is_paused = False
            self.ask("home", "/rest/config/folders/music", "PATCH", '{"paused": false}')
            wait_for("the folder", lambda: self.ask(
                "home", "/rest/db/status?folder=music")["state"] != "", 30)
        self.ask("home", "/rest/db/scan?folder=music", "POST")
        wait_for("completion", self._is_done, 900, 0.05)

    def written_bytes(self):
        total = 0
        for process, is_on_device in self.processes:
            for pid in procfs.tree(process.pid) if is_on_device else ():
                with contextlib.suppress(OSError), open(f"/proc/{pid}/io", encoding="ascii") as file:
                    total += int(re.search(r"^write_bytes: (\d+)", file.read(), re.M).group(1))
        return total


class Casync(Tool):
    """A chunk store in a folder; what would cross is the new chunks and the index."""
    name = "casync"

    def set_up(self):
        self.store = os.path.join(self.scratch, "store.castr")
        self.index = os.path.join(self.scratch, "music.caidx")
        self.wire = self.n_bytes = self.written = 0

    def _store_bytes(self):
        return sum(os.path.getsize(os.path.join(folder, name))
                   for folder, _, names in os.walk(self.store) for name in names)

    def sync(self):
        _run(["casync", "make", f"--store={self.store}", "--without=all", self.index, self.home])
        stored = self._store_bytes()
        self.wire += stored - self.n_bytes + os.path.getsize(self.index)
        self.n_bytes = stored
        before = super().written_bytes()
        # Extracting over the folder that is the seed ends now and then in "Stale file handle".
        new = self.device + ".new"
        _run(["casync", "extract", f"--store={self.store}", "--without=all", f"--seed={self.device}",
              self.index, new])
        shutil.rmtree(self.device)
        os.rename(new, self.device)
        self.written += super().written_bytes() - before

    def written_bytes(self):
        """Of the extraction alone; making the store is the home's part."""
        return self.written

    def wire_bytes(self):
        return self.wire


def _is_listening(host, port):
    try:
        socket.create_connection((host, port), 1).close()
    except OSError:
        return False
    return True
