/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dates as HTTP writes them (RFC 9110, section 5.6.7), whatever the locale.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* "Sun, 06 Nov 1994 08:49:37 GMT". Returns: a new string. */
char *hth_http_date_format(gint64 unix_s);

/* Reads that form and the two obsolete ones. FALSE: it is none of them. */
gboolean hth_http_date_parse(const char *text, gint64 *out_unix_s);

G_END_DECLS
