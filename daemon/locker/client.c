/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "locker/client.h"

#include <string.h>

#include "base/base32.h"
#include "base/error.h"
#include "base/json.h"

#define CALL_MS    15000
#define ANSWER_MAX (64 * 1024)

/* A code: a secret, then how the locker's key begins. */
#define CODE_SECRET_BYTES 10
#define CODE_KEY_BYTES    10
#define CODE_LENGTH       HTH_BASE32_LENGTH(CODE_SECRET_BYTES + CODE_KEY_BYTES)

#define TICKET_LENGTH 26

struct HthLockerClient {
    HthHttpClient *http;
    gboolean has_key;
    HthKeyId key;
};

static gboolean is_pinned(const HthKeyId *key, gpointer data)
{
    const HthLockerClient *self = data;
    return self->has_key && hth_key_id_equal(key, &self->key);
}

static HthTlsTarget target_of(const char *host, guint16 port, const char *name,
                              const HthDeviceIdentity *identity)
{
    return (HthTlsTarget){
        .host = host,
        .port = port,
        .server_name = name,
        .trusts_authorities = TRUE,
        .certificate = hth_device_identity_certificate(identity),
        .key = hth_device_identity_key(identity),
    };
}

HthLockerClient *hth_locker_client_new(const HthLockerAccount *account,
                                       const HthDeviceIdentity *identity)
{
    HthLockerClient *self = g_new0(HthLockerClient, 1);
    self->has_key = account->has_key;
    self->key = account->key;
    HthTlsTarget target = target_of(account->host, account->port, account->name, identity);
    target.check = is_pinned;
    target.check_data = self;
    self->http = hth_http_client_new(&target);
    return self;
}

void hth_locker_client_free(HthLockerClient *self)
{
    if (self == NULL)
        return;
    hth_http_client_free(self->http);
    g_free(self);
}

/* ---- Asking ---- */

static JsonNode *parse(GBytes *body, GError **error)
{
    gsize size = 0;
    const char *text = g_bytes_get_data(body, &size);
    return hth_json_parse_object(text != NULL ? text : "", size, error);
}

/* The locker's own sentence, made harmless. */
static void set_problem(guint status, GBytes *body, GError **error)
{
    g_autoptr(JsonNode) node = parse(body, NULL);
    JsonNode *inner =
        node != NULL ? json_object_get_member(json_node_get_object(node), "error") : NULL;
    const char *message = inner != NULL && JSON_NODE_HOLDS_OBJECT(inner)
                              ? json_object_get_string_member_with_default(
                                    json_node_get_object(inner), "message", NULL)
                              : NULL;
    g_autofree char *said = g_strdup(message != NULL ? message : "it did not say why");
    for (char *at = said; *at != '\0'; at++) {
        if (g_ascii_iscntrl(*at))
            *at = ' ';
    }
    if (strlen(said) > 300)
        *g_utf8_find_prev_char(said, said + 300) = '\0';
    const HthError code = status == 429 || status >= 500 ? HTH_ERROR_BUSY
                          : status == 403                ? HTH_ERROR_CHANGED
                                                         : HTH_ERROR_REFUSED;
    g_set_error(error, HTH_ERROR, (int)code, "the locker says: %s", said);
}

/* Returns: the object that came with 200; an empty one with 204. Takes @body. */
static JsonNode *ask(HthHttpClient *http, const char *method, const char *path, JsonObject *body,
                     GCancellable *cancellable, GError **error)
{
    char *text = body != NULL ? hth_json_print_object(body) : NULL;
    g_autoptr(GBytes) bytes = text != NULL ? g_bytes_new_take(text, strlen(text)) : NULL;
    const HthHttpCall call = {
        .method = method,
        .path = path,
        .body = bytes,
        .content_type = "application/json",
        .timeout_ms = CALL_MS,
        .max_answer_bytes = ANSWER_MAX,
        .cancellable = cancellable,
    };
    g_auto(HthHttpReply) reply = { 0 };
    if (!hth_http_client_call(http, &call, &reply, error))
        return NULL;
    if (reply.status == 204)
        return hth_json_node(json_object_new());
    if (reply.status == 200)
        return parse(reply.body, error);
    set_problem(reply.status, reply.body, error);
    return NULL;
}

/* ---- Joining ---- */

typedef struct {
    guint8 prefix[CODE_KEY_BYTES];
} Promise;

static gboolean keeps_promise(const HthKeyId *key, gpointer data)
{
    const Promise *promise = data;
    return memcmp(key->bytes, promise->prefix, sizeof promise->prefix) == 0;
}

/* Returns: the letters alone. */
static char *read_code(const char *code, Promise *out_promise, GError **error)
{
    guint8 bytes[CODE_SECRET_BYTES + CODE_KEY_BYTES];
    g_autoptr(GString) letters = g_string_new(NULL);
    for (const char *at = code; *at != '\0' && letters->len <= CODE_LENGTH; at++) {
        if (*at != '-' && !g_ascii_isspace(*at))
            g_string_append_c(letters, g_ascii_tolower(*at));
    }
    if (!hth_base32_decode(letters->str, bytes, sizeof bytes)) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID,
                    "this is no code of a locker: it has %d letters and digits, in groups of four",
                    CODE_LENGTH);
        return NULL;
    }
    memcpy(out_promise->prefix, bytes + CODE_SECRET_BYTES, CODE_KEY_BYTES);
    return g_string_free(g_steal_pointer(&letters), FALSE);
}

/* NULL: it is not there, or no text. */
static const char *text_of(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);
    return node != NULL && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;
}

static HthLockerAccount *read_joined(JsonObject *answer, HthLockerLimits *out_limits,
                                     GError **error)
{
    const char *name = text_of(answer, "name");
    const char *household = text_of(answer, "household");
    JsonNode *limits = json_object_get_member(answer, "limits");
    if (name == NULL || !hth_locker_name_is_good(name) || household == NULL || *household == '\0' ||
        strlen(household) > 128 || limits == NULL || !JSON_NODE_HOLDS_OBJECT(limits)) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT, "the locker's answer makes no sense");
        return NULL;
    }
    hth_locker_limits_parse(json_node_get_object(limits), out_limits);
    HthLockerAccount *account = g_new0(HthLockerAccount, 1);
    account->name = g_strdup(name);
    account->household = g_strdup(household);
    return account;
}

HthLockerAccount *hth_locker_join(const char *url, const char *code, const char *home_name,
                                  const HthDeviceIdentity *identity, GCancellable *cancellable,
                                  HthLockerLimits *out_limits, GError **error)
{
    g_autofree char *host = NULL;
    guint16 port = 0;
    Promise promise;
    g_autofree char *letters = read_code(code, &promise, error);
    if (letters == NULL || !hth_locker_url_parse(url, &host, &port, error))
        return NULL;
    HthTlsTarget target = target_of(host, port, host, identity);
    target.check = keeps_promise;
    target.check_data = &promise;
    g_autoptr(HthHttpClient) http = hth_http_client_new(&target);
    JsonObject *body = json_object_new();
    json_object_set_string_member(body, "code", letters);
    json_object_set_string_member(body, "name", home_name);
    g_autoptr(GError) problem = NULL;
    g_autoptr(JsonNode) answer = ask(http, "POST", "/v1/join", body, cancellable, &problem);
    if (g_error_matches(problem, HTH_ERROR, HTH_ERROR_CHANGED)) /* no household yet: the code */
        problem->code = HTH_ERROR_REFUSED;
    if (problem != NULL)
        g_propagate_error(error, g_steal_pointer(&problem));
    HthLockerAccount *account =
        answer != NULL ? read_joined(json_node_get_object(answer), out_limits, error) : NULL;
    const HthKeyId *key = hth_http_client_peer_key(http);
    if (account == NULL)
        return NULL;
    account->host = g_steal_pointer(&host);
    account->port = port;
    account->has_key = key != NULL && keeps_promise(key, &promise);
    if (account->has_key)
        account->key = *key;
    return account;
}

/* ---- The rest ---- */

static gboolean is_ticket(const char *text)
{
    return strlen(text) == TICKET_LENGTH &&
           strspn(text, "abcdefghijklmnopqrstuvwxyz234567ABCDEFGHIJKLMNOPQRSTUVWXYZ") ==
               TICKET_LENGTH;
}

GStrv hth_locker_client_tickets(HthLockerClient *self, guint count, GCancellable *cancellable,
                                GError **error)
{
    JsonObject *body = json_object_new();
    json_object_set_int_member(body, "count", count);
    g_autoptr(JsonNode) answer = ask(self->http, "POST", "/v1/tickets", body, cancellable, error);
    if (answer == NULL)
        return NULL;
    g_auto(GStrv) all = hth_json_get_texts(json_node_get_object(answer), "tickets");
    g_autoptr(GStrvBuilder) good = g_strv_builder_new();
    guint n = 0;
    for (guint i = 0; all[i] != NULL && n < count; i++) {
        if (is_ticket(all[i])) {
            g_strv_builder_add(good, all[i]);
            n++;
        }
    }
    if (n > 0)
        return g_strv_builder_end(good);
    g_set_error(error, HTH_ERROR, HTH_ERROR_BUSY, "the locker gave no tickets");
    return NULL;
}

gboolean hth_locker_client_put_routes(HthLockerClient *self, const char *const *routes,
                                      GCancellable *cancellable, GError **error)
{
    JsonObject *body = json_object_new();
    JsonArray *array = json_array_new();
    for (guint i = 0; routes[i] != NULL; i++)
        json_array_add_string_element(array, routes[i]);
    json_object_set_array_member(body, "routes", array);
    g_autoptr(JsonNode) answer = ask(self->http, "PUT", "/v1/routes", body, cancellable, error);
    return answer != NULL;
}

gboolean hth_locker_client_leave(HthLockerClient *self, GCancellable *cancellable, GError **error)
{
    g_autoptr(JsonNode) answer =
        ask(self->http, "DELETE", "/v1/household", NULL, cancellable, error);
    return answer != NULL;
}

typedef struct {
    HthLockerEvent callback;
    gpointer data;
} Follower;

static gboolean on_event(const char *event, const char *data, gpointer user_data)
{
    const Follower *follower = user_data;
    g_autoptr(JsonNode) node = hth_json_parse_object(data, strlen(data), NULL);
    g_autoptr(JsonObject) nothing = json_object_new();
    return follower->callback(event, node != NULL ? json_node_get_object(node) : nothing,
                              follower->data);
}

gboolean hth_locker_client_follow(HthLockerClient *self, HthLockerEvent callback, gpointer data,
                                  GCancellable *cancellable, GError **error)
{
    Follower follower = { callback, data };
    guint status = 0;
    g_autoptr(GBytes) problem = NULL;
    if (!hth_http_client_events(self->http, "/v1/control", on_event, &follower, cancellable,
                                &status, &problem, error))
        return FALSE;
    if (status == 200)
        return TRUE;
    set_problem(status, problem, error);
    return FALSE;
}
