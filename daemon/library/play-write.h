/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What state.db says of plays and playlists, copied into index.db for listings.
 *
 * Threads: made on any; run on the writer's.
 */
#pragma once

#include "library/writer.h"

G_BEGIN_DECLS

typedef struct {
    guint64 permanent_id;
    HthPlayState play;
} HthPlayWrite;

gboolean hth_write_play(HthWriteContext *context, gpointer play_write, GError **error);

/* Makes the household's play states in the index equal to state.db. */
gboolean hth_write_plays(HthWriteContext *context, gpointer data, GError **error);

/* Makes the copy of the household's playlists equal to state.db. */
gboolean hth_write_own_playlists(HthWriteContext *context, gpointer data, GError **error);

/* @playlist_id: (guint64) it was removed from state.db. */
gboolean hth_write_own_playlist_removal(HthWriteContext *context, gpointer playlist_id,
                                        GError **error);

G_END_DECLS
