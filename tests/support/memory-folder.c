/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "memory-folder.h"

#include <errno.h>
#include <string.h>

#include "base/error.h"
#include "sync/device-path.h"

#define BLOCK_BYTES 512 /* what a card writes as a whole */

/* A file or a folder, whatever its names. */
typedef struct {
    gatomicrefcount ref_count;
    gboolean is_dir;
    GByteArray *now;
    GByteArray *synced;
} Node;

typedef enum { NAME_MADE, NAME_MOVED, NAME_GONE } NameChange;

/* A change of names that is not durable yet. */
typedef struct {
    NameChange change;
    char *from; /* MOVED, GONE */
    char *to;   /* MADE, MOVED */
    Node *node;
    gboolean from_is_synced;
    gboolean to_is_synced;
} Pending;

struct HthSyncFile {
    Node *node;
};

struct HthSyncStream {
    GBytes *bytes;
    gsize at;
};

typedef struct {
    char *path; /* as it was made, in its own case */
    Node *node;
} Name;

struct HthMemoryFolder {
    HthSyncEnv env;
    HthMemoryNetwork network;
    GRand *random;
    GHashTable *names;        /* key -> Name */
    GHashTable *synced_names; /* key -> Name */
    GPtrArray *pending;
    GHashTable *open_files;
    gboolean is_fat;
    guint64 capacity;
    guint64 calls;
    guint64 fail_at;
    gint fail_code;
    guint64 crash_at;
    guint64 cut_after;
    guint64 written;
    gint64 wall_ms;
    gint64 monotonic_ms;
    guint conditions;
};

/* ---- Nodes and names ---- */

static Node *node_new(gboolean is_dir)
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

static void node_unref(Node *node)
{
    if (!g_atomic_ref_count_dec(&node->ref_count))
        return;
    g_byte_array_unref(node->now);
    g_byte_array_unref(node->synced);
    g_free(node);
}

static void name_free(gpointer data)
{
    Name *name = data;
    g_free(name->path);
    node_unref(name->node);
    g_free(name);
}

static void pending_free(gpointer data)
{
    Pending *pending = data;
    g_free(pending->from);
    g_free(pending->to);
    node_unref(pending->node);
    g_free(pending);
}

static char *key_of(const HthMemoryFolder *self, const char *path)
{
    return self->is_fat ? hth_device_path_fold(path) : g_strdup(path);
}

static Name *lookup(const HthMemoryFolder *self, GHashTable *names, const char *path)
{
    g_autofree char *key = key_of(self, path);
    return g_hash_table_lookup(names, key);
}

static void insert(const HthMemoryFolder *self, GHashTable *names, const char *path, Node *node)
{
    Name *name = g_new0(Name, 1);
    name->path = g_strdup(path);
    name->node = node_ref(node);
    g_hash_table_replace(names, key_of(self, path), name);
}

static void take_away(const HthMemoryFolder *self, GHashTable *names, const char *path)
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
static void make_durable(HthMemoryFolder *self, const Pending *pending)
{
    if (pending->from != NULL) {
        const Name *old = lookup(self, self->synced_names, pending->from);
        if (old != NULL && old->node == pending->node)
            take_away(self, self->synced_names, pending->from);
    }
    if (pending->to != NULL)
        insert(self, self->synced_names, pending->to, pending->node);
}

static gint compare_texts(gconstpointer a, gconstpointer b)
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
    const Name *name = lookup(self, self->names, parent);
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
    Name *name = lookup(self, self->names, path);
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
    Node *node = node_new(FALSE);
    insert(self, self->names, path, node);
    add_pending(self, NAME_MADE, NULL, path, node);
    node_unref(node);
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
    node_unref(file->node);
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

static void resize(GByteArray *bytes, gsize size)
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
        resize(now, (gsize)end);
    if (size > 0)
        memcpy(now->data + offset, bytes, size);
    self->written += size;
    return TRUE;
}

static gboolean memory_truncate(gpointer data, HthSyncFile *file, guint64 size, GError **error)
{
    if (!begin(data, "truncate", FALSE, error))
        return FALSE;
    resize(file->node->now, (gsize)size);
    return TRUE;
}

static gboolean memory_size(gpointer data, HthSyncFile *file, guint64 *out_size, GError **error)
{
    if (!begin(data, "size", FALSE, error))
        return FALSE;
    *out_size = file->node->now->len;
    return TRUE;
}

static void copy_bytes(const GByteArray *from, GByteArray *to)
{
    g_byte_array_set_size(to, 0);
    if (from->len > 0)
        g_byte_array_append(to, from->data, from->len);
}

static gboolean memory_sync(gpointer data, HthSyncFile *file, GError **error)
{
    if (!begin(data, "sync", FALSE, error))
        return FALSE;
    copy_bytes(file->node->now, file->node->synced);
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
    const Name *name = lookup(self, self->names, path);
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
    Name *name = lookup(self, self->names, from);
    if (name == NULL || !parent_is_there(self, to))
        return fail(error, G_FILE_ERROR_NOENT, from);
    if (!name_is_legal(self, to))
        return fail(error, G_FILE_ERROR_INVAL, to);
    const Name *target = lookup(self, self->names, to);
    if (target != NULL && target->node->is_dir)
        return fail(error, G_FILE_ERROR_ISDIR, to);
    g_assert_false(name->node->is_dir); /* the engine renames files only */
    Node *node = node_ref(name->node);
    take_away(self, self->names, from);
    insert(self, self->names, to, node);
    add_pending(self, NAME_MOVED, from, to, node);
    node_unref(node);
    return TRUE;
}

static gboolean remove_name(HthMemoryFolder *self, const char *path, gboolean is_dir,
                            GError **error)
{
    if (!begin(self, path, FALSE, error))
        return FALSE;
    Name *name = lookup(self, self->names, path);
    if (name == NULL)
        return fail(error, G_FILE_ERROR_NOENT, path);
    if (name->node->is_dir != is_dir)
        return fail(error, is_dir ? G_FILE_ERROR_NOTDIR : G_FILE_ERROR_ISDIR, path);
    if (is_dir && has_children(self, path))
        return fail(error, G_FILE_ERROR_EXIST, path);
    add_pending(self, NAME_GONE, path, NULL, name->node);
    take_away(self, self->names, path);
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
    if (lookup(self, self->names, path) != NULL)
        return fail(error, G_FILE_ERROR_EXIST, path);
    if (!parent_is_there(self, path))
        return fail(error, G_FILE_ERROR_NOENT, path);
    if (!name_is_legal(self, path))
        return fail(error, G_FILE_ERROR_INVAL, path);
    Node *node = node_new(TRUE);
    insert(self, self->names, path, node);
    add_pending(self, NAME_MADE, NULL, path, node);
    node_unref(node);
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
    if (path[0] != '\0' && lookup(self, self->names, path) == NULL)
        return fail(error, G_FILE_ERROR_NOENT, path);
    for (guint i = 0; i < self->pending->len;) {
        Pending *pending = g_ptr_array_index(self->pending, i);
        pending->from_is_synced |= pending->from != NULL && is_in(self, pending->from, path);
        pending->to_is_synced |= pending->to != NULL && is_in(self, pending->to, path);
        if (!pending->from_is_synced || !pending->to_is_synced) {
            i++;
            continue;
        }
        make_durable(self, pending);
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
    if (path[0] != '\0' && lookup(self, self->names, path) == NULL)
        return fail(error, G_FILE_ERROR_NOENT, path);
    g_autoptr(GPtrArray) found = g_ptr_array_new_with_free_func(g_free);
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, self->names);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        if (is_in(self, ((Name *)value)->path, path))
            g_ptr_array_add(found, g_strdup(((Name *)value)->path));
    g_ptr_array_sort(found, compare_texts);
    for (guint i = 0; i < found->len; i++) {
        const char *full = g_ptr_array_index(found, i);
        const Name *name = lookup(self, self->names, full);
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

static const HthSyncEnvFuncs memory_funcs = {
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

/* ---- The object ---- */

static GHashTable *names_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, name_free);
}

HthMemoryFolder *hth_memory_folder_new(guint32 seed)
{
    HthMemoryFolder *self = g_new0(HthMemoryFolder, 1);
    self->env.funcs = &memory_funcs;
    self->env.data = self;
    self->random = g_rand_new_with_seed(seed);
    self->names = names_new();
    self->synced_names = names_new();
    self->pending = g_ptr_array_new_with_free_func(pending_free);
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
    copy_bytes(node->synced, survives);
    if (g_rand_boolean(self->random))
        resize(survives, node->now->len);
    const guint length = MIN(survives->len, node->now->len);
    for (guint at = 0; at < length; at += BLOCK_BYTES)
        if (g_rand_boolean(self->random))
            memcpy(survives->data + at, node->now->data + at, MIN(BLOCK_BYTES, length - at));
    copy_bytes(survives, node->now);
    copy_bytes(survives, node->synced);
    g_byte_array_unref(survives);
}

static void settle_names(HthMemoryFolder *self, gboolean keeps_all)
{
    for (guint i = 0; i < self->pending->len; i++)
        if (keeps_all || g_rand_boolean(self->random))
            make_durable(self, g_ptr_array_index(self->pending, i));
    g_ptr_array_set_size(self->pending, 0);
    /* A name below a folder that was never durable is gone with it. */
    for (gboolean again = TRUE; again;) {
        again = FALSE;
        GHashTableIter iter;
        gpointer value;
        g_hash_table_iter_init(&iter, self->synced_names);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
            g_autofree char *parent = hth_device_path_parent(((Name *)value)->path);
            if (parent[0] == '\0' || lookup(self, self->synced_names, parent) != NULL)
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
        insert(self, to, ((Name *)value)->path, ((Name *)value)->node);
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
    g_ptr_array_sort(keys, compare_texts); /* the same chance in every run */
    for (guint i = 0; i < keys->len; i++) {
        const Name *name = g_hash_table_lookup(self->names, g_ptr_array_index(keys, i));
        if (keeps_all)
            copy_bytes(name->node->now, name->node->synced);
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
    const Name *name = lookup(self, self->names, path);
    if (name == NULL || name->node->is_dir)
        return NULL;
    return g_bytes_new(name->node->now->data, name->node->now->len);
}

static void make_parents(HthMemoryFolder *self, const char *path)
{
    g_autofree char *parent = hth_device_path_parent(path);
    if (parent[0] == '\0' || lookup(self, self->names, parent) != NULL)
        return;
    make_parents(self, parent);
    Node *node = node_new(TRUE);
    insert(self, self->names, parent, node);
    insert(self, self->synced_names, parent, node);
    node_unref(node);
}

void hth_memory_folder_write(HthMemoryFolder *self, const char *path, GBytes *bytes)
{
    make_parents(self, path);
    Node *node = node_new(FALSE);
    g_byte_array_append(node->now, g_bytes_get_data(bytes, NULL), (guint)g_bytes_get_size(bytes));
    copy_bytes(node->now, node->synced);
    insert(self, self->names, path, node);
    insert(self, self->synced_names, path, node);
    node_unref(node);
}

void hth_memory_folder_delete(HthMemoryFolder *self, const char *path)
{
    take_away(self, self->names, path);
    take_away(self, self->synced_names, path);
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
    g_ptr_array_sort(paths, compare_texts);
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
