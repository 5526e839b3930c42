/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What has gone to each device since it last told what it holds: a device tells that when all it
 * was given is done, which for a first copy is much, and somebody may be watching.
 *
 * Threads: any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct HthSyncProgress HthSyncProgress;

HthSyncProgress *hth_sync_progress_new(void);
void hth_sync_progress_free(HthSyncProgress *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthSyncProgress, hth_sync_progress_free)

/* @n_bytes of data are handed to the connection of @device. */
void hth_sync_progress_sent(HthSyncProgress *self, const char *device, guint64 n_bytes);

/* @device has told what it holds; it counts from zero. */
void hth_sync_progress_told(HthSyncProgress *self, const char *device);

/* Bytes sent since then; parts that came to nothing are among them. */
guint64 hth_sync_progress_bytes(HthSyncProgress *self, const char *device);

G_END_DECLS
