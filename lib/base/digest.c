/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/digest.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

struct HthDigester {
    gnutls_hash_hd_t handle;
};

gboolean hth_digest_equal(const HthDigest *a, const HthDigest *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

gboolean hth_digest_is_zero(const HthDigest *digest)
{
    static const HthDigest zero = { { 0 } };
    return hth_digest_equal(digest, &zero);
}

guint hth_digest_hash(gconstpointer digest)
{
    guint value;
    memcpy(&value, ((const HthDigest *)digest)->bytes, sizeof value);
    return value;
}

gboolean hth_digest_equal_func(gconstpointer a, gconstpointer b)
{
    return hth_digest_equal(a, b);
}

/* GnuTLS fails here only without memory, or where a policy forbids SHA-256: nothing can go on. */
static void must(int status)
{
    if (status < 0)
        g_error("SHA-256 is not to be had: %s", gnutls_strerror(status));
}

void hth_digest_of(gconstpointer bytes, gsize size_bytes, HthDigest *out_digest)
{
    must(gnutls_hash_fast(GNUTLS_DIG_SHA256, size_bytes > 0 ? bytes : "", size_bytes,
                          out_digest->bytes));
}

HthDigester *hth_digester_new(void)
{
    HthDigester *self = g_new(HthDigester, 1);
    must(gnutls_hash_init(&self->handle, GNUTLS_DIG_SHA256));
    return self;
}

void hth_digester_free(HthDigester *self)
{
    if (self == NULL)
        return;
    gnutls_hash_deinit(self->handle, NULL);
    g_free(self);
}

void hth_digester_add(HthDigester *self, gconstpointer bytes, gsize size_bytes)
{
    if (size_bytes > 0)
        must(gnutls_hash(self->handle, bytes, size_bytes));
}

void hth_digester_peek(const HthDigester *self, HthDigest *out_digest)
{
    gnutls_hash_hd_t copy = gnutls_hash_copy(self->handle);
    if (copy == NULL)
        g_error("SHA-256 is not to be had");
    gnutls_hash_deinit(copy, out_digest->bytes);
}

void hth_digester_finish(HthDigester *self, HthDigest *out_digest)
{
    gnutls_hash_output(self->handle, out_digest->bytes);
}
