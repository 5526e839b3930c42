/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "device-trouble.h"

#include <string.h>

#include "sync/device-path.h"
#include "world-check.h"

#define FILL_LEAVES_BYTES 30000
#define CLONE_OF          1
#define CLONE             2

/* ---- The person ---- */

static void note_deleted(SimDevice *device, guint64 item)
{
    for (guint i = 0; i < N_DEVICES; i++) { /* clones are one device to the home */
        SimDevice *each = &device->world->devices[i];
        if (g_str_equal(each->id, device->id))
            g_hash_table_add(each->deleted, g_memdup2(&item, sizeof item));
    }
}

static void delete_file(SimDevice *device, const char *path)
{
    World *world = device->world;
    GByteArray *bytes = model_disk_peek(device->env->disk, path);
    const guint64 item = world_check_owner(world, bytes);
    if (item != 0)
        note_deleted(device, item);
    for (guint i = 0; item == 0 && i < world->library->lists->len; i++)
        note_deleted(device, ((LibraryList *)world->library->lists->pdata[i])->id);
    world_say(world, "device %u: the person deletes %s (%016" G_GINT64_MODIFIER "x)", device->index,
              path, item);
    world_count(world, "files deleted");
    g_hash_table_add(device->ever, hth_device_path_fold(path));
    g_autoptr(GError) error = NULL;
    g_autofree char *above = g_path_get_dirname(path);
    (void)model_disk_unlink(device->env->disk, path, &error);
    (void)model_disk_sync_dir(device->env->disk, g_str_equal(above, ".") ? "" : above, NULL);
    g_assert_no_error(error);
}

void device_trouble_delete(World *self, SimDevice *device)
{
    if (!sim_device_has_card(device))
        return;
    const gboolean deletes_all = chance_one_in(&self->chance, 12);
    g_autoptr(GPtrArray) files = world_check_files(device);
    for (guint i = 0; i < files->len; i++) {
        const char *path = files->pdata[i];
        if (world_check_own_file(device, path) == NULL &&
            (deletes_all || chance_one_in(&self->chance, files->len)))
            delete_file(device, path);
    }
}

typedef struct {
    Chance *chance;
    char *path;
    guint n;
} Coming;

static void on_coming(const HthSyncPreviewItem *item, gpointer data)
{
    Coming *self = data;
    if (item->fate != HTH_SYNC_FATE_COMING || !chance_one_in(self->chance, ++self->n))
        return;
    g_free(self->path);
    self->path = g_strdup(item->path);
}

/* Where a file of ours is to come; NULL: none is. New. */
static char *path_to_come(World *self, SimDevice *device)
{
    Coming coming = { .chance = &self->chance };
    HthSyncPreview preview;
    (void)hth_sync_home_preview(self->home, device->id, NULL, on_coming, &coming, &preview, NULL);
    return coming.path;
}

void device_trouble_add_own(World *self, SimDevice *device)
{
    /* None of them where a folder of ours must be: then there is no way to please both. */
    static const char *const paths[] = {
        "Music/mine.txt",
        "notes.txt",
        "Music/Band/First/One.mp3",
        "Playlists/x.m3u8",
        "Music/BAND/First/Morning.opus",
        "Playlists/Running.m3u8",
    };
    if (!sim_device_has_card(device))
        return;
    g_autofree char *coming = chance_one_in(&self->chance, 2) ? path_to_come(self, device) : NULL;
    const char *path =
        coming != NULL ? coming : paths[chance_below(&self->chance, G_N_ELEMENTS(paths))];
    HthSyncStat found;
    g_autofree char *above = g_path_get_dirname(path);
    /* Where a file of ours was, one of another size is ours, changed. */
    g_autofree char *folded = hth_device_path_fold(path);
    if (g_hash_table_contains(device->ever, folded) ||
        model_disk_stat(device->env->disk, path, &found, NULL) ||
        (model_disk_stat(device->env->disk, above, &found, NULL) &&
         found.kind != HTH_SYNC_KIND_DIR))
        return;
    g_autofree char *text = g_strdup_printf("mine %" G_GUINT64_FORMAT, chance_next(&self->chance));
    world_say(self, "device %u: the person writes %s", device->index, path);
    model_disk_poke(device->env->disk, path, text, strlen(text));
    if (model_disk_peek(device->env->disk, path) == NULL)
        return; /* no room */
    g_hash_table_replace(device->own_files, g_strdup(text), g_bytes_new(text, strlen(text)));
}

/* ---- The card ---- */

void device_trouble_fill(World *self, SimDevice *device)
{
    if (!sim_device_has_card(device))
        return;
    guint64 capacity = device->capacity_bytes;
    if (!chance_one_in(&self->chance, 3))
        capacity =
            model_disk_used(device->env->disk) + chance_below(&self->chance, FILL_LEAVES_BYTES);
    world_say(self, "device %u: its card holds %" G_GUINT64_FORMAT, device->index, capacity);
    model_disk_set_capacity(device->env->disk, capacity);
}

static ModelDisk *some_card(World *self, SimDevice *device)
{
    SimDevice *other = &self->devices[(device->index + 1) % N_DEVICES];
    const ModelDiskFlags flags = model_disk_flags(device->env->disk);
    switch (chance_below(&self->chance, 3)) {
    case 0:
        return NULL;
    case 1:
        return model_disk_new(flags, device->capacity_bytes);
    default:
        /* A clone's card is as good as its own, and may be in a third one's place. */
        if (!sim_device_has_card(other) || g_str_equal(other->id, device->id))
            return NULL;
        return model_disk_copy(other->env->disk);
    }
}

void device_trouble_card(World *self, SimDevice *device)
{
    if (device->drawer != NULL) {
        world_say(self, "device %u: its card is put back", device->index);
        sim_device_put_card_back(device);
        return;
    }
    if (!device->has_volume || !sim_device_has_card(device))
        return; /* it takes the first card that is put in */
    world_say(self, "device %u: its card is taken out", device->index);
    world_count(self, "cards taken out");
    if (chance_one_in(&self->chance, 2)) {
        sim_device_stop(device);
        model_disk_crash(device->env->disk, &self->chance);
    }
    sim_device_insert(device, some_card(self, device));
}

void device_trouble_keep(World *self, SimDevice *device)
{
    if (!sim_device_has_card(device))
        return;
    world_say(self, "device %u: its card is copied", device->index);
    model_disk_free(device->yesterday);
    device->yesterday = model_disk_copy(device->env->disk);
}

/* What the person had on it is what the copy has. */
static void recount_own_files(SimDevice *device)
{
    g_autoptr(GPtrArray) files = world_check_files(device);
    g_autoptr(GHashTable) there = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < files->len; i++) {
        const char *text = world_check_own_file(device, files->pdata[i]);
        if (text != NULL)
            g_hash_table_add(there, (gpointer)text);
    }
    GHashTableIter each;
    gpointer key;
    g_hash_table_iter_init(&each, device->own_files);
    while (g_hash_table_iter_next(&each, &key, NULL)) {
        if (!g_hash_table_contains(there, key))
            g_hash_table_iter_remove(&each);
    }
}

void device_trouble_put_back(World *self, SimDevice *device)
{
    if (device->yesterday == NULL || !sim_device_has_card(device))
        return;
    world_say(self, "device %u: its card is put back to the copy", device->index);
    world_count(self, "cards put back");
    sim_device_stop(device);
    model_disk_free(device->env->disk);
    device->env->disk = model_disk_copy(device->yesterday);
    device->may_be_bare = TRUE;
    device->told_sequence = 0;
    device->is_settled = FALSE;
    g_hash_table_remove_all(device->seen);
    recount_own_files(device);
    play_book_doubt(self->plays);
}

static void copy_text(gpointer key, gpointer value, gpointer to)
{
    g_hash_table_replace(to, g_strdup(key), g_bytes_ref(value));
}

static void copy_path(gpointer key, gpointer value, gpointer to)
{
    g_hash_table_add(to, g_strdup(key));
}

static void copy_item(gpointer key, gpointer value, gpointer to)
{
    g_hash_table_add(to, g_memdup2(key, sizeof(guint64)));
}

void device_trouble_clone(World *self, SimDevice *device)
{
    SimDevice *from = &self->devices[CLONE_OF];
    SimDevice *to = &self->devices[CLONE];
    if (to->is_clone || !sim_device_has_card(from) || !sim_device_has_card(to) ||
        chance_one_in(&self->chance, 2))
        return;
    world_say(self, "device %u goes on as a copy of device %u", CLONE, CLONE_OF);
    world_count(self, "clones");
    sim_device_stop(to);
    g_free(to->id);
    to->id = g_strdup(from->id);
    to->options = from->options;
    to->has_volume = from->has_volume;
    to->is_clone = from->is_clone = TRUE;
    model_disk_free(to->env->disk);
    to->env->disk = model_disk_copy(from->env->disk);
    to->may_be_bare = TRUE;
    to->told_sequence = 0;
    to->is_settled = FALSE;
    g_hash_table_remove_all(to->seen);
    g_clear_pointer(&to->yesterday, model_disk_free);
    g_hash_table_remove_all(to->deleted);
    g_hash_table_foreach(from->deleted, copy_item, to->deleted);
    g_hash_table_foreach(from->ever, copy_path, to->ever);
    g_hash_table_remove_all(to->own_files);
    g_hash_table_foreach(from->own_files, copy_text, to->own_files);
    play_book_doubt(self->plays);
}

/* ---- The rest ---- */

void device_trouble_stop(World *self, SimDevice *device)
{
    if (device->engine == NULL)
        return;
    switch (chance_below(&self->chance, 4)) {
    case 0:
        hth_sync_device_pause(device->engine);
        sim_device_stop(device);
        return;
    case 1:
        sim_device_stop(device);
        return;
    default:
        if (sim_device_has_card(device))
            sim_device_after_crash(device, FALSE);
        return;
    }
}

void device_trouble_overtake(World *self, SimDevice *device)
{
    if (!sim_device_has_card(device))
        return;
    g_autoptr(GPtrArray) files = model_disk_files(device->env->disk, ".hearth/tmp");
    for (guint i = 0; i < files->len; i++) {
        const char *name = (const char *)files->pdata[i] + strlen(".hearth/tmp/");
        model_library_change_track(self->library, g_ascii_strtoull(name, NULL, 16));
    }
}

void device_trouble_conditions(World *self, SimDevice *device)
{
    device->env->conditions = (guint)chance_below(&self->chance, 4);
}

void device_trouble_verify(World *self, SimDevice *device)
{
    if (device->engine != NULL)
        hth_sync_device_verify(device->engine);
}

void device_trouble_end(SimDevice *device)
{
    sim_device_put_card_back(device);
    if (device->has_next) { /* with nothing to look for it might never notice */
        sim_device_stop(device);
        sim_device_start(device);
    }
    model_disk_set_capacity(device->env->disk, device->capacity_bytes);
    device->env->conditions = 0;
    model_env_disarm(device->env);
}
