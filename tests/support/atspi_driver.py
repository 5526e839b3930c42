#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sees and drives one program through AT-SPI. Reads a JSON object a line, answers with one.

A process of its own, since the bus it talks to is that of the test's desktop. Started by desktop.py.
"""

import json
import sys
import time
import warnings

import gi

warnings.simplefilter("ignore", DeprecationWarning)
gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, Gio, GLib  # noqa: E402

DEPTH = 60
PATIENCE_MS = 20000


def application(name):
    desktop = Atspi.get_desktop(0)
    for index in range(desktop.get_child_count()):
        child = desktop.get_child_at_index(index)
        if child is not None and child.get_name() == name:
            return child
    return None


def children(node):
    """At once: GTK 4.8 does not bear to be asked for a window that has gone since it was counted."""
    try:
        return [node.get_child_at_index(index) for index in range(node.get_child_count())]
    except GLib.Error:
        return []


def is_hidden(node):
    try:
        return not node.get_state_set().contains(Atspi.StateType.VISIBLE)
    except GLib.Error:
        return True


def walk(node, depth=0):
    """Every accessible below @node that is not hidden, itself first. GTK 4.8 tells of no more than that:
    the pages of a stack that are not in sight are there too."""
    if node is None or depth > DEPTH:
        return
    yield node
    if depth == 0:
        node.clear_cache()
    for child in children(node):
        if child is not None and not is_hidden(child):
            yield from walk(child, depth + 1)


def describe(node):
    return {"role": node.get_role_name(), "name": node.get_name() or "",
            "description": node.get_description() or ""}


def row_of(node):
    """The name of the combo box that @node, a list item, is the choice of; "": of none."""
    above = node if node.get_role() == Atspi.Role.LIST_ITEM else None
    while above is not None and above.get_role() not in (Atspi.Role.COMBO_BOX, Atspi.Role.APPLICATION):
        above = above.get_parent()
    return above.get_name() or "" if above is not None and above.get_role() == Atspi.Role.COMBO_BOX else ""


def windows(top):
    """Names of what is open, the last opened last."""
    return [child.get_name() or "" for child in children(top) if child is not None and not is_hidden(child)]


def focused(top):
    """Where the keyboard is, down to the innermost that says so."""
    found = None
    for node in walk(top):
        if node.get_state_set().contains(Atspi.StateType.FOCUSED):
            found = node
    return found


class Pulse:
    """Asks a program's main loop for the smallest thing, past libatspi: that one takes in every event before an
    answer, and its errors do not tell a program that is slow from one that has just closed a window."""

    ROOT = "/org/a11y/atspi/accessible/root"

    def __init__(self):
        session = Gio.bus_get_sync(Gio.BusType.SESSION)
        address = session.call_sync("org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus", "GetAddress", None, None,
                                    Gio.DBusCallFlags.NONE, -1)[0]
        self.bus = Gio.DBusConnection.new_for_address_sync(
            address, Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION)
        self.owner = None

    def read(self, owner, name):
        """A property of what is at the top of @owner."""
        arguments = GLib.Variant("(ss)", ("org.a11y.atspi.Accessible", name))
        return self.bus.call_sync(owner, self.ROOT, "org.freedesktop.DBus.Properties", "Get", arguments, None,
                                  Gio.DBusCallFlags.NONE, PATIENCE_MS)[0]

    def find(self, application):
        children = self.bus.call_sync("org.a11y.atspi.Registry", self.ROOT, "org.a11y.atspi.Accessible", "GetChildren",
                                      None, None, Gio.DBusCallFlags.NONE, PATIENCE_MS)[0]
        return next((owner for owner, _path in children if self.read(owner, "Name") == application), None)

    def take(self, application):
        """Seconds until @application answers, be it with an error; None: it is not there yet."""
        if self.owner is None:
            try:
                self.owner = self.find(application)
            except GLib.Error:
                return None
        if self.owner is None:
            return None
        start = time.monotonic()
        try:
            self.read(self.owner, "ChildCount")
        except GLib.Error:
            pass  # an answer too, or there was none for all that time
        return time.monotonic() - start


def value_of(node):
    value = node.get_value_iface()
    return None if value is None else value.get_current_value()


def place_of(node):
    """The middle of @node in its window, and that one's name."""
    window = node
    while window.get_parent() is not None and window.get_parent().get_role() != Atspi.Role.APPLICATION:
        window = window.get_parent()
    place = node.get_component_iface().get_extents(Atspi.CoordType.WINDOW)
    return {"found": True, "done": False, "window": window.get_name() or "",
            "x": place.x + place.width // 2, "y": place.y + place.height // 2}


def find(request):
    top = application(request["application"])
    partly = None
    for node in walk(top):
        try:
            role, name = node.get_role_name(), node.get_name() or ""
        except GLib.Error:
            continue
        if request.get("role") not in (None, role):
            continue
        wanted = request["name"]
        if name == wanted and role == "list item":
            partly = node  # the last: pages in front have the same rows, as a glance
        elif name == wanted:
            return node
        if request.get("part") and wanted in name and partly is None:
            partly = node
    return partly


def answer(request):
    top = application(request["application"])
    if request["do"] == "windows":
        return {"windows": windows(top)}
    if request["do"] == "focused":
        node = focused(top)
        return {"found": node is not None, **(describe(node) if node is not None else {})}
    if request["do"] == "names":
        return {"names": [node.get_name() or "" for node in walk(top)]}
    if request["do"] == "tree":
        return {"nodes": [{**describe(node), "row": row_of(node)} for node in walk(application(request["application"]))]}
    node = find(request)
    if node is None:
        return {"found": False}
    if request["do"] == "click":
        action = node.get_action_iface()
        if action is not None and action.get_n_actions() > 0:
            return {"found": True, "done": bool(action.do_action(0))}
        return place_of(node)
    if request["do"] == "place":
        return place_of(node)
    return {"found": True, "value": value_of(node) if request.get("value") else None, **describe(node)}


def main():
    Atspi.init()
    Atspi.set_timeout(3000, 3000)
    pulse = None
    for line in sys.stdin:
        request = json.loads(line)
        if request["do"] == "ping":
            pulse = pulse or Pulse()
            print(json.dumps({"seconds": pulse.take(request["application"])}), flush=True)
            continue
        for attempt in range(3):
            try:
                reply = answer(request)
                break
            except GLib.Error as error:
                reply = {"found": False, "error": str(error)}
                time.sleep(0.1)
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    main()
