/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One request of a player for an item that is at home: its bytes come block by block into the
 * cache, some ahead of the player, and go out from there. Networks may change meanwhile: what is
 * missing is then fetched by another path, and the player notices nothing.
 *
 * Threads: hth_play_stream_serve() runs on a thread of its own until the player has all or has
 * gone.
 */
#pragma once

#include "net/http-server.h"
#include "play-cache.h"
#include "play-fetch.h"

G_BEGIN_DECLS

/* How far ahead of the player it fetches. */
#define HTH_PLAY_AHEAD_BLOCKS 8 /* 2 MiB */

/* A deferred answer must come within 30 s. */
#define HTH_PLAY_FIRST_PATIENCE_US (25 * G_USEC_PER_SEC)

/* Answers @request, which was deferred. @path: "/m/ITEM.EXT". @until_us: so long the first byte is
 * tried for. @cancellable ends it. */
void hth_play_stream_serve(HthHttpRequest *request, const char *path, HthPlayFetch *fetch,
                           HthPlayCache *cache, gint64 until_us, GCancellable *cancellable);

/* Says that nothing comes. @error: of hth_play_fetch(). */
void hth_play_stream_refuse(HthHttpRequest *request, const GError *error);

G_END_DECLS
