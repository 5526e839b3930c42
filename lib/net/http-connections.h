/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The live connections of a server: who is let in, how many, and until when each may take its time.
 *
 * Threads: any thread. A deadline is kept by the ticker: what is late has its socket shut down, and
 * the thread that serves it finds that out.
 */
#pragma once

#include <gio/gio.h>
#include <stdatomic.h>

#include "net/http-server.h"
#include "net/http-ticker.h"
#include "net/subnet.h"

struct sockaddr;

G_BEGIN_DECLS

/* What is counted, by whoever sees it happen. */
typedef struct {
    _Atomic guint64 requests;
    _Atomic guint64 bytes_sent;
    _Atomic guint64 refused_peer;
    _Atomic guint64 refused_host;
    _Atomic guint64 refused_limit;
    _Atomic guint64 timed_out;
} HthHttpTally;

typedef struct HthHttpConnections HthHttpConnections;

/* One connection. But for the deadline and what belongs to the table, it is fixed when it has been
 * added. */
typedef struct {
    int fd;              /* open until it is removed */
    GInetAddress *peer;  /* NULL on a Unix socket */
    GInetAddress *local; /* NULL on a Unix socket */
    guint16 local_port;
    char *base_url;
    char *peer_text;
    guint peer_uid;
    gboolean is_tls;
    gboolean has_peer_key; /* known from the first request on; written under the table's lock by */
    HthKeyId peer_key;     /* the thread that serves the connection */
    HthAddressBytes peer_bytes;
    _Atomic gint64 deadline_us; /* monotonic; 0: none */
    _Atomic int references;
    gboolean was_gone; /* of the ticker */
    HthHttpRequest *reading; /* whose head is not complete; libmicrohttpd's, of its thread */
    GList link;
} HthHttpConnection;

/* @options, @tally and @ticker: borrowed until free. The limits in @options are final. */
HthHttpConnections *hth_http_connections_new(const HthHttpOptions *options, HthHttpTally *tally,
                                             HthHttpTicker *ticker);
/* After the last connection has been removed and the ticker has ended. NULL is fine. */
void hth_http_connections_free(HthHttpConnections *self);

/* Whether one from @peer may come in; a refusal is counted. */
gboolean hth_http_connections_admit(HthHttpConnections *self, const struct sockaddr *peer,
                                    gsize peer_size);

/* Returns: a new reference; the table holds none. The head timeout runs. */
HthHttpConnection *hth_http_connections_add(HthHttpConnections *self, int fd,
                                            const struct sockaddr *peer);
/* Before the descriptor is closed. Takes the reference. */
void hth_http_connections_remove(HthHttpConnections *self, HthHttpConnection *connection);

guint hth_http_connections_count(HthHttpConnections *self);
void hth_http_connections_close_peer(HthHttpConnections *self, GInetAddress *peer);

/* By whom a connection is used, once TLS has shown it. */
void hth_http_connections_set_key(HthHttpConnections *self, HthHttpConnection *connection,
                                  const HthKeyId *key);
void hth_http_connections_close_key(HthHttpConnections *self, const HthKeyId *key);

HthHttpConnection *hth_http_connection_ref(HthHttpConnection *self);
void hth_http_connection_unref(HthHttpConnection *self); /* NULL is fine */

/* 0: none. */
void hth_http_connection_set_timeout(HthHttpConnection *self, guint timeout_s);

/* Bytes ever written to the socket, as far as the kernel can still tell. */
guint64 hth_http_connection_written(const HthHttpConnection *self);

G_END_DECLS
