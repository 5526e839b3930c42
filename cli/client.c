/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "client.h"

#include <curl/curl.h>
#include <string.h>
#include <unistd.h>

#define ANSWER_MAX_BYTES (64u * 1024 * 1024)
#define TIMEOUT_S        60L

struct HthClient {
    char *socket_path;
    CURL *curl;
};

GQuark hth_client_error_quark(void)
{
    return g_quark_from_static_string("hth-client-error");
}

HthClient *hth_client_new(const char *socket_path)
{
    HthClient *self = g_new0(HthClient, 1);
    self->socket_path = g_strdup(socket_path);
    self->curl = curl_easy_init();
    return self;
}

void hth_client_free(HthClient *self)
{
    if (self == NULL)
        return;
    curl_easy_cleanup(self->curl);
    g_free(self->socket_path);
    g_free(self);
}

char *hth_client_escape(const char *text)
{
    return g_uri_escape_string(text, NULL, FALSE);
}

static void set_not_running(GError **error)
{
    g_set_error(error, HTH_CLIENT_ERROR, HTH_CLIENT_ERROR_NOT_RUNNING,
                "hearthd is not running. Start it with: systemctl --user start hearthd, or just "
                "hearthd");
}

static void set_transport_error(HthClient *self, CURLcode code, GError **error)
{
    if (code == CURLE_COULDNT_CONNECT && access(self->socket_path, F_OK) == 0 &&
        access(self->socket_path, W_OK) != 0)
        g_set_error(error, HTH_CLIENT_ERROR, HTH_CLIENT_ERROR_REFUSED,
                    "you may not use the socket %s; ask to be added to the group hearth",
                    self->socket_path);
    else if (code == CURLE_COULDNT_CONNECT)
        set_not_running(error);
    else
        g_set_error(error, HTH_CLIENT_ERROR, HTH_CLIENT_ERROR_BROKEN,
                    "the connection to hearthd broke: %s", curl_easy_strerror(code));
}

static gsize append(char *bytes, gsize size, gsize n, void *data)
{
    GString *answer = data;
    if (answer->len + size * n > ANSWER_MAX_BYTES)
        return 0;
    g_string_append_len(answer, bytes, (gssize)(size * n));
    return size * n;
}

static void prepare(HthClient *self, const char *method, const char *path)
{
    g_autofree char *url = g_strconcat("http://localhost/api/v1/", path, NULL);
    curl_easy_reset(self->curl);
    curl_easy_setopt(self->curl, CURLOPT_UNIX_SOCKET_PATH, self->socket_path);
    curl_easy_setopt(self->curl, CURLOPT_URL, url);
    curl_easy_setopt(self->curl, CURLOPT_PROXY, "");
    curl_easy_setopt(self->curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(self->curl, CURLOPT_NOSIGNAL, 1L);
}

/* The message of {"error": {"message": …}}, else what the status says. */
static void set_api_error(JsonObject *answer, long status, GError **error)
{
    JsonObject *inner = answer != NULL && json_object_has_member(answer, "error")
                            ? json_object_get_object_member(answer, "error")
                            : NULL;
    const char *message =
        inner != NULL ? json_object_get_string_member_with_default(inner, "message", NULL) : NULL;
    if (message != NULL)
        g_set_error_literal(error, HTH_CLIENT_ERROR, HTH_CLIENT_ERROR_REFUSED, message);
    else
        g_set_error(error, HTH_CLIENT_ERROR, HTH_CLIENT_ERROR_REFUSED,
                    "hearthd answered with HTTP status %ld", status);
}

static JsonObject *read_answer(HthClient *self, const GString *text, GError **error)
{
    long status = 0;
    curl_easy_getinfo(self->curl, CURLINFO_RESPONSE_CODE, &status);
    g_autoptr(JsonNode) node = json_from_string(text->str, NULL);
    JsonObject *answer =
        node != NULL && JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
    if (status != 200) {
        set_api_error(answer, status, error);
        return NULL;
    }
    if (answer == NULL) {
        g_set_error(error, HTH_CLIENT_ERROR, HTH_CLIENT_ERROR_BROKEN,
                    "hearthd's answer is not JSON");
        return NULL;
    }
    return json_object_ref(answer);
}

static JsonObject *perform(HthClient *self, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    curl_easy_setopt(self->curl, CURLOPT_WRITEFUNCTION, append);
    curl_easy_setopt(self->curl, CURLOPT_WRITEDATA, text);
    curl_easy_setopt(self->curl, CURLOPT_TIMEOUT, TIMEOUT_S);
    const CURLcode code = curl_easy_perform(self->curl);
    if (code != CURLE_OK) {
        set_transport_error(self, code, error);
        return NULL;
    }
    return read_answer(self, text, error);
}

JsonObject *hth_client_get(HthClient *self, const char *path, GError **error)
{
    prepare(self, "GET", path);
    return perform(self, error);
}

JsonObject *hth_client_send(HthClient *self, const char *method, const char *path, JsonObject *body,
                            GError **error)
{
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
    json_node_take_object(node, body != NULL ? body : json_object_new());
    g_autofree char *text = json_to_string(node, FALSE);
    prepare(self, method, path);
    struct curl_slist *headers = NULL;
    if (body != NULL) {
        headers = curl_slist_append(NULL, "Content-Type: application/json");
        curl_easy_setopt(self->curl, CURLOPT_HTTPHEADER, headers);
        curl_easy_setopt(self->curl, CURLOPT_POSTFIELDS, text);
    }
    JsonObject *answer = perform(self, error);
    curl_slist_free_all(headers);
    return answer;
}

/* Of an answer that was taken as it came. @refusal: its body, where it is no success. */
static gboolean is_good(HthClient *self, CURLcode code, const GString *refusal, GError **error)
{
    if (code != CURLE_OK) {
        set_transport_error(self, code, error);
        return FALSE;
    }
    long status = 0;
    curl_easy_getinfo(self->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status == 200)
        return TRUE;
    g_autoptr(JsonObject) none = read_answer(self, refusal, error);
    return none != NULL;
}

typedef struct {
    HthClient *client;
    int fd;
    GString *refusal; /* the body of an answer that is no success */
} Download;

static gsize store(char *bytes, gsize size, gsize n, void *data)
{
    Download *download = data;
    long status = 0;
    curl_easy_getinfo(download->client->curl, CURLINFO_RESPONSE_CODE, &status);
    if (status != 200)
        return append(bytes, size, n, download->refusal);
    gsize done = 0;
    while (done < size * n) {
        const ssize_t written = write(download->fd, bytes + done, size * n - done);
        if (written <= 0)
            return 0;
        done += (gsize)written;
    }
    return done;
}

gboolean hth_client_download(HthClient *self, const char *path, int fd, GError **error)
{
    g_autoptr(GString) refusal = g_string_new(NULL);
    Download download = { .client = self, .fd = fd, .refusal = refusal };
    prepare(self, "GET", path);
    curl_easy_setopt(self->curl, CURLOPT_WRITEFUNCTION, store);
    curl_easy_setopt(self->curl, CURLOPT_WRITEDATA, &download);
    return is_good(self, curl_easy_perform(self->curl), refusal, error);
}

typedef struct {
    HthClient *client;
    HthClientEvent callback;
    gpointer data;
    GString *text; /* what came and is not a whole event yet */
    gboolean has_ended;
} Stream;

/* One block of lines up to an empty one: "event: scan", "data: {…}". */
static gboolean take_event(Stream *stream, const char *block)
{
    g_auto(GStrv) lines = g_strsplit(block, "\n", 64);
    const char *event = "message";
    const char *json = NULL;
    for (char **line = lines; *line != NULL; line++) {
        if (g_str_has_prefix(*line, "event:"))
            event = g_strstrip(*line + strlen("event:"));
        else if (g_str_has_prefix(*line, "data:"))
            json = g_strstrip(*line + strlen("data:"));
    }
    return json == NULL || stream->callback(event, json, stream->data);
}

static gsize take_bytes(char *bytes, gsize size, gsize n, void *data)
{
    Stream *stream = data;
    if (append(bytes, size, n, stream->text) == 0)
        return 0;
    char *end;
    while ((end = strstr(stream->text->str, "\n\n")) != NULL) {
        g_autofree char *block = g_strndup(stream->text->str, (gsize)(end - stream->text->str));
        g_string_erase(stream->text, 0, end + 2 - stream->text->str);
        if (!take_event(stream, block)) {
            stream->has_ended = TRUE;
            return 0;
        }
    }
    return size * n;
}

gboolean hth_client_events(HthClient *self, HthClientEvent callback, gpointer data, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    Stream stream = { .client = self, .callback = callback, .data = data, .text = text };
    prepare(self, "GET", "events");
    curl_easy_setopt(self->curl, CURLOPT_WRITEFUNCTION, take_bytes);
    curl_easy_setopt(self->curl, CURLOPT_WRITEDATA, &stream);
    const CURLcode code = curl_easy_perform(self->curl);
    if (stream.has_ended)
        return TRUE;
    return is_good(self, code, text, error);
}
