/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/discovery-proof.h"

#include <string.h>

char *hth_discovery_proof(const guint8 key[HTH_DISCOVERY_PROOF_KEY_BYTES],
                          const guint8 nonce[HTH_DISCOVERY_NONCE_BYTES])
{
    g_autoptr(GHmac) hmac = g_hmac_new(G_CHECKSUM_SHA256, key, HTH_DISCOVERY_PROOF_KEY_BYTES);
    g_hmac_update(hmac, nonce, HTH_DISCOVERY_NONCE_BYTES);
    guint8 digest[32];
    gsize size = sizeof digest;
    g_hmac_get_digest(hmac, digest, &size);
    GString *hex = g_string_new(NULL);
    for (guint i = 0; i < HTH_DISCOVERY_PROOF_BYTES; i++)
        g_string_append_printf(hex, "%02x", digest[i]);
    return g_string_free(hex, FALSE);
}

gboolean hth_discovery_check(const guint8 key[HTH_DISCOVERY_PROOF_KEY_BYTES], const char *nonce_hex,
                             const char *proof_hex)
{
    guint8 nonce[HTH_DISCOVERY_NONCE_BYTES];
    if (nonce_hex == NULL || proof_hex == NULL || strlen(nonce_hex) != sizeof nonce * 2)
        return FALSE;
    for (guint i = 0; i < sizeof nonce; i++) {
        const int high = g_ascii_xdigit_value(nonce_hex[2 * i]);
        const int low = g_ascii_xdigit_value(nonce_hex[2 * i + 1]);
        if (high < 0 || low < 0)
            return FALSE;
        nonce[i] = (guint8)(high << 4 | low);
    }
    g_autofree char *expected = hth_discovery_proof(key, nonce);
    return g_ascii_strcasecmp(expected, proof_hex) == 0;
}
