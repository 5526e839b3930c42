/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The folder in memory from outside: what goes wrong, and what is there. */
#include "memory-folder-private.h"

#include <string.h>

#include "sync/device-path.h"

/* ---- The object ---- */

static GHashTable *names_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, hth_memory_name_free);
}

HthMemoryFolder *hth_memory_folder_new(guint32 seed)
{
    HthMemoryFolder *self = g_new0(HthMemoryFolder, 1);
    self->env.funcs = &hth_memory_funcs;
    self->env.data = self;
    self->random = g_rand_new_with_seed(seed);
    self->names = names_new();
    self->synced_names = names_new();
    self->pending = g_ptr_array_new_with_free_func(hth_memory_pending_free);
    self->open_files = g_hash_table_new(NULL, NULL);
    self->capacity = G_MAXUINT64;
    self->wall_ms = 1700000000000;
    return self;
}

void hth_memory_folder_free(HthMemoryFolder *self)
{
    if (self == NULL)
        return;
    g_assert_cmpuint(g_hash_table_size(self->open_files), ==, 0); /* the engine closes its files */
    g_hash_table_unref(self->open_files);
    g_ptr_array_unref(self->pending);
    g_hash_table_unref(self->names);
    g_hash_table_unref(self->synced_names);
    g_rand_free(self->random);
    g_free(self);
}

HthSyncEnv *hth_memory_folder_env(HthMemoryFolder *self)
{
    return &self->env;
}

void hth_memory_folder_set_network(HthMemoryFolder *self, const HthMemoryNetwork *network)
{
    self->network = *network;
}

void hth_memory_folder_set_fat(HthMemoryFolder *self, gboolean is_fat)
{
    self->is_fat = is_fat;
}

void hth_memory_folder_set_capacity(HthMemoryFolder *self, guint64 bytes)
{
    self->capacity = bytes;
}

guint64 hth_memory_folder_calls(const HthMemoryFolder *self)
{
    return self->calls;
}

void hth_memory_folder_fail_at(HthMemoryFolder *self, guint64 call, gint code)
{
    self->fail_at = call;
    self->fail_code = code;
}

void hth_memory_folder_crash_at(HthMemoryFolder *self, guint64 call)
{
    self->crash_at = call;
}

void hth_memory_folder_cut_stream_after(HthMemoryFolder *self, guint64 bytes)
{
    self->cut_after = bytes;
}

void hth_memory_folder_advance(HthMemoryFolder *self, gint64 ms)
{
    self->wall_ms += ms;
    self->monotonic_ms += ms;
}

void hth_memory_folder_set_wall(HthMemoryFolder *self, gint64 unix_ms)
{
    self->wall_ms = unix_ms;
}

void hth_memory_folder_set_conditions(HthMemoryFolder *self, guint conditions)
{
    self->conditions = conditions;
}

guint64 hth_memory_folder_bytes_written(const HthMemoryFolder *self)
{
    return self->written;
}

/* Some blocks and perhaps the size of what was not synced reached the card. */
static void tear(HthMemoryFolder *self, Node *node)
{
    GByteArray *survives = g_byte_array_new();
    hth_memory_copy_bytes(node->synced, survives);
    if (g_rand_boolean(self->random))
        hth_memory_resize(survives, node->now->len);
    const guint length = MIN(survives->len, node->now->len);
    for (guint at = 0; at < length; at += BLOCK_BYTES)
        if (g_rand_boolean(self->random))
            memcpy(survives->data + at, node->now->data + at, MIN(BLOCK_BYTES, length - at));
    hth_memory_copy_bytes(survives, node->now);
    hth_memory_copy_bytes(survives, node->synced);
    g_byte_array_unref(survives);
}

static void settle_names(HthMemoryFolder *self, gboolean keeps_all)
{
    for (guint i = 0; i < self->pending->len; i++)
        if (keeps_all || g_rand_boolean(self->random))
            hth_memory_make_durable(self, g_ptr_array_index(self->pending, i));
    g_ptr_array_set_size(self->pending, 0);
    /* A name below a folder that was never durable is gone with it. */
    for (gboolean again = TRUE; again;) {
        again = FALSE;
        GHashTableIter iter;
        gpointer value;
        g_hash_table_iter_init(&iter, self->synced_names);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
            g_autofree char *parent = hth_device_path_parent(((Name *)value)->path);
            if (parent[0] == '\0' || hth_memory_lookup(self, self->synced_names, parent) != NULL)
                continue;
            g_hash_table_iter_remove(&iter);
            again = TRUE;
        }
    }
}

static void copy_names(const HthMemoryFolder *self, GHashTable *from, GHashTable *to)
{
    GHashTableIter iter;
    gpointer value;
    g_hash_table_remove_all(to);
    g_hash_table_iter_init(&iter, from);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        hth_memory_insert(self, to, ((Name *)value)->path, ((Name *)value)->node);
}

void hth_memory_folder_reboot(HthMemoryFolder *self, gboolean keeps_all)
{
    g_assert_cmpuint(g_hash_table_size(self->open_files), ==, 0);
    settle_names(self, keeps_all);
    copy_names(self, self->synced_names, self->names);
    g_autoptr(GPtrArray) keys = g_ptr_array_new();
    GHashTableIter iter;
    gpointer key;
    g_hash_table_iter_init(&iter, self->names);
    while (g_hash_table_iter_next(&iter, &key, NULL))
        g_ptr_array_add(keys, key);
    g_ptr_array_sort(keys, hth_memory_compare_texts); /* the same chance in every run */
    for (guint i = 0; i < keys->len; i++) {
        const Name *name = g_hash_table_lookup(self->names, g_ptr_array_index(keys, i));
        if (keeps_all)
            hth_memory_copy_bytes(name->node->now, name->node->synced);
        else
            tear(self, name->node);
    }
    self->fail_at = 0;
    self->crash_at = 0;
    self->cut_after = 0;
}

/* ---- A look from outside ---- */

GBytes *hth_memory_folder_read(HthMemoryFolder *self, const char *path)
{
    const Name *name = hth_memory_lookup(self, self->names, path);
    if (name == NULL || name->node->is_dir)
        return NULL;
    return g_bytes_new(name->node->now->data, name->node->now->len);
}

static void make_parents(HthMemoryFolder *self, const char *path)
{
    g_autofree char *parent = hth_device_path_parent(path);
    if (parent[0] == '\0' || hth_memory_lookup(self, self->names, parent) != NULL)
        return;
    make_parents(self, parent);
    Node *node = hth_memory_node_new(TRUE);
    hth_memory_insert(self, self->names, parent, node);
    hth_memory_insert(self, self->synced_names, parent, node);
    hth_memory_node_unref(node);
}

void hth_memory_folder_write(HthMemoryFolder *self, const char *path, GBytes *bytes)
{
    make_parents(self, path);
    Node *node = hth_memory_node_new(FALSE);
    g_byte_array_append(node->now, g_bytes_get_data(bytes, NULL), (guint)g_bytes_get_size(bytes));
    hth_memory_copy_bytes(node->now, node->synced);
    hth_memory_insert(self, self->names, path, node);
    hth_memory_insert(self, self->synced_names, path, node);
    hth_memory_node_unref(node);
}

void hth_memory_folder_delete(HthMemoryFolder *self, const char *path)
{
    hth_memory_take_away(self, self->names, path);
    hth_memory_take_away(self, self->synced_names, path);
}

GPtrArray *hth_memory_folder_files(HthMemoryFolder *self)
{
    GPtrArray *paths = g_ptr_array_new_with_free_func(g_free);
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, self->names);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Name *name = value;
        if (!name->node->is_dir && !g_str_has_prefix(name->path, HTH_DEVICE_OWN_DIR "/"))
            g_ptr_array_add(paths, g_strdup(name->path));
    }
    g_ptr_array_sort(paths, hth_memory_compare_texts);
    return paths;
}

gpointer hth_memory_folder_snapshot(HthMemoryFolder *self, const char *below)
{
    GHashTable *copy =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, self->names);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Name *name = value;
        if (!name->node->is_dir && g_str_has_prefix(name->path, below))
            g_hash_table_insert(copy, g_strdup(name->path),
                                hth_memory_folder_read(self, name->path));
    }
    return copy;
}

void hth_memory_folder_restore(HthMemoryFolder *self, const char *below, gpointer snapshot)
{
    g_autoptr(GPtrArray) gone = g_ptr_array_new_with_free_func(g_free);
    GHashTableIter iter;
    gpointer key;
    gpointer value;
    g_hash_table_iter_init(&iter, self->names);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        if (!((Name *)value)->node->is_dir && g_str_has_prefix(((Name *)value)->path, below))
            g_ptr_array_add(gone, g_strdup(((Name *)value)->path));
    for (guint i = 0; i < gone->len; i++)
        hth_memory_folder_delete(self, g_ptr_array_index(gone, i));
    g_hash_table_iter_init(&iter, snapshot);
    while (g_hash_table_iter_next(&iter, &key, &value))
        hth_memory_folder_write(self, key, value);
}

void hth_memory_folder_snapshot_free(gpointer snapshot)
{
    g_hash_table_unref(snapshot);
}
