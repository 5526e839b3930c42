/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who somebody is: the SHA-256 of the public key (its SubjectPublicKeyInfo, RFC 5280). As text 52
 * letters of lower-case base32.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define HTH_KEY_ID_BYTES  32
#define HTH_KEY_ID_LENGTH 52

typedef struct {
    guint8 bytes[HTH_KEY_ID_BYTES];
} HthKeyId;

gboolean hth_key_id_equal(const HthKeyId *a, const HthKeyId *b);
gboolean hth_key_id_is_set(const HthKeyId *self); /* not all zeros */

char *hth_key_id_to_text(const HthKeyId *self); /* a new string */
gboolean hth_key_id_from_text(const char *text, HthKeyId *out_id);

/* For a GHashTable whose keys are HthKeyId. */
guint hth_key_id_hash(gconstpointer id);
gboolean hth_key_id_equal_for_table(gconstpointer a, gconstpointer b);

G_END_DECLS
