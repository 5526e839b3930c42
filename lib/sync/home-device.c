/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a household says of its devices: rules, wiping, forgetting; and waking them. */
#define HTH_LOG_TOPIC "sync"
#include "base/log.h"
#include "sync/home-private.h"

char *hth_sync_home_rule(HthSyncHome *self, const char *device)
{
    g_auto(HthSyncDeviceRow) row = { 0 };
    hth_sync_store_lock(self->store);
    (void)hth_sync_store_device(self->store, device, &row);
    hth_sync_store_unlock(self->store);
    return g_steal_pointer(&row.rule);
}

/* Changes the row of a device by @change, with the device's requests held off. */
static gboolean change_device(HthSyncHome *self, const char *device,
                              void (*change)(HthSyncDeviceRow *row, const char *text),
                              const char *text, GError **error)
{
    HthSyncPeer *peer = hth_sync_home_peer(self, device);
    g_auto(HthSyncDeviceRow) row = { 0 };
    g_mutex_lock(&peer->lock);
    gboolean is_good = hth_sync_store_begin(self->store, error);
    if (is_good) {
        (void)hth_sync_store_device(self->store, device, &row);
        change(&row, text);
        is_good = hth_sync_store_end(self->store,
                                     hth_sync_store_save_device(self->store, &row, error), error);
    }
    g_mutex_unlock(&peer->lock);
    if (is_good)
        hth_sync_home_tell(self, device, "sync");
    return is_good;
}

static void replace_rule(HthSyncDeviceRow *row, const char *json)
{
    g_free(row->rule);
    row->rule = g_strdup(json);
    row->rule_sequence++;
}

gboolean hth_sync_home_set_rule(HthSyncHome *self, const char *device, const char *json,
                                GError **error)
{
    g_autoptr(HthSyncRule) rule = hth_sync_rule_parse(json, error);
    if (rule == NULL)
        return FALSE;
    g_autofree char *printed = hth_sync_rule_print(rule);
    return change_device(self, device, replace_rule, printed, error);
}

void hth_sync_home_set_relayed(HthSyncHome *self, const char *device, gboolean is_relayed)
{
    HthSyncPeer *peer = hth_sync_home_peer(self, device);
    g_mutex_lock(&peer->lock);
    if (peer->is_relayed != is_relayed) { /* it may be due other things than before */
        peer->is_settled = FALSE;
        hth_sync_peer_drop_rest(peer);
    }
    g_atomic_int_set(&peer->is_relayed, is_relayed);
    g_mutex_unlock(&peer->lock);
}

static void mark_wipe(HthSyncDeviceRow *row, const char *text)
{
    row->flags |= HTH_SYNC_DEVICE_WIPE;
}

gboolean hth_sync_home_wipe(HthSyncHome *self, const char *device, GError **error)
{
    return change_device(self, device, mark_wipe, NULL, error);
}

gboolean hth_sync_home_is_wiping(HthSyncHome *self, const char *device)
{
    g_auto(HthSyncDeviceRow) row = { 0 };
    hth_sync_store_lock(self->store);
    (void)hth_sync_store_device(self->store, device, &row);
    hth_sync_store_unlock(self->store);
    return (row.flags & HTH_SYNC_DEVICE_WIPE) != 0;
}

static void mark_confirmed(HthSyncDeviceRow *row, const char *text)
{
    row->flags |= HTH_SYNC_DEVICE_CONFIRM_ABSENT;
}

gboolean hth_sync_home_confirm_absent(HthSyncHome *self, const char *device, GError **error)
{
    return change_device(self, device, mark_confirmed, NULL, error);
}

guint hth_sync_home_held_back(HthSyncHome *self, const char *device)
{
    g_auto(HthSyncDeviceRow) row = { 0 };
    hth_sync_store_lock(self->store);
    const gboolean is_known = hth_sync_store_device(self->store, device, &row);
    hth_sync_store_unlock(self->store);
    return is_known && (row.flags & HTH_SYNC_DEVICE_CONFIRM_ABSENT) == 0 ? row.n_held_back : 0;
}

gboolean hth_sync_home_forget(HthSyncHome *self, const char *device, GError **error)
{
    HthSyncPeer *peer = hth_sync_home_peer(self, device);
    g_mutex_lock(&peer->lock);
    gboolean is_good = hth_sync_store_begin(self->store, error);
    if (is_good)
        is_good = hth_sync_store_end(
            self->store, hth_sync_store_forget_device(self->store, device, error), error);
    peer->is_settled = FALSE;
    hth_sync_peer_drop_rest(peer);
    g_hash_table_remove_all(peer->asked);
    g_mutex_unlock(&peer->lock);
    return is_good;
}

static GPtrArray *list_devices(HthSyncHome *self)
{
    hth_sync_store_lock(self->store);
    GPtrArray *devices = hth_sync_store_devices(self->store);
    hth_sync_store_unlock(self->store);
    return devices;
}

static void prepare_device(HthSyncHome *self, const char *device)
{
    HthSyncPeer *peer = hth_sync_home_peer(self, device);
    g_auto(HthSyncDeviceRow) row = { 0 };
    g_autoptr(GError) error = NULL;
    g_mutex_lock(&peer->lock);
    hth_sync_peer_drop_rest(peer); /* the library changed */
    hth_sync_store_lock(self->store);
    const gboolean is_known = hth_sync_store_device(self->store, device, &row);
    hth_sync_store_unlock(self->store);
    if (is_known && (row.flags & HTH_SYNC_DEVICE_WIPE) == 0)
        hth_sync_picture_free(hth_sync_home_picture(self, peer, FALSE, &row, NULL, &error));
    g_mutex_unlock(&peer->lock);
    if (error != NULL)
        hth_log_debug("nothing is made ahead: %s", error->message);
}

void hth_sync_home_prepare(HthSyncHome *self)
{
    g_autoptr(GPtrArray) devices = list_devices(self);
    for (guint i = 0; i < devices->len; i++)
        prepare_device(self, devices->pdata[i]);
}

void hth_sync_home_wake(HthSyncHome *self)
{
    g_autoptr(GPtrArray) devices = list_devices(self);
    for (guint i = 0; i < devices->len; i++)
        hth_sync_home_tell(self, devices->pdata[i], "sync");
}

void hth_sync_home_wake_waiting(HthSyncHome *self)
{
    g_autoptr(GPtrArray) waiting = g_ptr_array_new_with_free_func(g_free);
    GHashTableIter iter;
    gpointer device, peer;
    g_mutex_lock(&self->lock);
    g_hash_table_iter_init(&iter, self->peers);
    while (g_hash_table_iter_next(&iter, &device, &peer)) {
        if (g_atomic_int_get(&((HthSyncPeer *)peer)->is_pending))
            g_ptr_array_add(waiting, g_strdup(device));
    }
    g_mutex_unlock(&self->lock);
    for (guint i = 0; i < waiting->len; i++)
        hth_sync_home_tell(self, waiting->pdata[i], "sync");
}
