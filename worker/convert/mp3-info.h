/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The frame before the first that tells players how long an MP3 is and what to leave out of it, as
 * LAME writes it: GStreamer's encoder leaves it to others. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Room to leave before the first frame. */
#define HTH_MP3_INFO_MAX 4096

/* Walks the frames between @first_byte and @end and writes the frame right before @first_byte,
 * which is at least HTH_MP3_INFO_MAX. @n_samples: what was encoded, of each channel.
 *
 * Returns: where the file now begins; 0 and HTH_ERROR_CORRUPT when these are no frames. */
guint64 hth_mp3_info_write(int fd, guint64 first_byte, guint64 end, guint64 n_samples,
                           GError **error);

G_END_DECLS
