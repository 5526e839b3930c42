/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the engine of a device asks of the play log and the inbox of its folder.
 *
 * Threads: as the environment.
 */
#pragma once

#include "sync/play-log.h"
#include "sync/sync-device.h"

G_BEGIN_DECLS

typedef struct HthPlayFeed HthPlayFeed;

/* Tells @device of itself. Both are borrowed, and @device takes no step after the feed is freed. */
HthPlayFeed *hth_play_feed_new(const HthSyncEnv *env, HthSyncDevice *device);
void hth_play_feed_free(HthPlayFeed *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthPlayFeed, hth_play_feed_free)

/* Another card may be in: the log is opened again when it is needed. */
void hth_play_feed_close(HthPlayFeed *self);

G_END_DECLS
