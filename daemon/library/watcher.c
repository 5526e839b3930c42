/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "watcher"
#include "library/watcher.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/inotify.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/log.h"

#define WATCHED                                                                                    \
    (IN_CREATE | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB | IN_MOVED_FROM | IN_MOVED_TO |            \
     IN_DELETE | IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_ONLYDIR | IN_EXCL_UNLINK)

/* How often folders that are settling are looked over. */
#define TICK_MS 50

typedef struct {
    HthDueFolder folder;
    gint64 first_us, last_us; /* of the changes that wait; 0: none */
    gboolean is_ended;        /* not in the table of watches any more: freed when it was due */
} Watch;

struct HthWatcher {
    int fd;
    guint settle_ms;
    GMainContext *context;
    GSource *events;
    GSource *tick;        /* NULL while nothing settles */
    GHashTable *watches;  /* descriptor → Watch */
    GHashTable *settling; /* (element Watch) borrowed */
    gboolean is_limited;
    gboolean has_lost_events;
    HthWatcherDue callback;
    gpointer data;
};

static void watch_free(Watch *watch)
{
    g_free(watch->folder.path);
    g_free(watch);
}

static void end_if_over(gpointer watch)
{
    if (((Watch *)watch)->is_ended)
        watch_free(watch);
}

static gboolean on_tick(gpointer data)
{
    HthWatcher *self = data;
    const gint64 now = g_get_monotonic_time();
    /* A folder is the first field of its watch. */
    g_autoptr(GPtrArray) due = g_ptr_array_new_with_free_func(end_if_over);
    GHashTableIter iter;
    gpointer key;
    g_hash_table_iter_init(&iter, self->settling);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        Watch *watch = key;
        if (now - watch->last_us < (gint64)self->settle_ms * 1000 &&
            now - watch->first_us < HTH_WATCHER_MAX_WAIT_MS * 1000)
            continue;
        watch->first_us = watch->last_us = 0;
        g_ptr_array_add(due, &watch->folder);
        g_hash_table_iter_remove(&iter);
    }
    const gboolean is_all = self->has_lost_events;
    self->has_lost_events = FALSE;
    if (g_hash_table_size(self->settling) == 0)
        g_clear_pointer(&self->tick, g_source_unref);
    const gboolean goes_on = self->tick != NULL;
    if (is_all || due->len > 0)
        self->callback(is_all ? NULL : due, self->data);
    return goes_on;
}

static void start_tick(HthWatcher *self)
{
    if (self->tick != NULL)
        return;
    self->tick = g_timeout_source_new(TICK_MS);
    g_source_set_callback(self->tick, on_tick, self, NULL);
    g_source_attach(self->tick, self->context);
}

static void mark(HthWatcher *self, Watch *watch)
{
    const gint64 now = g_get_monotonic_time();
    if (watch->first_us == 0)
        watch->first_us = now;
    watch->last_us = now;
    g_hash_table_add(self->settling, watch);
    start_tick(self);
}

static void handle_event(HthWatcher *self, const struct inotify_event *event)
{
    if ((event->mask & IN_Q_OVERFLOW) != 0) {
        hth_log_warning("changes came faster than they were read; looking at every folder");
        self->has_lost_events = TRUE;
        start_tick(self);
        return;
    }
    Watch *watch = g_hash_table_lookup(self->watches, GINT_TO_POINTER(event->wd));
    if (watch == NULL)
        return;
    if ((event->mask & IN_IGNORED) != 0) {
        /* Deleted or unmounted: whoever shares it must hear of that, last of all. */
        g_hash_table_steal(self->watches, GINT_TO_POINTER(event->wd));
        watch->is_ended = TRUE;
        mark(self, watch);
        return;
    }
    /* Names that begin with a dot are never shared; editors write their temporaries so. */
    if (event->len > 0 && event->name[0] == '.')
        return;
    mark(self, watch);
}

static gboolean on_events(int fd, GIOCondition condition, gpointer data)
{
    HthWatcher *self = data;
    char buffer[64 * 1024] __attribute__((aligned(__alignof__(struct inotify_event))));
    const ssize_t size = read(fd, buffer, sizeof buffer);
    for (ssize_t position = 0; position < size;) {
        const struct inotify_event *event = (const void *)(buffer + position);
        handle_event(self, event);
        position += (ssize_t)(sizeof *event + event->len);
    }
    return G_SOURCE_CONTINUE;
}

HthWatcher *hth_watcher_new(GMainContext *context, guint settle_ms, HthWatcherDue callback,
                            gpointer data)
{
    const int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (fd < 0) {
        hth_log_warning("inotify is not to be had (%s): folders are listed by time",
                        g_strerror(errno));
        return NULL;
    }
    HthWatcher *self = g_new0(HthWatcher, 1);
    self->fd = fd;
    self->settle_ms = settle_ms;
    self->context = context;
    self->callback = callback;
    self->data = data;
    self->watches = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)watch_free);
    self->settling = g_hash_table_new(NULL, NULL);
    self->events = g_unix_fd_source_new(fd, G_IO_IN);
    g_source_set_callback(self->events, G_SOURCE_FUNC(on_events), self, NULL);
    g_source_attach(self->events, context);
    return self;
}

void hth_watcher_free(HthWatcher *self)
{
    if (self == NULL)
        return;
    g_source_destroy(self->events);
    g_source_unref(self->events);
    if (self->tick != NULL) {
        g_source_destroy(self->tick);
        g_source_unref(self->tick);
    }
    GHashTableIter iter;
    gpointer watch;
    g_hash_table_iter_init(&iter, self->settling);
    while (g_hash_table_iter_next(&iter, &watch, NULL))
        end_if_over(watch);
    g_hash_table_unref(self->settling);
    g_hash_table_unref(self->watches);
    close(self->fd);
    g_free(self);
}

gboolean hth_watcher_add(HthWatcher *self, gint64 root_key, const char *path, const char *full_path)
{
    const int descriptor = inotify_add_watch(self->fd, full_path, WATCHED);
    if (descriptor < 0 &&
        (errno == ENOENT || errno == ENOTDIR || errno == EACCES || errno == ELOOP))
        return TRUE; /* what cannot be opened is the listing's to report */
    if (descriptor < 0) {
        if (errno == ENOSPC && !self->is_limited) {
            self->is_limited = TRUE;
            hth_log_warning("the limit of inotify watches is reached (%u in use): further folders "
                            "are listed by time; raise fs.inotify.max_user_watches",
                            g_hash_table_size(self->watches));
        }
        return FALSE;
    }
    Watch *watch = g_hash_table_lookup(self->watches, GINT_TO_POINTER(descriptor));
    if (watch == NULL) {
        watch = g_new0(Watch, 1);
        g_hash_table_insert(self->watches, GINT_TO_POINTER(descriptor), watch);
    }
    if (g_strcmp0(watch->folder.path, path) != 0) {
        g_free(watch->folder.path);
        watch->folder.path = g_strdup(path);
    }
    watch->folder.root_key = root_key;
    return TRUE;
}

void hth_watcher_forget_root(HthWatcher *self, gint64 root_key)
{
    GHashTableIter iter;
    gpointer key, value;
    g_hash_table_iter_init(&iter, self->watches);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        Watch *watch = value;
        if (watch->folder.root_key != root_key)
            continue;
        (void)inotify_rm_watch(self->fd, GPOINTER_TO_INT(key)); /* it may have ended by itself */
        g_hash_table_remove(self->settling, watch);
        g_hash_table_iter_remove(&iter);
    }
    g_hash_table_iter_init(&iter, self->settling);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        Watch *watch = key;
        if (watch->folder.root_key != root_key)
            continue;
        g_hash_table_iter_remove(&iter);
        end_if_over(watch);
    }
}

guint hth_watcher_count(const HthWatcher *self)
{
    return g_hash_table_size(self->watches);
}

gboolean hth_watcher_is_limited(const HthWatcher *self)
{
    return self->is_limited;
}

/* statfs(2); FUSE is among them because most of what it carries is remote (sshfs, rclone). */
gboolean hth_watcher_is_network(const char *full_path)
{
    static const guint32 types[] = { 0x6969 /* NFS */,      0xff534d42 /* CIFS */,
                                     0xfe534d42 /* SMB2 */, 0x517b /* SMB */,
                                     0x01021997 /* 9P */,   0x65735546 /* FUSE */,
                                     0x5346414f /* AFS */,  0x00c36400 /* Ceph */ };
    struct statfs info;
    if (statfs(full_path, &info) != 0)
        return FALSE;
    for (guint i = 0; i < G_N_ELEMENTS(types); i++) {
        if ((guint32)info.f_type == types[i])
            return TRUE;
    }
    return FALSE;
}
