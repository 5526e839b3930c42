/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "library"
#include "library/item-write.h"

#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/text.h"
#include "library/write-statement.h"

void hth_root_write_free(HthRootWrite *self)
{
    g_free(self->path);
    g_free(self->problem);
    g_free(self);
}

void hth_file_entry_free(HthFileEntry *self)
{
    g_free(self->name);
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
    g_autofree char *text =
        g_strdup_printf("folder\x1f%" G_GINT64_FORMAT "\x1f%s", root_key, path);
    const gint64 digest = (gint64)hth_text_digest(text, -1);
    return digest != 0 ? digest : 1;
}

static gint64 find_id(HthWriteContext *context, HthWriteStatement statement, gint64 key)
{
    sqlite3_stmt *find = hth_db_statement(context->index, statement);
    sqlite3_bind_int64(find, 1, key);
    const gint64 id = hth_db_row(context->index, find, NULL) ? sqlite3_column_int64(find, 0) : 0;
    sqlite3_reset(find);
    return id;
}

static gboolean run_id(HthWriteContext *context, HthWriteStatement statement, gint64 id,
                       GError **error)
{
    sqlite3_stmt *run = hth_db_statement(context->index, statement);
    sqlite3_bind_int64(run, 1, id);
    return hth_db_done(context->index, run, error);
}

/* ---- Roots ---- */

gboolean hth_write_root(HthWriteContext *context, gpointer root_write, GError **error)
{
    const HthRootWrite *root = root_write;
    gint64 id = find_id(context, HTH_WRITE_ROOT_BY_KEY, root->key);
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
    if (!hth_db_done(context->index, set, error))
        return FALSE;
    /* Whether its items can be had is data of each of them: caches must ask anew. */
    if (sqlite3_changes(hth_db_handle(context->index)) > 0)
        context->changes->is_everything = TRUE;
    return TRUE;
}

/* ---- Items ---- */

static void touch_artists(HthWriteContext *context, gint64 item)
{
    static const HthRefKind lists[][2] = {
        [HTH_ROLE_ARTIST] = { HTH_REF_ARTIST, HTH_REF_ARTIST_TRACKS },
        [HTH_ROLE_ALBUM_ARTIST] = { HTH_REF_ALBUM_ARTIST, HTH_REF_ALBUM_ARTIST_TRACKS },
        [HTH_ROLE_COMPOSER] = { HTH_REF_COMPOSER, HTH_REF_COMPOSER_TRACKS },
    };
    sqlite3_stmt *artists = hth_db_statement(context->index, HTH_WRITE_ITEM_ARTISTS);
    sqlite3_bind_int64(artists, 1, item);
    while (hth_db_row(context->index, artists, NULL)) {
        const gint64 role = sqlite3_column_int64(artists, 0);
        const gint64 artist = sqlite3_column_int64(artists, 1);
        for (guint i = 0; i < 2; i++)
            hth_change_set_container(context->changes, hth_ref(lists[role][i], artist));
        hth_change_set_dirty(context->changes, HTH_DIRTY_ARTIST, artist);
    }
}

static void touch_genres(HthWriteContext *context, gint64 item)
{
    sqlite3_stmt *genres = hth_db_statement(context->index, HTH_WRITE_ITEM_GENRES);
    sqlite3_bind_int64(genres, 1, item);
    while (hth_db_row(context->index, genres, NULL)) {
        const gint64 genre = sqlite3_column_int64(genres, 0);
        hth_change_set_container(context->changes, hth_ref(HTH_REF_GENRE, genre));
        hth_change_set_container(context->changes, hth_ref(HTH_REF_GENRE_TRACKS, genre));
        hth_change_set_dirty(context->changes, HTH_DIRTY_GENRE, genre);
    }
}

static void touch_year(HthWriteContext *context, gint64 year)
{
    if (year == 0)
        return;
    hth_change_set_container(context->changes, hth_ref(HTH_REF_YEAR, year));
    hth_change_set_container(context->changes, hth_ref(HTH_REF_YEAR_TRACKS, year));
    hth_change_set_static(context->changes, HTH_STATIC_MUSIC_YEARS);
}

static void touch_photo(HthWriteContext *context, gint64 month, gint64 camera)
{
    if (month != 0) {
        hth_change_set_container(context->changes, hth_ref(HTH_REF_PHOTO_MONTH, month));
        hth_change_set_container(context->changes, hth_ref(HTH_REF_PHOTO_YEAR, month / 100));
        hth_change_set_static(context->changes, HTH_STATIC_PHOTO_DATES);
    }
    if (camera != 0)
        hth_change_set_container(context->changes, hth_ref(HTH_REF_CAMERA, camera));
    hth_change_set_dirty(context->changes, HTH_DIRTY_CAMERA, camera);
}

/* The lists that every item of its kind is in. */
static void touch_kind(HthWriteContext *context, gint64 kind, gint64 folder)
{
    switch (kind) {
    case HTH_MEDIA_AUDIO:
        hth_change_set_container(context->changes, hth_ref(HTH_REF_FOLDER_AUDIO, folder));
        hth_change_set_static(context->changes, HTH_STATIC_MUSIC_ALL);
        hth_change_set_static(context->changes, HTH_STATIC_MUSIC_RECENT);
        break;
    case HTH_MEDIA_VIDEO:
        hth_change_set_container(context->changes, hth_ref(HTH_REF_FOLDER_VIDEO, folder));
        hth_change_set_static(context->changes, HTH_STATIC_VIDEO_ALL);
        hth_change_set_static(context->changes, HTH_STATIC_VIDEO_RECENT);
        break;
    case HTH_MEDIA_PHOTO:
        hth_change_set_container(context->changes, hth_ref(HTH_REF_FOLDER_PHOTO, folder));
        hth_change_set_static(context->changes, HTH_STATIC_PHOTO_ALL);
        break;
    case HTH_MEDIA_PLAYLIST:
        hth_change_set_static(context->changes, HTH_STATIC_MUSIC_PLAYLISTS);
        break;
    default: /* a subtitle or a picture: data of what lies beside it */
        context->changes->is_everything = TRUE;
        break;
    }
}

static void touch_playlists(HthWriteContext *context, gint64 item)
{
    sqlite3_stmt *playlists = hth_db_statement(context->index, HTH_WRITE_PLAYLISTS_OF_ITEM);
    sqlite3_bind_int64(playlists, 1, item);
    while (hth_db_row(context->index, playlists, NULL))
        hth_change_set_container(context->changes,
                                 hth_ref(HTH_REF_PLAYLIST, sqlite3_column_int64(playlists, 0)));
}

void hth_item_touch(HthWriteContext *context, gint64 item)
{
    sqlite3_stmt *row = hth_db_statement(context->index, HTH_WRITE_ITEM);
    sqlite3_bind_int64(row, 1, item);
    if (!hth_db_row(context->index, row, NULL)) {
        sqlite3_reset(row);
        return;
    }
    const gint64 kind = sqlite3_column_int64(row, 0), folder = sqlite3_column_int64(row, 1);
    const gint64 album = sqlite3_column_int64(row, 2), year = sqlite3_column_int64(row, 3);
    const gint64 month = sqlite3_column_int64(row, 4), camera = sqlite3_column_int64(row, 5);
    const gint64 group = sqlite3_column_int64(row, 6);
    sqlite3_reset(row);

    hth_change_set_object(context->changes, kind == HTH_MEDIA_PLAYLIST
                                                ? hth_ref(HTH_REF_PLAYLIST, item)
                                                : hth_ref(HTH_REF_ITEM, item));
    hth_change_set_dirty(context->changes, HTH_DIRTY_FOLDER, folder);
    touch_kind(context, kind, folder);
    if (kind == HTH_MEDIA_AUDIO) {
        if (album != 0)
            hth_change_set_container(context->changes, hth_ref(HTH_REF_ALBUM, album));
        hth_change_set_dirty(context->changes, HTH_DIRTY_ALBUM, album);
        hth_change_set_dirty(context->changes, HTH_DIRTY_GROUP, group);
        touch_artists(context, item);
        touch_genres(context, item);
        touch_year(context, year);
    }
    if (kind == HTH_MEDIA_PHOTO)
        touch_photo(context, month, camera);
    touch_playlists(context, item);
}

gboolean hth_item_remove(HthWriteContext *context, gint64 item, GError **error)
{
    sqlite3_stmt *row = hth_db_statement(context->index, HTH_WRITE_ITEM);
    sqlite3_bind_int64(row, 1, item);
    if (!hth_db_row(context->index, row, NULL)) {
        sqlite3_reset(row);
        return TRUE;
    }
    const guint64 permanent_id = (guint64)sqlite3_column_int64(row, 7);
    sqlite3_reset(row);

    hth_item_touch(context, item);
    return run_id(context, HTH_WRITE_CLEAR_ITEM_ARTISTS, item, error) &&
           run_id(context, HTH_WRITE_CLEAR_ITEM_GENRES, item, error) &&
           run_id(context, HTH_WRITE_CLEAR_PLAYLIST, item, error) &&
           run_id(context, HTH_WRITE_PLAYLIST_FORGET_ITEM, item, error) &&
           run_id(context, HTH_WRITE_REMOVE_ITEM, item, error) &&
           hth_state_identity_gone(context->state, permanent_id, error);
}

/* ---- Files of a folder ---- */

typedef struct {
    HthWriteContext *context;
    const HthFolderWrite *folder;
    gint64 folder_id, root_id;
} FolderJob;

static HthIdentity identity_of(const FolderJob *job, const HthFileEntry *file, const char *path)
{
    return (HthIdentity){ .root_key = job->folder->root_key,
                          .path = path,
                          .path_length = strlen(path),
                          .size_bytes = file->size_bytes,
                          .mtime_ns = file->mtime_ns,
                          .inode = file->inode };
}

static char *path_below_root(const FolderJob *job, const HthFileEntry *file)
{
    return job->folder->path[0] == '\0' ? g_strdup(file->name)
                                        : g_strconcat(job->folder->path, "/", file->name, NULL);
}

/* Whether the file that the index has at that folder and name is no longer there. */
#define ANY_INODE (-1)
static gboolean has_left(HthWriteContext *context, gint64 folder_id, const char *name, gint64 inode)
{
    sqlite3_stmt *find = hth_db_statement(context->index, HTH_WRITE_FOLDER_PATH);
    sqlite3_bind_int64(find, 1, folder_id);
    if (!hth_db_row(context->index, find, NULL)) {
        sqlite3_reset(find);
        return TRUE;
    }
    g_autofree char *path = g_strconcat((const char *)sqlite3_column_text(find, 1),
                                        (const char *)sqlite3_column_text(find, 0), "/", name, NULL);
    sqlite3_reset(find);
    struct stat info;
    return stat(path, &info) != 0 || (inode != ANY_INODE && (gint64)info.st_ino != inode);
}

/* Hard links to one file look alike in everything: no more of them than this are looked for on the disk. */
#define MAX_LOOKED_FOR 4

/* A row for a file of the same size and time that has left its place: this file is that one, renamed
 * or moved. The same inode, or on another file system the same name. */
static gboolean find_moved(const FolderJob *job, const HthFileEntry *file, gint64 *out_item,
                           guint64 *out_permanent_id)
{
    typedef struct {
        gint64 item, folder_id, inode;
        guint64 permanent_id;
        char name[256];
    } Candidate;
    g_autoptr(GArray) candidates = g_array_new(FALSE, FALSE, sizeof(Candidate));
    sqlite3_stmt *find = hth_db_statement(job->context->index, HTH_WRITE_ITEM_BY_SIZE);
    sqlite3_bind_int64(find, 1, file->size_bytes);
    sqlite3_bind_int64(find, 2, file->mtime_ns);
    while (hth_db_row(job->context->index, find, NULL)) {
        Candidate candidate = { .item = sqlite3_column_int64(find, 0),
                                .folder_id = sqlite3_column_int64(find, 1),
                                .inode = sqlite3_column_int64(find, 3),
                                .permanent_id = (guint64)sqlite3_column_int64(find, 4) };
        g_strlcpy(candidate.name, (const char *)sqlite3_column_text(find, 2),
                  sizeof candidate.name);
        if (candidate.inode == file->inode || strcmp(candidate.name, file->name) == 0)
            g_array_append_val(candidates, candidate);
    }
    for (guint i = 0; i < MIN(candidates->len, MAX_LOOKED_FOR); i++) {
        const Candidate *candidate = &g_array_index(candidates, Candidate, i);
        if (has_left(job->context, candidate->folder_id, candidate->name, candidate->inode)) {
            *out_item = candidate->item;
            *out_permanent_id = candidate->permanent_id;
            return TRUE;
        }
    }
    return FALSE;
}

static gboolean set_file(HthWriteContext *context, gint64 item, const HthFileEntry *file,
                         HthItemState state, GError **error)
{
    sqlite3_stmt *set = hth_db_statement(context->index, HTH_WRITE_SET_ITEM_FILE);
    sqlite3_bind_int64(set, 1, item);
    sqlite3_bind_int64(set, 2, file->size_bytes);
    sqlite3_bind_int64(set, 3, file->mtime_ns);
    sqlite3_bind_int64(set, 4, file->ctime_ns);
    sqlite3_bind_int64(set, 5, file->inode);
    sqlite3_bind_int(set, 6, state);
    return hth_db_done(context->index, set, error);
}

/* Subtitles and pictures have nothing inside that the index needs. */
static HthItemState first_state(HthMediaKind kind)
{
    return kind == HTH_MEDIA_SUBTITLE || kind == HTH_MEDIA_PICTURE ? HTH_ITEM_READ
                                                                   : HTH_ITEM_PENDING;
}

static gboolean move_item(const FolderJob *job, const HthFileEntry *file, gint64 item,
                          guint64 permanent_id, GError **error)
{
    g_autofree char *path = path_below_root(job, file);
    HthIdentity identity = identity_of(job, file, path);
    identity.permanent_id = permanent_id;

    hth_item_touch(job->context, item); /* where it was */
    sqlite3_stmt *move = hth_db_statement(job->context->index, HTH_WRITE_MOVE_ITEM);
    sqlite3_bind_int64(move, 1, item);
    sqlite3_bind_int64(move, 2, job->root_id);
    sqlite3_bind_int64(move, 3, job->folder_id);
    sqlite3_bind_blob(move, 4, file->name, (int)strlen(file->name), SQLITE_STATIC);
    sqlite3_bind_int(move, 5, file->format);
    /* Read again: its title may come from its name, its album from its folder. */
    if (!hth_db_done(job->context->index, move, error) ||
        !set_file(job->context, item, file, first_state(file->kind), error) ||
        !hth_state_identity_moved(job->context->state, &identity, error))
        return FALSE;
    hth_item_touch(job->context, item);
    return TRUE;
}

static char *title_of_name(const char *name)
{
    const char *dot = strrchr(name, '.');
    g_autofree char *stem =
        dot != NULL && dot != name ? g_strndup(name, (gsize)(dot - name)) : g_strdup(name);
    char *title = hth_text_clean(stem, HTH_MEDIA_STRING_MAX);
    return title != NULL ? title : g_strdup("(no name)");
}

static gint64 time_added(const FolderJob *job, const HthFileEntry *file)
{
    const gint64 now = g_get_real_time() / G_USEC_PER_SEC;
    return job->folder->is_first_scan ? CLAMP(file->mtime_ns / 1000000000, 0, now) : now;
}

static void bind_title(sqlite3_stmt *statement, int first, const char *title, GByteArray *key,
                       const char *folded)
{
    sqlite3_bind_text(statement, first, title, -1, SQLITE_STATIC);
    sqlite3_bind_blob(statement, first + 1, key->len > 0 ? (gconstpointer)key->data : "",
                      (int)key->len, SQLITE_STATIC);
    sqlite3_bind_text(statement, first + 2, folded, -1, SQLITE_STATIC);
}

static gboolean insert_item(const FolderJob *job, const HthFileEntry *file,
                            const HthIdentity *identity, const HthPlayState *play, GError **error)
{
    g_autofree char *title = title_of_name(file->name);
    g_autofree char *folded = hth_text_fold(title);
    g_autoptr(GByteArray) key = g_byte_array_new();
    hth_text_append_sort_key(key, title);

    sqlite3_stmt *add = hth_db_statement(job->context->index, HTH_WRITE_ADD_ITEM);
    const gint64 numbers[] = { (gint64)identity->permanent_id, job->root_id, job->folder_id };
    for (int i = 0; i < 3; i++)
        sqlite3_bind_int64(add, 1 + i, numbers[i]);
    sqlite3_bind_blob(add, 4, file->name, (int)strlen(file->name), SQLITE_STATIC);
    const gint64 file_numbers[] = { file->kind,     file->format, file->size_bytes, file->mtime_ns,
                                    file->ctime_ns, file->inode,  identity->added_s };
    for (int i = 0; i < 7; i++)
        sqlite3_bind_int64(add, 5 + i, file_numbers[i]);
    bind_title(add, 12, title, key, folded);
    sqlite3_bind_int64(add, 15, play->play_count);
    sqlite3_bind_int64(add, 16, play->last_played_s);
    sqlite3_bind_int64(add, 17, play->position_ms);
    sqlite3_bind_int64(add, 18, play->rating);
    sqlite3_bind_int(add, 19, first_state(file->kind));
    if (!hth_db_done(job->context->index, add, error))
        return FALSE;
    hth_item_touch(job->context, sqlite3_last_insert_rowid(hth_db_handle(job->context->index)));
    return TRUE;
}

static gboolean add_item(const FolderJob *job, const HthFileEntry *file, GError **error)
{
    gint64 moved;
    guint64 permanent_id;
    if (find_moved(job, file, &moved, &permanent_id))
        return move_item(job, file, moved, permanent_id, error);

    g_autofree char *path = path_below_root(job, file);
    HthIdentity identity = identity_of(job, file, path);
    identity.added_s = time_added(job, file);
    HthPlayState play;
    if (!hth_state_identify(job->context->state, &identity, &play, error))
        return FALSE;
    /* Another place claims this identity still (a copy of the file, a hard link): it keeps it, and this
     * one is new. */
    if (find_id(job->context, HTH_WRITE_ITEM_BY_PERMANENT_ID, (gint64)identity.permanent_id) != 0) {
        hth_log_debug("two files claim one identity; the later one is new");
        return hth_state_identity_new(job->context->state, &identity, error) &&
               insert_item(job, file, &identity, &(HthPlayState){ 0 }, error);
    }
    return insert_item(job, file, &identity, &play, error);
}

static gboolean change_item(const FolderJob *job, const HthFileEntry *file, gint64 item,
                            guint64 permanent_id, GError **error)
{
    g_autofree char *path = path_below_root(job, file);
    HthIdentity identity = identity_of(job, file, path);
    identity.permanent_id = permanent_id;
    hth_item_touch(job->context, item);
    return set_file(job->context, item, file, first_state(file->kind), error) &&
           hth_state_identity_moved(job->context->state, &identity, error);
}

static gboolean write_file(const FolderJob *job, const HthFileEntry *file, GError **error)
{
    sqlite3_stmt *find = hth_db_statement(job->context->index, HTH_WRITE_ITEM_BY_NAME);
    sqlite3_bind_int64(find, 1, job->folder_id);
    sqlite3_bind_blob(find, 2, file->name, (int)strlen(file->name), SQLITE_STATIC);
    const gboolean is_known = hth_db_row(job->context->index, find, NULL);
    const gint64 item = is_known ? sqlite3_column_int64(find, 0) : 0;
    const gboolean is_same = is_known && sqlite3_column_int64(find, 1) == file->size_bytes &&
                             sqlite3_column_int64(find, 2) == file->mtime_ns &&
                             sqlite3_column_int64(find, 3) == file->ctime_ns &&
                             sqlite3_column_int64(find, 4) == file->inode;
    const guint64 permanent_id = is_known ? (guint64)sqlite3_column_int64(find, 7) : 0;
    sqlite3_reset(find);
    if (is_same)
        return TRUE;
    return is_known ? change_item(job, file, item, permanent_id, error)
                    : add_item(job, file, error);
}

/* ---- Folders ---- */

static gboolean add_folder(HthWriteContext *context, const HthFolderWrite *folder, gint64 root_id,
                           gint64 parent_id, gint64 *out_id, GError **error)
{
    g_autofree char *name = folder->path[0] != '\0' ? g_path_get_basename(folder->path) : g_strdup("");
    g_autofree char *shown = hth_text_clean(name, HTH_MEDIA_STRING_MAX);
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
    if (!hth_db_done(context->index, add, error))
        return FALSE;
    *out_id = sqlite3_last_insert_rowid(hth_db_handle(context->index));
    return TRUE;
}

/* Rows without a time, so that they are listed whatever happens before their own write comes. */
static gboolean add_subfolders(HthWriteContext *context, const HthFolderWrite *folder, gint64 root_id,
                               gint64 id, GError **error)
{
    for (guint i = 0; folder->subfolders != NULL && i < folder->subfolders->len; i++) {
        char *path = folder->subfolders->pdata[i];
        const HthFolderWrite below = { .digest = hth_folder_digest(folder->root_key, path),
                                       .depth = folder->depth + 1,
                                       .path = path };
        gint64 known = find_id(context, HTH_WRITE_FOLDER_BY_DIGEST, below.digest);
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
    const gint64 root_id = find_id(context, HTH_WRITE_ROOT_BY_KEY, folder->root_key);
    const gint64 parent_id =
        folder->parent_digest != 0
            ? find_id(context, HTH_WRITE_FOLDER_BY_DIGEST, folder->parent_digest)
            : 0;
    if (root_id == 0 || (folder->parent_digest != 0 && parent_id == 0))
        return TRUE; /* its root or parent left the library meanwhile */

    gint64 id = find_id(context, HTH_WRITE_FOLDER_BY_DIGEST, folder->digest);
    if (id == 0 && !add_folder(context, folder, root_id, parent_id, &id, error))
        return FALSE;
    if (!set_folder(context, folder, id, error))
        return FALSE;

    if (!add_subfolders(context, folder, root_id, id, error))
        return FALSE;

    const FolderJob job = { context, folder, id, root_id };
    for (guint i = 0; i < folder->files->len; i++) {
        if (!write_file(&job, folder->files->pdata[i], error))
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
    const gint64 parent = hth_db_row(context->index, find, NULL) ? sqlite3_column_int64(find, 0) : 0;
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
    return run_id(context, HTH_WRITE_REMOVE_FOLDER, folder, error);
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
    return has_left(context, folder_id, name, ANY_INODE);
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
        if (!remove_folder(context, g_array_index(self->folders, gint64, i), error))
            return FALSE;
    }
    return TRUE;
}

gboolean hth_write_root_removal(HthWriteContext *context, gpointer root_key, GError **error)
{
    const gint64 root = find_id(context, HTH_WRITE_ROOT_BY_KEY, *(gint64 *)root_key);
    const gint64 folder = find_id(context, HTH_WRITE_FOLDER_BY_DIGEST,
                                  hth_folder_digest(*(gint64 *)root_key, ""));
    if (folder != 0 && !remove_folder(context, folder, error))
        return FALSE;
    return root == 0 || run_id(context, HTH_WRITE_REMOVE_ROOT, root, error);
}
