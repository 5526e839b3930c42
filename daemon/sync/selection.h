/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A rule, asked of the index: every source is one indexed query. No text of a rule becomes SQL.
 *
 * Threads: any thread.
 */
#pragma once

#include "library/library.h"
#include "sync/sync-home.h"

G_BEGIN_DECLS

/* As HthSyncLibrary.select and .playlists say. */
gboolean hth_selection_items(HthLibrary *library, const HthSyncRule *rule, HthSyncItemFound found,
                             gpointer data, GError **error);
gboolean hth_selection_playlists(HthLibrary *library, const HthSyncRule *rule,
                                 HthSyncPlaylistFound found, gpointer data, GError **error);

/* What URLs of the item end in. FALSE: there is no such music, video or photo. */
gboolean hth_selection_extension(HthLibrary *library, guint64 item, char *out, gsize size);

/* Says which of @rule's playlists, artists, albums and genres the library does not have.
 * Returns: (element utf8) phrases; new. */
GPtrArray *hth_selection_unknown(HthLibrary *library, const HthSyncRule *rule);

G_END_DECLS
