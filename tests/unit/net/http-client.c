/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "http-client.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int http_connect(guint16 port)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const struct timeval patience = { .tv_sec = 10 };
    const struct sockaddr_in address = { .sin_family = AF_INET,
                                         .sin_port = htons(port),
                                         .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    g_assert_cmpint(connect(fd, (const struct sockaddr *)&address, sizeof address), ==, 0);
    return fd;
}

void http_send_bytes(int fd, gconstpointer bytes, gsize size)
{
    const char *next = bytes;
    while (size > 0) {
        const gssize n = send(fd, next, size, MSG_NOSIGNAL);
        g_assert_cmpint(n, >, 0);
        next += n;
        size -= (gsize)n;
    }
}

void http_send(int fd, const char *text)
{
    http_send_bytes(fd, text, strlen(text));
}

GBytes *http_read_all(int fd)
{
    GByteArray *all = g_byte_array_new();
    guint8 buffer[16 * 1024];
    gssize n;
    while ((n = recv(fd, buffer, sizeof buffer, 0)) > 0)
        g_byte_array_append(all, buffer, (guint)n);
    g_assert_true(n == 0 || errno == ECONNRESET);
    close(fd);
    return g_byte_array_free_to_bytes(all);
}

/* Byte by byte: no byte of the next answer may be taken. */
static char *read_head(int fd)
{
    g_autoptr(GString) head = g_string_new(NULL);
    while (!g_str_has_suffix(head->str, "\r\n\r\n")) {
        char c;
        const gssize n = recv(fd, &c, 1, 0);
        if (n == 0 || (n < 0 && errno == ECONNRESET))
            return NULL;
        g_assert_cmpint(n, ==, 1);
        g_string_append_c(head, c);
        g_assert_cmpuint(head->len, <, 64 * 1024);
    }
    return g_strdup(head->str);
}

char *http_answer_header(const HttpAnswer *self, const char *name)
{
    g_auto(GStrv) lines = g_strsplit(self->head, "\r\n", -1);
    const gsize length = strlen(name);
    for (guint i = 1; lines[i] != NULL; i++) {
        if (g_ascii_strncasecmp(lines[i], name, length) == 0 && lines[i][length] == ':')
            return g_strdup(g_strchug(lines[i] + length + 1));
    }
    return NULL;
}

static GBytes *read_exactly(int fd, gsize size)
{
    char *bytes = g_malloc(size + 1);
    gsize done = 0;
    while (done < size) {
        const gssize n = recv(fd, bytes + done, size - done, 0);
        g_assert_cmpint(n, >, 0);
        done += (gsize)n;
    }
    bytes[size] = '\0';
    return g_bytes_new_take(bytes, size);
}

HttpAnswer *http_read_answer(int fd, gboolean is_head)
{
    char *head = read_head(fd);
    if (head == NULL)
        return NULL;
    HttpAnswer *self = g_new0(HttpAnswer, 1);
    self->head = head;
    g_assert_true(g_str_has_prefix(head, "HTTP/1."));
    self->status = (guint)g_ascii_strtoull(head + 9, NULL, 10);
    g_autofree char *length = http_answer_header(self, "Content-Length");
    const gsize size = length != NULL && !is_head && self->status != 304 && self->status != 100
                           ? (gsize)g_ascii_strtoull(length, NULL, 10)
                           : 0;
    self->body = read_exactly(fd, size);
    return self;
}

void http_answer_free(HttpAnswer *self)
{
    if (self == NULL)
        return;
    g_free(self->head);
    g_bytes_unref(self->body);
    g_free(self);
}

const char *http_answer_text(const HttpAnswer *self)
{
    return g_bytes_get_data(self->body, NULL);
}

HttpAnswer *http_ask(guint16 port, const char *request)
{
    const int fd = http_connect(port);
    http_send(fd, request);
    HttpAnswer *answer = http_read_answer(fd, g_str_has_prefix(request, "HEAD "));
    close(fd);
    return answer;
}

gboolean http_is_closed(int fd, guint timeout_ms)
{
    struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
    if (poll(&poll_fd, 1, (int)timeout_ms) != 1)
        return FALSE;
    char byte;
    const gssize n = recv(fd, &byte, 1, 0);
    return n == 0 || (n < 0 && errno == ECONNRESET);
}
