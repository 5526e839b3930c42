/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether the certificate of a peer whose key is not known is vouched for by somebody who is
 * trusted on the web.
 *
 * Threads: the one that serves the session.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

struct gnutls_session_int;
struct gnutls_certificate_credentials_st;

/* What a certificate of the web may need beside HTH_TLS_PRIORITIES: RSA, and larger hashes in the
 * chain, of 112 bits of strength at least. Still TLS 1.3 alone. */
#define HTH_TLS_WEB_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:%PROFILE_MEDIUM"

/* TRUE: the chain that the peer of @session has shown leads to an authority, is valid today, is
 * strong enough and is for a server called @name.
 *
 * @credentials: of the session; the authorities are read into them only when they are needed.
 * @file: PEM, the authorities to ask; NULL: the system's.
 * *@out_reason: why not; new string. */
gboolean hth_tls_authority_vouches(struct gnutls_session_int *session,
                                   struct gnutls_certificate_credentials_st *credentials,
                                   const char *file, const char *name, char **out_reason);

G_END_DECLS
