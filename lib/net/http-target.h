/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The target of a request line and the value of Host (RFC 9112, section 3; RFC 3986), read
 * strictly.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
    char *path;  /* decoded, valid UTF-8, begins with a slash; dot segments are left as they are */
    char *query; /* as it was sent, "" without */
    char *host;  /* of the absolute form "http://host:port/path", as hth_http_host_parse() gives it;
                  * NULL in the usual form */
} HthHttpTarget;

/* Returns: FALSE, and nothing to clear, for what is no path: wrong escapes, an escaped NUL, a
 * space, a path without its slash, another scheme. */
gboolean hth_http_target_parse(const char *text, HthHttpTarget *out_target);
void hth_http_target_clear(HthHttpTarget *self);

/* "Tv.Local:8200" gives "tv.local", "[2001:DB8::1]:8200" gives "2001:db8::1".
 * Returns: a new string, or NULL when it is malformed. */
char *hth_http_host_parse(const char *text);

/* Undoes percent-encoding. Returns: a new string, or NULL for a wrong escape, a NUL, or bytes that
 * are not UTF-8. */
char *hth_http_unescape(const char *text, gsize length, gboolean plus_is_space);

/* The value of @name in a query, decoded; NULL when it is not there or cannot be decoded. */
char *hth_http_query_value(const char *query, const char *name);

G_END_DECLS
