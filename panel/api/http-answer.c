/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/http-answer.h"

#include <string.h>

#include "base/error.h"

/* The longest line that says how large a chunk is. */
#define CHUNK_LINE_MAX 64

typedef enum {
    IN_HEAD,
    IN_BODY,       /* of a known length, or up to the end */
    IN_CHUNK_SIZE, /* the line before a chunk */
    IN_CHUNK,
    IN_CHUNK_END, /* the line end after it */
    IN_TRAILER,
    IS_COMPLETE,
} State;

struct HthHttpAnswer {
    State state;
    gsize max_body_bytes;
    gsize body_bytes; /* that came and were not taken */
    GString *line;    /* head, or the line that is being read */
    GByteArray *body;
    guint status;
    gboolean has_length;
    guint64 left; /* of the body or of the chunk */
};

HthHttpAnswer *hth_http_answer_new(gsize max_body_bytes)
{
    HthHttpAnswer *self = g_new0(HthHttpAnswer, 1);
    self->max_body_bytes = max_body_bytes;
    self->line = g_string_new(NULL);
    self->body = g_byte_array_new();
    return self;
}

void hth_http_answer_free(HthHttpAnswer *self)
{
    if (self == NULL)
        return;
    g_string_free(self->line, TRUE);
    g_byte_array_unref(self->body);
    g_free(self);
}

static gboolean fail_corrupt(GError **error)
{
    g_set_error_literal(error, HTH_ERROR, HTH_ERROR_CORRUPT, "the answer is not HTTP");
    return FALSE;
}

/* ---- Head ---- */

static const char *header(char **lines, const char *name)
{
    const gsize length = strlen(name);
    for (guint i = 1; lines[i] != NULL; i++) {
        if (g_ascii_strncasecmp(lines[i], name, length) == 0 && lines[i][length] == ':')
            return g_strstrip(lines[i] + length + 1);
    }
    return NULL;
}

static gboolean read_length(HthHttpAnswer *self, const char *text, GError **error)
{
    self->has_length = TRUE;
    if (!g_ascii_string_to_unsigned(text, 10, 0, G_MAXINT64, &self->left, NULL))
        return fail_corrupt(error);
    self->state = self->left > 0 ? IN_BODY : IS_COMPLETE;
    return TRUE;
}

static gboolean read_head(HthHttpAnswer *self, GError **error)
{
    g_auto(GStrv) lines = g_strsplit(self->line->str, "\r\n", -1);
    g_string_truncate(self->line, 0);
    guint64 status = 0;
    if (!g_str_has_prefix(lines[0], "HTTP/1.") || strlen(lines[0]) < 12)
        return fail_corrupt(error);
    g_autofree char *digits = g_strndup(lines[0] + 9, 3);
    if (!g_ascii_string_to_unsigned(digits, 10, 100, 599, &status, NULL))
        return fail_corrupt(error);
    if (status < 200)
        return TRUE; /* an interim answer: another head comes */
    self->status = (guint)status;
    const char *coding = header(lines, "Transfer-Encoding");
    const char *length = header(lines, "Content-Length");
    if (status == 204 || status == 304)
        self->state = IS_COMPLETE;
    else if (coding != NULL && g_ascii_strcasecmp(coding, "chunked") == 0)
        self->state = IN_CHUNK_SIZE;
    else if (length != NULL)
        return read_length(self, length, error);
    else
        self->state = IN_BODY;
    return TRUE;
}

/* Moves bytes up to and with the line end @end into self->line.
 * Returns: how many; *@out_is_whole: the end has come. */
static gsize take_line(HthHttpAnswer *self, const char *data, gsize size, const char *end,
                       gboolean *out_is_whole)
{
    const gsize end_length = strlen(end);
    for (gsize i = 0; i < size; i++) {
        g_string_append_c(self->line, data[i]);
        if (data[i] == '\n' && self->line->len >= end_length &&
            strcmp(self->line->str + self->line->len - end_length, end) == 0) {
            g_string_truncate(self->line, self->line->len - end_length);
            *out_is_whole = TRUE;
            return i + 1;
        }
        if (self->line->len > HTH_ANSWER_MAX_HEAD_BYTES)
            return i + 1;
    }
    return size;
}

/* ---- Body ---- */

static gboolean add_body(HthHttpAnswer *self, const char *data, gsize size, GError **error)
{
    self->body_bytes += size;
    if (self->body_bytes > self->max_body_bytes) {
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_TOO_LARGE,
                            "the answer is larger than it may be");
        return FALSE;
    }
    g_byte_array_append(self->body, (const guint8 *)data, (guint)size);
    return TRUE;
}

static gboolean read_chunk_size(HthHttpAnswer *self, GError **error)
{
    g_strdelimit(self->line->str, ";", '\0');
    const char *text = g_strstrip(self->line->str);
    if (strlen(text) > CHUNK_LINE_MAX ||
        !g_ascii_string_to_unsigned(text, 16, 0, G_MAXINT64, &self->left, NULL))
        return fail_corrupt(error);
    g_string_truncate(self->line, 0);
    self->state = self->left > 0 ? IN_CHUNK : IN_TRAILER;
    return TRUE;
}

static gboolean on_line(HthHttpAnswer *self, GError **error)
{
    switch (self->state) {
    case IN_HEAD:
        return read_head(self, error);
    case IN_CHUNK_SIZE:
        return read_chunk_size(self, error);
    case IN_CHUNK_END:
        if (self->line->len > 0)
            return fail_corrupt(error);
        self->state = IN_CHUNK_SIZE;
        return TRUE;
    default: /* IN_TRAILER: it ends with an empty line */
        if (self->line->len == 0)
            self->state = IS_COMPLETE;
        g_string_truncate(self->line, 0);
        return TRUE;
    }
}

/* One step: takes some of the bytes. Returns: how many; -1 with @error. */
static gssize step(HthHttpAnswer *self, const char *data, gsize size, GError **error)
{
    if (self->state == IN_BODY || self->state == IN_CHUNK) {
        const gboolean is_bounded = self->state == IN_CHUNK || self->has_length;
        const gsize taken = is_bounded ? (gsize)MIN(self->left, size) : size;
        if (!add_body(self, data, taken, error))
            return -1;
        self->left -= is_bounded ? taken : 0;
        if (is_bounded && self->left == 0)
            self->state = self->state == IN_CHUNK ? IN_CHUNK_END : IS_COMPLETE;
        return (gssize)taken;
    }
    gboolean is_whole = FALSE;
    const char *end = self->state == IN_HEAD ? "\r\n\r\n" : "\r\n";
    const gsize taken = take_line(self, data, size, end, &is_whole);
    if (is_whole ? !on_line(self, error) : FALSE)
        return -1;
    if (self->line->len > HTH_ANSWER_MAX_HEAD_BYTES) {
        (void)fail_corrupt(error);
        return -1;
    }
    return (gssize)taken;
}

gboolean hth_http_answer_feed(HthHttpAnswer *self, const void *data, gsize size, GError **error)
{
    if (size == 0) {
        if (self->state == IN_BODY && !self->has_length)
            self->state = IS_COMPLETE;
        if (self->state == IS_COMPLETE)
            return TRUE;
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_NETWORK,
                            "the connection was closed before the answer had come");
        return FALSE;
    }
    const char *bytes = data;
    while (size > 0 && self->state != IS_COMPLETE) {
        const gssize taken = step(self, bytes, size, error);
        if (taken < 0)
            return FALSE;
        bytes += taken;
        size -= (gsize)taken;
    }
    return TRUE;
}

guint hth_http_answer_status(const HthHttpAnswer *self)
{
    return self->status;
}

gboolean hth_http_answer_is_complete(const HthHttpAnswer *self)
{
    return self->state == IS_COMPLETE;
}

GBytes *hth_http_answer_take_body(HthHttpAnswer *self)
{
    GBytes *taken = g_byte_array_free_to_bytes(self->body);
    self->body = g_byte_array_new();
    self->body_bytes = 0;
    return taken;
}
