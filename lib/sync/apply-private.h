/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shared by the sources of apply.h only. */
#pragma once

#include "sync/apply.h"
#include "sync/folder-files.h"

G_BEGIN_DECLS

/* An operation that is complete and not visible yet. */
typedef struct {
    HthIntent intent;
    HthSyncFile *file;   /* tmp, or the undo image, open until it is synced; NULL */
    GArray *patches;     /* (element HthRecipePatch) or NULL */
    gboolean is_refused; /* its name could not be changed; the result is noted */
} HthReady;

struct HthApply {
    const HthSyncEnv *env;
    HthDeviceStore *store; /* borrowed */
    HthApplyBefore before; /* NULL: nothing */
    gpointer before_data;
    GArray *ready; /* (element HthReady) in the order of the operations */
    guint64 ready_bytes;
    gsize patch_bytes;
    GHashTable *paths;   /* folded paths that ready operations touch */
    GHashTable *items;   /* of ready operations: guint64, owned by the set */
    GHashTable *leaving; /* folded paths whose item was to go and has not, or not yet */
    GHashTable *touched; /* folders whose names changed and are not synced */
    gboolean has_staged; /* results wait in the store */
    guint64 n_applied;
    guint64 n_refused;
    guint64 bytes_written;
};

/* Makes a durable copy of whatever lies at @path and belongs to nobody: it may be replaced. */
gboolean hth_apply_set_aside(HthApply *self, const char *path, GError **error);
/* Brings the temporary file of @intent to its path, or moves or removes its file. */
gboolean hth_apply_change_names(HthApply *self, const HthIntent *intent, GError **error);
gboolean hth_apply_sync_touched(HthApply *self, GError **error);
/* Stages what the list says once @intent is done, its result, and its end. */
void hth_apply_stage_done(HthApply *self, const HthIntent *intent);
void hth_apply_stage_result(HthApply *self, guint64 sequence, HthSyncStatus status,
                            const HthDigest *hash, const char *sentence);
void hth_apply_touch_parent(HthApply *self, const char *path);
/* Removes folders that became empty, from that of @path upwards. */
void hth_apply_remove_empty(HthApply *self, const char *path);

/* ---- Undo images ---- */

char *hth_undo_path(guint64 sequence);
/* Writes the bytes that @patches will replace, as they are now. Not synced. Returns: open, or NULL.
 */
HthSyncFile *hth_undo_write(const HthSyncEnv *env, const char *undo, const char *path,
                            const GArray *patches, guint64 *out_bytes, GError **error);
/* Puts them back and syncs the file. *out_is_whole FALSE: there is no whole image, so nothing had
 * been changed yet. */
gboolean hth_undo_restore(const HthSyncEnv *env, const char *undo, const char *path,
                          gboolean *out_is_whole, GError **error);
gboolean hth_undo_patch(const HthSyncEnv *env, const char *path, const GArray *patches,
                        GError **error);

G_END_DECLS
