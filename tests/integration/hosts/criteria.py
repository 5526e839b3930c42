# SPDX-License-Identifier: GPL-3.0-or-later
"""Search criteria beside what they mean for an object of a walk: (text, predicate).

As ContentDirectory:1 has it (2.5.5.1): text is compared without regard to case (and, hearth adds,
diacritics); of a property that is there several times one has to fit; what compares a
property that is not there is false, and so is != then.
"""

import unicodedata

CONTAINERS = ("object.container.album.musicAlbum", "object.container.person.musicArtist",
              "object.container.genre.musicGenre", "object.container.playlistContainer")


def is_searched(found, ids):
    """Everything is found once, in its own place; a person in the first of their roles. @ids: of all objects."""
    if "." in found.id:
        return False
    if found.is_container and found.upnp_class not in CONTAINERS:
        return False
    role, _, person = found.id.partition("-")
    before = {"aartist": ("artist",), "composer": ("artist", "aartist")}.get(role, ())
    return not any(f"{earlier}-{person}" in ids for earlier in before)


def fold(text):
    decomposed = unicodedata.normalize("NFD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def _text(name, operator, value, values, compare):
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    return (f'{name} {operator} "{quoted}"',
            lambda o: any(compare(fold(v), fold(value)) for v in values(o)))


TEXTS = {
    "dc:title": lambda o: [o.title],
    "upnp:artist": lambda o: (o.artists or o.album_artists if o.is_container else o.artists) +
                             ([o.title] if "musicArtist" in o.upnp_class else []),
    "upnp:album": lambda o: [o.title] if "musicAlbum" in o.upnp_class else
                            [o.album] if o.album else [],
    "upnp:genre": lambda o: o.genres + ([o.title] if "musicGenre" in o.upnp_class else []),
}
OPERATORS = {
    "contains": lambda have, want: want in have,
    "startsWith": lambda have, want: have.startswith(want),
    "=": lambda have, want: have == want,
    "doesNotContain": lambda have, want: want not in have,
    "!=": lambda have, want: have != want,
}
WORDS = {
    "dc:title": ["part", "Hit 1", "Ö", "e", "Ein Stück <&> \"mehr\"", "zzz", "the", "%", "_", "'"],
    "upnp:artist": ["singer", "Singer 1", "örchestra", "anna", "a", "Cox"],
    "upnp:album": ["Summer", "Two", "orchard", "s"],
    "upnp:genre": ["Pop", "jazz", "folk", "c"],
}
CLASSES = ["object.item", "object.item.audioItem", "object.item.audioItem.musicTrack",
           "object.item.videoItem", "object.item.imageItem", "object.container",
           "object.container.album", "object.container.person", "object.ite"]


def _class(value):
    return (f'upnp:class derivedfrom "{value}"',
            lambda o: o.upnp_class == value or o.upnp_class.startswith(value + "."))


def _size(operator, value):
    compare = {"<": int.__lt__, "<=": int.__le__, ">": int.__gt__, ">=": int.__ge__,
               "=": int.__eq__}[operator]
    return (f'res@size {operator} "{value}"',
            lambda o: not o.is_container and compare(o.original.number("size"), value))


def _track(value):
    return (f'upnp:originalTrackNumber = "{value}"',
            lambda o: not o.is_container and o.track == value)


def fixed():
    """Those that clients really send, and odd ones."""
    found = [
        ("*", lambda o: True),
        ('upnp:class derivedfrom "object.item.audioItem" and @refID exists false',
         lambda o: "audioItem" in o.upnp_class),
        ('@refID exists true', lambda o: False),
        ('upnp:class = "object.container.album.musicAlbum"',
         lambda o: "musicAlbum" in o.upnp_class),
        ('(upnp:class derivedfrom "object.item.audioItem") and (dc:title contains "hit" or '
         'upnp:artist contains "cox")',
         lambda o: "audioItem" in o.upnp_class and ("hit" in fold(o.title) or
                                                    "cox" in fold(" ".join(o.artists)))),
        ("upnp:genre exists true and upnp:class derivedfrom \"object.item\"",
         lambda o: not o.is_container and bool(o.genres)),
        ("upnp:album exists false and upnp:class derivedfrom \"object.item.audioItem\"",
         lambda o: "audioItem" in o.upnp_class and not o.album),
        ("upnp:class derivedfrom \"object.item.audioItem\" and dc:date >= \"2005\"",
         lambda o: "audioItem" in o.upnp_class and bool(o.date) and o.date >= "2005"),
    ]
    found += [_text(name, operator, value, TEXTS[name], compare)
              for name, values in WORDS.items() for value in values[:4]
              for operator, compare in OPERATORS.items()]
    found += [_class(value) for value in CLASSES]
    found += [_size(operator, 55084) for operator in ("<", "<=", ">", ">=", "=")]
    return found


def make(chance, depth):
    """A random expression."""
    if depth == 0 or chance.random() < 0.2:
        kind = chance.randrange(10)
        if kind == 0:
            return _class(chance.choice(CLASSES))
        if kind == 1:
            return _size(chance.choice(["<", ">="]), chance.choice([20000, 300000]))
        if kind == 2:
            return _track(chance.randrange(1, 4))
        name = chance.choice(list(WORDS))
        operator = chance.choice(list(OPERATORS))
        return _text(name, operator, chance.choice(WORDS[name]), TEXTS[name], OPERATORS[operator])
    (left, left_holds), (right, right_holds) = make(chance, depth - 1), make(chance, depth - 1)
    if chance.random() < 0.5:
        return f"({left}) and ({right})", lambda o: left_holds(o) and right_holds(o)
    return f"({left}) or ({right})", lambda o: left_holds(o) or right_holds(o)
