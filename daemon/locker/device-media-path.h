/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a path below /m/ names. Threads: any thread, any time. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* "/m/k3jx9a2bqd4fm.flac" or "/m/k3jx9a2bqd4fm/opus-128.opus". @out_profile: new, NULL: the
 * original. FALSE: it is neither. */
gboolean hth_device_media_parse(const char *path, char **out_item, char **out_profile);

G_END_DECLS
