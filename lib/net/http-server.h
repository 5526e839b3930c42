/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every HTTP byte that hearth serves: listeners with a route table each, on libmicrohttpd. A server
 * may also listen nowhere and be handed sockets that were connected elsewhere.
 *
 *   HthHttpServer *server = hth_http_server_new(&options);
 *   hth_http_server_add_routes(server, routes, G_N_ELEMENTS(routes), data);
 *   hth_http_server_start(server, &error);
 *
 * Threads: new, add_routes, start, stop and free on the main thread. Handlers run on HTTP threads:
 * they own nothing, read through read connections, post messages, and never block on the main loop.
 *
 * Bounds (all counted, see HthHttpCounters): connections in total and per peer address (loopback
 * exempt), size of the head and of the body, time for the whole head and for the whole body (not
 * only idleness), idle time of a kept connection. A stalled reader costs a descriptor, never a
 * thread.
 */
#pragma once

#include <gio/gio.h>

#include "base/key-id.h"

G_BEGIN_DECLS

typedef struct HthHttpServer HthHttpServer;
typedef struct HthHttpRequest HthHttpRequest;

typedef enum {
    HTH_HTTP_GET = 1 << 0, /* HEAD comes with it: same handler, same headers, no body */
    HTH_HTTP_POST = 1 << 1,
    HTH_HTTP_PUT = 1 << 2,
    HTH_HTTP_DELETE = 1 << 3,
    HTH_HTTP_SUBSCRIBE = 1 << 4,
    HTH_HTTP_UNSUBSCRIBE = 1 << 5,
} HthHttpMethods; /* a method that no route of the path has: 405 with Allow */

/* Called once the whole request, body included, has been read. Must call exactly one of the
 * hth_http_request_respond functions before it returns, or hth_http_request_defer(). */
typedef void (*HthHttpHandler)(HthHttpRequest *request, gpointer data);

typedef struct {
    HthHttpMethods methods;
    const char *path; /* borrowed for the server's life. "/a" is that path alone; "/m/" (with the
                       * slash) is everything below it; the longest match wins */
    HthHttpHandler handler;
    gsize max_body_bytes; /* 0: a body is refused with 413 */
} HthHttpRoute;

/* Whether to serve at all, before any route is looked at; called on HTTP threads. The peer rule
 * (attached subnets) is asked when a connection arrives: FALSE drops it. The host rule is asked for
 * each request: FALSE answers 421 with a sentence that says what to configure.
 *
 * @host:  of the Host header or of an absolute target: in lower case, without port and brackets.
 *         NULL when HTTP/1.0 sent none.
 * @local, @port: what the peer connected to; NULL and 0 on a Unix socket. */
typedef gboolean (*HthHttpPeerRule)(GInetAddress *peer, gpointer data);
typedef gboolean (*HthHttpHostRule)(const char *host, GInetAddress *local, guint16 port,
                                    gpointer data);

/* Whether this request may go on to its route, asked before its body is read; called on HTTP
 * threads. It answers itself (an error) and returns FALSE when not. */
typedef gboolean (*HthHttpEntryRule)(HthHttpRequest *request, const HthHttpRoute *route,
                                     gpointer data);

typedef struct {
    const char *name;           /* for the log: "lan", "api" */
    guint16 port;               /* TCP, IPv4 and IPv6; 0 lets the kernel choose */
    const char *bind_address;   /* NULL: every address of this machine */
    const char *socket_path;    /* not NULL: a Unix socket instead of TCP; an old one is replaced */
    const char *socket_group;   /* NULL, or the group that may also use the socket (mode 0660) */
    gboolean is_handed_sockets; /* TRUE: it listens nowhere; see hth_http_server_add_socket() */
    const char *tls_certificate; /* PEM: TLS 1.3 and nothing else, and only with a certificate of */
    const char
        *tls_key;    /* the client; which keys may do what is the handlers' to ask. NULL: plain */
    guint n_threads; /* 0: as many as cores, at least 2 */
    guint max_connections;        /* 0: 8192 */
    guint max_connections_a_peer; /* 0: 64; not kept by a server that is handed its sockets */
    gsize connection_bytes;       /* 0: 32 KiB; a head, its parsed headers and the write buffer fit
                                   * into it, so it bounds the head too */
    guint head_timeout_s;         /* 0: 10; the whole first head, from the connection on */
    guint body_timeout_s;         /* 0: 30; the whole body */
    guint idle_timeout_s;         /* 0: 60; from an answer to the end of the next head; a reader
                                   * that takes nothing: 10 × */
    guint defer_timeout_s;        /* 0: 30; a deferred answer */
    HthHttpPeerRule peer_rule;    /* NULL: everyone */
    HthHttpHostRule host_rule;    /* NULL: every Host */
    gpointer rule_data;
    HthHttpEntryRule entry_rule; /* NULL: everything */
    gpointer entry_data;
} HthHttpOptions;

/* Copies @options with its strings. */
HthHttpServer *hth_http_server_new(const HthHttpOptions *options);

/* @routes: borrowed until free; @data is handed to their handlers. Before start only. */
void hth_http_server_add_routes(HthHttpServer *self, const HthHttpRoute *routes, guint n_routes,
                                gpointer data);

/* Errors: G_IO_ERROR_ADDRESS_IN_USE and the like, with the port in the message. */
gboolean hth_http_server_start(HthHttpServer *self, GError **error);

guint16 hth_http_server_port(const HthHttpServer *self);

/* Serves the connected TCP socket @fd as if its peer had connected to us; of a server with
 * is_handed_sockets. What the peer has sent already is read first. Takes @fd, also when it fails;
 * the answer to a peer that is over the limit is that it is closed.
 *
 * Errors: HTH_ERROR_BUSY       there are max_connections
 *         HTH_ERROR_CANCELLED  the server does not run (any more)
 *         HTH_ERROR_NETWORK    the peer has gone already, and the like
 *
 * Threads: any, also while stop() runs. */
gboolean hth_http_server_add_socket(HthHttpServer *self, int fd, GError **error);

/* Closes the listeners and every connection; returns when no handler runs any more. What was
 * deferred is answered with 503. Requests still deferred and event streams still referenced may be
 * used afterwards, and do nothing. */
void hth_http_server_stop(HthHttpServer *self);
void hth_http_server_free(HthHttpServer *self); /* stops first; NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthHttpServer, hth_http_server_free)

typedef struct {
    guint64 requests;
    guint64 bytes_sent; /* bodies; of one broken off only where on_finished() was asked for */
    guint64 refused_peer;
    guint64 refused_host;
    guint64 refused_limit; /* connections over a limit */
    guint64 timed_out;     /* heads and bodies that came too slowly */
    guint connections;     /* now */
} HthHttpCounters;

/* Any thread. */
void hth_http_server_counters(HthHttpServer *self, HthHttpCounters *out_counters);

/* Closes every connection of @peer at once (a device was hidden). Main thread. */
void hth_http_server_close_peer(HthHttpServer *self, GInetAddress *peer);

/* Closes every TLS connection of that key at once (a device was revoked). Any thread, while the
 * server runs. A handler that asked for the key before is cut off, too; one that asks for it
 * afterwards has to find by itself that the key is no longer good. */
void hth_http_server_close_key(HthHttpServer *self, const HthKeyId *key);

/* ---- The request; all borrowed for the length of the handler ---- */

const char *hth_http_request_method(HthHttpRequest *self); /* "GET", "HEAD", "POST" … */
gboolean hth_http_request_is_head(HthHttpRequest *self);
const char *hth_http_request_path(HthHttpRequest *self); /* percent-decoded, without the query */
const char *hth_http_request_header(HthHttpRequest *self, const char *name); /* NULL: not sent */
const char *hth_http_request_query(HthHttpRequest *self, const char *name);  /* decoded, or NULL */
const char *hth_http_request_body(HthHttpRequest *self, gsize *out_size);    /* NUL-terminated */
GInetAddress *hth_http_request_peer(HthHttpRequest *self);    /* NULL on a Unix socket */
const char *hth_http_request_peer_text(HthHttpRequest *self); /* "192.0.2.7", "unix" */
GInetAddress *hth_http_request_local(HthHttpRequest *self);   /* address the peer connected to */
/* "http://192.0.2.5:8200", or with brackets for IPv6: what absolute URLs to this peer begin with,
 * without a slash at the end. */
const char *hth_http_request_base_url(HthHttpRequest *self);
guint hth_http_request_peer_uid(HthHttpRequest *self); /* Unix sockets; G_MAXUINT elsewhere */
/* The public key that the client has proved to have, by TLS; NULL on other listeners. */
const HthKeyId *hth_http_request_peer_key(HthHttpRequest *self);

/* ---- The answer ---- */

/* Adds a header to the answer; before respond. @value is checked: a line break in it is a
 * programming error. Content-Length, Date and Connection are the server's. */
void hth_http_request_add_header(HthHttpRequest *self, const char *name, const char *value);

/* @body: NULL or borrowed; copied. */
void hth_http_request_respond(HthHttpRequest *self, guint status, const char *content_type,
                              const char *body);
/* Takes @body, which g_malloc made. */
void hth_http_request_respond_take(HthHttpRequest *self, guint status, const char *content_type,
                                   char *body, gsize size_bytes);
/* Takes a reference. */
void hth_http_request_respond_bytes(HthHttpRequest *self, guint status, const char *content_type,
                                    GBytes *body);
/* A small plain-text page; @sentence says what to do. */
void hth_http_request_respond_error(HthHttpRequest *self, guint status, const char *sentence);

/* Lets the handler return without an answer: the connection is suspended and costs no thread. Then
 * exactly one respond function must be called, on any thread, within 30 s; after that the client
 * gets 503 and a late answer is dropped. The request stays valid until the respond call returns,
 * also on that thread; what hth_http_request_header() returned before defer() does not: ask again.
 * When the client goes away meanwhile, the respond call still must be made, and does nothing. */
void hth_http_request_defer(HthHttpRequest *self);

typedef struct {
    int fd; /* a regular file, taken: closed when the answer has gone */
    gint64 size_bytes;
    gint64 mtime_unix_s; /* Last-Modified; 0: none */
    const char *etag;    /* with its quotes; NULL: none */
    const char *content_type;
} HthHttpFile;

/* Serves a file by sendfile(2): GET and HEAD (alike, so HEAD with a Range is answered with 206),
 * one range, several (multipart/byteranges, at most 16), suffix ranges, If-Range, If-None-Match,
 * If-Modified-Since, 416 (RFC 9110, sections 13 and 14). A `bytes=0-` is never 416, not even for an
 * empty file. */
void hth_http_request_respond_file(HthHttpRequest *self, const HthHttpFile *file);

/* Fills @buffer with what comes at @position of the body.
 * Returns: how many bytes, HTH_HTTP_STREAM_END, or HTH_HTTP_STREAM_FAILED: the connection is cut,
 * so that nobody takes a part for the whole. It runs on HTTP threads, one call at a time: it may
 * read files, and must not wait for anything else. */
#define HTH_HTTP_STREAM_END    0
#define HTH_HTTP_STREAM_FAILED (-1)
typedef gssize (*HthHttpStreamRead)(gpointer data, guint64 position, char *buffer, gsize max_bytes);

/* An answer that is made while it goes out.
 * @size_bytes: -1 when it is not known beforehand.
 * @destroy:    called once with @data when the answer has gone or the peer has; on any thread. */
void hth_http_request_respond_stream(HthHttpRequest *self, guint status, const char *content_type,
                                     gint64 size_bytes, HthHttpStreamRead read, gpointer data,
                                     GDestroyNotify destroy);

/* The same for bytes that may have to be waited for: @read may also say that they are not there
 * yet. The connection then costs no thread until hth_http_feed_wake(), which any thread may call at
 * any time; @read is then asked again. Returns: a reference; unref it when done. */
#define HTH_HTTP_STREAM_WAIT (-2)
typedef struct HthHttpFeed HthHttpFeed;
HthHttpFeed *hth_http_request_respond_feed(HthHttpRequest *self, guint status,
                                           const char *content_type, gint64 size_bytes,
                                           HthHttpStreamRead read, gpointer data,
                                           GDestroyNotify destroy);
void hth_http_feed_wake(HthHttpFeed *self);
void hth_http_feed_unref(HthHttpFeed *self);

/* Server-sent events (WHATWG HTML, section 9.2). Returns: a reference; unref it when done. */
typedef struct HthHttpEvents HthHttpEvents;
HthHttpEvents *hth_http_request_respond_events(HthHttpRequest *self);
/* Queues one event; any thread. @json is one line. FALSE once the client has gone, or when its
 * queue (256 events or 1 MiB) is full: the stream is then closed, and the client connects anew. A
 * comment goes out every 15 s of silence, so that a dead client is noticed. */
gboolean hth_http_events_send(HthHttpEvents *self, guint64 id, const char *event, const char *json);
gboolean hth_http_events_is_open(HthHttpEvents *self);
void hth_http_events_unref(HthHttpEvents *self);

/* Called once when the answer has gone or the peer has, on an HTTP thread, with the body bytes
 * that were handed to the kernel: exact when the answer is complete, within a head's length when it
 * is not. Before respond. */
typedef void (*HthHttpFinished)(guint64 body_bytes_sent, gboolean is_complete, gpointer data);
void hth_http_request_on_finished(HthHttpRequest *self, HthHttpFinished callback, gpointer data,
                                  GDestroyNotify destroy);

/* How far the answer to a request that has on_finished() has come. Any thread, also after it has
 * gone. Returns: a reference, which keeps the request's memory; unref it when done. */
typedef struct HthHttpMeter HthHttpMeter;
HthHttpMeter *hth_http_request_meter(HthHttpRequest *self);
HthHttpMeter *hth_http_meter_ref(HthHttpMeter *self);
/* Body bytes handed to the kernel so far, within a head's length; 0 before the first and once the
 * answer is over: on_finished() has told the rest. One getsockopt(2). */
guint64 hth_http_meter_bytes(HthHttpMeter *self);
void hth_http_meter_unref(HthHttpMeter *self); /* NULL is fine */

G_END_DECLS
