# SPDX-License-Identifier: GPL-3.0-or-later
"""Ogg (RFC 3533): a stream's comment header is replaced and its pages get another serial number
without summing them again: CRC is linear, so each changed bit changes it by a known value."""
import struct

_POLYNOMIAL = 0x04C11DB7


def _make_table():
    table = []
    for byte in range(256):
        value = byte << 24
        for _ in range(8):
            value = ((value << 1) ^ _POLYNOMIAL if value & 0x80000000 else value << 1) & 0xFFFFFFFF
        table.append(value)
    return table


_TABLE = _make_table()


def crc(data, value=0):
    for byte in data:
        value = ((value << 8) & 0xFFFFFFFF) ^ _TABLE[(value >> 24) ^ byte]
    return value


def _apply(matrix, value):
    result = 0
    for row in matrix:
        if value & 1:
            result ^= row
        value >>= 1
        if not value:
            break
    return result


def _zero_matrices(count):
    """What 1, 2, 4 … zero bytes make of each bit of a sum."""
    matrix = [crc(b"\0", 1 << bit) for bit in range(32)]
    matrices = []
    for _ in range(count):
        matrices.append(matrix)
        matrix = [_apply(matrix, row) for row in matrix]
    return matrices


_ZEROS = _zero_matrices(17)


def _skip_zeros(value, count):
    for matrix in _ZEROS:
        if count & 1:
            value = _apply(matrix, value)
        count >>= 1
    return value


def page(flags, granule, serial, sequence, lacing, body):
    head = struct.pack("<4sBBqIIIB", b"OggS", 0, flags, granule, serial, sequence, 0, len(lacing))
    data = bytearray(head + bytes(lacing) + body)
    struct.pack_into("<I", data, 22, crc(data))
    return bytes(data)


class _Page:
    def __init__(self, data):
        self.data = data
        self.serial, self.sequence, self.sum = struct.unpack_from("<III", data, 14)
        # Bytes 14 to 21 are serial and sequence, little-endian; the rest of the page follows.
        self.basis = []
        for bit in range(64):
            changed = bytearray(8)
            changed[bit // 8] = 1 << (bit % 8)
            self.basis.append(_skip_zeros(crc(changed), len(data) - 22))

    def renumbered(self, serial, sequence):
        delta = (self.serial ^ serial) | (self.sequence ^ sequence) << 32
        value, bit = self.sum, 0
        while delta:
            if delta & 1:
                value ^= self.basis[bit]
            delta >>= 1
            bit += 1
        return self.data[:14] + struct.pack("<III", serial, sequence, value) + self.data[26:]


def _split_pages(data):
    at = 0
    while at < len(data):
        n_segments = data[at + 26]
        lacing = data[at + 27:at + 27 + n_segments]
        end = at + 27 + n_segments + sum(lacing)
        yield lacing, data[at:end]
        at = end


class Seed:
    """One encoded stream; @n_headers: 3 for Vorbis, 2 for Opus."""

    def __init__(self, data, n_headers):
        self.headers, self.pages = [], []
        packet = b""
        for lacing, raw in _split_pages(data):
            if len(self.headers) == n_headers:
                self.pages.append(_Page(raw))
                continue
            at = 27 + len(lacing)
            for length in lacing:
                packet += raw[at:at + length]
                at += length
                if length < 255:
                    self.headers.append(packet)
                    packet = b""

    def build(self, comment, serial):
        """The file with another comment packet."""
        out = [page(2, 0, serial, 0, [len(self.headers[0])], self.headers[0])]
        out += _header_pages([comment] + self.headers[2:], serial)
        for audio in self.pages:
            out.append(audio.renumbered(serial, len(out)))
        return b"".join(out)


def _header_pages(packets, serial):
    lacing, body = [], b"".join(packets)
    for packet in packets:
        lacing += [255] * (len(packet) // 255) + [len(packet) % 255]
    pages, at, is_continued = [], 0, False
    while lacing:
        part, lacing = lacing[:255], lacing[255:]
        size = sum(part)
        ends = any(length < 255 for length in part)
        pages.append(page(1 if is_continued else 0, 0 if ends else -1, serial, len(pages) + 1, part,
                          body[at:at + size]))
        at += size
        is_continued = part[-1] == 255
    return pages
