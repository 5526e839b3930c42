/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/discovery-proof.h"

#include "base/hex.h"

char *hth_discovery_proof(const guint8 key[HTH_DISCOVERY_PROOF_KEY_BYTES],
                          const guint8 nonce[HTH_DISCOVERY_NONCE_BYTES])
{
    g_autoptr(GHmac) hmac = g_hmac_new(G_CHECKSUM_SHA256, key, HTH_DISCOVERY_PROOF_KEY_BYTES);
    g_hmac_update(hmac, nonce, HTH_DISCOVERY_NONCE_BYTES);
    guint8 digest[32];
    gsize size = sizeof digest;
    g_hmac_get_digest(hmac, digest, &size);
    return hth_hex_encode(digest, HTH_DISCOVERY_PROOF_BYTES);
}

gboolean hth_discovery_check(const guint8 key[HTH_DISCOVERY_PROOF_KEY_BYTES], const char *nonce_hex,
                             const char *proof_hex)
{
    guint8 nonce[HTH_DISCOVERY_NONCE_BYTES];
    if (proof_hex == NULL || !hth_hex_decode(nonce_hex, nonce, sizeof nonce))
        return FALSE;
    g_autofree char *expected = hth_discovery_proof(key, nonce);
    return g_ascii_strcasecmp(expected, proof_hex) == 0;
}
