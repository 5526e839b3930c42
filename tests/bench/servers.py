# SPDX-License-Identifier: GPL-3.0-or-later
"""The servers that are measured, each in the foreground with an empty state of its own."""
import gzip
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import xml.etree.ElementTree as ET

import contentdir
import procfs

STOP_SECONDS = 10


def wait_for(condition, seconds, interval=0.01):
    """Returns how long it took; None: it did not come true in time."""
    start = time.monotonic()
    while time.monotonic() - start < seconds:
        if condition():
            return time.monotonic() - start
        time.sleep(interval)
    return None


class Server:
    """One process on loopback, or at @address inside @namespace."""
    name = ""
    control_path = ""
    formats = ("mp3", "flac", "ogg", "m4a", "opus")

    def __init__(self, bench, state, media, namespace=None):
        self.bench, self.state, self.media, self.namespace = bench, state, media, namespace
        self.address, self.interface = namespace.address if namespace else "127.0.0.1", "lo"
        if namespace:
            self.interface = namespace.interface
        self.port = bench.next_port()
        self.process, self.started = None, 0.0
        self.control = contentdir.Control(self.address, self.port, self.control_path)

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def server(self):
        return f"{self.address}:{self.port}"

    def start(self):
        os.makedirs(self.state, exist_ok=True)
        command = self.command()
        if self.namespace:
            command = ["ip", "netns", "exec", self.namespace.name, *command]
        with open(os.path.join(self.state, "output.txt"), "ab") as log:
            self.started = time.monotonic()
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, start_new_session=True)

    def stop(self):
        """Asks it to end, and its whole group when it doesn't."""
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.process = None

    def is_listening(self):
        try:
            socket.create_connection((self.address, self.port), 1).close()
        except OSError:
            return False
        return True

    def wait(self, condition, seconds, interval=0.01):
        """As wait_for(); a server that has ended is not waited for."""
        def holds_or_ended():
            return self.process.poll() is not None or condition()
        took = wait_for(holds_or_ended, seconds, interval)
        if self.process.poll() is not None:
            raise contentdir.Failed(f"{self.name} ended with {self.process.returncode}")
        return took

    def wait_listening(self):
        if self.wait(self.is_listening, 30, 0.002) is None:
            raise contentdir.Failed(f"{self.name} does not listen")

    def wait_idle(self):
        """Until half a second has passed in which it did next to nothing, or two minutes."""
        for _ in range(240):
            before = self.cpu_s()
            time.sleep(0.5)
            if self.cpu_s() - before < 0.05:
                return

    def cpu_s(self):
        return procfs.cpu_s(self.process.pid)

    def n_expected(self, corpus):
        return sum(track.format in self.formats for track in corpus.tracks)

    def all_tracks(self):
        """The id of the container with all tracks, or None."""
        raise NotImplementedError

    def n_tracks(self):
        container = self.all_tracks()
        return self.control.total(container) if container else 0

    def is_scanned(self, corpus):
        return self.n_tracks() >= self.n_expected(corpus)

    def video_path(self):
        raise NotImplementedError

    def command(self):
        raise NotImplementedError


class Hearth(Server):
    name = "hearth"
    control_path = "/dlna/control/content"

    def command(self):
        command = [self.bench.program("daemon/hearthd"), "--state-dir", self.state, "--port",
                   str(self.port), "--interface", self.interface, "--name", "bench",
                   "--socket", os.path.join(self.state, "socket")]
        for folder in self.media:
            command += ["--media", folder]
        return command

    def all_tracks(self):
        return "music-all"

    def is_scanned(self, corpus):
        """Tags are read as well: every track of a corpus has a genre."""
        expected = self.n_expected(corpus)
        return self.n_tracks() >= expected and self.control.found(
            'upnp:class derivedfrom "object.item.audioItem" and upnp:genre exists true') >= expected

    def video_path(self):
        return self.control.first_resource("video-all")

    def status(self):
        """What GET /api/status says, over the Unix socket; {} while there is none."""
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(10)
            try:
                client.connect(os.path.join(self.state, "socket"))
                client.sendall(b"GET /api/v1/status HTTP/1.0\r\n\r\n")
                answer = b"".join(iter(lambda: client.recv(65536), b""))
                return json.loads(answer.partition(b"\r\n\r\n")[2])
            except (OSError, ValueError):
                return {}


class Minidlna(Server):
    name = "minidlna"
    control_path = "/ctl/ContentDir"
    formats = ("mp3", "flac", "ogg", "m4a")  # it indexes no Opus

    def command(self):
        path = os.path.join(self.state, "minidlna.conf")
        lines = [f"port={self.port}", f"network_interface={self.interface}",
                 f"db_dir={self.state}/db", f"log_dir={self.state}", "friendly_name=bench",
                 "root_container=.", "max_connections=2000", "inotify=yes"]
        lines += [f"media_dir={folder}" for folder in self.media]
        os.makedirs(f"{self.state}/db", exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        rescan = ["-r"] if os.path.exists(f"{self.state}/db/files.db") else []
        return ["minidlnad", "-S", "-f", path, "-P", f"{self.state}/pid", *rescan]

    def all_tracks(self):
        return "1$4"

    def video_path(self):
        return self.control.first_resource("2$8")


class Gerbera(Server):
    name = "gerbera"
    control_path = "/upnp/control/cds"
    example = "/usr/share/doc/gerbera/examples/config.xml.gz"

    def command(self):
        path = os.path.join(self.state, "config.xml")
        self._write_config(path)
        return ["gerbera", "-c", path, "-i", self.address, "-p", str(self.port)]

    def _write_config(self, path):
        space = "{http://mediatomb.cc/config/2}"
        ET.register_namespace("", space[1:-1])
        with gzip.open(self.example) as file:
            root = ET.parse(file).getroot()
        server = root.find(space + "server")
        server.find(space + "home").text = self.state
        server.find(space + "udn").text = "uuid:00000000-0000-4000-8000-000000000001"
        root.remove(root.find(space + "transcoding"))
        autoscan = ET.SubElement(root.find(space + "import"), space + "autoscan",
                                 {"use-inotify": "yes"})
        for folder in self.media:
            ET.SubElement(autoscan, space + "directory", {
                "location": folder, "mode": "inotify", "recursive": "yes", "level": "full",
                "hidden-files": "no"})
        ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)

    def all_tracks(self):
        return self.control.by_titles("Audio", "All Audio")

    def video_path(self):
        container = self.control.by_titles("Video", "All Video")
        return container and self.control.first_resource(container)


class Nginx(Server):
    """The floor: files from a folder, as many workers as hearth has threads for HTTP."""
    name = "nginx"

    def command(self):
        path = os.path.join(self.state, "nginx.conf")
        os.makedirs(self.state, exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(
                f"worker_processes {os.cpu_count()};\nworker_rlimit_nofile 65536;\ndaemon off;\n"
                f"user root;\npid {self.state}/pid;\nerror_log {self.state}/error.txt;\n"
                "events { worker_connections 8192; }\n"
                "http { access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000;\n"
                f"client_body_temp_path {self.state}/body; proxy_temp_path {self.state}/proxy;\n"
                f"fastcgi_temp_path {self.state}/fcgi; uwsgi_temp_path {self.state}/uwsgi;\n"
                f"scgi_temp_path {self.state}/scgi;\n"
                f"server {{ listen {self.address}:{self.port} backlog=4096; root {self.media[0]}; }} "
                "}\n")
        return ["nginx", "-c", path, "-p", self.state]

    def video_path(self):
        return "/film.mkv"


PEERS = {kind.name: kind for kind in (Hearth, Minidlna, Gerbera, Nginx)}


def versions(bench):
    """What was measured: a name and a version each."""
    found = {"hearth": _version([bench.program("daemon/hearthd"), "--version"])}
    for package in ("minidlna", "gerbera", "nginx-light"):
        found[package] = _version(["dpkg-query", "-W", "-f", "${Version}", package])
    return {name: version for name, version in found.items() if version}


def _version(command):
    if shutil.which(command[0]) is None:
        return ""
    output = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    match = re.search(r"\d[\w.+~-]*", output)
    return match.group() if match else ""
