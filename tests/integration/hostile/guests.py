# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests on a network with one home: sockets of other hosts inside this process, and raw requests."""

import contextlib
import ctypes
import os
import socket
import sys
import threading

sys.path.insert(0, os.path.join(os.environ.get("HEARTH_SOURCE", os.getcwd()), "tests", "support"))
import hearth  # noqa: E402
import netns  # noqa: E402
import tagged  # noqa: E402,F401

HOME = "192.0.2.1"
CLONE_NEWNET = 0x40000000


def on(host, function, *arguments):
    """Runs @function in a thread that is on the network of @host; its sockets stay there."""
    result = []

    def run():
        try:
            libc = ctypes.CDLL(None, use_errno=True)
            with open(f"/run/netns/{host.namespace}", encoding="ascii") as file:
                if libc.setns(file.fileno(), CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), "setns")
            result.append((True, function(*arguments)))
        except BaseException as problem:  # handed to the caller
            result.append((False, problem))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    good, value = result[0]
    if not good:
        raise value
    return value


def connect(port, timeout=10, address=HOME):
    return socket.create_connection((address, port), timeout=timeout)


def read_all(connection, limit=1 << 22):
    """What comes until the other side ends or a timeout. Never raises for a reset."""
    data = b""
    with contextlib.suppress(OSError):
        while len(data) < limit:
            more = connection.recv(65536)
            if not more:
                break
            data += more
    return data


def raw(port, request, timeout=5, closes=True):
    """One raw request on a connection of its own. Returns: the whole answer, perhaps empty."""
    try:
        with connect(port, timeout) as connection:
            with contextlib.suppress(OSError):
                connection.sendall(request)
                if closes:
                    connection.shutdown(socket.SHUT_WR)
            return read_all(connection)
    except OSError:
        return b""


def status_of(answer):
    """The status code of a raw answer; 0 when there was none."""
    words = answer.split(b" ", 2)
    return int(words[1]) if len(words) > 1 and words[0].startswith(b"HTTP/1.") else 0


def get(path, host=None, extra="", method="GET"):
    return (f"{method} {path} HTTP/1.1\r\nHost: {host or HOME}\r\n{extra}"
            "Connection: close\r\n\r\n").encode("latin-1")


def post(path, body, headers=""):
    return (f"POST {path} HTTP/1.1\r\nHost: {HOME}\r\nContent-Length: {len(body)}\r\n{headers}"
            "Connection: close\r\n\r\n").encode("latin-1") + body


CONTENT = "urn:schemas-upnp-org:service:ContentDirectory:1"


def soap(action, arguments):
    """A SOAP body; @arguments: (name, text already escaped) pairs."""
    inside = "".join(f"<{name}>{text}</{name}>" for name, text in arguments)
    return ('<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" '
            's:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>'
            f'<u:{action} xmlns:u="{CONTENT}">{inside}</u:{action}></s:Body></s:Envelope>').encode()


def soap_headers(action):
    return f'Content-Type: text/xml; charset="utf-8"\r\nSOAPACTION: "{CONTENT}#{action}"\r\n'


def browse(object_id="0", start="0", count="10", flag="BrowseDirectChildren", select="*", sort=""):
    return soap("Browse", [("ObjectID", object_id), ("BrowseFlag", flag), ("Filter", select),
                           ("StartingIndex", start), ("RequestedCount", count), ("SortCriteria", sort)])


def search(criteria, start="0", count="10"):
    return soap("Search", [("ContainerID", "0"), ("SearchCriteria", criteria), ("Filter", "*"),
                           ("StartingIndex", start), ("RequestedCount", count), ("SortCriteria", "")])


def memory_kb(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        for line in file:
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    return 0
