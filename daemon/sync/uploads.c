/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/uploads.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "sync/device-name.h"

#define PARTS_KEPT_S (30 * 24 * 60 * 60)
#define READ_BYTES   (256 * 1024)
#define DEPTH_MAX    8
#define TRIES_MAX    32

struct HthUploads {
    char *parts_dir;
    char *folder;
    HthUploadsName name;
    gpointer data;
    GMutex lock; /* one slice at a time: two devices may bring the same photo */
};

static gboolean fail(GError **error, const char *what)
{
    const int problem = errno;
    g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(problem), "%s: %s", what,
                g_strerror(problem));
    return FALSE;
}

static void drop_old_parts(const char *dir)
{
    g_autoptr(GDir) parts = g_dir_open(dir, 0, NULL);
    const gint64 now = g_get_real_time() / G_USEC_PER_SEC;
    for (const char *name; parts != NULL && (name = g_dir_read_name(parts)) != NULL;) {
        g_autofree char *path = g_build_filename(dir, name, NULL);
        GStatBuf info;
        if (g_lstat(path, &info) == 0 && S_ISREG(info.st_mode) &&
            now - info.st_mtime > PARTS_KEPT_S)
            (void)g_unlink(path); /* at the next start again */
    }
}

HthUploads *hth_uploads_new(const char *parts_dir, const char *folder, HthUploadsName name,
                            gpointer data)
{
    HthUploads *self = g_new0(HthUploads, 1);
    self->parts_dir = g_strdup(parts_dir);
    self->folder = g_strdup(folder);
    self->name = name;
    self->data = data;
    g_mutex_init(&self->lock);
    drop_old_parts(parts_dir);
    return self;
}

void hth_uploads_free(HthUploads *self)
{
    if (self == NULL)
        return;
    g_free(self->parts_dir);
    g_free(self->folder);
    g_mutex_clear(&self->lock);
    g_free(self);
}

/* ---- Where it goes ---- */

/* NAME of the device, every part of it made legal: no device writes outside its folder. */
static char *target_of(HthUploads *self, const char *device, const char *name, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(name, "/", DEPTH_MAX + 1);
    const guint n = g_strv_length(parts);
    if (n == 0 || n > DEPTH_MAX) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "this name cannot be used here");
        return NULL;
    }
    g_autofree char *called = self->name(device, self->data);
    g_autofree char *own = hth_device_name_part(called, HTH_DEVICE_NAME_FOLDER_MAX);
    g_autoptr(GString) path = g_string_new(self->folder);
    g_string_append_printf(path, "/%s", own);
    for (guint i = 0; i < n; i++) {
        g_autofree char *part = hth_device_name_part(parts[i], HTH_DEVICE_NAME_FILE_MAX);
        g_string_append_printf(path, "/%s", part);
    }
    return g_strdup(path->str);
}

static char *hex_of(const HthDigest *hash)
{
    GString *hex = g_string_new(NULL);
    for (guint i = 0; i < sizeof hash->bytes; i++)
        g_string_append_printf(hex, "%02x", hash->bytes[i]);
    return g_string_free(hex, FALSE);
}

/* "DIR/name.jpg" → "DIR/name (0a1b2c).jpg", with more letters at each try. */
static char *other_name(const char *path, const HthDigest *hash, guint try)
{
    if (try == 0)
        return g_strdup(path);
    g_autofree char *hex = hex_of(hash);
    const char *slash = strrchr(path, '/');
    const char *dot = strrchr(slash, '.');
    const int length = (int)(dot != NULL ? dot - path : (gssize)strlen(path));
    return g_strdup_printf("%.*s (%.*s)%s", length, path, (int)(5 + try), hex,
                           dot != NULL ? dot : "");
}

static gboolean hash_file(int fd, HthDigest *out_hash, GError **error)
{
    g_autoptr(HthDigester) digester = hth_digester_new();
    g_autofree guint8 *buffer = g_malloc(READ_BYTES);
    for (off_t offset = 0;;) {
        const ssize_t n = pread(fd, buffer, READ_BYTES, offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail(error, "the file cannot be read again");
        if (n == 0)
            break;
        hth_digester_add(digester, buffer, (gsize)n);
        offset += n;
    }
    hth_digester_finish(digester, out_hash);
    return TRUE;
}

/* Whether a regular file with just these bytes is at @path. */
static gboolean is_there(const char *path, const HthSyncUpload *slice)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return FALSE;
    struct stat info;
    HthDigest hash;
    const gboolean is_same = fstat(fd, &info) == 0 && S_ISREG(info.st_mode) &&
                             (guint64)info.st_size == slice->size && hash_file(fd, &hash, NULL) &&
                             hth_digest_equal(&hash, &slice->hash);
    close(fd);
    return is_same;
}

static gboolean sync_folder(const char *path)
{
    g_autofree char *dir = g_path_get_dirname(path);
    const int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return FALSE;
    const gboolean is_synced = fsync(fd) == 0;
    close(fd);
    return is_synced;
}

/* A copy on the folder's own disk under a hidden name, then a link: never over what is there. */
static gboolean copy_to(int from, const char *path, gint64 mtime_ms, GError **error)
{
    g_autofree char *dir = g_path_get_dirname(path);
    g_autofree char *hidden = g_build_filename(dir, ".hearth-upload", NULL);
    (void)g_unlink(hidden); /* left behind by a crash */
    const int to = open(hidden, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (to < 0)
        return fail(error, "the folder for uploads cannot be written");
    g_autofree guint8 *buffer = g_malloc(READ_BYTES);
    gboolean is_good = TRUE;
    for (off_t offset = 0; is_good;) {
        const ssize_t n = pread(from, buffer, READ_BYTES, offset);
        if (n == 0)
            break;
        is_good = n > 0 && pwrite(to, buffer, (gsize)n, offset) == n;
        offset += n;
    }
    const struct timespec times[] = { { mtime_ms / 1000, mtime_ms % 1000 * 1000000 },
                                      { mtime_ms / 1000, mtime_ms % 1000 * 1000000 } };
    if (is_good && mtime_ms > 0)
        (void)futimens(to, times); /* when it was taken is in it, too */
    is_good = is_good && fsync(to) == 0;
    close(to);
    is_good = is_good && link(hidden, path) == 0;
    const int problem = errno;
    (void)g_unlink(hidden);
    is_good = is_good && sync_folder(path);
    errno = problem;
    return is_good || fail(error, "the file cannot be put into the folder for uploads");
}

static gboolean store(HthUploads *self, const char *device, const HthSyncUpload *slice, int part,
                      GError **error)
{
    g_autofree char *wanted = target_of(self, device, slice->name, error);
    if (wanted == NULL)
        return FALSE;
    g_autofree char *dir = g_path_get_dirname(wanted);
    if (g_mkdir_with_parents(dir, 0755) != 0)
        return fail(error, "the folder for uploads cannot be made");
    for (guint try = 0; try < TRIES_MAX; try++) {
        g_autofree char *path = other_name(wanted, &slice->hash, try);
        if (g_file_test(path, G_FILE_TEST_EXISTS | G_FILE_TEST_IS_SYMLINK)) {
            if (is_there(path, slice))
                return TRUE;
            continue;
        }
        return copy_to(part, path, slice->mtime_ms, error);
    }
    g_set_error(error, HTH_ERROR, HTH_ERROR_BUSY, "too many files of that name are there");
    return FALSE;
}

/* ---- Slices ---- */

static gboolean is_sensible(const HthSyncUpload *slice, GError **error)
{
    const guint64 n = slice->slice != NULL ? g_bytes_get_size(slice->slice) : 0;
    if (slice->name != NULL && *slice->name != '\0' && slice->size <= HTH_UPLOAD_MAX_BYTES &&
        slice->offset <= slice->size && n <= slice->size - slice->offset)
        return TRUE;
    g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "this upload makes no sense");
    return FALSE;
}

static int open_part(HthUploads *self, const char *device, const HthSyncUpload *slice,
                     char **out_path, GError **error)
{
    g_autofree char *hex = hex_of(&slice->hash);
    g_autofree char *name = g_strdup_printf("%.16s-%s", device, hex);
    if (g_mkdir_with_parents(self->parts_dir, 0700) != 0)
        return fail(error, "no place for uploads can be made") - 1;
    *out_path = g_build_filename(self->parts_dir, name, NULL);
    const int fd = open(*out_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        (void)fail(error, "no place for the upload can be made");
    return fd;
}

static gboolean add_slice(int fd, const HthSyncUpload *slice, guint64 *have, GError **error)
{
    gsize size = 0;
    gconstpointer bytes = slice->slice != NULL ? g_bytes_get_data(slice->slice, &size) : NULL;
    if (size == 0 || slice->offset != *have) /* asks, or repeats: it hears where to go on */
        return TRUE;
    if (pwrite(fd, bytes, size, (off_t)slice->offset) != (ssize_t)size || fdatasync(fd) != 0)
        return fail(error, "the upload cannot be written");
    *have += size;
    return TRUE;
}

static gboolean finish(HthUploads *self, const char *device, const HthSyncUpload *slice, int fd,
                       HthSyncUploadAnswer *answer, GError **error)
{
    HthDigest hash;
    if (!hash_file(fd, &hash, error))
        return FALSE;
    if (!hth_digest_equal(&hash, &slice->hash)) {
        answer->have_bytes = 0;
        if (ftruncate(fd, 0) != 0)
            return fail(error, "the upload cannot begin anew");
        g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT,
                    "what came is not what its hash says; it begins anew");
        return FALSE;
    }
    answer->is_stored = store(self, device, slice, fd, error);
    return answer->is_stored;
}

static gboolean take(HthUploads *self, const char *device, const HthSyncUpload *slice,
                     HthSyncUploadAnswer *answer, GError **error)
{
    g_autofree char *wanted = target_of(self, device, slice->name, error);
    if (wanted == NULL)
        return FALSE;
    if (is_there(wanted, slice)) { /* its answer was lost */
        answer->have_bytes = slice->size;
        answer->is_stored = TRUE;
        return TRUE;
    }
    g_autofree char *path = NULL;
    const int fd = open_part(self, device, slice, &path, error);
    if (fd < 0)
        return FALSE;
    struct stat info = { 0 };
    gboolean is_good = fstat(fd, &info) == 0;
    answer->have_bytes = (guint64)info.st_size;
    is_good = is_good && add_slice(fd, slice, &answer->have_bytes, error);
    if (is_good && answer->have_bytes == slice->size)
        is_good = finish(self, device, slice, fd, answer, error);
    close(fd);
    if (answer->is_stored)
        (void)g_unlink(path); /* else it is dropped when it is old */
    return is_good;
}

gboolean hth_uploads_take(HthUploads *self, const char *device, const HthSyncUpload *slice,
                          HthSyncUploadAnswer *answer, GError **error)
{
    if (self->folder == NULL || *self->folder == '\0') {
        g_set_error(error, HTH_ERROR, HTH_ERROR_REFUSED,
                    "no folder for uploads was chosen at home: hearth config set sync.uploads "
                    "FOLDER");
        return FALSE;
    }
    if (!is_sensible(slice, error))
        return FALSE;
    g_mutex_lock(&self->lock);
    const gboolean is_good = take(self, device, slice, answer, error);
    g_mutex_unlock(&self->lock);
    return is_good;
}
