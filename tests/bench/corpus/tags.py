# SPDX-License-Identifier: GPL-3.0-or-later
"""Tags as each container stores them, around a seed's payload."""
import base64
import struct

from . import ogg


def _comments(track):
    """Vorbis comments, the common ground of FLAC, Ogg Vorbis and Opus."""
    pairs = [("TITLE", track.title), ("ARTIST", track.artist), ("ALBUM", track.album),
             ("ALBUMARTIST", track.album_artist), ("GENRE", track.genre), ("DATE", str(track.year)),
             ("TRACKNUMBER", str(track.track)), ("TRACKTOTAL", str(track.n_tracks)),
             ("DISCNUMBER", str(track.disc)), ("DISCTOTAL", str(track.n_discs))]
    if track.composer:
        pairs.append(("COMPOSER", track.composer))
    if track.is_compilation:
        pairs.append(("COMPILATION", "1"))
    return pairs


def _comment_block(pairs):
    out = struct.pack("<I", 6) + b"hearth" + struct.pack("<I", len(pairs))
    for name, value in pairs:
        text = f"{name}={value}".encode()
        out += struct.pack("<I", len(text)) + text
    return out


def _picture_block(jpeg, side):
    mime = b"image/jpeg"
    return (struct.pack(">II", 3, len(mime)) + mime + struct.pack(">I", 0) +
            struct.pack(">IIII", side, side, 24, 0) + struct.pack(">I", len(jpeg)) + jpeg)


# --- FLAC


def _flac_block(kind, data, is_last=False):
    return struct.pack(">I", (kind | (0x80 if is_last else 0)) << 24 | len(data)) + data


def split_flac(data):
    """The STREAMINFO block's data and the frames."""
    at, info = 4, b""
    while True:
        head = struct.unpack_from(">I", data, at)[0]
        size = head & 0xFFFFFF
        if head >> 24 & 0x7F == 0:
            info = data[at + 4:at + 4 + size]
        at += 4 + size
        if head >> 31:
            return info, data[at:]


def build_flac(seed, track, cover):
    info, frames = seed
    out = b"fLaC" + _flac_block(0, info) + _flac_block(4, _comment_block(_comments(track)))
    if cover:
        out += _flac_block(6, _picture_block(cover, 600))
    return out + _flac_block(1, bytes(512), True) + frames


# --- Ogg


def build_vorbis(seed, track, cover):
    return seed.build(b"\x03vorbis" + _comment_block(_with_cover(track, cover)) + b"\x01",
                      1 + track.number)


def build_opus(seed, track, cover):
    return seed.build(b"OpusTags" + _comment_block(_with_cover(track, cover)), 1 + track.number)


def _with_cover(track, cover):
    pairs = _comments(track)
    if cover:
        text = base64.b64encode(_picture_block(cover, 600)).decode()
        pairs.append(("METADATA_BLOCK_PICTURE", text))
    return pairs


# --- MP3


def _synchsafe(value):
    return bytes(value >> shift & 0x7F for shift in (21, 14, 7, 0))


def _text_frame(name, text, version):
    """Latin 1 where it is enough, as most taggers do; else UTF-16 in 2.3 and UTF-8 in 2.4."""
    try:
        data = b"\0" + text.encode("latin-1")
    except UnicodeEncodeError:
        data = b"\1" + text.encode("utf-16") if version == 3 else b"\3" + text.encode()
    return _frame(name, data, version)


def _frame(name, data, version):
    size = _synchsafe(len(data)) if version == 4 else struct.pack(">I", len(data))
    return name + size + b"\0\0" + data


def _id3v2(track, cover, version):
    texts = [(b"TIT2", track.title), (b"TPE1", track.artist), (b"TALB", track.album),
             (b"TPE2", track.album_artist), (b"TCON", track.genre),
             (b"TYER" if version == 3 else b"TDRC", str(track.year)),
             (b"TRCK", f"{track.track}/{track.n_tracks}"), (b"TPOS", f"{track.disc}/{track.n_discs}")]
    if track.composer:
        texts.append((b"TCOM", track.composer))
    if track.is_compilation:
        texts.append((b"TCMP", "1"))
    body = b"".join(_text_frame(name, text, version) for name, text in texts)
    if cover:
        body += _frame(b"APIC", b"\0image/jpeg\0\3\0" + cover, version)
    body += bytes(256)
    return b"ID3" + bytes((version, 0, 0)) + _synchsafe(len(body)) + body


def build_mp3(seed, track, cover):
    audio = bytearray(seed)
    # The end of the last frame is sound: eight bytes there make each payload another one.
    audio[-12:-4] = struct.pack("<Q", track.number * 0x0101010101 & 0x7F7F7F7F7F7F7F7F)
    return _id3v2(track, cover, 3 if track.number % 3 else 4) + audio


# --- MP4


def _atom(name, data):
    return struct.pack(">I", 8 + len(data)) + name + data


def _atoms(data, at=0, end=None):
    end = len(data) if end is None else end
    while at + 8 <= end:
        size, name = struct.unpack_from(">I4s", data, at)
        yield name, at, at + size
        at += size


def split_m4a(data):
    """ftyp, the movie without its user data, and mdat; with the place that mdat had."""
    parts = {name: (start, end) for name, start, end in _atoms(data)}
    start, end = parts[b"moov"]
    movie = b"".join(data[a:b] for name, a, b in _atoms(data, start + 8, end) if name != b"udta")
    mdat = parts[b"mdat"]
    ftyp = parts[b"ftyp"]
    return data[ftyp[0]:ftyp[1]], movie, data[mdat[0]:mdat[1]], mdat[0]


def _shift_offsets(movie, shift):
    out = bytearray(movie)
    at = out.find(b"stco")
    count = struct.unpack_from(">I", out, at + 8)[0]
    offsets = struct.unpack_from(f">{count}I", out, at + 12)
    struct.pack_into(f">{count}I", out, at + 12, *(offset + shift for offset in offsets))
    return bytes(out)


def _ilst_item(name, kind, data):
    return _atom(name, _atom(b"data", struct.pack(">II", kind, 0) + data))


def _user_data(track, cover):
    texts = [(b"\xa9nam", track.title), (b"\xa9ART", track.artist), (b"\xa9alb", track.album),
             (b"aART", track.album_artist), (b"\xa9gen", track.genre), (b"\xa9day", str(track.year))]
    if track.composer:
        texts.append((b"\xa9wrt", track.composer))
    items = b"".join(_ilst_item(name, 1, text.encode()) for name, text in texts)
    items += _ilst_item(b"trkn", 0, struct.pack(">HHHH", 0, track.track, track.n_tracks, 0))
    items += _ilst_item(b"disk", 0, struct.pack(">HHH", 0, track.disc, track.n_discs))
    if track.is_compilation:
        items += _ilst_item(b"cpil", 21, b"\1")
    if cover:
        items += _ilst_item(b"covr", 13, cover)
    handler = _atom(b"hdlr", bytes(8) + b"mdirappl" + bytes(9))
    return _atom(b"udta", _atom(b"meta", bytes(4) + handler + _atom(b"ilst", items)))


def build_m4a(seed, track, cover):
    """The movie comes first in one half, behind the sound in the other."""
    ftyp, movie, mdat, place = seed
    extra = _user_data(track, cover)
    if track.number % 2:
        return ftyp + mdat + _atom(b"moov", _shift_offsets(movie, len(ftyp) - place) + extra)
    size = 8 + len(movie) + len(extra)
    shift = len(ftyp) + size - place
    return ftyp + _atom(b"moov", _shift_offsets(movie, shift) + extra) + mdat


# How a seed is taken apart, and a file built from it.
CONTAINERS = {
    "mp3": (bytes, build_mp3),
    "flac": (split_flac, build_flac),
    "ogg": (lambda data: ogg.Seed(data, 3), build_vorbis),
    "opus": (lambda data: ogg.Seed(data, 2), build_opus),
    "m4a": (split_m4a, build_m4a),
}
