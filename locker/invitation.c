/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "invitation.h"

#include <string.h>

#include "base/base32.h"
#include "base/random.h"

#define CODE_BYTES   (HTH_INVITATION_SECRET_BYTES + HTH_INVITATION_KEY_BYTES)
#define CODE_LENGTH  HTH_BASE32_LENGTH(CODE_BYTES)
#define GROUP_LENGTH 4

/* 80 random bits need no slow hash. */
static void hash_secret(const guint8 *secret, HthKeyId *out_hash)
{
    gsize size = sizeof out_hash->bytes;
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    g_checksum_update(checksum, secret, HTH_INVITATION_SECRET_BYTES);
    g_checksum_get_digest(checksum, out_hash->bytes, &size);
}

char *hth_invitation_new(const HthKeyId *locker, HthKeyId *out_hash)
{
    guint8 bytes[CODE_BYTES];
    hth_random_fill(bytes, HTH_INVITATION_SECRET_BYTES);
    memcpy(bytes + HTH_INVITATION_SECRET_BYTES, locker->bytes, HTH_INVITATION_KEY_BYTES);
    hash_secret(bytes, out_hash);
    g_autofree char *letters = hth_base32_encode(bytes, sizeof bytes);
    GString *code = g_string_new(NULL);
    for (gsize i = 0; i < CODE_LENGTH; i += GROUP_LENGTH) {
        if (i > 0)
            g_string_append_c(code, '-');
        g_string_append_len(code, letters + i, GROUP_LENGTH);
    }
    return g_string_free(code, FALSE);
}

gboolean hth_invitation_read(const char *text, HthKeyId *out_hash)
{
    guint8 bytes[CODE_BYTES];
    char letters[CODE_LENGTH + 1];
    gsize n = 0;
    for (; *text != '\0'; text++) {
        if (*text == '-' || *text == ' ')
            continue;
        if (n == CODE_LENGTH)
            return FALSE;
        letters[n++] = *text;
    }
    letters[n] = '\0';
    if (!hth_base32_decode(letters, bytes, CODE_BYTES) &&
        !hth_base32_decode(letters, bytes, HTH_INVITATION_SECRET_BYTES))
        return FALSE;
    hash_secret(bytes, out_hash);
    return TRUE;
}
