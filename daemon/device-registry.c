/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "devices"
#include "device-registry.h"

#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "device.h"
#include "known-policies.h"
#include "library/library.h"
#include "neighbours.h"

#define TEXT_MAX_BYTES 200

struct HthDeviceRegistry {
    HthLibrary *library;
    HthDeviceChanged watch;
    gpointer watch_data;
    HthHardwareLookup lookup;
    gpointer lookup_data;
    gint new_devices_wait; /* atomic */
    HthKnownPolicies *known;

    GMutex lock;            /* guards devices, by_address and unsaved */
    GHashTable *devices;    /* id → HthDevice, owned */
    GHashTable *by_address; /* text → HthDevice, borrowed from devices */
    GHashTable *unsaved;    /* ids whose row is older than the device; NULL value: to be removed */
};

static char *ask_kernel(GInetAddress *address, gpointer data)
{
    return hth_neighbours_find(address);
}

static void load_row(const char *id, const char *json, gpointer data)
{
    HthDeviceRegistry *self = data;
    g_autoptr(GError) error = NULL;
    HthDevice *device = hth_device_from_json(id, json, &error);
    if (device == NULL) {
        hth_log_warning("device=%s: %s; it is forgotten", id, error->message);
        return;
    }
    g_hash_table_replace(self->devices, device->id, device);
    for (char **address = device->addresses; *address != NULL; address++)
        g_hash_table_replace(self->by_address, g_strdup(*address), device);
}

HthDeviceRegistry *hth_device_registry_new(HthLibrary *library)
{
    HthDeviceRegistry *self = g_new0(HthDeviceRegistry, 1);
    self->library = library;
    self->lookup = ask_kernel;
    g_mutex_init(&self->lock);
    self->devices =
        g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)hth_device_free);
    self->by_address = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    self->unsaved = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    self->known = hth_known_policies_new();
    if (library != NULL)
        hth_library_devices(library, load_row, self);
    return self;
}

/* Locking: self->lock is held. */
static void mark_unsaved(HthDeviceRegistry *self, const char *id)
{
    g_hash_table_add(self->unsaved, g_strdup(id));
}

/* Rows are taken under the lock and written without it: a disk may be slow. */
static void save(HthDeviceRegistry *self)
{
    g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(g_free);
    g_mutex_lock(&self->lock);
    GHashTableIter iter;
    gpointer id;
    g_hash_table_iter_init(&iter, self->unsaved);
    while (g_hash_table_iter_next(&iter, &id, NULL)) {
        const HthDevice *device = g_hash_table_lookup(self->devices, id);
        g_ptr_array_add(rows, g_strdup(id));
        g_ptr_array_add(rows, device != NULL ? hth_device_to_json(device) : NULL);
    }
    g_hash_table_remove_all(self->unsaved);
    g_mutex_unlock(&self->lock);
    for (guint i = 0; self->library != NULL && i < rows->len; i += 2) {
        g_autoptr(GError) error = NULL;
        if (!hth_library_store_device(self->library, rows->pdata[i], rows->pdata[i + 1], &error))
            hth_log_warning("device=%s: not stored: %s", (char *)rows->pdata[i], error->message);
    }
}

void hth_device_registry_free(HthDeviceRegistry *self)
{
    if (self == NULL)
        return;
    save(self);
    hth_known_policies_free(self->known);
    g_hash_table_unref(self->unsaved);
    g_hash_table_unref(self->by_address);
    g_hash_table_unref(self->devices);
    g_mutex_clear(&self->lock);
    g_free(self);
}

void hth_device_registry_set_watch(HthDeviceRegistry *self, HthDeviceChanged callback,
                                   gpointer data)
{
    self->watch = callback;
    self->watch_data = data;
}

void hth_device_registry_set_lookup(HthDeviceRegistry *self, HthHardwareLookup lookup,
                                    gpointer data)
{
    self->lookup = lookup;
    self->lookup_data = data;
}

void hth_device_registry_set_new_wait(HthDeviceRegistry *self, gboolean new_devices_wait)
{
    g_atomic_int_set(&self->new_devices_wait, new_devices_wait);
    hth_known_policies_forget(self->known);
}

static HthDevicePolicy policy_of(HthDeviceRegistry *self, const HthDevice *device)
{
    if (strcmp(device->id, HTH_DEVICE_THIS_COMPUTER) == 0)
        return HTH_DEVICE_ALLOWED;
    if (device->has_own_policy)
        return device->policy;
    return g_atomic_int_get(&self->new_devices_wait) ? HTH_DEVICE_WAITING : HTH_DEVICE_ALLOWED;
}

/* A copy as others see it: the policy is the one in force. */
static HthDevice *copy_out(HthDeviceRegistry *self, const HthDevice *device, gboolean with_notes)
{
    HthDevice *copy = hth_device_copy(device, with_notes);
    copy->policy = policy_of(self, device);
    return copy;
}

/* Locking: self->lock is held. */
static void drop_device(HthDeviceRegistry *self, HthDevice *device)
{
    mark_unsaved(self, device->id);
    for (char **address = device->addresses; *address != NULL; address++) {
        if (g_hash_table_lookup(self->by_address, *address) == device)
            g_hash_table_remove(self->by_address, *address);
    }
    g_hash_table_remove(self->devices, device->id);
}

/* Makes room for one more. Locking: self->lock is held. */
static void forget_oldest(HthDeviceRegistry *self)
{
    HthDevice *oldest = NULL;
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, self->devices);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        HthDevice *device = value;
        if (!hth_device_is_kept(device) &&
            (oldest == NULL || device->last_seen_unix_s < oldest->last_seen_unix_s))
            oldest = device;
    }
    if (oldest != NULL)
        drop_device(self, oldest);
}

/* The address is this device's now, and nobody else's. Locking: self->lock is held. */
static void bind_address(HthDeviceRegistry *self, HthDevice *device, const char *address)
{
    HthDevice *before = g_hash_table_lookup(self->by_address, address);
    if (before == device)
        return;
    if (before != NULL && hth_device_remove_address(before, address))
        mark_unsaved(self, before->id);
    if (hth_device_add_address(device, address))
        mark_unsaved(self, device->id);
    g_hash_table_replace(self->by_address, g_strdup(address), device);
}

/* Finds or makes the device. NULL when the registry is full of devices that are kept.
 * Locking: self->lock is held. */
static HthDevice *ensure_device(HthDeviceRegistry *self, const char *id, const char *address,
                                gboolean *out_is_new)
{
    HthDevice *device = g_hash_table_lookup(self->devices, id);
    *out_is_new = device == NULL;
    if (device == NULL) {
        if (g_hash_table_size(self->devices) >= HTH_DEVICES_MAX)
            forget_oldest(self);
        if (g_hash_table_size(self->devices) >= HTH_DEVICES_MAX)
            return NULL;
        device = hth_device_new(id);
        g_hash_table_replace(self->devices, device->id, device);
        mark_unsaved(self, id);
    }
    bind_address(self, device, address);
    return device;
}

static void tell_watch(HthDeviceRegistry *self, const HthDevice *copy)
{
    if (self->watch != NULL && copy != NULL)
        self->watch(copy, self->watch_data);
}

/* An address that was not known: asks the neighbour table whose it is. */
static HthDevicePolicy meet(HthDeviceRegistry *self, GInetAddress *peer)
{
    g_autofree char *address = hth_peer_address_text(peer);
    g_autofree char *hardware = self->lookup(peer, self->lookup_data);
    g_autoptr(HthDevice) copy = NULL;
    HthDevicePolicy policy =
        g_atomic_int_get(&self->new_devices_wait) ? HTH_DEVICE_WAITING : HTH_DEVICE_ALLOWED;
    gboolean is_new = FALSE;
    g_mutex_lock(&self->lock);
    HthDevice *device =
        ensure_device(self, hardware != NULL ? hardware : address, address, &is_new);
    if (device != NULL) {
        policy = policy_of(self, device);
        copy = is_new ? copy_out(self, device, FALSE) : NULL;
    }
    g_mutex_unlock(&self->lock);
    hth_known_policies_add(self->known, peer, policy);
    if (is_new && copy != NULL) {
        hth_log_info("new device=%s address=%s policy=%s", copy->id, address,
                     hth_device_policy_name(policy));
        tell_watch(self, copy);
    }
    return policy;
}

HthDevicePolicy hth_device_registry_policy(HthDeviceRegistry *self, GInetAddress *peer)
{
    if (peer == NULL || g_inet_address_get_is_loopback(peer))
        return HTH_DEVICE_ALLOWED;
    HthDevicePolicy policy;
    return hth_known_policies_find(self->known, peer, &policy) ? policy : meet(self, peer);
}

/* The device of an address, which is met first when it is not known. Locking: takes self->lock and
 * returns with it held. NULL: full of others. */
static HthDevice *lock_device(HthDeviceRegistry *self, GInetAddress *peer)
{
    (void)hth_device_registry_policy(self, peer);
    g_autofree char *address = hth_peer_address_text(peer);
    g_mutex_lock(&self->lock);
    HthDevice *device = g_hash_table_lookup(self->by_address, address);
    if (device == NULL && g_inet_address_get_is_loopback(peer)) {
        gboolean is_new;
        device = ensure_device(self, HTH_DEVICE_THIS_COMPUTER, address, &is_new);
        if (device != NULL && device->name == NULL)
            device->name = g_strdup("This computer");
    }
    if (device != NULL) {
        device->last_seen_unix_s = g_get_real_time() / G_USEC_PER_SEC;
        device->n_requests++;
    }
    return device;
}

/* Returns: whether @field changed. */
static gboolean learn(char **field, const char *text)
{
    g_autofree char *clean = hth_text_clean(text, TEXT_MAX_BYTES);
    if (clean == NULL || g_strcmp0(*field, clean) == 0)
        return FALSE;
    g_free(*field);
    *field = g_steal_pointer(&clean);
    return TRUE;
}

void hth_device_registry_seen(HthDeviceRegistry *self, GInetAddress *peer, const char *name,
                              const char *model, const char *client, const char *user_agent)
{
    if (peer == NULL)
        return;
    g_autoptr(HthDevice) copy = NULL;
    HthDevice *device = lock_device(self, peer);
    if (device != NULL) {
        gboolean has_changed = learn(&device->name, name);
        has_changed |= learn(&device->model, model);
        has_changed |= learn(&device->client, client);
        if (has_changed | learn(&device->user_agent, user_agent))
            mark_unsaved(self, device->id);
        copy = has_changed ? copy_out(self, device, FALSE) : NULL;
    }
    g_mutex_unlock(&self->lock);
    tell_watch(self, copy);
}

void hth_device_registry_note(HthDeviceRegistry *self, GInetAddress *peer, const char *asked,
                              const char *got)
{
    if (peer == NULL)
        return;
    HthDevice *device = lock_device(self, peer);
    if (device != NULL)
        hth_device_add_note(device, asked, got);
    g_mutex_unlock(&self->lock);
}

static int by_last_seen(gconstpointer a, gconstpointer b)
{
    const HthDevice *left = *(HthDevice *const *)a;
    const HthDevice *right = *(HthDevice *const *)b;
    if (left->last_seen_unix_s != right->last_seen_unix_s)
        return left->last_seen_unix_s > right->last_seen_unix_s ? -1 : 1;
    return strcmp(left->id, right->id);
}

GPtrArray *hth_device_registry_list(HthDeviceRegistry *self)
{
    GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)hth_device_free);
    g_mutex_lock(&self->lock);
    GHashTableIter iter;
    gpointer device;
    g_hash_table_iter_init(&iter, self->devices);
    while (g_hash_table_iter_next(&iter, NULL, &device))
        g_ptr_array_add(list, copy_out(self, device, FALSE));
    g_mutex_unlock(&self->lock);
    g_ptr_array_sort(list, by_last_seen);
    return list;
}

static gboolean is_called(const HthDevice *device, const char *folded)
{
    const char *const names[] = { device->id, device->given_name, device->name, device->model };
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *name = names[i] != NULL ? hth_text_fold(names[i]) : NULL;
        if (g_strcmp0(name, folded) == 0)
            return TRUE;
    }
    return g_strv_contains((const char *const *)device->addresses, folded);
}

HthDevice *hth_device_registry_find(HthDeviceRegistry *self, const char *name)
{
    g_autofree char *folded = hth_text_fold(name);
    HthDevice *copy = NULL;
    g_mutex_lock(&self->lock);
    GHashTableIter iter;
    gpointer device;
    g_hash_table_iter_init(&iter, self->devices);
    while (copy == NULL && g_hash_table_iter_next(&iter, NULL, &device)) {
        if (is_called(device, folded))
            copy = copy_out(self, device, TRUE);
    }
    g_mutex_unlock(&self->lock);
    return copy;
}

static HthDevice *find_locked(HthDeviceRegistry *self, const char *id, GError **error)
{
    HthDevice *device = g_hash_table_lookup(self->devices, id);
    if (device == NULL)
        g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND,
                    "there is no device %s; `hearth devices` lists them", id);
    return device;
}

/* What set_policy and set_name share: writes at once, since a person said it. */
static void after_change(HthDeviceRegistry *self, HthDevice *copy)
{
    hth_known_policies_forget(self->known);
    save(self);
    tell_watch(self, copy);
    hth_device_free(copy);
}

gboolean hth_device_registry_set_policy(HthDeviceRegistry *self, const char *id,
                                        HthDevicePolicy policy, GError **error)
{
    HthDevice *copy = NULL;
    g_mutex_lock(&self->lock);
    HthDevice *device = find_locked(self, id, error);
    if (device != NULL) {
        device->has_own_policy = TRUE;
        device->policy = policy;
        mark_unsaved(self, id);
        copy = copy_out(self, device, FALSE);
    }
    g_mutex_unlock(&self->lock);
    if (copy == NULL)
        return FALSE;
    hth_log_info("device=%s policy=%s", id, hth_device_policy_name(policy));
    after_change(self, copy);
    return TRUE;
}

gboolean hth_device_registry_set_name(HthDeviceRegistry *self, const char *id, const char *name,
                                      GError **error)
{
    HthDevice *copy = NULL;
    g_mutex_lock(&self->lock);
    HthDevice *device = find_locked(self, id, error);
    if (device != NULL) {
        g_free(device->given_name);
        device->given_name = hth_text_clean(name, TEXT_MAX_BYTES);
        mark_unsaved(self, id);
        copy = copy_out(self, device, FALSE);
    }
    g_mutex_unlock(&self->lock);
    if (copy == NULL)
        return FALSE;
    after_change(self, copy);
    return TRUE;
}

gboolean hth_device_registry_forget(HthDeviceRegistry *self, const char *id, GError **error)
{
    g_mutex_lock(&self->lock);
    HthDevice *device = find_locked(self, id, error);
    if (device != NULL)
        drop_device(self, device);
    g_mutex_unlock(&self->lock);
    if (device == NULL)
        return FALSE;
    hth_known_policies_forget(self->known);
    save(self);
    return TRUE;
}

/* What is known of each address is asked anew by the address's next question: that costs one look
 * at the neighbour table each 30 s and address, and follows DHCP. */
void hth_device_registry_refresh(HthDeviceRegistry *self)
{
    hth_known_policies_forget(self->known);
    save(self);
}
