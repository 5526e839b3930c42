/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What playlist files name, written to the index, and looked for there.
 *
 * Threads: the writer's.
 */
#pragma once

#include "library/writer.h"

G_BEGIN_DECLS

/* @entries: (element filename) as the file has them; NULL: none. They take the place of what it had
 * before. */
gboolean hth_write_playlist_entries(HthWriteContext *context, gint64 playlist,
                                    const GPtrArray *entries, GError **error);

/* Looks for the files that playlists name and the index did not have yet. */
gboolean hth_write_resolve_playlists(HthWriteContext *context, gpointer data, GError **error);

G_END_DECLS
