/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What both ends of our TLS have in common: TLS 1.3 alone, and the peer's public key, which is all
 * that is looked at. Dates, names and issuers of certificates mean nothing here.
 *
 * Threads: the one that serves the session.
 */
#pragma once

#include "base/key-id.h"

G_BEGIN_DECLS

struct gnutls_session_int;

/* One group and the two kinds of keys that hearths may have: a short handshake. */
#define HTH_TLS_PRIORITIES                                                                         \
    "NONE:+VERS-TLS1.3:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305:+AEAD:+GROUP-X25519:"          \
    "+GROUP-SECP256R1:+SIGN-EDDSA-ED25519:+SIGN-ECDSA-SECP256R1-SHA256:+CTYPE-X509:+COMP-NULL"

/* FALSE: the peer has shown no certificate that can be read. */
gboolean hth_tls_peer_key(struct gnutls_session_int *session, HthKeyId *out_key);

G_END_DECLS
