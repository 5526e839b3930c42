/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One HTTP answer as it arrives: its head, and where its body ends.
 *
 * Lengths, chunks and bodies that end with the connection are understood: servers of all ages are
 * measured. A body is kept or only counted.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum { HTH_ANSWER_HEAD, HTH_ANSWER_BODY, HTH_ANSWER_DONE, HTH_ANSWER_BAD } HthAnswerState;

typedef struct {
    HthAnswerState state;
    GByteArray *raw; /* the head, and a body in chunks until it is whole */
    gsize head_size; /* with its empty line */
    guint status;
    gint64 body_length; /* -1: until the connection ends */
    gint64 body_bytes;  /* so far */
    gboolean is_chunked;
    gboolean is_last; /* the server closes after this answer */
} HthAnswer;

void hth_answer_init(HthAnswer *self);
void hth_answer_clear(HthAnswer *self);

/* Makes it ready for the next answer of the connection. */
void hth_answer_reset(HthAnswer *self);

/* Takes bytes of the connection. @keep_body: FALSE counts the bytes of the body and drops them. */
void hth_answer_take(HthAnswer *self, const guint8 *bytes, gsize size, gboolean keep_body);

/* Bytes of the body that arrived and that nobody looked at. */
void hth_answer_skip(HthAnswer *self, gsize size);

/* How much of the body may be skipped unseen; 0: look at what comes. */
gsize hth_answer_skippable(const HthAnswer *self);

/* The connection has ended. */
void hth_answer_end(HthAnswer *self);

/* The body of a finished answer; it ends in NUL beyond @out_size. Chunks are joined by the call. */
const char *hth_answer_body(HthAnswer *self, gsize *out_size);

G_END_DECLS
