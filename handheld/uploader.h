/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Brings files of one folder of this device home, each known by its SHA-256: one that the home has
 * costs a question, one that was cut goes on where it was.
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include "sync/sync-env.h"

G_BEGIN_DECLS

typedef struct {
    guint64 n_files;  /* looked at */
    guint64 n_stored; /* are at home now: complete, compared, durable */
    guint64 n_sent;   /* of these, for the first time */
    guint64 n_freed;  /* of these, removed here */
    guint64 n_refused;
    guint64 bytes_sent;
    char *refusal; /* why, of the last one; owned */
} HthUploadCounts;

/* @env: of the folder, with a network. @frees: removes what is stored.
 * Files change while somebody takes photos: one that does is left for the next time. */
gboolean hth_upload_folder(const HthSyncEnv *env, gboolean frees, HthUploadCounts *counts,
                           GError **error);

G_END_DECLS
