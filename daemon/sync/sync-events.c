/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/sync-events.h"

struct HthSyncEvents {
    GMutex lock;
    GHashTable *streams; /* (char *device → HthHttpEvents) */
    guint64 next_id;
};

HthSyncEvents *hth_sync_events_new(void)
{
    HthSyncEvents *self = g_new0(HthSyncEvents, 1);
    g_mutex_init(&self->lock);
    self->streams = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                          (GDestroyNotify)hth_http_events_unref);
    return self;
}

void hth_sync_events_free(HthSyncEvents *self)
{
    if (self == NULL)
        return;
    g_hash_table_unref(self->streams);
    g_mutex_clear(&self->lock);
    g_free(self);
}

void hth_sync_events_attach(HthSyncEvents *self, const char *device, HthHttpRequest *request)
{
    HthHttpEvents *stream = hth_http_request_respond_events(request);
    g_mutex_lock(&self->lock);
    /* What happened before the stream was there is asked for at once. */
    (void)hth_http_events_send(stream, ++self->next_id, "sync", "{}");
    g_hash_table_replace(self->streams, g_strdup(device), stream);
    g_mutex_unlock(&self->lock);
}

static gboolean send_one(gpointer device, gpointer stream, gpointer data)
{
    const struct {
        HthSyncEvents *self;
        const char *device, *event;
    } *message = data;
    if (message->device != NULL && !g_str_equal(message->device, device))
        return FALSE;
    /* TRUE removes it: the device has gone, or takes nothing. */
    return !hth_http_events_send(stream, ++message->self->next_id, message->event, "{}");
}

void hth_sync_events_send(HthSyncEvents *self, const char *device, const char *event)
{
    struct {
        HthSyncEvents *self;
        const char *device, *event;
    } message = { self, device, event };
    g_mutex_lock(&self->lock);
    g_hash_table_foreach_remove(self->streams, send_one, &message);
    g_mutex_unlock(&self->lock);
}

gboolean hth_sync_events_is_here(HthSyncEvents *self, const char *device)
{
    g_mutex_lock(&self->lock);
    HthHttpEvents *stream = g_hash_table_lookup(self->streams, device);
    const gboolean is_here = stream != NULL && hth_http_events_is_open(stream);
    g_mutex_unlock(&self->lock);
    return is_here;
}
