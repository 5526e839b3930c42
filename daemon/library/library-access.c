/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The library's smaller services: status, files behind ids, play state, settings. */
#define HTH_LOG_TOPIC "library"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "library/library-private.h"
#include "library/play-write.h"

/* ---- Roots and scanning ---- */

GPtrArray *hth_library_roots(HthLibrary *self)
{
    GPtrArray *roots = hth_scanner_roots(self->scanner);
    g_autoptr(HthReader) reader = hth_library_acquire_reader(self);
    for (guint i = 0; i < roots->len; i++) {
        HthRootStatus *root = roots->pdata[i];
        sqlite3_stmt *sums = hth_db_statement(reader->db, HTH_READ_ROOT_SUMS);
        sqlite3_bind_blob(sums, 1, root->path, (int)strlen(root->path), SQLITE_STATIC);
        if (hth_db_row(reader->db, sums, NULL)) {
            root->n_items = (guint)sqlite3_column_int64(sums, 0);
            root->size_bytes = (guint64)sqlite3_column_int64(sums, 1);
        }
        sqlite3_reset(sums);
    }
    return roots;
}

gboolean hth_library_set_roots(HthLibrary *self, const char *const *roots, GError **error)
{
    for (guint i = 0; roots[i] != NULL; i++) {
        if (!g_path_is_absolute(roots[i])) {
            g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID,
                        "%s is not an absolute path: write it from the / on", roots[i]);
            return FALSE;
        }
    }
    g_mutex_lock(&self->roots_lock);
    g_strfreev(self->wanted_roots);
    self->wanted_roots = g_strdupv((char **)roots);
    hth_scanner_set_roots(self->scanner, roots); /* in the order of the changes; it only posts */
    g_mutex_unlock(&self->roots_lock);
    return TRUE;
}

static gboolean is_folder(const char *path, GError **error)
{
    if (g_file_test(path, G_FILE_TEST_IS_DIR))
        return TRUE;
    g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "%s is not a folder", path);
    return FALSE;
}

/* The wanted roots with @new_path in the place of @old_path; NULL with @error. */
static GStrv replace_root(HthLibrary *self, const char *old_path, const char *new_path,
                          GError **error)
{
    g_mutex_lock(&self->roots_lock);
    g_auto(GStrv) roots = g_strdupv(self->wanted_roots);
    g_mutex_unlock(&self->roots_lock);
    gboolean is_found = FALSE, is_taken = FALSE;
    for (char **root = roots; *root != NULL; root++) {
        is_taken = is_taken || strcmp(*root, new_path) == 0;
        if (strcmp(*root, old_path) != 0)
            continue;
        is_found = TRUE;
        g_free(*root);
        *root = g_strdup(new_path);
    }
    if (is_found && !is_taken)
        return g_steal_pointer(&roots);
    if (is_found)
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "%s is shared already", new_path);
    else
        g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "%s is not a shared folder", old_path);
    return NULL;
}

gboolean hth_library_move_root(HthLibrary *self, const char *old_path, const char *new_path,
                               GError **error)
{
    if (!is_folder(new_path, error))
        return FALSE;
    g_auto(GStrv) roots = replace_root(self, old_path, new_path, error);
    return roots != NULL && hth_state_move_root(self->state, old_path, new_path, error) &&
           hth_library_set_roots(self, (const char *const *)roots, error);
}

void hth_library_scan(HthLibrary *self, gboolean is_full)
{
    hth_scanner_scan(self->scanner, is_full);
}

void hth_library_scan_status(HthLibrary *self, HthScanStatus *out_status)
{
    hth_scanner_status(self->scanner, out_status);
    g_autoptr(HthReader) reader = hth_library_acquire_reader(self);
    sqlite3_stmt *failed = hth_db_statement(reader->db, HTH_READ_N_FAILED);
    if (hth_db_row(reader->db, failed, NULL))
        out_status->n_failed = (guint64)sqlite3_column_int64(failed, 0);
    sqlite3_reset(failed);
    out_status->problem = hth_writer_problem(self->writer);
}

void hth_scan_status_clear(HthScanStatus *self)
{
    g_clear_pointer(&self->worker_sandbox, g_free);
    g_clear_pointer(&self->problem, g_free);
}

static void read_kind_sums(HthReader *reader, HthLibraryCounts *counts)
{
    guint *const numbers[HTH_N_MEDIA_KINDS] = { [HTH_MEDIA_AUDIO] = &counts->n_tracks,
                                                [HTH_MEDIA_VIDEO] = &counts->n_videos,
                                                [HTH_MEDIA_PHOTO] = &counts->n_photos,
                                                [HTH_MEDIA_PLAYLIST] = &counts->n_playlists };
    sqlite3_stmt *sums = hth_db_statement(reader->db, HTH_READ_KIND_SUMS);
    while (hth_db_row(reader->db, sums, NULL)) {
        const gint64 kind = sqlite3_column_int64(sums, 0);
        if (kind < 0 || kind >= HTH_N_MEDIA_KINDS || numbers[kind] == NULL)
            continue;
        *numbers[kind] = (guint)sqlite3_column_int64(sums, 1);
        if (kind == HTH_MEDIA_PLAYLIST)
            continue;
        counts->size_bytes += (guint64)sqlite3_column_int64(sums, 2);
        counts->duration_ms += sqlite3_column_int64(sums, 3);
    }
}

static void read_counts(HthReader *reader, HthLibraryCounts *counts)
{
    *counts = (HthLibraryCounts){ 0 };
    read_kind_sums(reader, counts);
    sqlite3_stmt *rows = hth_db_statement(reader->db, HTH_READ_COUNTS);
    if (hth_db_row(reader->db, rows, NULL)) {
        counts->n_albums = (guint)sqlite3_column_int64(rows, 0);
        counts->n_artists = (guint)sqlite3_column_int64(rows, 1);
        counts->n_genres = (guint)sqlite3_column_int64(rows, 2);
        counts->n_playlists += (guint)sqlite3_column_int64(rows, 3);
    }
    sqlite3_reset(rows);
}

void hth_library_counts(HthLibrary *self, HthLibraryCounts *out_counts)
{
    const guint64 sequence = hth_library_sequence(self);
    g_mutex_lock(&self->counts_lock);
    const gboolean is_known = self->counts_sequence == sequence;
    *out_counts = self->counts;
    g_mutex_unlock(&self->counts_lock);
    if (is_known)
        return;
    g_autoptr(HthReader) reader = hth_library_acquire_reader(self);
    read_counts(reader, out_counts);
    g_mutex_lock(&self->counts_lock);
    self->counts = *out_counts;
    self->counts_sequence = sequence;
    g_mutex_unlock(&self->counts_lock);
}

/* ---- Problems ---- */

static void problem_file_free(gpointer data)
{
    HthProblemFile *problem = data;
    g_free(problem->path);
    g_free(problem->reason);
    g_free(problem);
}

static char *folder_path(HthReader *reader, gint64 folder_id)
{
    sqlite3_stmt *find = hth_db_statement(reader->db, HTH_READ_FOLDER_PATH);
    sqlite3_bind_int64(find, 1, folder_id);
    char *path = NULL;
    if (hth_db_row(reader->db, find, NULL))
        path = g_strconcat((const char *)sqlite3_column_text(find, 1),
                           (const char *)sqlite3_column_text(find, 0), NULL);
    sqlite3_reset(find);
    return path;
}

static void add_problem(GPtrArray *problems, const char *folder, const char *name,
                        const char *reason, gboolean is_set_aside)
{
    g_autofree char *path = name != NULL ? g_strconcat(folder, "/", name, NULL) : g_strdup(folder);
    HthProblemFile *problem = g_new(HthProblemFile, 1);
    *problem = (HthProblemFile){ .path = g_utf8_make_valid(path, -1),
                                 .reason = g_strdup(reason != NULL ? reason : "it cannot be read"),
                                 .is_set_aside = is_set_aside };
    g_ptr_array_add(problems, problem);
}

GPtrArray *hth_library_problems(HthLibrary *self, guint max)
{
    GPtrArray *problems = g_ptr_array_new_with_free_func(problem_file_free);
    g_autoptr(HthReader) reader = hth_library_acquire_reader(self);
    sqlite3_stmt *folders = hth_db_statement(reader->db, HTH_READ_FOLDER_PROBLEMS);
    sqlite3_bind_int64(folders, 1, max);
    while (hth_db_row(reader->db, folders, NULL)) {
        g_autofree char *path = folder_path(reader, sqlite3_column_int64(folders, 0));
        if (path != NULL)
            add_problem(problems, path, NULL, (const char *)sqlite3_column_text(folders, 1), FALSE);
    }
    sqlite3_stmt *files = hth_db_statement(reader->db, HTH_READ_PROBLEMS);
    sqlite3_bind_int64(files, 1, max - MIN(max, problems->len));
    while (hth_db_row(reader->db, files, NULL)) {
        g_autofree char *path = folder_path(reader, sqlite3_column_int64(files, 0));
        if (path != NULL)
            add_problem(problems, path, (const char *)sqlite3_column_text(files, 1),
                        (const char *)sqlite3_column_text(files, 2),
                        sqlite3_column_int(files, 3) == HTH_ITEM_SET_ASIDE);
    }
    return problems;
}

/* ---- Files behind ids ---- */

typedef struct {
    gint64 id;
    guint64 version;
    HthMediaFormat format;
    gboolean is_available;
    char *path;
} FileRow;

static gboolean find_file(HthReader *reader, guint64 permanent_id, FileRow *out_file)
{
    sqlite3_stmt *file = hth_db_statement(reader->db, HTH_READ_FILE);
    sqlite3_bind_int64(file, 1, (gint64)permanent_id);
    const gboolean is_found = hth_db_row(reader->db, file, NULL);
    if (is_found) {
        g_autofree char *folder = folder_path(reader, sqlite3_column_int64(file, 1));
        const guint64 versions[] = { (guint64)sqlite3_column_int64(file, 6),
                                     (guint64)sqlite3_column_int64(file, 7) };
        *out_file = (FileRow){ .id = sqlite3_column_int64(file, 0),
                               .version = versions[0] * 31 + versions[1],
                               .format = (HthMediaFormat)sqlite3_column_int(file, 4),
                               .is_available = sqlite3_column_int(file, 3) != 0 };
        out_file->path = g_strconcat(folder != NULL ? folder : "", "/",
                                     (const char *)sqlite3_column_text(file, 2), NULL);
    }
    sqlite3_reset(file);
    return is_found;
}

static gboolean find_leaf(HthReader *reader, const char *leaf_id, FileRow *out_file, GError **error)
{
    guint64 id;
    if (hth_text_id_decode(leaf_id, &id) && find_file(reader, id, out_file))
        return TRUE;
    g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "there is no item %s", leaf_id);
    return FALSE;
}

static int open_file(const FileRow *file, GError **error)
{
    if (!file->is_available) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_UNAVAILABLE,
                    "the disk that holds it is away: connect or mount it");
        return -1;
    }
    const int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat info;
    if (fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode))
        return fd;
    const int problem = fd >= 0 ? ENOENT : errno;
    if (fd >= 0)
        close(fd);
    if (problem == ENOENT)
        g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "its file is gone");
    else
        g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(problem),
                    "its file cannot be opened: %s", g_strerror(problem));
    return -1;
}

/* Finds the path and the object of an item, in the cache or the index. */
static gboolean find_item(HthLibrary *self, const char *leaf_id, char **out_path,
                          HthObject **out_object, GError **error)
{
    guint64 id;
    const guint64 sequence = hth_library_sequence(self);
    if (hth_text_id_decode(leaf_id, &id) &&
        hth_file_cache_find(self->files, id, sequence, out_path, out_object))
        return TRUE;
    FileRow file = { 0 };
    g_autoptr(HthReader) reader = hth_library_acquire_reader(self);
    if (!find_leaf(reader, leaf_id, &file, error))
        return FALSE;
    *out_path = file.path;
    *out_object = hth_reader_object_by_ref(reader, hth_ref(HTH_REF_ITEM, file.id));
    if (*out_object != NULL) {
        hth_file_cache_add(self->files, id, sequence, *out_path, *out_object);
        return TRUE;
    }
    g_clear_pointer(out_path, g_free);
    g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "there is no item %s", leaf_id);
    return FALSE;
}

int hth_library_open_item(HthLibrary *self, const char *leaf_id, HthObject **out_object,
                          GError **error)
{
    g_autofree char *path = NULL;
    g_autoptr(HthObject) object = NULL;
    if (!find_item(self, leaf_id, &path, &object, error))
        return -1;
    const FileRow file = { .path = path, .is_available = object->is_available };
    const int fd = open_file(&file, error);
    if (fd >= 0 && out_object != NULL)
        *out_object = g_steal_pointer(&object);
    return fd;
}

char *hth_library_item_path(HthLibrary *self, const char *leaf_id, GError **error)
{
    FileRow file = { 0 };
    g_autoptr(HthReader) reader = hth_library_acquire_reader(self);
    return find_leaf(reader, leaf_id, &file, error) ? file.path : NULL;
}

/* ---- Pictures ---- */

/* "e…" a picture inside a file, "f…" a picture file, "v…" or the item's id the item's own. */
static gboolean find_picture(HthReader *reader, const char *id, FileRow *out_file, GError **error)
{
    guint64 number;
    if (*id == 'e' && hth_text_id_decode(id + 1, &number)) {
        sqlite3_stmt *find = hth_db_statement(reader->db, HTH_READ_ARTWORK_FILE);
        sqlite3_bind_int64(find, 1, (gint64)number);
        const gboolean is_found = hth_db_row(reader->db, find, NULL);
        const guint64 item = is_found ? (guint64)sqlite3_column_int64(find, 0) : 0;
        sqlite3_reset(find);
        if (is_found && find_file(reader, item, out_file)) {
            out_file->version = 0; /* named by its content, whichever file it comes from */
            return TRUE;
        }
    } else if ((*id == 'f' || *id == 'v') && hth_text_id_decode(id + 1, &number)) {
        if (find_file(reader, number, out_file))
            return TRUE;
    } else if (hth_text_id_decode(id, &number) && find_file(reader, number, out_file)) {
        return TRUE;
    }
    g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "there is no picture %s", id);
    return FALSE;
}

static int open_for_picture(gpointer file, GError **error)
{
    return open_file(file, error);
}

void hth_library_picture(HthLibrary *self, const char *id, guint max_pixels,
                         HthPictureReady callback, gpointer data)
{
    FileRow file = { 0 };
    g_autoptr(GError) error = NULL;
    HthReader *reader = hth_library_acquire_reader(self);
    const gboolean is_found = find_picture(reader, id, &file, &error);
    hth_reader_release(reader);
    if (!is_found) {
        callback(-1, 0, "", error, data);
        return;
    }
    const HthPictureRequest request = { id, file.version, max_pixels, file.format };
    hth_picture_cache_get(self->pictures, hth_scanner_pool(self->scanner), &request,
                          open_for_picture, &file, callback, data);
    g_free(file.path);
}

/* ---- Play state ---- */

static gboolean change_play(HthLibrary *self, const char *leaf_id, const char *person,
                            HthPlayChange change, gint64 value, GError **error)
{
    guint64 id;
    if (!hth_text_id_decode(leaf_id, &id)) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "there is no item %s", leaf_id);
        return FALSE;
    }
    HthPlayWrite *write = g_new(HthPlayWrite, 1);
    write->permanent_id = id;
    const char *whose = person != NULL ? person : "";
    if (!hth_state_change_play(self->state, id, whose, change, value, &write->play, error)) {
        g_free(write);
        return FALSE;
    }
    if (*whose == '\0')
        hth_writer_post(self->writer, hth_write_play, write, g_free);
    else
        g_free(write); /* a person's own state is not in listings that all share */
    return TRUE;
}

gboolean hth_library_add_play(HthLibrary *self, const char *leaf_id, const char *person,
                              GError **error)
{
    return change_play(self, leaf_id, person, HTH_PLAY_ADD, g_get_real_time() / G_USEC_PER_SEC,
                       error);
}

gboolean hth_library_set_position(HthLibrary *self, const char *leaf_id, const char *person,
                                  gint64 position_ms, GError **error)
{
    return change_play(self, leaf_id, person, HTH_PLAY_POSITION, MAX(position_ms, 0), error);
}

gboolean hth_library_set_rating(HthLibrary *self, const char *leaf_id, const char *person,
                                guint rating, GError **error)
{
    if (rating > 5) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "a rating is 1 to 5, or 0 for none");
        return FALSE;
    }
    return change_play(self, leaf_id, person, HTH_PLAY_RATING, rating, error);
}

gboolean hth_library_merge_plays(HthLibrary *self, const HthPlayMerge *merges, guint n_merges,
                                 GError **error)
{
    g_autofree HthPlayState *plays = g_new0(HthPlayState, n_merges);
    if (!hth_state_merge_plays(self->state, merges, n_merges, plays, error))
        return FALSE;
    for (guint i = 0; i < n_merges; i++) {
        HthPlayWrite *write = g_new(HthPlayWrite, 1);
        *write = (HthPlayWrite){ merges[i].permanent_id, plays[i] };
        hth_writer_post(self->writer, hth_write_play, write, g_free);
    }
    return TRUE;
}

gboolean hth_library_merge_playlist(HthLibrary *self, guint64 playlist_id, const char *title,
                                    const guint64 *items, guint n_items, gboolean exists,
                                    GError **error)
{
    gboolean existed;
    if (!exists) {
        if (!hth_state_remove_playlist(self->state, playlist_id, &existed, error))
            return FALSE;
        hth_writer_post(self->writer, hth_write_own_playlist_removal,
                        g_memdup2(&playlist_id, sizeof playlist_id), g_free);
        return TRUE;
    }
    g_autofree char *clean = hth_text_clean(title, HTH_MEDIA_STRING_MAX);
    if (!hth_state_merge_playlist(self->state, playlist_id, clean, items, n_items, error))
        return FALSE;
    hth_writer_post(self->writer, hth_write_own_playlists, NULL, NULL);
    return TRUE;
}

/* ---- Settings, devices, copies ---- */

char *hth_library_load(HthLibrary *self, const char *key)
{
    return hth_state_load(self->state, key);
}

gboolean hth_library_store(HthLibrary *self, const char *key, const char *value, GError **error)
{
    return hth_state_store(self->state, key, value, error);
}

void hth_library_devices(HthLibrary *self, HthDeviceRow callback, gpointer data)
{
    hth_state_devices(self->state, callback, data);
}

gboolean hth_library_store_device(HthLibrary *self, const char *id, const char *json,
                                  GError **error)
{
    return hth_state_store_device(self->state, id, json, error);
}

char *hth_library_state_path(HthLibrary *self)
{
    return hth_state_path(self->state);
}

void hth_library_take_state_turn(HthLibrary *self)
{
    hth_state_take_turn(self->state);
}

void hth_library_give_state_turn(HthLibrary *self)
{
    hth_state_give_turn(self->state);
}

gboolean hth_library_backup_state(HthLibrary *self, const char *path, GError **error)
{
    return hth_state_copy(self->state, path, error);
}

/* ---- Playlists of the household ---- */

static gboolean parse_playlist_id(const char *text, guint64 *out_id, GError **error)
{
    HthLeafId id;
    if (hth_leaf_id_parse(text, strlen(text), &id) && id.kind == HTH_REF_OWN_PLAYLIST) {
        *out_id = id.key;
        return TRUE;
    }
    g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "there is no playlist %s that hearth keeps",
                text);
    return FALSE;
}

gboolean hth_library_save_playlist(HthLibrary *self, const char *playlist_id, const char *title,
                                   const char *const *item_ids, char **out_playlist_id,
                                   GError **error)
{
    guint64 id = 0;
    if (playlist_id != NULL && !parse_playlist_id(playlist_id, &id, error))
        return FALSE;
    if (id == 0)
        id = (guint64)hth_state_random_id();
    g_autoptr(GArray) items = g_array_new(FALSE, FALSE, sizeof(guint64));
    for (guint i = 0; item_ids[i] != NULL; i++) {
        guint64 item;
        if (!hth_text_id_decode(item_ids[i], &item)) {
            g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "there is no item %s", item_ids[i]);
            return FALSE;
        }
        g_array_append_val(items, item);
    }
    g_autofree char *clean = hth_text_clean(title, HTH_MEDIA_STRING_MAX);
    if (clean == NULL) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "a playlist needs a title");
        return FALSE;
    }
    if (!hth_state_save_playlist(self->state, id, clean, (const guint64 *)(void *)items->data,
                                 items->len, error))
        return FALSE;
    hth_writer_post(self->writer, hth_write_own_playlists, NULL, NULL);
    if (out_playlist_id != NULL)
        *out_playlist_id = hth_leaf_id_format(HTH_REF_OWN_PLAYLIST, id);
    return TRUE;
}

gboolean hth_library_remove_playlist(HthLibrary *self, const char *playlist_id, GError **error)
{
    guint64 id;
    gboolean existed;
    if (!parse_playlist_id(playlist_id, &id, error) ||
        !hth_state_remove_playlist(self->state, id, &existed, error))
        return FALSE;
    if (!existed) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "there is no playlist %s", playlist_id);
        return FALSE;
    }
    hth_writer_post(self->writer, hth_write_own_playlist_removal, g_memdup2(&id, sizeof id),
                    g_free);
    return TRUE;
}
