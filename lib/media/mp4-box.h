/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Boxes of an MP4 or QuickTime file (ISO/IEC 14496-12), read one header at a time, and tables of
 * big-endian numbers read through a small window: no table is ever held whole.
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include "media/byte-source.h"

#include <glib.h>

G_BEGIN_DECLS

#define HTH_MP4_TYPE(a, b, c, d)                                                                   \
    ((guint32)(a) << 24 | (guint32)(b) << 16 | (guint32)(c) << 8 | (guint32)(d))

typedef struct {
    guint32 type;
    guint64 offset;      /* of the header */
    guint64 end;         /* first byte after the box; never beyond its parent */
    guint8 header_bytes; /* 8, or 16 with a 64-bit size */
} HthMp4Box;

static inline guint64 hth_mp4_box_body(const HthMp4Box *box)
{
    return box->offset + box->header_bytes;
}

/* Reads the header at @offset of a box that must lie before @end, its parent's end. A size of 0
 * means: to @end.
 *
 * Returns: FALSE when there is no whole box, or it is longer than its parent. The error is
 * HTH_ERROR_CORRUPT then, or what the source said. */
gboolean hth_mp4_box_read(HthByteSource *source, guint64 offset, guint64 end, HthMp4Box *out_box,
                          GError **error);

/* Finds the first child of @type between @offset and @end; TRUE when it is there. What follows a
 * broken child is not looked at. */
gboolean hth_mp4_box_find(HthByteSource *source, guint64 offset, guint64 end, guint32 type,
                          HthMp4Box *out_box);

/* Big-endian numbers from @position to @end of the source, in order. After the first short read
 * every number is 0 and has_failed stays set: ask once at the end. */
typedef struct {
    HthByteSource *source; /* borrowed */
    guint64 position;
    guint64 end;
    guint64 window_offset;
    guint32 window_bytes;
    gboolean has_failed;
    guint8 window[4096];
} HthMp4Table;

void hth_mp4_table_init(HthMp4Table *self, HthByteSource *source, guint64 offset, guint64 end);
guint64 hth_mp4_table_next(HthMp4Table *self, guint n_bytes); /* @n_bytes: 1 to 8 */
void hth_mp4_table_skip(HthMp4Table *self, guint64 n_bytes);

G_END_DECLS
