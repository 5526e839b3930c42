/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One outgoing TLS 1.3 connection, both sides known by their public keys, and its bytes counted.
 *
 * The peer's key is looked at in the middle of the handshake: when it is not the right one, nothing
 * of ours, not even our certificate, has been sent.
 *
 * Every call blocks until it is done, the deadline has passed or it is cancelled.
 *
 * Threads: an object belongs to one thread at a time; a GCancellable may be cancelled from any.
 */
#pragma once

#include <gio/gio.h>

#include "base/key-id.h"

G_BEGIN_DECLS

/* Whether a peer with this key is the one that was looked for. */
typedef gboolean (*HthKeyCheck)(const HthKeyId *key, gpointer data);

typedef struct {
    const char *host; /* "192.0.2.5", "fe80::1%eth0" or a name */
    guint16 port;
    const char *interface;   /* NULL, or the one interface by which to go */
    const char *certificate; /* PEM, ours */
    const char *key;
    HthKeyCheck check;
    gpointer check_data;
    const char *server_name; /* sent in the clear (SNI), a host name in lower case; NULL: nothing */
    /* A peer whose key @check does not know is taken all the same when its certificate is good,
     * for @server_name, by the authorities of the web. */
    gboolean trusts_authorities;
    const char *authorities; /* PEM file to ask in place of the system's; NULL: the system's */
} HthTlsTarget;

/* Until when, and who may end it earlier. */
typedef struct {
    gint64 deadline_us;        /* monotonic; 0: none */
    GCancellable *cancellable; /* borrowed; NULL: none */
} HthPatience;

HthPatience hth_patience_for(guint64 timeout_ms, GCancellable *cancellable); /* 0: no deadline */

typedef struct HthTlsStream HthTlsStream;
struct sockaddr_storage;

/* Tries every address that @host has. @target is borrowed for the call.
 *
 * Errors: HTH_ERROR_UNAVAILABLE  nobody answers there, or not by TLS 1.3
 *         HTH_ERROR_REFUSED      somebody else answers: @check said FALSE, and no authority helps
 *         with @server_name, what a relay says before it joins anybody (docs/locker.md):
 *         HTH_ERROR_NOT_FOUND    that name is not known there
 *         HTH_ERROR_ASLEEP       it is known, and who bears it is asleep or off
 *         HTH_ERROR_BUSY         a limit is reached
 *         HTH_ERROR_TIMEOUT, G_IO_ERROR_CANCELLED */
HthTlsStream *hth_tls_stream_open(const HthTlsTarget *target, const HthPatience *patience,
                                  GError **error);
/* Says goodbye to the peer as far as that costs no time. NULL is fine. */
void hth_tls_stream_free(HthTlsStream *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthTlsStream, hth_tls_stream_free)

const HthKeyId *hth_tls_stream_peer_key(const HthTlsStream *self);

/* Returns: how many bytes; 0 at the end; -1 with HTH_ERROR_UNAVAILABLE (the connection broke),
 * HTH_ERROR_TIMEOUT or G_IO_ERROR_CANCELLED. */
gssize hth_tls_stream_read(HthTlsStream *self, gpointer buffer, gsize max_bytes,
                           const HthPatience *patience, GError **error);
/* All of it. */
gboolean hth_tls_stream_write(HthTlsStream *self, gconstpointer bytes, gsize size_bytes,
                              const HthPatience *patience, GError **error);

/* From now on the peer's kernel is asked every few seconds whether it is there, and the connection
 * is broken once it has been silent for @dead_after_ms; 0: it is not asked. */
void hth_tls_stream_watch(HthTlsStream *self, guint dead_after_ms);

/* Our own end: an interface that loses this address takes the connection with it. */
void hth_tls_stream_local_address(const HthTlsStream *self, struct sockaddr_storage *out);

/* FALSE when the peer has closed a connection that nothing is expected of. Does not block. */
gboolean hth_tls_stream_is_open(HthTlsStream *self);

/* Bytes of the TCP stream, TLS and its handshake included. */
guint64 hth_tls_stream_bytes_sent(const HthTlsStream *self);
guint64 hth_tls_stream_bytes_received(const HthTlsStream *self);

G_END_DECLS
