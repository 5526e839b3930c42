/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text as people search and sort it.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Lower-case without diacritics, white space collapsed: what is searched in and searched for.
 * "Björk  – Jóga" and "bjork – joga" are equal. ASCII, the common case, takes a short way.
 * @text: valid UTF-8. Returns: a new string, "" for one of diacritics alone. */
char *hth_text_fold(const char *text);

/* A sort key to compare by bytes: folded, a leading article left out ("The Beatles" sorts at B),
 * digit runs by their value ("2" before "10"), what is not a letter or digit ahead of what is.
 * Appends it to @to, at most HTH_TEXT_KEY_MAX bytes. */
#define HTH_TEXT_KEY_MAX 96
void hth_text_append_sort_key(GByteArray *to, const char *text);

/* Valid UTF-8 without control characters, white space trimmed, cut at @max_bytes on a character.
 * NULL when nothing is left. @text: any bytes, or NULL. */
char *hth_text_clean(const char *text, gsize max_bytes);

/* 13 letters of lower-case base32 (RFC 4648, section 6) for 64 bits, and back. */
#define HTH_TEXT_ID_LENGTH 13
void hth_text_id_encode(guint64 id, char out[HTH_TEXT_ID_LENGTH + 1]);
gboolean hth_text_id_decode(const char *text, guint64 *out_id); /* exactly 13 letters */

/* A 64-bit digest of text, the same on every machine and for ever: the first 8 bytes of SHA-256. */
guint64 hth_text_digest(const char *text, gssize length);

G_END_DECLS
