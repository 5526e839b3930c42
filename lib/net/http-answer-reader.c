/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/http-answer-reader.h"

#include <string.h>

#include "base/error.h"

#define BUFFER_BYTES (32 * 1024)

typedef enum { BODY_NONE, BODY_LENGTH, BODY_CHUNKED, BODY_TO_END } BodyKind;

struct HthHttpAnswerReader {
    HthTlsStream *stream;
    const HthPatience *patience;
    guint stall_ms;
    gboolean has_begun;
    gboolean is_kept;
    BodyKind kind;
    guint64 n_left; /* of the body, or of the chunk */
    gsize start;    /* of what has not been taken from the buffer */
    gsize end;
    char buffer[BUFFER_BYTES];
};

G_STATIC_ASSERT(HTH_HTTP_MAX_HEAD_BYTES <= BUFFER_BYTES);

HthPatience hth_patience_sooner(const HthPatience *patience, guint timeout_ms)
{
    HthPatience sooner = hth_patience_for(timeout_ms, patience->cancellable);
    if (patience->deadline_us != 0 && patience->deadline_us < sooner.deadline_us)
        sooner.deadline_us = patience->deadline_us;
    return sooner;
}

HthHttpAnswerReader *hth_http_answer_reader_new(HthTlsStream *stream, const HthPatience *patience,
                                                guint stall_ms)
{
    HthHttpAnswerReader *self = g_new(HthHttpAnswerReader, 1);
    self->stream = stream;
    self->patience = patience;
    self->stall_ms = stall_ms;
    self->has_begun = FALSE;
    self->is_kept = TRUE;
    self->kind = BODY_NONE;
    self->n_left = 0;
    self->start = self->end = 0;
    return self;
}

void hth_http_answer_reader_free(HthHttpAnswerReader *self)
{
    g_free(self);
}

gboolean hth_http_answer_reader_has_begun(const HthHttpAnswerReader *self)
{
    return self->has_begun;
}

gboolean hth_http_answer_reader_is_kept(const HthHttpAnswerReader *self)
{
    return self->is_kept && self->start == self->end;
}

static gboolean fail(GError **error, HthError code, const char *sentence)
{
    g_set_error_literal(error, HTH_ERROR, (int)code, sentence);
    return FALSE;
}

/* Reads on behind what is in the buffer. @out_is_end: nothing more comes. */
static gboolean fill(HthHttpAnswerReader *self, gboolean *out_is_end, GError **error)
{
    if (self->start == self->end) {
        self->start = self->end = 0;
    } else if (self->end == sizeof self->buffer) {
        memmove(self->buffer, self->buffer + self->start, self->end - self->start);
        self->end -= self->start;
        self->start = 0;
    }
    const HthPatience patience = hth_patience_sooner(self->patience, self->stall_ms);
    const gssize n_bytes = hth_tls_stream_read(self->stream, self->buffer + self->end,
                                               sizeof self->buffer - self->end, &patience, error);
    if (n_bytes < 0)
        return FALSE;
    self->has_begun |= n_bytes > 0;
    self->end += (gsize)n_bytes;
    *out_is_end = n_bytes == 0;
    return TRUE;
}

static gboolean fill_or_fail(HthHttpAnswerReader *self, GError **error)
{
    gboolean is_end = FALSE;
    if (!fill(self, &is_end, error))
        return FALSE;
    return is_end ? fail(error, HTH_ERROR_UNAVAILABLE, "the connection broke") : TRUE;
}

/* Returns: the next line without its end, in the buffer until the next call; NULL with @error. */
static char *read_line(HthHttpAnswerReader *self, gsize *n_allowed, GError **error)
{
    char *newline;
    while ((newline = memchr(self->buffer + self->start, '\n', self->end - self->start)) == NULL) {
        if (self->end - self->start > *n_allowed) {
            fail(error, HTH_ERROR_TOO_LARGE, "the head of the answer is too large");
            return NULL;
        }
        if (!fill_or_fail(self, error))
            return NULL;
    }
    char *line = self->buffer + self->start;
    const gsize n_bytes = (gsize)(newline - line);
    self->start += n_bytes + 1;
    if (n_bytes > *n_allowed || memchr(line, '\0', n_bytes) != NULL) {
        fail(error, HTH_ERROR_TOO_LARGE, "the head of the answer is too large");
        return NULL;
    }
    *n_allowed -= n_bytes;
    *newline = '\0';
    if (n_bytes > 0 && newline[-1] == '\r')
        newline[-1] = '\0';
    return line;
}

static gboolean take_header(HthHttpAnswerReader *self, char *line, GError **error)
{
    char *colon = strchr(line, ':');
    if (colon == NULL)
        return fail(error, HTH_ERROR_CORRUPT, "the peer does not speak HTTP");
    *colon = '\0';
    const char *value = g_strstrip(colon + 1);
    if (g_ascii_strcasecmp(line, "Content-Length") == 0) {
        if (!g_ascii_string_to_unsigned(value, 10, 0, G_MAXINT64, &self->n_left, error))
            return FALSE;
        if (self->kind == BODY_TO_END)
            self->kind = BODY_LENGTH;
    } else if (g_ascii_strcasecmp(line, "Transfer-Encoding") == 0) {
        if (g_ascii_strcasecmp(value, "chunked") != 0)
            return fail(error, HTH_ERROR_CORRUPT, "the answer is encoded in an unknown way");
        self->kind = BODY_CHUNKED;
    } else if (g_ascii_strcasecmp(line, "Connection") == 0 &&
               g_ascii_strcasecmp(value, "close") == 0) {
        self->is_kept = FALSE;
    }
    return TRUE;
}

static gboolean parse_status(const char *line, guint *out_status, GError **error)
{
    const gsize n_prefix = strlen("HTTP/1.1 ");
    if (!g_str_has_prefix(line, "HTTP/1.") || strlen(line) < n_prefix + 3)
        return fail(error, HTH_ERROR_CORRUPT, "the peer does not speak HTTP");
    const guint64 status = g_ascii_strtoull(line + n_prefix, NULL, 10);
    if (status < 100 || status > 599)
        return fail(error, HTH_ERROR_CORRUPT, "the peer does not speak HTTP");
    *out_status = (guint)status;
    return TRUE;
}

gboolean hth_http_answer_reader_head(HthHttpAnswerReader *self, guint *out_status, GError **error)
{
    gsize n_allowed = HTH_HTTP_MAX_HEAD_BYTES;
    do {
        char *line = read_line(self, &n_allowed, error);
        if (line == NULL || !parse_status(line, out_status, error))
            return FALSE;
        self->kind = BODY_TO_END;
        while ((line = read_line(self, &n_allowed, error)) != NULL && *line != '\0') {
            if (!take_header(self, line, error))
                return FALSE;
        }
        if (line == NULL)
            return FALSE;
    } while (*out_status < 200);
    if (*out_status == 204 || *out_status == 304)
        self->kind = BODY_NONE;
    if (self->kind == BODY_TO_END)
        self->is_kept = FALSE;
    if (self->kind == BODY_CHUNKED)
        self->n_left = 0;
    return TRUE;
}

/* Hands over @n_left bytes. */
static gboolean pass(HthHttpAnswerReader *self, HthHttpSink sink, gpointer data, GError **error)
{
    while (self->n_left > 0) {
        if (self->start == self->end && !fill_or_fail(self, error))
            return FALSE;
        const gsize n_bytes = (gsize)MIN(self->n_left, self->end - self->start);
        if (!sink((const guint8 *)self->buffer + self->start, n_bytes, data, error))
            return FALSE;
        self->start += n_bytes;
        self->n_left -= n_bytes;
    }
    return TRUE;
}

static gboolean pass_to_end(HthHttpAnswerReader *self, HthHttpSink sink, gpointer data,
                            GError **error)
{
    gboolean is_end = FALSE;
    while (!is_end) {
        self->n_left = self->end - self->start;
        if (!pass(self, sink, data, error) || !fill(self, &is_end, error))
            return FALSE;
    }
    return TRUE;
}

/* RFC 9112, section 7.1. */
static gboolean pass_chunks(HthHttpAnswerReader *self, HthHttpSink sink, gpointer data,
                            GError **error)
{
    for (;;) {
        gsize n_allowed = HTH_HTTP_MAX_HEAD_BYTES;
        char *line = read_line(self, &n_allowed, error);
        if (line == NULL)
            return FALSE;
        line[strcspn(line, "; \t")] = '\0';
        if (!g_ascii_string_to_unsigned(line, 16, 0, G_MAXINT64, &self->n_left, error))
            return FALSE;
        const gboolean is_last = self->n_left == 0;
        if (!pass(self, sink, data, error))
            return FALSE;
        n_allowed = HTH_HTTP_MAX_HEAD_BYTES;
        do
            line = read_line(self, &n_allowed, error); /* the chunk's end, or trailers */
        while (is_last && line != NULL && *line != '\0');
        if (line == NULL)
            return FALSE;
        if (*line != '\0')
            return fail(error, HTH_ERROR_CORRUPT, "the answer is broken");
        if (is_last)
            return TRUE;
    }
}

gboolean hth_http_answer_reader_body(HthHttpAnswerReader *self, HthHttpSink sink, gpointer data,
                                     GError **error)
{
    switch (self->kind) {
    case BODY_NONE:
        return TRUE;
    case BODY_LENGTH:
        return pass(self, sink, data, error);
    case BODY_CHUNKED:
        return pass_chunks(self, sink, data, error);
    case BODY_TO_END:
        return pass_to_end(self, sink, data, error);
    }
    return FALSE;
}
