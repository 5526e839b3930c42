# SPDX-License-Identifier: GPL-3.0-or-later
"""A UPnP AV control point: description, SCPD, SOAP, GENA, SSDP, and a walk of the whole tree.

    point = ControlPoint("http://192.0.2.1:8200/dlna/description.xml", host=tv)
    tree = point.walk()
    tree["0"].title

Pages of DIDL-Lite go through libgupnp-av's parser, and by schema_errors() through its XSD. With @host
(of netns.py) every socket is made on that host.
"""

import contextlib
import http.client
import itertools
import os
import re
import socket
import struct
import subprocess
import tempfile
import threading
import time
import urllib.parse
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape

import gi

gi.require_version("GUPnPAV", "1.0")
from gi.repository import GUPnPAV  # noqa: E402  pylint: disable=wrong-import-position

DIDL = "{urn:schemas-upnp-org:metadata-1-0/DIDL-Lite/}"
DC = "{http://purl.org/dc/elements/1.1/}"
UPNP = "{urn:schemas-upnp-org:metadata-1-0/upnp/}"
DLNA = "{urn:schemas-dlna-org:metadata-1-0/}"
SEC = "{http://www.sec.co.kr/}"
PV = "{http://www.pv.com/pvns/}"
AV = "{urn:schemas-sony-com:av}"
DEVICE = "{urn:schemas-upnp-org:device-1-0}"
SERVICE = "{urn:schemas-upnp-org:service-1-0}"
SCHEMAS = "/usr/share/gupnp-av"


class UpnpError(Exception):
    def __init__(self, code, text):
        super().__init__(f"{code} {text}")
        self.code = code


class Answer:
    def __init__(self, response, body):
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.getheaders()}
        self.body = body


class Resource:
    """A <res> element."""

    def __init__(self, element):
        self.element = element
        self.url = element.text
        self.protocol_info = element.get("protocolInfo")
        _, _, self.mime_type, self.fourth = self.protocol_info.split(":", 3)

    def number(self, name):
        value = self.element.get(name)
        return None if value is None else int(value)

    @property
    def duration_s(self):
        value = self.element.get("duration")
        if value is None:
            return None
        hours, minutes, seconds = re.fullmatch(r"(\d+):(\d\d):(\d\d\.\d+)", value).groups()
        return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


class Object:
    """An <item> or <container> as one page showed it."""

    def __init__(self, element):
        self.element = element
        self.is_container = element.tag == DIDL + "container"
        self.id = element.get("id")
        self.parent_id = element.get("parentID")
        self.ref_id = element.get("refID")
        self.title = element.findtext(DC + "title")
        self.upnp_class = element.findtext(UPNP + "class")
        self.date = element.findtext(DC + "date")
        self.album = element.findtext(UPNP + "album")
        self.genres = self._texts(UPNP + "genre")
        self.artists = self._texts(UPNP + "artist")
        self.album_artists = self._texts(UPNP + "artist", "AlbumArtist")
        self.composers = self._texts(UPNP + "author", "Composer")
        self.creator = element.findtext(DC + "creator")
        self.track = int(element.findtext(UPNP + "originalTrackNumber", "0"))
        self.disc = int(element.findtext(UPNP + "originalDiscNumber", "0"))
        self.resources = [Resource(res) for res in element.findall(DIDL + "res")]
        self.art = [(art.get(DLNA + "profileID"), art.text)
                    for art in element.findall(UPNP + "albumArtURI")]
        child_count = element.get("childCount")
        self.child_count = None if child_count is None else int(child_count)
        self.searchable = element.get("searchable")

    def _texts(self, tag, role=None):
        return [e.text for e in self.element.findall(tag) if e.get("role") == role]

    @property
    def leaf_id(self):
        return self.id.split(".", 1)[0]

    @property
    def original(self):
        """The file itself among the resources."""
        return next(res for res in self.resources if "/original." in res.url)

    def text(self):
        """All that is said of it, to be compared."""
        return ET.tostring(self.element, encoding="unicode")

    def __repr__(self):
        return f"<{self.id} {self.title!r}>"


class Page:
    def __init__(self, values):
        self.didl = values["Result"]
        self.n_returned = int(values["NumberReturned"])
        self.total = int(values["TotalMatches"])
        self.update_id = int(values["UpdateID"])
        self.objects = [Object(e) for e in ET.fromstring(self.didl)]
        self._check()

    def _check(self):
        """libgupnp-av sees what we see; NumberReturned is the number of objects."""
        assert self.n_returned == len(self.objects), (self.n_returned, len(self.objects))
        seen = []
        parser = GUPnPAV.DIDLLiteParser.new()
        parser.connect("object-available", lambda _, found: seen.append(found))
        if self.objects:  # it takes an empty page for a mistake
            parser.parse_didl(self.didl)
        assert len(seen) == len(self.objects), (len(seen), self.didl)
        for theirs, ours in zip(seen, self.objects):
            assert theirs.get_id() == ours.id, (theirs.get_id(), ours.id)
            assert theirs.get_parent_id() == ours.parent_id, ours
            assert theirs.get_title() == ours.title, ours
            assert theirs.get_upnp_class() == ours.upnp_class, ours
            assert theirs.get_restricted(), ours
            resources = theirs.get_resources()
            assert len(resources) == len(ours.resources), ours
            for res, own in zip(resources, ours.resources):
                assert res.get_uri() == own.url, ours
                assert res.get_protocol_info().get_mime_type() == own.mime_type, own.protocol_info


class Tree(dict):
    """id → Object, with the order of children as listed."""

    def __init__(self):
        super().__init__()
        self.children = {}
        self.pages = []
        self.repeated = []  # ids that a container listed more than once

    def under(self, container_id):
        return [self[child] for child in self.children[container_id]]

    def own_items(self, prefix=None):
        """Items in their own places, or every item below a container whose id begins so."""
        found = [o for o in self.values() if not o.is_container]
        if prefix is None:
            return [o for o in found if o.ref_id is None]
        return [o for o in found if o.parent_id.startswith(prefix)]

    def titled(self, title):
        """The one canonical object of this title."""
        found = [o for o in self.values() if o.title == title and o.ref_id is None and
                 "." not in o.id]
        assert len(found) == 1, (title, found)
        return found[0]

    def path(self, *titles):
        """The object reached from the root through these titles."""
        place = self["0"]
        for title in titles:
            found = [o for o in self.under(place.id) if o.title == title]
            assert len(found) == 1, (titles, title, [o.title for o in self.under(place.id)])
            place = found[0]
        return place

    def titles(self, container):
        return [o.title for o in self.under(container.id)]


class ControlPoint:
    """One client of one device; used by one thread. @headers: what it says of itself."""

    def __init__(self, location, host=None, headers=None):
        self.location = location
        self.host = host
        self.headers = dict(headers or {})
        self.connections = {}
        self.description = None
        self.services = {}

    def _inside(self):
        return self.host.inside() if self.host is not None else contextlib.nullcontext()

    def close(self):
        for connection in self.connections.values():
            connection.close()
        self.connections = {}

    # ---- HTTP ----

    def request(self, method, url, body=None, headers=None):
        url = urllib.parse.urljoin(self.location, url)
        parts = urllib.parse.urlsplit(url)
        target = parts.path + ("?" + parts.query if parts.query else "")
        for is_last in (False, True):
            connection = self.connections.get(parts.netloc)
            if connection is None:
                connection = http.client.HTTPConnection(parts.netloc, timeout=20)
                self.connections[parts.netloc] = connection
            try:
                if connection.sock is None:
                    with self._inside():
                        connection.connect()
                connection.request(method, target, body=body,
                                   headers={**self.headers, **(headers or {})})
                response = connection.getresponse()
                return Answer(response, response.read())
            except (ConnectionError, http.client.BadStatusLine):
                # Kept alive by us, ended by the other side: once more on a new one.
                connection.close()
                del self.connections[parts.netloc]
                if is_last:
                    raise
        raise AssertionError("not reached")

    def get(self, url, **headers):
        return self.request("GET", url, headers={k.replace("_", "-"): v
                                                 for k, v in headers.items()})

    # ---- Description ----

    def describe(self):
        """Reads the description; returns its <device>."""
        answer = self.get(self.location)
        assert answer.status == 200, answer.status
        self.description = ET.fromstring(answer.body)
        device = self.description.find(DEVICE + "device")
        for service in device.iter(DEVICE + "service"):
            fields = {e.tag.replace(DEVICE, ""): e.text for e in service}
            name = fields["serviceId"].rsplit(":", 1)[1]
            self.services[name] = fields
        return device

    def service(self, name):
        if not self.services:
            self.describe()
        return self.services[name]

    # ---- SOAP ----

    def call(self, service_name, action, **arguments):
        service = self.service(service_name)
        inner = "".join(f"<{k}>{escape(str(v))}</{k}>" for k, v in arguments.items())
        body = ('<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"'
                ' s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>'
                f'<u:{action} xmlns:u="{service["serviceType"]}">{inner}</u:{action}>'
                "</s:Body></s:Envelope>").encode()
        answer = self.request("POST", service["controlURL"], body, {
            "Content-Type": 'text/xml; charset="utf-8"',
            "SOAPACTION": f'"{service["serviceType"]}#{action}"'})
        root = ET.fromstring(answer.body)
        if answer.status != 200:
            code = next(e.text for e in root.iter() if e.tag.endswith("}errorCode"))
            text = next(e.text for e in root.iter() if e.tag.endswith("}errorDescription"))
            raise UpnpError(int(code), f"{text} {arguments}")
        reply = next(e for e in root.iter() if e.tag.endswith("}" + action + "Response"))
        return {e.tag: e.text or "" for e in reply}

    def browse(self, object_id, flag="BrowseDirectChildren", start=0, count=0, sort="", select="*"):
        return Page(self.call("ContentDirectory", "Browse", ObjectID=object_id, BrowseFlag=flag,
                              Filter=select, StartingIndex=start, RequestedCount=count,
                              SortCriteria=sort))

    def metadata(self, object_id):
        page = self.browse(object_id, "BrowseMetadata")
        assert (page.n_returned, page.total) == (1, 1)
        return page.objects[0]

    def search(self, criteria, container="0", start=0, count=0, sort=""):
        return Page(self.call("ContentDirectory", "Search", ContainerID=container,
                              SearchCriteria=criteria, Filter="*", StartingIndex=start,
                              RequestedCount=count, SortCriteria=sort))

    def system_update_id(self):
        return int(self.call("ContentDirectory", "GetSystemUpdateID")["Id"])

    # ---- The walk ----

    def children(self, container_id, size=0, sort="", pages=None):
        """Every child, asked for in pages of @size."""
        found = []
        while True:
            page = self.browse(container_id, start=len(found), count=size, sort=sort)
            if pages is not None:
                pages.append(page)
            found += page.objects
            assert page.total >= len(found), (container_id, page.total, len(found))
            if len(found) == page.total:
                return found
            assert page.n_returned > 0, (container_id, "an empty page before the end")

    def walk(self, sizes=(7, 1, 30, 3), start="0"):
        """The whole tree, in pages of these sizes by turns."""
        tree = Tree()
        turns = itertools.cycle(sizes)
        tree[start] = self.metadata(start)
        waiting = [start]
        while waiting:
            container = waiting.pop()
            objects = self.children(container, next(turns), pages=tree.pages)
            tree.children[container] = [o.id for o in objects]
            for child in objects:
                if child.id in tree:
                    assert child.parent_id == container, f"{child.id} is in two places"
                    tree.repeated.append(child.id)
                tree[child.id] = child
                if child.is_container:
                    waiting.append(child.id)
        return tree


def _copy_schemas(folder):
    """The schemas, made to find each other without a network."""
    for name in os.listdir(SCHEMAS):
        with open(os.path.join(SCHEMAS, name), encoding="utf-8") as file:
            text = re.sub(r'schemaLocation="[^" ]*/([^/"]+\.xsd)"', r'schemaLocation="\1"',
                          file.read())
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)
    return os.path.join(folder, "didl-lite-v2.xsd")


def schema_errors(pages):
    """What the schema of DIDL-Lite says against these pages: a list of lines."""
    found = []
    with tempfile.TemporaryDirectory(prefix="hearth-test-") as folder:
        schema = _copy_schemas(folder)
        names = []
        for page in pages:
            if page.objects:
                names.append(os.path.join(folder, f"{len(names)}.xml"))
                with open(names[-1], "w", encoding="utf-8") as file:
                    # DLNA's own attribute, and what ContentDirectory got later.
                    file.write(re.sub(r' dlna:profileID="\w+"|<upnp:originalDiscNumber>\d+</[^>]+>',
                                      "", page.didl))
        for first in range(0, len(names), 500):
            done = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", schema,
                                   *names[first:first + 500]], capture_output=True, text=True,
                                  check=False)
            found += [line for line in done.stderr.splitlines() if not line.endswith(" validates")]
    return found


# ---- GENA ----

class Subscriber:
    """Takes events on its own port of @host. events: (when, sid, seq, {variable: value})"""

    def __init__(self, host, address):
        self.host = host
        self.events = []
        with host.inside():
            self.server = socket.socket()
            self.server.bind((address, 0))
        self.server.listen(16)
        self.callback = "<http://%s:%d/events>" % self.server.getsockname()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self.server.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                with contextlib.suppress(OSError, ValueError, ET.ParseError):
                    self._take(connection)

    def _take(self, connection):
        stream = connection.makefile("rb")
        assert stream.readline().startswith(b"NOTIFY ")
        headers = http.client.parse_headers(stream)
        body = ET.fromstring(stream.read(int(headers["Content-Length"])))
        values = {e.tag.split("}")[-1]: e.text or "" for prop in body for e in prop}
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        self.events.append((time.monotonic(), headers["SID"], int(headers["SEQ"]), values))

    def subscribe(self, point, service="ContentDirectory"):
        """Returns: the SID"""
        answer = point.request("SUBSCRIBE", point.service(service)["eventSubURL"], headers={
            "CALLBACK": self.callback, "NT": "upnp:event", "TIMEOUT": "Second-300"})
        assert answer.status == 200, answer.status
        return answer.headers["sid"]

    def container_updates(self, since=0.0):
        """container id → its newest update id, of events that came after @since."""
        found = {}
        for at, _, _, values in list(self.events):
            fields = values.get("ContainerUpdateIDs", "").split(",") if at >= since else []
            found.update(zip(fields[0::2], map(int, fields[1::2])))
        return found

    def close(self):
        with contextlib.suppress(OSError):
            self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()


# ---- SSDP ----

GROUP = ("239.255.255.250", 1900)


def ssdp_fields(message):
    """The header fields of a message, names in upper case."""
    pairs = (line.split(":", 1) for line in message.splitlines()[1:] if ":" in line)
    return {name.strip().upper(): value.strip() for name, value in pairs}


def ssdp_search(host, target="upnp:rootdevice", interface="eth0", seconds=0.5):
    """M-SEARCH from @host. Returns: the fields of each answer that came in time."""
    with host.inside():
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode())
        sock.sendto((f"M-SEARCH * HTTP/1.1\r\nHOST: {GROUP[0]}:{GROUP[1]}\r\n"
                     f'MAN: "ssdp:discover"\r\nMX: 1\r\nST: {target}\r\n\r\n').encode(), GROUP)
        answers = []
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            sock.settimeout(left)
            try:
                answers.append(ssdp_fields(sock.recv(9000).decode()))
            except socket.timeout:
                break
        return answers


class SsdpListener:
    """Keeps what is multicast to @host. messages: (when, fields)"""

    def __init__(self, host, interface="eth0"):
        self.messages = []
        with host.inside():
            self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.sock.bind(GROUP)
            self.sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, struct.pack(
                "4s4si", socket.inet_aton(GROUP[0]), bytes(4), socket.if_nametoindex(interface)))
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        while True:
            try:
                data = self.sock.recv(9000)
            except OSError:
                return
            self.messages.append((time.monotonic(), ssdp_fields(data.decode())))

    def of(self, nts, since=0.0, **wanted):
        return [(at, m) for at, m in list(self.messages) if at >= since and m.get("NTS") == nts and
                all(m.get(name) == value for name, value in wanted.items())]

    def close(self):
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)
        self.sock.close()
