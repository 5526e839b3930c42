/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/selection.h"

#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "library/library-private.h"
#include "media/media-type.h"

/* The columns of every query below, in the order of read_item(). */
#define COLUMNS                                                                                    \
    "i.permanent_id, i.kind, i.format, i.size, i.inode, i.mtime_ns, i.ctime_ns, i.title, i.date,"  \
    " i.name, f.name, i.track, i.disc, i.disc_total, coalesce(b.title, i.album_title), ba.name,"   \
    " (SELECT a.name FROM item_artist x JOIN artist a ON a.id = x.artist_id WHERE x.item_id = "    \
    "i.id"                                                                                         \
    " AND x.role = 0 ORDER BY x.position LIMIT 1), i.state, i.probe_version, r.is_available,"      \
    " i.folder_id, i.id, i.duration_ms"
#define JOINS                                                                                      \
    " JOIN folder f ON f.id = i.folder_id JOIN root r ON r.id = i.root_id"                         \
    " LEFT JOIN album b ON b.id = i.album_id LEFT JOIN artist ba ON ba.id = b.artist_id"
/* ?1: bits of kinds, the first for music. */
#define IS_OF_KIND " i.kind BETWEEN 1 AND 3 AND (?1 >> (i.kind - 1)) & 1"
/* The first ?2 of each kind, found in an index; the whole is cut again by the caller. */
#define FIRST_OF(kind, condition, order)                                                           \
    " SELECT id FROM (SELECT id FROM item WHERE kind = " kind " AND (?1 >> (" kind " - 1)) & 1"    \
    " " condition " ORDER BY " order " LIMIT ?2)"

typedef struct {
    HthSyncSource source;
    const char *sql;    /* ?1 kinds; ?2 a number or folded name; ?3 an id */
    const char *reason; /* with one %s or %u, or none */
} Query;

/* Of each source: what it takes, the first to be kept first. */
static const char everything_sql[] =
    "SELECT " COLUMNS " FROM item i" JOINS " WHERE" IS_OF_KIND " ORDER BY i.added_s DESC, i.id";
static const char favourites_sql[] =
    "SELECT " COLUMNS " FROM item i" JOINS " WHERE i.is_favourite = 1 AND" IS_OF_KIND
    " ORDER BY i.added_s DESC, i.id";
static const char rating_sql[] = "SELECT " COLUMNS " FROM item i" JOINS
                                 " WHERE i.rating >= max(?2, 1) AND i.rating > 0 AND" IS_OF_KIND
                                 " ORDER BY i.rating DESC, i.added_s DESC, i.id";
static const char newest_sql[] =
    "SELECT " COLUMNS " FROM item i" JOINS
    " WHERE i.id IN (" FIRST_OF("1", "", "added_s DESC") " UNION ALL" FIRST_OF(
        "2", "", "added_s DESC") " UNION ALL" FIRST_OF("3", "",
                                                       "added_s DESC") ") ORDER BY i.added_s DESC, "
                                                                       "i.id LIMIT ?2";
static const char unplayed_sql[] =
    "SELECT " COLUMNS " FROM item i" JOINS
    " WHERE i.id IN (" FIRST_OF("1", "AND play_count = 0", "added_s DESC") " UNION ALL" FIRST_OF(
        "2", "AND play_count = 0", "added_s DESC") ") ORDER BY i.added_s DESC, i.id LIMIT ?2";
static const char least_recent_sql[] =
    "SELECT " COLUMNS " FROM item i" JOINS
    " WHERE i.id IN (" FIRST_OF("1", "", "last_played_s, added_s") " UNION ALL" FIRST_OF(
        "2", "", "last_played_s, added_s") ") ORDER BY i.last_played_s, i.added_s, i.id"
                                           " LIMIT ?2";
static const char artist_sql[] =
    "SELECT " COLUMNS " FROM item i" JOINS
    " WHERE i.id IN (SELECT x.item_id FROM artist a JOIN item_artist x ON x.artist_id = a.id"
    " AND x.role IN (0, 1) WHERE a.name_folded = ?2 UNION SELECT t.id FROM artist a"
    " JOIN album al ON al.artist_id = a.id JOIN item t ON t.album_id = al.id AND t.album_id > 0"
    " WHERE a.name_folded = ?2) AND" IS_OF_KIND " ORDER BY b.title_key, i.disc, i.track, i.id";
static const char album_sql[] =
    "SELECT " COLUMNS " FROM item i" JOINS
    " WHERE i.album_id > 0 AND i.album_id IN (SELECT al.id FROM album al"
    " WHERE al.title_folded = ?2 OR al.digest = ?3) AND" IS_OF_KIND
    " ORDER BY i.disc, i.track, i.title_key, i.id";
static const char genre_sql[] =
    "SELECT " COLUMNS " FROM item i" JOINS
    " WHERE i.id IN (SELECT x.item_id FROM genre g JOIN item_genre x ON x.genre_id = g.id"
    " WHERE g.name_folded = ?2) AND" IS_OF_KIND " ORDER BY i.added_s DESC, i.id";
static const char own_playlist_sql[] =
    "SELECT " COLUMNS " FROM own_playlist p JOIN own_playlist_entry e ON e.playlist_id = p.id"
    " JOIN item i ON i.permanent_id = e.permanent_id" JOINS
    " WHERE (p.title_folded = ?2 OR p.permanent_id = ?3) AND" IS_OF_KIND " ORDER BY e.position";
static const char file_playlist_sql[] =
    "SELECT " COLUMNS " FROM item p JOIN playlist_entry e ON e.playlist_id = p.id"
    " JOIN item i ON i.id = e.item_id" JOINS
    " WHERE p.kind = 4 AND (p.title_folded = ?2 OR p.permanent_id = ?3) AND" IS_OF_KIND
    " ORDER BY e.position";
/* Subtitles and pictures beside what was taken. */
static const char companion_sql[] =
    "SELECT " COLUMNS " FROM item i" JOINS " WHERE i.folder_id = ?1 AND i.kind IN (5, 6)";

/* An item taken, for its companions. */
typedef struct {
    guint64 id;
    HthSyncSource source;
    HthMediaKind kind;
    char *stem;
} Taken;

typedef struct {
    HthReader *reader;
    const HthSyncRule *rule;
    HthSyncItemFound found;
    gpointer data;
    guint64 order;
    GHashTable *folders; /* (gint64 folder → GArray of Taken) */
    gboolean is_stopped;
    GError *error;
} Selector;

/* ---- One row ---- */

static const char *text_at(sqlite3_stmt *row, int column)
{
    return (const char *)sqlite3_column_text(row, column);
}

static guint64 revision_of(sqlite3_stmt *row)
{
    return hth_sync_revision((guint64)sqlite3_column_int64(row, 4), sqlite3_column_int64(row, 3),
                             sqlite3_column_int64(row, 5), sqlite3_column_int64(row, 6));
}

/* ".JPG" of a name is kept as the format's own "jpg" is; a name without one gets the format's. */
static char *extension_of(const char *name, HthMediaFormat format, HthMediaKind kind)
{
    const char *dot = name != NULL ? strrchr(name, '.') : NULL;
    if (dot == NULL || dot == name || strlen(dot) > 8)
        return g_strdup(hth_media_extension(format, kind));
    return g_ascii_strdown(dot + 1, -1);
}

/* @name and @folder are what the file system has: made UTF-8 for the caller, who frees them. */
static void read_item(sqlite3_stmt *row, HthSyncItem *item, char **name, char **folder,
                      char **extension)
{
    *name = g_utf8_make_valid(text_at(row, 9) != NULL ? text_at(row, 9) : "", -1);
    *folder = g_utf8_make_valid(text_at(row, 10) != NULL ? text_at(row, 10) : "", -1);
    *item = (HthSyncItem){
        .id = (guint64)sqlite3_column_int64(row, 0),
        .kind = (HthMediaKind)sqlite3_column_int(row, 1),
        .size_bytes = sqlite3_column_int64(row, 3),
        .revision = revision_of(row),
        .title = text_at(row, 7),
        .date = text_at(row, 8),
        .file_name = *name,
        .folder_name = *folder,
        .track = (guint16)sqlite3_column_int(row, 11),
        .disc = (guint16)sqlite3_column_int(row, 12),
        .disc_total = (guint16)sqlite3_column_int(row, 13),
        .album = text_at(row, 14),
        .artist = text_at(row, 15) != NULL ? text_at(row, 15) : text_at(row, 16),
        .track_artist = text_at(row, 16),
        .is_unread =
            sqlite3_column_int(row, 17) == HTH_ITEM_PENDING && sqlite3_column_int(row, 18) == 0,
        .is_away = sqlite3_column_int(row, 19) == 0,
        .duration_ms = sqlite3_column_int64(row, 22),
    };
    *extension = extension_of(*name, (HthMediaFormat)sqlite3_column_int(row, 2), item->kind);
    item->extension = *extension;
}

/* ---- Companions ---- */

static void taken_clear(gpointer data)
{
    g_free(((Taken *)data)->stem);
}

static char *stem_of(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot != NULL && dot != name ? g_strndup(name, (gsize)(dot - name)) : g_strdup(name);
}

static void remember(Selector *self, sqlite3_stmt *row, const HthSyncItem *item)
{
    const gint64 folder = sqlite3_column_int64(row, 20);
    GArray *taken = g_hash_table_lookup(self->folders, &folder);
    if (taken == NULL) {
        taken = g_array_new(FALSE, FALSE, sizeof(Taken));
        g_array_set_clear_func(taken, taken_clear);
        g_hash_table_insert(self->folders, g_memdup2(&folder, sizeof folder), taken);
    }
    const Taken each = { item->id, item->source, item->kind, stem_of(item->file_name) };
    g_array_append_val(taken, each);
}

/* Artwork goes with any track or video of its folder, a subtitle with the video of its name. */
static const Taken *leader_of(const GArray *taken, const HthSyncItem *companion)
{
    const Taken *best = NULL;
    for (guint i = 0; i < taken->len; i++) {
        const Taken *each = &g_array_index(taken, Taken, i);
        const gsize length = strlen(each->stem);
        if (companion->kind == HTH_MEDIA_PICTURE) {
            if (each->kind != HTH_MEDIA_PHOTO && (best == NULL || each->id < best->id))
                best = each;
        } else if (strncmp(companion->file_name, each->stem, length) == 0 &&
                   companion->file_name[length] == '.' &&
                   (best == NULL || length > strlen(best->stem))) {
            best = each;
        }
    }
    return best;
}

static sqlite3_stmt *prepare(Selector *self, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    if (self->error == NULL &&
        sqlite3_prepare_v2(hth_db_handle(self->reader->db), sql, -1, &statement, NULL) != SQLITE_OK)
        (void)hth_db_fail(self->reader->db, &self->error);
    return statement;
}

static void emit_companion(Selector *self, sqlite3_stmt *row, const GArray *taken)
{
    g_autofree char *name = NULL, *folder = NULL, *extension = NULL;
    HthSyncItem item;
    read_item(row, &item, &name, &folder, &extension);
    const Taken *leader = leader_of(taken, &item);
    if (leader == NULL)
        return;
    item.is_unread = FALSE;
    item.companion_of = leader->id;
    item.source = leader->source;
    item.reason = item.kind == HTH_MEDIA_PICTURE ? "artwork of its folder" : "beside its video";
    self->is_stopped = !self->found(&item, self->data);
}

static void emit_companions(Selector *self)
{
    GHashTableIter iter;
    gpointer folder, taken;
    sqlite3_stmt *list = prepare(self, companion_sql);
    g_hash_table_iter_init(&iter, self->folders);
    while (list != NULL && self->error == NULL && !self->is_stopped &&
           g_hash_table_iter_next(&iter, &folder, &taken)) {
        sqlite3_reset(list);
        sqlite3_bind_int64(list, 1, *(gint64 *)folder);
        while (!self->is_stopped && hth_db_row(self->reader->db, list, &self->error))
            emit_companion(self, list, taken);
    }
    sqlite3_finalize(list);
}

/* ---- Sources ---- */

static void run(Selector *self, sqlite3_stmt *list, HthSyncSource source, const char *reason)
{
    sqlite3_bind_int(list, 1, (int)self->rule->kinds);
    while (!self->is_stopped && hth_db_row(self->reader->db, list, &self->error)) {
        g_autofree char *name = NULL, *folder = NULL, *extension = NULL;
        HthSyncItem item;
        read_item(list, &item, &name, &folder, &extension);
        if (hth_sync_rule_is_excluded(self->rule, item.id))
            continue;
        item.source = source;
        item.order = self->order++;
        item.reason = reason;
        remember(self, list, &item);
        self->is_stopped = !self->found(&item, self->data);
    }
    sqlite3_finalize(list);
}

static void run_number(Selector *self, const char *sql, HthSyncSource source, guint number,
                       const char *reason)
{
    sqlite3_stmt *list = prepare(self, sql);
    if (list == NULL)
        return;
    if (sqlite3_bind_parameter_count(list) > 1)
        sqlite3_bind_int64(list, 2, number);
    run(self, list, source, reason);
}

/* The permanent id or digest that a leaf id ends in; 0: it is a name. */
static gint64 key_of(const char *text)
{
    guint64 key;
    const char *dash = strrchr(text, '-');
    return hth_text_id_decode(dash != NULL ? dash + 1 : text, &key) ? (gint64)key : 0;
}

static void run_names(Selector *self, const char *sql, HthSyncSource source, char **names,
                      const char *what)
{
    for (guint i = 0; names[i] != NULL; i++) {
        g_autofree char *folded = hth_text_fold(names[i]);
        g_autofree char *reason = g_strdup_printf("%s %s", what, names[i]);
        sqlite3_stmt *list = prepare(self, sql);
        if (list == NULL)
            return;
        sqlite3_bind_text(list, 2, folded, -1, SQLITE_STATIC);
        if (sqlite3_bind_parameter_count(list) > 2)
            sqlite3_bind_int64(list, 3, key_of(names[i]));
        run(self, list, source, reason);
    }
}

static void run_counts(Selector *self)
{
    const HthSyncRule *rule = self->rule;
    const struct {
        guint number;
        const char *sql;
        HthSyncSource source;
        const char *format;
    } rows[] = {
        { rule->rating, rating_sql, HTH_SYNC_SOURCE_RATING, "%u stars or more" },
        { rule->newest, newest_sql, HTH_SYNC_SOURCE_NEWEST, "among the newest %u" },
        { rule->unplayed, unplayed_sql, HTH_SYNC_SOURCE_UNPLAYED,
          "among the newest %u not played" },
        { rule->least_recent, least_recent_sql, HTH_SYNC_SOURCE_LEAST_RECENT,
          "among the %u heard longest ago" },
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        g_autoptr(GString) reason = g_string_new(rows[i].format);
        g_autofree char *number = g_strdup_printf("%u", rows[i].number);
        g_string_replace(reason, "%u", number, 1);
        if (rows[i].number > 0)
            run_number(self, rows[i].sql, rows[i].source, rows[i].number, reason->str);
    }
}

static void run_sources(Selector *self)
{
    const HthSyncRule *rule = self->rule;
    run_names(self, own_playlist_sql, HTH_SYNC_SOURCE_PLAYLISTS, rule->playlists, "playlist");
    run_names(self, file_playlist_sql, HTH_SYNC_SOURCE_PLAYLISTS, rule->playlists, "playlist");
    run_names(self, album_sql, HTH_SYNC_SOURCE_ALBUMS, rule->albums, "album");
    run_names(self, artist_sql, HTH_SYNC_SOURCE_ARTISTS, rule->artists, "artist");
    run_names(self, genre_sql, HTH_SYNC_SOURCE_GENRES, rule->genres, "genre");
    if (rule->has_favourites)
        run_number(self, favourites_sql, HTH_SYNC_SOURCE_FAVOURITES, 0, "a favourite");
    run_counts(self);
    if (rule->has_everything)
        run_number(self, everything_sql, HTH_SYNC_SOURCE_EVERYTHING, 0, "everything");
}

gboolean hth_selection_items(HthLibrary *library, const HthSyncRule *rule, HthSyncItemFound found,
                             gpointer data, GError **error)
{
    g_autoptr(HthReader) reader = hth_library_acquire_reader(library);
    Selector self = { .reader = reader, .rule = rule, .found = found, .data = data };
    self.folders =
        g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, (GDestroyNotify)g_array_unref);
    /* One moment of the library, not several. */
    gboolean is_good = hth_db_run(reader->db, "BEGIN", error);
    if (is_good) {
        run_sources(&self);
        emit_companions(&self);
        (void)hth_db_run(reader->db, "COMMIT", NULL); /* it only read */
    }
    g_hash_table_unref(self.folders);
    if (self.error == NULL)
        return is_good;
    g_propagate_error(error, self.error);
    return FALSE;
}

/* ---- Playlists ---- */

static const char own_lists_sql[] =
    "SELECT permanent_id, title, id FROM own_playlist WHERE ?1 OR title_folded = ?2"
    " OR permanent_id = ?3 ORDER BY title_key";
static const char file_lists_sql[] =
    "SELECT permanent_id, title, id FROM item WHERE kind = 4 AND (?1 OR title_folded = ?2"
    " OR permanent_id = ?3) ORDER BY title_key";
static const char own_entries_sql[] =
    "SELECT permanent_id FROM own_playlist_entry WHERE playlist_id = ?1 ORDER BY position";
static const char file_entries_sql[] =
    "SELECT i.permanent_id FROM playlist_entry e JOIN item i ON i.id = e.item_id"
    " WHERE e.playlist_id = ?1 ORDER BY e.position";

typedef struct {
    Selector base;
    HthSyncPlaylistFound found;
    GHashTable *seen; /* (element guint64) */
} ListSelector;

static GArray *read_entries(Selector *self, const char *sql, gint64 row)
{
    GArray *items = g_array_new(FALSE, FALSE, sizeof(guint64));
    sqlite3_stmt *list = prepare(self, sql);
    if (list == NULL)
        return items;
    sqlite3_bind_int64(list, 1, row);
    while (hth_db_row(self->reader->db, list, &self->error)) {
        const guint64 item = (guint64)sqlite3_column_int64(list, 0);
        g_array_append_val(items, item);
    }
    sqlite3_finalize(list);
    return items;
}

static void emit_list(ListSelector *self, sqlite3_stmt *row, const char *entries_sql)
{
    const guint64 id = (guint64)sqlite3_column_int64(row, 0);
    if (!g_hash_table_add(self->seen, g_memdup2(&id, sizeof id)))
        return;
    g_autoptr(GArray) items = read_entries(&self->base, entries_sql, sqlite3_column_int64(row, 2));
    const HthSyncPlaylist playlist = {
        .id = id,
        .title = text_at(row, 1),
        .items = (const guint64 *)(void *)items->data,
        .n_items = items->len,
        .revision = hth_sync_revision(id, items->len, 0, 0),
    };
    self->base.is_stopped = !self->found(&playlist, self->base.data);
}

static void run_lists(ListSelector *self, const char *sql, const char *entries_sql,
                      const char *name)
{
    sqlite3_stmt *list = prepare(&self->base, sql);
    if (list == NULL)
        return;
    g_autofree char *folded = hth_text_fold(name != NULL ? name : "");
    sqlite3_bind_int(list, 1, name == NULL);
    sqlite3_bind_text(list, 2, folded, -1, SQLITE_STATIC);
    sqlite3_bind_int64(list, 3, name != NULL ? key_of(name) : 0);
    while (!self->base.is_stopped && hth_db_row(self->base.reader->db, list, &self->base.error))
        emit_list(self, list, entries_sql);
    sqlite3_finalize(list);
}

gboolean hth_selection_extension(HthLibrary *library, guint64 item, char *out, gsize size)
{
    static const char sql[] =
        "SELECT kind, format FROM item WHERE permanent_id = ?1 AND kind BETWEEN 1 AND 3";
    g_autoptr(HthReader) reader = hth_library_acquire_reader(library);
    Selector self = { .reader = reader };
    sqlite3_stmt *find = prepare(&self, sql);
    if (find == NULL) {
        g_clear_error(&self.error);
        return FALSE;
    }
    sqlite3_bind_int64(find, 1, (gint64)item);
    const gboolean is_there = hth_db_row(reader->db, find, &self.error);
    if (is_there)
        g_strlcpy(out,
                  hth_media_extension((HthMediaFormat)sqlite3_column_int(find, 1),
                                      (HthMediaKind)sqlite3_column_int(find, 0)),
                  size);
    sqlite3_finalize(find);
    g_clear_error(&self.error);
    return is_there;
}

gboolean hth_selection_playlists(HthLibrary *library, const HthSyncRule *rule,
                                 HthSyncPlaylistFound found, gpointer data, GError **error)
{
    g_autoptr(HthReader) reader = hth_library_acquire_reader(library);
    ListSelector self = { .base = { .reader = reader, .rule = rule, .data = data },
                          .found = found };
    self.seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    for (guint i = 0; rule->playlists[i] != NULL; i++) {
        run_lists(&self, own_lists_sql, own_entries_sql, rule->playlists[i]);
        run_lists(&self, file_lists_sql, file_entries_sql, rule->playlists[i]);
    }
    if (rule->has_everything) {
        run_lists(&self, own_lists_sql, own_entries_sql, NULL);
        run_lists(&self, file_lists_sql, file_entries_sql, NULL);
    }
    g_hash_table_unref(self.seen);
    if (self.base.error == NULL)
        return TRUE;
    g_propagate_error(error, self.base.error);
    return FALSE;
}

/* ---- Names that mean nothing ---- */

static gboolean has_row(Selector *self, const char *sql, const char *name)
{
    sqlite3_stmt *find = prepare(self, sql);
    if (find == NULL)
        return TRUE;
    g_autofree char *folded = hth_text_fold(name);
    sqlite3_bind_text(find, 1, folded, -1, SQLITE_STATIC);
    if (sqlite3_bind_parameter_count(find) > 1)
        sqlite3_bind_int64(find, 2, key_of(name));
    const gboolean is_found = hth_db_row(self->reader->db, find, &self->error);
    sqlite3_finalize(find);
    return is_found;
}

GPtrArray *hth_selection_unknown(HthLibrary *library, const HthSyncRule *rule)
{
    const struct {
        char **names;
        const char *what, *sql;
    } rows[] = {
        { rule->playlists, "playlist",
          "SELECT 1 FROM own_playlist WHERE title_folded = ?1 OR permanent_id = ?2 UNION ALL"
          " SELECT 1 FROM item WHERE kind = 4 AND (title_folded = ?1 OR permanent_id = ?2)" },
        { rule->albums, "album", "SELECT 1 FROM album WHERE title_folded = ?1 OR digest = ?2" },
        { rule->artists, "artist", "SELECT 1 FROM artist WHERE name_folded = ?1" },
        { rule->genres, "genre", "SELECT 1 FROM genre WHERE name_folded = ?1" },
    };
    GPtrArray *unknown = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(HthReader) reader = hth_library_acquire_reader(library);
    Selector self = { .reader = reader, .rule = rule };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        for (guint n = 0; rows[i].names[n] != NULL; n++) {
            if (!has_row(&self, rows[i].sql, rows[i].names[n]))
                g_ptr_array_add(unknown, g_strdup_printf("%s %s", rows[i].what, rows[i].names[n]));
        }
    }
    g_clear_error(&self.error); /* what cannot be asked is not called unknown */
    return unknown;
}
