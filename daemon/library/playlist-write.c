/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/playlist-write.h"

#include <string.h>

#include "library/folder-write.h"
#include "library/schema.h"
#include "library/write-statement.h"

gboolean hth_write_playlist_entries(HthWriteContext *context, gint64 playlist,
                                    const GPtrArray *entries, GError **error)
{
    sqlite3_stmt *clear = hth_db_statement(context->index, HTH_WRITE_CLEAR_PLAYLIST);
    sqlite3_bind_int64(clear, 1, playlist);
    if (!hth_db_done(context->index, clear, error))
        return FALSE;
    for (guint i = 0; entries != NULL && i < entries->len; i++) {
        const char *path = entries->pdata[i];
        sqlite3_stmt *add = hth_db_statement(context->index, HTH_WRITE_ADD_PLAYLIST_ENTRY);
        sqlite3_bind_int64(add, 1, playlist);
        sqlite3_bind_int64(add, 2, i);
        sqlite3_bind_blob(add, 3, path, (int)strlen(path), SQLITE_STATIC);
        if (!hth_db_done(context->index, add, error))
            return FALSE;
    }
    hth_change_set_container(context->changes, hth_ref(HTH_REF_PLAYLIST, playlist));
    return TRUE;
}

typedef struct {
    gint64 playlist, position, folder_id;
    char *path;
} Entry;

static void entry_clear(gpointer entry)
{
    g_free(((Entry *)entry)->path);
}

/* The root and the path below it that an entry means, for a playlist in the folder at @folder. */
static char *entry_path(const char *root, const char *folder, const char *entry)
{
    g_autofree char *absolute =
        g_path_is_absolute(entry) ? g_strdup(entry) : g_strconcat(root, folder, "/", entry, NULL);
    g_autofree char *plain = g_canonicalize_filename(absolute, "/");
    const gsize length = strlen(root);
    if (strncmp(plain, root, length) != 0 || plain[length] != '/')
        return NULL; /* outside of the shared folder: not ours to show */
    return g_strdup(plain + length + 1);
}

static gint64 find_item(HthWriteContext *context, gint64 root_key, const char *path)
{
    g_autofree char *name = g_path_get_basename(path);
    g_autofree char *dir = strchr(path, '/') != NULL ? g_path_get_dirname(path) : g_strdup("");
    sqlite3_stmt *folder = hth_db_statement(context->index, HTH_WRITE_FOLDER_BY_DIGEST);
    sqlite3_bind_int64(folder, 1, hth_folder_digest(root_key, dir));
    const gint64 folder_id =
        hth_db_row(context->index, folder, NULL) ? sqlite3_column_int64(folder, 0) : 0;
    sqlite3_reset(folder);
    if (folder_id == 0)
        return 0;
    sqlite3_stmt *item = hth_db_statement(context->index, HTH_WRITE_ITEM_BY_NAME);
    sqlite3_bind_int64(item, 1, folder_id);
    sqlite3_bind_blob(item, 2, name, (int)strlen(name), SQLITE_STATIC);
    /* Audio, video and photos, readable or not yet; not a playlist in a playlist. */
    const gboolean is_media =
        hth_db_row(context->index, item, NULL) &&
        sqlite3_column_int64(item, 9) % HTH_KIND_UNREADABLE <= HTH_MEDIA_PHOTO;
    const gint64 id = is_media ? sqlite3_column_int64(item, 0) : 0;
    sqlite3_reset(item);
    return id;
}

static gboolean resolve(HthWriteContext *context, const Entry *entry, GError **error)
{
    sqlite3_stmt *where = hth_db_statement(context->index, HTH_WRITE_FOLDER_PATH);
    sqlite3_bind_int64(where, 1, entry->folder_id);
    if (!hth_db_row(context->index, where, NULL)) {
        sqlite3_reset(where);
        return TRUE;
    }
    g_autofree char *path = entry_path((const char *)sqlite3_column_text(where, 1),
                                       (const char *)sqlite3_column_text(where, 0), entry->path);
    const gint64 root_key = sqlite3_column_int64(where, 2);
    sqlite3_reset(where);

    const gint64 item = path != NULL ? find_item(context, root_key, path) : 0;
    if (item == 0)
        return TRUE;
    hth_change_set_container(context->changes, hth_ref(HTH_REF_PLAYLIST, entry->playlist));
    sqlite3_stmt *set = hth_db_statement(context->index, HTH_WRITE_RESOLVE_ENTRY);
    sqlite3_bind_int64(set, 1, entry->playlist);
    sqlite3_bind_int64(set, 2, entry->position);
    sqlite3_bind_int64(set, 3, item);
    return hth_db_done(context->index, set, error);
}

gboolean hth_write_resolve_playlists(HthWriteContext *context, gpointer data, GError **error)
{
    g_autoptr(GArray) entries = g_array_new(FALSE, FALSE, sizeof(Entry));
    g_array_set_clear_func(entries, entry_clear);
    sqlite3_stmt *find = hth_db_statement(context->index, HTH_WRITE_UNRESOLVED_ENTRIES);
    while (hth_db_row(context->index, find, NULL)) {
        const Entry entry = { .playlist = sqlite3_column_int64(find, 0),
                              .position = sqlite3_column_int64(find, 1),
                              .path = hth_db_text(find, 2),
                              .folder_id = sqlite3_column_int64(find, 3) };
        g_array_append_val(entries, entry);
    }
    for (guint i = 0; i < entries->len; i++) {
        if (!resolve(context, &g_array_index(entries, Entry, i), error))
            return FALSE;
    }
    return TRUE;
}
