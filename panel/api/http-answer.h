/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Takes one answer of HTTP/1.1 apart, as its bytes come. It opens nothing and waits for nothing:
 * whoever reads the socket feeds it.
 *
 * Threads: an object belongs to one thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define HTH_ANSWER_MAX_HEAD_BYTES (16 * 1024)
/* Bytes are read in turns with drawing, which has this priority (GDK_PRIORITY_REDRAW): no flood of
 * them holds up the window, and a window that is drawn all the time, as one that scrolls without a
 * graphics card is, gets its answers all the same. */
#define HTH_ANSWER_READ_PRIORITY (G_PRIORITY_HIGH_IDLE + 20)

typedef struct HthHttpAnswer HthHttpAnswer;

/* @max_body_bytes: more that is not taken yet is an error. */
HthHttpAnswer *hth_http_answer_new(gsize max_body_bytes);
void hth_http_answer_free(HthHttpAnswer *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthHttpAnswer, hth_http_answer_free)

/* Takes @size more bytes; 0 means that the other side has closed.
 * Errors: HTH_ERROR_CORRUPT (this is no HTTP), HTH_ERROR_TOO_LARGE, HTH_ERROR_NETWORK (it
 * closed before the end) */
gboolean hth_http_answer_feed(HthHttpAnswer *self, const void *data, gsize size, GError **error);

/* 0 until the head is complete. */
guint hth_http_answer_status(const HthHttpAnswer *self);
gboolean hth_http_answer_is_complete(const HthHttpAnswer *self);

/* Takes the body that has come so far out of it: a stream of events is read so. */
GBytes *hth_http_answer_take_body(HthHttpAnswer *self);

G_END_DECLS
