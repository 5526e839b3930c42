/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ID3v2.2, 2.3, 2.4 and ID3v1, with every value of a frame that has several (FFmpeg joins them). */
#pragma once

#include "probe.h"

G_BEGIN_DECLS

/* The whole size of the ID3v2 tag that begins in @bytes; 0: none begins there. */
gsize hth_id3_tag_size(const guint8 *bytes, gsize size_bytes);

/* Reads a tag that begins at @bytes; a cut or broken one as far as it goes. */
void hth_id3_read(HthProbe *probe, const guint8 *bytes, gsize size_bytes);

/* Reads the 128 bytes of an ID3v1 tag, for what no other tag said. Returns: whether it is one. */
gboolean hth_id3_read_v1(HthProbe *probe, const guint8 bytes[128]);

G_END_DECLS
