/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/set-digest.h"

#include <string.h>

#include "base/wire.h"

static void file_digest(guint64 item, const char *path, const HthDigest *hash, HthDigest *out)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    hth_wire_write_u64(bytes, item);
    hth_wire_write_string(bytes, path);
    g_byte_array_append(bytes, hash->bytes, sizeof hash->bytes);
    hth_digest_of(bytes->data, bytes->len, out);
}

void hth_sync_set_digest_add(HthSyncSetDigest *self, guint64 item, const char *path,
                             const HthDigest *hash)
{
    HthDigest one;
    file_digest(item, path, hash, &one);
    guint carry = 0;
    for (guint i = 0; i < HTH_DIGEST_BYTES; i++) {
        carry += (guint)self->sum.bytes[i] + one.bytes[i];
        self->sum.bytes[i] = (guint8)carry;
        carry >>= 8;
    }
}

void hth_sync_set_digest_remove(HthSyncSetDigest *self, guint64 item, const char *path,
                                const HthDigest *hash)
{
    HthDigest one;
    file_digest(item, path, hash, &one);
    gint borrow = 0;
    for (guint i = 0; i < HTH_DIGEST_BYTES; i++) {
        const gint difference = (gint)self->sum.bytes[i] - one.bytes[i] - borrow;
        self->sum.bytes[i] = (guint8)difference;
        borrow = difference < 0;
    }
}
