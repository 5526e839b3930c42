/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small jobs on files of the folder that several parts of the engine need.
 *
 * Threads: as the environment.
 */
#pragma once

#include "base/digest.h"
#include "media/byte-source.h"
#include "sync/sync-env.h"

G_BEGIN_DECLS

/* Why a start must end here: the session is over, or the folder no longer answers. What else went
 * wrong concerns one file alone. */
gboolean hth_folder_is_lost(const GError *error);

/* Takes @local, what went wrong with one file; NULL is fine.
 * Returns: TRUE when the start goes on without that file; FALSE, with @error, when it must end. */
gboolean hth_folder_pass_over(GError *local, GError **error);

gboolean hth_folder_not_found(const GError *error);

/* TRUE with *out_found FALSE where nothing is. */
gboolean hth_folder_stat(const HthSyncEnv *env, const char *path, gboolean *out_found,
                         HthSyncStat *out_stat, GError **error);

/* Makes @path and what is missing above it; adds to @touched (a set of new strings) the folders
 * whose names changed. @touched: NULL: they are synced at once. */
gboolean hth_folder_make_dirs(const HthSyncEnv *env, const char *path, GHashTable *touched,
                              GError **error);

/* Removes @path where there is a file. */
gboolean hth_folder_unlink(const HthSyncEnv *env, const char *path, GError **error);

/* SHA-256 and size of the file. Reads all of it. */
gboolean hth_folder_digest(const HthSyncEnv *env, const char *path, HthDigest *out_digest,
                           guint64 *out_size, GError **error);

/* Adds @length bytes at @offset of @file to @digester. FALSE without error: the file ends before.
 */
gboolean hth_folder_digest_range(const HthSyncEnv *env, HthSyncFile *file, guint64 offset,
                                 guint64 length, HthDigester *digester, GError **error);

/* All of a small file; HTH_ERROR_TOO_LARGE over @max. */
GBytes *hth_folder_read(const HthSyncEnv *env, const char *path, gsize max, GError **error);

/* Writes a temporary file beside @path, syncs it, renames it, and syncs the folder. */
/* A copy of the file at @from comes to @to, by way of @tmp, and is durable on TRUE. */
gboolean hth_folder_copy(const HthSyncEnv *env, const char *from, const char *tmp, const char *to,
                         GError **error);
gboolean hth_folder_write(const HthSyncEnv *env, const char *path, GBytes *bytes, GError **error);

/* A file of the folder for lib/media. @env must live as long. */
HthByteSource *hth_folder_byte_source(const HthSyncEnv *env, const char *path, GError **error);

G_END_DECLS
