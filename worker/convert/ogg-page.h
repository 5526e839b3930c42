/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ogg pages, one at a time (RFC 3533, section 6). */
#pragma once

#include "wrap.h"

G_BEGIN_DECLS

#define HTH_OGG_PAGE_MAX (27 + 255 + 255 * 255)

/* Reads the page at @offset into @buffer of HTH_OGG_PAGE_MAX bytes.
 * Returns: its size; 0: there is none, or it is cut. */
gsize hth_ogg_page_read(const HthWrapInput *input, gint64 offset, guint8 *buffer);

guint32 hth_ogg_page_number(const guint8 *page);

/* Gives it a serial and a number, and the checksum that follows. */
void hth_ogg_page_set(guint8 *page, gsize size_bytes, guint32 serial, guint32 number);

/* Whether a packet ends with the page. */
gboolean hth_ogg_page_ends_packet(const guint8 *page);

/* The checksum of Ogg over any bytes. */
guint32 hth_ogg_crc(const guint8 *bytes, gsize n);

/* The bytes that a packet of @n bytes takes in pages of its own, and how many these are. */
gsize hth_ogg_packet_size(gsize n, guint *out_n_pages);

/* Appends pages that hold @packet, from page @number on; @flags of the first one. */
void hth_ogg_append_packet(GByteArray *to, const guint8 *packet, gsize n, guint32 serial,
                           guint32 number, guint8 flags);

G_END_DECLS
