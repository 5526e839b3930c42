/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "locker/device-paths.h"

#include "base/json.h"

/* Less goes into the buffers of the kernel, at whatever speed. */
#define MEASURED_BYTES (1024 * 1024)

typedef struct {
    gboolean is_relay;
    gint64 seen_unix_s;
    guint64 rate; /* bytes a second; 0: not measured by this way */
} Path;

struct HthDevicePaths {
    GMutex lock;       /* guards the table */
    GHashTable *paths; /* (char *device → Path) */
};

HthDevicePaths *hth_device_paths_new(void)
{
    HthDevicePaths *self = g_new0(HthDevicePaths, 1);
    g_mutex_init(&self->lock);
    self->paths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return self;
}

void hth_device_paths_free(HthDevicePaths *self)
{
    if (self == NULL)
        return;
    g_hash_table_unref(self->paths);
    g_mutex_clear(&self->lock);
    g_free(self);
}

void hth_device_paths_note(HthDevicePaths *self, const char *device, gboolean is_relay)
{
    g_mutex_lock(&self->lock);
    Path *path = g_hash_table_lookup(self->paths, device);
    if (path == NULL) {
        path = g_new0(Path, 1);
        g_hash_table_insert(self->paths, g_strdup(device), path);
    }
    if (path->is_relay != is_relay)
        path->rate = 0;
    path->is_relay = is_relay;
    path->seen_unix_s = g_get_real_time() / G_USEC_PER_SEC;
    g_mutex_unlock(&self->lock);
}

void hth_device_paths_note_data(HthDevicePaths *self, const char *device, guint64 n_bytes,
                                gint64 duration_us)
{
    if (n_bytes < MEASURED_BYTES || duration_us <= 0)
        return;
    g_mutex_lock(&self->lock);
    Path *path = g_hash_table_lookup(self->paths, device);
    if (path != NULL)
        path->rate = (guint64)((double)n_bytes * G_USEC_PER_SEC / (double)duration_us);
    g_mutex_unlock(&self->lock);
}

void hth_device_paths_forget(HthDevicePaths *self, const char *device)
{
    g_mutex_lock(&self->lock);
    g_hash_table_remove(self->paths, device);
    g_mutex_unlock(&self->lock);
}

/* The smaller of the two that there are. */
static guint64 limit_of(const HthLockerLimits *limits)
{
    if (limits->session_rate == 0 || limits->household_rate == 0)
        return MAX(limits->session_rate, limits->household_rate);
    return MIN(limits->session_rate, limits->household_rate);
}

JsonObject *hth_device_paths_object(HthDevicePaths *self, const char *device,
                                    const HthLockerLimits *limits)
{
    g_mutex_lock(&self->lock);
    const Path *found = g_hash_table_lookup(self->paths, device);
    const Path path = found != NULL ? *found : (Path){ 0 };
    g_mutex_unlock(&self->lock);
    if (path.seen_unix_s == 0)
        return NULL;
    JsonObject *object = json_object_new();
    json_object_set_string_member(object, "path", path.is_relay ? "relay" : "lan");
    json_object_set_int_member(object, "path_unix_s", path.seen_unix_s);
    hth_json_set_number(object, "rate", (gint64)path.rate);
    if (path.is_relay)
        hth_json_set_number(object, "limit", (gint64)limit_of(limits));
    return object;
}
