/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The files and pictures behind ids. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "library/library-private.h"

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
        g_autofree char *folder = hth_reader_folder_path(reader, sqlite3_column_int64(file, 1));
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
