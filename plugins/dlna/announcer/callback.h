/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The fields of SUBSCRIBE and UNSUBSCRIBE, as strangers send them.
 *
 * A callback is `<http://LITERAL-ADDRESS:PORT/PATH>` (literal-url.h), one or more in the CALLBACK
 * field (UPnP Device Architecture 2.0 of April 2020, section 4.1.2).
 *
 * Threads: any thread.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define HTH_CALLBACK_MAX_LENGTH 512 /* of one URL */
#define HTH_CALLBACK_MAX_COUNT  4
#define HTH_SID_MAX_LENGTH      44 /* "uuid:" and a UUID; libupnp's own limit */

#define HTH_SUBSCRIPTION_DEFAULT_S 300
#define HTH_SUBSCRIPTION_MAX_S     1800
#define HTH_SUBSCRIPTION_MIN_S     60

/* Whether every callback of @field may be called for @peer: each one's address equals @peer.
 * Returns: a new string, the field written anew from its parts, or NULL.
 *
 * Errors: HTH_ERROR_INVALID    not a list of http URLs with literal addresses
 *         HTH_ERROR_TOO_LARGE  a URL or the list is too long
 *         HTH_ERROR_REFUSED    an address that is not the peer's */
char *hth_callback_check(const char *field, GInetAddress *peer, GError **error);

/* Whether @sid is "uuid:" and letters, digits and hyphens. */
gboolean hth_sid_is_valid(const char *sid);

/* Seconds of a TIMEOUT field: "Second-300". NULL, "infinite" and what is not understood are 300;
 * clamped to 60 … 1800. */
guint hth_subscription_timeout_s(const char *field);

G_END_DECLS
