/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One request as libmicrohttpd holds it, and the answer to it. Only http-exchange.c and
 * http-daemon.c know that library.
 *
 * Threads: the one that serves the connection, unless it says "any thread".
 */
#pragma once

#include "base/key-id.h"

G_BEGIN_DECLS

typedef struct MHD_Connection HthHttpExchange;
typedef struct MHD_Response HthHttpAnswer;

typedef void (*HthHttpEachHeader)(const char *name, const char *value, gpointer data);

const char *hth_http_exchange_header(HthHttpExchange *self, const char *name);
void hth_http_exchange_each_header(HthHttpExchange *self, HthHttpEachHeader each, gpointer data);
int hth_http_exchange_fd(HthHttpExchange *self);

/* Before its handshake: the client has to show a certificate, of whatever issuer. */
void hth_http_exchange_demand_certificate(HthHttpExchange *self);
/* The key that the client has proved to have. FALSE: it has shown none that we can read. */
gboolean hth_http_exchange_peer_key(HthHttpExchange *self, HthKeyId *out_key);

/* From a handler or a reader: the connection costs no thread until it is resumed. */
void hth_http_exchange_suspend(HthHttpExchange *self);
/* Any thread; only after suspend, once. */
void hth_http_exchange_resume(HthHttpExchange *self);

/* Sends @answer, and takes it. FALSE: the connection is to be closed. */
gboolean hth_http_exchange_send(HthHttpExchange *self, guint status, HthHttpAnswer *answer);

/* ---- Answers (any thread) ---- */

/* Takes @body, which g_malloc made. */
HthHttpAnswer *hth_http_answer_new_take(char *body, gsize size_bytes);
HthHttpAnswer *hth_http_answer_new_bytes(GBytes *body); /* takes a reference */
/* By sendfile(2). Takes @fd: it is closed with the answer. */
HthHttpAnswer *hth_http_answer_new_file(int fd, gint64 first_byte, gint64 n_bytes);

/* Fills @buffer from @position on. Returns: how many bytes, HTH_HTTP_READ_END or _FAILED. 0 only
 * after the exchange has been suspended. */
#define HTH_HTTP_READ_END    (-1)
#define HTH_HTTP_READ_FAILED (-2)
typedef gssize (*HthHttpRead)(gpointer data, guint64 position, char *buffer, gsize max_bytes);

/* What a reader of a file is given to fill at a time. */
#define HTH_HTTP_BLOCK_BYTES (64 * 1024)

/* @n_bytes:     -1 when it is not known: chunked, or until the connection closes.
 * @block_bytes: what @read is given to fill at a time; kept as long as the answer lasts. */
HthHttpAnswer *hth_http_answer_new_reader(gint64 n_bytes, gsize block_bytes, HthHttpRead read,
                                          gpointer data, GDestroyNotify destroy);

void hth_http_answer_add_header(HthHttpAnswer *self, const char *name, const char *value);
void hth_http_answer_free(HthHttpAnswer *self);

G_END_DECLS
