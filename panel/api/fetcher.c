/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/fetcher.h"

#include <gio/gunixsocketaddress.h>
#include <string.h>

#include "api/http-answer.h"
#include "base/error.h"

#define ANSWER_MAX_BYTES (16 * 1024 * 1024)
#define READ_BYTES       (32 * 1024)
#define SILENCE_MAX_S    20

struct HthFetcher {
    GSocketAddress *address;
    GMutex mutex;
    GPtrArray *idle; /* (element GSocket), locked */
};

HthFetcher *hth_fetcher_new(const char *socket_path)
{
    HthFetcher *self = g_new0(HthFetcher, 1);
    g_mutex_init(&self->mutex);
    self->address = g_unix_socket_address_new(socket_path);
    self->idle = g_ptr_array_new_with_free_func(g_object_unref);
    return self;
}

void hth_fetcher_free(HthFetcher *self)
{
    if (self == NULL)
        return;
    g_ptr_array_unref(self->idle);
    g_object_unref(self->address);
    g_mutex_clear(&self->mutex);
    g_free(self);
}

/* ---- Connections ---- */

static GSocket *take_idle(HthFetcher *self)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);
    return self->idle->len > 0 ? g_ptr_array_steal_index(self->idle, self->idle->len - 1) : NULL;
}

static void keep_idle(HthFetcher *self, GSocket *socket)
{
    g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->mutex);
    g_ptr_array_add(self->idle, g_object_ref(socket));
}

static GSocket *open_new(HthFetcher *self, GError **error)
{
    g_autoptr(GSocket) socket =
        g_socket_new(G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, error);
    if (socket == NULL)
        return NULL;
    g_socket_set_timeout(socket, SILENCE_MAX_S);
    return g_socket_connect(socket, self->address, NULL, error) ? g_steal_pointer(&socket) : NULL;
}

/* ---- One request ---- */

static gboolean send_all(GSocket *socket, const char *text, GError **error)
{
    for (gsize left = strlen(text); left > 0;) {
        const gssize sent = g_socket_send(socket, text, left, NULL, error);
        if (sent < 0)
            return FALSE;
        text += sent;
        left -= (gsize)sent;
    }
    return TRUE;
}

/* *@out_n_read: bytes of the answer that came, whatever becomes of it. */
static gboolean exchange(GSocket *socket, const char *request, HthHttpAnswer *answer,
                         gsize *out_n_read, GError **error)
{
    *out_n_read = 0;
    if (!send_all(socket, request, error))
        return FALSE;
    g_autofree char *buffer = g_malloc(READ_BYTES);
    while (!hth_http_answer_is_complete(answer)) {
        const gssize n = g_socket_receive(socket, buffer, READ_BYTES, NULL, error);
        if (n < 0 || !hth_http_answer_feed(answer, buffer, (gsize)n, error))
            return FALSE;
        *out_n_read += (gsize)n;
    }
    return TRUE;
}

static GBytes *body_of(HthHttpAnswer *answer, GError **error)
{
    if (hth_http_answer_status(answer) == 200)
        return hth_http_answer_take_body(answer);
    g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "HTTP status %u",
                hth_http_answer_status(answer));
    return NULL;
}

/* A connection that the daemon closed while it was idle is no error: another one is opened.
 * *@out_is_stale: so it is. */
static GBytes *get_over(HthFetcher *self, GSocket *socket, const char *request,
                        gboolean *out_is_stale, GError **error)
{
    g_autoptr(HthHttpAnswer) answer = hth_http_answer_new(ANSWER_MAX_BYTES);
    gsize n_read = 0;
    if (!exchange(socket, request, answer, &n_read, error)) {
        *out_is_stale = n_read == 0;
        return NULL;
    }
    *out_is_stale = FALSE;
    keep_idle(self, socket);
    return body_of(answer, error);
}

GBytes *hth_fetcher_get(HthFetcher *self, const char *path, GError **error)
{
    g_autofree char *request = g_strdup_printf("GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", path);
    gboolean is_stale = FALSE;
    for (;;) {
        g_autoptr(GSocket) idle = take_idle(self);
        if (idle == NULL)
            break;
        g_autoptr(GError) failed = NULL;
        GBytes *bytes = get_over(self, idle, request, &is_stale, &failed);
        if (bytes != NULL || !is_stale ||
            g_error_matches(failed, G_IO_ERROR, G_IO_ERROR_TIMED_OUT)) {
            if (bytes == NULL)
                g_propagate_error(error, g_steal_pointer(&failed));
            return bytes;
        }
    }
    g_autoptr(GSocket) socket = open_new(self, error);
    return socket != NULL ? get_over(self, socket, request, &is_stale, error) : NULL;
}
