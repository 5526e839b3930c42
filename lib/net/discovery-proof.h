/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a paired device recognises its home in mDNS: the record has a random nonce and the first
 * bytes of HMAC-SHA256(discovery key, nonce). docs/mdns.md says what that tells others.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define HTH_DISCOVERY_PROOF_KEY_BYTES 32
#define HTH_DISCOVERY_NONCE_BYTES     16
#define HTH_DISCOVERY_PROOF_BYTES     16

/* Returns: the proof in hexadecimal, a new string. */
char *hth_discovery_proof(const guint8 key[HTH_DISCOVERY_PROOF_KEY_BYTES],
                          const guint8 nonce[HTH_DISCOVERY_NONCE_BYTES]);

/* Whether who made @proof_hex had the key. Both as in the record; NULL: not there. */
gboolean hth_discovery_check(const guint8 key[HTH_DISCOVERY_PROOF_KEY_BYTES], const char *nonce_hex,
                             const char *proof_hex);

G_END_DECLS
