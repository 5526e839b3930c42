/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client-hello.h"

#include <string.h>

#define RECORD_HEAD_BYTES    5
#define RECORD_MAX_BYTES     (16 * 1024) /* RFC 8446, section 5.1 */
#define RECORD_HANDSHAKE     22
#define MESSAGE_HEAD_BYTES   4
#define MESSAGE_CLIENT_HELLO 1
#define EXTENSION_NAME       0
#define NAME_TYPE_HOST       0

/* What is left to read. One failed read fails all that follow, so that it is asked once. */
typedef struct {
    const guint8 *bytes;
    gsize n_bytes;
    gboolean has_failed;
} Reader;

static Reader take(Reader *self, gsize n_bytes)
{
    Reader part = { 0 };
    if (self->has_failed || n_bytes > self->n_bytes) {
        self->has_failed = TRUE;
        part.has_failed = TRUE;
        return part;
    }
    part.bytes = self->bytes;
    part.n_bytes = n_bytes;
    self->bytes += n_bytes;
    self->n_bytes -= n_bytes;
    return part;
}

static guint take_number(Reader *self, guint n_bytes)
{
    const Reader part = take(self, n_bytes);
    guint value = 0;
    for (gsize i = 0; i < part.n_bytes; i++)
        value = value << 8 | part.bytes[i];
    return value;
}

/* A vector with its length in front: between @min and @max bytes. */
static Reader take_vector(Reader *self, guint n_length_bytes, guint min, guint max)
{
    const guint n_bytes = take_number(self, n_length_bytes);
    if (n_bytes < min || n_bytes > max)
        self->has_failed = TRUE;
    return take(self, n_bytes);
}

/* ---- The name ---- */

static gboolean is_label_letter(char letter)
{
    return g_ascii_islower(letter) || g_ascii_isdigit(letter) || letter == '-' || letter == '_';
}

gboolean hth_host_name_is_good(const char *name)
{
    gsize n_label = 0;
    const gsize length = strlen(name);
    if (length == 0 || length >= HTH_HELLO_NAME_SIZE)
        return FALSE;
    for (gsize i = 0; i < length; i++) {
        if (name[i] == '.' && n_label == 0)
            return FALSE;
        if (name[i] != '.' && (!is_label_letter(name[i]) || n_label == 63))
            return FALSE;
        n_label = name[i] == '.' ? 0 : n_label + 1;
    }
    return n_label > 0;
}

/* FALSE: it is not one host name. */
static gboolean read_name(Reader extension, char out_name[HTH_HELLO_NAME_SIZE])
{
    Reader list = take_vector(&extension, 2, 1, G_MAXUINT16);
    const guint type = take_number(&list, 1);
    const Reader name = take_vector(&list, 2, 1, HTH_HELLO_NAME_SIZE - 1);
    if (extension.has_failed || extension.n_bytes > 0 || list.has_failed || list.n_bytes > 0 ||
        name.has_failed || type != NAME_TYPE_HOST)
        return FALSE;
    for (gsize i = 0; i < name.n_bytes; i++)
        out_name[i] = g_ascii_tolower((char)name.bytes[i]);
    out_name[name.n_bytes] = '\0';
    return strlen(out_name) == name.n_bytes && hth_host_name_is_good(out_name);
}

/* ---- The message ---- */

static HthHelloResult read_extensions(Reader extensions, char out_name[HTH_HELLO_NAME_SIZE])
{
    HthHelloResult result = HTH_HELLO_NO_NAME;
    while (extensions.n_bytes > 0) {
        const guint type = take_number(&extensions, 2);
        const Reader body = take_vector(&extensions, 2, 0, G_MAXUINT16);
        if (extensions.has_failed)
            return HTH_HELLO_MALFORMED;
        if (type != EXTENSION_NAME)
            continue;
        if (result == HTH_HELLO_NAME || !read_name(body, out_name))
            return HTH_HELLO_MALFORMED;
        result = HTH_HELLO_NAME;
    }
    return result;
}

/* @message: the whole ClientHello without its head. */
static HthHelloResult read_message(Reader message, char out_name[HTH_HELLO_NAME_SIZE])
{
    const guint version = take_number(&message, 2);
    (void)take(&message, 32);              /* random */
    (void)take_vector(&message, 1, 0, 32); /* session */
    const Reader suites = take_vector(&message, 2, 2, 0xfffe);
    (void)take_vector(&message, 1, 1, 255); /* compression */
    if (message.has_failed || version >> 8 != 3 || suites.n_bytes % 2 != 0)
        return HTH_HELLO_MALFORMED;
    if (message.n_bytes == 0)
        return HTH_HELLO_NO_NAME; /* TLS 1.2 and before may leave extensions out altogether */
    const Reader extensions = take_vector(&message, 2, 0, G_MAXUINT16);
    if (message.has_failed || message.n_bytes > 0)
        return HTH_HELLO_MALFORMED;
    return read_extensions(extensions, out_name);
}

/* ---- Records ---- */

/* The message as far as it has come, put together from its records. */
typedef struct {
    guint8 bytes[HTH_HELLO_MAX_BYTES];
    gsize n_bytes;
    gsize n_total; /* 0: its head is not complete */
} Message;

/* FALSE: this cannot become a ClientHello. */
static gboolean add_fragment(Message *self, const guint8 *bytes, gsize n_here, gsize n_record)
{
    if (n_record > sizeof self->bytes - self->n_bytes)
        return FALSE;
    if (n_here > 0)
        memcpy(self->bytes + self->n_bytes, bytes, n_here);
    const gsize n_after_record = self->n_bytes + n_record;
    self->n_bytes += n_here;
    if (self->n_bytes > 0 && self->bytes[0] != MESSAGE_CLIENT_HELLO)
        return FALSE;
    if (self->n_bytes < MESSAGE_HEAD_BYTES)
        return TRUE;
    Reader head = { .bytes = self->bytes + 1, .n_bytes = 3 };
    self->n_total = MESSAGE_HEAD_BYTES + take_number(&head, 3);
    /* Nothing may follow a ClientHello in its record: another key could come next. */
    return self->n_total <= sizeof self->bytes && n_after_record <= self->n_total;
}

static gboolean is_record_head_good(const guint8 *head, gsize n_bytes)
{
    return head[0] == RECORD_HANDSHAKE && (n_bytes < 2 || head[1] == 3) &&
           (n_bytes < 3 || head[2] <= 4);
}

static HthHelloResult need(gsize wanted, gsize *out_wanted)
{
    *out_wanted = wanted;
    return wanted <= HTH_HELLO_MAX_PEEK_BYTES ? HTH_HELLO_NEED_MORE : HTH_HELLO_MALFORMED;
}

HthHelloResult hth_client_hello_read(const guint8 *bytes, gsize n_bytes,
                                     char out_name[HTH_HELLO_NAME_SIZE], gsize *out_wanted)
{
    Message message;
    message.n_bytes = 0;
    message.n_total = 0;
    gsize position = 0;
    while (message.n_total == 0 || message.n_bytes < message.n_total) {
        const gsize n_left = n_bytes - position;
        const guint8 *head = bytes + position;
        if (n_left > 0 && !is_record_head_good(head, n_left))
            return HTH_HELLO_MALFORMED;
        if (n_left < RECORD_HEAD_BYTES)
            return need(position + RECORD_HEAD_BYTES, out_wanted);
        const gsize n_record = (gsize)head[3] << 8 | head[4];
        const gsize n_here = MIN(n_record, n_left - RECORD_HEAD_BYTES);
        if (n_record == 0 || n_record > RECORD_MAX_BYTES ||
            !add_fragment(&message, head + RECORD_HEAD_BYTES, n_here, n_record))
            return HTH_HELLO_MALFORMED;
        position += RECORD_HEAD_BYTES + n_record;
        if (n_here < n_record || position > HTH_HELLO_MAX_PEEK_BYTES)
            return need(position, out_wanted);
    }
    const Reader whole = { .bytes = message.bytes + MESSAGE_HEAD_BYTES,
                           .n_bytes = message.n_total - MESSAGE_HEAD_BYTES };
    return read_message(whole, out_name);
}
