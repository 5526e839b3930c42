/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ogg-page.h"

#include <string.h>

#include "../bytes.h"

#define HEADER_BYTES 27
#define SEGMENTS_MAX 255
#define PAGE_BODY    (255 * SEGMENTS_MAX)

enum { AT_FLAGS = 5, AT_GRANULE = 6, AT_SERIAL = 14, AT_NUMBER = 18, AT_CRC = 22, AT_COUNT = 26 };
enum { IS_CONTINUED = 1 };

static void put_le32(guint8 *at, guint32 value)
{
    const guint32 little = GUINT32_TO_LE(value);
    memcpy(at, &little, sizeof little);
}

/* Polynomial 0x04c11db7, from the highest bit, without inversions. A table of a few hundred
 * entries made for each page would cost as much as the page; four bits at a time do. */
guint32 hth_ogg_crc(const guint8 *bytes, gsize n)
{
    static const guint32 table[16] = {
        0x00000000, 0x04c11db7, 0x09823b6e, 0x0d4326d9, 0x130476dc, 0x17c56b6b,
        0x1a864db2, 0x1e475005, 0x2608edb8, 0x22c9f00f, 0x2f8ad6d6, 0x2b4bcb61,
        0x350c9b64, 0x31cd86d3, 0x3c8ea00a, 0x384fbdbd,
    };
    guint32 crc = 0;
    for (gsize i = 0; i < n; i++) {
        crc ^= (guint32)bytes[i] << 24;
        crc = crc << 4 ^ table[crc >> 28];
        crc = crc << 4 ^ table[crc >> 28];
    }
    return crc;
}

gsize hth_ogg_page_read(const HthWrapInput *input, gint64 offset, guint8 *buffer)
{
    if (!hth_wrap_read(input, offset, buffer, HEADER_BYTES) || memcmp(buffer, "OggS", 5) != 0)
        return 0;
    const guint n_segments = buffer[AT_COUNT];
    if (!hth_wrap_read(input, offset + HEADER_BYTES, buffer + HEADER_BYTES, n_segments))
        return 0;
    gsize body = 0;
    for (guint i = 0; i < n_segments; i++)
        body += buffer[HEADER_BYTES + i];
    const gsize head = HEADER_BYTES + n_segments;
    return hth_wrap_read(input, offset + (gint64)head, buffer + head, body) ? head + body : 0;
}

guint32 hth_ogg_page_number(const guint8 *page)
{
    return le32(page + AT_NUMBER);
}

void hth_ogg_page_set(guint8 *page, gsize size_bytes, guint32 serial, guint32 number)
{
    put_le32(page + AT_SERIAL, serial);
    put_le32(page + AT_NUMBER, number);
    put_le32(page + AT_CRC, 0);
    put_le32(page + AT_CRC, hth_ogg_crc(page, size_bytes));
}

gboolean hth_ogg_page_ends_packet(const guint8 *page)
{
    const guint n = page[AT_COUNT];
    return n > 0 && page[HEADER_BYTES + n - 1] < 255;
}

/* A packet has n / 255 whole segments and one that is shorter, maybe empty. */
gsize hth_ogg_packet_size(gsize n, guint *out_n_pages)
{
    const gsize n_segments = n / 255 + 1;
    const gsize n_pages = (n_segments + SEGMENTS_MAX - 1) / SEGMENTS_MAX;
    *out_n_pages = (guint)n_pages;
    return n_pages * HEADER_BYTES + n_segments + n;
}

void hth_ogg_append_packet(GByteArray *to, const guint8 *packet, gsize n, guint32 serial,
                           guint32 number, guint8 flags)
{
    gsize n_segments = n / 255 + 1;
    for (gboolean is_first = TRUE; n_segments > 0; is_first = FALSE, number++) {
        const guint count = (guint)MIN(n_segments, SEGMENTS_MAX);
        const gboolean is_last = count == n_segments;
        const gsize body = is_last ? n : PAGE_BODY;
        guint8 head[HEADER_BYTES + SEGMENTS_MAX] = "OggS";
        head[AT_FLAGS] = is_first ? flags : IS_CONTINUED;
        /* No packet ends on a page that is not the last: RFC 3533 wants -1 there. */
        memset(head + AT_GRANULE, is_last ? 0 : 0xff, 8);
        head[AT_COUNT] = (guint8)count;
        memset(head + HEADER_BYTES, 255, count);
        if (is_last)
            head[HEADER_BYTES + count - 1] = (guint8)(n % 255);
        const guint at = to->len;
        g_byte_array_append(to, head, HEADER_BYTES + count);
        g_byte_array_append(to, packet, (guint)body);
        hth_ogg_page_set(to->data + at, to->len - at, serial, number);
        packet += body;
        n -= body;
        n_segments -= count;
    }
}
