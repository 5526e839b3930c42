/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MP3: its tags, its first frame, and the count of frames that encoders leave in it. */
#pragma once

#include "probe.h"

G_BEGIN_DECLS

/* Errors: HTH_ERROR_CORRUPT  there are no two frames in a row where the audio should begin */
gboolean hth_mpeg_audio_read(HthProbe *probe, GError **error);

/* Whether a frame of layer III, and another behind it as far as @size_bytes goes, begins at @bytes.
 */
gboolean hth_mpeg_audio_is_frame(const guint8 *bytes, gsize size_bytes);

G_END_DECLS
