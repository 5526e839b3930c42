/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "scanner"
#include "library/folder-scan.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "library/schema.h"
#include "media/media-type.h"

/* A folder changed so recently may change again within the same tick of its file system's clock (2
 * s on FAT) without its time moving: it is listed again next time. */
#define FRESH_NS (G_GINT64_CONSTANT(2100000000))

enum { FOLDER, ITEMS, SUBFOLDERS, N_STATEMENTS };

static const char *const statements[N_STATEMENTS] = {
    [FOLDER] = "SELECT id, mtime_ns, is_mount, inode, problem FROM folder WHERE digest = ?1",
    [ITEMS] = "SELECT id, name, size, mtime_ns, ctime_ns, inode, kind, format FROM item"
              " WHERE folder_id = ?1",
    [SUBFOLDERS] =
        "SELECT id, name, inode, problem IS NOT NULL, is_mount FROM folder WHERE parent_id = ?1",
};

HthDb *hth_folder_scan_open_db(const char *index_path, GError **error)
{
    const HthDbOptions options = { .statements = statements,
                                   .n_statements = N_STATEMENTS,
                                   .n_migrations = hth_n_index_migrations,
                                   .is_read_only = TRUE,
                                   .cache_kib = 1024 };
    return hth_db_open(index_path, &options, error);
}

/* ---- What the index knows ---- */

typedef struct {
    gint64 id, size, mtime_ns, ctime_ns, inode;
    gboolean is_seen;
} KnownFile;

typedef struct {
    gint64 id, inode;
    gboolean is_seen;
    gboolean had_problem;
    gboolean is_mount;
} KnownFolder;

typedef struct {
    gint64 id, mtime_ns, inode; /* id 0: a new folder */
    gboolean is_mount;
    gboolean had_problem;
} Known;

typedef struct {
    HthDb *db;
    HthFolderTask *task;
    HthFolderScan *scan;
    Known known;
    GHashTable *files;      /* name → KnownFile; only while listing anew */
    GHashTable *folders;    /* name → KnownFolder */
    GPtrArray *new_folders; /* (element char) paths below the root; only while listing anew */
    struct stat info;
    int fd;
} Pass;

static Known read_known(HthDb *db, gint64 digest)
{
    Known known = { 0 };
    sqlite3_stmt *folder = hth_db_statement(db, FOLDER);
    sqlite3_bind_int64(folder, 1, digest);
    if (hth_db_row(db, folder, NULL))
        known = (Known){ .id = sqlite3_column_int64(folder, 0),
                         .mtime_ns = sqlite3_column_int64(folder, 1),
                         .is_mount = sqlite3_column_int64(folder, 2) != 0,
                         .inode = sqlite3_column_int64(folder, 3),
                         .had_problem = sqlite3_column_type(folder, 4) != SQLITE_NULL };
    sqlite3_reset(folder);
    return known;
}

static void read_known_names(Pass *pass)
{
    pass->files = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    pass->folders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    if (pass->known.id == 0)
        return;
    sqlite3_stmt *items = hth_db_statement(pass->db, ITEMS);
    sqlite3_bind_int64(items, 1, pass->known.id);
    while (hth_db_row(pass->db, items, NULL)) {
        const KnownFile file = { .id = sqlite3_column_int64(items, 0),
                                 .size = sqlite3_column_int64(items, 2),
                                 .mtime_ns = sqlite3_column_int64(items, 3),
                                 .ctime_ns = sqlite3_column_int64(items, 4),
                                 .inode = sqlite3_column_int64(items, 5) };
        g_hash_table_insert(pass->files, hth_db_text(items, 1), g_memdup2(&file, sizeof file));
        pass->scan->n_known_items++;
    }
    sqlite3_stmt *folders = hth_db_statement(pass->db, SUBFOLDERS);
    sqlite3_bind_int64(folders, 1, pass->known.id);
    while (hth_db_row(pass->db, folders, NULL)) {
        const KnownFolder folder = { .id = sqlite3_column_int64(folders, 0),
                                     .inode = sqlite3_column_int64(folders, 2),
                                     .had_problem = sqlite3_column_int(folders, 3) != 0,
                                     .is_mount = sqlite3_column_int(folders, 4) != 0 };
        g_hash_table_insert(pass->folders, hth_db_text(folders, 1),
                            g_memdup2(&folder, sizeof folder));
        pass->scan->n_known_items++;
    }
}

/* ---- Messages to the writer ---- */

static gint64 ns_of(struct timespec time)
{
    return (gint64)time.tv_sec * 1000000000 + time.tv_nsec;
}

static HthFolderWrite *write_new(Pass *pass)
{
    const HthFolderTask *task = pass->task;
    HthFolderWrite *write = g_new0(HthFolderWrite, 1);
    const gint64 mtime_ns = ns_of(pass->info.st_mtim);
    const gint64 now_ns = g_get_real_time() * 1000;
    *write = (HthFolderWrite){
        .root_key = task->root->key,
        .digest = hth_folder_digest(task->root->key, task->path),
        .depth = task->depth,
        .path = g_strdup(task->path),
        .mtime_ns = now_ns - mtime_ns > FRESH_NS ? mtime_ns : -mtime_ns,
        .inode = (gint64)pass->info.st_ino,
        .is_mount = pass->scan->is_mount,
        .problem = g_strdup(pass->scan->problem),
        .files = g_ptr_array_new_with_free_func((GDestroyNotify)hth_file_entry_free),
        .is_first_scan = task->root->is_first_scan,
    };
    if (task->path[0] != '\0') {
        const char *slash = strrchr(task->path, '/');
        g_autofree char *parent =
            slash != NULL ? g_strndup(task->path, (gsize)(slash - task->path)) : g_strdup("");
        write->parent_digest = hth_folder_digest(task->root->key, parent);
    }
    g_ptr_array_add(pass->scan->writes, write);
    return write;
}

static void add_file(Pass *pass, const char *name, const struct stat *info)
{
    HthFileEntry *file = g_new(HthFileEntry, 1);
    *file = (HthFileEntry){ .name = g_strdup(name),
                            .kind = hth_media_kind_from_name(name),
                            .format = hth_media_format_from_name(name),
                            .size_bytes = info->st_size,
                            .mtime_ns = ns_of(info->st_mtim),
                            .ctime_ns = ns_of(info->st_ctim),
                            .inode = (gint64)info->st_ino };
    HthFolderWrite *write =
        pass->scan->writes->len > 0 ? pass->scan->writes->pdata[pass->scan->writes->len - 1] : NULL;
    if (write == NULL || write->files->len >= HTH_SCAN_MAX_FILES)
        write = write_new(pass);
    g_ptr_array_add(write->files, file);
}

static gboolean is_same(const KnownFile *known, const struct stat *info)
{
    return known->size == info->st_size && known->mtime_ns == ns_of(info->st_mtim) &&
           known->ctime_ns == ns_of(info->st_ctim) && known->inode == (gint64)info->st_ino;
}

/* ---- Listing anew ---- */

/* Whether another folder has taken the place of the known one. */
static gboolean is_replaced(const Pass *pass, const KnownFolder *known, const struct dirent *entry)
{
    struct stat info;
    return known->inode != (gint64)entry->d_ino &&
           (fstatat(pass->fd, entry->d_name, &info, 0) != 0 || known->inode != (gint64)info.st_ino);
}

static void add_subfolder(Pass *pass, const struct dirent *entry)
{
    const char *name = entry->d_name;
    KnownFolder *known = g_hash_table_lookup(pass->folders, name);
    if (known != NULL)
        known->is_seen = TRUE;
    if (known != NULL && !pass->task->is_recursive && !known->had_problem &&
        !is_replaced(pass, known, entry))
        return;
    if (pass->task->depth >= HTH_SCAN_MAX_DEPTH) {
        hth_log_warning("folders more than %d deep are left out root=%s", HTH_SCAN_MAX_DEPTH,
                        pass->task->root->path);
        return;
    }
    g_autofree char *path = pass->task->path[0] == '\0'
                                ? g_strdup(name)
                                : g_strconcat(pass->task->path, "/", name, NULL);
    g_ptr_array_add(pass->scan->subfolders,
                    hth_folder_task_new(pass->task, pass->task->root, path, TRUE));
    if (known == NULL)
        g_ptr_array_add(pass->new_folders, g_steal_pointer(&path));
}

static void list_one(Pass *pass, const struct dirent *entry)
{
    const char *name = entry->d_name;
    if (name[0] == '.') /* hidden, "." and ".." */
        return;
    if (entry->d_type == DT_DIR) {
        add_subfolder(pass, entry);
        return;
    }
    const gboolean is_media = hth_media_kind_from_name(name) != HTH_MEDIA_NONE;
    if (!is_media && entry->d_type == DT_REG)
        return;
    struct stat info;
    if (fstatat(pass->fd, name, &info, 0) != 0) { /* gone since, or a link to nothing */
        KnownFolder *known = g_hash_table_lookup(pass->folders, name);
        if (known != NULL && known->is_mount && entry->d_type == DT_LNK)
            known->is_seen = TRUE; /* the disk that it leads to is away */
        return;
    }
    if (S_ISDIR(info.st_mode)) {
        add_subfolder(pass, entry);
        return;
    }
    if (!is_media || !S_ISREG(info.st_mode))
        return;
    pass->scan->n_files++;
    KnownFile *known = g_hash_table_lookup(pass->files, name);
    if (known != NULL)
        known->is_seen = TRUE;
    if (known == NULL || !is_same(known, &info))
        add_file(pass, name, &info);
}

static void collect_gone(Pass *pass)
{
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, pass->files);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const KnownFile *file = value;
        if (!file->is_seen)
            g_array_append_val(pass->scan->gone_items, file->id);
    }
    g_hash_table_iter_init(&iter, pass->folders);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const KnownFolder *folder = value;
        if (!folder->is_seen)
            g_array_append_val(pass->scan->gone_folders, folder->id);
    }
}

/* The folder counts as listed once all that was found in it is written: a crash between two writes
 * must not leave a time that says so before. */
static void complete_writes(Pass *pass)
{
    GPtrArray *writes = pass->scan->writes;
    if (writes->len == 0 && pass->new_folders->len > 0)
        write_new(pass);
    for (guint i = 0; i + 1 < writes->len; i++)
        ((HthFolderWrite *)writes->pdata[i])->mtime_ns = 0;
    if (writes->len > 0)
        ((HthFolderWrite *)writes->pdata[writes->len - 1])->subfolders =
            g_steal_pointer(&pass->new_folders);
}

/* Whether a disk that was mounted here has gone: an empty folder where a mount was, or an empty
 * root that held something. */
static gboolean is_away(const Pass *pass, gboolean is_empty)
{
    if (!is_empty || pass->scan->n_known_items == 0)
        return FALSE;
    const gboolean is_root = pass->task->path[0] == '\0';
    return is_root || (pass->known.is_mount && !pass->scan->is_mount);
}

static void list_anew(Pass *pass)
{
    read_known_names(pass);
    pass->new_folders = g_ptr_array_new_with_free_func(g_free);
    const int fd = dup(pass->fd);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (dir == NULL) {
        pass->scan->outcome = HTH_FOLDER_BLOCKED;
        pass->scan->problem = g_strdup_printf("it cannot be listed: %s", g_strerror(errno));
        if (fd >= 0)
            close(fd);
        return;
    }
    const gboolean is_changed = pass->known.id == 0 || pass->known.had_problem ||
                                pass->known.mtime_ns != ns_of(pass->info.st_mtim) ||
                                pass->known.is_mount != pass->scan->is_mount;
    if (is_changed)
        write_new(pass);

    gboolean is_empty = TRUE;
    errno = 0;
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL; errno = 0) {
        is_empty =
            is_empty && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0);
        list_one(pass, entry);
    }
    if (errno != 0) { /* half a list must not make the other half look removed */
        pass->scan->outcome = HTH_FOLDER_BLOCKED;
        pass->scan->problem = g_strdup_printf("listing it failed half-way: %s", g_strerror(errno));
        g_ptr_array_set_size(pass->scan->writes, 0);
        write_new(pass);
    } else if (is_away(pass, is_empty)) {
        pass->scan->outcome = HTH_FOLDER_AWAY;
        pass->scan->problem = g_strdup(
            "it is empty, where there were files before: if its disk is not mounted, mount it; "
            "what is known of it is kept");
        g_ptr_array_set_size(pass->scan->writes, 0);
    } else {
        complete_writes(pass);
        collect_gone(pass);
    }
    closedir(dir);
}

/* ---- Looking at the known files of an unchanged folder ---- */

static void check_files(Pass *pass)
{
    sqlite3_stmt *items = hth_db_statement(pass->db, ITEMS);
    sqlite3_bind_int64(items, 1, pass->known.id);
    while (hth_db_row(pass->db, items, NULL)) {
        const KnownFile known = { .id = sqlite3_column_int64(items, 0),
                                  .size = sqlite3_column_int64(items, 2),
                                  .mtime_ns = sqlite3_column_int64(items, 3),
                                  .ctime_ns = sqlite3_column_int64(items, 4),
                                  .inode = sqlite3_column_int64(items, 5) };
        const char *name = (const char *)sqlite3_column_text(items, 1);
        struct stat info;
        pass->scan->n_known_items++;
        if (fstatat(pass->fd, name, &info, 0) != 0) {
            if (errno == ENOENT || errno == ENOTDIR)
                g_array_append_val(pass->scan->gone_items, known.id);
            continue;
        }
        pass->scan->n_files++;
        if (!is_same(&known, &info))
            add_file(pass, name, &info);
    }
}

static void check_unchanged(Pass *pass)
{
    check_files(pass);
    sqlite3_stmt *folders = hth_db_statement(pass->db, SUBFOLDERS);
    sqlite3_bind_int64(folders, 1, pass->known.id);
    while (hth_db_row(pass->db, folders, NULL)) {
        const gboolean had_problem = sqlite3_column_int(folders, 3) != 0;
        if (!pass->task->is_recursive && !had_problem)
            continue;
        const char *name = (const char *)sqlite3_column_text(folders, 1);
        g_autofree char *path = pass->task->path[0] == '\0'
                                    ? g_strdup(name)
                                    : g_strconcat(pass->task->path, "/", name, NULL);
        g_ptr_array_add(pass->scan->subfolders,
                        hth_folder_task_new(pass->task, pass->task->root, path, TRUE));
    }
}

/* ---- All together ---- */

void hth_folder_scan_free(HthFolderScan *self)
{
    if (self == NULL)
        return;
    g_free(self->problem);
    g_ptr_array_unref(self->writes);
    g_ptr_array_unref(self->subfolders);
    g_array_unref(self->gone_items);
    g_array_unref(self->gone_folders);
    g_free(self);
}

static gboolean open_folder(Pass *pass)
{
    g_autofree char *path = hth_folder_task_full_path(pass->task);
    pass->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
    if (pass->fd >= 0 && fstat(pass->fd, &pass->info) == 0)
        return TRUE;
    const int problem = errno;
    pass->scan->outcome =
        problem == ENOENT || problem == ENOTDIR ? HTH_FOLDER_MISSING : HTH_FOLDER_BLOCKED;
    if (problem == EACCES || problem == EPERM)
        pass->scan->problem = g_strdup("hearth has no permission to read it: give the user that "
                                       "runs hearthd the right to read and enter it");
    else if (problem == ENOENT)
        pass->scan->problem = g_strdup("it is not there: if its disk is not connected or mounted, "
                                       "do that; what is known of it is kept");
    else
        pass->scan->problem = g_strdup_printf("it cannot be opened: %s", g_strerror(problem));
    if (pass->fd >= 0)
        close(pass->fd);
    pass->fd = -1;
    return FALSE;
}

static gboolean is_unchanged(const Pass *pass)
{
    return pass->known.id != 0 && pass->known.mtime_ns != 0 && !pass->known.had_problem &&
           pass->known.mtime_ns == ns_of(pass->info.st_mtim) &&
           pass->known.inode == (gint64)pass->info.st_ino &&
           pass->known.is_mount == pass->scan->is_mount;
}

/* Whether the very folder that the index knows is there, and not the empty place where its disk was
 * mounted, or another disk. */
static gboolean is_the_known_one(const Pass *pass, const HthFolderTask *folder)
{
    const Known known = read_known(pass->db, hth_folder_digest(folder->root->key, folder->path));
    g_autofree char *path = hth_folder_task_full_path(folder);
    struct stat info;
    const gboolean is_mount = folder->parent != NULL && folder->parent->device != folder->device;
    return known.id != 0 && stat(path, &info) == 0 && info.st_dev == folder->device &&
           info.st_ino == folder->inode && known.inode == (gint64)folder->inode &&
           (folder->parent == NULL || known.is_mount == is_mount);
}

/* A folder that is not there although all above it still are. Its parent's listing takes it out as
 * a rule; when hearthd was killed after that listing and before the removal, the parent looks
 * unchanged. An event may come for it, too: also when the disk that it is on has just gone. */
static gboolean has_left(const Pass *pass)
{
    const HthFolderTask *above = pass->task->parent;
    if (pass->scan->outcome != HTH_FOLDER_MISSING || pass->known.id == 0 || above == NULL)
        return FALSE;
    for (; above != NULL; above = above->parent) {
        if (!is_the_known_one(pass, above))
            return FALSE;
    }
    return TRUE;
}

HthFolderScan *hth_folder_scan(HthDb *db, HthFolderTask *task, gboolean anew)
{
    HthFolderScan *scan = g_new0(HthFolderScan, 1);
    scan->writes = g_ptr_array_new_with_free_func((GDestroyNotify)hth_folder_write_free);
    scan->subfolders = g_ptr_array_new_with_free_func((GDestroyNotify)hth_folder_task_unref);
    scan->gone_items = g_array_new(FALSE, FALSE, sizeof(gint64));
    scan->gone_folders = g_array_new(FALSE, FALSE, sizeof(gint64));

    Pass pass = { .db = db, .task = task, .scan = scan, .fd = -1 };
    pass.known = read_known(db, hth_folder_digest(task->root->key, task->path));
    scan->is_mount = pass.known.is_mount; /* until it is known better */
    hth_folder_task_complete(task);
    if (!open_folder(&pass)) {
        if (scan->outcome == HTH_FOLDER_BLOCKED)
            write_new(&pass);
        if (has_left(&pass))
            g_array_append_val(scan->gone_folders, pass.known.id);
        return scan;
    }
    task->device = pass.info.st_dev;
    task->inode = pass.info.st_ino;
    if (task->parent != NULL && task->parent->inode != 0)
        scan->is_mount = task->parent->device != task->device;

    if (hth_folder_task_is_loop(task))
        hth_log_debug("a link leads back to a folder above it, and is not followed");
    else if (!anew && is_unchanged(&pass))
        check_unchanged(&pass);
    else
        list_anew(&pass);

    close(pass.fd);
    g_clear_pointer(&pass.files, g_hash_table_unref);
    g_clear_pointer(&pass.folders, g_hash_table_unref);
    g_clear_pointer(&pass.new_folders, g_ptr_array_unref);
    return scan;
}
