/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "answer.h"

#include <string.h>

/* No server's head is longer. */
#define MAX_HEAD_BYTES (64 * 1024)

void hth_answer_init(HthAnswer *self)
{
    *self = (HthAnswer){ .raw = g_byte_array_sized_new(4096), .body_length = -1 };
}

void hth_answer_clear(HthAnswer *self)
{
    g_clear_pointer(&self->raw, g_byte_array_unref);
}

void hth_answer_reset(HthAnswer *self)
{
    GByteArray *raw = self->raw;
    g_byte_array_set_size(raw, 0);
    *self = (HthAnswer){ .raw = raw, .body_length = -1 };
}

static void read_field(HthAnswer *self, const char *line)
{
    if (g_ascii_strncasecmp(line, "content-length:", 15) == 0)
        self->body_length = g_ascii_strtoll(line + 15, NULL, 10);
    else if (g_ascii_strncasecmp(line, "transfer-encoding: chunked", 26) == 0)
        self->is_chunked = TRUE;
    else if (g_ascii_strncasecmp(line, "connection: close", 17) == 0)
        self->is_last = TRUE;
}

static void read_head(HthAnswer *self)
{
    g_autofree char *head = g_strndup((const char *)self->raw->data, self->head_size);
    g_auto(GStrv) lines = g_strsplit(head, "\r\n", -1);
    const char *space = strchr(lines[0], ' ');
    self->status = space != NULL ? (guint)g_ascii_strtoull(space, NULL, 10) : 0;
    for (char **line = lines + 1; *line != NULL; line++)
        read_field(self, *line);
    const gboolean is_empty = self->status == 204 || self->status == 304;
    if (is_empty)
        self->body_length = 0;
    self->is_last |= self->body_length < 0 && !self->is_chunked;
    self->state = self->status == 0 ? HTH_ANSWER_BAD : HTH_ANSWER_BODY;
}

/* The last chunk is empty. Content of our answers is XML, which holds no such lines. */
static gboolean has_last_chunk(const HthAnswer *self)
{
    const gsize size = self->raw->len;
    return size >= 5 && memcmp(self->raw->data + size - 5, "0\r\n\r\n", 5) == 0;
}

static void check_end(HthAnswer *self)
{
    if (self->state != HTH_ANSWER_BODY)
        return;
    if (self->is_chunked ? has_last_chunk(self)
                         : self->body_length >= 0 && self->body_bytes >= self->body_length)
        self->state = HTH_ANSWER_DONE;
}

static void take_head(HthAnswer *self, const guint8 *bytes, gsize size, gboolean keep_body)
{
    g_byte_array_append(self->raw, bytes, (guint)size);
    const guint8 *end = memmem(self->raw->data, self->raw->len, "\r\n\r\n", 4);
    if (end == NULL) {
        if (self->raw->len > MAX_HEAD_BYTES)
            self->state = HTH_ANSWER_BAD;
        return;
    }
    self->head_size = (gsize)(end - self->raw->data) + 4;
    self->body_bytes = (gint64)(self->raw->len - self->head_size);
    read_head(self);
    if (!keep_body && !self->is_chunked)
        g_byte_array_set_size(self->raw, (guint)self->head_size);
}

void hth_answer_take(HthAnswer *self, const guint8 *bytes, gsize size, gboolean keep_body)
{
    if (self->state == HTH_ANSWER_HEAD) {
        take_head(self, bytes, size, keep_body);
    } else {
        self->body_bytes += (gint64)size;
        if (keep_body || self->is_chunked)
            g_byte_array_append(self->raw, bytes, (guint)size);
    }
    check_end(self);
}

void hth_answer_skip(HthAnswer *self, gsize size)
{
    self->body_bytes += (gint64)size;
    check_end(self);
}

gsize hth_answer_skippable(const HthAnswer *self)
{
    if (self->state != HTH_ANSWER_BODY || self->is_chunked || self->body_length < 0)
        return 0;
    return (gsize)(self->body_length - self->body_bytes);
}

void hth_answer_end(HthAnswer *self)
{
    const gboolean may_end =
        self->state == HTH_ANSWER_BODY && self->body_length < 0 && !self->is_chunked;
    self->state = may_end ? HTH_ANSWER_DONE : HTH_ANSWER_BAD;
    self->is_last = TRUE;
}

static void join_chunks(HthAnswer *self)
{
    guint8 *from = self->raw->data + self->head_size;
    guint8 *to = from;
    const guint8 *end = self->raw->data + self->raw->len;
    while (from < end) {
        guint8 *line_end = memmem(from, (gsize)(end - from), "\r\n", 2);
        const guint64 size = g_ascii_strtoull((const char *)from, NULL, 16);
        if (line_end == NULL || size == 0 || size > (guint64)(end - line_end) - 2)
            break;
        memmove(to, line_end + 2, size);
        to += size;
        from = line_end + 2 + size + 2;
    }
    g_byte_array_set_size(self->raw, (guint)(to - self->raw->data));
    self->is_chunked = FALSE;
}

const char *hth_answer_body(HthAnswer *self, gsize *out_size)
{
    if (self->is_chunked)
        join_chunks(self);
    g_byte_array_append(self->raw, (const guint8 *)"", 1);
    g_byte_array_set_size(self->raw, self->raw->len - 1);
    *out_size = self->raw->len - self->head_size;
    return (const char *)self->raw->data + self->head_size;
}
