/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes as hexadecimal digits.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Returns: a new string of 2 × @size_bytes digits, in lower case. */
char *hth_hex_encode(gconstpointer bytes, gsize size_bytes);

/* Reads exactly the digits of @size_bytes bytes, in either case.
 * Returns: FALSE when @text is NULL, shorter, longer or holds anything else; @out_bytes may be
 * written in part then. */
gboolean hth_hex_decode(const char *text, gpointer out_bytes, gsize size_bytes);

G_END_DECLS
