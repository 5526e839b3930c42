/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The shared folders of a scanner: which there are, where they are, and whether they can be had. */
#define HTH_LOG_TOPIC "scanner"
#include <string.h>

#include "base/log.h"
#include "library/scanner-private.h"

void hth_scanner_root_free(HthSharedRoot *root)
{
    g_free(root->scan.path);
    g_free(root->problem);
    g_free(root);
}

void hth_root_status_free(HthRootStatus *self)
{
    g_free(self->path);
    g_free(self->problem);
    g_free(self);
}

/* ---- What others see of the roots ---- */

static const char *watch_text(const HthScanner *self, const HthSharedRoot *root)
{
    if (self->has_no_watch)
        return "looked at when asked";
    if (root->is_network)
        return "listed by time: a network file system does not tell of changes";
    if (root->is_unwatched)
        return "inotify, and listed by time where its limit is reached";
    return "inotify";
}

void hth_scanner_publish_roots(HthScanner *self)
{
    GPtrArray *status = g_ptr_array_new_with_free_func((GDestroyNotify)hth_root_status_free);
    for (guint i = 0; i < self->roots->len; i++) {
        const HthSharedRoot *root = self->roots->pdata[i];
        HthRootStatus *one = g_new0(HthRootStatus, 1);
        one->path = g_strdup(root->scan.path);
        one->is_available = root->is_available;
        one->problem = g_strdup(root->problem);
        one->watch = watch_text(self, root);
        g_ptr_array_add(status, one);
    }
    g_mutex_lock(&self->lock);
    g_ptr_array_unref(self->root_status);
    self->root_status = status;
    g_mutex_unlock(&self->lock);
}

GPtrArray *hth_scanner_roots(HthScanner *self)
{
    GPtrArray *copy = g_ptr_array_new_with_free_func((GDestroyNotify)hth_root_status_free);
    g_mutex_lock(&self->lock);
    for (guint i = 0; i < self->root_status->len; i++) {
        const HthRootStatus *from = self->root_status->pdata[i];
        HthRootStatus *one = g_memdup2(from, sizeof *from);
        one->path = g_strdup(from->path);
        one->problem = g_strdup(from->problem);
        g_ptr_array_add(copy, one);
    }
    g_mutex_unlock(&self->lock);
    return copy;
}

void hth_scanner_set_root(HthScanner *self, HthSharedRoot *root, gboolean is_available,
                          const char *problem)
{
    if (root->is_available == is_available && g_strcmp0(root->problem, problem) == 0)
        return;
    root->is_available = is_available;
    g_free(root->problem);
    root->problem = g_strdup(problem);
    if (!is_available)
        hth_log_warning("a shared folder is away, what is known of it is kept: %s", problem);

    HthRootWrite *write = g_new(HthRootWrite, 1);
    *write = (HthRootWrite){ .key = root->scan.key,
                             .path = g_strdup(root->scan.path),
                             .is_available = is_available,
                             .is_mount = root->scan.was_mount,
                             .problem = g_strdup(problem) };
    hth_writer_post_bounded(self->writer, hth_write_root, write,
                            (GDestroyNotify)hth_root_write_free);
    hth_scanner_publish_roots(self);
}

static gboolean is_in_list(const char *path, char **paths)
{
    return g_strv_contains((const char *const *)paths, path);
}

/* A folder inside another shared one is shared already. */
static gboolean is_nested(const char *path, char **paths)
{
    for (char **other = paths; *other != NULL; other++) {
        const gsize length = strlen(*other);
        if (strncmp(path, *other, length) == 0 && path[length] == '/')
            return TRUE;
    }
    return FALSE;
}

static gboolean is_known_root(HthScanner *self, gint64 key)
{
    sqlite3_stmt *find = NULL;
    gboolean is_known = FALSE;
    if (sqlite3_prepare_v2(hth_db_handle(self->db), "SELECT 1 FROM folder WHERE digest = ?1", -1,
                           &find, NULL) == SQLITE_OK) {
        sqlite3_bind_int64(find, 1, hth_folder_digest(key, ""));
        is_known = sqlite3_step(find) == SQLITE_ROW;
    }
    sqlite3_finalize(find);
    return is_known;
}

static void add_root(HthScanner *self, const char *path)
{
    g_autoptr(GError) error = NULL;
    gint64 key;
    if (!hth_state_root_key(self->state, path, &key, &error)) {
        hth_log_error("%s cannot be shared: %s", path, error->message);
        return;
    }
    HthSharedRoot *root = g_new0(HthSharedRoot, 1);
    root->scan = (HthScanRoot){ .key = key,
                                .path = g_strdup(path),
                                .is_first_scan = !is_known_root(self, key) };
    root->is_network = hth_watcher_is_network(path);
    g_ptr_array_add(self->roots, root);
    /* Its row must be there before its folders are. */
    hth_scanner_set_root(self, root, TRUE, NULL);
}

/* A root that is known by its key under another path has moved there, and keeps all it holds. */
static void move_roots(HthScanner *self, char **paths)
{
    for (char **path = paths; *path != NULL; path++) {
        gint64 key;
        if (!hth_state_root_key(self->state, *path, &key, NULL))
            continue; /* reported when it is added */
        for (guint i = 0; i < self->roots->len; i++) {
            HthSharedRoot *root = self->roots->pdata[i];
            if (root->scan.key != key || strcmp(root->scan.path, *path) == 0)
                continue;
            if (self->watcher != NULL)
                hth_watcher_forget_root(self->watcher, key);
            g_free(root->scan.path);
            root->scan.path = g_strdup(*path);
            root->is_network = hth_watcher_is_network(*path);
            root->is_available = FALSE; /* so that it is written under its new path */
            hth_scanner_set_root(self, root, TRUE, NULL);
        }
    }
}

static void remove_missing_roots(HthScanner *self, char **paths)
{
    for (guint i = self->roots->len; i-- > 0;) {
        HthSharedRoot *root = self->roots->pdata[i];
        if (is_in_list(root->scan.path, paths) && !is_nested(root->scan.path, paths))
            continue;
        if (self->watcher != NULL)
            hth_watcher_forget_root(self->watcher, root->scan.key);
        hth_writer_post_bounded(self->writer, hth_write_root_removal,
                                g_memdup2(&root->scan.key, sizeof root->scan.key), g_free);
        g_ptr_array_remove_index(self->roots, i);
    }
}

/* Roots that the index has from an earlier run and nobody shares any more. */
static void remove_forgotten_roots(HthScanner *self)
{
    sqlite3_stmt *find = NULL;
    if (sqlite3_prepare_v2(hth_db_handle(self->db), "SELECT key FROM root", -1, &find, NULL) !=
        SQLITE_OK)
        return;
    while (sqlite3_step(find) == SQLITE_ROW) {
        const gint64 key = sqlite3_column_int64(find, 0);
        gboolean is_shared = FALSE;
        for (guint i = 0; i < self->roots->len; i++)
            is_shared = is_shared || ((HthSharedRoot *)self->roots->pdata[i])->scan.key == key;
        if (!is_shared)
            hth_writer_post_bounded(self->writer, hth_write_root_removal,
                                    g_memdup2(&key, sizeof key), g_free);
    }
    sqlite3_finalize(find);
}

void hth_scanner_replace_roots(HthScanner *self, char **paths)
{
    move_roots(self, paths);
    remove_missing_roots(self, paths);
    for (char **path = paths; *path != NULL; path++) {
        gboolean is_there = FALSE;
        for (guint i = 0; i < self->roots->len; i++)
            is_there =
                is_there || strcmp(((HthSharedRoot *)self->roots->pdata[i])->scan.path, *path) == 0;
        if (is_nested(*path, paths))
            hth_log_info("a shared folder lies inside another, and is shared with it: %s", *path);
        else if (!is_there)
            add_root(self, *path);
    }
    remove_forgotten_roots(self);
    hth_scanner_publish_roots(self);
}
