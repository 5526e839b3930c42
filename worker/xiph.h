/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FLAC, and Ogg with Vorbis, Opus or FLAC inside: their headers, and their comments with every
 * value of a key that is repeated (FFmpeg joins them). */
#pragma once

#include "probe.h"

G_BEGIN_DECLS

/* A native FLAC stream that begins at @offset of the source.
 * Errors: HTH_ERROR_CORRUPT */
gboolean hth_flac_read(HthProbe *probe, gint64 offset, GError **error);

/* Returns: FALSE with HTH_ERROR_UNSUPPORTED when the first stream is none of the three, so that
 * libavformat should have a look; HTH_ERROR_CORRUPT. */
gboolean hth_ogg_read(HthProbe *probe, GError **error);

/* A Vorbis comment block: vendor, then KEY=value. A broken one is read as far as it goes. */
void hth_vorbis_comment_read(HthProbe *probe, const guint8 *bytes, gsize size_bytes);

/* FLAC's picture block, also in base64 in METADATA_BLOCK_PICTURE. */
void hth_flac_picture_read(HthProbe *probe, const guint8 *bytes, gsize size_bytes);

G_END_DECLS
