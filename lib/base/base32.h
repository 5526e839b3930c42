/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes as letters that people can read out: base32 (RFC 4648, section 6), in lower case and
 * without padding.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Letters for @n_bytes bytes. */
#define HTH_BASE32_LENGTH(n_bytes) (((n_bytes)*8 + 4) / 5)

/* Returns: a new string of HTH_BASE32_LENGTH(@size_bytes) letters. */
char *hth_base32_encode(gconstpointer bytes, gsize size_bytes);

/* Reads exactly the letters of @size_bytes bytes, in either case.
 * Returns: FALSE when @text is shorter, longer, has another letter, or has bits over. */
gboolean hth_base32_decode(const char *text, gpointer out_bytes, gsize size_bytes);

/* The letter of 0 to 31, and back; -1 for what is no letter of base32. */
char hth_base32_letter(guint value);
int hth_base32_value(char letter);

G_END_DECLS
