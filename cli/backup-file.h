/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A backup: one tar (pax, written by libarchive) of manifest.json and the parts that it names.
 *
 *   manifest.json   {"format": 1, "version": "0.1.0", "made_unix_s": …, "parts": [{"name",
 *                   "size_bytes", "sha256"}]}
 *   state.db        play counts, playlists, devices, identity
 *   settings.conf   what `hearth config set` wrote, when there is any
 *   hearth.conf     the configuration file, when there is one; kept for reading, not restored
 *   identity.pem    the key by which devices know the home; not in backups of the first kind
 *   locker.pem      the key by which its locker knows it, when one was joined
 */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

#define HTH_BACKUP_FILE_FORMAT         1
#define HTH_BACKUP_FILE_PART_MAX_BYTES (G_GINT64_CONSTANT(16) << 30)

/* Writes the files of @names in @dir to @path with mode 0600: a temporary file, then a rename. */
gboolean hth_backup_file_write(const char *path, const char *dir, const char *const *names,
                               GError **error);

/* Unpacks @path into the empty folder @dir and checks everything: only names that a backup has,
 * each once, sizes and digests as the manifest says, a format and version that this program knows.
 * Returns: the names that are there; NULL on error. */
char **hth_backup_file_read(const char *path, const char *dir, GError **error);

/* Whether a backup by hearth @made can be read by hearth @own: "0.3.1" is newer than "0.3.0". */
gboolean hth_backup_file_is_newer(const char *made, const char *own);

G_END_DECLS
