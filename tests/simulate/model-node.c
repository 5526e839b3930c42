/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model-node.h"

#include <string.h>

#include "model-disk.h"

ModelNode *model_node_ref(ModelNode *node)
{
    if (node != NULL)
        node->n_refs++;
    return node;
}

void model_node_unref(ModelNode *node)
{
    if (node == NULL || --node->n_refs > 0)
        return;
    g_clear_pointer(&node->names, g_hash_table_unref);
    g_clear_pointer(&node->bytes, g_byte_array_unref);
    g_clear_pointer(&node->synced, g_byte_array_unref);
    g_clear_pointer(&node->writes, g_array_unref);
    g_free(node);
}

static void name_free(gpointer data)
{
    ModelName *name = data;
    g_free(name->name);
    model_node_unref(name->node);
    g_free(name);
}

static void write_clear(gpointer data)
{
    g_clear_pointer(&((ModelWrite *)data)->bytes, g_bytes_unref);
}

ModelNode *model_node_new(gboolean is_dir)
{
    ModelNode *node = g_new0(ModelNode, 1);
    node->n_refs = 1;
    node->is_dir = is_dir;
    if (is_dir) {
        node->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, name_free);
    } else {
        node->bytes = g_byte_array_new();
        node->synced = g_byte_array_new();
        node->writes = g_array_new(FALSE, FALSE, sizeof(ModelWrite));
        g_array_set_clear_func(node->writes, write_clear);
    }
    return node;
}

static void set_bytes(GByteArray *to, const GByteArray *from)
{
    g_byte_array_set_size(to, from->len);
    if (from->len > 0)
        memcpy(to->data, from->data, from->len);
}

static void copy_name(gpointer key, gpointer value, gpointer to)
{
    const ModelName *from = value;
    ModelName *name = g_new(ModelName, 1);
    *name = (ModelName){ g_strdup(from->name), model_node_copy(from->node) };
    g_hash_table_insert(to, g_strdup(key), name);
}

ModelNode *model_node_copy(const ModelNode *from)
{
    ModelNode *node = model_node_new(from->is_dir);
    node->mtime_us = from->mtime_us;
    if (from->is_dir) {
        g_hash_table_foreach(from->names, copy_name, node->names);
    } else {
        set_bytes(node->bytes, from->bytes);
        set_bytes(node->synced, from->bytes);
    }
    return node;
}

guint64 model_node_bytes(const ModelNode *node)
{
    if (!node->is_dir)
        return node->bytes->len;
    guint64 sum = 0;
    GHashTableIter each;
    gpointer value;
    g_hash_table_iter_init(&each, node->names);
    while (g_hash_table_iter_next(&each, NULL, &value))
        sum += model_node_bytes(((ModelName *)value)->node);
    return sum;
}

static int by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

GPtrArray *model_node_keys(const ModelNode *dir)
{
    GPtrArray *keys = g_ptr_array_new_with_free_func(g_free);
    GHashTableIter each;
    gpointer key;
    g_hash_table_iter_init(&each, dir->names);
    while (g_hash_table_iter_next(&each, &key, NULL))
        g_ptr_array_add(keys, g_strdup(key));
    g_ptr_array_sort(keys, by_text);
    return keys;
}

/* ---- Bytes ---- */

void model_bytes_apply(GByteArray *to, guint64 offset, gconstpointer bytes, gsize size)
{
    const guint old = to->len;
    if (offset + size > old) {
        g_byte_array_set_size(to, (guint)(offset + size));
        memset(to->data + old, 0, to->len - old);
    }
    if (size > 0)
        memcpy(to->data + offset, bytes, size);
}

void model_bytes_resize(GByteArray *bytes, guint64 size)
{
    const guint old = bytes->len;
    g_byte_array_set_size(bytes, (guint)size);
    if (size > old)
        memset(bytes->data + old, 0, (gsize)size - old);
}

void model_node_sync(ModelNode *node)
{
    set_bytes(node->synced, node->bytes);
    g_array_set_size(node->writes, 0);
}

/* ---- A crash, and its contrary ---- */

/* Puts some sectors of @write on top of @bytes; some cards write less than a sector at once. */
static void apply_torn(GByteArray *bytes, const ModelWrite *write, Chance *chance)
{
    const guint unit = chance_one_in(chance, 2) ? MODEL_DISK_SECTOR_BYTES : 16;
    gsize size = 0;
    const guint8 *from = g_bytes_get_data(write->bytes, &size);
    gsize done = 0;
    while (done < size) {
        const guint64 at = write->offset + done;
        const gsize n = MIN(size - done, unit - at % unit);
        if (chance_one_in(chance, 2))
            model_bytes_apply(bytes, at, from + done, n);
        done += n;
    }
}

static void lose_bytes(ModelNode *node, Chance *chance)
{
    if (node->writes->len == 0)
        return;
    const guint way = (guint)chance_below(chance, 5);
    GByteArray *left = node->synced;
    const guint n = way == 0   ? node->writes->len
                    : way == 1 ? 0
                    : way == 2 ? (guint)chance_below(chance, node->writes->len + 1)
                               : node->writes->len;
    for (guint i = 0; i < n; i++) {
        const ModelWrite *write = &g_array_index(node->writes, ModelWrite, i);
        const gboolean is_torn = way >= 3 || (way == 2 && i + 1 == n);
        if (write->bytes == NULL && (!is_torn || chance_one_in(chance, 2)))
            model_bytes_resize(left, write->offset);
        else if (write->bytes != NULL && is_torn)
            apply_torn(left, write, chance);
        else if (write->bytes != NULL)
            model_bytes_apply(left, write->offset, g_bytes_get_data(write->bytes, NULL),
                              g_bytes_get_size(write->bytes));
    }
    g_array_set_size(node->writes, 0);
}

void model_node_lose(ModelNode *dir, Chance *chance)
{
    g_autoptr(GPtrArray) keys = model_node_keys(dir);
    for (guint i = 0; i < keys->len; i++) {
        ModelName *name = g_hash_table_lookup(dir->names, keys->pdata[i]);
        if (name->node->is_dir) {
            model_node_lose(name->node, chance);
            continue;
        }
        lose_bytes(name->node, chance);
        ModelNode *fresh = model_node_new(FALSE);
        fresh->mtime_us = name->node->mtime_us;
        set_bytes(fresh->synced, name->node->synced);
        set_bytes(fresh->bytes, name->node->synced);
        model_node_unref(name->node);
        name->node = fresh;
    }
}

void model_node_settle(ModelNode *node)
{
    if (!node->is_dir) {
        model_node_sync(node);
        return;
    }
    GHashTableIter each;
    gpointer value;
    g_hash_table_iter_init(&each, node->names);
    while (g_hash_table_iter_next(&each, NULL, &value))
        model_node_settle(((ModelName *)value)->node);
}
