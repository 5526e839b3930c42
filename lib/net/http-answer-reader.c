/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/http-answer-reader.h"

#include <string.h>

#include "base/error.h"

#define BUFFER_BYTES (256 * 1024)

typedef enum { BODY_NONE, BODY_LENGTH, BODY_CHUNKED, BODY_TO_END } BodyKind;

struct HthHttpAnswerReader {
    HthTlsStream *stream;
    HthPatience patience;
    guint stall_ms;
    GPtrArray *headers; /* (element char) name, value, name, value … */
    gboolean has_begun;
    gboolean is_kept;
    BodyKind kind;
    guint64 n_left;        /* of the body, or of the chunk */
    gboolean is_in_chunks; /* a chunk, and its line end, came before */
    gboolean has_ended;
    gsize start; /* of what has not been taken from the buffer */
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
    self->patience = *patience;
    self->stall_ms = stall_ms;
    self->headers = g_ptr_array_new_with_free_func(g_free);
    self->has_begun = FALSE;
    self->is_kept = TRUE;
    self->kind = BODY_NONE;
    self->n_left = 0;
    self->is_in_chunks = self->has_ended = FALSE;
    self->start = self->end = 0;
    return self;
}

void hth_http_answer_reader_free(HthHttpAnswerReader *self)
{
    if (self != NULL)
        g_ptr_array_unref(self->headers);
    g_free(self);
}

const char *hth_http_answer_reader_header(const HthHttpAnswerReader *self, const char *name)
{
    for (guint i = 0; i + 1 < self->headers->len; i += 2) {
        if (g_ascii_strcasecmp(self->headers->pdata[i], name) == 0)
            return self->headers->pdata[i + 1];
    }
    return NULL;
}

gboolean hth_http_answer_reader_has_begun(const HthHttpAnswerReader *self)
{
    return self->has_begun;
}

gboolean hth_http_answer_reader_is_kept(const HthHttpAnswerReader *self)
{
    return self->is_kept && self->has_ended && self->start == self->end;
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
    const HthPatience patience = hth_patience_sooner(&self->patience, self->stall_ms);
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
    g_ptr_array_add(self->headers, g_strdup(line));
    g_ptr_array_add(self->headers, g_strdup(value));
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
        g_ptr_array_set_size(self->headers, 0);
        while ((line = read_line(self, &n_allowed, error)) != NULL && *line != '\0') {
            if (!take_header(self, line, error))
                return FALSE;
        }
        if (line == NULL)
            return FALSE;
    } while (*out_status < 200);
    if (*out_status == 204 || *out_status == 304)
        self->kind = BODY_NONE;
    if (self->kind == BODY_NONE)
        self->n_left = 0;
    if (self->kind == BODY_TO_END)
        self->is_kept = FALSE;
    if (self->kind == BODY_CHUNKED)
        self->n_left = 0;
    return TRUE;
}

/* ---- The body ---- */

/* The size of the next chunk, or the end (RFC 9112, section 7.1). */
static gboolean next_chunk(HthHttpAnswerReader *self, GError **error)
{
    gsize n_allowed = HTH_HTTP_MAX_HEAD_BYTES;
    char *line = self->is_in_chunks ? read_line(self, &n_allowed, error) : NULL;
    if (self->is_in_chunks && line == NULL)
        return FALSE;
    if (self->is_in_chunks && *line != '\0')
        return fail(error, HTH_ERROR_CORRUPT, "the answer is broken");
    self->is_in_chunks = TRUE;
    line = read_line(self, &n_allowed, error);
    if (line == NULL)
        return FALSE;
    line[strcspn(line, "; \t")] = '\0';
    if (!g_ascii_string_to_unsigned(line, 16, 0, G_MAXINT64, &self->n_left, error))
        return FALSE;
    self->has_ended = self->n_left == 0;
    while (self->has_ended && line != NULL && *line != '\0') /* trailers */
        line = read_line(self, &n_allowed, error);
    return line != NULL;
}

static gboolean next_up_to_end(HthHttpAnswerReader *self, GError **error)
{
    if (self->start == self->end && !fill(self, &self->has_ended, error))
        return FALSE;
    self->n_left = self->end - self->start;
    return TRUE;
}

/* Finds out how many bytes are left, or that there are no more. */
static gboolean next_part(HthHttpAnswerReader *self, GError **error)
{
    switch (self->kind) {
    case BODY_CHUNKED:
        return next_chunk(self, error);
    case BODY_TO_END:
        return next_up_to_end(self, error);
    case BODY_NONE:
    case BODY_LENGTH:
        break;
    }
    self->has_ended = TRUE;
    return TRUE;
}

gboolean hth_http_answer_reader_pump(HthHttpAnswerReader *self, gsize max_bytes, HthHttpSink sink,
                                     gpointer data, gboolean *out_ended, GError **error)
{
    gsize n_given = 0;
    while (n_given < max_bytes && !self->has_ended) {
        if (self->n_left == 0) {
            if (!next_part(self, error))
                return FALSE;
            continue;
        }
        if (self->start == self->end && !fill_or_fail(self, error))
            return FALSE;
        const gsize n_there = MIN(self->end - self->start, max_bytes - n_given);
        const gsize n_bytes = (gsize)MIN(self->n_left, n_there);
        if (!sink((const guint8 *)self->buffer + self->start, n_bytes, data, error))
            return FALSE;
        self->start += n_bytes;
        self->n_left -= n_bytes;
        n_given += n_bytes;
    }
    /* A body whose length is known ends with its last byte. */
    if (self->kind == BODY_LENGTH && self->n_left == 0)
        self->has_ended = TRUE;
    *out_ended = self->has_ended;
    return TRUE;
}

gboolean hth_http_answer_reader_body(HthHttpAnswerReader *self, HthHttpSink sink, gpointer data,
                                     GError **error)
{
    gboolean has_ended = FALSE;
    while (!has_ended) {
        if (!hth_http_answer_reader_pump(self, G_MAXSIZE, sink, data, &has_ended, error))
            return FALSE;
    }
    return TRUE;
}
