/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads one answer of HTTP/1.1 (RFC 9112) from a TLS stream: head, then body by its length, in
 * chunks or up to the end.
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include "net/http-client.h"

G_BEGIN_DECLS

#define HTH_HTTP_MAX_HEAD_BYTES (16 * 1024)

typedef struct HthHttpAnswerReader HthHttpAnswerReader;

/* @patience for the whole: copied. @stream: borrowed until free. @stall_ms: between two bytes. */
HthHttpAnswerReader *hth_http_answer_reader_new(HthTlsStream *stream, const HthPatience *patience,
                                                guint stall_ms);
void hth_http_answer_reader_free(HthHttpAnswerReader *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthHttpAnswerReader, hth_http_answer_reader_free)

/* Interim answers (1xx) are passed over. Errors: HTH_ERROR_CORRUPT, HTH_ERROR_TOO_LARGE, and those
 * of hth_tls_stream_read(). */
gboolean hth_http_answer_reader_head(HthHttpAnswerReader *self, guint *out_status, GError **error);

/* The value of a header once the head is read; NULL: there is none. */
const char *hth_http_answer_reader_header(const HthHttpAnswerReader *self, const char *name);

/* HTH_ERROR_UNAVAILABLE when the body ends before it should. */
gboolean hth_http_answer_reader_body(HthHttpAnswerReader *self, HthHttpSink sink, gpointer data,
                                     GError **error);

/* The same in parts: about @max_bytes at a time. *@out_ended: that was all. */
gboolean hth_http_answer_reader_pump(HthHttpAnswerReader *self, gsize max_bytes, HthHttpSink sink,
                                     gpointer data, gboolean *out_ended, GError **error);

gboolean hth_http_answer_reader_has_begun(const HthHttpAnswerReader *self);

/* Whether the connection can be used for another request. */
gboolean hth_http_answer_reader_is_kept(const HthHttpAnswerReader *self);

/* The smaller of the two. */
HthPatience hth_patience_sooner(const HthPatience *patience, guint timeout_ms);

G_END_DECLS
