/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Photos and recordings that devices bring home, slice by slice.
 *
 * What has come of a file lies in a folder of ours until it is complete and hashes to what the
 * device said; then it is put, durably, into FOLDER/DEVICE/NAME of the chosen folder. Nothing there
 * is ever replaced: a name that is taken gets letters of the hash, and a file that is there already
 * with the same bytes is not stored twice.
 *
 * Bounds: HTH_UPLOAD_MAX_BYTES a file; parts that nobody went on with for 30 days are removed.
 *
 * Threads: any thread; new and free on the main thread.
 */
#pragma once

#include "sync/message.h"

G_BEGIN_DECLS

#define HTH_UPLOAD_MAX_BYTES (64ull * 1024 * 1024 * 1024)

typedef struct HthUploads HthUploads;

/* What a device is called, for its folder; a new string. */
typedef char *(*HthUploadsName)(const char *device, gpointer data);

/* @parts_dir: ours, made when missing. @folder: NULL or "": nothing is taken. */
HthUploads *hth_uploads_new(const char *parts_dir, const char *folder, HthUploadsName name,
                            gpointer data);
void hth_uploads_free(HthUploads *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthUploads, hth_uploads_free)

/* Takes one slice and fills @answer.
 * Errors: HTH_ERROR_REFUSED  no folder was chosen; the message says how
 *         HTH_ERROR_INVALID  a name, size or offset that makes no sense
 *         HTH_ERROR_CORRUPT  all is there, and is not what the hash says: it begins anew
 *         G_FILE_ERROR_*     it cannot be written */
gboolean hth_uploads_take(HthUploads *self, const char *device, const HthSyncUpload *slice,
                          HthSyncUploadAnswer *answer, GError **error);

G_END_DECLS
