/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "api"
#include "api.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "task-queue.h"

typedef const HthApiRow *(*Table)(guint *out_n);

static const Table tables[] = {
    hth_api_library_rows, hth_api_device_rows,   hth_api_home_rows,      hth_api_setting_rows,
    hth_api_root_rows,    hth_api_playlist_rows, hth_api_pairing_rows,   hth_api_sync_rows,
    hth_api_locker_rows,  hth_api_session_rows,  hth_api_rendition_rows,
};

/* ---- Errors ---- */

static const struct {
    HthError code;
    guint status;
    const char *name;
} error_rows[] = {
    { HTH_ERROR_NOT_FOUND, 404, "not-found" },
    { HTH_ERROR_NOT_CONTAINER, 400, "not-a-container" },
    { HTH_ERROR_INVALID, 400, "invalid" },
    { HTH_ERROR_TOO_LARGE, 413, "too-large" },
    { HTH_ERROR_REFUSED, 409, "refused" },
    { HTH_ERROR_BUSY, 503, "busy" },
    { HTH_ERROR_TIMEOUT, 504, "timeout" },
    { HTH_ERROR_UNAVAILABLE, 503, "unavailable" },
    { HTH_ERROR_UNSUPPORTED, 400, "unsupported" },
    { HTH_ERROR_CHANGED, 409, "changed" },
    { HTH_ERROR_NEWER, 409, "newer" },
};

static void respond_problem(HthHttpRequest *request, guint status, const char *code,
                            const char *sentence)
{
    char *text = hth_json_print_object(hth_json_problem(code, sentence));
    hth_http_request_respond_take(request, status, "application/json", text, strlen(text));
}

static void respond_gerror(HthHttpRequest *request, const GError *error)
{
    for (guint i = 0; error->domain == HTH_ERROR && i < G_N_ELEMENTS(error_rows); i++) {
        if ((int)error_rows[i].code == error->code) {
            respond_problem(request, error_rows[i].status, error_rows[i].name, error->message);
            return;
        }
    }
    respond_problem(request, 500, "failed", error->message);
}

/* ---- Which row ---- */

/* "devices/:/name" matches "devices/x/name": what stands for ":" is returned in @out_argument. */
static gboolean path_matches(const char *pattern, const char *path, char **out_argument)
{
    const char *colon = strchr(pattern, ':');
    if (colon == NULL)
        return strcmp(pattern, path) == 0;
    const gsize n_before = (gsize)(colon - pattern);
    const gsize n_after = strlen(colon + 1);
    const gsize n_path = strlen(path);
    if (n_path <= n_before + n_after || strncmp(pattern, path, n_before) != 0 ||
        strcmp(path + n_path - n_after, colon + 1) != 0)
        return FALSE;
    g_autofree char *argument = g_strndup(path + n_before, n_path - n_before - n_after);
    if (strchr(argument, '/') != NULL)
        return FALSE;
    *out_argument = g_steal_pointer(&argument);
    return TRUE;
}

static HthHttpMethods method_of(HthHttpRequest *request)
{
    static const struct {
        const char *name;
        HthHttpMethods method;
    } rows[] = {
        { "GET", HTH_HTTP_GET }, { "HEAD", HTH_HTTP_GET },      { "POST", HTH_HTTP_POST },
        { "PUT", HTH_HTTP_PUT }, { "DELETE", HTH_HTTP_DELETE },
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (strcmp(rows[i].name, hth_http_request_method(request)) == 0)
            return rows[i].method;
    }
    return 0;
}

/* @out_has_path: whether any method of that path exists. */
static const HthApiRow *find_row(HthHttpRequest *request, char **out_argument,
                                 gboolean *out_has_path)
{
    const char *path = hth_http_request_path(request) + strlen(HTH_API_PREFIX);
    const HthHttpMethods method = method_of(request);
    *out_has_path = FALSE;
    for (guint t = 0; t < G_N_ELEMENTS(tables); t++) {
        guint n = 0;
        const HthApiRow *rows = tables[t](&n);
        for (guint i = 0; i < n; i++) {
            g_autofree char *argument = NULL;
            if (!path_matches(rows[i].path, path, &argument))
                continue;
            *out_has_path = TRUE;
            if (rows[i].method != method)
                continue;
            *out_argument = g_steal_pointer(&argument);
            return &rows[i];
        }
    }
    return NULL;
}

/* ---- The body ---- */

static gboolean is_text_list(JsonNode *node)
{
    if (!JSON_NODE_HOLDS_ARRAY(node))
        return FALSE;
    JsonArray *array = json_node_get_array(node);
    for (guint i = 0; i < json_array_get_length(array); i++) {
        JsonNode *element = json_array_get_element(array, i);
        if (!JSON_NODE_HOLDS_VALUE(element) || json_node_get_value_type(element) != G_TYPE_STRING)
            return FALSE;
    }
    return TRUE;
}

static gboolean is_of_type(JsonNode *node, const char *type)
{
    if (g_str_has_prefix(type, "as"))
        return is_text_list(node);
    if (*type == 'o')
        return JSON_NODE_HOLDS_OBJECT(node);
    if (!JSON_NODE_HOLDS_VALUE(node))
        return FALSE;
    const GType held = json_node_get_value_type(node);
    return (*type == 's' && held == G_TYPE_STRING) || (*type == 'i' && held == G_TYPE_INT64) ||
           (*type == 'b' && held == G_TYPE_BOOLEAN);
}

static const char *type_in_words(const char *type)
{
    if (g_str_has_prefix(type, "as"))
        return "a list of texts";
    if (*type == 'o')
        return "an object";
    return *type == 's' ? "a text" : *type == 'i' ? "a whole number" : "true or false";
}

/* Checks one word of a row's fields, "name:s!", against the body; counts what it knows. */
static gboolean check_field(JsonObject *body, const char *word, guint *n_known, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(word, ":", 2);
    JsonNode *member = json_object_get_member(body, parts[0]);
    if (member == NULL && !g_str_has_suffix(parts[1], "!"))
        return TRUE;
    if (member == NULL || !is_of_type(member, parts[1])) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "the field “%s” has to be %s", parts[0],
                    type_in_words(parts[1]));
        return FALSE;
    }
    (*n_known)++;
    return TRUE;
}

static gboolean check_fields(JsonObject *body, const char *fields, GError **error)
{
    g_auto(GStrv) words = g_strsplit(fields, " ", -1);
    guint n_known = 0;
    for (char **word = words; *word != NULL; word++) {
        if (**word != '\0' && !check_field(body, *word, &n_known, error))
            return FALSE;
    }
    if (n_known == json_object_get_size(body))
        return TRUE;
    g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID,
                "the body has a field that is not known here; it may have: %s",
                *fields != '\0' ? fields : "none");
    return FALSE;
}

static gboolean read_body(HthApiCall *call, const HthApiRow *row, JsonNode **out_node,
                          GError **error)
{
    gsize size = 0;
    const char *text = hth_http_request_body(call->request, &size);
    if (row->fields == NULL)
        return TRUE;
    if (size == 0) {
        text = "{}";
        size = 2;
    }
    g_autoptr(JsonNode) node = hth_json_parse_object(text, size, error);
    if (node == NULL)
        return FALSE;
    call->body = json_node_get_object(node);
    if (!check_fields(call->body, row->fields, error))
        return FALSE;
    *out_node = g_steal_pointer(&node);
    return TRUE;
}

/* ---- Answering ---- */

typedef struct {
    const HthApiRow *row;
    HthApiCall call;
    char *argument;
    JsonNode *body;
} Work;

static void work_free(gpointer pointer)
{
    Work *work = pointer;
    g_clear_pointer(&work->body, json_node_unref);
    g_free(work->argument);
    g_free(work);
}

static void answer(gpointer pointer)
{
    Work *work = pointer;
    g_autoptr(GError) error = NULL;
    JsonObject *object = work->row->handler(&work->call, &error);
    if (work->call.has_answered)
        return;
    if (object == NULL) {
        respond_gerror(work->call.request, error);
        return;
    }
    char *text = hth_json_print_object(object);
    hth_http_request_respond_take(work->call.request, 200, "application/json", text, strlen(text));
}

static void answer_on_thread(HthParts *parts, Work *work)
{
    HthHttpRequest *request = work->call.request;
    switch (work->row->thread) {
    case HTH_API_HERE:
        answer(work);
        work_free(work);
        return;
    case HTH_API_MAIN:
        hth_http_request_defer(request);
        hth_host_post(parts->host, answer, work, work_free);
        return;
    case HTH_API_TASK:
        hth_http_request_defer(request);
        if (!hth_task_queue_push(parts->tasks, answer, work, work_free)) {
            work_free(work);
            respond_problem(request, 503, "busy", "Too much is going on; try again in a moment.");
        }
        return;
    }
}

static void dispatch(HthParts *parts, HthHttpRequest *request, HthRole role)
{
    g_autofree char *argument = NULL;
    gboolean has_path = FALSE;
    const HthApiRow *row = find_row(request, &argument, &has_path);
    hth_http_request_add_header(request, "Cache-Control", "no-store");
    if (row == NULL || (role == HTH_ROLE_ANYONE && row->role != HTH_ROLE_ANYONE)) {
        respond_problem(
            request, has_path && role == HTH_ROLE_OWNER ? 405 : 404, "not-found",
            has_path && role == HTH_ROLE_OWNER
                ? "This path does not take this method; docs/api.md lists what it takes."
                : "There is nothing of this name; docs/api.md lists what there is.");
        return;
    }
    Work *work = g_new0(Work, 1);
    work->row = row;
    work->argument = g_steal_pointer(&argument);
    work->call = (HthApiCall){
        .parts = parts,
        .request = request,
        .argument = work->argument,
    };
    g_autoptr(GError) error = NULL;
    if (!read_body(&work->call, row, &work->body, &error)) {
        work_free(work);
        respond_gerror(request, error);
        return;
    }
    answer_on_thread(parts, work);
}

/* The socket's mode lets in who may ask; this holds where somebody loosened it. */
static gboolean is_owner(const HthParts *parts, HthHttpRequest *request)
{
    const guint uid = hth_http_request_peer_uid(request);
    return uid == 0 || uid == geteuid() || parts->paths->is_system;
}

static void on_socket_request(HthHttpRequest *request, gpointer data)
{
    HthParts *parts = data;
    if (is_owner(parts, request))
        dispatch(parts, request, HTH_ROLE_OWNER);
    else
        respond_problem(request, 403, "refused", "This socket belongs to another user.");
}

static void on_lan_request(HthHttpRequest *request, gpointer data)
{
    dispatch(data, request, HTH_ROLE_ANYONE);
}

void hth_api_answer(HthParts *parts, HthHttpRequest *request, HthRole role)
{
    dispatch(parts, request, role);
}

const HthHttpRoute *hth_api_socket_routes(guint *out_n)
{
    static const HthHttpRoute routes[] = {
        { HTH_HTTP_GET | HTH_HTTP_POST | HTH_HTTP_PUT | HTH_HTTP_DELETE, HTH_API_PREFIX,
          on_socket_request, HTH_API_MAX_BODY_BYTES },
    };
    *out_n = G_N_ELEMENTS(routes);
    return routes;
}

const HthHttpRoute *hth_api_lan_routes(guint *out_n)
{
    static const HthHttpRoute routes[] = {
        { HTH_HTTP_GET, HTH_API_PREFIX, on_lan_request, 0 },
    };
    *out_n = G_N_ELEMENTS(routes);
    return routes;
}

/* ---- For handlers ---- */

gboolean hth_api_query_number(HthApiCall *call, const char *name, gint64 minimum, gint64 maximum,
                              gint64 default_value, gint64 *out_value, GError **error)
{
    const char *text = hth_http_request_query(call->request, name);
    *out_value = default_value;
    if (text == NULL || g_ascii_string_to_signed(text, 10, minimum, maximum, out_value, NULL))
        return TRUE;
    g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID,
                "“%s” has to be a whole number from %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT,
                name, minimum, maximum);
    return FALSE;
}

const char *hth_api_text(HthApiCall *call, const char *name)
{
    return json_object_get_string_member_with_default(call->body, name, NULL);
}

gboolean hth_api_has(HthApiCall *call, const char *name)
{
    return json_object_has_member(call->body, name);
}

JsonObject *hth_api_done(void)
{
    JsonObject *object = json_object_new();
    json_object_set_boolean_member(object, "ok", TRUE);
    return object;
}
