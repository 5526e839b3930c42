/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "pair"
#include "pair.h"

#include <json-glib/json-glib.h>
#include <string.h>

#include "base/base32.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "discovery.h"
#include "net/http-client.h"

#define CONNECT_MS 5000
/* How long homes are looked for: a second for the answers, and another for who is slow. */
#define SEARCH_MS 6000

typedef struct {
    const HthPairRequest *request;
    guint16 port;        /* where no other is named */
    guint n_met;         /* who answered, and was somebody else */
    GError *problem;     /* of the last one that did not answer */
    GError *refusal;     /* the home's own: it was found, and this is the end */
    HthPairedHome *home; /* the end, too */
} Search;

/* ---- One home ---- */

static gboolean is_home_of_code(const HthKeyId *key, gpointer data)
{
    return hth_pairing_code_is_of(data, key);
}

static GBytes *request_body(const HthPairRequest *request)
{
    JsonObject *object = json_object_new();
    json_object_set_string_member(object, "secret", request->code->secret);
    json_object_set_string_member(object, "name", request->own_name);
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
    json_node_take_object(node, object);
    char *text = json_to_string(node, FALSE);
    return g_bytes_new_take(text, strlen(text));
}

/* NULL: it is no object. */
static JsonNode *parse_reply(const HthHttpReply *reply)
{
    gsize size = 0;
    const char *text = g_bytes_get_data(reply->body, &size);
    return hth_json_parse_object(text != NULL ? text : "", size, NULL);
}

static void refused_by_home(const HthHttpReply *reply, GError **error)
{
    g_autoptr(JsonNode) node = parse_reply(reply);
    JsonNode *inner =
        node != NULL ? json_object_get_member(json_node_get_object(node), "error") : NULL;
    const char *message = inner != NULL && JSON_NODE_HOLDS_OBJECT(inner)
                              ? hth_json_get_text(json_node_get_object(inner), "message")
                              : NULL;
    g_set_error(error, HTH_ERROR, HTH_ERROR_REFUSED, "the home says: %s",
                message != NULL ? message : "no");
}

/* Keeps what a home that was paired before has of its own. */
static void take_over(HthPairedHome *home, const HthPairRequest *request)
{
    g_autoptr(HthPairedHome) known = hth_paired_home_find(request->state_dir, home->name, NULL);
    if (request->folder != NULL)
        home->folder = g_strdup(request->folder);
    else if (known != NULL && hth_key_id_equal(&known->id, &home->id))
        home->folder = g_strdup(known->folder);
}

static HthPairedHome *home_from_reply(const HthPairRequest *request, const HthKeyId *met,
                                      const HthHttpReply *reply, GError **error)
{
    g_autoptr(JsonNode) node = parse_reply(reply);
    JsonObject *object = node != NULL ? json_node_get_object(node) : NULL;
    const char *id = object != NULL ? hth_json_get_text(object, "home") : NULL;
    const char *key = object != NULL ? hth_json_get_text(object, "discovery_key") : NULL;
    g_autoptr(HthPairedHome) home = g_new0(HthPairedHome, 1);
    if (!hth_key_id_from_text(id, &home->id) || !hth_key_id_equal(&home->id, met) || key == NULL ||
        !hth_base32_decode(key, home->discovery_key, sizeof home->discovery_key)) {
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_CORRUPT,
                            "the home answers in a way that makes no sense");
        return NULL;
    }
    home->name =
        hth_paired_home_free_name(request->state_dir, hth_json_get_text(object, "name"), met);
    home->device_name = g_strdup(hth_json_get_text(object, "device"));
    take_over(home, request);
    return g_steal_pointer(&home);
}

/* Asks at one place. NULL with HTH_ERROR_REFUSED from the TLS layer when it is somebody else. */
static HthPairedHome *pair_at(const HthPairRequest *request, const char *host, guint16 port,
                              gboolean *out_is_home, GError **error)
{
    const HthTlsTarget target = {
        .host = host,
        .port = port,
        .interface = request->interface,
        .certificate = hth_device_identity_certificate(request->identity),
        .key = hth_device_identity_key(request->identity),
        .check = is_home_of_code,
        .check_data = (gpointer)request->code,
    };
    g_autoptr(HthHttpClient) client = hth_http_client_new(&target);
    g_autoptr(GBytes) body = request_body(request);
    g_auto(HthHttpReply) reply = { 0 };
    const HthHttpCall call = { .path = "/pair",
                               .body = body,
                               .content_type = "application/json",
                               .timeout_ms = CONNECT_MS * 2,
                               .stall_timeout_ms = CONNECT_MS,
                               .max_answer_bytes = 16 * 1024 };
    *out_is_home = FALSE;
    if (!hth_http_client_call(client, &call, &reply, error))
        return NULL;
    *out_is_home = TRUE;
    if (reply.status != 200) {
        refused_by_home(&reply, error);
        return NULL;
    }
    HthPairedHome *home = home_from_reply(request, hth_http_client_peer_key(client), &reply, error);
    if (home != NULL) {
        home->port = port;
        hth_paired_home_add_address(home, host);
    }
    return home;
}

/* ---- All that may be it ---- */

/* Returns: whether the search is over. */
static gboolean try_place(Search *search, const char *host, guint16 port)
{
    g_autoptr(GError) error = NULL;
    gboolean is_home = FALSE;
    search->home = pair_at(search->request, host, port, &is_home, &error);
    if (search->home != NULL)
        return TRUE;
    hth_log_debug("not at %s port %u: %s", host, port, error->message);
    if (is_home) {
        search->refusal = g_steal_pointer(&error);
        return TRUE;
    }
    if (g_error_matches(error, HTH_ERROR, HTH_ERROR_REFUSED))
        search->n_met++;
    g_clear_error(&search->problem);
    search->problem = g_steal_pointer(&error);
    return FALSE;
}

static gboolean on_found(const HthFoundHome *found, gpointer data)
{
    return try_place(data, found->address, found->port);
}

static gboolean look_everywhere(Search *search, GError **error)
{
    const HthPairRequest *request = search->request;
    if (request->address != NULL) {
        g_autofree char *host = hth_pair_parse_address(request->address, &search->port, error);
        if (host != NULL)
            (void)try_place(search, host, search->port);
        return host != NULL;
    }
    for (guint i = 0; request->code->addresses[i] != NULL; i++) {
        if (try_place(search, request->code->addresses[i], search->port))
            return TRUE;
    }
    return hth_discovery_search(request->interface, SEARCH_MS, on_found, search, error);
}

static void say_not_found(const Search *search, GError **error)
{
    if (search->n_met > 0)
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_REFUSED,
                            "who answers is not the home that shows this code: its key is another. "
                            "Nothing was told to it");
    else if (search->problem != NULL)
        g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "the home does not answer: %s",
                    search->problem->message);
    else
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_NOT_FOUND,
                            "no home was found on this network; say where it is: --address");
}

HthPairedHome *hth_pair(const HthPairRequest *request, GError **error)
{
    Search search = {
        .request = request,
        .port = request->code->port != 0 ? request->code->port : HTH_HANDHELD_DEFAULT_PORT,
    };
    const gboolean has_looked = look_everywhere(&search, error);
    if (has_looked && search.refusal != NULL)
        g_propagate_error(error, g_steal_pointer(&search.refusal));
    else if (has_looked && search.home == NULL)
        say_not_found(&search, error);
    g_clear_error(&search.problem);
    if (search.home != NULL && !hth_paired_home_save(search.home, request->state_dir, error))
        g_clear_pointer(&search.home, hth_paired_home_free);
    return search.home;
}

/* A single colon separates a port; an IPv6 address has several, or brackets. */
char *hth_pair_parse_address(const char *text, guint16 *out_port, GError **error)
{
    const char *colon = strrchr(text, ':');
    const gboolean has_brackets = *text == '[';
    const char *bracket = has_brackets ? strchr(text, ']') : NULL;
    const gboolean has_port = colon != NULL && (has_brackets ? bracket != NULL && colon > bracket
                                                             : strchr(text, ':') == colon);
    guint64 port = *out_port;
    g_autofree char *host = g_strndup(text, has_port ? (gsize)(colon - text) : strlen(text));
    if (has_brackets && bracket != NULL) {
        g_free(host);
        host = g_strndup(text + 1, (gsize)(bracket - text - 1));
    }
    if (*host == '\0' || (has_brackets && bracket == NULL) ||
        (has_port && !g_ascii_string_to_unsigned(colon + 1, 10, 1, G_MAXUINT16, &port, NULL))) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID,
                    "“%s” is no address; try 192.0.2.5, [2001:db8::5]:8201 or home.local", text);
        return NULL;
    }
    *out_port = (guint16)port;
    return g_steal_pointer(&host);
}
