/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/crc32c.h"

/* Four bits at a time: records are short, and the table needs no code to make it. */
static const guint32 nibble_table[16] = { 0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1,
                                          0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
                                          0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
                                          0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75 };

guint32 hth_crc32c(guint32 seed, gconstpointer bytes, gsize size_bytes)
{
    const guint8 *at = bytes;
    guint32 crc = ~seed;
    for (gsize i = 0; i < size_bytes; i++) {
        crc ^= at[i];
        crc = (crc >> 4) ^ nibble_table[crc & 15];
        crc = (crc >> 4) ^ nibble_table[crc & 15];
    }
    return ~crc;
}
