/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "picture"
#include "library/picture.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"

/* After a sweep so much of the limit is in use. */
#define KEPT_SHARE 0.8

typedef struct {
    HthPictureReady callback;
    gpointer data;
} Waiter;

typedef struct {
    HthPictureCache *cache;
    char *name;
    GArray *waiters; /* (element Waiter) guarded by the cache's lock */
} Making;

struct HthPictureCache {
    char *dir;
    gint64 limit_bytes;
    GMutex lock;        /* guards what follows */
    GHashTable *making; /* name → Making */
    gint64 size_bytes;  /* -1: not counted yet */
};

static void making_free(Making *making)
{
    g_free(making->name);
    g_array_unref(making->waiters);
    g_free(making);
}

HthPictureCache *hth_picture_cache_new(const char *dir, gint64 limit_bytes)
{
    HthPictureCache *self = g_new0(HthPictureCache, 1);
    self->dir = g_strdup(dir);
    g_mutex_init(&self->lock);
    self->making = g_hash_table_new(g_str_hash, g_str_equal);
    self->size_bytes = -1;
    self->limit_bytes = limit_bytes > 0 ? limit_bytes : HTH_PICTURE_CACHE_BYTES;
    (void)g_mkdir_with_parents(dir, 0700); /* a failure shows when a picture is kept */
    return self;
}

static void answer_waiters(GArray *waiters, const char *path, const char *name, const GError *error)
{
    for (guint i = 0; i < waiters->len; i++) {
        const Waiter *waiter = &g_array_index(waiters, Waiter, i);
        struct stat info = { 0 };
        const int fd = path != NULL ? g_open(path, O_RDONLY | O_CLOEXEC, 0) : -1;
        if (fd >= 0)
            (void)fstat(fd, &info); /* an open descriptor of ours */
        g_autofree char *etag = g_strdup_printf("\"%s\"", name);
        g_autoptr(GError) lost = NULL;
        if (fd < 0 && error == NULL)
            lost = g_error_new(HTH_ERROR, HTH_ERROR_FAILED, "the picture cannot be read back");
        waiter->callback(fd, info.st_size, etag, error != NULL ? error : lost, waiter->data);
    }
}

void hth_picture_cache_free(HthPictureCache *self)
{
    if (self == NULL)
        return;
    g_autoptr(GError) closing = g_error_new(HTH_ERROR, HTH_ERROR_UNAVAILABLE, "hearth is stopping");
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, self->making);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Making *making = value;
        answer_waiters(making->waiters, NULL, making->name, closing);
        making_free(making);
    }
    g_hash_table_unref(self->making);
    g_mutex_clear(&self->lock);
    g_free(self->dir);
    g_free(self);
}

/* ---- Keeping within the limit ---- */

typedef struct {
    char *path;
    gint64 size_bytes, mtime_ns;
} CachedFile;

static void cached_file_clear(gpointer file)
{
    g_free(((CachedFile *)file)->path);
}

static int oldest_first(gconstpointer a, gconstpointer b)
{
    const CachedFile *left = a, *right = b;
    return left->mtime_ns < right->mtime_ns ? -1 : left->mtime_ns > right->mtime_ns;
}

static GArray *list_files(const char *dir_path, gint64 *out_size_bytes)
{
    GArray *files = g_array_new(FALSE, FALSE, sizeof(CachedFile));
    g_array_set_clear_func(files, cached_file_clear);
    *out_size_bytes = 0;
    g_autoptr(GDir) dir = g_dir_open(dir_path, 0, NULL);
    for (const char *name; dir != NULL && (name = g_dir_read_name(dir)) != NULL;) {
        struct stat info;
        CachedFile file = { .path = g_build_filename(dir_path, name, NULL) };
        if (stat(file.path, &info) != 0) {
            g_free(file.path);
            continue;
        }
        file.size_bytes = info.st_size;
        file.mtime_ns = (gint64)info.st_mtim.tv_sec * 1000000000 + info.st_mtim.tv_nsec;
        *out_size_bytes += info.st_size;
        g_array_append_val(files, file);
    }
    return files;
}

/* Locking: the lock is held. @kept: the one just made stays, for those who wait for it. */
static void sweep(HthPictureCache *self, const char *kept)
{
    gint64 size;
    g_autoptr(GArray) files = list_files(self->dir, &size);
    g_array_sort(files, oldest_first);
    for (guint i = 0; i < files->len && size > (gint64)((double)self->limit_bytes * KEPT_SHARE);
         i++) {
        const CachedFile *file = &g_array_index(files, CachedFile, i);
        if (strcmp(file->path, kept) != 0 && g_unlink(file->path) == 0)
            size -= file->size_bytes;
    }
    self->size_bytes = size;
}

static void count(HthPictureCache *self, const char *path, gint64 added_bytes)
{
    g_mutex_lock(&self->lock);
    if (self->size_bytes < 0) {
        g_autoptr(GArray) files = list_files(self->dir, &self->size_bytes);
        (void)files; /* counted already */
    } else {
        self->size_bytes += added_bytes;
    }
    if (self->size_bytes > self->limit_bytes)
        sweep(self, path);
    g_mutex_unlock(&self->lock);
}

/* ---- Making ---- */

/* A cached picture can be made again, so it is not forced to the disk; a torn one is recognised by
 * nobody, therefore it gets its name only when it is whole. */
static gboolean keep(HthPictureCache *self, const char *path, GBytes *jpeg, GError **error)
{
    gsize size;
    const char *bytes = g_bytes_get_data(jpeg, &size);
    if (!g_file_set_contents_full(path, bytes, (gssize)size, G_FILE_SET_CONTENTS_CONSISTENT, 0600,
                                  error))
        return FALSE;
    count(self, path, (gint64)size);
    return TRUE;
}

static void on_made(GBytes *jpeg, const GError *error, gpointer data)
{
    Making *making = data;
    HthPictureCache *self = making->cache;
    g_autofree char *path = g_build_filename(self->dir, making->name, NULL);
    g_autoptr(GError) failure = NULL;
    const gboolean is_kept = jpeg != NULL && keep(self, path, jpeg, &failure);
    if (jpeg != NULL && !is_kept)
        hth_log_warning("a picture cannot be kept: %s", failure->message);

    g_mutex_lock(&self->lock);
    g_hash_table_remove(self->making, making->name);
    g_mutex_unlock(&self->lock);
    answer_waiters(making->waiters, is_kept ? path : NULL, making->name,
                   error != NULL ? error : failure);
    making_free(making);
}

/* Adds a waiter. Returns: the making to start; NULL: another one has begun it, or it is refused. */
static Making *join(HthPictureCache *self, const char *name, const Waiter *waiter,
                    gboolean *out_is_full)
{
    Making *started = NULL;
    *out_is_full = FALSE;
    g_mutex_lock(&self->lock);
    Making *making = g_hash_table_lookup(self->making, name);
    if (making == NULL && g_hash_table_size(self->making) >= HTH_PICTURE_MAX_WAITING) {
        *out_is_full = TRUE;
    } else if (making == NULL) {
        started = making = g_new0(Making, 1);
        making->cache = self;
        making->name = g_strdup(name);
        making->waiters = g_array_new(FALSE, FALSE, sizeof(Waiter));
        g_hash_table_insert(self->making, making->name, making);
    }
    if (making != NULL)
        g_array_append_val(making->waiters, *waiter);
    g_mutex_unlock(&self->lock);
    return started;
}

void hth_picture_cache_get(HthPictureCache *self, HthWorkerPool *pool,
                           const HthPictureRequest *request, HthPictureOpen open_original,
                           gpointer open_data, HthPictureReady callback, gpointer data)
{
    g_autofree char *name = g_strdup_printf("%s-%u-%016" G_GINT64_MODIFIER "x.jpg", request->id,
                                            request->max_pixels, request->version);
    g_autofree char *path = g_build_filename(self->dir, name, NULL);
    const Waiter waiter = { callback, data };
    struct stat info;
    const int cached = g_open(path, O_RDONLY | O_CLOEXEC, 0);
    if (cached >= 0 && fstat(cached, &info) == 0) {
        g_autofree char *etag = g_strdup_printf("\"%s\"", name);
        callback(cached, info.st_size, etag, NULL, data);
        return;
    }
    gboolean is_full;
    Making *making = join(self, name, &waiter, &is_full);
    g_autoptr(GError) error = NULL;
    if (is_full) {
        error =
            g_error_new(HTH_ERROR, HTH_ERROR_BUSY, "too many pictures are being made; try again");
        callback(-1, 0, "", error, data);
        return;
    }
    if (making == NULL)
        return;
    const int fd = open_original(open_data, &error);
    if (fd < 0)
        on_made(NULL, error, making);
    else
        hth_worker_pool_picture(pool, fd, request->format, request->max_pixels, on_made, making);
}
