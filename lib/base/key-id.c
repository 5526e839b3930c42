/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/key-id.h"

#include <string.h>

#include "base/base32.h"

G_STATIC_ASSERT(HTH_BASE32_LENGTH(HTH_KEY_ID_BYTES) == HTH_KEY_ID_LENGTH);

gboolean hth_key_id_equal(const HthKeyId *a, const HthKeyId *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

gboolean hth_key_id_is_set(const HthKeyId *self)
{
    static const HthKeyId none = { { 0 } };
    return !hth_key_id_equal(self, &none);
}

char *hth_key_id_to_text(const HthKeyId *self)
{
    return hth_base32_encode(self->bytes, sizeof self->bytes);
}

gboolean hth_key_id_from_text(const char *text, HthKeyId *out_id)
{
    return text != NULL && hth_base32_decode(text, out_id->bytes, sizeof out_id->bytes);
}

/* The bytes are as good as random. */
guint hth_key_id_hash(gconstpointer id)
{
    guint hash;
    memcpy(&hash, id, sizeof hash);
    return hash;
}

gboolean hth_key_id_equal_for_table(gconstpointer a, gconstpointer b)
{
    return hth_key_id_equal(a, b);
}
