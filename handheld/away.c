/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "away.h"

#include <string.h>

#include "base/base32.h"
#include "base/error.h"
#include "base/json.h"

#define GROUP          "away"
#define ROUTE_LETTERS  26
#define NAME_MAX_BYTES 200 /* a host name has at most 253, the route and its dot included */

HthAway *hth_away_new(void)
{
    HthAway *self = g_new0(HthAway, 1);
    self->wake = g_new0(char *, 1);
    return self;
}

HthAway *hth_away_copy(const HthAway *self)
{
    HthAway *copy = g_memdup2(self, sizeof *self);
    copy->locker = g_strdup(self->locker);
    copy->address = g_strdup(self->address);
    copy->route = g_strdup(self->route);
    copy->wake = g_strdupv(self->wake);
    return copy;
}

void hth_away_free(HthAway *self)
{
    if (self == NULL)
        return;
    g_free(self->locker);
    g_free(self->address);
    g_free(self->route);
    g_strfreev(self->wake);
    g_free(self);
}

gboolean hth_away_has_relay(const HthAway *self)
{
    return self->locker != NULL;
}

char *hth_away_server_name(const HthAway *self)
{
    return g_strdup_printf("%s.%s", self->route, self->locker);
}

guint64 hth_away_rate(const HthAway *self)
{
    if (self->session_rate == 0 || self->household_rate == 0)
        return MAX(self->session_rate, self->household_rate);
    return MIN(self->session_rate, self->household_rate);
}

/* ---- What others wrote ---- */

static gboolean is_host_name(const char *text)
{
    if (text == NULL || *text == '\0' || *text == '.' || strlen(text) > NAME_MAX_BYTES)
        return FALSE;
    for (const char *letter = text; *letter != '\0'; letter++) {
        if (!g_ascii_islower(*letter) && !g_ascii_isdigit(*letter) && *letter != '-' &&
            *letter != '.')
            return FALSE;
    }
    return TRUE;
}

static gboolean is_address(const char *text)
{
    return text != NULL && *text != '\0' && strlen(text) <= NAME_MAX_BYTES &&
           (g_hostname_is_ip_address(text) || is_host_name(text));
}

static gboolean is_route(const char *text)
{
    if (text == NULL || strlen(text) != ROUTE_LETTERS)
        return FALSE;
    for (const char *letter = text; *letter != '\0'; letter++) {
        if (g_ascii_isupper(*letter) || hth_base32_value(*letter) < 0)
            return FALSE;
    }
    return TRUE;
}

static gboolean is_hardware_address(const char *text)
{
    if (strlen(text) != 17)
        return FALSE;
    for (guint i = 0; i < 17; i++) {
        if (i % 3 == 2 ? text[i] != ':' : !g_ascii_isxdigit(text[i]))
            return FALSE;
    }
    return TRUE;
}

static void take_wake(HthAway *self, char **texts)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    guint n = 0;
    for (char **each = texts; each != NULL && *each != NULL && n < HTH_AWAY_MAX_WAKE; each++) {
        if (is_hardware_address(*each)) {
            g_strv_builder_add(builder, *each);
            n++;
        }
    }
    g_strfreev(self->wake);
    self->wake = g_strv_builder_end(builder);
}

/* A relay that makes no sense in part is none. */
static void check_relay(HthAway *self, gint64 port)
{
    if (is_host_name(self->locker) && is_address(self->address) && is_route(self->route) &&
        port > 0 && port <= G_MAXUINT16) {
        self->port = (guint16)port;
        return;
    }
    g_clear_pointer(&self->locker, g_free);
    g_clear_pointer(&self->address, g_free);
    g_clear_pointer(&self->route, g_free);
    self->session_rate = self->household_rate = self->month_bytes = self->month_used = 0;
}

static gint64 number(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);
    return node != NULL && JSON_NODE_HOLDS_VALUE(node) ? MAX(json_node_get_int(node), 0) : 0;
}

static char *text(JsonObject *object, const char *name)
{
    JsonNode *node = json_object_get_member(object, name);
    return node != NULL && JSON_NODE_HOLDS_VALUE(node) ? json_node_dup_string(node) : NULL;
}

static void take_locker(HthAway *self, JsonObject *locker)
{
    self->locker = text(locker, "name");
    self->address = text(locker, "address");
    self->route = text(locker, "route");
    self->session_rate = (guint64)number(locker, "session_rate");
    self->household_rate = (guint64)number(locker, "household_rate");
    self->month_bytes = (guint64)number(locker, "month_bytes");
    self->month_used = (guint64)number(locker, "month_used");
    check_relay(self, number(locker, "port"));
}

HthAway *hth_away_from_json(GBytes *body, GError **error)
{
    gsize size = 0;
    const char *bytes = g_bytes_get_data(body, &size);
    g_autoptr(JsonNode) node = hth_json_parse_object(bytes != NULL ? bytes : "", size, error);
    if (node == NULL)
        return NULL;
    JsonObject *object = json_node_get_object(node);
    const gint64 revision = number(object, "revision");
    if (revision < 1 || revision > G_MAXUINT32) {
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_CORRUPT,
                            "the home does not say which revision its ways have");
        return NULL;
    }
    HthAway *self = hth_away_new();
    self->revision = (guint32)revision;
    JsonNode *locker = json_object_get_member(object, "locker");
    if (locker != NULL && JSON_NODE_HOLDS_OBJECT(locker))
        take_locker(self, json_node_get_object(locker));
    g_auto(GStrv) wake = hth_json_get_texts(object, "wake");
    take_wake(self, wake);
    return self;
}

/* ---- The home's file ---- */

HthAway *hth_away_from_key_file(GKeyFile *file)
{
    HthAway *self = hth_away_new();
    const guint64 revision = g_key_file_get_uint64(file, GROUP, "revision", NULL);
    if (revision < 1 || revision > G_MAXUINT32)
        return self;
    g_auto(GStrv) wake = g_key_file_get_string_list(file, GROUP, "wake", NULL, NULL);
    self->revision = (guint32)revision;
    self->locker = g_key_file_get_string(file, GROUP, "locker", NULL);
    self->address = g_key_file_get_string(file, GROUP, "address", NULL);
    self->route = g_key_file_get_string(file, GROUP, "route", NULL);
    self->session_rate = g_key_file_get_uint64(file, GROUP, "session-rate", NULL);
    self->household_rate = g_key_file_get_uint64(file, GROUP, "household-rate", NULL);
    self->month_bytes = g_key_file_get_uint64(file, GROUP, "month-bytes", NULL);
    self->month_used = g_key_file_get_uint64(file, GROUP, "month-used", NULL);
    check_relay(self, g_key_file_get_integer(file, GROUP, "port", NULL));
    take_wake(self, wake);
    return self;
}

void hth_away_to_key_file(const HthAway *self, GKeyFile *file)
{
    if (self->revision == 0)
        return;
    g_key_file_set_uint64(file, GROUP, "revision", self->revision);
    g_key_file_set_string_list(file, GROUP, "wake", (const char *const *)self->wake,
                               g_strv_length(self->wake));
    if (!hth_away_has_relay(self))
        return;
    g_key_file_set_string(file, GROUP, "locker", self->locker);
    g_key_file_set_string(file, GROUP, "address", self->address);
    g_key_file_set_integer(file, GROUP, "port", self->port);
    g_key_file_set_string(file, GROUP, "route", self->route);
    g_key_file_set_uint64(file, GROUP, "session-rate", self->session_rate);
    g_key_file_set_uint64(file, GROUP, "household-rate", self->household_rate);
    g_key_file_set_uint64(file, GROUP, "month-bytes", self->month_bytes);
    g_key_file_set_uint64(file, GROUP, "month-used", self->month_used);
}
