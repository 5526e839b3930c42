/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "memory-folder-private.h"

#include <string.h>

#include "base/error.h"
#include "sync/device-path.h"

/* ---- Nodes and names ---- */

Node *hth_memory_node_new(gboolean is_dir)
{
    Node *node = g_new0(Node, 1);
    g_atomic_ref_count_init(&node->ref_count);
    node->is_dir = is_dir;
    node->now = g_byte_array_new();
    node->synced = g_byte_array_new();
    return node;
}

static Node *node_ref(Node *node)
{
    g_atomic_ref_count_inc(&node->ref_count);
    return node;
}

void hth_memory_node_unref(Node *node)
{
    if (!g_atomic_ref_count_dec(&node->ref_count))
        return;
    g_byte_array_unref(node->now);
    g_byte_array_unref(node->synced);
    g_free(node);
}

void hth_memory_name_free(gpointer data)
{
    Name *name = data;
    g_free(name->path);
    hth_memory_node_unref(name->node);
    g_free(name);
}

void hth_memory_pending_free(gpointer data)
{
    Pending *pending = data;
    g_free(pending->from);
    g_free(pending->to);
    hth_memory_node_unref(pending->node);
    g_free(pending);
}

static char *key_of(const HthMemoryFolder *self, const char *path)
{
    return self->is_fat ? hth_device_path_fold(path) : g_strdup(path);
}

Name *hth_memory_lookup(const HthMemoryFolder *self, GHashTable *names, const char *path)
{
    g_autofree char *key = key_of(self, path);
    return g_hash_table_lookup(names, key);
}

void hth_memory_insert(const HthMemoryFolder *self, GHashTable *names, const char *path, Node *node)
{
    Name *name = g_new0(Name, 1);
    name->path = g_strdup(path);
    name->node = node_ref(node);
    g_hash_table_replace(names, key_of(self, path), name);
}

void hth_memory_take_away(const HthMemoryFolder *self, GHashTable *names, const char *path)
{
    g_autofree char *key = key_of(self, path);
    g_hash_table_remove(names, key);
}

static void add_pending(HthMemoryFolder *self, NameChange change, const char *from, const char *to,
                        Node *node)
{
    Pending *pending = g_new0(Pending, 1);
    pending->change = change;
    pending->from = g_strdup(from);
    pending->to = g_strdup(to);
    pending->node = node_ref(node);
    pending->from_is_synced = from == NULL;
    pending->to_is_synced = to == NULL;
    g_ptr_array_add(self->pending, pending);
}

/* What a crash or a sync makes of a change: where it still fits, it is as if it had been synced. */
void hth_memory_make_durable(HthMemoryFolder *self, const Pending *pending)
{
    if (pending->from != NULL) {
        const Name *old = hth_memory_lookup(self, self->synced_names, pending->from);
        if (old != NULL && old->node == pending->node)
            hth_memory_take_away(self, self->synced_names, pending->from);
    }
    if (pending->to != NULL)
        hth_memory_insert(self, self->synced_names, pending->to, pending->node);
}

gint hth_memory_compare_texts(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* ---- Failing ---- */

static gboolean fail(GError **error, gint code, const char *what)
{
    g_set_error(error, G_FILE_ERROR, code, "%s (made to fail)", what);
    return FALSE;
}

static gboolean is_dead(const HthMemoryFolder *self)
{
    return self->crash_at != 0 && self->calls >= self->crash_at;
}

static gboolean begin(HthMemoryFolder *self, const char *what, gboolean is_network, GError **error)
{
    self->calls++;
    if (is_dead(self)) {
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_CANCELLED, "the power is gone");
        return FALSE;
    }
    if (self->fail_at != self->calls)
        return TRUE;
    if (!is_network)
        return fail(error, self->fail_code, what);
    g_set_error(error, HTH_ERROR, HTH_ERROR_NETWORK, "%s (made to fail)", what);
    return FALSE;
}

static gboolean parent_is_there(const HthMemoryFolder *self, const char *path)
{
    g_autofree char *parent = hth_device_path_parent(path);
    if (parent[0] == '\0')
        return TRUE;
    const Name *name = hth_memory_lookup(self, self->names, parent);
    return name != NULL && name->node->is_dir;
}

static guint64 used_bytes(const HthMemoryFolder *self)
{
    guint64 used = 0;
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, self->names);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        used += ((Name *)value)->node->now->len;
    return used;
}

/* ---- Files ---- */

static gboolean name_is_legal(const HthMemoryFolder *self, const char *path)
{
    return !self->is_fat || strpbrk(path, "<>:\"|?*\\") == NULL;
}

static Node *find_or_make(HthMemoryFolder *self, const char *path, HthSyncOpen how, GError **error)
{
    Name *name = hth_memory_lookup(self, self->names, path);
    if (name != NULL && name->node->is_dir) {
        fail(error, G_FILE_ERROR_ISDIR, path);
        return NULL;
    }
    if (name != NULL)
        return name->node;
    if (how == HTH_SYNC_OPEN_READ || how == HTH_SYNC_OPEN_WRITE || !parent_is_there(self, path)) {
        fail(error, G_FILE_ERROR_NOENT, path);
        return NULL;
    }
    if (!name_is_legal(self, path)) {
        fail(error, G_FILE_ERROR_INVAL, path);
        return NULL;
    }
    Node *node = hth_memory_node_new(FALSE);
    hth_memory_insert(self, self->names, path, node);
    add_pending(self, NAME_MADE, NULL, path, node);
    hth_memory_node_unref(node);
    return node;
}

static HthSyncFile *memory_open(gpointer data, const char *path, HthSyncOpen how, GError **error)
{
    HthMemoryFolder *self = data;
    if (!begin(self, path, FALSE, error))
        return NULL;
    Node *node = find_or_make(self, path, how, error);
    if (node == NULL)
        return NULL;
    if (how == HTH_SYNC_OPEN_CREATE)
        g_byte_array_set_size(node->now, 0);
    HthSyncFile *file = g_new0(HthSyncFile, 1);
    file->node = node_ref(node);
    g_hash_table_add(self->open_files, file);
    return file;
}

static void memory_close(gpointer data, HthSyncFile *file)
{
    HthMemoryFolder *self = data;
    if (file == NULL)
        return;
    g_assert_true(g_hash_table_remove(self->open_files, file));
    hth_memory_node_unref(file->node);
    g_free(file);
}

static gboolean memory_read(gpointer data, HthSyncFile *file, guint64 offset, void *buffer,
                            gsize size, gsize *out_read, GError **error)
{
    if (!begin(data, "read", FALSE, error))
        return FALSE;
    const GByteArray *bytes = file->node->now;
    *out_read = offset < bytes->len ? MIN(size, bytes->len - (gsize)offset) : 0;
    if (*out_read > 0)
        memcpy(buffer, bytes->data + offset, *out_read);
    return TRUE;
}

void hth_memory_resize(GByteArray *bytes, gsize size)
{
    const gsize before = bytes->len;
    g_byte_array_set_size(bytes, (guint)size);
    if (size > before)
        memset(bytes->data + before, 0, size - before);
}

static gboolean memory_write(gpointer data, HthSyncFile *file, guint64 offset, gconstpointer bytes,
                             gsize size, GError **error)
{
    HthMemoryFolder *self = data;
    if (!begin(self, "write", FALSE, error))
        return FALSE;
    GByteArray *now = file->node->now;
    const guint64 end = offset + size;
    if (end > now->len && used_bytes(self) + (end - now->len) > self->capacity)
        return fail(error, G_FILE_ERROR_NOSPC, "write");
    if (end > now->len)
        hth_memory_resize(now, (gsize)end);
    if (size > 0)
        memcpy(now->data + offset, bytes, size);
    self->written += size;
    return TRUE;
}

static gboolean memory_truncate(gpointer data, HthSyncFile *file, guint64 size, GError **error)
{
    if (!begin(data, "truncate", FALSE, error))
        return FALSE;
    hth_memory_resize(file->node->now, (gsize)size);
    return TRUE;
}

static gboolean memory_size(gpointer data, HthSyncFile *file, guint64 *out_size, GError **error)
{
    if (!begin(data, "size", FALSE, error))
        return FALSE;
    *out_size = file->node->now->len;
    return TRUE;
}

void hth_memory_copy_bytes(const GByteArray *from, GByteArray *to)
{
    g_byte_array_set_size(to, 0);
    if (from->len > 0)
        g_byte_array_append(to, from->data, from->len);
}

static gboolean memory_sync(gpointer data, HthSyncFile *file, GError **error)
{
    if (!begin(data, "sync", FALSE, error))
        return FALSE;
    hth_memory_copy_bytes(file->node->now, file->node->synced);
    return TRUE;
}

/* ---- Names ---- */

static gboolean memory_stat(gpointer data, const char *path, HthSyncStat *out_stat, GError **error)
{
    HthMemoryFolder *self = data;
    if (!begin(self, path, FALSE, error))
        return FALSE;
    if (path[0] == '\0') {
        *out_stat = (HthSyncStat){ .kind = HTH_SYNC_KIND_DIR };
        return TRUE;
    }
    const Name *name = hth_memory_lookup(self, self->names, path);
    if (name == NULL)
        return fail(error, G_FILE_ERROR_NOENT, path);
    *out_stat = (HthSyncStat){ .kind = name->node->is_dir ? HTH_SYNC_KIND_DIR : HTH_SYNC_KIND_FILE,
                               .size = name->node->now->len };
    return TRUE;
}

static gboolean has_children(const HthMemoryFolder *self, const char *path)
{
    g_autofree char *key = key_of(self, path);
    g_autofree char *prefix = g_strconcat(key, "/", NULL);
    GHashTableIter iter;
    gpointer name;
    g_hash_table_iter_init(&iter, self->names);
    while (g_hash_table_iter_next(&iter, &name, NULL))
        if (g_str_has_prefix(name, prefix))
            return TRUE;
    return FALSE;
}

static gboolean memory_rename(gpointer data, const char *from, const char *to, GError **error)
{
    HthMemoryFolder *self = data;
    if (!begin(self, from, FALSE, error))
        return FALSE;
    Name *name = hth_memory_lookup(self, self->names, from);
    if (name == NULL || !parent_is_there(self, to))
        return fail(error, G_FILE_ERROR_NOENT, from);
    if (!name_is_legal(self, to))
        return fail(error, G_FILE_ERROR_INVAL, to);
    const Name *target = hth_memory_lookup(self, self->names, to);
    if (target != NULL && target->node->is_dir)
        return fail(error, G_FILE_ERROR_ISDIR, to);
    g_assert_false(name->node->is_dir); /* the engine renames files only */
    Node *node = node_ref(name->node);
    hth_memory_take_away(self, self->names, from);
    hth_memory_insert(self, self->names, to, node);
    add_pending(self, NAME_MOVED, from, to, node);
    hth_memory_node_unref(node);
    return TRUE;
}

static gboolean remove_name(HthMemoryFolder *self, const char *path, gboolean is_dir,
                            GError **error)
{
    if (!begin(self, path, FALSE, error))
        return FALSE;
    Name *name = hth_memory_lookup(self, self->names, path);
    if (name == NULL)
        return fail(error, G_FILE_ERROR_NOENT, path);
    if (name->node->is_dir != is_dir)
        return fail(error, is_dir ? G_FILE_ERROR_NOTDIR : G_FILE_ERROR_ISDIR, path);
    if (is_dir && has_children(self, path))
        return fail(error, G_FILE_ERROR_EXIST, path);
    add_pending(self, NAME_GONE, path, NULL, name->node);
    hth_memory_take_away(self, self->names, path);
    return TRUE;
}

static gboolean memory_unlink(gpointer data, const char *path, GError **error)
{
    return remove_name(data, path, FALSE, error);
}

static gboolean memory_remove_dir(gpointer data, const char *path, GError **error)
{
    return remove_name(data, path, TRUE, error);
}

static gboolean memory_make_dir(gpointer data, const char *path, GError **error)
{
    HthMemoryFolder *self = data;
    if (!begin(self, path, FALSE, error))
        return FALSE;
    if (hth_memory_lookup(self, self->names, path) != NULL)
        return fail(error, G_FILE_ERROR_EXIST, path);
    if (!parent_is_there(self, path))
        return fail(error, G_FILE_ERROR_NOENT, path);
    if (!name_is_legal(self, path))
        return fail(error, G_FILE_ERROR_INVAL, path);
    Node *node = hth_memory_node_new(TRUE);
    hth_memory_insert(self, self->names, path, node);
    add_pending(self, NAME_MADE, NULL, path, node);
    hth_memory_node_unref(node);
    return TRUE;
}

static gboolean is_in(const HthMemoryFolder *self, const char *path, const char *dir)
{
    g_autofree char *parent = hth_device_path_parent(path);
    g_autofree char *a = key_of(self, parent);
    g_autofree char *b = key_of(self, dir);
    return strcmp(a, b) == 0;
}

static gboolean memory_sync_dir(gpointer data, const char *path, GError **error)
{
    HthMemoryFolder *self = data;
    if (!begin(self, path, FALSE, error))
        return FALSE;
    if (path[0] != '\0' && hth_memory_lookup(self, self->names, path) == NULL)
        return fail(error, G_FILE_ERROR_NOENT, path);
    for (guint i = 0; i < self->pending->len;) {
        Pending *pending = g_ptr_array_index(self->pending, i);
        pending->from_is_synced |= pending->from != NULL && is_in(self, pending->from, path);
        pending->to_is_synced |= pending->to != NULL && is_in(self, pending->to, path);
        if (!pending->from_is_synced || !pending->to_is_synced) {
            i++;
            continue;
        }
        hth_memory_make_durable(self, pending);
        g_ptr_array_remove_index(self->pending, i);
    }
    return TRUE;
}

static gboolean memory_list(gpointer data, const char *path, HthSyncListed callback,
                            gpointer callback_data, GError **error)
{
    HthMemoryFolder *self = data;
    if (!begin(self, path, FALSE, error))
        return FALSE;
    if (path[0] != '\0' && hth_memory_lookup(self, self->names, path) == NULL)
        return fail(error, G_FILE_ERROR_NOENT, path);
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, self->names);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        if (is_in(self, ((Name *)value)->path, path))
            g_ptr_array_add(found, g_strdup(((Name *)value)->path));
    g_ptr_array_sort(found, hth_memory_compare_texts);
    for (guint i = 0; i < found->len; i++) {
        const char *full = g_ptr_array_index(found, i);
        const Name *name = hth_memory_lookup(self, self->names, full);
        const HthSyncStat stat = {
            .kind = name->node->is_dir ? HTH_SYNC_KIND_DIR : HTH_SYNC_KIND_FILE,
            .size = name->node->now->len,
        };
        const char *slash = strrchr(full, '/');
        if (!callback(slash != NULL ? slash + 1 : full, &stat, callback_data))
            break;
    }
    return TRUE;
}

static gboolean memory_free_bytes(gpointer data, guint64 *out_free, GError **error)
{
    HthMemoryFolder *self = data;
    if (!begin(self, "free", FALSE, error))
        return FALSE;
    const guint64 used = used_bytes(self);
    *out_free = used < self->capacity ? self->capacity - used : 0;
    return TRUE;
}

/* ---- Clocks, chance, network ---- */

static gint64 memory_wall_ms(gpointer data)
{
    return ((HthMemoryFolder *)data)->wall_ms;
}

static gint64 memory_monotonic_ms(gpointer data)
{
    return ((HthMemoryFolder *)data)->monotonic_ms;
}

static void memory_random(gpointer data, void *out, gsize size)
{
    HthMemoryFolder *self = data;
    for (gsize i = 0; i < size; i++)
        ((guint8 *)out)[i] = (guint8)g_rand_int(self->random);
}

static guint memory_conditions(gpointer data)
{
    return ((HthMemoryFolder *)data)->conditions;
}

static gboolean no_network(GError **error)
{
    g_set_error_literal(error, HTH_ERROR, HTH_ERROR_NETWORK, "the home is away");
    return FALSE;
}

static gboolean memory_exchange(gpointer data, const char *route, GBytes *body,
                                gsize max_answer_bytes, guint *out_status, GBytes **out_answer,
                                GError **error)
{
    HthMemoryFolder *self = data;
    if (!begin(self, route, TRUE, error))
        return FALSE;
    if (self->network.exchange == NULL)
        return no_network(error);
    return self->network.exchange(self->network.data, route, body, max_answer_bytes, out_status,
                                  out_answer, error);
}

static HthSyncStream *memory_stream(gpointer data, const char *route, GBytes *body,
                                    guint *out_status, GError **error)
{
    HthMemoryFolder *self = data;
    if (!begin(self, route, TRUE, error))
        return NULL;
    if (self->network.stream == NULL) {
        no_network(error);
        return NULL;
    }
    GBytes *bytes = self->network.stream(self->network.data, route, body, out_status, error);
    if (bytes == NULL)
        return NULL;
    HthSyncStream *stream = g_new0(HthSyncStream, 1);
    stream->bytes = bytes;
    return stream;
}

static gboolean memory_pump(gpointer data, HthSyncStream *stream, gsize max_bytes, HthSyncSink sink,
                            gpointer sink_data, gboolean *out_ended, GError **error)
{
    HthMemoryFolder *self = data;
    *out_ended = FALSE;
    if (!begin(self, "pump", TRUE, error))
        return FALSE;
    gsize size = 0;
    const guint8 *bytes = g_bytes_get_data(stream->bytes, &size);
    /* Pieces of uneven size, as TLS records come. */
    const gsize chance = 1 + g_rand_int(self->random) % 16384;
    gsize piece = MIN(MIN(size - stream->at, max_bytes), chance);
    if (self->cut_after > 0 && piece >= self->cut_after) {
        piece = (gsize)self->cut_after;
        self->cut_after = 0;
        if (!sink(bytes + stream->at, piece, sink_data, error))
            return FALSE;
        return no_network(error);
    }
    self->cut_after -= MIN(self->cut_after, piece);
    if (piece > 0 && !sink(bytes + stream->at, piece, sink_data, error))
        return FALSE;
    stream->at += piece;
    *out_ended = stream->at == size;
    return TRUE;
}

static void memory_end_stream(gpointer data, HthSyncStream *stream)
{
    if (stream == NULL)
        return;
    g_bytes_unref(stream->bytes);
    g_free(stream);
}

const HthSyncEnvFuncs hth_memory_funcs = {
    .open = memory_open,
    .close = memory_close,
    .read = memory_read,
    .write = memory_write,
    .truncate = memory_truncate,
    .size = memory_size,
    .sync = memory_sync,
    .stat = memory_stat,
    .rename = memory_rename,
    .unlink = memory_unlink,
    .make_dir = memory_make_dir,
    .remove_dir = memory_remove_dir,
    .sync_dir = memory_sync_dir,
    .list = memory_list,
    .free_bytes = memory_free_bytes,
    .wall_ms = memory_wall_ms,
    .monotonic_ms = memory_monotonic_ms,
    .random = memory_random,
    .conditions = memory_conditions,
    .exchange = memory_exchange,
    .stream = memory_stream,
    .pump = memory_pump,
    .end_stream = memory_end_stream,
};
