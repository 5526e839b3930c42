/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which paths a home may name on a device: relative, inside the folder, never ours, and legal on
 * FAT, exFAT, NTFS and ext4 alike, so that a folder can be copied from one to the other.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Where the agent keeps its things, at the top of the folder. */
#define HTH_DEVICE_OWN_DIR ".hearth"

#define HTH_DEVICE_NAME_MAX_UNITS 255 /* of one name: UTF-16 units (FAT, NTFS) and bytes (ext4) */
#define HTH_DEVICE_PATH_MAX_UNITS 1000
#define HTH_DEVICE_PATH_MAX_DEPTH 32

/* Whether @path may be written to. @path: any bytes up to a NUL.
 * Errors: HTH_ERROR_INVALID, with the reason for people */
gboolean hth_device_path_check(const char *path, GError **error);

/* A key that is equal for paths that some file system holds for the same: they differ in case or
 * in how accents are written. @path: valid UTF-8. */
char *hth_device_path_fold(const char *path);

/* The folder of @path: "" for a name at the top. New string. */
char *hth_device_path_parent(const char *path);

G_END_DECLS
