/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of files that a device holds, as one file that is written once and then only read:
 * sorted by item, with a blob of its writer's at the end.
 *
 *   header    [magic, version, number of entries, where the blob begins, its length, CRC-32C of
 *              all that follows the header, CRC-32C of the header]
 *   entries   [u64 item][u64 size][32 bytes hash][u32 length, path]…
 *   blob
 *
 * Of the entries only every 64th place is kept in memory: 16 bytes for 64 files.
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include "sync/message.h"
#include "sync/sync-env.h"

G_BEGIN_DECLS

typedef struct HthManifest HthManifest;

/* Frees what @held points at. */
void hth_sync_held_clear(HthSyncHeld *held);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HthSyncHeld, hth_sync_held_clear)

/* Opens @path and reads it through once, to check it.
 * @out_blob: new. Errors: HTH_ERROR_CORRUPT, HTH_ERROR_NEWER */
HthManifest *hth_manifest_open(const HthSyncEnv *env, const char *path, GBytes **out_blob,
                               GError **error);
void hth_manifest_free(HthManifest *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthManifest, hth_manifest_free)

/* Finds @item. @out: to be cleared by the caller when *out_found. */
gboolean hth_manifest_find(HthManifest *self, guint64 item, gboolean *out_found, HthSyncHeld *out,
                           GError **error);

/* A walk over the entries from the first whose item is at least @from. */
typedef struct {
    guint64 at;
    guint8 *buffer;
    gsize n_buffered;
    gsize used;
} HthManifestCursor;

void hth_manifest_cursor_clear(HthManifestCursor *cursor);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HthManifestCursor, hth_manifest_cursor_clear)
gboolean hth_manifest_seek(HthManifest *self, guint64 from, HthManifestCursor *out_cursor,
                           GError **error);
/* @out: to be cleared by the caller when *out_found; FALSE there: the end. */
gboolean hth_manifest_next(HthManifest *self, HthManifestCursor *cursor, gboolean *out_found,
                           HthSyncHeld *out, GError **error);

/* Gives the next entry, by growing item; *@out_found FALSE: that was all. @out is borrowed until
 * the next call. */
typedef gboolean (*HthManifestSource)(gpointer data, gboolean *out_found, const HthSyncHeld **out,
                                      GError **error);

/* Writes @path anew and syncs it (its name is the caller's to sync). */
gboolean hth_manifest_write(const HthSyncEnv *env, const char *path, HthManifestSource source,
                            gpointer data, GBytes *blob, GError **error);

G_END_DECLS
