/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/ogg-page.h"

#include <string.h>

#include "base/error.h"

#define POLYNOMIAL 0x04c11db7U
#define SUM_OFFSET 22
/* Of a range that is read page by page. */
#define READ_BYTES (192 * 1024)

/* table[k][b]: what byte b does to the sum when k more bytes follow; eight bytes in one go. */
struct HthOggSum {
    guint32 table[8][256];
};

HthOggSum *hth_ogg_sum_new(void)
{
    HthOggSum *self = g_new(HthOggSum, 1);
    for (guint byte = 0; byte < 256; byte++) {
        guint32 sum = (guint32)byte << 24;
        for (guint bit = 0; bit < 8; bit++)
            sum = sum << 1 ^ ((sum >> 31) != 0 ? POLYNOMIAL : 0);
        self->table[0][byte] = sum;
    }
    for (guint k = 1; k < 8; k++) {
        for (guint byte = 0; byte < 256; byte++) {
            const guint32 sum = self->table[k - 1][byte];
            self->table[k][byte] = sum << 8 ^ self->table[0][sum >> 24];
        }
    }
    return self;
}

void hth_ogg_sum_free(HthOggSum *self)
{
    g_free(self);
}

static guint32 add_bytes(const HthOggSum *self, guint32 sum, const guint8 *at, gsize n)
{
    for (; n >= 8; n -= 8, at += 8) {
        guint32 first;
        memcpy(&first, at, sizeof first);
        first = GUINT32_FROM_BE(first) ^ sum;
        sum = self->table[7][first >> 24] ^ self->table[6][first >> 16 & 0xff] ^
              self->table[5][first >> 8 & 0xff] ^ self->table[4][first & 0xff] ^
              self->table[3][at[4]] ^ self->table[2][at[5]] ^ self->table[1][at[6]] ^
              self->table[0][at[7]];
    }
    for (; n > 0; n--, at++)
        sum = sum << 8 ^ self->table[0][(sum >> 24 ^ *at) & 0xff];
    return sum;
}

static guint32 get_le32(const guint8 *at)
{
    guint32 value;
    memcpy(&value, at, sizeof value);
    return GUINT32_FROM_LE(value);
}

static void put_le32(guint8 *at, guint32 value)
{
    value = GUINT32_TO_LE(value);
    memcpy(at, &value, sizeof value);
}

gboolean hth_ogg_page_parse(const guint8 *bytes, gsize n, HthOggPage *out_page)
{
    if (n < HTH_OGG_HEAD_BYTES || memcmp(bytes, "OggS", 5) != 0 || /* with version 0 */
        n - HTH_OGG_HEAD_BYTES < bytes[26])
        return FALSE;
    out_page->flags = bytes[5];
    out_page->granule = (guint64)get_le32(bytes + 10) << 32 | get_le32(bytes + 6);
    out_page->serial = get_le32(bytes + 14);
    out_page->sequence = get_le32(bytes + 18);
    out_page->n_segments = bytes[26];
    out_page->head_bytes = HTH_OGG_HEAD_BYTES + out_page->n_segments;
    memcpy(out_page->lacing, bytes + HTH_OGG_HEAD_BYTES, out_page->n_segments);
    out_page->body_bytes = 0;
    for (guint i = 0; i < out_page->n_segments; i++)
        out_page->body_bytes += out_page->lacing[i];
    return TRUE;
}

static guint32 page_sum(const HthOggSum *self, const guint8 *bytes, const HthOggPage *page)
{
    static const guint8 zeros[4] = { 0 };
    guint32 sum = add_bytes(self, 0, bytes, SUM_OFFSET);
    sum = add_bytes(self, sum, zeros, sizeof zeros);
    return add_bytes(self, sum, bytes + SUM_OFFSET + 4,
                     page->head_bytes + page->body_bytes - SUM_OFFSET - 4);
}

gboolean hth_ogg_page_is_sound(const HthOggSum *sum, const guint8 *bytes, const HthOggPage *page)
{
    return page_sum(sum, bytes, page) == get_le32(bytes + SUM_OFFSET);
}

void hth_ogg_page_seal(const HthOggSum *sum, const HthOggPage *page, guint8 *bytes)
{
    memcpy(bytes, "OggS", 5);
    bytes[5] = page->flags;
    put_le32(bytes + 6, (guint32)page->granule);
    put_le32(bytes + 10, (guint32)(page->granule >> 32));
    put_le32(bytes + 14, page->serial);
    put_le32(bytes + 18, page->sequence);
    bytes[26] = (guint8)page->n_segments;
    memcpy(bytes + HTH_OGG_HEAD_BYTES, page->lacing, page->n_segments);
    put_le32(bytes + SUM_OFFSET, page_sum(sum, bytes, page));
}

/* ---- Reading pages ---- */

struct HthOggReader {
    HthByteSource *source;
    guint64 end;
    guint8 *block;
    guint64 block_begin;
    gsize block_bytes;
};

HthOggReader *hth_ogg_reader_new(HthByteSource *source, guint64 begin, guint64 end)
{
    HthOggReader *self = g_new0(HthOggReader, 1);
    self->source = hth_byte_source_ref(source);
    self->end = MIN(end, hth_byte_source_size(source));
    self->block = g_malloc(READ_BYTES);
    self->block_begin = begin;
    return self;
}

void hth_ogg_reader_free(HthOggReader *self)
{
    if (self == NULL)
        return;
    hth_byte_source_unref(self->source);
    g_free(self->block);
    g_free(self);
}

const guint8 *hth_ogg_reader_look(HthOggReader *self, guint64 offset, gsize *out_n, GError **error)
{
    const gsize wanted = (gsize)MIN(HTH_OGG_PAGE_MAX, self->end - MIN(offset, self->end));
    const guint64 block_end = self->block_begin + self->block_bytes;
    if (offset < self->block_begin || offset + wanted > block_end) {
        gsize kept = 0;
        if (offset >= self->block_begin && offset < block_end) {
            kept = (gsize)(block_end - offset);
            memmove(self->block, self->block + (offset - self->block_begin), kept);
        }
        self->block_begin = offset;
        self->block_bytes = kept;
        const gsize n = (gsize)MIN(READ_BYTES - kept, self->end - offset - kept);
        if (!hth_byte_source_read(self->source, offset + kept, self->block + kept, n, error))
            return NULL;
        self->block_bytes += n;
    }
    *out_n = wanted;
    return self->block + (offset - self->block_begin);
}

const guint8 *hth_ogg_reader_page(HthOggReader *self, guint64 offset, HthOggPage *out_page,
                                  GError **error)
{
    gsize n = 0;
    const guint8 *bytes = hth_ogg_reader_look(self, offset, &n, error);
    if (bytes == NULL)
        return NULL;
    if (hth_ogg_page_parse(bytes, n, out_page) && out_page->body_bytes <= n - out_page->head_bytes)
        return bytes;
    g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT, "no Ogg page is where one should be");
    return NULL;
}
