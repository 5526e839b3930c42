/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "locker/account.h"

#include <string.h>

#include "base/error.h"
#include "base/json.h"

#define HTTPS_PORT 443

HthLockerAccount *hth_locker_account_copy(const HthLockerAccount *self)
{
    HthLockerAccount *copy = g_memdup2(self, sizeof *self);
    copy->host = g_strdup(self->host);
    copy->name = g_strdup(self->name);
    copy->household = g_strdup(self->household);
    return copy;
}

void hth_locker_account_free(HthLockerAccount *self)
{
    if (self == NULL)
        return;
    g_free(self->host);
    g_free(self->name);
    g_free(self->household);
    g_free(self);
}

char *hth_locker_account_print(const HthLockerAccount *self)
{
    JsonObject *object = json_object_new();
    json_object_set_string_member(object, "host", self->host);
    json_object_set_int_member(object, "port", self->port);
    json_object_set_string_member(object, "name", self->name);
    json_object_set_string_member(object, "household", self->household);
    hth_json_set_number(object, "interval_s", self->interval_s);
    if (self->has_key) {
        g_autofree char *key = hth_key_id_to_text(&self->key);
        json_object_set_string_member(object, "key", key);
    }
    return hth_json_print_object(object);
}

HthLockerAccount *hth_locker_account_parse(const char *text)
{
    g_autoptr(JsonNode) node = hth_json_parse_object(text, strlen(text), NULL);
    if (node == NULL)
        return NULL;
    JsonObject *object = json_node_get_object(node);
    const gint64 port = json_object_get_int_member_with_default(object, "port", 0);
    const char *key = json_object_get_string_member_with_default(object, "key", NULL);
    g_autoptr(HthLockerAccount) self = g_new0(HthLockerAccount, 1);
    self->host = g_strdup(json_object_get_string_member_with_default(object, "host", ""));
    self->name = g_strdup(json_object_get_string_member_with_default(object, "name", ""));
    self->household = g_strdup(json_object_get_string_member_with_default(object, "household", ""));
    self->port = (guint16)CLAMP(port, 0, G_MAXUINT16);
    self->interval_s =
        (guint)CLAMP(json_object_get_int_member_with_default(object, "interval_s", 0), 0, 3600);
    self->has_key = key != NULL && hth_key_id_from_text(key, &self->key);
    const gboolean is_good = *self->host != '\0' && self->port != 0 &&
                             hth_locker_name_is_good(self->name) && self->has_key == (key != NULL);
    return is_good ? g_steal_pointer(&self) : NULL;
}

/* ---- Where it is ---- */

gboolean hth_locker_name_is_good(const char *name)
{
    const gsize size = strlen(name);
    if (size == 0 || size > HTH_LOCKER_NAME_MAX_BYTES || g_hostname_is_ip_address(name))
        return FALSE;
    for (gsize i = 0; i < size; i++) {
        if (!g_ascii_islower(name[i]) && !g_ascii_isdigit(name[i]) && name[i] != '-' &&
            name[i] != '.')
            return FALSE;
    }
    return name[0] != '.' && name[size - 1] != '.' && strstr(name, "..") == NULL;
}

gboolean hth_locker_url_parse(const char *url, char **out_host, guint16 *out_port, GError **error)
{
    g_autofree char *given =
        strstr(url, "://") != NULL ? g_strdup(url) : g_strconcat("https://", url, NULL);
    g_autoptr(GUri) parsed = g_uri_parse(given, G_URI_FLAGS_NONE, NULL);
    const char *host = parsed != NULL ? g_uri_get_host(parsed) : NULL;
    g_autofree char *lower = host != NULL ? g_ascii_strdown(host, -1) : NULL;
    if (lower == NULL || strcmp(g_uri_get_scheme(parsed), "https") != 0 ||
        !hth_locker_name_is_good(lower)) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID,
                    "“%s” is no address of a locker; it looks like https://locker.example", url);
        return FALSE;
    }
    *out_host = g_steal_pointer(&lower);
    *out_port = g_uri_get_port(parsed) > 0 ? (guint16)g_uri_get_port(parsed) : HTTPS_PORT;
    return TRUE;
}

void hth_locker_account_show(const HthLockerAccount *self, JsonObject *object)
{
    json_object_set_boolean_member(object, "joined", self != NULL);
    if (self == NULL)
        return;
    json_object_set_string_member(object, "name", self->name);
    json_object_set_string_member(object, "address", self->host);
    json_object_set_int_member(object, "port", self->port);
    json_object_set_string_member(object, "household", self->household);
    json_object_set_boolean_member(object, "is_pinned", self->has_key);
}

/* ---- Limits ---- */

static guint64 number(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);
    if (node == NULL || !JSON_NODE_HOLDS_VALUE(node) ||
        json_node_get_value_type(node) != G_TYPE_INT64)
        return 0;
    return (guint64)MAX(json_node_get_int(node), 0);
}

void hth_locker_limits_parse(JsonObject *object, HthLockerLimits *out_limits)
{
    *out_limits = (HthLockerLimits){
        .household_rate = number(object, "household_rate"),
        .session_rate = number(object, "session_rate"),
        .month_bytes = number(object, "month_bytes"),
        .month_used = number(object, "month_used"),
        .sessions = (guint)MIN(number(object, "sessions"), G_MAXUINT),
        .routes = (guint)MIN(number(object, "routes"), G_MAXUINT),
    };
}

JsonObject *hth_locker_limits_to_json(const HthLockerLimits *self)
{
    JsonObject *object = json_object_new();
    json_object_set_int_member(object, "household_rate", (gint64)self->household_rate);
    json_object_set_int_member(object, "session_rate", (gint64)self->session_rate);
    json_object_set_int_member(object, "month_bytes", (gint64)self->month_bytes);
    json_object_set_int_member(object, "month_used", (gint64)self->month_used);
    json_object_set_int_member(object, "sessions", self->sessions);
    json_object_set_int_member(object, "routes", self->routes);
    return object;
}

gboolean hth_locker_limits_equal(const HthLockerLimits *a, const HthLockerLimits *b)
{
    return a->household_rate == b->household_rate && a->session_rate == b->session_rate &&
           a->month_bytes == b->month_bytes && a->sessions == b->sessions && a->routes == b->routes;
}
