/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One number for all files that a device holds, whatever their order: the sum, mod 2^256, of
 * SHA-256(item, path, file hash) over them. Both sides keep it as files come and go; where it
 * differs, the home asks for the manifest.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include <glib.h>

#include "sync/message.h"

G_BEGIN_DECLS

typedef struct {
    HthDigest sum; /* little-endian; zeros: no file */
} HthSyncSetDigest;

void hth_sync_set_digest_add(HthSyncSetDigest *self, guint64 item, const char *path,
                             const HthDigest *hash);
void hth_sync_set_digest_remove(HthSyncSetDigest *self, guint64 item, const char *path,
                                const HthDigest *hash);

G_END_DECLS
