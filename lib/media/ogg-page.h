/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pages of Ogg (RFC 3533, section 6). */
#pragma once

#include "media/byte-source.h"

G_BEGIN_DECLS

#define HTH_OGG_HEAD_BYTES   27
#define HTH_OGG_SEGMENTS_MAX 255
#define HTH_OGG_PAGE_MAX     (HTH_OGG_HEAD_BYTES + 255 + 255 * 255)

#define HTH_OGG_CONTINUED 0x01
#define HTH_OGG_BEGINS    0x02
#define HTH_OGG_ENDS      0x04

#define HTH_OGG_NO_GRANULE G_MAXUINT64 /* no packet ends on the page */

typedef struct {
    guint8 flags;
    guint64 granule;
    guint32 serial;
    guint32 sequence;
    guint n_segments;
    guint8 lacing[HTH_OGG_SEGMENTS_MAX];
    gsize head_bytes; /* with the lacing */
    gsize body_bytes;
} HthOggPage;

/* The tables of the checksum. Made by whoever goes through many pages. */
typedef struct HthOggSum HthOggSum;

HthOggSum *hth_ogg_sum_new(void);
void hth_ogg_sum_free(HthOggSum *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthOggSum, hth_ogg_sum_free)

/* Reads a page's head from @bytes. FALSE: none begins here, or its head is not whole. */
gboolean hth_ogg_page_parse(const guint8 *bytes, gsize n, HthOggPage *out_page);

/* Whether the checksum in the whole page at @bytes is right. */
gboolean hth_ogg_page_is_sound(const HthOggSum *sum, const guint8 *bytes, const HthOggPage *page);

/* The pages of a range, one after the other, read in large blocks. */
typedef struct HthOggReader HthOggReader;

/* @source: a reference is taken. */
HthOggReader *hth_ogg_reader_new(HthByteSource *source, guint64 begin, guint64 end);
void hth_ogg_reader_free(HthOggReader *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthOggReader, hth_ogg_reader_free)

/* The bytes at @offset, borrowed until the next call: a largest page's worth, or what there is up
 * to the end. Returns: NULL with an error of the source; @out_n: 0 at the end. */
const guint8 *hth_ogg_reader_look(HthOggReader *self, guint64 offset, gsize *out_n, GError **error);

/* The page at @offset, whole, as hth_ogg_reader_look(). Its checksum is not looked at.
 * Returns: NULL and HTH_ERROR_CORRUPT when none is there */
const guint8 *hth_ogg_reader_page(HthOggReader *self, guint64 offset, HthOggPage *out_page,
                                  GError **error);

/* Writes the head of @page to @bytes (its head_bytes), in front of its body, and the checksum. */
void hth_ogg_page_seal(const HthOggSum *sum, const HthOggPage *page, guint8 *bytes);

G_END_DECLS
