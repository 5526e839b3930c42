/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "controls.h"

#include "base/json.h"
#include "switchboard.h"

struct HthControls {
    pthread_mutex_t lock;   /* guards the table */
    GHashTable *streams;    /* guint64, a household's id → GPtrArray of HthHttpEvents */
    _Atomic guint64 n_told; /* numbers the events */
};

HthControls *hth_controls_new(void)
{
    HthControls *self = g_new0(HthControls, 1);
    pthread_mutex_init(&self->lock, NULL);
    self->streams = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free,
                                          (GDestroyNotify)g_ptr_array_unref);
    return self;
}

void hth_controls_free(HthControls *self)
{
    if (self == NULL)
        return;
    g_hash_table_unref(self->streams);
    pthread_mutex_destroy(&self->lock);
    g_free(self);
}

/* Locking: self->lock is held. */
static GPtrArray *streams_of(HthControls *self, HthHousehold *household)
{
    const guint64 id = hth_household_id(household);
    GPtrArray *streams = g_hash_table_lookup(self->streams, &id);
    if (streams == NULL) {
        streams = g_ptr_array_new_with_free_func((GDestroyNotify)hth_http_events_unref);
        g_hash_table_insert(self->streams, g_memdup2(&id, sizeof id), streams);
    }
    return streams;
}

/* Locking: self->lock is held. */
static void drop_closed(GPtrArray *streams)
{
    for (guint i = streams->len; i > 0; i--) {
        if (!hth_http_events_is_open(streams->pdata[i - 1]))
            g_ptr_array_remove_index_fast(streams, i - 1);
    }
}

gboolean hth_controls_have_room(HthControls *self, HthHousehold *household)
{
    pthread_mutex_lock(&self->lock);
    GPtrArray *streams = streams_of(self, household);
    drop_closed(streams);
    const gboolean have_room = streams->len < HTH_MAX_CONTROLS;
    pthread_mutex_unlock(&self->lock);
    return have_room;
}

static void tell(HthControls *self, HthHousehold *household, const char *event, const char *json)
{
    const guint64 number = atomic_fetch_add(&self->n_told, 1);
    pthread_mutex_lock(&self->lock);
    GPtrArray *streams = streams_of(self, household);
    for (guint i = 0; i < streams->len; i++)
        (void)hth_http_events_send(streams->pdata[i], number, event, json);
    pthread_mutex_unlock(&self->lock);
}

void hth_controls_add(HthControls *self, HthHousehold *household, HthHttpEvents *events)
{
    g_autofree char *json = hth_json_print_object(hth_limits_json(household));
    const guint64 number = atomic_fetch_add(&self->n_told, 1);
    (void)hth_http_events_send(events, number, "limits", json);
    pthread_mutex_lock(&self->lock);
    g_ptr_array_add(streams_of(self, household), events);
    pthread_mutex_unlock(&self->lock);
}

void hth_controls_tell_limits(HthControls *self, HthHousehold *household)
{
    g_autofree char *json = hth_json_print_object(hth_limits_json(household));
    tell(self, household, "limits", json);
}

void hth_controls_tell_end(HthControls *self, HthHousehold *household)
{
    tell(self, household, "ended", "{}");
}

guint hth_controls_sweep(HthControls *self)
{
    GHashTableIter iter;
    gpointer value;
    pthread_mutex_lock(&self->lock);
    g_hash_table_iter_init(&iter, self->streams);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        drop_closed(value);
        if (((const GPtrArray *)value)->len == 0)
            g_hash_table_iter_remove(&iter);
    }
    const guint n_homes = g_hash_table_size(self->streams);
    pthread_mutex_unlock(&self->lock);
    return n_homes;
}

JsonObject *hth_limits_json(HthHousehold *household)
{
    HthLimits limits;
    hth_household_limits(household, &limits);
    JsonObject *object = json_object_new();
    json_object_set_int_member(object, "household_rate", (gint64)limits.household_rate);
    json_object_set_int_member(object, "session_rate", (gint64)limits.session_rate);
    json_object_set_int_member(object, "month_bytes", (gint64)limits.month_bytes);
    json_object_set_int_member(object, "month_used", (gint64)hth_household_month_used(household));
    json_object_set_int_member(object, "sessions", limits.sessions);
    json_object_set_int_member(object, "routes", HTH_MAX_ROUTES);
    return object;
}
