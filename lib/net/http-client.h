/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Asks one hearth, whose key is known, over one kept TLS connection (HTTP/1.1, RFC 9112).
 *
 * It speaks GnuTLS itself, because the peer's key has to be compared before our certificate is
 * shown, and every byte at the socket has to be counted.
 *
 * Every call blocks. A kept connection that the peer has closed meanwhile is opened anew without
 * a word.
 *
 * Threads: an object belongs to one thread at a time; a GCancellable may be cancelled from any. An
 * event stream occupies its client: it wants one of its own.
 */
#pragma once

#include "net/tls-stream.h"

G_BEGIN_DECLS

typedef struct HthHttpClient HthHttpClient;

/* Copies @target with its strings. */
HthHttpClient *hth_http_client_new(const HthTlsTarget *target);
void hth_http_client_free(HthHttpClient *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthHttpClient, hth_http_client_free)

/* Takes a piece of the answer; FALSE with @error ends the call. */
typedef gboolean (*HthHttpSink)(const guint8 *bytes, gsize n_bytes, gpointer data, GError **error);

typedef struct {
    const char *method; /* NULL: "GET" without a body, "POST" with one */
    const char *path;   /* with its query, escaped */
    GBytes *body;       /* NULL: none */
    const char *content_type;
    const char *headers;    /* further ones, each line with its end; NULL: none */
    guint dead_after_ms;    /* of hth_tls_stream_watch() while this call lasts */
    guint timeout_ms;       /* the whole call; 0: 30 s without a sink, none with one */
    guint stall_timeout_ms; /* without a byte in either direction; 0: 30 s */
    gsize max_answer_bytes; /* of an answer that is collected; 0: 1 MiB */
    GCancellable *cancellable;
    HthHttpSink sink; /* takes the body of an answer of 200 as it comes; NULL: collected */
    gpointer sink_data;
} HthHttpCall;

typedef struct {
    guint status;
    GBytes *body; /* "" when a sink took it */
} HthHttpReply;

void hth_http_reply_clear(HthHttpReply *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HthHttpReply, hth_http_reply_clear)

/* TRUE: the peer has answered, with whatever status.
 *
 * Errors: those of hth_tls_stream_open(); HTH_ERROR_UNAVAILABLE: the connection broke;
 *         HTH_ERROR_TOO_LARGE; HTH_ERROR_CORRUPT: it does not speak HTTP; whatever the sink says.
 *         After an error the connection is closed; the next call opens another. */
gboolean hth_http_client_call(HthHttpClient *self, const HthHttpCall *call, HthHttpReply *out_reply,
                              GError **error);

/* ---- An answer that is taken as it is wanted ----
 *
 *   hth_http_client_begin(client, &call, &status, &error)
 *   while (!has_ended) hth_http_client_pump(client, bytes, sink, data, &has_ended, &error)
 *   hth_http_client_end(client)
 */

/* Sends the request and returns once the status is known. The call's sink is not used. */
gboolean hth_http_client_begin(HthHttpClient *self, const HthHttpCall *call, guint *out_status,
                               GError **error);

/* Of the answer that has begun, and has not been ended; NULL: it has none of that name. */
const char *hth_http_client_header(HthHttpClient *self, const char *name);

/* Hands over about @max_bytes of the body; fewer only at its end. *@out_ended: that was all. */
gboolean hth_http_client_pump(HthHttpClient *self, gsize max_bytes, HthHttpSink sink, gpointer data,
                              gboolean *out_ended, GError **error);

/* Ends it, wherever it is: unless the body has ended, the connection is closed. Does nothing when
 * nothing has begun. */
void hth_http_client_end(HthHttpClient *self);

/* One server-sent event; @data is the data field. FALSE ends the stream without an error. */
typedef gboolean (*HthHttpEvent)(const char *event, const char *data, gpointer user_data);

/* Reads events until the stream ends (TRUE), is cancelled or breaks. @out_status: 200, or another
 * and then no event has come, and @out_problem is the body (NULL: not wanted). */
gboolean hth_http_client_events(HthHttpClient *self, const char *path, HthHttpEvent callback,
                                gpointer user_data, GCancellable *cancellable, guint *out_status,
                                GBytes **out_problem, GError **error);

/* Connects unless it is connected: what the next call would do first. */
gboolean hth_http_client_connect(HthHttpClient *self, guint timeout_ms, GCancellable *cancellable,
                                 GError **error);

/* Closes the kept connection; the next call opens another. */
void hth_http_client_disconnect(HthHttpClient *self);
gboolean hth_http_client_is_connected(HthHttpClient *self);

/* Our end of the connection; of no family when there is none. */
void hth_http_client_local_address(HthHttpClient *self, struct sockaddr_storage *out);

/* Whom it is connected to; NULL: nobody. */
const HthKeyId *hth_http_client_peer_key(HthHttpClient *self);

/* Bytes at the socket since the client was made, TLS and handshakes included. */
guint64 hth_http_client_bytes_sent(HthHttpClient *self);
guint64 hth_http_client_bytes_received(HthHttpClient *self);
/* Of these, those of handshakes. */
guint64 hth_http_client_handshake_bytes(HthHttpClient *self);

G_END_DECLS
