/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "folder-env.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "power.h"

struct HthFolderEnv {
    HthSyncEnv env;
    HthTransport *transport;
    char *folder;
    int fd; /* -1: not there */
};

struct HthSyncFile {
    int fd;
};

static gboolean fail(GError **error, const char *path)
{
    const int number = errno;
    GFileError code = g_file_error_from_errno(number);
    if (number == EDQUOT)
        code = G_FILE_ERROR_NOSPC;
    if (number == ELOOP || number == EXDEV)
        code = G_FILE_ERROR_ACCES; /* a link is in the way */
    g_set_error(error, G_FILE_ERROR, (gint)code, "%s: %s", path, g_strerror(number));
    return FALSE;
}

/* ---- Opening below the folder ---- */

/* Name by name, for kernels before 5.6. */
static int open_by_names(int from, const char *path, int flags, mode_t mode)
{
    g_auto(GStrv) names = g_strsplit(path, "/", -1);
    const guint n_names = g_strv_length(names);
    int dir = dup(from);
    for (guint i = 0; i + 1 < n_names && dir >= 0; i++) {
        const int next = openat(dir, names[i], O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        close(dir);
        dir = next;
    }
    if (dir < 0)
        return -1;
    const int fd = openat(dir, names[n_names - 1], flags | O_NOFOLLOW, mode);
    close(dir);
    return fd;
}

static int open_below(const HthFolderEnv *self, const char *path, int flags, mode_t mode)
{
    if (self->fd < 0) {
        errno = ENOENT;
        return -1;
    }
    const struct open_how how = {
        .flags = (guint64)(flags | O_CLOEXEC),
        .mode = mode,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    const char *place = path[0] != '\0' ? path : ".";
    const long fd = syscall(SYS_openat2, self->fd, place, &how, sizeof how);
    if (fd >= 0 || (errno != ENOSYS && errno != EPERM))
        return (int)fd;
    return open_by_names(self->fd, place, flags | O_CLOEXEC, mode);
}

/* The folder that @path is in; *out_name points into @path. -1 with errno. */
static int open_parent(const HthFolderEnv *self, const char *path, const char **out_name)
{
    const char *slash = strrchr(path, '/');
    *out_name = slash != NULL ? slash + 1 : path;
    g_autofree char *parent = slash != NULL ? g_strndup(path, (gsize)(slash - path)) : g_strdup("");
    return open_below(self, parent, O_PATH | O_DIRECTORY, 0);
}

/* ---- Files ---- */

static HthSyncFile *folder_open(gpointer data, const char *path, HthSyncOpen how, GError **error)
{
    static const int flags[] = {
        [HTH_SYNC_OPEN_READ] = O_RDONLY,
        [HTH_SYNC_OPEN_WRITE] = O_RDWR,
        [HTH_SYNC_OPEN_KEEP] = O_RDWR | O_CREAT,
        [HTH_SYNC_OPEN_CREATE] = O_RDWR | O_CREAT | O_TRUNC,
    };
    /* NONBLOCK: something else than a file may have that name; a pipe would wait for ever. */
    const int fd = open_below(data, path, flags[how] | O_NONBLOCK | O_NOCTTY,
                              (flags[how] & O_CREAT) != 0 ? 0644 : 0);
    if (fd < 0) {
        fail(error, path);
        return NULL;
    }
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        errno = EISDIR;
        fail(error, path);
        close(fd);
        return NULL;
    }
    HthSyncFile *file = g_new(HthSyncFile, 1);
    file->fd = fd;
    return file;
}

static void folder_close(gpointer data, HthSyncFile *file)
{
    if (file == NULL)
        return;
    close(file->fd);
    g_free(file);
}

static gboolean folder_read(gpointer data, HthSyncFile *file, guint64 offset, void *buffer,
                            gsize size, gsize *out_read, GError **error)
{
    for (*out_read = 0; *out_read < size;) {
        const ssize_t n = pread(file->fd, (guint8 *)buffer + *out_read, size - *out_read,
                                (off_t)(offset + *out_read));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail(error, "reading");
        if (n == 0)
            return TRUE;
        *out_read += (gsize)n;
    }
    return TRUE;
}

static gboolean folder_write(gpointer data, HthSyncFile *file, guint64 offset, gconstpointer bytes,
                             gsize size, GError **error)
{
    for (gsize written = 0; written < size;) {
        const ssize_t n = pwrite(file->fd, (const guint8 *)bytes + written, size - written,
                                 (off_t)(offset + written));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail(error, "writing");
        written += (gsize)n;
    }
    return TRUE;
}

static gboolean folder_truncate(gpointer data, HthSyncFile *file, guint64 size, GError **error)
{
    return ftruncate(file->fd, (off_t)size) == 0 || fail(error, "cutting");
}

static gboolean folder_size(gpointer data, HthSyncFile *file, guint64 *out_size, GError **error)
{
    struct stat status;
    if (fstat(file->fd, &status) != 0)
        return fail(error, "looking");
    *out_size = (guint64)status.st_size;
    return TRUE;
}

static gboolean folder_sync(gpointer data, HthSyncFile *file, GError **error)
{
    return fdatasync(file->fd) == 0 || fail(error, "syncing");
}

static void folder_start_sync(gpointer data, HthSyncFile *file)
{
    (void)sync_file_range(file->fd, 0, 0, SYNC_FILE_RANGE_WRITE); /* a hint */
}

/* ---- Names ---- */

static void stat_of(const struct stat *status, HthSyncStat *out)
{
    *out = (HthSyncStat){
        .kind = S_ISREG(status->st_mode)   ? HTH_SYNC_KIND_FILE
                : S_ISDIR(status->st_mode) ? HTH_SYNC_KIND_DIR
                                           : HTH_SYNC_KIND_OTHER,
        .size = (guint64)status->st_size,
        .mtime_us =
            (gint64)status->st_mtim.tv_sec * G_USEC_PER_SEC + status->st_mtim.tv_nsec / 1000,
    };
}

static gboolean folder_stat(gpointer data, const char *path, HthSyncStat *out_stat, GError **error)
{
    const char *name = NULL;
    struct stat status;
    const int dir = open_parent(data, path, &name);
    const gboolean is_found =
        dir >= 0 && fstatat(dir, name[0] != '\0' ? name : ".", &status, AT_SYMLINK_NOFOLLOW) == 0;
    if (!is_found)
        fail(error, path);
    if (dir >= 0)
        close(dir);
    if (is_found)
        stat_of(&status, out_stat);
    return is_found;
}

/* One call where stat() takes three: ten thousand files are looked at before each sync. */
static gboolean folder_peek(gpointer data, const char *path, HthSyncStat *out_stat)
{
    const HthFolderEnv *self = data;
    struct stat status;
    if (self->fd < 0 || fstatat(self->fd, path, &status, AT_SYMLINK_NOFOLLOW) != 0)
        return FALSE;
    stat_of(&status, out_stat);
    return TRUE;
}

static gboolean folder_rename(gpointer data, const char *from, const char *to, GError **error)
{
    const char *from_name = NULL;
    const char *to_name = NULL;
    const int from_dir = open_parent(data, from, &from_name);
    const int to_dir = from_dir >= 0 ? open_parent(data, to, &to_name) : -1;
    const gboolean is_done = to_dir >= 0 && renameat(from_dir, from_name, to_dir, to_name) == 0;
    if (!is_done)
        fail(error, to);
    if (from_dir >= 0)
        close(from_dir);
    if (to_dir >= 0)
        close(to_dir);
    return is_done;
}

static gboolean remove_name(gpointer data, const char *path, int flags, GError **error)
{
    const char *name = NULL;
    const int dir = open_parent(data, path, &name);
    const gboolean is_done = dir >= 0 && unlinkat(dir, name, flags) == 0;
    if (!is_done)
        fail(error, path);
    if (dir >= 0)
        close(dir);
    return is_done;
}

static gboolean folder_unlink(gpointer data, const char *path, GError **error)
{
    return remove_name(data, path, 0, error);
}

static gboolean folder_remove_dir(gpointer data, const char *path, GError **error)
{
    return remove_name(data, path, AT_REMOVEDIR, error);
}

static gboolean folder_make_dir(gpointer data, const char *path, GError **error)
{
    const char *name = NULL;
    const int dir = open_parent(data, path, &name);
    const gboolean is_done = dir >= 0 && mkdirat(dir, name, 0755) == 0;
    if (!is_done)
        fail(error, path);
    if (dir >= 0)
        close(dir);
    return is_done;
}

static gboolean folder_sync_dir(gpointer data, const char *path, GError **error)
{
    const int dir = open_below(data, path, O_RDONLY | O_DIRECTORY, 0);
    if (dir < 0)
        return fail(error, path);
    /* Some FUSE file systems have no fsync for folders: what they do is all there is. */
    const gboolean is_done = fsync(dir) == 0 || errno == EINVAL || errno == ENOSYS;
    if (!is_done)
        fail(error, path);
    close(dir);
    return is_done;
}

static gboolean folder_list(gpointer data, const char *path, HthSyncListed callback,
                            gpointer callback_data, GError **error)
{
    const int fd = open_below(data, path, O_RDONLY | O_DIRECTORY, 0);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (dir == NULL) {
        fail(error, path);
        if (fd >= 0)
            close(fd);
        return FALSE;
    }
    errno = 0;
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        struct stat status;
        HthSyncStat stat;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            fstatat(fd, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) != 0)
            continue;
        stat_of(&status, &stat);
        if (!callback(entry->d_name, &stat, callback_data))
            break;
        errno = 0;
    }
    const gboolean is_done = errno == 0 || errno == ENOENT || fail(error, path);
    closedir(dir);
    return is_done;
}

static gboolean folder_free_bytes(gpointer data, guint64 *out_free, GError **error)
{
    const HthFolderEnv *self = data;
    struct statvfs status;
    if (self->fd < 0) {
        errno = ENOENT;
        return fail(error, self->folder);
    }
    if (fstatvfs(self->fd, &status) != 0)
        return fail(error, self->folder);
    *out_free = (guint64)status.f_bavail * status.f_frsize;
    return TRUE;
}

/* ---- Clocks, chance, conditions ---- */

static gint64 folder_wall_ms(gpointer data)
{
    return g_get_real_time() / 1000;
}

static gint64 folder_monotonic_ms(gpointer data)
{
    return g_get_monotonic_time() / 1000;
}

static void folder_random(gpointer data, void *out, gsize size)
{
    for (gsize at = 0; at < size;) {
        const ssize_t n = getrandom((guint8 *)out + at, size - at, 0);
        if (n > 0)
            at += (gsize)n;
        else if (errno != EINTR)
            g_error("the kernel gives no random numbers");
    }
}

static guint folder_conditions(gpointer data)
{
    return hth_power_conditions();
}

int hth_folder_open_file(const char *folder, const char *path)
{
    const HthFolderEnv there = { .fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC) };
    if (there.fd < 0)
        return -1;
    const int fd = open_below(&there, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
    close(there.fd);
    return fd;
}

/* ---- The network ---- */

static gboolean no_network(GError **error)
{
    g_set_error_literal(error, HTH_ERROR, HTH_ERROR_NETWORK, "there is no network");
    return FALSE;
}

static gboolean folder_exchange(gpointer data, const char *route, GBytes *body,
                                gsize max_answer_bytes, guint *out_status, GBytes **out_answer,
                                GError **error)
{
    const HthFolderEnv *self = data;
    if (self->transport == NULL)
        return no_network(error);
    return hth_transport_exchange(self->transport, route, body, max_answer_bytes, out_status,
                                  out_answer, error);
}

static HthSyncStream *folder_stream(gpointer data, const char *route, GBytes *body,
                                    guint *out_status, GError **error)
{
    const HthFolderEnv *self = data;
    if (self->transport != NULL)
        return hth_transport_stream(self->transport, route, body, out_status, error);
    no_network(error);
    return NULL;
}

static gboolean folder_pump(gpointer data, HthSyncStream *stream, gsize max_bytes, HthSyncSink sink,
                            gpointer sink_data, gboolean *out_ended, GError **error)
{
    const HthFolderEnv *self = data;
    return hth_transport_pump(self->transport, stream, max_bytes, sink, sink_data, out_ended,
                              error);
}

static void folder_end_stream(gpointer data, HthSyncStream *stream)
{
    const HthFolderEnv *self = data;
    if (stream != NULL)
        hth_transport_end_stream(self->transport, stream);
}

static const HthSyncEnvFuncs folder_funcs = {
    .open = folder_open,
    .close = folder_close,
    .read = folder_read,
    .write = folder_write,
    .truncate = folder_truncate,
    .size = folder_size,
    .sync = folder_sync,
    .start_sync = folder_start_sync,
    .stat = folder_stat,
    .peek = folder_peek,
    .rename = folder_rename,
    .unlink = folder_unlink,
    .make_dir = folder_make_dir,
    .remove_dir = folder_remove_dir,
    .sync_dir = folder_sync_dir,
    .list = folder_list,
    .free_bytes = folder_free_bytes,
    .wall_ms = folder_wall_ms,
    .monotonic_ms = folder_monotonic_ms,
    .random = folder_random,
    .conditions = folder_conditions,
    .exchange = folder_exchange,
    .stream = folder_stream,
    .pump = folder_pump,
    .end_stream = folder_end_stream,
};

/* ---- The object ---- */

void hth_folder_env_reopen(HthFolderEnv *self)
{
    if (self->fd >= 0)
        close(self->fd);
    self->fd = open(self->folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

HthFolderEnv *hth_folder_env_new(const char *folder, HthTransport *transport)
{
    HthFolderEnv *self = g_new0(HthFolderEnv, 1);
    self->env.funcs = &folder_funcs;
    self->env.data = self;
    self->folder = g_strdup(folder);
    self->transport = transport;
    self->fd = -1;
    hth_folder_env_reopen(self);
    return self;
}

void hth_folder_env_free(HthFolderEnv *self)
{
    if (self == NULL)
        return;
    if (self->fd >= 0)
        close(self->fd);
    g_free(self->folder);
    g_free(self);
}

const HthSyncEnv *hth_folder_env(HthFolderEnv *self)
{
    return &self->env;
}
