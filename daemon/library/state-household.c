/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What people said: settings, devices, roots, play state and playlists. */
#include <string.h>

#include "base/error.h"
#include "library/state-private.h"

/* ---- Settings, devices, roots ---- */

char *hth_state_load(HthState *self, const char *key)
{
    g_mutex_lock(&self->mutex);
    sqlite3_stmt *load = hth_db_statement(self->shared, HTH_STATE_LOAD);
    sqlite3_bind_text(load, 1, key, -1, SQLITE_STATIC);
    char *value = hth_db_row(self->shared, load, NULL) ? hth_db_text(load, 0) : NULL;
    sqlite3_reset(load);
    g_mutex_unlock(&self->mutex);
    return value;
}

/* Runs @statement with one or two texts. */
static gboolean run_texts(HthState *self, guint statement, const char *first, const char *second,
                          GError **error)
{
    hth_state_lock_to_write(self);
    sqlite3_stmt *run = hth_db_statement(self->shared, statement);
    sqlite3_bind_text(run, 1, first, -1, SQLITE_STATIC);
    if (second != NULL)
        sqlite3_bind_text(run, 2, second, -1, SQLITE_STATIC);
    const gboolean is_done = hth_db_done(self->shared, run, error);
    hth_state_unlock_written(self);
    return is_done;
}

gboolean hth_state_store(HthState *self, const char *key, const char *value, GError **error)
{
    return run_texts(self, value != NULL ? HTH_STATE_STORE : HTH_STATE_FORGET, key, value, error);
}

void hth_state_devices(HthState *self, HthStateRow callback, gpointer data)
{
    /* Copied first: no code calls out while holding the lock. */
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    g_mutex_lock(&self->mutex);
    sqlite3_stmt *devices = hth_db_statement(self->shared, HTH_STATE_DEVICES);
    while (hth_db_row(self->shared, devices, NULL)) {
        g_ptr_array_add(texts, hth_db_text(devices, 0));
        g_ptr_array_add(texts, hth_db_text(devices, 1));
    }
    g_mutex_unlock(&self->mutex);
    for (guint i = 0; i < texts->len; i += 2)
        callback(texts->pdata[i], texts->pdata[i + 1], data);
}

gboolean hth_state_store_device(HthState *self, const char *id, const char *json, GError **error)
{
    return run_texts(self, json != NULL ? HTH_STATE_STORE_DEVICE : HTH_STATE_FORGET_DEVICE, id,
                     json, error);
}

gboolean hth_state_root_key(HthState *self, const char *path, gint64 *out_key, GError **error)
{
    hth_state_lock_to_write(self);
    sqlite3_stmt *find = hth_db_statement(self->shared, HTH_STATE_ROOT_KEY);
    sqlite3_bind_blob(find, 1, path, (int)strlen(path), SQLITE_STATIC);
    gboolean is_found = hth_db_row(self->shared, find, NULL);
    if (is_found)
        *out_key = sqlite3_column_int64(find, 0);
    sqlite3_reset(find);
    if (!is_found) {
        *out_key = hth_state_random_id();
        sqlite3_stmt *add = hth_db_statement(self->shared, HTH_STATE_ADD_ROOT);
        sqlite3_bind_int64(add, 1, *out_key);
        sqlite3_bind_blob(add, 2, path, (int)strlen(path), SQLITE_STATIC);
        is_found = hth_db_done(self->shared, add, error);
    }
    hth_state_unlock_written(self);
    return is_found;
}

/* What was once shared at the new path is found by its content, like anything that has moved. */
static gboolean rename_root(HthState *self, const char *old_path, const char *new_path,
                            GError **error)
{
    sqlite3_stmt *forget = hth_db_statement(self->shared, HTH_STATE_FORGET_ROOT);
    sqlite3_bind_blob(forget, 1, new_path, (int)strlen(new_path), SQLITE_STATIC);
    if (!hth_db_done(self->shared, forget, error))
        return FALSE;
    sqlite3_stmt *move = hth_db_statement(self->shared, HTH_STATE_MOVE_ROOT);
    sqlite3_bind_blob(move, 1, old_path, (int)strlen(old_path), SQLITE_STATIC);
    sqlite3_bind_blob(move, 2, new_path, (int)strlen(new_path), SQLITE_STATIC);
    if (!hth_db_done(self->shared, move, error))
        return FALSE;
    if (sqlite3_changes(hth_db_handle(self->shared)) > 0)
        return TRUE;
    g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "%s is not a shared folder", old_path);
    return FALSE;
}

gboolean hth_state_move_root(HthState *self, const char *old_path, const char *new_path,
                             GError **error)
{
    hth_state_lock_to_write(self);
    gboolean is_moved = hth_db_run(self->shared, "BEGIN IMMEDIATE", error);
    if (is_moved)
        is_moved =
            hth_state_finish(self->shared, rename_root(self, old_path, new_path, error), error);
    hth_state_unlock_written(self);
    return is_moved;
}

/* ---- Play state ---- */

void hth_state_read_play(HthDb *db, guint64 permanent_id, const char *person,
                         HthPlayState *out_state)
{
    *out_state = (HthPlayState){ 0 };
    sqlite3_stmt *play = hth_db_statement(db, HTH_STATE_PLAY);
    sqlite3_bind_int64(play, 1, (gint64)permanent_id);
    sqlite3_bind_text(play, 2, person, -1, SQLITE_STATIC);
    if (hth_db_row(db, play, NULL)) {
        out_state->play_count = (guint)sqlite3_column_int64(play, 0);
        out_state->last_played_s = sqlite3_column_int64(play, 1);
        out_state->position_ms = sqlite3_column_int64(play, 2);
        out_state->rating = (guint)sqlite3_column_int64(play, 3);
        out_state->is_favourite = sqlite3_column_int(play, 4) != 0;
    }
    sqlite3_reset(play);
}

gboolean hth_state_change_play(HthState *self, guint64 permanent_id, const char *person,
                               HthPlayChange change, gint64 value, HthPlayState *out_state,
                               GError **error)
{
    static const guint statement_of[] = { [HTH_PLAY_ADD] = HTH_STATE_PLAY_ADD,
                                          [HTH_PLAY_POSITION] = HTH_STATE_PLAY_POSITION,
                                          [HTH_PLAY_RATING] = HTH_STATE_PLAY_RATING,
                                          [HTH_PLAY_FAVOURITE] = HTH_STATE_PLAY_FAVOURITE };
    g_return_val_if_fail(change < G_N_ELEMENTS(statement_of), FALSE);

    hth_state_lock_to_write(self);
    sqlite3_stmt *run = hth_db_statement(self->shared, statement_of[change]);
    sqlite3_bind_int64(run, 1, (gint64)permanent_id);
    sqlite3_bind_text(run, 2, person, -1, SQLITE_STATIC);
    sqlite3_bind_int64(run, 3, value);
    const gboolean is_done = hth_db_done(self->shared, run, error);
    if (is_done)
        hth_state_read_play(self->shared, permanent_id, person, out_state);
    hth_state_unlock_written(self);
    return is_done;
}

static gboolean merge_play(HthDb *db, const HthPlayMerge *merge, GError **error)
{
    sqlite3_stmt *run = hth_db_statement(db, HTH_STATE_PLAY_MERGE);
    sqlite3_bind_int64(run, 1, (gint64)merge->permanent_id);
    sqlite3_bind_int64(run, 2, merge->device_plays);
    sqlite3_bind_int64(run, 3, merge->last_played_s);
    sqlite3_bind_int64(run, 4, merge->position_ms);
    sqlite3_bind_int(run, 5, merge->rating);
    sqlite3_bind_int(run, 6, merge->is_favourite);
    return hth_db_done(db, run, error);
}

gboolean hth_state_merge_plays(HthState *self, const HthPlayMerge *merges, guint n_merges,
                               HthPlayState *out_plays, GError **error)
{
    hth_state_lock_to_write(self);
    gboolean is_good = hth_db_run(self->shared, "BEGIN IMMEDIATE", error);
    if (is_good) {
        for (guint i = 0; is_good && i < n_merges; i++)
            is_good = merge_play(self->shared, &merges[i], error);
        is_good = hth_state_finish(self->shared, is_good, error);
    }
    for (guint i = 0; is_good && i < n_merges; i++)
        hth_state_read_play(self->shared, merges[i].permanent_id, "", &out_plays[i]);
    hth_state_unlock_written(self);
    return is_good;
}

/* ---- Playlists of the household ---- */

static gboolean save_entries(HthDb *db, guint64 playlist_id, const guint64 *items, guint n_items,
                             GError **error)
{
    sqlite3_stmt *clear = hth_db_statement(db, HTH_STATE_PLAYLIST_CLEAR);
    sqlite3_bind_int64(clear, 1, (gint64)playlist_id);
    if (!hth_db_done(db, clear, error))
        return FALSE;
    for (guint i = 0; i < n_items; i++) {
        sqlite3_stmt *add = hth_db_statement(db, HTH_STATE_PLAYLIST_ADD);
        sqlite3_bind_int64(add, 1, (gint64)playlist_id);
        sqlite3_bind_int64(add, 2, i);
        sqlite3_bind_int64(add, 3, (gint64)items[i]);
        if (!hth_db_done(db, add, error))
            return FALSE;
    }
    return TRUE;
}

gboolean hth_state_save_playlist(HthState *self, guint64 playlist_id, const char *title,
                                 const guint64 *items, guint n_items, GError **error)
{
    hth_state_lock_to_write(self);
    gboolean is_good = hth_db_run(self->shared, "BEGIN IMMEDIATE", error);
    if (is_good) {
        sqlite3_stmt *save = hth_db_statement(self->shared, HTH_STATE_PLAYLIST_SAVE);
        sqlite3_bind_int64(save, 1, (gint64)playlist_id);
        sqlite3_bind_text(save, 2, title, -1, SQLITE_STATIC);
        sqlite3_bind_int64(save, 3, g_get_real_time() / G_USEC_PER_SEC);
        is_good =
            hth_state_finish(self->shared,
                             hth_db_done(self->shared, save, error) &&
                                 save_entries(self->shared, playlist_id, items, n_items, error),
                             error);
    }
    hth_state_unlock_written(self);
    return is_good;
}

gboolean hth_state_merge_playlist(HthState *self, guint64 playlist_id, const char *title,
                                  const guint64 *items, guint n_items, GError **error)
{
    g_autofree char *old = NULL;
    g_mutex_lock(&self->mutex);
    sqlite3_stmt *find = hth_db_statement(self->shared, HTH_STATE_PLAYLIST_TITLE);
    sqlite3_bind_int64(find, 1, (gint64)playlist_id);
    if (hth_db_row(self->shared, find, NULL))
        old = hth_db_text(find, 0);
    sqlite3_reset(find);
    g_mutex_unlock(&self->mutex);
    return hth_state_save_playlist(self, playlist_id,
                                   title != NULL ? title
                                   : old != NULL ? old
                                                 : "Playlist",
                                   items, n_items, error);
}

gboolean hth_state_remove_playlist(HthState *self, guint64 playlist_id, gboolean *out_existed,
                                   GError **error)
{
    hth_state_lock_to_write(self);
    gboolean is_good = hth_db_run(self->shared, "BEGIN IMMEDIATE", error);
    if (is_good) {
        sqlite3_stmt *remove = hth_db_statement(self->shared, HTH_STATE_PLAYLIST_REMOVE);
        sqlite3_bind_int64(remove, 1, (gint64)playlist_id);
        is_good = hth_db_done(self->shared, remove, error);
        *out_existed = sqlite3_changes(hth_db_handle(self->shared)) > 0;
        is_good = hth_state_finish(
            self->shared, is_good && save_entries(self->shared, playlist_id, NULL, 0, error),
            error);
    }
    hth_state_unlock_written(self);
    return is_good;
}

static void read_entries(HthDb *db, gint64 playlist_id, GArray *items)
{
    g_array_set_size(items, 0);
    sqlite3_stmt *entries = hth_db_statement(db, HTH_STATE_PLAYLIST_ENTRIES);
    sqlite3_bind_int64(entries, 1, playlist_id);
    while (hth_db_row(db, entries, NULL)) {
        const guint64 item = (guint64)sqlite3_column_int64(entries, 0);
        g_array_append_val(items, item);
    }
}

gboolean hth_state_playlists(HthState *self, HthStatePlaylist callback, gpointer data,
                             GError **error)
{
    /* On the writer's connection: @callback writes index.db on that thread. */
    g_autoptr(GArray) items = g_array_new(FALSE, FALSE, sizeof(guint64));
    g_autoptr(GError) failure = NULL;
    sqlite3_stmt *playlists = hth_db_statement(self->identities, HTH_STATE_PLAYLISTS);
    while (hth_db_row(self->identities, playlists, &failure)) {
        read_entries(self->identities, sqlite3_column_int64(playlists, 0), items);
        callback((guint64)sqlite3_column_int64(playlists, 0),
                 (const char *)sqlite3_column_text(playlists, 1),
                 (const guint64 *)(void *)items->data, items->len, data);
    }
    if (failure == NULL)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}

gboolean hth_state_plays(HthState *self, HthStatePlay callback, gpointer data, GError **error)
{
    g_autoptr(GError) failure = NULL;
    sqlite3_stmt *plays = hth_db_statement(self->identities, HTH_STATE_PLAYS);
    while (hth_db_row(self->identities, plays, &failure)) {
        const HthPlayState play = { .play_count = (guint)sqlite3_column_int64(plays, 1),
                                    .last_played_s = sqlite3_column_int64(plays, 2),
                                    .position_ms = sqlite3_column_int64(plays, 3),
                                    .rating = (guint)sqlite3_column_int64(plays, 4),
                                    .is_favourite = sqlite3_column_int(plays, 5) != 0 };
        callback((guint64)sqlite3_column_int64(plays, 0), &play, data);
    }
    if (failure == NULL)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&failure));
    return FALSE;
}
