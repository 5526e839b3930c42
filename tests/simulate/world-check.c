/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "world-check.h"

#include <string.h>

#include "rest-check.h"
#include "sync/device-path.h"

#define REST_STEPS_MAX 20000
#define REST_IDLES     3
/* What was under way may find out now that it was cut. */
#define REST_BAD_MAX 3
#define DAY_MS       (G_GINT64_CONSTANT(24) * 60 * 60 * 1000)

/* ---- What lies on a card ---- */

GPtrArray *world_check_files(SimDevice *device)
{
    GPtrArray *files = model_disk_files(device->env->disk, "");
    for (guint i = files->len; i-- > 0;) {
        if (g_str_has_prefix(files->pdata[i], ".hearth/") ||
            g_str_has_suffix(files->pdata[i], ".nomedia"))
            g_ptr_array_remove_index(files, i);
    }
    return files;
}

const char *world_check_own_file(SimDevice *device, const char *path)
{
    const GByteArray *bytes = model_disk_peek(device->env->disk, path);
    if (bytes == NULL || bytes->len == 0 || bytes->len > WORLD_TEXT_BYTES)
        return NULL;
    g_autofree char *text = g_strndup((const char *)bytes->data, bytes->len);
    gpointer key = NULL;
    return g_hash_table_lookup_extended(device->own_files, text, &key, NULL) ? key : NULL;
}

guint64 world_check_owner(World *self, const GByteArray *bytes)
{
    HthDigest digest;
    hth_digest_of(bytes->data, bytes->len, &digest);
    const guint64 *item = g_hash_table_lookup(self->library->versions, &digest);
    return item != NULL ? *item : 0;
}

guint64 world_check_card_hash(ModelDisk *disk)
{
    g_autoptr(HthDigester) digester = hth_digester_new();
    g_autoptr(GPtrArray) files = model_disk_files(disk, "");
    for (guint i = 0; i < files->len; i++) {
        const char *path = files->pdata[i];
        const GByteArray *bytes = model_disk_peek(disk, path);
        hth_digester_add(digester, path, strlen(path) + 1);
        hth_digester_add(digester, bytes->data, bytes->len);
    }
    HthDigest digest;
    hth_digester_finish(digester, &digest);
    guint64 hash;
    memcpy(&hash, digest.bytes, sizeof hash);
    return hash;
}

void world_check_untouched(SimDevice *device)
{
    ModelDisk *card = device->env->disk;
    if (card != NULL && world_check_card_hash(card) != device->card_hash)
        world_fail(device->world, "device %u: a card that is not its own was written to",
                   device->index);
}

/* ---- Always ---- */

/* A whole one, as the home writes them; which files it names is looked at when there is rest. */
static gboolean is_playlist(const char *path, const GByteArray *bytes)
{
    static const char head[] = "#EXTM3U\n";
    if (!g_str_has_suffix(path, ".m3u8") || bytes->len < strlen(head) ||
        memcmp(bytes->data, head, strlen(head)) != 0 || bytes->data[bytes->len - 1] != '\n')
        return FALSE;
    return memchr(bytes->data, 0, bytes->len) == NULL;
}

static void check_file(SimDevice *device, const char *path)
{
    const GByteArray *bytes = model_disk_peek(device->env->disk, path);
    if (world_check_owner(device->world, bytes) == 0 && !is_playlist(path, bytes) &&
        world_check_own_file(device, path) == NULL)
        world_fail(device->world, "device %u: %s (%u bytes) is what no file ever was",
                   device->index, path, bytes->len);
}

void world_check_versions(SimDevice *device)
{
    if (!sim_device_has_card(device))
        return;
    g_autoptr(GPtrArray) files = world_check_files(device);
    for (guint i = 0; i < files->len && device->world->failure == NULL; i++) {
        const char *path = files->pdata[i];
        HthSyncStat found;
        g_assert_true(model_disk_stat(device->env->disk, path, &found, NULL));
        const gint64 *seen = g_hash_table_lookup(device->seen, path);
        if (seen != NULL && *seen == found.mtime_us)
            continue;
        check_file(device, path);
        g_hash_table_add(device->ever, hth_device_path_fold(path));
        g_hash_table_replace(device->seen, g_strdup(path),
                             g_memdup2(&found.mtime_us, sizeof found.mtime_us));
    }
}

/* ---- At rest ---- */

static void pass_time(World *self)
{
    self->home_wall_ms += DAY_MS;
    for (guint i = 0; i < N_DEVICES; i++) {
        self->devices[i].env->wall_ms += DAY_MS;
        self->devices[i].env->monotonic_ms += DAY_MS;
    }
}

/* The person says a word where one is asked for. FALSE: none is. */
static gboolean say_a_word(SimDevice *device)
{
    World *world = device->world;
    g_autoptr(GError) error = NULL;
    if (device->n_held_back == 0)
        return FALSE;
    world_say(world, "device %u: the person confirms %u files", device->index, device->n_held_back);
    world_count(world, "held back");
    const gboolean is_good = chance_one_in(&world->chance, 2)
                                 ? hth_sync_home_confirm_absent(world->home, device->id, &error)
                                 : hth_sync_device_confirm(device->engine, &error);
    if (!is_good)
        world_fail(world, "a word is not taken: %s", error->message);
    return TRUE;
}

/* A card put back to what it was before it was the device's: the person says that it is. */
static void accept_bare_card(SimDevice *device)
{
    HthSyncStat found;
    if (device->wait == HTH_SYNC_WAITS_VOLUME && device->may_be_bare &&
        !model_disk_stat(device->env->disk, ".hearth/device", &found, NULL))
        sim_device_accept_card(device);
}

static void run_to_rest(SimDevice *device)
{
    World *world = device->world;
    guint n_idle = 0, n_bad = 0;
    sim_device_start(device);
    sim_device_wake(device, TRUE);
    for (guint i = 0; i < REST_STEPS_MAX && world->failure == NULL; i++) {
        const HthSyncStep step = sim_device_step(device);
        if (step == HTH_SYNC_STEP_MORE)
            continue;
        if (step == HTH_SYNC_STEP_IDLE) {
            if (!say_a_word(device) && ++n_idle == REST_IDLES)
                return;
            pass_time(world);
            hth_sync_home_wake(world->home);
        } else if (++n_bad > REST_BAD_MAX) {
            world_fail(world, "device %u: a step %s %s at rest", device->index,
                       step == HTH_SYNC_STEP_WAIT ? "waits for" : "fails:",
                       step == HTH_SYNC_STEP_WAIT ? hth_sync_wait_name(device->wait)
                                                  : "see the trace");
        } else if (step == HTH_SYNC_STEP_WAIT) {
            accept_bare_card(device);
        }
        sim_device_start(device);
        sim_device_wake(device, TRUE);
    }
    if (world->failure == NULL)
        world_fail(world, "device %u is not idle after %u steps", device->index, REST_STEPS_MAX);
}

void world_check_rest(World *self)
{
    /* Twice: what the second one does must not disturb what the first one has. */
    for (guint pass = 0; pass < 2; pass++) {
        for (guint i = 0; i < N_DEVICES && self->failure == NULL; i++) {
            run_to_rest(&self->devices[i]);
            if (self->failure == NULL)
                world_check_versions(&self->devices[i]);
            if (self->failure == NULL)
                rest_check_device(&self->devices[i]);
        }
    }
    g_autofree char *plays = self->failure == NULL ? play_book_check(self->plays) : NULL;
    if (plays != NULL)
        world_fail(self, "%s", plays);
}
