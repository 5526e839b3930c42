/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sync in a running hearthd: the engine on state.db, its view of the library, the routes of
 * devices, and their event streams.
 *
 * Threads: open, start, stop and close on the main thread; the rest on any.
 */
#pragma once

#include "parts.h"
#include "sync/sync-events.h"
#include "sync/sync-home.h"
#include "sync/sync-progress.h"

G_BEGIN_DECLS

/* Makes parts->sync. Its routes (sync-routes.h) are added by whoever opens a door to devices. */
gboolean hth_sync_part_open(HthParts *parts, GError **error);
/* Nothing is begun any more; requests must have ended. */
void hth_sync_part_stop(HthParts *parts);
/* After the task queue has gone. Does nothing when it was not opened. */
void hth_sync_part_close(HthParts *parts);

HthSyncHome *hth_sync_part_home(HthSyncService *self);
HthSyncEvents *hth_sync_part_events(HthSyncService *self);
HthSyncProgress *hth_sync_part_progress(HthSyncService *self);

/* Around a stream of data to a device. Any thread. */
void hth_sync_part_begin_data(HthSyncService *self);
void hth_sync_part_end_data(HthSyncService *self);

/* The same as last counted, without a look into the database. */
JsonObject *hth_sync_part_glance(HthSyncService *self);

/* {"layouts_missing": …, "jobs": …} for the status. */
JsonObject *hth_sync_part_status(HthSyncService *self);

/* Call once parts->renditions is open: tells devices when something was converted, and has made
 * ahead what the rules of those that are away will need. */
void hth_sync_part_use_renditions(HthParts *parts);

/* A rule was changed: what it needs is made ahead. Any thread. */
void hth_sync_part_prepare(HthSyncService *self);

G_END_DECLS
