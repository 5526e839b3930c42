/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tags of MP4 that may have several values, of which libavformat keeps one. */
#pragma once

#include "probe.h"

G_BEGIN_DECLS

/* Adds them; a file without, or with broken ones, is left to libavformat. */
void hth_mp4_tags_read(HthProbe *probe);

/* The content of an "ilst" box. */
void hth_mp4_ilst_read(HthProbe *probe, const guint8 *bytes, gsize size_bytes);

G_END_DECLS
