/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-256, of one block of bytes or of a stream of them.
 *
 * Threads: an object belongs to one thread at a time; the rest is for any thread, any time.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define HTH_DIGEST_BYTES 32

typedef struct {
    guint8 bytes[HTH_DIGEST_BYTES];
} HthDigest;

gboolean hth_digest_equal(const HthDigest *a, const HthDigest *b);
gboolean hth_digest_is_zero(const HthDigest *digest);

/* A hash and comparison of the digest that @digest points at, for GHashTable. */
guint hth_digest_hash(gconstpointer digest);
gboolean hth_digest_equal_func(gconstpointer a, gconstpointer b);

void hth_digest_of(gconstpointer bytes, gsize size_bytes, HthDigest *out_digest);

typedef struct HthDigester HthDigester;

HthDigester *hth_digester_new(void);
void hth_digester_free(HthDigester *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthDigester, hth_digester_free)

void hth_digester_add(HthDigester *self, gconstpointer bytes, gsize size_bytes);

/* The digest of what was added so far; more may be added. */
void hth_digester_peek(const HthDigester *self, HthDigest *out_digest);

/* The digest of all that was added; @self is as new afterwards. */
void hth_digester_finish(HthDigester *self, HthDigest *out_digest);

G_END_DECLS
