/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/aggregate.h"

#include <string.h>

#include "library/album-grouping.h"
#include "library/write-statement.h"

typedef gboolean (*FlushRow)(HthWriteContext *context, gint64 row, GError **error);

/* A flush may make rows of a later kind dirty, never of its own. */
static gboolean flush_kind(HthWriteContext *context, HthDirtyKind kind, FlushRow flush,
                           GError **error)
{
    g_autoptr(GArray) rows = hth_change_set_take_dirty(context->changes, kind);
    for (guint i = 0; i < rows->len; i++) {
        if (!flush(context, g_array_index(rows, gint64, i), error))
            return FALSE;
    }
    return TRUE;
}

/* No row: it is gone already, and nothing is left to do, unless it could not be read. */
static gboolean is_gone(GError **failure, GError **error)
{
    if (*failure == NULL)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(failure));
    return FALSE;
}

/* ---- Albums ---- */

typedef struct {
    gint64 n_tracks, year, artwork_item_id, added_s;
} AlbumSums;

static gint64 album_artwork(HthWriteContext *context, gint64 album)
{
    sqlite3_stmt *find = hth_db_statement(context->index, HTH_WRITE_ALBUM_ARTWORK);
    sqlite3_bind_int64(find, 1, album);
    const gint64 item = hth_db_row(context->index, find, NULL) ? sqlite3_column_int64(find, 0) : 0;
    sqlite3_reset(find);
    return item;
}

static void album_changed(HthWriteContext *context, gint64 album, gint64 artist)
{
    hth_change_set_object(context->changes, hth_ref(HTH_REF_ALBUM, album));
    hth_change_set_static(context->changes, HTH_STATIC_MUSIC_ALBUMS);
    if (artist != 0) {
        hth_change_set_container(context->changes, hth_ref(HTH_REF_ALBUM_ARTIST, artist));
        hth_change_set_container(context->changes, hth_ref(HTH_REF_ALBUM_ARTIST_TRACKS, artist));
    }
}

static gboolean flush_album(HthWriteContext *context, gint64 album, GError **error)
{
    sqlite3_stmt *sums = hth_db_statement(context->index, HTH_WRITE_ALBUM_SUMS);
    sqlite3_bind_int64(sums, 1, album);
    g_autoptr(GError) failure = NULL;
    if (!hth_db_row(context->index, sums, &failure))
        return is_gone(&failure, error);
    const AlbumSums old = { sqlite3_column_int64(sums, 0), sqlite3_column_int64(sums, 1),
                            sqlite3_column_int64(sums, 2), sqlite3_column_int64(sums, 3) };
    const gint64 artist = sqlite3_column_int64(sums, 4);
    const AlbumSums new = { sqlite3_column_int64(sums, 5), sqlite3_column_int64(sums, 6),
                            album_artwork(context, album), sqlite3_column_int64(sums, 7) };
    sqlite3_reset(sums);

    /* A track of it changed, or this would not be asked. */
    if (artist != 0)
        hth_change_set_container(context->changes, hth_ref(HTH_REF_ALBUM_ARTIST_TRACKS, artist));
    if (old.n_tracks == new.n_tracks && old.year == new.year &&old.artwork_item_id ==
                                            new.artwork_item_id &&old.added_s ==
                                            new.added_s &&new.n_tracks > 0)
        return TRUE;
    album_changed(context, album, artist);
    if (new.n_tracks == 0 || old.n_tracks == 0)
        hth_change_set_dirty(context->changes, HTH_DIRTY_ARTIST, artist);
    if (new.n_tracks == 0)
        return hth_write_run_id(context, HTH_WRITE_REMOVE_ALBUM, album, error);

    sqlite3_stmt *set = hth_db_statement(context->index, HTH_WRITE_SET_ALBUM_SUMS);
    sqlite3_bind_int64(set, 1, album);
    sqlite3_bind_int64(set, 2, new.n_tracks);
    sqlite3_bind_int64(set, 3, new.year);
    sqlite3_bind_int64(set, 4, new.artwork_item_id);
    sqlite3_bind_int64(set, 5, new.added_s);
    return hth_db_done(context->index, set, error);
}

/* ---- Artists, genres, cameras ---- */

/* Each list that shows artists in that role, where the artist enters or leaves it. The row of one
 * who left is given to another, so "All tracks" of that row is then another object too. */
static void artist_moved(HthWriteContext *context, gint64 artist, gint64 old, gint64 new,
                         HthStaticContainer list, HthRefKind kind, HthRefKind tracks)
{
    if (old == new)
        return;
    hth_change_set_object(context->changes, hth_ref(kind, artist));
    hth_change_set_object(context->changes, hth_ref(tracks, artist));
    if ((old == 0) != (new == 0))
        hth_change_set_static(context->changes, list);
}

static gboolean flush_artist(HthWriteContext *context, gint64 artist, GError **error)
{
    sqlite3_stmt *sums = hth_db_statement(context->index, HTH_WRITE_ARTIST_SUMS);
    sqlite3_bind_int64(sums, 1, artist);
    g_autoptr(GError) failure = NULL;
    if (!hth_db_row(context->index, sums, &failure))
        return is_gone(&failure, error);
    gint64 old[3], new[4];
    for (int i = 0; i < 3; i++)
        old[i] = sqlite3_column_int64(sums, i);
    for (int i = 0; i < 4; i++)
        new[i] = sqlite3_column_int64(sums, 3 + i);
    sqlite3_reset(sums);

    artist_moved(context, artist, old[0], new[0], HTH_STATIC_MUSIC_ARTISTS, HTH_REF_ARTIST,
                 HTH_REF_ARTIST_TRACKS);
    artist_moved(context, artist, old[1], new[1], HTH_STATIC_MUSIC_ALBUM_ARTISTS,
                 HTH_REF_ALBUM_ARTIST, HTH_REF_ALBUM_ARTIST_TRACKS);
    artist_moved(context, artist, old[2], new[2], HTH_STATIC_MUSIC_COMPOSERS, HTH_REF_COMPOSER,
                 HTH_REF_COMPOSER_TRACKS);
    /* new[3]: anything else names the artist still, a video or a track's album artist. */
    if (new[0] == 0 && new[1] == 0 && new[2] == 0 && new[3] == 0) {
        g_hash_table_remove_all(context->entities); /* rare: an artist left altogether */
        return hth_write_run_id(context, HTH_WRITE_REMOVE_ARTIST, artist, error);
    }
    if (old[0] == new[0] && old[1] == new[1] && old[2] == new[2])
        return TRUE;
    sqlite3_stmt *set = hth_db_statement(context->index, HTH_WRITE_SET_ARTIST_SUMS);
    sqlite3_bind_int64(set, 1, artist);
    for (int i = 0; i < 3; i++)
        sqlite3_bind_int64(set, 2 + i, new[i]);
    return hth_db_done(context->index, set, error);
}

typedef struct {
    HthWriteStatement sums, set, remove;
    HthRefKind ref;
    HthStaticContainer list;
} CountedKind;

static const CountedKind genre_kind = { HTH_WRITE_GENRE_SUMS, HTH_WRITE_SET_GENRE_SUMS,
                                        HTH_WRITE_REMOVE_GENRE, HTH_REF_GENRE,
                                        HTH_STATIC_MUSIC_GENRES };
static const CountedKind camera_kind = { HTH_WRITE_CAMERA_SUMS, HTH_WRITE_SET_CAMERA_SUMS,
                                         HTH_WRITE_REMOVE_CAMERA, HTH_REF_CAMERA,
                                         HTH_STATIC_PHOTO_CAMERAS };

static gboolean flush_counted(HthWriteContext *context, const CountedKind *kind, gint64 row,
                              GError **error)
{
    sqlite3_stmt *sums = hth_db_statement(context->index, kind->sums);
    sqlite3_bind_int64(sums, 1, row);
    g_autoptr(GError) failure = NULL;
    if (!hth_db_row(context->index, sums, &failure))
        return is_gone(&failure, error);
    const gint64 old = sqlite3_column_int64(sums, 0);
    const gint64 new = sqlite3_column_int64(sums, 1);
    const gboolean is_used = new > 0 || sqlite3_column_int64(sums, 2) != 0;
    sqlite3_reset(sums);
    if (old != new)
        hth_change_set_object(context->changes, hth_ref(kind->ref, row));
    if ((old == 0) != (new == 0))
        hth_change_set_static(context->changes, kind->list);
    if (!is_used) {
        g_hash_table_remove_all(context->entities);
        return hth_write_run_id(context, kind->remove, row, error);
    }
    if (old == new)
        return TRUE;
    sqlite3_stmt *set = hth_db_statement(context->index, kind->set);
    sqlite3_bind_int64(set, 1, row);
    sqlite3_bind_int64(set, 2, new);
    return hth_db_done(context->index, set, error);
}

static gboolean flush_genre(HthWriteContext *context, gint64 row, GError **error)
{
    return flush_counted(context, &genre_kind, row, error);
}

static gboolean flush_camera(HthWriteContext *context, gint64 row, GError **error)
{
    return flush_counted(context, &camera_kind, row, error);
}

/* ---- Folders: deepest first, each makes its parent dirty ---- */

typedef struct {
    gint64 id, parent_id, depth;
    gint64 counts[3], picture_id;
} FolderRow;

static gboolean read_folder(HthWriteContext *context, gint64 id, FolderRow *out_row)
{
    sqlite3_stmt *folder = hth_db_statement(context->index, HTH_WRITE_FOLDER);
    sqlite3_bind_int64(folder, 1, id);
    const gboolean is_found = hth_db_row(context->index, folder, NULL);
    if (is_found) {
        *out_row = (FolderRow){ .id = id,
                                .parent_id = sqlite3_column_int64(folder, 0),
                                .depth = sqlite3_column_int64(folder, 2),
                                .picture_id = sqlite3_column_int64(folder, 6) };
        for (int i = 0; i < 3; i++)
            out_row->counts[i] = sqlite3_column_int64(folder, 3 + i);
    }
    sqlite3_reset(folder);
    return is_found;
}

static void folder_moved(HthWriteContext *context, const FolderRow *old, const FolderRow *new)
{
    static const HthRefKind kinds[] = { HTH_REF_FOLDER_AUDIO, HTH_REF_FOLDER_VIDEO,
                                        HTH_REF_FOLDER_PHOTO };
    static const HthStaticContainer lists[] = { HTH_STATIC_MUSIC_FOLDERS, HTH_STATIC_VIDEO_FOLDERS,
                                                HTH_STATIC_PHOTO_FOLDERS };
    for (guint i = 0; i < 3; i++) {
        if (old->counts[i] != new->counts[i] || old->picture_id != new->picture_id)
            hth_change_set_object(context->changes, hth_ref(kinds[i], old->id));
        if ((old->counts[i] == 0) == (new->counts[i] == 0))
            continue;
        if (old->parent_id == 0)
            hth_change_set_static(context->changes, lists[i]);
        else
            hth_change_set_container(context->changes, hth_ref(kinds[i], old->parent_id));
    }
}

/* Albums whose pictures may come from the folder's. */
static void picture_changed(HthWriteContext *context, gint64 folder)
{
    sqlite3_stmt *albums = hth_db_statement(context->index, HTH_WRITE_FOLDER_ALBUMS);
    sqlite3_bind_int64(albums, 1, folder);
    while (hth_db_row(context->index, albums, NULL))
        hth_change_set_dirty(context->changes, HTH_DIRTY_ALBUM, sqlite3_column_int64(albums, 0));
}

static gboolean flush_folder(HthWriteContext *context, const FolderRow *old, gboolean *out_changed,
                             GError **error)
{
    sqlite3_stmt *sums = hth_db_statement(context->index, HTH_WRITE_FOLDER_SUMS);
    sqlite3_bind_int64(sums, 1, old->id);
    if (!hth_db_row(context->index, sums, error))
        return FALSE;
    FolderRow new = *old;
    for (int i = 0; i < 3; i++)
        new.counts[i] = sqlite3_column_int64(sums, i) + sqlite3_column_int64(sums, 3 + i);
    new.picture_id = sqlite3_column_int64(sums, 6);
    sqlite3_reset(sums);

    *out_changed = memcmp(old->counts, new.counts, sizeof old->counts) != 0;
    if (!*out_changed && old->picture_id == new.picture_id)
        return TRUE;
    folder_moved(context, old, &new);
    if (old->picture_id != new.picture_id)
        picture_changed(context, old->id);
    sqlite3_stmt *set = hth_db_statement(context->index, HTH_WRITE_SET_FOLDER_SUMS);
    sqlite3_bind_int64(set, 1, old->id);
    for (int i = 0; i < 3; i++)
        sqlite3_bind_int64(set, 2 + i, new.counts[i]);
    sqlite3_bind_int64(set, 5, new.picture_id);
    return hth_db_done(context->index, set, error);
}

static int deeper_first(gconstpointer a, gconstpointer b)
{
    const FolderRow *left = a, *right = b;
    return left->depth < right->depth ? 1 : left->depth > right->depth ? -1 : 0;
}

/* One level of folders after the other, so that each sums what is final below it. */
static gboolean flush_folders(HthWriteContext *context, GError **error)
{
    g_autoptr(GArray) level = g_array_new(FALSE, FALSE, sizeof(FolderRow));
    for (;;) {
        g_autoptr(GArray) ids = hth_change_set_take_dirty(context->changes, HTH_DIRTY_FOLDER);
        if (ids->len == 0)
            return TRUE;
        g_array_set_size(level, 0);
        for (guint i = 0; i < ids->len; i++) {
            FolderRow row;
            if (read_folder(context, g_array_index(ids, gint64, i), &row))
                g_array_append_val(level, row);
        }
        g_array_sort(level, deeper_first);
        for (guint i = 0; i < level->len; i++) {
            const FolderRow *row = &g_array_index(level, FolderRow, i);
            if (row->depth != g_array_index(level, FolderRow, 0).depth) {
                hth_change_set_dirty(context->changes, HTH_DIRTY_FOLDER, row->id);
                continue;
            }
            gboolean is_changed = FALSE;
            if (!flush_folder(context, row, &is_changed, error))
                return FALSE;
            if (is_changed)
                hth_change_set_dirty(context->changes, HTH_DIRTY_FOLDER, row->parent_id);
        }
    }
}

gboolean hth_aggregate_flush(HthWriteContext *context, GError **error)
{
    return flush_kind(context, HTH_DIRTY_GROUP, hth_album_group, error) &&
           flush_folders(context, error) &&
           flush_kind(context, HTH_DIRTY_ALBUM, flush_album, error) &&
           flush_kind(context, HTH_DIRTY_ARTIST, flush_artist, error) &&
           flush_kind(context, HTH_DIRTY_GENRE, flush_genre, error) &&
           flush_kind(context, HTH_DIRTY_CAMERA, flush_camera, error);
}
