#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds the layering of docs/architecture.md by reading the #include lines.

- Programs never include each other. lib/ knows no program, and a layer of it uses only those before it.
- A plugin sees lib/ and its own folder. hearth-announcer sees lib/base and its own folder.
- The headers of other projects stay behind the files that LIBRARIES names.
"""

import fnmatch
import os
import posixpath
import re
import tree

LIB_LAYERS = ("base", "store", "media", "net", "sync", "plugin")

# Folders of programs and parts: what is included there, besides their own files.
PARTS = {
    "daemon/library": ("daemon/library", "daemon/worker-pool.h", "lib"),
    "daemon/rendition": ("daemon/rendition", "lib"),
    "daemon": ("daemon", "lib"),
    "worker": ("worker", "lib/base", "lib/media"),
    "cli": ("cli", "lib/base"),
    "handheld": ("handheld", "lib"),
    "panel": ("panel", "lib/base"),
    "locker": ("locker", "lib"),
    "plugins/dlna/announcer": ("plugins/dlna/announcer", "lib"),
    "plugins/dlna": ("plugins/dlna", "lib"),
    "plugins/mdns": ("plugins/mdns", "lib"),
    "plugins/template": ("lib",),
}
# libupnp is held in this program: nothing of hearthd's may be in its reach.
ANNOUNCER_PROGRAM = ("hearth-announcer.c", "renderer-watch.c", "seen-filter.c", "sandbox.c",
                     "protocol.c", "fence.c", "ssdp-message.c", "stalled-peers.c")

# header, as a pattern: the files that may include it.
LIBRARIES = {
    "microhttpd.h": ("lib/net/http-daemon.c", "lib/net/http-exchange.c",),
    "sqlite3.h": ("lib/store/db.h",),
    "upnp/*": ("plugins/dlna/announcer/hearth-announcer.c",
               "plugins/dlna/announcer/renderer-watch.c"),
    "libxml/*": ("plugins/dlna/xml-in.c",),
    "avahi-core/*": ("plugins/mdns/embedded-publisher.c", "handheld/embedded-browser.c"),
    "avahi-glib/*": ("plugins/mdns/embedded-publisher.c", "handheld/embedded-browser.c"),
    "avahi-common/*": ("plugins/mdns/*.c", "handheld/embedded-browser.c"),
    "avahi-client/*": (),  # docs/mdns.md says why not
    "libavformat/*": ("worker/av.h",),
    "libavcodec/*": ("worker/av.c", "worker/image.h", "worker/convert/elements.c"),
    "libavutil/*": ("worker/image.c", "worker/main.c", "worker/convert/main.c"),
    "libswscale/*": ("worker/image.c",),
    "libheif/*": ("worker/heif.c",),
    "curl/*": ("cli/client.c", "cli/main.c", "plugins/dlna/fetcher.c"),
    "archive*.h": ("cli/backup-file.c",),
    "qrencode.h": ("cli/qr-picture.c", "panel/widget/qr-code.c"),
    "seccomp.h": ("worker/sandbox.c",),
    "linux/landlock.h": ("worker/sandbox.c", "plugins/dlna/announcer/sandbox.c"),
    "gst/*": ("worker/convert/*.[ch]", "panel/player.c"),
    "gnutls/*": ("lib/base/digest.c", "lib/store/identity.c", "lib/net/tls-*.c",
                 "lib/net/http-exchange.c", "worker/main.c", "worker/probe.c",
                 "worker/convert/main.c"),
    "zstd.h": ("lib/media/pack.c", "lib/sync/message-body.c"),
    "gtk/*": ("panel/*.[ch]",),
    "adwaita.h": ("panel/*.[ch]",),
    "json-glib/*": ("daemon/*.[ch]", "panel/*.[ch]", "cli/*.[ch]", "handheld/*.[ch]", "locker/*.[ch]",
                    "lib/base/json.[ch]", "lib/sync/rule.c"),
}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]+([<"])([^>"]+)[>"]', re.M)


def part_of(path):
    return next((part for part in PARTS if path.startswith(part + "/")), None)


def resolve(path, name, existing):
    """The file that #include "@name" in @path means, as the build looks for it; None if nowhere."""
    places = [posixpath.dirname(path), "lib", posixpath.dirname(path) + "/.."]
    part = part_of(path)
    places += [part, "daemon"] if part else []
    for place in places:
        candidate = posixpath.normpath(posixpath.join(place, name))
        if candidate in existing:
            return candidate
    return None


def lib_layer(path):
    return LIB_LAYERS.index(path.split("/")[1])


def is_allowed(path, target):
    if path.startswith("lib/"):
        return target.startswith("lib/") and lib_layer(target) <= lib_layer(path)
    allowed = PARTS[part_of(path)]
    if posixpath.basename(path) in ANNOUNCER_PROGRAM and "/announcer/" in path:
        allowed = ("plugins/dlna/announcer", "lib/base")
    return any(target == place or target.startswith(place + "/") for place in allowed)


def check_own(path, name, existing):
    target = resolve(path, name, existing)
    if target is None:
        return f'{path}: "{name}" is no file that it may see'
    return None if is_allowed(path, target) else f"{path}: may not include {target}"


def check_library(path, name):
    for pattern, places in LIBRARIES.items():
        if fnmatch.fnmatch(name, pattern):
            if any(fnmatch.fnmatch(path, place) for place in places):
                return None
            return f"{path}: <{name}> belongs to {' and '.join(places) or 'nobody'}"
    return None


def main():
    sources = [path for path in tree.files(".c", ".h") if not path.startswith("tests/")]
    existing = set(sources)
    failures = []
    n_includes = 0
    for path in sources:
        if not path.startswith("lib/") and part_of(path) is None:
            failures.append(f"{path}: a folder that PARTS does not know")
            continue
        for kind, name in INCLUDE.findall(tree.read(path).decode()):
            n_includes += 1
            failures.append(check_own(path, name, existing) if kind == '"'
                            else check_library(path, name))
    assert n_includes > 500, "the #include lines were not found"
    tree.report([failure for failure in failures if failure])


if __name__ == "__main__":
    main()
