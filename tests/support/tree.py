# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole tree of a daemon as a dictionary, to be compared with another or with the files."""

import os

# What may differ between two looks at the same library.
VOLATILE = ("added_unix_s", "last_played_unix_s", "mtime_unix_s")


def children(daemon, container):
    objects, total = [], 1
    while len(objects) < total:
        page = daemon.get("browse/" + container, start=len(objects), count=1000)
        total = page["total"]
        if not page["objects"]:
            break
        objects += page["objects"]
    assert len(objects) == total, f"{container}: {len(objects)} of {total}"
    return objects


def snapshot(daemon):
    """Every place of the tree. Returns: id of the place → object, without what is volatile."""
    places, queue = {}, ["0"]
    while queue:
        container = queue.pop()
        kids = children(daemon, container)
        if container in places:
            assert places[container]["child_count"] == len(kids), (places[container], len(kids))
        for kid in kids:
            assert kid["id"] not in places, f"{kid['id']} is there twice"
            places[kid["id"]] = {key: value for key, value in kid.items() if key not in VOLATILE}
            if "folder-" in kid["id"]:
                places[kid["id"]].pop("date", None)  # not known until the folder's time has settled
            if "child_count" in kid:
                queue.append(kid["id"])
    return places


def tracks(daemon):
    """All tracks by path. Returns: path → object with every detail."""
    found = {}
    for each in children(daemon, "music-all"):
        item = daemon.get("item/" + each["id"])
        assert item["path"] not in found, f"{item['path']} is there twice"
        found[item["path"]] = item
    return found


def check_tracks(daemon, corpus, ids=None):
    """Every file of @corpus once, with its tags; and with the ids of an earlier look where known.

    Returns: path → id of now."""
    found = tracks(daemon)
    expected = {corpus.path(name): tags for name, tags in corpus.tags.items()}
    missing, extra = expected.keys() - found.keys(), found.keys() - expected.keys()
    assert not missing and not extra, f"missing {sorted(missing)[:5]}, too many {sorted(extra)[:5]}"
    for path, tags in expected.items():
        item = found[path]
        seen = {"title": item["title"], "artist": item["artists"][0], "album": item["album"],
                "track": item["track"], "year": int(item["date"][:4]), "genre": item["genres"][0]}
        assert seen == tags, f"{path}: {seen} instead of {tags}"
        assert item["size_bytes"] == os.path.getsize(path), path
    now = {path: item["id"].split(".")[0] for path, item in found.items()}
    for path, known in (ids or {}).items():
        if path in now:
            assert now[path] == known, f"{path} had the id {known} and has {now[path]}"
    return now
