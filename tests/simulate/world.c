/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "world.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/base32.h"
#include "base/error.h"
#include "trouble.h"
#include "world-check.h"
#include "world-network.h"

#define ROUNDS_MIN        2
#define ROUNDS_MORE       3
#define CAPACITY_BYTES    (256 * 1024 * 1024)
#define JOURNAL_MAX_BYTES (6 * 1024) /* made short many times in a run */
#define FNV_START         G_GUINT64_CONSTANT(0xcbf29ce484222325)
#define FNV_PRIME         G_GUINT64_CONSTANT(0x100000001b3)

/* ---- What is said of it ---- */

static void trace(const char *line, gpointer data)
{
    World *self = data;
    for (const char *at = line; *at != '\0'; at++)
        self->trace_hash = (self->trace_hash ^ (guchar)*at) * FNV_PRIME;
    self->n_lines++;
    if (self->is_verbose)
        g_print("%6" G_GUINT64_FORMAT "  %s\n", self->n_lines, line);
}

static void trace_device(const char *line, gpointer data)
{
    SimDevice *device = data;
    g_autofree char *whole = g_strdup_printf("   device %u: %s", device->index, line);
    trace(whole, device->world);
}

void world_say(World *self, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *line = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    trace(line, self);
}

void world_fail(World *self, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    g_autofree char *line = g_strdup_vprintf(format, arguments);
    va_end(arguments);
    g_autofree char *told = g_strconcat("NOT AS IT SHOULD BE: ", line, NULL);
    trace(told, self);
    if (self->failure == NULL)
        self->failure = g_steal_pointer(&line);
}

void world_count(World *self, const char *what)
{
    const guint n = GPOINTER_TO_UINT(g_hash_table_lookup(self->counts, what));
    g_hash_table_replace(self->counts, (gpointer)what, GUINT_TO_POINTER(n + 1));
}

/* ---- The home ---- */

void world_home_start(World *self)
{
    if (self->home != NULL)
        return;
    g_autoptr(GError) error = NULL;
    self->home = hth_sync_home_new(self->db_path, NULL, 0, &self->library->funcs, &error);
    if (self->home == NULL)
        world_fail(self, "the home does not start: %s", error->message);
}

void world_home_stop(World *self)
{
    world_network_break(self);
    g_clear_pointer(&self->home, hth_sync_home_free);
}

static gboolean copy_file(World *self, const char *from, const char *to)
{
    g_autofree char *bytes = NULL;
    gsize size = 0;
    g_autoptr(GError) error = NULL;
    if (g_file_get_contents(from, &bytes, &size, &error) &&
        g_file_set_contents(to, bytes, (gssize)size, &error))
        return TRUE;
    world_fail(self, "the database cannot be copied: %s", error->message);
    return FALSE;
}

void world_home_keep(World *self)
{
    world_home_stop(self); /* its log is then part of the file */
    world_say(self, "home: its database is copied");
    self->has_copy = copy_file(self, self->db_path, self->copy_path);
    play_book_keep(self->plays);
    world_home_start(self);
}

void world_home_put_back(World *self)
{
    if (!self->has_copy)
        return;
    world_home_stop(self);
    world_say(self, "home: its database is put back to the copy");
    world_count(self, "home put back");
    (void)copy_file(self, self->copy_path, self->db_path);
    play_book_put_back(self->plays);
    world_home_start(self);
}

/* ---- New, free, all of it ---- */

static ModelDiskFlags flags_of(guint index, Chance *chance)
{
    if (index == 0)
        return MODEL_DISK_FAT;
    return chance_one_in(chance, 2) ? MODEL_DISK_ORDERED : MODEL_DISK_PLAIN;
}

static void make_device(World *self, guint index)
{
    SimDevice *device = &self->devices[index];
    device->world = self;
    device->index = index;
    guint8 key[HTH_SYNC_ID_BYTES];
    chance_fill(&self->chance, key, sizeof key);
    device->id = hth_base32_encode(key, sizeof key);
    memcpy(device->options.device_id, key, sizeof key);
    memset(device->options.home_id, 0x11, sizeof device->options.home_id);
    device->options.may_set_up = TRUE;
    device->env = model_env_new(chance_next(&self->chance), flags_of(index, &self->chance));
    device->env->env.faults = self->faults;
    device->env->env.journal_max_bytes = chance_one_in(&self->chance, 3) ? 0 : JOURNAL_MAX_BYTES;
    device->env->network = &world_network;
    device->env->network_data = device;
    device->env->trace = trace_device;
    device->env->trace_data = device;
    device->capacity_bytes = CAPACITY_BYTES;
    model_disk_set_capacity(device->env->disk, CAPACITY_BYTES);
    device->deleted = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    device->ever = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    device->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    device->own_files =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
}

/* The home's database lies in memory where the system has such a place: it is synced often. */
static char *make_dir(void)
{
    g_autofree char *template = g_strdup_printf(
        "%s/hearth-simulate-XXXXXX", access("/dev/shm", W_OK) == 0 ? "/dev/shm" : g_get_tmp_dir());
    g_assert_nonnull(g_mkdtemp(template));
    return g_steal_pointer(&template);
}

World *world_new(guint64 seed, guint faults, gboolean is_verbose)
{
    World *self = g_new0(World, 1);
    self->seed = seed;
    self->faults = faults;
    self->is_verbose = is_verbose;
    self->trace_hash = FNV_START;
    self->chance.state = seed * G_GUINT64_CONSTANT(0x9e3779b97f4a7c15) + 1;
    self->home_wall_ms = G_GINT64_CONSTANT(1750000000000);
    self->counts = g_hash_table_new(g_str_hash, g_str_equal);
    self->cards = g_ptr_array_new_with_free_func((GDestroyNotify)model_disk_free);
    self->streams = g_ptr_array_new();
    self->ghosts = g_ptr_array_new();
    self->plays = play_book_new();
    self->library = model_library_new(chance_next(&self->chance), &self->home_wall_ms);
    self->library->funcs.faults = faults;
    self->library->booking = self->plays;
    self->library->trace = trace;
    self->library->trace_data = self;
    self->dir = make_dir();
    self->db_path = g_build_filename(self->dir, "sync.db", NULL);
    self->copy_path = g_build_filename(self->dir, "copy.db", NULL);
    for (guint i = 0; i < N_DEVICES; i++)
        make_device(self, i);
    world_home_start(self);
    return self;
}

static void free_device(SimDevice *device)
{
    sim_device_put_card_back(device); /* what is in is the world's */
    if (device->has_next)
        device->env->disk = device->next;
    hth_sync_device_free(device->engine);
    hth_play_feed_free(device->feed);
    model_env_free(device->env);
    model_disk_free(device->yesterday);
    g_clear_pointer(&device->deleted, g_hash_table_unref);
    g_clear_pointer(&device->seen, g_hash_table_unref);
    g_clear_pointer(&device->ever, g_hash_table_unref);
    g_clear_pointer(&device->own_files, g_hash_table_unref);
    g_free(device->id);
}

static void remove_dir(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *file = g_build_filename(path, name, NULL);
        (void)g_unlink(file); /* what is left is in the way of the next line, and seen */
    }
    (void)g_rmdir(path);
}

void world_free(World *self)
{
    if (self == NULL)
        return;
    for (guint i = 0; i < N_DEVICES; i++)
        free_device(&self->devices[i]);
    world_home_stop(self);
    g_ptr_array_unref(self->cards);
    g_ptr_array_unref(self->streams);
    g_ptr_array_unref(self->ghosts);
    model_library_free(self->library);
    play_book_free(self->plays);
    g_hash_table_unref(self->counts);
    remove_dir(self->dir);
    g_free(self->dir);
    g_free(self->db_path);
    g_free(self->copy_path);
    g_free(self->failure);
    g_free(self);
}

gboolean world_run(World *self)
{
    for (guint i = 0; i < N_DEVICES && self->failure == NULL; i++)
        trouble_new_rule(self, i);
    const guint n_rounds = ROUNDS_MIN + (guint)chance_below(&self->chance, ROUNDS_MORE);
    for (guint round = 0; round < n_rounds && self->failure == NULL; round++) {
        world_say(self, "---- round %u ----", round);
        trouble_round(self);
        if (self->failure != NULL)
            break;
        world_say(self, "---- rest %u ----", round);
        trouble_end(self);
        world_check_rest(self);
    }
    return self->failure == NULL;
}
