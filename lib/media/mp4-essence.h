/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The essence of MP4 files: the packets of their sound, picture and subtitle tracks, found by the
 * sample tables and by the fragments. */
#pragma once

#include "media/layout-builder.h"

G_BEGIN_DECLS

/* Adds the essence of the file whose moov has its children from @moov_offset to @moov_end. Nothing
 * is added, and so the essence not known, when tables contradict themselves or the file. */
void hth_mp4_add_essence(HthLayoutBuilder *builder, guint64 moov_offset, guint64 moov_end);

G_END_DECLS
