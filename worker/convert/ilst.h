/* SPDX-License-Identifier: GPL-3.0-or-later */
/* iTunes' metadata, as MP4 files carry it: moov's udta box. */
#pragma once

#include "media/media-info.h"

G_BEGIN_DECLS

/* Appends an "udta" box with the tags of @info and @cover (a JPEG; NULL: none). */
void hth_ilst_append(GByteArray *to, const HthMediaInfo *info, GBytes *cover);

/* Boxes: begins one at the end of @to, and fills in the size once all is there. */
guint hth_box_begin(GByteArray *to, const char *type);
void hth_box_end(GByteArray *to, guint at);
void hth_box_put32(GByteArray *to, guint32 value);

G_END_DECLS
