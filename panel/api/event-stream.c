/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/event-stream.h"

#include <gio/gunixsocketaddress.h>
#include <string.h>

#include "api/answer-bounds.h"
#include "api/http-answer.h"
#include "base/error.h"
#include "base/json.h"

#define PAUSE_MIN_MS     300
#define PAUSE_MAX_MS     5000
#define HEAD_MS          10000 /* a daemon that takes the connection and says nothing is none */
#define ANSWER_MAX_BYTES (1024 * 1024) /* of what has come and was not taken */
#define LINE_MAX_BYTES   (64 * 1024)
#define READ_BYTES       (16 * 1024)

struct _HthEventStream {
    GObject parent;
    char *socket_path;
    GSocketClient *sockets;
    GCancellable *cancellable; /* of the connection under way; NULL: none */
    GSocketConnection *connection;
    HthHttpAnswer *answer;
    GString *line;
    char *event; /* its name, before its data */
    guint pause; /* source */
    guint pause_ms;
    guint head; /* source */
    gboolean is_connected;
};

G_DEFINE_FINAL_TYPE(HthEventStream, hth_event_stream, G_TYPE_OBJECT)

static guint state_signal, event_signal; /* set once, by class_init, as GObject has it */

static void connect_now(HthEventStream *self);

static void set_connected(HthEventStream *self, gboolean is_connected)
{
    if (self->is_connected == is_connected)
        return;
    self->is_connected = is_connected;
    g_signal_emit(self, state_signal, 0, is_connected);
}

static void drop(HthEventStream *self)
{
    g_clear_handle_id(&self->pause, g_source_remove);
    g_clear_handle_id(&self->head, g_source_remove);
    g_cancellable_cancel(self->cancellable);
    g_clear_object(&self->cancellable);
    if (self->connection != NULL)
        g_io_stream_close_async(G_IO_STREAM(self->connection), G_PRIORITY_DEFAULT, NULL, NULL,
                                NULL);
    g_clear_object(&self->connection);
    g_clear_pointer(&self->answer, hth_http_answer_free);
    g_clear_pointer(&self->event, g_free);
    g_string_truncate(self->line, 0);
}

static gboolean on_pause_over(gpointer data)
{
    HthEventStream *self = data;
    self->pause = 0;
    connect_now(self);
    return G_SOURCE_REMOVE;
}

static void connect_later(HthEventStream *self)
{
    drop(self);
    self->pause = g_timeout_add(self->pause_ms, on_pause_over, self);
    self->pause_ms = MIN(self->pause_ms * 2, PAUSE_MAX_MS);
    set_connected(self, FALSE);
}

/* ---- Lines ---- */

static void on_data(HthEventStream *self, const char *text)
{
    g_autofree char *name = g_steal_pointer(&self->event);
    g_autoptr(JsonNode) node = hth_json_parse_object(text, strlen(text), NULL);
    if (node != NULL)
        hth_answer_bound(node);
    if (node != NULL && name != NULL)
        g_signal_emit(self, event_signal, 0, name, json_node_get_object(node));
}

static void on_line(HthEventStream *self)
{
    g_autofree char *line = g_strdup(self->line->str);
    g_string_truncate(self->line, 0);
    if (g_str_has_prefix(line, "event:")) {
        g_free(self->event);
        self->event = g_strdup(g_strstrip(line + strlen("event:")));
    } else if (g_str_has_prefix(line, "data:")) {
        on_data(self, line + strlen("data:"));
    }
}

/* FALSE: it is not a stream of events, or was ended by what a handler did. */
static gboolean take_lines(HthEventStream *self)
{
    g_autoptr(GBytes) body = hth_http_answer_take_body(self->answer);
    gsize size = 0;
    const char *text = g_bytes_get_data(body, &size);
    for (gsize i = 0; i < size; i++) {
        if (text[i] == '\n')
            on_line(self);
        else if (text[i] != '\r')
            g_string_append_c(self->line, text[i]);
        if (self->line->len > LINE_MAX_BYTES || self->answer == NULL)
            return FALSE;
    }
    return TRUE;
}

/* ---- Connection ---- */

static void read_on(HthEventStream *self);

static gboolean take(HthEventStream *self, GBytes *bytes)
{
    if (bytes == NULL || !hth_http_answer_feed(self->answer, g_bytes_get_data(bytes, NULL),
                                               g_bytes_get_size(bytes), NULL))
        return FALSE;
    const guint status = hth_http_answer_status(self->answer);
    if (status == 0)
        return TRUE;
    if (status != 200 || hth_http_answer_is_complete(self->answer))
        return FALSE;
    g_clear_handle_id(&self->head, g_source_remove);
    self->pause_ms = PAUSE_MIN_MS;
    set_connected(self, TRUE);
    return self->answer != NULL && take_lines(self);
}

static void on_read(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(HthEventStream) self = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) bytes =
        g_input_stream_read_bytes_finish(G_INPUT_STREAM(source), result, &error);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    if (take(self, bytes))
        read_on(self);
    else if (self->answer != NULL)
        connect_later(self);
}

static void read_on(HthEventStream *self)
{
    GInputStream *input = g_io_stream_get_input_stream(G_IO_STREAM(self->connection));
    g_input_stream_read_bytes_async(input, READ_BYTES, HTH_ANSWER_READ_PRIORITY, self->cancellable,
                                    on_read, g_object_ref(self));
}

static void on_written(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(HthEventStream) self = data;
    g_autoptr(GError) error = NULL;
    if (g_output_stream_write_all_finish(G_OUTPUT_STREAM(source), result, NULL, &error))
        read_on(self);
    else if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        connect_later(self);
}

static void on_connected(GObject *source, GAsyncResult *result, gpointer data)
{
    static const char request[] = "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n";
    g_autoptr(HthEventStream) self = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(GSocketConnection) connection =
        g_socket_client_connect_finish(G_SOCKET_CLIENT(source), result, &error);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    if (connection == NULL) {
        connect_later(self);
        return;
    }
    self->connection = g_steal_pointer(&connection);
    GOutputStream *output = g_io_stream_get_output_stream(G_IO_STREAM(self->connection));
    g_output_stream_write_all_async(output, request, strlen(request), G_PRIORITY_DEFAULT,
                                    self->cancellable, on_written, g_object_ref(self));
}

static gboolean on_head_late(gpointer data)
{
    HthEventStream *self = data;
    self->head = 0;
    connect_later(self);
    return G_SOURCE_REMOVE;
}

static void connect_now(HthEventStream *self)
{
    drop(self);
    self->cancellable = g_cancellable_new();
    self->answer = hth_http_answer_new(ANSWER_MAX_BYTES);
    self->head = g_timeout_add(HEAD_MS, on_head_late, self);
    g_autoptr(GSocketAddress) address = g_unix_socket_address_new(self->socket_path);
    g_socket_client_connect_async(self->sockets, G_SOCKET_CONNECTABLE(address), self->cancellable,
                                  on_connected, g_object_ref(self));
}

/* ---- Object ---- */

void hth_event_stream_start(HthEventStream *self)
{
    connect_now(self);
}

void hth_event_stream_hurry(HthEventStream *self)
{
    self->pause_ms = PAUSE_MIN_MS;
    if (self->pause != 0)
        connect_now(self);
}

void hth_event_stream_stop(HthEventStream *self)
{
    drop(self);
    self->is_connected = FALSE;
}

gboolean hth_event_stream_is_connected(HthEventStream *self)
{
    return self->is_connected;
}

static void hth_event_stream_init(HthEventStream *self)
{
    self->sockets = g_socket_client_new();
    g_socket_client_set_enable_proxy(self->sockets, FALSE);
    self->line = g_string_new(NULL);
    self->pause_ms = PAUSE_MIN_MS;
}

static void hth_event_stream_finalize(GObject *object)
{
    HthEventStream *self = HTH_EVENT_STREAM(object);
    drop(self);
    g_clear_object(&self->sockets);
    g_string_free(self->line, TRUE);
    g_free(self->socket_path);
    G_OBJECT_CLASS(hth_event_stream_parent_class)->finalize(object);
}

static void hth_event_stream_class_init(HthEventStreamClass *class)
{
    G_OBJECT_CLASS(class)->finalize = hth_event_stream_finalize;
    state_signal = g_signal_new("state", HTH_TYPE_EVENT_STREAM, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                NULL, G_TYPE_NONE, 1, G_TYPE_BOOLEAN);
    event_signal = g_signal_new("event", HTH_TYPE_EVENT_STREAM, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                NULL, G_TYPE_NONE, 2, G_TYPE_STRING, JSON_TYPE_OBJECT);
}

HthEventStream *hth_event_stream_new(const char *socket_path)
{
    HthEventStream *self = g_object_new(HTH_TYPE_EVENT_STREAM, NULL);
    self->socket_path = g_strdup(socket_path);
    return self;
}
