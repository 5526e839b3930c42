/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gena.h"

#include <string.h>

#include "base/error.h"
#include "callback.h"

#define DEADLINE_MS 2000
#define MAX_REPLY   4096
#define PATH_CHARS  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/-_."

void hth_gena_reply_clear(HthGenaReply *self)
{
    g_clear_pointer(&self->sid, g_free);
}

gboolean hth_gena_path_is_valid(const char *path)
{
    const gsize length = strlen(path);
    return *path == '/' && path[1] != '/' && length <= HTH_GENA_MAX_PATH &&
           strspn(path, PATH_CHARS) == length && strstr(path, "..") == NULL;
}

char *hth_gena_request_text(const HthGenaRequest *request, guint16 port)
{
    GString *text = g_string_new(NULL);
    g_string_append_printf(text, "%s %s HTTP/1.1\r\nHOST: 127.0.0.1:%u\r\n",
                           request->is_unsubscribe ? "UNSUBSCRIBE" : "SUBSCRIBE", request->path,
                           port);
    if (request->sid != NULL)
        g_string_append_printf(text, "SID: %s\r\n", request->sid);
    if (request->callback != NULL)
        g_string_append_printf(text, "CALLBACK: %s\r\nNT: upnp:event\r\n", request->callback);
    if (!request->is_unsubscribe)
        g_string_append_printf(text, "TIMEOUT: Second-%u\r\n", request->timeout_s);
    g_string_append(text, "\r\n");
    return g_string_free(text, FALSE);
}

static gboolean parse_status(const char *line, guint *out_status)
{
    guint64 status = 0;
    if (!g_str_has_prefix(line, "HTTP/1.") || strlen(line) < 12 || line[8] != ' ')
        return FALSE;
    g_autofree char *digits = g_strndup(line + 9, 3);
    if (!g_ascii_string_to_unsigned(digits, 10, 100, 599, &status, NULL))
        return FALSE;
    *out_status = (guint)status;
    return TRUE;
}

static void parse_field(const char *line, HthGenaReply *reply)
{
    if (g_ascii_strncasecmp(line, "SID:", 4) == 0) {
        g_free(reply->sid);
        reply->sid = g_strstrip(g_strdup(line + 4));
    } else if (g_ascii_strncasecmp(line, "TIMEOUT:", 8) == 0) {
        g_autofree char *value = g_strstrip(g_strdup(line + 8));
        reply->timeout_s = hth_subscription_timeout_s(value);
    }
}

gboolean hth_gena_reply_parse(const char *text, HthGenaReply *out_reply, GError **error)
{
    HthGenaReply reply = { .timeout_s = HTH_SUBSCRIPTION_DEFAULT_S };
    g_auto(GStrv) lines = g_strsplit(text, "\r\n", -1);
    gboolean is_good = lines[0] != NULL && parse_status(lines[0], &reply.status);
    for (guint i = 1; is_good && lines[i] != NULL && *lines[i] != '\0'; i++)
        parse_field(lines[i], &reply);
    if (is_good && reply.sid != NULL)
        is_good = hth_sid_is_valid(reply.sid);
    if (!is_good) {
        hth_gena_reply_clear(&reply);
        g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT, "libupnp's answer makes no sense");
        return FALSE;
    }
    *out_reply = reply;
    return TRUE;
}

/* ---- The exchange: connect, write, read up to the empty line ---- */

typedef struct {
    char *text;
    GCancellable *deadline;
    guint timer;
    GSocketConnection *connection;
    gsize n_read;
    char answer[MAX_REPLY + 1];
} Exchange;

static void exchange_free(gpointer data)
{
    Exchange *self = data;
    g_clear_handle_id(&self->timer, g_source_remove);
    g_clear_object(&self->connection);
    g_clear_object(&self->deadline);
    g_free(self->text);
    g_free(self);
}

static gboolean on_deadline(gpointer data)
{
    Exchange *self = data;
    self->timer = 0;
    g_cancellable_cancel(self->deadline);
    return G_SOURCE_REMOVE;
}

/* Ends the task with @error, which is taken. A cancelled step means that the deadline has passed.
 */
static void fail(GTask *task, GError *error)
{
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
        g_clear_error(&error);
        error =
            g_error_new(G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "no answer within %d ms", DEADLINE_MS);
    }
    g_task_return_error(task, error);
}

static void read_more(GTask *task);

static void on_read(GObject *stream, GAsyncResult *result, gpointer data)
{
    g_autoptr(GTask) task = data;
    Exchange *self = g_task_get_task_data(task);
    GError *error = NULL;
    const gssize n_read = g_input_stream_read_finish(G_INPUT_STREAM(stream), result, &error);
    if (n_read < 0) {
        fail(task, error);
        return;
    }
    self->n_read += (gsize)n_read;
    self->answer[self->n_read] = '\0';
    if (n_read > 0 && self->n_read < MAX_REPLY && strstr(self->answer, "\r\n\r\n") == NULL)
        read_more(g_steal_pointer(&task));
    else
        g_task_return_boolean(task, TRUE);
}

/* Takes the reference to @task. */
static void read_more(GTask *task)
{
    Exchange *self = g_task_get_task_data(task);
    GInputStream *input = g_io_stream_get_input_stream(G_IO_STREAM(self->connection));
    g_input_stream_read_async(input, self->answer + self->n_read, MAX_REPLY - self->n_read,
                              G_PRIORITY_DEFAULT, self->deadline, on_read, task);
}

static void on_written(GObject *stream, GAsyncResult *result, gpointer data)
{
    g_autoptr(GTask) task = data;
    GError *error = NULL;
    if (g_output_stream_write_all_finish(G_OUTPUT_STREAM(stream), result, NULL, &error))
        read_more(g_steal_pointer(&task));
    else
        fail(task, error);
}

static void on_connected(GObject *client, GAsyncResult *result, gpointer data)
{
    g_autoptr(GTask) task = data;
    Exchange *self = g_task_get_task_data(task);
    GError *error = NULL;
    self->connection = g_socket_client_connect_finish(G_SOCKET_CLIENT(client), result, &error);
    if (self->connection == NULL) {
        fail(task, error);
        return;
    }
    GOutputStream *output = g_io_stream_get_output_stream(G_IO_STREAM(self->connection));
    g_output_stream_write_all_async(output, self->text, strlen(self->text), G_PRIORITY_DEFAULT,
                                    self->deadline, on_written, g_steal_pointer(&task));
}

void hth_gena_send_async(const char *text, guint16 port, GAsyncReadyCallback callback,
                         gpointer data)
{
    Exchange *self = g_new(Exchange, 1);
    *self = (Exchange){ .text = g_strdup(text), .deadline = g_cancellable_new() };
    self->timer = g_timeout_add(DEADLINE_MS, on_deadline, self);
    GTask *task = g_task_new(NULL, NULL, callback, data);
    g_task_set_task_data(task, self, exchange_free);

    g_autoptr(GSocketClient) client = g_socket_client_new();
    g_socket_client_set_enable_proxy(client, FALSE);
    g_autoptr(GInetAddress) loopback = g_inet_address_new_loopback(G_SOCKET_FAMILY_IPV4);
    g_autoptr(GSocketAddress) address = g_inet_socket_address_new(loopback, port);
    g_socket_client_connect_async(client, G_SOCKET_CONNECTABLE(address), self->deadline,
                                  on_connected, task);
}

gboolean hth_gena_send_finish(GAsyncResult *result, HthGenaReply *out_reply, GError **error)
{
    GTask *task = G_TASK(result);
    if (!g_task_propagate_boolean(task, error))
        return FALSE;
    const Exchange *exchange = g_task_get_task_data(task);
    return hth_gena_reply_parse(exchange->answer, out_reply, error);
}
