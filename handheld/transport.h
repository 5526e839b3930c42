/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The network half of the sync engine's environment (lib/sync/sync-env.h): one paired home, over
 * TLS, by whichever path leads to it (reach.h).
 *
 * Between two calls it moves to a better path by itself; in the middle of a stream its owner asks
 * hth_transport_should_move() and ends the stream where that costs nothing.
 *
 * Threads: an object belongs to one thread at a time; its GCancellable may be cancelled from any.
 * hth_transport_listen() has a connection of its own: make a transport for it alone.
 */
#pragma once

#include "reach.h"
#include "sync/sync-env.h"

G_BEGIN_DECLS

typedef struct HthTransport HthTransport;

/* @cancellable: NULL, or what ends every call: then it fails with HTH_ERROR_CANCELLED. */
HthTransport *hth_transport_new(HthReach *reach, GCancellable *cancellable);
void hth_transport_free(HthTransport *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthTransport, hth_transport_free)

HthReach *hth_transport_reach(HthTransport *self); /* borrowed */

/* Opens the connection unless it is open.
 * Errors: HTH_ERROR_NETWORK: the home is nowhere to be reached. HTH_ERROR_CANCELLED. */
gboolean hth_transport_open(HthTransport *self, GError **error);
/* Where it is connected to; NULL: nowhere. */
const char *hth_transport_address(const HthTransport *self, guint16 *out_port);
HthPath hth_transport_path(const HthTransport *self);

/* There is a better path than the one in use. */
gboolean hth_transport_should_move(HthTransport *self);
/* A stream is under way: nothing else may be asked before it has ended. */
gboolean hth_transport_is_streaming(const HthTransport *self);
/* Whether a connection that worked has broken since it was asked last. */
gboolean hth_transport_take_lost(HthTransport *self);

/* GET @route; otherwise as hth_transport_exchange(). */
gboolean hth_transport_get(HthTransport *self, const char *route, gsize max_answer_bytes,
                           guint *out_status, GBytes **out_answer, GError **error);

/* These fit HthSyncEnvFuncs; @data is the HthTransport. */
gboolean hth_transport_exchange(gpointer data, const char *route, GBytes *body,
                                gsize max_answer_bytes, guint *out_status, GBytes **out_answer,
                                GError **error);
HthSyncStream *hth_transport_stream(gpointer data, const char *route, GBytes *body,
                                    guint *out_status, GError **error);
gboolean hth_transport_pump(gpointer data, HthSyncStream *stream, gsize max_bytes, HthSyncSink sink,
                            gpointer sink_data, gboolean *out_ended, GError **error);
void hth_transport_end_stream(gpointer data, HthSyncStream *stream);

/* Keeps an event stream open (GET @route) until @callback returns FALSE or the stream ends. */
gboolean hth_transport_listen(HthTransport *self, const char *route, HthHttpEvent callback,
                              gpointer callback_data, guint *out_status, GError **error);

/* What a 403 of the home means. */
typedef enum {
    HTH_VERDICT_NONE,       /* no 403 has come */
    HTH_VERDICT_REFUSED,    /* this route, or for a reason that is not known here */
    HTH_VERDICT_NOT_PAIRED, /* the home does not know this device */
    HTH_VERDICT_REVOKED,
    HTH_VERDICT_WIPE, /* remove what is here of this home */
} HthVerdict;

/* Of the last exchange or event stream. */
HthVerdict hth_transport_verdict(const HthTransport *self);

/* Bytes at the socket, TLS and handshakes included; of these, the handshakes. */
guint64 hth_transport_bytes_sent(const HthTransport *self);
guint64 hth_transport_bytes_received(const HthTransport *self);
guint64 hth_transport_handshake_bytes(const HthTransport *self);

G_END_DECLS
