/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One SUBSCRIBE or UNSUBSCRIBE, written anew and carried to an announcer's libupnp, and its answer.
 *
 * libupnp 1.8.4 crashes on request lines that it does not expect. What is sent here has one form
 * only, made of parts that were checked before.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define HTH_GENA_MAX_PATH 128

typedef struct {
    gboolean is_unsubscribe;
    const char *path;     /* hth_gena_path_is_valid() */
    const char *callback; /* from hth_callback_check(); NULL: a renewal, or an UNSUBSCRIBE */
    const char *sid;      /* hth_sid_is_valid(); NULL: a new subscription */
    guint timeout_s;      /* SUBSCRIBE */
} HthGenaRequest;

typedef struct {
    guint status;
    char *sid; /* NULL: none */
    guint timeout_s;
} HthGenaReply;

void hth_gena_reply_clear(HthGenaReply *self);

/* Letters, digits and "/-_." after a first slash, no longer than HTH_GENA_MAX_PATH. Any thread. */
gboolean hth_gena_path_is_valid(const char *path);

/* The request as text, for 127.0.0.1:@port. New string. Any thread. */
char *hth_gena_request_text(const HthGenaRequest *request, guint16 port);

/* Reads an answer's head. Errors: HTH_ERROR_CORRUPT. Any thread. */
gboolean hth_gena_reply_parse(const char *text, HthGenaReply *out_reply, GError **error);

/* Sends @text to 127.0.0.1:@port and reads the answer, within 2 s, on the thread's default main
 * context. Errors of finish: G_IO_ERROR_TIMED_OUT, G_IO_ERROR_CONNECTION_REFUSED, HTH_ERROR_CORRUPT
 * … */
void hth_gena_send_async(const char *text, guint16 port, GAsyncReadyCallback callback,
                         gpointer data);
gboolean hth_gena_send_finish(GAsyncResult *result, HthGenaReply *out_reply, GError **error);

G_END_DECLS
