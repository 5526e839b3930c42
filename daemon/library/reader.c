/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Read connections, ids and listings; objects are in object-load.c, searches in search.c. */
#include <string.h>

#include "base/error.h"
#include "library/container.h"
#include "library/library-private.h"
#include "library/schema.h"

/* Idle connections kept: as many as HTTP threads, and a few for the API. */
#define MAX_IDLE_READERS 8

/* A connection that cannot be opened is tried again for a minute. */
#define MAX_OPEN_TRIES 300
#define OPEN_RETRY_US  200000

/* Parts of an object id: a track in an album in an artist in a list. */
#define MAX_ID_PARTS 6

/* ---- Connections ---- */

static void reader_free(HthReader *self)
{
    g_hash_table_unref(self->counts);
    hth_db_free(self->db);
    g_free(self);
}

static void finalize_statement(gpointer statement)
{
    sqlite3_finalize(statement);
}

static HthReader *reader_new(HthLibrary *library, GError **error)
{
    const HthDbOptions options = { .statements = hth_read_statements,
                                   .n_statements = HTH_N_READ_STATEMENTS,
                                   .n_migrations = hth_n_index_migrations,
                                   .is_read_only = TRUE,
                                   .cache_kib = 1024 };
    HthDb *db = hth_db_open(library->index_path, &options, error);
    if (db == NULL)
        return NULL;
    HthReader *self = g_new0(HthReader, 1);
    self->library = library;
    self->db = db;
    self->counts = g_hash_table_new_full(NULL, NULL, NULL, finalize_statement);
    return self;
}

/* Takes an idle one, waiting for it no longer than @until. */
static HthReader *take_idle(HthLibrary *self, gint64 until)
{
    HthReader *reader = NULL;
    g_mutex_lock(&self->readers_lock);
    while (self->idle_readers->len == 0 && g_get_monotonic_time() < until)
        (void)g_cond_wait_until(&self->reader_released, &self->readers_lock, until);
    if (self->idle_readers->len > 0)
        reader = g_ptr_array_steal_index_fast(self->idle_readers, self->idle_readers->len - 1);
    g_mutex_unlock(&self->readers_lock);
    return reader;
}

HthReader *hth_library_acquire_reader(HthLibrary *self)
{
    HthReader *reader = take_idle(self, 0);
    /* Out of descriptors or memory: another's connection will do, when that one is done with it. */
    for (guint i = 0; reader == NULL && i < MAX_OPEN_TRIES; i++) {
        g_autoptr(GError) error = NULL;
        reader = reader_new(self, &error);
        if (reader != NULL)
            break;
        if (i + 1 == MAX_OPEN_TRIES)
            g_error("index.db cannot be read: %s", error->message);
        reader = take_idle(self, g_get_monotonic_time() + OPEN_RETRY_US);
    }
    return reader;
}

void hth_reader_release(HthReader *self)
{
    if (self == NULL)
        return;
    HthLibrary *library = self->library;
    gboolean is_kept = FALSE;
    g_mutex_lock(&library->readers_lock);
    if (library->idle_readers->len < MAX_IDLE_READERS) {
        g_ptr_array_add(library->idle_readers, self);
        g_cond_signal(&library->reader_released);
        is_kept = TRUE;
    }
    g_mutex_unlock(&library->readers_lock);
    if (!is_kept)
        reader_free(self);
}

void hth_library_free_readers(HthLibrary *self)
{
    while (self->idle_readers->len > 0)
        reader_free(g_ptr_array_steal_index_fast(self->idle_readers, 0));
}

void hth_library_give_back(HthLibrary *self)
{
    for (;;) {
        HthReader *idle = NULL;
        g_mutex_lock(&self->readers_lock);
        if (self->idle_readers->len > 0)
            idle = g_ptr_array_steal_index_fast(self->idle_readers, 0);
        g_mutex_unlock(&self->readers_lock);
        if (idle == NULL)
            return;
        reader_free(idle);
    }
}

/* ---- Ids ---- */

static gint64 find_row(HthReader *self, HthReadStatement statement, gint64 key)
{
    sqlite3_stmt *find = hth_db_statement(self->db, statement);
    sqlite3_bind_int64(find, 1, key);
    const gint64 row = hth_db_row(self->db, find, NULL) ? sqlite3_column_int64(find, 0) : 0;
    sqlite3_reset(find);
    return row;
}

static HthObjectRef find_item(HthReader *self, guint64 permanent_id, gboolean is_playlist)
{
    sqlite3_stmt *find = hth_db_statement(self->db, HTH_READ_ITEM_BY_PERMANENT_ID);
    sqlite3_bind_int64(find, 1, (gint64)permanent_id);
    HthObjectRef ref = 0;
    if (hth_db_row(self->db, find, NULL)) {
        const gint64 kind = sqlite3_column_int64(find, 1);
        const gint64 row = sqlite3_column_int64(find, 0);
        if (is_playlist && kind == HTH_MEDIA_PLAYLIST)
            ref = hth_ref(HTH_REF_PLAYLIST, row);
        else if (!is_playlist && kind >= HTH_MEDIA_AUDIO && kind <= HTH_MEDIA_PHOTO)
            ref = hth_ref(HTH_REF_ITEM, row);
    }
    sqlite3_reset(find);
    return ref;
}

HthObjectRef hth_reader_find(HthReader *self, const HthLeafId *id)
{
    static const HthReadStatement by_digest[HTH_N_REF_KINDS] = {
        [HTH_REF_ALBUM] = HTH_READ_ALBUM_BY_DIGEST,
        [HTH_REF_OWN_PLAYLIST] = HTH_READ_OWN_PLAYLIST_BY_ID,
        [HTH_REF_FOLDER_AUDIO] = HTH_READ_FOLDER_BY_DIGEST,
        [HTH_REF_FOLDER_VIDEO] = HTH_READ_FOLDER_BY_DIGEST,
        [HTH_REF_FOLDER_PHOTO] = HTH_READ_FOLDER_BY_DIGEST,
        [HTH_REF_ARTIST] = HTH_READ_ARTIST_BY_DIGEST,
        [HTH_REF_ALBUM_ARTIST] = HTH_READ_ARTIST_BY_DIGEST,
        [HTH_REF_COMPOSER] = HTH_READ_ARTIST_BY_DIGEST,
        [HTH_REF_GENRE] = HTH_READ_GENRE_BY_DIGEST,
        [HTH_REF_ARTIST_TRACKS] = HTH_READ_ARTIST_BY_DIGEST,
        [HTH_REF_ALBUM_ARTIST_TRACKS] = HTH_READ_ARTIST_BY_DIGEST,
        [HTH_REF_COMPOSER_TRACKS] = HTH_READ_ARTIST_BY_DIGEST,
        [HTH_REF_GENRE_TRACKS] = HTH_READ_GENRE_BY_DIGEST,
        [HTH_REF_CAMERA] = HTH_READ_CAMERA_BY_DIGEST,
    };
    switch (id->kind) {
    case HTH_REF_STATIC:
        return hth_ref(HTH_REF_STATIC, (gint64)id->key);
    case HTH_REF_ITEM:
    case HTH_REF_PLAYLIST:
        return find_item(self, id->key, id->kind == HTH_REF_PLAYLIST);
    case HTH_REF_YEAR:
    case HTH_REF_YEAR_TRACKS:
        return find_row(self, HTH_READ_YEAR_EXISTS, (gint64)id->key) != 0
                   ? hth_ref(id->kind, (gint64)id->key)
                   : 0;
    case HTH_REF_PHOTO_YEAR:
        return find_row(self, HTH_READ_PHOTO_YEAR_EXISTS, (gint64)id->key) != 0
                   ? hth_ref(id->kind, (gint64)id->key)
                   : 0;
    case HTH_REF_PHOTO_MONTH:
        return find_row(self, HTH_READ_MONTH_EXISTS, (gint64)id->key) != 0
                   ? hth_ref(id->kind, (gint64)id->key)
                   : 0;
    default: {
        const gint64 row = find_row(self, by_digest[id->kind], (gint64)id->key);
        return row != 0 ? hth_ref(id->kind, row) : 0;
    }
    }
}

HthObjectRef hth_reader_resolve(HthReader *self, const char *object_id, const char **out_context)
{
    const char *dot = strchr(object_id, '.');
    const gsize length = dot != NULL ? (gsize)(dot - object_id) : strlen(object_id);
    *out_context = dot != NULL ? dot + 1 : NULL;

    guint n_parts = 1;
    for (const char *c = dot; c != NULL; c = strchr(c + 1, '.'))
        n_parts++;
    HthLeafId id;
    if (n_parts > MAX_ID_PARTS || !hth_leaf_id_parse(object_id, length, &id))
        return 0;
    return hth_reader_find(self, &id);
}

gboolean hth_reader_is_context(HthReader *self, const char *context)
{
    while (context != NULL) {
        const HthObjectRef ref = hth_reader_resolve(self, context, &context);
        if (ref == 0 || hth_ref_kind(ref) == HTH_REF_ITEM)
            return FALSE;
    }
    return TRUE;
}

/* ---- Listings ---- */

guint32 hth_reader_container_update_id(HthReader *self, HthObjectRef container)
{
    sqlite3_stmt *find = hth_db_statement(self->db, HTH_READ_CONTAINER_UPDATE);
    sqlite3_bind_int64(find, 1, container);
    const guint32 id =
        hth_db_row(self->db, find, NULL) ? (guint32)sqlite3_column_int64(find, 0) : 0;
    sqlite3_reset(find);
    return id;
}

gboolean hth_reader_list(HthReader *self, const char *sql, gint64 row, HthRefKind children,
                         GArray *refs, GError **error)
{
    sqlite3_stmt *list = NULL;
    if (sqlite3_prepare_v2(hth_db_handle(self->db), sql, -1, &list, NULL) != SQLITE_OK)
        return hth_db_fail(self->db, error);
    if (sqlite3_bind_parameter_count(list) > 0)
        sqlite3_bind_int64(list, 1, row);
    int code;
    while ((code = sqlite3_step(list)) == SQLITE_ROW) {
        const HthObjectRef ref = hth_ref(children, sqlite3_column_int64(list, 0));
        g_array_append_val(refs, ref);
    }
    const gboolean is_good = code == SQLITE_DONE || hth_db_fail(self->db, error);
    sqlite3_finalize(list);
    return is_good;
}

static gboolean list_static(HthObjectRef container, GArray *refs)
{
    if (hth_ref_kind(container) != HTH_REF_STATIC)
        return FALSE;
    for (guint i = 0; i < HTH_N_STATIC_CONTAINERS; i++) {
        const HthObjectRef ref = hth_ref(HTH_REF_STATIC, i);
        if (hth_static_containers[i].parent == (int)hth_ref_row(container))
            g_array_append_val(refs, ref);
    }
    return TRUE;
}

static gboolean list_parts(HthReader *self, HthObjectRef container, const HthContainerInfo *info,
                           const HthSort *sort, GArray *refs, GError **error)
{
    for (guint i = 0; i < HTH_CONTAINER_MAX_PARTS; i++) {
        const HthContainerPart *part = &info->parts[i];
        if (part->children == 0)
            continue;
        g_autofree char *order = hth_container_order(part, sort, error);
        if (order == NULL)
            return FALSE;
        g_autofree char *sql =
            g_strconcat("SELECT ", part->select, " ", part->from, " ORDER BY ", order, NULL);
        if (!hth_reader_list(self, sql, hth_ref_row(container), part->children, refs, error))
            return FALSE;
    }
    return TRUE;
}

/* The order as text: what a listing is kept under. */
static char *sort_text(const HthSort *sort)
{
    g_autoptr(GString) text = g_string_new(NULL);
    for (guint i = 0; i < sort->n_keys; i++)
        g_string_append_printf(text, "%c%d", sort->keys[i].is_descending ? '-' : '+',
                               sort->keys[i].property);
    return g_strdup(text->str);
}

static HthListing *make_listing(HthReader *self, HthObjectRef container, const char *container_id,
                                const HthSort *sort, GError **error)
{
    const HthContainerInfo *info = hth_container_info(container);
    g_autoptr(GArray) refs = g_array_new(FALSE, FALSE, sizeof(HthObjectRef));
    /* First: a commit in between makes the listing newer than it says, never older. */
    const guint32 update_id = container == hth_ref(HTH_REF_STATIC, HTH_STATIC_ROOT)
                                  ? hth_library_system_update_id(self->library)
                                  : hth_reader_container_update_id(self, container);
    if (info == NULL ? !list_static(container, refs)
                     : !list_parts(self, container, info, sort, refs, error)) {
        if (error != NULL && *error == NULL)
            g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_CONTAINER, "%s is not a container",
                        container_id);
        return NULL;
    }
    return hth_listing_new(g_steal_pointer(&refs), container_id, info == NULL || info->is_canonical,
                           update_id);
}

/* The keys that make a difference: each part of a container holds one class, and what is in title
 * order need not be sorted by title. Many TVs always ask for class and title. */
static HthSort effective_sort(const HthSort *sort, HthObjectRef container)
{
    HthSort effective = { 0 };
    for (guint i = 0; sort != NULL && i < sort->n_keys; i++) {
        if (sort->keys[i].property != HTH_PROPERTY_CLASS)
            effective.keys[effective.n_keys++] = sort->keys[i];
    }
    const gboolean is_title_order = container == hth_ref(HTH_REF_STATIC, HTH_STATIC_MUSIC_ALL) ||
                                    container == hth_ref(HTH_REF_STATIC, HTH_STATIC_VIDEO_ALL) ||
                                    container == hth_ref(HTH_REF_STATIC, HTH_STATIC_MUSIC_ALBUMS);
    if (is_title_order && effective.n_keys > 0 &&
        effective.keys[0].property == HTH_PROPERTY_TITLE && !effective.keys[0].is_descending)
        effective.n_keys = 0;
    return effective;
}

HthListing *hth_reader_children(HthReader *self, const char *container_id, const HthSort *wanted,
                                GError **error)
{
    const char *context;
    const HthObjectRef container = hth_reader_resolve(self, container_id, &context);
    if (container == 0 || !hth_reader_is_context(self, context)) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "there is no object %s", container_id);
        return NULL;
    }
    const HthSort sort = effective_sort(wanted, container);
    g_autofree char *order = sort_text(&sort);
    g_autoptr(HthListing) listing =
        hth_listing_cache_find(self->library->listings, container, order);
    if (listing == NULL) {
        const guint64 sequence = hth_library_sequence(self->library);
        listing = make_listing(self, container, container_id, &sort, error);
        if (listing == NULL)
            return NULL;
        if (container != hth_ref(HTH_REF_STATIC, HTH_STATIC_ROOT))
            hth_listing_cache_add(self->library->listings, container, order, listing, sequence);
    }
    return hth_listing_renamed(listing, container_id);
}

static sqlite3_stmt *count_statement(HthReader *self, const HthContainerPart *part)
{
    sqlite3_stmt *count = g_hash_table_lookup(self->counts, part);
    if (count == NULL) {
        g_autofree char *sql = g_strconcat("SELECT count(*) ", part->from, NULL);
        if (sqlite3_prepare_v2(hth_db_handle(self->db), sql, -1, &count, NULL) != SQLITE_OK)
            return NULL;
        g_hash_table_insert(self->counts, (gpointer)part, count);
    }
    sqlite3_reset(count);
    return count;
}

guint hth_reader_count_children(HthReader *self, HthObjectRef container)
{
    const HthContainerInfo *info = hth_container_info(container);
    if (info == NULL) {
        g_autoptr(GArray) refs = g_array_new(FALSE, FALSE, sizeof(HthObjectRef));
        (void)list_static(container, refs); /* none for what is not a container */
        return refs->len;
    }
    guint n = 0;
    for (guint i = 0; i < HTH_CONTAINER_MAX_PARTS && info->parts[i].children != 0; i++) {
        sqlite3_stmt *count = count_statement(self, &info->parts[i]);
        if (count == NULL)
            continue;
        if (sqlite3_bind_parameter_count(count) > 0)
            sqlite3_bind_int64(count, 1, hth_ref_row(container));
        if (sqlite3_step(count) == SQLITE_ROW)
            n += (guint)sqlite3_column_int64(count, 0);
        sqlite3_reset(count);
    }
    return n;
}

char *hth_reader_folder_path(HthReader *self, gint64 folder_id)
{
    sqlite3_stmt *find = hth_db_statement(self->db, HTH_READ_FOLDER_PATH);
    sqlite3_bind_int64(find, 1, folder_id);
    char *path = NULL;
    if (hth_db_row(self->db, find, NULL))
        path = g_strconcat((const char *)sqlite3_column_text(find, 1),
                           (const char *)sqlite3_column_text(find, 0), NULL);
    sqlite3_reset(find);
    return path;
}
