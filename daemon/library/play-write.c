/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/play-write.h"

#include "base/text.h"
#include "library/write-statement.h"

static gint64 find_row(HthWriteContext *context, HthWriteStatement statement, guint64 permanent_id)
{
    sqlite3_stmt *find = hth_db_statement(context->index, statement);
    sqlite3_bind_int64(find, 1, (gint64)permanent_id);
    const gint64 row = hth_db_row(context->index, find, NULL) ? sqlite3_column_int64(find, 0) : 0;
    sqlite3_reset(find);
    return row;
}

gboolean hth_write_play(HthWriteContext *context, gpointer play_write, GError **error)
{
    const HthPlayWrite *write = play_write;
    const gint64 item = find_row(context, HTH_WRITE_ITEM_BY_PERMANENT_ID, write->permanent_id);
    if (item == 0)
        return TRUE;
    hth_change_set_object(context->changes, hth_ref(HTH_REF_ITEM, item));
    hth_change_set_static(context->changes, HTH_STATIC_MUSIC_MOST_PLAYED);
    sqlite3_stmt *set = hth_db_statement(context->index, HTH_WRITE_SET_ITEM_PLAY);
    sqlite3_bind_int64(set, 1, item);
    sqlite3_bind_int64(set, 2, write->play.play_count);
    sqlite3_bind_int64(set, 3, write->play.last_played_s);
    sqlite3_bind_int64(set, 4, write->play.position_ms);
    sqlite3_bind_int64(set, 5, write->play.rating);
    sqlite3_bind_int(set, 6, write->play.is_favourite);
    return hth_db_done(context->index, set, error);
}

typedef struct {
    HthWriteContext *context;
    GHashTable *seen; /* (element gint64, heap) permanent ids */
    GError *error;
} Copy;

static void copy_play(guint64 permanent_id, const HthPlayState *play, gpointer data)
{
    Copy *copy = data;
    HthPlayWrite write = { .permanent_id = permanent_id, .play = *play };
    if (copy->error == NULL)
        (void)hth_write_play(copy->context, &write, &copy->error); /* the error says it */
}

gboolean hth_write_plays(HthWriteContext *context, gpointer data, GError **error)
{
    Copy copy = { .context = context };
    if (!hth_state_plays(context->state, copy_play, &copy, error))
        return FALSE;
    if (copy.error == NULL)
        return TRUE;
    g_propagate_error(error, copy.error);
    return FALSE;
}

static gboolean write_title(HthWriteContext *context, gint64 *row, guint64 playlist_id,
                            const char *title, GError **error)
{
    g_autofree char *folded = hth_text_fold(title);
    g_autoptr(GByteArray) key = g_byte_array_new();
    hth_text_append_sort_key(key, title);
    sqlite3_stmt *set = hth_db_statement(context->index, *row != 0 ? HTH_WRITE_SET_OWN_PLAYLIST
                                                                   : HTH_WRITE_ADD_OWN_PLAYLIST);
    sqlite3_bind_int64(set, 1, *row != 0 ? *row : (gint64)playlist_id);
    sqlite3_bind_text(set, 2, title, -1, SQLITE_STATIC);
    sqlite3_bind_blob(set, 3, key->len > 0 ? (gconstpointer)key->data : "", (int)key->len,
                      SQLITE_STATIC);
    sqlite3_bind_text(set, 4, folded, -1, SQLITE_STATIC);
    if (!hth_db_done(context->index, set, error))
        return FALSE;
    if (*row == 0)
        *row = sqlite3_last_insert_rowid(hth_db_handle(context->index));
    return TRUE;
}

/* Whether the copy is as it should be already: then nothing changed, and nobody is told so. */
static gboolean is_copied(HthWriteContext *context, guint64 playlist_id, const char *title,
                          const guint64 *items, guint n_items)
{
    sqlite3_stmt *find = hth_db_statement(context->index, HTH_WRITE_OWN_PLAYLIST_BY_ID);
    sqlite3_bind_int64(find, 1, (gint64)playlist_id);
    gboolean is_same = hth_db_row(context->index, find, NULL) &&
                       g_strcmp0((const char *)sqlite3_column_text(find, 1), title) == 0;
    const gint64 row = is_same ? sqlite3_column_int64(find, 0) : 0;
    sqlite3_reset(find);
    guint n = 0;
    sqlite3_stmt *entries = hth_db_statement(context->index, HTH_WRITE_OWN_ENTRIES);
    sqlite3_bind_int64(entries, 1, row);
    while (is_same && hth_db_row(context->index, entries, NULL)) {
        is_same = n < n_items && (guint64)sqlite3_column_int64(entries, 0) == items[n];
        n++;
    }
    sqlite3_reset(entries);
    return is_same && n == n_items;
}

static void copy_playlist(guint64 playlist_id, const char *title, const guint64 *items,
                          guint n_items, gpointer data)
{
    Copy *copy = data;
    HthWriteContext *context = copy->context;
    g_hash_table_add(copy->seen, g_memdup2(&playlist_id, sizeof playlist_id));
    gint64 row = find_row(context, HTH_WRITE_OWN_PLAYLIST_BY_ID, playlist_id);
    if (copy->error != NULL || is_copied(context, playlist_id, title, items, n_items) ||
        !write_title(context, &row, playlist_id, title, &copy->error))
        return;
    hth_change_set_static(context->changes, HTH_STATIC_MUSIC_PLAYLISTS);
    hth_change_set_container(context->changes, hth_ref(HTH_REF_OWN_PLAYLIST, row));
    sqlite3_stmt *clear = hth_db_statement(context->index, HTH_WRITE_CLEAR_OWN_ENTRIES);
    sqlite3_bind_int64(clear, 1, row);
    gboolean is_good = hth_db_done(context->index, clear, &copy->error);
    for (guint i = 0; is_good && i < n_items; i++) {
        sqlite3_stmt *add = hth_db_statement(context->index, HTH_WRITE_ADD_OWN_ENTRY);
        sqlite3_bind_int64(add, 1, row);
        sqlite3_bind_int64(add, 2, i);
        sqlite3_bind_int64(add, 3, (gint64)items[i]);
        is_good = hth_db_done(context->index, add, &copy->error);
    }
}

/* Those that state.db does not have any more: a copy of it was restored, or a kill came between its
 * commit and the index's. */
static gboolean remove_others(HthWriteContext *context, GHashTable *seen, GError **error)
{
    g_autoptr(GArray) others = g_array_new(FALSE, FALSE, sizeof(gint64));
    sqlite3_stmt *ids = hth_db_statement(context->index, HTH_WRITE_OWN_PLAYLIST_IDS);
    while (hth_db_row(context->index, ids, NULL)) {
        const gint64 id = sqlite3_column_int64(ids, 0);
        if (!g_hash_table_contains(seen, &id))
            g_array_append_val(others, id);
    }
    for (guint i = 0; i < others->len; i++) {
        if (!hth_write_own_playlist_removal(context, &g_array_index(others, gint64, i), error))
            return FALSE;
    }
    return TRUE;
}

gboolean hth_write_own_playlists(HthWriteContext *context, gpointer data, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    Copy copy = { .context = context, .seen = seen };
    if (!hth_state_playlists(context->state, copy_playlist, &copy, error))
        return FALSE;
    if (copy.error == NULL)
        return remove_others(context, seen, error);
    g_propagate_error(error, copy.error);
    return FALSE;
}

static gboolean remove_row(HthWriteContext *context, gint64 row, GError **error)
{
    hth_change_set_static(context->changes, HTH_STATIC_MUSIC_PLAYLISTS);
    hth_change_set_container(context->changes, hth_ref(HTH_REF_OWN_PLAYLIST, row));
    static const HthWriteStatement run[] = { HTH_WRITE_CLEAR_OWN_ENTRIES,
                                             HTH_WRITE_REMOVE_OWN_PLAYLIST };
    for (guint i = 0; i < G_N_ELEMENTS(run); i++) {
        sqlite3_stmt *statement = hth_db_statement(context->index, run[i]);
        sqlite3_bind_int64(statement, 1, row);
        if (!hth_db_done(context->index, statement, error))
            return FALSE;
    }
    return TRUE;
}

gboolean hth_write_own_playlist_removal(HthWriteContext *context, gpointer playlist_id,
                                        GError **error)
{
    const gint64 row = find_row(context, HTH_WRITE_OWN_PLAYLIST_BY_ID, *(guint64 *)playlist_id);
    return row == 0 || remove_row(context, row, error);
}
