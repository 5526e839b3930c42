/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model-disk.h"

#include <string.h>

#include "model-node.h"

/* A change of a name that is not durable yet. */
typedef struct {
    ModelNode *dir;
    char *name;
    ModelNode *before, *after; /* NULL: no such name */
    guint group;               /* the same for both halves of a rename */
} Change;

struct ModelDisk {
    ModelDiskFlags flags;
    guint64 capacity_bytes;
    ModelNode *top;
    GArray *changes; /* (element Change) in their order */
    guint n_groups;
    gint64 clock_us; /* counts changes: a modification time without a clock */
};

struct ModelFile {
    ModelDisk *disk;
    ModelNode *node;
    gboolean is_changed;
};

/* ---- The disk ---- */

static void change_clear(gpointer data)
{
    Change *change = data;
    model_node_unref(change->dir);
    model_node_unref(change->before);
    model_node_unref(change->after);
    g_free(change->name);
}

static ModelDisk *disk_new(ModelDiskFlags flags, guint64 capacity_bytes, ModelNode *top)
{
    ModelDisk *self = g_new0(ModelDisk, 1);
    self->flags = flags;
    self->capacity_bytes = capacity_bytes;
    self->top = top;
    self->changes = g_array_new(FALSE, FALSE, sizeof(Change));
    g_array_set_clear_func(self->changes, change_clear);
    return self;
}

ModelDisk *model_disk_new(ModelDiskFlags flags, guint64 capacity_bytes)
{
    return disk_new(flags, capacity_bytes, model_node_new(TRUE));
}

ModelDisk *model_disk_copy(const ModelDisk *self)
{
    ModelDisk *copy = disk_new(self->flags, self->capacity_bytes, model_node_copy(self->top));
    copy->clock_us = self->clock_us;
    return copy;
}

void model_disk_free(ModelDisk *self)
{
    if (self == NULL)
        return;
    g_array_unref(self->changes);
    model_node_unref(self->top);
    g_free(self);
}

ModelDiskFlags model_disk_flags(const ModelDisk *self)
{
    return self->flags;
}

void model_disk_set_capacity(ModelDisk *self, guint64 capacity_bytes)
{
    self->capacity_bytes = capacity_bytes;
}

guint64 model_disk_used(const ModelDisk *self)
{
    return model_node_bytes(self->top);
}

guint64 model_disk_free_bytes(const ModelDisk *self)
{
    const guint64 used = model_disk_used(self);
    return used < self->capacity_bytes ? self->capacity_bytes - used : 0;
}

static char *key_of(const ModelDisk *self, const char *name)
{
    if ((self->flags & MODEL_DISK_FAT) == 0)
        return g_strdup(name);
    g_autofree char *folded = g_utf8_casefold(name, -1);
    return g_utf8_normalize(folded, -1, G_NORMALIZE_NFC);
}

static ModelName *find_name(const ModelDisk *self, const ModelNode *dir, const char *name)
{
    g_autofree char *key = key_of(self, name);
    return g_hash_table_lookup(dir->names, key);
}

static void put_name(ModelDisk *self, ModelNode *dir, const char *name, ModelNode *node)
{
    char *key = key_of(self, name);
    if (node == NULL) {
        g_hash_table_remove(dir->names, key);
        g_free(key);
        return;
    }
    ModelName *entry = g_new(ModelName, 1);
    *entry = (ModelName){ g_strdup(name), model_node_ref(node) };
    g_hash_table_replace(dir->names, key, entry);
}

/* Changes a name and notes that a crash may undo it. */
static void change_name(ModelDisk *self, ModelNode *dir, const char *name, ModelNode *after,
                        guint group)
{
    const ModelName *old = find_name(self, dir, name);
    const Change change = { .dir = model_node_ref(dir),
                            .name = g_strdup(name),
                            .before = model_node_ref(old != NULL ? old->node : NULL),
                            .after = model_node_ref(after),
                            .group = group };
    g_array_append_val(self->changes, change);
    dir->mtime_us = ++self->clock_us;
    put_name(self, dir, name, after);
}

/* ---- Paths ---- */

static void set_error(GError **error, int code, const char *path)
{
    g_set_error(error, G_FILE_ERROR, code, "%s: %s", path,
                code == G_FILE_ERROR_NOENT   ? "no such file or folder"
                : code == G_FILE_ERROR_NOSPC ? "the disk is full"
                                             : "not possible here");
}

/* What FAT takes: the rules of VFAT's long names. */
static gboolean is_legal(const ModelDisk *self, const char *name)
{
    if (*name == '\0' || strlen(name) > 255 || !g_utf8_validate(name, -1, NULL))
        return FALSE;
    if ((self->flags & MODEL_DISK_FAT) == 0)
        return TRUE;
    for (const char *at = name; *at != '\0'; at++) {
        if ((guchar)*at < 0x20 || strchr("\"*:<>?\\|", *at) != NULL)
            return FALSE;
    }
    const char last = name[strlen(name) - 1];
    return last != '.' && last != ' ';
}

/* The node at @path; NULL: there is none. */
static ModelNode *walk(const ModelDisk *self, const char *path)
{
    ModelNode *node = self->top;
    if (*path == '\0')
        return node;
    g_auto(GStrv) parts = g_strsplit(path, "/", -1);
    for (guint i = 0; parts[i] != NULL; i++) {
        const ModelName *name = node->is_dir ? find_name(self, node, parts[i]) : NULL;
        if (name == NULL)
            return NULL;
        node = name->node;
    }
    return node;
}

/* The folder that @path lies in; *@out_name points into @path. */
static ModelNode *walk_parent(const ModelDisk *self, const char *path, const char **out_name,
                              GError **error)
{
    const char *slash = strrchr(path, '/');
    g_autofree char *above = slash != NULL ? g_strndup(path, (gsize)(slash - path)) : g_strdup("");
    *out_name = slash != NULL ? slash + 1 : path;
    ModelNode *dir = walk(self, above);
    if (dir == NULL || !dir->is_dir) {
        set_error(error, dir == NULL ? G_FILE_ERROR_NOENT : G_FILE_ERROR_NOTDIR, path);
        return NULL;
    }
    if (!is_legal(self, *out_name)) {
        set_error(error, G_FILE_ERROR_INVAL, path);
        return NULL;
    }
    return dir;
}

/* ---- Files ---- */

ModelFile *model_disk_open(ModelDisk *self, const char *path, HthSyncOpen how, GError **error)
{
    const char *name = NULL;
    ModelNode *dir = walk_parent(self, path, &name, error);
    if (dir == NULL)
        return NULL;
    const ModelName *found = find_name(self, dir, name);
    const gboolean makes = how == HTH_SYNC_OPEN_KEEP || how == HTH_SYNC_OPEN_CREATE;
    if (found == NULL && !makes) {
        set_error(error, G_FILE_ERROR_NOENT, path);
        return NULL;
    }
    if (found != NULL && found->node->is_dir) {
        set_error(error, G_FILE_ERROR_ISDIR, path);
        return NULL;
    }
    if (found == NULL) {
        ModelNode *node = model_node_new(FALSE);
        change_name(self, dir, name, node, ++self->n_groups);
        model_node_unref(node);
        found = find_name(self, dir, name);
    }
    ModelFile *file = g_new(ModelFile, 1);
    *file = (ModelFile){ self, model_node_ref(found->node), how == HTH_SYNC_OPEN_WRITE };
    if (how == HTH_SYNC_OPEN_CREATE)
        (void)model_file_truncate(file, 0, NULL); /* cannot fail */
    return file;
}

void model_file_close(ModelFile *self)
{
    if (self == NULL)
        return;
    model_node_unref(self->node);
    g_free(self);
}

gboolean model_file_is_of(const ModelFile *self, const ModelDisk *disk)
{
    return self->disk == disk;
}

gboolean model_file_is_changed(const ModelFile *self)
{
    return self->is_changed;
}

gsize model_file_read(ModelFile *self, guint64 offset, void *buffer, gsize size)
{
    const GByteArray *bytes = self->node->bytes;
    if (offset >= bytes->len)
        return 0;
    const gsize n = MIN(size, bytes->len - (gsize)offset);
    memcpy(buffer, bytes->data + offset, n);
    return n;
}

gboolean model_file_write(ModelFile *self, guint64 offset, gconstpointer bytes, gsize size,
                          GError **error)
{
    ModelNode *node = self->node;
    const guint64 end = offset + size;
    if (end > node->bytes->len &&
        model_disk_used(self->disk) + (end - node->bytes->len) > self->disk->capacity_bytes) {
        set_error(error, G_FILE_ERROR_NOSPC, "no space");
        return FALSE;
    }
    model_bytes_apply(node->bytes, offset, bytes, size);
    const ModelWrite one = { offset, g_bytes_new(bytes, size) };
    g_array_append_val(node->writes, one);
    node->mtime_us = ++self->disk->clock_us;
    return TRUE;
}

gboolean model_file_truncate(ModelFile *self, guint64 size, GError **error)
{
    ModelNode *node = self->node;
    if (size > node->bytes->len &&
        model_disk_used(self->disk) + (size - node->bytes->len) > self->disk->capacity_bytes) {
        set_error(error, G_FILE_ERROR_NOSPC, "no space");
        return FALSE;
    }
    if (size == node->bytes->len)
        return TRUE;
    model_bytes_resize(node->bytes, size);
    const ModelWrite one = { size, NULL };
    g_array_append_val(node->writes, one);
    node->mtime_us = ++self->disk->clock_us;
    return TRUE;
}

guint64 model_file_size(const ModelFile *self)
{
    return self->node->bytes->len;
}

void model_file_sync(ModelFile *self)
{
    model_node_sync(self->node);
}

/* ---- Names ---- */

gboolean model_disk_stat(ModelDisk *self, const char *path, HthSyncStat *out_stat, GError **error)
{
    const ModelNode *node = walk(self, path);
    if (node == NULL) {
        set_error(error, G_FILE_ERROR_NOENT, path);
        return FALSE;
    }
    *out_stat = (HthSyncStat){ .kind = node->is_dir ? HTH_SYNC_KIND_DIR : HTH_SYNC_KIND_FILE,
                               .size = node->is_dir ? 0 : node->bytes->len,
                               .mtime_us = node->mtime_us };
    return TRUE;
}

gboolean model_disk_rename(ModelDisk *self, const char *from, const char *to, GError **error)
{
    const char *from_name = NULL, *to_name = NULL;
    ModelNode *from_dir = walk_parent(self, from, &from_name, error);
    ModelNode *to_dir = from_dir != NULL ? walk_parent(self, to, &to_name, error) : NULL;
    if (to_dir == NULL)
        return FALSE;
    const ModelName *old = find_name(self, from_dir, from_name);
    const ModelName *taken = find_name(self, to_dir, to_name);
    if (old == NULL || (taken != NULL && taken->node->is_dir)) {
        set_error(error, old == NULL ? G_FILE_ERROR_NOENT : G_FILE_ERROR_ISDIR, to);
        return FALSE;
    }
    if (old->node->is_dir) {
        /* No engine of ours moves a folder: whoever tries is to say so here first. */
        set_error(error, G_FILE_ERROR_ACCES, from);
        return FALSE;
    }
    const guint group = ++self->n_groups;
    ModelNode *node = model_node_ref(old->node);
    if (taken != old)
        change_name(self, from_dir, from_name, NULL, group);
    change_name(self, to_dir, to_name, node, group);
    model_node_unref(node);
    return TRUE;
}

gboolean model_disk_unlink(ModelDisk *self, const char *path, GError **error)
{
    const char *name = NULL;
    ModelNode *dir = walk_parent(self, path, &name, error);
    if (dir == NULL)
        return FALSE;
    const ModelName *found = find_name(self, dir, name);
    if (found == NULL || found->node->is_dir) {
        set_error(error, found == NULL ? G_FILE_ERROR_NOENT : G_FILE_ERROR_ISDIR, path);
        return FALSE;
    }
    change_name(self, dir, name, NULL, ++self->n_groups);
    return TRUE;
}

gboolean model_disk_make_dir(ModelDisk *self, const char *path, GError **error)
{
    const char *name = NULL;
    ModelNode *dir = walk_parent(self, path, &name, error);
    if (dir == NULL)
        return FALSE;
    if (find_name(self, dir, name) != NULL) {
        set_error(error, G_FILE_ERROR_EXIST, path);
        return FALSE;
    }
    ModelNode *node = model_node_new(TRUE);
    change_name(self, dir, name, node, ++self->n_groups);
    model_node_unref(node);
    return TRUE;
}

gboolean model_disk_remove_dir(ModelDisk *self, const char *path, GError **error)
{
    const char *name = NULL;
    ModelNode *dir = walk_parent(self, path, &name, error);
    if (dir == NULL)
        return FALSE;
    const ModelName *found = find_name(self, dir, name);
    int code = -1;
    if (found == NULL)
        code = G_FILE_ERROR_NOENT;
    else if (!found->node->is_dir)
        code = G_FILE_ERROR_NOTDIR;
    else if (g_hash_table_size(found->node->names) > 0)
        code = G_FILE_ERROR_EXIST; /* GLib has no ENOTEMPTY */
    if (found == NULL || code != -1) {
        set_error(error, code, path);
        return FALSE;
    }
    change_name(self, dir, name, NULL, ++self->n_groups);
    return TRUE;
}

gboolean model_disk_sync_dir(ModelDisk *self, const char *path, GError **error)
{
    const ModelNode *dir = walk(self, path);
    if (dir == NULL || !dir->is_dir) {
        set_error(error, dir == NULL ? G_FILE_ERROR_NOENT : G_FILE_ERROR_NOTDIR, path);
        return FALSE;
    }
    if ((self->flags & MODEL_DISK_ORDERED) != 0) {
        g_array_set_size(self->changes, 0);
        return TRUE;
    }
    for (guint i = self->changes->len; i-- > 0;) {
        if (g_array_index(self->changes, Change, i).dir == dir)
            g_array_remove_index(self->changes, i);
    }
    return TRUE;
}

gboolean model_disk_list(ModelDisk *self, const char *path, HthSyncListed callback, gpointer data,
                         GError **error)
{
    ModelNode *dir = walk(self, path);
    if (dir == NULL || !dir->is_dir) {
        set_error(error, dir == NULL ? G_FILE_ERROR_NOENT : G_FILE_ERROR_NOTDIR, path);
        return FALSE;
    }
    model_node_ref(dir);
    g_autoptr(GPtrArray) keys = model_node_keys(dir);
    for (guint i = 0; i < keys->len; i++) {
        const ModelName *name = g_hash_table_lookup(dir->names, keys->pdata[i]);
        if (name == NULL)
            continue; /* removed by the callback */
        const ModelNode *node = name->node;
        const HthSyncStat found = { .kind = node->is_dir ? HTH_SYNC_KIND_DIR : HTH_SYNC_KIND_FILE,
                                    .size = node->is_dir ? 0 : node->bytes->len,
                                    .mtime_us = node->mtime_us };
        g_autofree char *copy = g_strdup(name->name);
        if (!callback(copy, &found, data))
            break;
    }
    model_node_unref(dir);
    return TRUE;
}

/* ---- A crash ---- */

/* Undoes the last changes, back to a moment by chance: a rename happened or did not. */
static void lose_names_in_order(ModelDisk *self, Chance *chance)
{
    guint keep = (guint)chance_below(chance, self->changes->len + 1);
    const GArray *changes = self->changes;
    while (keep > 0 && keep < changes->len &&
           g_array_index(changes, Change, keep - 1).group ==
               g_array_index(changes, Change, keep).group)
        keep++;
    for (guint i = changes->len; i-- > keep;) {
        const Change *change = &g_array_index(changes, Change, i);
        put_name(self, change->dir, change->name, change->before);
    }
}

/* Each name by itself gets one of the states that it had. */
static void lose_names(ModelDisk *self, Chance *chance)
{
    g_autoptr(GHashTable) chosen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < self->changes->len; i++) {
        const Change *first = &g_array_index(self->changes, Change, i);
        g_autofree char *folded = key_of(self, first->name);
        g_autofree char *key = g_strdup_printf("%p/%s", (void *)first->dir, folded);
        if (!g_hash_table_add(chosen, g_steal_pointer(&key)))
            continue;
        ModelNode *node = chance_one_in(chance, 2) ? first->after : first->before;
        for (guint j = i + 1; j < self->changes->len; j++) {
            const Change *later = &g_array_index(self->changes, Change, j);
            g_autofree char *name = key_of(self, later->name);
            if (later->dir == first->dir && g_str_equal(name, folded) && chance_one_in(chance, 2))
                node = later->after;
        }
        put_name(self, first->dir, first->name, node);
    }
}

void model_disk_crash(ModelDisk *self, Chance *chance)
{
    if ((self->flags & MODEL_DISK_ORDERED) != 0)
        lose_names_in_order(self, chance);
    else
        lose_names(self, chance);
    model_node_lose(self->top, chance);
    g_array_set_size(self->changes, 0);
}

void model_disk_settle(ModelDisk *self)
{
    model_node_settle(self->top);
    g_array_set_size(self->changes, 0);
}

/* ---- A test's own eyes and hands ---- */

GByteArray *model_disk_peek(ModelDisk *self, const char *path)
{
    const ModelNode *node = walk(self, path);
    return node != NULL && !node->is_dir ? node->bytes : NULL;
}

void model_disk_poke(ModelDisk *self, const char *path, gconstpointer bytes, gsize size)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", -1);
    g_autoptr(GString) above = g_string_new(NULL);
    for (guint i = 0; parts[i + 1] != NULL; i++) {
        g_autofree char *parent = g_strdup(above->str);
        g_string_append_printf(above, "%s%s", i > 0 ? "/" : "", parts[i]);
        (void)model_disk_make_dir(self, above->str, NULL); /* it may be there */
        (void)model_disk_sync_dir(self, parent, NULL);     /* it is there */
    }
    g_autoptr(GError) error = NULL;
    ModelFile *file = model_disk_open(self, path, HTH_SYNC_OPEN_CREATE, &error);
    g_assert_no_error(error);
    if (!model_file_write(file, 0, bytes, size, NULL)) { /* no room: as if it never was */
        model_file_close(file);
        (void)model_disk_unlink(self, path, NULL);
        return;
    }
    model_file_sync(file);
    model_file_close(file);
    (void)model_disk_sync_dir(self, above->str, NULL);
}

static void collect(const ModelNode *dir, const char *path, GPtrArray *to)
{
    g_autoptr(GPtrArray) keys = model_node_keys(dir);
    for (guint i = 0; i < keys->len; i++) {
        const ModelName *name = g_hash_table_lookup(dir->names, keys->pdata[i]);
        char *below = g_strdup_printf("%s%s%s", path, *path != '\0' ? "/" : "", name->name);
        if (name->node->is_dir) {
            collect(name->node, below, to);
            g_free(below);
        } else {
            g_ptr_array_add(to, below);
        }
    }
}

GPtrArray *model_disk_files(ModelDisk *self, const char *path)
{
    GPtrArray *files = g_ptr_array_new_with_free_func(g_free);
    const ModelNode *node = walk(self, path);
    if (node != NULL && node->is_dir)
        collect(node, path, files);
    return files;
}
