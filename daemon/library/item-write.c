/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "library"
#include "library/item-write.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/text.h"
#include "library/schema.h"
#include "library/write-statement.h"
#include "media/media-type.h"

void hth_file_entry_free(HthFileEntry *self)
{
    g_free(self->name);
    g_free(self);
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

static void touch_playlists(HthWriteContext *context, gint64 item, gint64 permanent_id)
{
    sqlite3_stmt *playlists = hth_db_statement(context->index, HTH_WRITE_PLAYLISTS_OF_ITEM);
    sqlite3_bind_int64(playlists, 1, item);
    while (hth_db_row(context->index, playlists, NULL))
        hth_change_set_container(context->changes,
                                 hth_ref(HTH_REF_PLAYLIST, sqlite3_column_int64(playlists, 0)));
    sqlite3_stmt *own = hth_db_statement(context->index, HTH_WRITE_OWN_PLAYLISTS_OF_ITEM);
    sqlite3_bind_int64(own, 1, permanent_id);
    while (hth_db_row(context->index, own, NULL))
        hth_change_set_container(context->changes,
                                 hth_ref(HTH_REF_OWN_PLAYLIST, sqlite3_column_int64(own, 0)));
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
    const gint64 group = sqlite3_column_int64(row, 6), permanent_id = sqlite3_column_int64(row, 7);
    const gboolean is_played = sqlite3_column_int64(row, 18) > 0;
    sqlite3_reset(row);
    if (kind >= HTH_KIND_UNREADABLE)
        return; /* in no list */

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
    if (is_played && kind == HTH_MEDIA_AUDIO)
        hth_change_set_static(context->changes, HTH_STATIC_MUSIC_MOST_PLAYED);
    touch_playlists(context, item, permanent_id);
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
    return hth_write_run_id(context, HTH_WRITE_CLEAR_ITEM_ARTISTS, item, error) &&
           hth_write_run_id(context, HTH_WRITE_CLEAR_ITEM_GENRES, item, error) &&
           hth_write_run_id(context, HTH_WRITE_CLEAR_PLAYLIST, item, error) &&
           hth_write_run_id(context, HTH_WRITE_PLAYLIST_FORGET_ITEM, item, error) &&
           hth_write_run_id(context, HTH_WRITE_REMOVE_ITEM, item, error) &&
           hth_state_identity_gone(context->state, permanent_id, error);
}

/* ---- Files of a folder ---- */

static HthIdentity identity_of(const HthFolderJob *job, const HthFileEntry *file, const char *path)
{
    return (HthIdentity){ .root_key = job->folder->root_key,
                          .path = path,
                          .path_length = strlen(path),
                          .size_bytes = file->size_bytes,
                          .mtime_ns = file->mtime_ns,
                          .inode = file->inode };
}

static char *path_below_root(const HthFolderJob *job, const HthFileEntry *file)
{
    return job->folder->path[0] == '\0' ? g_strdup(file->name)
                                        : g_strconcat(job->folder->path, "/", file->name, NULL);
}

/* Whether that root's own folder is there with something in it: what is missed of it has then left.
 */
static gboolean is_root_there(const char *path)
{
    g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
    return dir != NULL && g_dir_read_name(dir) != NULL;
}

gboolean hth_item_has_left(HthWriteContext *context, gint64 folder_id, const char *name,
                           gint64 inode)
{
    sqlite3_stmt *find = hth_db_statement(context->index, HTH_WRITE_FOLDER_PATH);
    sqlite3_bind_int64(find, 1, folder_id);
    if (!hth_db_row(context->index, find, NULL)) {
        sqlite3_reset(find);
        return TRUE;
    }
    g_autofree char *root = hth_db_text(find, 1);
    g_autofree char *path =
        g_strconcat(root, (const char *)sqlite3_column_text(find, 0), "/", name, NULL);
    sqlite3_reset(find);
    struct stat info;
    if (stat(path, &info) == 0)
        return inode != HTH_ITEM_ANY_INODE && (gint64)info.st_ino != inode;
    /* Out of reach is not gone, and neither is what lies on a disk that is away. */
    return (errno == ENOENT || errno == ENOTDIR || errno == ELOOP) && is_root_there(root);
}

/* Hard links to one file look alike in everything: no more of them than this are looked for on the
 * disk. */
#define MAX_LOOKED_FOR 4

/* A row for a file of the same size and time that has left its place: this file is that one,
 * renamed or moved. The same inode, or on another file system the same name. */
static gboolean find_moved(const HthFolderJob *job, const HthFileEntry *file, gint64 *out_item,
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
    sqlite3_bind_int64(find, 3, file->inode);
    sqlite3_bind_blob(find, 4, file->name, (int)strlen(file->name), SQLITE_STATIC);
    while (hth_db_row(job->context->index, find, NULL)) {
        Candidate candidate = { .item = sqlite3_column_int64(find, 0),
                                .folder_id = sqlite3_column_int64(find, 1),
                                .inode = sqlite3_column_int64(find, 3),
                                .permanent_id = (guint64)sqlite3_column_int64(find, 4) };
        g_strlcpy(candidate.name, (const char *)sqlite3_column_text(find, 2),
                  sizeof candidate.name);
        /* "img.jpg" that became "cover.jpg" is another kind of thing. */
        if (hth_media_kind_from_name(candidate.name) == file->kind)
            g_array_append_val(candidates, candidate);
    }
    for (guint i = 0; i < MIN(candidates->len, MAX_LOOKED_FOR); i++) {
        const Candidate *candidate = &g_array_index(candidates, Candidate, i);
        if (hth_item_has_left(job->context, candidate->folder_id, candidate->name,
                              candidate->inode)) {
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

static gboolean move_item(const HthFolderJob *job, const HthFileEntry *file, gint64 item,
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

char *hth_item_title_of_name(const char *name)
{
    const char *dot = strrchr(name, '.');
    g_autofree char *stem =
        dot != NULL && dot != name ? g_strndup(name, (gsize)(dot - name)) : g_strdup(name);
    char *title = hth_text_clean(stem, HTH_MEDIA_STRING_MAX);
    return title != NULL ? title : g_strdup("(no name)");
}

static gint64 time_added(const HthFolderJob *job, const HthFileEntry *file)
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

static gboolean insert_item(const HthFolderJob *job, const HthFileEntry *file,
                            const HthIdentity *identity, const HthPlayState *play, GError **error)
{
    g_autofree char *title = hth_item_title_of_name(file->name);
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
    sqlite3_bind_int(add, 20, play->is_favourite);
    if (!hth_db_done(job->context->index, add, error))
        return FALSE;
    hth_item_touch(job->context, sqlite3_last_insert_rowid(hth_db_handle(job->context->index)));
    return TRUE;
}

static gboolean add_item(const HthFolderJob *job, const HthFileEntry *file, GError **error)
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
    /* Another place claims this identity still (a copy of the file, a hard link): it keeps it, and
     * this one is new. */
    if (hth_write_find_id(job->context, HTH_WRITE_ITEM_BY_PERMANENT_ID, (gint64)identity.permanent_id) != 0) {
        hth_log_debug("two files claim one identity; the later one is new");
        return hth_state_identity_new(job->context->state, &identity, error) &&
               insert_item(job, file, &identity, &(HthPlayState){ 0 }, error);
    }
    return insert_item(job, file, &identity, &play, error);
}

static gboolean change_item(const HthFolderJob *job, const HthFileEntry *file, gint64 item,
                            guint64 permanent_id, GError **error)
{
    g_autofree char *path = path_below_root(job, file);
    HthIdentity identity = identity_of(job, file, path);
    identity.permanent_id = permanent_id;
    hth_item_touch(job->context, item);
    return set_file(job->context, item, file, first_state(file->kind), error) &&
           hth_state_identity_moved(job->context->state, &identity, error);
}

static gboolean set_inode(const HthFolderJob *job, const HthFileEntry *file, gint64 item,
                          guint64 permanent_id, GError **error)
{
    g_autofree char *path = path_below_root(job, file);
    HthIdentity identity = identity_of(job, file, path);
    identity.permanent_id = permanent_id;
    sqlite3_stmt *set = hth_db_statement(job->context->index, HTH_WRITE_SET_ITEM_INODE);
    sqlite3_bind_int64(set, 1, item);
    sqlite3_bind_int64(set, 2, file->inode);
    return hth_db_done(job->context->index, set, error) &&
           hth_state_identity_moved(job->context->state, &identity, error);
}

gboolean hth_item_write_file(const HthFolderJob *job, const HthFileEntry *file, GError **error)
{
    sqlite3_stmt *find = hth_db_statement(job->context->index, HTH_WRITE_ITEM_BY_NAME);
    sqlite3_bind_int64(find, 1, job->folder_id);
    sqlite3_bind_blob(find, 2, file->name, (int)strlen(file->name), SQLITE_STATIC);
    const gboolean is_known = hth_db_row(job->context->index, find, NULL);
    const gint64 item = is_known ? sqlite3_column_int64(find, 0) : 0;
    const gboolean is_same = is_known && sqlite3_column_int64(find, 1) == file->size_bytes &&
                             sqlite3_column_int64(find, 2) == file->mtime_ns &&
                             sqlite3_column_int64(find, 3) == file->ctime_ns;
    const gboolean is_same_inode = sqlite3_column_int64(find, 4) == file->inode;
    const guint64 permanent_id = is_known ? (guint64)sqlite3_column_int64(find, 7) : 0;
    sqlite3_reset(find);
    if (is_same) /* FAT and others number their files anew at each mount */
        return is_same_inode || set_inode(job, file, item, permanent_id, error);
    return is_known ? change_item(job, file, item, permanent_id, error)
                    : add_item(job, file, error);
}
