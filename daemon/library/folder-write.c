/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/folder-write.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "library/item-write.h"
#include "library/write-statement.h"

void hth_root_write_free(HthRootWrite *self)
{
    g_free(self->path);
    g_free(self->problem);
    g_free(self);
}

void hth_folder_write_free(HthFolderWrite *self)
{
    g_free(self->path);
    g_free(self->problem);
    g_ptr_array_unref(self->files);
    g_clear_pointer(&self->subfolders, g_ptr_array_unref);
    g_free(self);
}

HthRemoval *hth_removal_new(void)
{
    HthRemoval *self = g_new(HthRemoval, 1);
    self->items = g_array_new(FALSE, FALSE, sizeof(gint64));
    self->folders = g_array_new(FALSE, FALSE, sizeof(gint64));
    return self;
}

void hth_removal_free(HthRemoval *self)
{
    g_array_unref(self->items);
    g_array_unref(self->folders);
    g_free(self);
}

gint64 hth_folder_digest(gint64 root_key, const char *path)
{
    g_autofree char *text = g_strdup_printf("folder\x1f%" G_GINT64_FORMAT "\x1f%s", root_key, path);
    const gint64 digest = (gint64)hth_text_digest(text, -1);
    return digest != 0 ? digest : 1;
}

/* ---- Roots ---- */

/* Whether the index says so already. Out: its row, 0: none. */
static gboolean is_root_known(HthWriteContext *context, const HthRootWrite *root, gint64 *out_id)
{
    sqlite3_stmt *find = hth_db_statement(context->index, HTH_WRITE_ROOT_BY_KEY);
    sqlite3_bind_int64(find, 1, root->key);
    *out_id = 0;
    if (!hth_db_row(context->index, find, NULL))
        return FALSE;
    *out_id = sqlite3_column_int64(find, 0);
    const gboolean is_same =
        g_strcmp0((const char *)sqlite3_column_text(find, 1), root->path) == 0 &&
        (sqlite3_column_int(find, 2) != 0) == (root->is_available != FALSE) &&
        (sqlite3_column_int(find, 3) != 0) == (root->is_mount != FALSE) &&
        g_strcmp0((const char *)sqlite3_column_text(find, 4), root->problem) == 0;
    sqlite3_reset(find);
    return is_same;
}

gboolean hth_write_root(HthWriteContext *context, gpointer root_write, GError **error)
{
    const HthRootWrite *root = root_write;
    gint64 id;
    if (is_root_known(context, root, &id))
        return TRUE;
    if (id == 0) {
        sqlite3_stmt *add = hth_db_statement(context->index, HTH_WRITE_ADD_ROOT);
        sqlite3_bind_int64(add, 1, root->key);
        sqlite3_bind_blob(add, 2, root->path, (int)strlen(root->path), SQLITE_STATIC);
        if (!hth_db_done(context->index, add, error))
            return FALSE;
        id = sqlite3_last_insert_rowid(hth_db_handle(context->index));
    }
    sqlite3_stmt *set = hth_db_statement(context->index, HTH_WRITE_SET_ROOT);
    sqlite3_bind_int64(set, 1, id);
    sqlite3_bind_blob(set, 2, root->path, (int)strlen(root->path), SQLITE_STATIC);
    sqlite3_bind_int(set, 3, root->is_available);
    sqlite3_bind_int(set, 4, root->is_mount);
    sqlite3_bind_text(set, 5, root->problem, -1, SQLITE_STATIC);
    /* Whether its items can be had is data of each of them: caches must ask anew. */
    context->changes->is_everything = TRUE;
    return hth_db_done(context->index, set, error);
}

/* ---- Folders ---- */

static gboolean add_folder(HthWriteContext *context, const HthFolderWrite *folder, gint64 root_id,
                           gint64 parent_id, gint64 *out_id, GError **error)
{
    g_autofree char *name =
        folder->path[0] != '\0' ? g_path_get_basename(folder->path) : g_strdup("");
    g_autofree char *shown = hth_text_clean(name, HTH_MEDIA_STRING_MAX);
    g_autofree char *folded = hth_text_fold(shown != NULL ? shown : "");
    g_autoptr(GByteArray) key = g_byte_array_new();
    hth_text_append_sort_key(key, shown != NULL ? shown : "");

    sqlite3_stmt *add = hth_db_statement(context->index, HTH_WRITE_ADD_FOLDER);
    sqlite3_bind_int64(add, 1, root_id);
    sqlite3_bind_int64(add, 2, parent_id);
    sqlite3_bind_int64(add, 3, folder->depth);
    sqlite3_bind_blob(add, 4, name, (int)strlen(name), SQLITE_STATIC);
    sqlite3_bind_int64(add, 5, folder->digest);
    sqlite3_bind_text(add, 6, shown != NULL ? shown : "", -1, SQLITE_STATIC);
    sqlite3_bind_blob(add, 7, key->len > 0 ? (gconstpointer)key->data : "", (int)key->len,
                      SQLITE_STATIC);
    sqlite3_bind_text(add, 8, folded, -1, SQLITE_STATIC);
    if (!hth_db_done(context->index, add, error))
        return FALSE;
    *out_id = sqlite3_last_insert_rowid(hth_db_handle(context->index));
    return TRUE;
}

/* Rows without a time, so that they are listed whatever happens before their own write comes. */
static gboolean add_subfolders(HthWriteContext *context, const HthFolderWrite *folder,
                               gint64 root_id, gint64 id, GError **error)
{
    for (guint i = 0; folder->subfolders != NULL && i < folder->subfolders->len; i++) {
        char *path = folder->subfolders->pdata[i];
        const HthFolderWrite below = { .digest = hth_folder_digest(folder->root_key, path),
                                       .depth = folder->depth + 1,
                                       .path = path };
        gint64 known = hth_write_find_id(context, HTH_WRITE_FOLDER_BY_DIGEST, below.digest);
        if (known == 0 && !add_folder(context, &below, root_id, id, &known, error))
            return FALSE;
    }
    return TRUE;
}

/* Its time is shown, as the date of what is newest in it. */
static gboolean set_folder(HthWriteContext *context, const HthFolderWrite *folder, gint64 id,
                           GError **error)
{
    static const HthRefKind kinds[] = { HTH_REF_FOLDER_AUDIO, HTH_REF_FOLDER_VIDEO,
                                        HTH_REF_FOLDER_PHOTO };
    sqlite3_stmt *set = hth_db_statement(context->index, HTH_WRITE_SET_FOLDER);
    sqlite3_bind_int64(set, 1, id);
    sqlite3_bind_int64(set, 2, folder->mtime_ns);
    sqlite3_bind_int64(set, 3, folder->inode);
    sqlite3_bind_int(set, 4, folder->is_mount);
    sqlite3_bind_text(set, 5, folder->problem, -1, SQLITE_STATIC);
    if (!hth_db_done(context->index, set, error))
        return FALSE;
    for (guint i = 0; i < 3 && sqlite3_changes(sqlite3_db_handle(set)) > 0; i++)
        hth_change_set_object(context->changes, hth_ref(kinds[i], id));
    return TRUE;
}

gboolean hth_write_folder(HthWriteContext *context, gpointer folder_write, GError **error)
{
    const HthFolderWrite *folder = folder_write;
    const gint64 root_id = hth_write_find_id(context, HTH_WRITE_ROOT_BY_KEY, folder->root_key);
    const gint64 parent_id =
        folder->parent_digest != 0
            ? hth_write_find_id(context, HTH_WRITE_FOLDER_BY_DIGEST, folder->parent_digest)
            : 0;
    if (root_id == 0 || (folder->parent_digest != 0 && parent_id == 0))
        return TRUE; /* its root or parent left the library meanwhile */

    gint64 id = hth_write_find_id(context, HTH_WRITE_FOLDER_BY_DIGEST, folder->digest);
    if (id == 0 && !add_folder(context, folder, root_id, parent_id, &id, error))
        return FALSE;
    if (!set_folder(context, folder, id, error) ||
        !add_subfolders(context, folder, root_id, id, error))
        return FALSE;

    const HthFolderJob job = { context, folder, id, root_id };
    for (guint i = 0; i < folder->files->len; i++) {
        if (!hth_item_write_file(&job, folder->files->pdata[i], error))
            return FALSE;
    }
    return TRUE;
}

/* ---- Removal ---- */

static GArray *read_ids(HthWriteContext *context, HthWriteStatement statement, gint64 key)
{
    GArray *ids = g_array_new(FALSE, FALSE, sizeof(gint64));
    sqlite3_stmt *find = hth_db_statement(context->index, statement);
    sqlite3_bind_int64(find, 1, key);
    while (hth_db_row(context->index, find, NULL)) {
        const gint64 id = sqlite3_column_int64(find, 0);
        g_array_append_val(ids, id);
    }
    return ids;
}

static void folder_left(HthWriteContext *context, gint64 folder)
{
    sqlite3_stmt *find = hth_db_statement(context->index, HTH_WRITE_FOLDER);
    sqlite3_bind_int64(find, 1, folder);
    const gint64 parent =
        hth_db_row(context->index, find, NULL) ? sqlite3_column_int64(find, 0) : 0;
    sqlite3_reset(find);
    static const HthRefKind kinds[] = { HTH_REF_FOLDER_AUDIO, HTH_REF_FOLDER_VIDEO,
                                        HTH_REF_FOLDER_PHOTO };
    static const HthStaticContainer lists[] = { HTH_STATIC_MUSIC_FOLDERS, HTH_STATIC_VIDEO_FOLDERS,
                                                HTH_STATIC_PHOTO_FOLDERS };
    for (guint i = 0; i < 3; i++) {
        hth_change_set_object(context->changes, hth_ref(kinds[i], folder));
        if (parent != 0)
            hth_change_set_container(context->changes, hth_ref(kinds[i], parent));
        else
            hth_change_set_static(context->changes, lists[i]);
    }
    hth_change_set_dirty(context->changes, HTH_DIRTY_FOLDER, parent);
}

/* Folders are at most HTH_SCAN_MAX_DEPTH deep, and so is the recursion. */
static gboolean remove_folder(HthWriteContext *context, gint64 folder, GError **error)
{
    g_autoptr(GArray) children = read_ids(context, HTH_WRITE_FOLDER_CHILDREN, folder);
    for (guint i = 0; i < children->len; i++) {
        if (!remove_folder(context, g_array_index(children, gint64, i), error))
            return FALSE;
    }
    g_autoptr(GArray) items = read_ids(context, HTH_WRITE_FOLDER_ITEMS, folder);
    for (guint i = 0; i < items->len; i++) {
        if (!hth_item_remove(context, g_array_index(items, gint64, i), error))
            return FALSE;
    }
    folder_left(context, folder);
    return hth_write_run_id(context, HTH_WRITE_REMOVE_FOLDER, folder, error);
}

/* Whether the item's row still names a file that is not there: it may have been moved since it was
 * missed, or have come back. */
static gboolean is_still_gone(HthWriteContext *context, gint64 item)
{
    sqlite3_stmt *row = hth_db_statement(context->index, HTH_WRITE_ITEM);
    sqlite3_bind_int64(row, 1, item);
    if (!hth_db_row(context->index, row, NULL)) {
        sqlite3_reset(row);
        return FALSE;
    }
    const gint64 folder_id = sqlite3_column_int64(row, 1);
    g_autofree char *name = hth_db_text(row, 8);
    sqlite3_reset(row);
    return hth_item_has_left(context, folder_id, name, HTH_ITEM_ANY_INODE);
}

/* Whether no folder is at the row's place: it may have come back since it was missed. */
static gboolean is_folder_gone(HthWriteContext *context, gint64 folder)
{
    sqlite3_stmt *find = hth_db_statement(context->index, HTH_WRITE_FOLDER_PATH);
    sqlite3_bind_int64(find, 1, folder);
    if (!hth_db_row(context->index, find, NULL))
        return FALSE; /* with its row */
    g_autofree char *path = g_strconcat((const char *)sqlite3_column_text(find, 1),
                                        (const char *)sqlite3_column_text(find, 0), NULL);
    sqlite3_reset(find);
    struct stat info;
    return stat(path, &info) == 0 ? !S_ISDIR(info.st_mode)
                                  : errno == ENOENT || errno == ENOTDIR || errno == ELOOP;
}

gboolean hth_write_removal(HthWriteContext *context, gpointer removal, GError **error)
{
    const HthRemoval *self = removal;
    for (guint i = 0; i < self->items->len; i++) {
        const gint64 item = g_array_index(self->items, gint64, i);
        if (is_still_gone(context, item) && !hth_item_remove(context, item, error))
            return FALSE;
    }
    for (guint i = 0; i < self->folders->len; i++) {
        const gint64 folder = g_array_index(self->folders, gint64, i);
        if (is_folder_gone(context, folder) && !remove_folder(context, folder, error))
            return FALSE;
    }
    return TRUE;
}

gboolean hth_write_root_removal(HthWriteContext *context, gpointer root_key, GError **error)
{
    const gint64 root = hth_write_find_id(context, HTH_WRITE_ROOT_BY_KEY, *(gint64 *)root_key);
    const gint64 folder =
        hth_write_find_id(context, HTH_WRITE_FOLDER_BY_DIGEST, hth_folder_digest(*(gint64 *)root_key, ""));
    if (folder != 0 && !remove_folder(context, folder, error))
        return FALSE;
    return root == 0 || hth_write_run_id(context, HTH_WRITE_REMOVE_ROOT, root, error);
}
