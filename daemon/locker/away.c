/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "locker"
#include "locker/away.h"

#include <string.h>

#include "base/base32.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/log.h"
#include "base/random.h"

#define STORE_KEY   "locker.routes"
#define ROUTE_BYTES 16

typedef struct {
    char *route;
    char *old_route; /* NULL: none */
    gint64 made_unix_s;
} Way;

struct HthAway {
    HthAwayOptions options;
    GMutex lock; /* guards the fields below */
    HthLockerAccount *account;
    HthLockerLimits limits;
    GStrv wake;
    GHashTable *ways; /* (char *device → Way) */
};

static void way_free(gpointer data)
{
    Way *way = data;
    g_free(way->route);
    g_free(way->old_route);
    g_free(way);
}

static gint64 now_unix_s(const HthAway *self)
{
    return self->options.unix_s != NULL ? self->options.unix_s(self->options.data)
                                        : g_get_real_time() / G_USEC_PER_SEC;
}

/* ---- What is kept ---- */

static gboolean is_route(const char *text)
{
    guint8 bytes[ROUTE_BYTES];
    return text != NULL && hth_base32_decode(text, bytes, sizeof bytes);
}

static void load_way(HthAway *self, const char *device, JsonObject *object)
{
    const char *route = json_object_get_string_member_with_default(object, "route", NULL);
    const char *old_route = json_object_get_string_member_with_default(object, "old", NULL);
    if (!is_route(route))
        return;
    Way *way = g_new(Way, 1);
    *way = (Way){ .route = g_strdup(route),
                  .old_route = is_route(old_route) ? g_strdup(old_route) : NULL,
                  .made_unix_s = json_object_get_int_member_with_default(object, "made", 0) };
    g_hash_table_insert(self->ways, g_strdup(device), way);
}

static void load(HthAway *self)
{
    g_autofree char *text = self->options.store.load(self->options.store.data, STORE_KEY);
    g_autoptr(JsonNode) node =
        text != NULL ? hth_json_parse_object(text, strlen(text), NULL) : NULL;
    if (node == NULL)
        return;
    JsonObjectIter iter;
    const char *device;
    JsonNode *member;
    json_object_iter_init(&iter, json_node_get_object(node));
    while (json_object_iter_next(&iter, &device, &member)) {
        if (JSON_NODE_HOLDS_OBJECT(member))
            load_way(self, device, json_node_get_object(member));
    }
}

/* Locking: self->lock is held. A route that is not kept is made anew after a restart. */
static void save(HthAway *self)
{
    g_autoptr(GError) error = NULL;
    JsonObject *all = json_object_new();
    GHashTableIter iter;
    gpointer device, value;
    g_hash_table_iter_init(&iter, self->ways);
    while (g_hash_table_iter_next(&iter, &device, &value)) {
        const Way *way = value;
        JsonObject *object = json_object_new();
        json_object_set_string_member(object, "route", way->route);
        hth_json_set_text(object, "old", way->old_route);
        json_object_set_int_member(object, "made", way->made_unix_s);
        json_object_set_object_member(all, device, object);
    }
    g_autofree char *text = hth_json_print_object(all);
    if (!self->options.store.store(self->options.store.data, STORE_KEY, text, &error))
        hth_log_warning("the routes of devices are not kept: %s", error->message);
}

/* ---- What is told ---- */

/* Locking: self->lock is held. Returns: whether the routes are others now. */
static gboolean make_way(HthAway *self, const char *device)
{
    if (self->account == NULL || g_hash_table_contains(self->ways, device))
        return FALSE;
    Way *way = g_new(Way, 1);
    *way = (Way){ .route = hth_random_text(ROUTE_BYTES), .made_unix_s = now_unix_s(self) };
    g_hash_table_insert(self->ways, g_strdup(device), way);
    save(self);
    return TRUE;
}

/* Locking: self->lock is held. A route is only renewed when the device is known to have it: which
 * of two it has would not be known. */
static gboolean renew_way(HthAway *self, Way *way)
{
    const gint64 now_s = now_unix_s(self);
    if (way->old_route != NULL || ABS(now_s - way->made_unix_s) < HTH_AWAY_ROUTE_S)
        return FALSE;
    way->old_route = g_steal_pointer(&way->route);
    way->route = hth_random_text(ROUTE_BYTES);
    way->made_unix_s = now_s;
    save(self);
    return TRUE;
}

/* Locking: self->lock is held. */
static JsonObject *fixed_part(const HthAway *self, const char *device)
{
    JsonObject *object = json_object_new();
    JsonArray *wake = json_array_new();
    for (guint i = 0; self->wake != NULL && self->wake[i] != NULL; i++)
        json_array_add_string_element(wake, self->wake[i]);
    json_object_set_array_member(object, "wake", wake);
    const Way *way = g_hash_table_lookup(self->ways, device);
    if (self->account == NULL || way == NULL) {
        json_object_set_null_member(object, "locker");
        return object;
    }
    JsonObject *locker = json_object_new();
    json_object_set_string_member(locker, "name", self->account->name);
    json_object_set_string_member(locker, "address", self->account->host);
    json_object_set_int_member(locker, "port", self->account->port);
    json_object_set_string_member(locker, "route", way->route);
    json_object_set_int_member(locker, "session_rate", (gint64)self->limits.session_rate);
    json_object_set_int_member(locker, "household_rate", (gint64)self->limits.household_rate);
    json_object_set_int_member(locker, "month_bytes", (gint64)self->limits.month_bytes);
    json_object_set_object_member(object, "locker", locker);
    return object;
}

/* Takes @fixed. */
static guint32 revision_of(JsonObject *fixed)
{
    g_autofree char *text = hth_json_print_object(fixed);
    HthDigest digest;
    guint32 revision;
    hth_digest_of(text, strlen(text), &digest);
    memcpy(&revision, digest.bytes, sizeof revision);
    return MAX(GUINT32_FROM_LE(revision), 1);
}

guint32 hth_away_revision(HthAway *self, const char *device, guint32 known)
{
    g_mutex_lock(&self->lock);
    gboolean are_routes_new = make_way(self, device);
    guint32 revision = revision_of(fixed_part(self, device));
    Way *way = g_hash_table_lookup(self->ways, device);
    if (way != NULL && way->old_route != NULL && known == revision) {
        g_clear_pointer(&way->old_route, g_free);
        save(self);
        are_routes_new = TRUE;
    }
    if (way != NULL && self->account != NULL && renew_way(self, way)) {
        revision = revision_of(fixed_part(self, device));
        are_routes_new = TRUE;
    }
    g_mutex_unlock(&self->lock);
    if (are_routes_new)
        self->options.routes_changed(self->options.data);
    return revision;
}

JsonObject *hth_away_object(HthAway *self, const char *device, const char *path)
{
    g_mutex_lock(&self->lock);
    const gboolean are_routes_new = make_way(self, device);
    JsonObject *object = fixed_part(self, device);
    json_object_set_int_member(object, "revision", revision_of(fixed_part(self, device)));
    json_object_set_string_member(object, "path", path);
    JsonNode *locker = json_object_get_member(object, "locker");
    if (JSON_NODE_HOLDS_OBJECT(locker))
        json_object_set_int_member(json_node_get_object(locker), "month_used",
                                   (gint64)self->limits.month_used);
    g_mutex_unlock(&self->lock);
    if (are_routes_new)
        self->options.routes_changed(self->options.data);
    return object;
}

GStrv hth_away_routes(HthAway *self)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    GHashTableIter iter;
    gpointer value;
    g_mutex_lock(&self->lock);
    g_hash_table_iter_init(&iter, self->ways);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Way *way = value;
        g_strv_builder_add(builder, way->route);
        if (way->old_route != NULL)
            g_strv_builder_add(builder, way->old_route);
    }
    g_mutex_unlock(&self->lock);
    return g_strv_builder_end(builder);
}

/* ---- Changes ---- */

void hth_away_set_locker(HthAway *self, const HthLockerAccount *account,
                         const HthLockerLimits *limits)
{
    g_mutex_lock(&self->lock);
    g_clear_pointer(&self->account, hth_locker_account_free);
    self->account = account != NULL ? hth_locker_account_copy(account) : NULL;
    self->limits = limits != NULL ? *limits : (HthLockerLimits){ 0 };
    if (account == NULL && g_hash_table_size(self->ways) > 0) {
        g_hash_table_remove_all(self->ways);
        save(self);
    }
    g_mutex_unlock(&self->lock);
}

void hth_away_set_wake(HthAway *self, const char *const *addresses)
{
    g_mutex_lock(&self->lock);
    g_strfreev(self->wake);
    self->wake = g_strdupv((char **)addresses);
    g_mutex_unlock(&self->lock);
}

void hth_away_drop(HthAway *self, const char *device)
{
    g_mutex_lock(&self->lock);
    const gboolean was_there = g_hash_table_remove(self->ways, device);
    if (was_there)
        save(self);
    g_mutex_unlock(&self->lock);
    if (was_there)
        self->options.routes_changed(self->options.data);
}

static gboolean is_not_in(gpointer device, gpointer way, gpointer devices)
{
    return !g_hash_table_contains(devices, device);
}

void hth_away_keep_only(HthAway *self, GHashTable *devices)
{
    g_mutex_lock(&self->lock);
    if (g_hash_table_foreach_remove(self->ways, is_not_in, devices) > 0)
        save(self);
    g_mutex_unlock(&self->lock);
}

HthAway *hth_away_new(const HthAwayOptions *options)
{
    HthAway *self = g_new0(HthAway, 1);
    self->options = *options;
    self->ways = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, way_free);
    g_mutex_init(&self->lock);
    load(self);
    return self;
}

void hth_away_free(HthAway *self)
{
    if (self == NULL)
        return;
    g_hash_table_unref(self->ways);
    hth_locker_account_free(self->account);
    g_strfreev(self->wake);
    g_mutex_clear(&self->lock);
    g_free(self);
}
