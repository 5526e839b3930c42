/* SPDX-License-Identifier: GPL-3.0-or-later */
/* URLs that strangers ask us to connect to: `http://LITERAL-ADDRESS:PORT/PATH`.
 *
 * Names, user information, other spellings of an address (decimal, octal, hexadecimal, short),
 * zones and IPv4 in IPv6 are refused: what was checked is exactly what will be connected to.
 *
 * Threads: any thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct {
    GInetAddress *address;
    guint16 port;     /* 80 when none is said; never 0 */
    const char *path; /* with its query; borrowed from the text that was parsed */
} HthLiteralUrl;

/* Errors: HTH_ERROR_INVALID  "is not an http URL", for a sentence that begins with what it is. */
gboolean hth_literal_url_parse(const char *url, HthLiteralUrl *out_url, GError **error);
void hth_literal_url_clear(HthLiteralUrl *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HthLiteralUrl, hth_literal_url_clear)

/* Returns: a new string, written from the parts. */
char *hth_literal_url_write(const HthLiteralUrl *self);

/* @address, or the IPv4 address that it maps (::ffff:192.0.2.7). A new reference. */
GInetAddress *hth_address_unmapped(GInetAddress *address);

G_END_DECLS
