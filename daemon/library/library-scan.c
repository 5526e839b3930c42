/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the library shares, how far its scan is, what there is, and what could not be read. */
#include <string.h>

#include "base/error.h"
#include "library/library-private.h"

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

/* ---- Counts ---- */

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
        g_autofree char *path = hth_reader_folder_path(reader, sqlite3_column_int64(folders, 0));
        if (path != NULL)
            add_problem(problems, path, NULL, (const char *)sqlite3_column_text(folders, 1), FALSE);
    }
    sqlite3_stmt *files = hth_db_statement(reader->db, HTH_READ_PROBLEMS);
    sqlite3_bind_int64(files, 1, max - MIN(max, problems->len));
    while (hth_db_row(reader->db, files, NULL)) {
        g_autofree char *path = hth_reader_folder_path(reader, sqlite3_column_int64(files, 0));
        if (path != NULL)
            add_problem(problems, path, (const char *)sqlite3_column_text(files, 1),
                        (const char *)sqlite3_column_text(files, 2),
                        sqlite3_column_int(files, 3) == HTH_ITEM_SET_ASIDE);
    }
    return problems;
}
