/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "api"
#include "api.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "invitation.h"

/* Requests that wait for the main thread; more are told to come again. */
#define MAX_JOBS    1024
#define MAX_TICKETS 16
#define MAX_NAME    64
/* Heads are short here; thousands of homes stay connected. */
#define CONNECTION_BYTES (8 * 1024)
#define MAX_CONNECTIONS  32768

struct HthApi {
    HthApiOptions options;
    HthHttpServer *server;
    _Atomic guint n_jobs;
};

/* ---- Answers ---- */

static void respond_json(HthHttpRequest *request, guint status, JsonObject *object)
{
    char *text = hth_json_print_object(object);
    hth_http_request_respond_take(request, status, "application/json", text, strlen(text));
}

static void respond_error(HthHttpRequest *request, guint status, const char *code,
                          const char *message)
{
    JsonObject *error = json_object_new();
    JsonObject *object = json_object_new();
    json_object_set_string_member(error, "code", code);
    json_object_set_string_member(error, "message", message);
    json_object_set_object_member(object, "error", error);
    respond_json(request, status, object);
}

static void respond_later(HthHttpRequest *request, guint status, guint seconds, const char *message)
{
    g_autofree char *text = g_strdup_printf("%u", seconds);
    hth_http_request_add_header(request, "Retry-After", text);
    respond_error(request, status, "busy", message);
}

static void respond_problem(HthHttpRequest *request, const GError *error)
{
    if (g_error_matches(error, HTH_ERROR, HTH_ERROR_REFUSED)) {
        respond_error(request, 403, "refused", error->message);
    } else if (g_error_matches(error, HTH_ERROR, HTH_ERROR_INVALID)) {
        respond_error(request, 409, "conflict", error->message);
    } else {
        hth_log_warning("a request of a home failed: %s", error->message);
        respond_later(request, 503, 10, "The locker cannot write this now: try again.");
    }
}

/* Returns: a reference; NULL: refused. */
static HthHousehold *household_of(HthApi *self, HthHttpRequest *request)
{
    const HthKeyId *key = hth_http_request_peer_key(request);
    HthHousehold *household =
        key != NULL ? hth_switchboard_by_key(self->options.switchboard, key) : NULL;
    if (household == NULL)
        respond_error(request, 403, "no-household",
                      "This key belongs to no household: join with an invitation first.");
    return household;
}

/* Returns: a node that holds an object; NULL: refused. */
static JsonNode *read_body(HthHttpRequest *request)
{
    gsize size = 0;
    g_autoptr(GError) error = NULL;
    const char *text = hth_http_request_body(request, &size);
    JsonNode *node = hth_json_parse_object(text, size, &error);
    if (node == NULL)
        respond_error(request, 400, "invalid", error->message);
    return node;
}

/* NULL: not there, or no text. */
static const char *text_member(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);
    return node != NULL && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;
}

/* 0: not there, or no number. */
static gint64 number_member(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);
    return node != NULL && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_int(node) : 0;
}

/* ---- What is done on the main thread ---- */

typedef struct Job Job;
struct Job {
    HthApi *api;
    HthHttpRequest *request;
    HthHousehold *household; /* NULL: of one who joins */
    void (*run)(Job *job);
    HthKeyId key; /* of one who joins */
    HthKeyId secret_hash;
    char *name;
    char **routes;
};

static void job_free(Job *job)
{
    hth_household_unref(job->household);
    g_free(job->name);
    g_strfreev(job->routes);
    g_free(job);
}

static gboolean on_job(gpointer data)
{
    Job *job = data;
    atomic_fetch_sub(&job->api->n_jobs, 1);
    job->run(job);
    job_free(job);
    return G_SOURCE_REMOVE;
}

static void post(HthApi *self, HthHttpRequest *request, Job *job)
{
    if (atomic_fetch_add(&self->n_jobs, 1) >= MAX_JOBS) {
        atomic_fetch_sub(&self->n_jobs, 1);
        job_free(job);
        respond_later(request, 503, 10, "The locker has much to do: try again.");
        return;
    }
    job->api = self;
    job->request = request;
    hth_http_request_defer(request);
    g_idle_add(on_job, job);
}

static void do_join(Job *job)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HthHousehold) household =
        hth_ledger_join(job->api->options.ledger, &job->secret_hash, &job->key, job->name, &error);
    if (household == NULL) {
        respond_problem(job->request, error);
        return;
    }
    g_autofree char *id = hth_account_id_text(hth_household_id(household));
    JsonObject *object = json_object_new();
    json_object_set_string_member(object, "household", id);
    json_object_set_string_member(object, "name", job->api->options.name);
    json_object_set_object_member(object, "limits", hth_limits_json(household));
    respond_json(job->request, 200, object);
}

static void do_routes(Job *job)
{
    g_autoptr(GError) error = NULL;
    if (hth_ledger_set_routes(job->api->options.ledger, job->household,
                              (const char *const *)job->routes, &error))
        hth_http_request_respond(job->request, 204, NULL, NULL);
    else if (g_error_matches(error, HTH_ERROR, HTH_ERROR_REFUSED))
        respond_error(job->request, 409, "conflict", error->message);
    else
        respond_problem(job->request, error);
}

static void do_leave(Job *job)
{
    g_autoptr(GError) error = NULL;
    if (hth_ledger_remove(job->api->options.ledger, job->household, &error))
        hth_http_request_respond(job->request, 204, NULL, NULL);
    else
        respond_problem(job->request, error);
}

/* ---- Routes ---- */

static void on_join(HthHttpRequest *request, gpointer data)
{
    g_autoptr(JsonNode) node = read_body(request);
    if (node == NULL)
        return;
    JsonObject *object = json_node_get_object(node);
    const char *code = text_member(object, "code");
    const char *name = text_member(object, "name");
    const HthKeyId *key = hth_http_request_peer_key(request);
    Job *job = g_new0(Job, 1);
    if (key == NULL || code == NULL || !hth_invitation_read(code, &job->secret_hash)) {
        job_free(job);
        respond_error(request, 403, "refused",
                      "This is no code: it has 32 letters and digits, in groups of four.");
        return;
    }
    job->run = do_join;
    job->key = *key;
    job->name = hth_text_clean(name, MAX_NAME);
    if (job->name == NULL)
        job->name = g_strdup("");
    post(data, request, job);
}

static void on_control(HthHttpRequest *request, gpointer data)
{
    HthApi *self = data;
    g_autoptr(HthHousehold) household = household_of(self, request);
    if (household == NULL)
        return;
    if (!hth_controls_have_room(self->options.controls, household)) {
        respond_later(request, 429, 60, "There are too many control connections: try again.");
        return;
    }
    hth_controls_add(self->options.controls, household, hth_http_request_respond_events(request));
    if (hth_household_is_ended(household)) /* meanwhile */
        hth_controls_tell_end(self->options.controls, household);
}

static gint64 read_count(HthHttpRequest *request)
{
    g_autoptr(JsonNode) node = read_body(request);
    if (node == NULL)
        return -1;
    const gint64 count = number_member(json_node_get_object(node), "count");
    if (count >= 1 && count <= MAX_TICKETS)
        return count;
    respond_error(request, 400, "invalid", "count is from 1 to 16.");
    return -1;
}

static void on_tickets(HthHttpRequest *request, gpointer data)
{
    HthApi *self = data;
    g_autoptr(HthHousehold) household = household_of(self, request);
    const gint64 count = household != NULL ? read_count(request) : -1;
    if (count < 0)
        return;
    JsonArray *tickets = json_array_new();
    for (gint64 i = 0; i < count; i++) {
        g_autofree char *ticket = hth_switchboard_make_ticket(self->options.switchboard, household,
                                                              g_get_monotonic_time());
        if (ticket != NULL)
            json_array_add_string_element(tickets, ticket);
    }
    if (json_array_get_length(tickets) == 0) {
        json_array_unref(tickets);
        respond_later(request, 429, HTH_TICKET_VALID_S,
                      "Use the tickets that you have, or wait until they are too old.");
        return;
    }
    JsonObject *object = json_object_new();
    json_object_set_array_member(object, "tickets", tickets);
    json_object_set_int_member(object, "valid_s", HTH_TICKET_VALID_S);
    respond_json(request, 200, object);
}

/* Returns: a new list of good routes; NULL: refused. */
static char **read_routes(HthHttpRequest *request)
{
    g_autoptr(JsonNode) node = read_body(request);
    if (node == NULL)
        return NULL;
    JsonObject *object = json_node_get_object(node);
    JsonNode *member = json_object_get_member(object, "routes");
    const guint n_given = member != NULL && JSON_NODE_HOLDS_ARRAY(member)
                              ? json_array_get_length(json_node_get_array(member))
                              : G_MAXUINT;
    g_auto(GStrv) routes = hth_json_get_texts(object, "routes");
    gboolean are_good = n_given <= HTH_MAX_ROUTES && g_strv_length(routes) == n_given;
    for (guint i = 0; are_good && routes[i] != NULL; i++)
        are_good = hth_route_is_good(routes[i]);
    if (are_good)
        return g_steal_pointer(&routes);
    respond_error(request, 400, "invalid",
                  "routes is a list of at most 1000 names, each of 26 letters a-z and 2-7.");
    return NULL;
}

static void on_routes(HthHttpRequest *request, gpointer data)
{
    HthApi *self = data;
    g_autoptr(HthHousehold) household = household_of(self, request);
    g_auto(GStrv) routes = household != NULL ? read_routes(request) : NULL;
    if (routes == NULL)
        return;
    /* What every home says after a restart of the locker writes nothing. */
    if (hth_switchboard_has_routes(self->options.switchboard, household,
                                   (const char *const *)routes)) {
        hth_http_request_respond(request, 204, NULL, NULL);
        return;
    }
    Job *job = g_new0(Job, 1);
    job->run = do_routes;
    job->household = g_steal_pointer(&household);
    job->routes = g_steal_pointer(&routes);
    post(self, request, job);
}

static void on_status(HthHttpRequest *request, gpointer data)
{
    g_autoptr(HthHousehold) household = household_of(data, request);
    if (household == NULL)
        return;
    JsonObject *object = json_object_new();
    json_object_set_object_member(object, "limits", hth_limits_json(household));
    json_object_set_int_member(object, "sessions", hth_household_sessions(household));
    json_object_set_int_member(object, "parked", hth_household_parked(household));
    json_object_set_int_member(object, "month_used", (gint64)hth_household_month_used(household));
    respond_json(request, 200, object);
}

static void on_leave(HthHttpRequest *request, gpointer data)
{
    g_autoptr(HthHousehold) household = household_of(data, request);
    if (household == NULL)
        return;
    Job *job = g_new0(Job, 1);
    job->run = do_leave;
    job->household = g_steal_pointer(&household);
    post(data, request, job);
}

static const HthHttpRoute routes_of_api[] = {
    { HTH_HTTP_POST, "/v1/join", on_join, 4096 },
    { HTH_HTTP_GET, "/v1/control", on_control, 0 },
    { HTH_HTTP_POST, "/v1/tickets", on_tickets, 1024 },
    { HTH_HTTP_PUT, "/v1/routes", on_routes, 64 * 1024 },
    { HTH_HTTP_GET, "/v1/status", on_status, 0 },
    { HTH_HTTP_DELETE, "/v1/household", on_leave, 0 },
};

/* Strangers are refused before their body is read; only join is for them. */
static gboolean may_enter(HthHttpRequest *request, const HthHttpRoute *route, gpointer data)
{
    if (route->handler == on_join)
        return TRUE;
    g_autoptr(HthHousehold) household = household_of(data, request);
    return household != NULL;
}

HthApi *hth_api_new(const HthApiOptions *options, GError **error)
{
    HthApi *self = g_new0(HthApi, 1);
    self->options = *options;
    self->options.name = g_strdup(options->name);
    const HthHttpOptions http = {
        .name = "api",
        .is_handed_sockets = TRUE,
        .tls_certificate = options->certificate,
        .tls_key = options->key,
        .connection_bytes = CONNECTION_BYTES,
        .max_connections = MAX_CONNECTIONS,
        .entry_rule = may_enter,
        .entry_data = self,
    };
    self->server = hth_http_server_new(&http);
    hth_http_server_add_routes(self->server, routes_of_api, G_N_ELEMENTS(routes_of_api), self);
    if (!hth_http_server_start(self->server, error)) {
        hth_api_free(self);
        return NULL;
    }
    return self;
}

void hth_api_stop(HthApi *self)
{
    hth_http_server_stop(self->server);
    while (atomic_load(&self->n_jobs) > 0)
        g_main_context_iteration(NULL, FALSE);
}

void hth_api_free(HthApi *self)
{
    if (self == NULL)
        return;
    hth_api_stop(self);
    hth_http_server_free(self->server);
    g_free((char *)self->options.name);
    g_free(self);
}

void hth_api_add_socket(HthApi *self, int fd)
{
    g_autoptr(GError) error = NULL;
    if (!hth_http_server_add_socket(self->server, fd, &error))
        hth_log_debug("a connection of a home is closed: %s", error->message);
}

void hth_api_close_household(HthApi *self, HthHousehold *household)
{
    hth_http_server_close_key(self->server, hth_household_key(household));
}

void hth_api_counters(HthApi *self, HthHttpCounters *out_counters)
{
    hth_http_server_counters(self->server, out_counters);
}
