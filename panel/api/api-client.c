/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/api-client.h"

#include <gio/gunixsocketaddress.h>
#include <string.h>

#include "api/answer-bounds.h"
#include "api/api-error.h"
#include "api/http-answer.h"
#include "base/error.h"
#include "base/json.h"

#define ANSWER_MAX_BYTES (16 * 1024 * 1024)
#define READ_BYTES       (64 * 1024)
/* An answer of more is read as JSON by a thread: the window is drawn meanwhile. */
#define SMALL_BYTES (64 * 1024)

struct _HthApiClient {
    GObject parent;
    GSocketClient *sockets;
    GSocketAddress *address;
    char *socket_path;
    guint deadline_ms;
    guint n_running;
    GQueue urgent; /* (element GTask): calls */
    GQueue idle;   /* (element GTask): pictures */
};

G_DEFINE_FINAL_TYPE(HthApiClient, hth_api_client, G_TYPE_OBJECT)

/* One request, from the queue to its answer; the data of its GTask, which keeps the client. */
typedef struct {
    GString *request;
    GSocketConnection *connection;
    HthHttpAnswer *answer;
    GCancellable *given; /* the caller's; may be NULL */
    GCancellable *own;   /* ends what is under way: deadline, or the caller's */
    gulong on_given;
    guint deadline; /* source */
    gboolean is_late;
    gboolean wants_json;
    gboolean is_running;
} Call;

static void call_free(Call *call)
{
    g_string_free(call->request, TRUE);
    if (call->connection != NULL)
        g_io_stream_close_async(G_IO_STREAM(call->connection), G_PRIORITY_DEFAULT, NULL, NULL,
                                NULL);
    g_clear_object(&call->connection);
    hth_http_answer_free(call->answer);
    g_clear_object(&call->given);
    g_clear_object(&call->own);
    g_free(call);
}

static void start_next(HthApiClient *self);

/* ---- The end of a call ---- */

static void let_go(GTask *task)
{
    Call *call = g_task_get_task_data(task);
    g_clear_handle_id(&call->deadline, g_source_remove);
    if (call->on_given != 0)
        g_signal_handler_disconnect(call->given, call->on_given);
    call->on_given = 0;
    HthApiClient *self = g_task_get_source_object(task);
    if (call->is_running)
        self->n_running--;
    call->is_running = FALSE;
}

/* Ends @task with @error, which it takes. */
static void fail(GTask *task, GError *error)
{
    g_autoptr(HthApiClient) self = g_object_ref(g_task_get_source_object(task));
    Call *call = g_task_get_task_data(task);
    let_go(task);
    if (call->is_late) {
        g_clear_error(&error);
        error = g_error_new_literal(HTH_ERROR, HTH_ERROR_TIMEOUT, "there was no answer in time");
    } else if (error->domain == G_IO_ERROR && error->code != G_IO_ERROR_CANCELLED) {
        error->domain = HTH_ERROR; /* the connection broke */
        error->code = HTH_ERROR_NETWORK;
    }
    g_task_return_error(task, error);
    g_object_unref(task);
    start_next(self);
}

/* Any thread. Returns: the object; NULL with @error. */
static JsonNode *parse(GBytes *body, GError **error)
{
    gsize size = 0;
    const char *text = g_bytes_get_data(body, &size);
    JsonNode *node = hth_json_parse_object(text != NULL ? text : "", size, error);
    if (node != NULL)
        hth_answer_bound(node);
    return node;
}

static void return_json(GTask *task, JsonNode *node, const GError *error)
{
    const guint status = hth_http_answer_status(((Call *)g_task_get_task_data(task))->answer);
    JsonObject *object = node != NULL ? json_node_get_object(node) : NULL;
    if (status >= 400)
        g_task_return_error(task, hth_api_error_new(status, object));
    else if (object == NULL)
        g_task_return_new_error(task, HTH_ERROR, HTH_ERROR_CORRUPT, "the answer is not JSON: %s",
                                error->message);
    else
        g_task_return_pointer(task, json_object_ref(object), (GDestroyNotify)json_object_unref);
}

static void parse_on_thread(GTask *task, gpointer source, gpointer body, GCancellable *cancellable)
{
    GError *error = NULL;
    JsonNode *node = parse(body, &error);
    if (node != NULL)
        g_task_return_pointer(task, node, (GDestroyNotify)json_node_unref);
    else
        g_task_return_error(task, error);
}

static void on_parsed(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GTask) task = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonNode) node = g_task_propagate_pointer(G_TASK(result), &error);
    return_json(task, node, error);
}

/* Takes the reference to @task. */
static void read_json(GTask *task, GBytes *body)
{
    if (g_bytes_get_size(body) > SMALL_BYTES) {
        g_autoptr(GTask) thread = g_task_new(NULL, NULL, on_parsed, task);
        g_task_set_task_data(thread, g_bytes_ref(body), (GDestroyNotify)g_bytes_unref);
        g_task_run_in_thread(thread, parse_on_thread);
        return;
    }
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonNode) node = parse(body, &error);
    return_json(task, node, error);
    g_object_unref(task);
}

static void succeed(GTask *task)
{
    g_autoptr(HthApiClient) self = g_object_ref(g_task_get_source_object(task));
    Call *call = g_task_get_task_data(task);
    const guint status = hth_http_answer_status(call->answer);
    g_autoptr(GBytes) body = hth_http_answer_take_body(call->answer);
    let_go(task);
    if (call->wants_json) {
        read_json(task, body);
    } else {
        if (status == 200)
            g_task_return_pointer(task, g_steal_pointer(&body), (GDestroyNotify)g_bytes_unref);
        else
            g_task_return_new_error(task, HTH_ERROR, HTH_ERROR_NOT_FOUND, "HTTP status %u", status);
        g_object_unref(task);
    }
    start_next(self);
}

/* ---- Its steps ---- */

static void read_on(GTask *task);

static void on_read(GObject *source, GAsyncResult *result, gpointer data)
{
    GTask *task = data;
    Call *call = g_task_get_task_data(task);
    GError *error = NULL;
    g_autoptr(GBytes) bytes =
        g_input_stream_read_bytes_finish(G_INPUT_STREAM(source), result, &error);
    if (bytes == NULL || !hth_http_answer_feed(call->answer, g_bytes_get_data(bytes, NULL),
                                               g_bytes_get_size(bytes), &error))
        fail(task, error);
    else if (hth_http_answer_is_complete(call->answer))
        succeed(task);
    else
        read_on(task);
}

static void read_on(GTask *task)
{
    Call *call = g_task_get_task_data(task);
    GInputStream *input = g_io_stream_get_input_stream(G_IO_STREAM(call->connection));
    g_input_stream_read_bytes_async(input, READ_BYTES, HTH_ANSWER_READ_PRIORITY, call->own, on_read,
                                    task);
}

static void on_written(GObject *source, GAsyncResult *result, gpointer data)
{
    GTask *task = data;
    GError *error = NULL;
    /* A daemon that refuses early has answered and closed: what it said is worth reading. */
    if (!g_output_stream_write_all_finish(G_OUTPUT_STREAM(source), result, NULL, &error) &&
        !g_error_matches(error, G_IO_ERROR, G_IO_ERROR_BROKEN_PIPE)) {
        fail(task, error);
        return;
    }
    g_clear_error(&error);
    read_on(task);
}

static void on_connected(GObject *source, GAsyncResult *result, gpointer data)
{
    GTask *task = data;
    Call *call = g_task_get_task_data(task);
    g_autoptr(GError) error = NULL;
    call->connection = g_socket_client_connect_finish(G_SOCKET_CLIENT(source), result, &error);
    if (call->connection == NULL) {
        fail(task, g_steal_pointer(&error));
        return;
    }
    GOutputStream *output = g_io_stream_get_output_stream(G_IO_STREAM(call->connection));
    g_output_stream_write_all_async(output, call->request->str, call->request->len,
                                    G_PRIORITY_DEFAULT, call->own, on_written, task);
}

static gboolean on_deadline(gpointer data)
{
    Call *call = g_task_get_task_data(data);
    call->deadline = 0;
    call->is_late = TRUE;
    g_cancellable_cancel(call->own);
    return G_SOURCE_REMOVE;
}

static GTask *next_task(HthApiClient *self)
{
    GTask *task = g_queue_pop_head(&self->urgent);
    return task != NULL ? task : g_queue_pop_head(&self->idle);
}

static void start_next(HthApiClient *self)
{
    while (self->n_running < HTH_API_CONNECTIONS) {
        GTask *task = next_task(self);
        if (task == NULL)
            return;
        Call *call = g_task_get_task_data(task);
        if (g_cancellable_is_cancelled(call->own)) {
            fail(task, g_error_new_literal(G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled"));
            return; /* fail() goes on with the rest */
        }
        self->n_running++;
        call->is_running = TRUE;
        call->deadline = g_timeout_add(self->deadline_ms, on_deadline, task);
        g_socket_client_connect_async(self->sockets, G_SOCKET_CONNECTABLE(self->address), call->own,
                                      on_connected, task);
    }
}

/* ---- Its start ---- */

static void on_given_cancelled(GCancellable *given, gpointer data)
{
    g_cancellable_cancel(data);
}

static GString *request_head(const char *method, const char *path, JsonObject *body)
{
    GString *request = g_string_new(NULL);
    g_autofree char *text = body != NULL ? hth_json_print_object(body) : NULL;
    g_string_append_printf(request, "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n",
                           method, path);
    if (text != NULL)
        g_string_append_printf(request, "Content-Type: application/json\r\nContent-Length: %zu\r\n",
                               strlen(text));
    g_string_append(request, "\r\n");
    if (text != NULL)
        g_string_append(request, text);
    return request;
}

static void queue(HthApiClient *self, GTask *task, Call *call, GQueue *where)
{
    GCancellable *given = g_task_get_cancellable(task);
    call->answer = hth_http_answer_new(ANSWER_MAX_BYTES);
    call->own = g_cancellable_new();
    g_task_set_task_data(task, call, (GDestroyNotify)call_free);
    if (given != NULL) {
        call->given = g_object_ref(given);
        if (g_cancellable_is_cancelled(given))
            g_cancellable_cancel(call->own);
        else
            call->on_given =
                g_signal_connect(given, "cancelled", G_CALLBACK(on_given_cancelled), call->own);
    }
    g_queue_push_tail(where, task);
    start_next(self);
}

void hth_api_client_call(HthApiClient *self, const char *method, const char *path, JsonObject *body,
                         GCancellable *cancellable, GAsyncReadyCallback callback, gpointer data)
{
    GTask *task = g_task_new(self, cancellable, callback, data);
    g_task_set_source_tag(task, hth_api_client_call);
    Call *call = g_new0(Call, 1);
    g_autofree char *full = g_strconcat("/api/v1/", path, NULL);
    if (body == NULL && strcmp(method, "POST") == 0)
        body = json_object_new();
    call->request = request_head(method, full, body);
    call->wants_json = TRUE;
    queue(self, task, call, &self->urgent);
}

JsonObject *hth_api_client_call_finish(HthApiClient *self, GAsyncResult *result, GError **error)
{
    g_return_val_if_fail(g_task_is_valid(result, self), NULL);
    return g_task_propagate_pointer(G_TASK(result), error);
}

void hth_api_client_fetch(HthApiClient *self, const char *path, GCancellable *cancellable,
                          GAsyncReadyCallback callback, gpointer data)
{
    GTask *task = g_task_new(self, cancellable, callback, data);
    g_task_set_source_tag(task, hth_api_client_fetch);
    Call *call = g_new0(Call, 1);
    call->request = request_head("GET", path, NULL);
    queue(self, task, call, &self->idle);
}

GBytes *hth_api_client_fetch_finish(HthApiClient *self, GAsyncResult *result, GError **error)
{
    g_return_val_if_fail(g_task_is_valid(result, self), NULL);
    return g_task_propagate_pointer(G_TASK(result), error);
}

static void on_sent(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(JsonObject) answer = hth_api_client_call_finish(HTH_API_CLIENT(source), result, NULL);
    (void)answer; /* nobody waits for it */
}

void hth_api_client_send(HthApiClient *self, const char *method, const char *path, JsonObject *body)
{
    hth_api_client_call(self, method, path, body, NULL, on_sent, NULL);
}

/* ---- Object ---- */

static void hth_api_client_init(HthApiClient *self)
{
    g_queue_init(&self->urgent);
    g_queue_init(&self->idle);
    self->sockets = g_socket_client_new();
    g_socket_client_set_enable_proxy(self->sockets, FALSE);
    self->deadline_ms = HTH_API_DEADLINE_MS;
}

/* Calls keep the client, so there are none left. */
static void hth_api_client_finalize(GObject *object)
{
    HthApiClient *self = HTH_API_CLIENT(object);
    g_clear_object(&self->sockets);
    g_clear_object(&self->address);
    g_free(self->socket_path);
    G_OBJECT_CLASS(hth_api_client_parent_class)->finalize(object);
}

static void hth_api_client_class_init(HthApiClientClass *class)
{
    G_OBJECT_CLASS(class)->finalize = hth_api_client_finalize;
}

HthApiClient *hth_api_client_new(const char *socket_path)
{
    HthApiClient *self = g_object_new(HTH_TYPE_API_CLIENT, NULL);
    self->socket_path = g_strdup(socket_path);
    self->address = g_unix_socket_address_new(socket_path);
    return self;
}

const char *hth_api_client_socket_path(HthApiClient *self)
{
    return self->socket_path;
}

void hth_api_client_set_deadline(HthApiClient *self, guint deadline_ms)
{
    self->deadline_ms = deadline_ms;
}
