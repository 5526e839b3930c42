/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A client that sends exactly the bytes it is told to. Everything that goes wrong ends the test. */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Connects to 127.0.0.1. Reads and writes give up after 10 s. */
int http_connect(guint16 port);

void http_send(int fd, const char *text);
void http_send_bytes(int fd, gconstpointer bytes, gsize size);

/* Returns: all that comes until the server closes (or resets) the connection. Closes @fd. */
GBytes *http_read_all(int fd);

typedef struct {
    guint status;
    char *head; /* status line and headers */
    GBytes *body;
} HttpAnswer;

/* Reads one answer by its Content-Length; @is_head: no body follows. NULL: the connection closed.
 */
HttpAnswer *http_read_answer(int fd, gboolean is_head);
void http_answer_free(HttpAnswer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HttpAnswer, http_answer_free)

/* Returns: a new string, or NULL. */
char *http_answer_header(const HttpAnswer *self, const char *name);
const char *http_answer_text(const HttpAnswer *self); /* the body, which must hold no NUL */

/* One request on a connection of its own. */
HttpAnswer *http_ask(guint16 port, const char *request);

/* Whether the server closes @fd within @timeout_ms, without having sent anything more. */
gboolean http_is_closed(int fd, guint timeout_ms);

G_END_DECLS
