/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "scanner"
#include "library/scanner-private.h"

#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "library/playlist-write.h"
#include "library/probe-write.h"

/* The loop is given back at least so often while folders are listed. */
#define SLICE_US 10000

/* A root that is away is looked for so often. */
#define AWAY_S 5

/* Between tries to read what no worker could be had for: doubled each time. */
#define RETRY_MIN_S 2
#define RETRY_MAX_S 600

#define DEFAULT_SETTLE_MS 300
#define DEFAULT_POLL_S    300

static void start_pass(HthScanner *self);

/* ---- Looking for roots that are away ---- */

static gboolean on_away(gpointer data)
{
    HthScanner *self = data;
    gboolean is_any_away = FALSE, is_any_back = FALSE;
    for (guint i = 0; i < self->roots->len; i++) {
        const HthSharedRoot *root = self->roots->pdata[i];
        if (root->is_available)
            continue;
        is_any_away = TRUE;
        /* Something is in it again: a look at its folder alone, which wakes no other disk. */
        g_autoptr(GDir) dir = g_dir_open(root->scan.path, 0, NULL);
        is_any_back = is_any_back || (dir != NULL && g_dir_read_name(dir) != NULL);
    }
    if (is_any_back)
        start_pass(self);
    if (is_any_away)
        return G_SOURCE_CONTINUE;
    g_clear_pointer(&self->away, g_source_unref);
    return G_SOURCE_REMOVE;
}

static void watch_for_return(HthScanner *self)
{
    if (self->away != NULL)
        return;
    self->away = g_timeout_source_new_seconds(AWAY_S);
    g_source_set_callback(self->away, on_away, self, NULL);
    g_source_attach(self->away, self->context);
}

/* ---- One folder ---- */

/* Before it is listed: what changes after its name was read is an event. */
static void watch_folder(HthScanner *self, HthSharedRoot *root, const HthFolderTask *task)
{
    if (self->watcher == NULL || root->is_network)
        return;
    g_autofree char *full_path = hth_folder_task_full_path(task);
    if (hth_watcher_add(self->watcher, root->scan.key, task->path, full_path) || root->is_unwatched)
        return;
    root->is_unwatched = TRUE;
    hth_scanner_publish_roots(self);
}

static void post_writes(HthScanner *self, HthFolderScan *scan)
{
    while (scan->writes->len > 0)
        hth_writer_post_bounded(self->writer, hth_write_folder,
                                g_ptr_array_steal_index(scan->writes, 0),
                                (GDestroyNotify)hth_folder_write_free);
}

static void take_result(HthScanner *self, HthSharedRoot *root, HthFolderTask *task,
                        HthFolderScan *scan)
{
    const gboolean is_root = task->path[0] == '\0';
    if (is_root && scan->outcome != HTH_FOLDER_SCANNED) {
        hth_scanner_set_root(self, root, FALSE, scan->problem);
        watch_for_return(self);
        return;
    }
    if (is_root)
        hth_scanner_set_root(self, root, TRUE, NULL);
    if (scan->outcome == HTH_FOLDER_BLOCKED || scan->outcome == HTH_FOLDER_AWAY)
        hth_log_warning("%s is left as it was known: %s",
                        task->path[0] != '\0' ? task->path : task->root->path, scan->problem);
    post_writes(self, scan);
    g_array_append_vals(self->removal->items, scan->gone_items->data, scan->gone_items->len);
    g_array_append_vals(self->removal->folders, scan->gone_folders->data, scan->gone_folders->len);
    if (scan->outcome != HTH_FOLDER_SCANNED)
        return;
    while (scan->subfolders->len > 0)
        g_queue_push_tail(&self->tasks,
                          g_ptr_array_steal_index(scan->subfolders, scan->subfolders->len - 1));
    hth_scan_meter_listed(self->meter, scan->n_files);
}

static HthSharedRoot *root_of(HthScanner *self, const HthFolderTask *task)
{
    for (guint i = 0; i < self->roots->len; i++) {
        HthSharedRoot *root = self->roots->pdata[i];
        if (&root->scan == task->root)
            return root;
    }
    return NULL;
}

static void scan_one(HthScanner *self, HthFolderTask *task)
{
    HthSharedRoot *root = root_of(self, task);
    if (root != NULL) {
        watch_folder(self, root, task);
        g_autoptr(HthFolderScan) scan = hth_folder_scan(self->db, task, self->is_full);
        take_result(self, root, task, scan);
    }
    hth_folder_task_unref(task);
}

/* ---- A pass ---- */

static void end_listing(HthScanner *self)
{
    if (self->removal->items->len > 0 || self->removal->folders->len > 0) {
        hth_writer_post_bounded(self->writer, hth_write_removal, self->removal,
                                (GDestroyNotify)hth_removal_free);
        self->removal = hth_removal_new();
    }
    self->is_full = FALSE;
    for (guint i = 0; i < self->roots->len; i++)
        ((HthSharedRoot *)self->roots->pdata[i])->scan.is_first_scan = FALSE;
    if (self->watcher != NULL)
        hth_scan_meter_watches(self->meter, hth_watcher_count(self->watcher),
                               hth_watcher_is_limited(self->watcher));
    hth_writer_wait(self->writer);
    hth_scan_meter_phase(self->meter, HTH_SCAN_READING);
    hth_probe_feed_start(self->feed);
}

static gboolean on_step(gpointer data)
{
    HthScanner *self = data;
    const gint64 until = g_get_monotonic_time() + SLICE_US;
    while (!g_queue_is_empty(&self->tasks) && g_get_monotonic_time() < until)
        scan_one(self, g_queue_pop_tail(&self->tasks));
    if (!g_queue_is_empty(&self->tasks))
        return G_SOURCE_CONTINUE;
    g_clear_pointer(&self->step, g_source_unref);
    end_listing(self);
    return G_SOURCE_REMOVE;
}

static void start_listing(HthScanner *self)
{
    if (self->step != NULL)
        return;
    hth_scan_meter_phase(self->meter, HTH_SCAN_LISTING);
    self->step = g_idle_source_new();
    g_source_set_callback(self->step, on_step, self, NULL);
    g_source_attach(self->step, self->context);
}

static void start_pass(HthScanner *self)
{
    if (self->step != NULL) {
        self->is_pass_wanted = TRUE;
        return;
    }
    for (guint i = 0; i < self->roots->len; i++) {
        HthSharedRoot *root = self->roots->pdata[i];
        g_queue_push_head(&self->tasks, hth_folder_task_new(NULL, &root->scan, "", TRUE));
    }
    start_listing(self);
}

static void clear_source(GSource **source)
{
    if (*source != NULL)
        g_source_destroy(*source);
    g_clear_pointer(source, g_source_unref);
}

static gboolean on_retry(gpointer data)
{
    HthScanner *self = data;
    clear_source(&self->retry);
    if (self->step == NULL && !hth_probe_feed_is_running(self->feed)) {
        hth_scan_meter_phase(self->meter, HTH_SCAN_READING);
        hth_probe_feed_start(self->feed);
    }
    return G_SOURCE_REMOVE;
}

/* Workers that all died, or cannot be started: their files are not at fault. */
static void retry_later(HthScanner *self)
{
    clear_source(&self->retry);
    if (!hth_probe_feed_wants_retry(self->feed)) {
        self->retry_s = 0;
        return;
    }
    self->retry_s = CLAMP(self->retry_s * 2, RETRY_MIN_S, RETRY_MAX_S);
    self->retry = g_timeout_source_new_seconds(self->retry_s);
    g_source_set_callback(self->retry, on_retry, self, NULL);
    g_source_attach(self->retry, self->context);
}

static void on_fed(gpointer data)
{
    HthScanner *self = data;
    if (self->step != NULL)
        return; /* listing again already; it feeds at its end */
    hth_writer_post_bounded(self->writer, hth_write_resolve_playlists, NULL, NULL);
    hth_writer_wait(self->writer);
    hth_scan_meter_phase(self->meter, HTH_SCAN_IDLE);
    retry_later(self);
    if (!self->is_pass_wanted)
        return;
    self->is_pass_wanted = FALSE;
    self->is_full = self->is_full_wanted;
    self->is_full_wanted = FALSE;
    start_pass(self);
}

/* ---- Events and timers ---- */

static void on_due(GPtrArray *due, gpointer data)
{
    HthScanner *self = data;
    if (due == NULL) {
        start_pass(self);
        return;
    }
    for (guint i = 0; i < due->len; i++) {
        const HthDueFolder *folder = due->pdata[i];
        for (guint k = 0; k < self->roots->len; k++) {
            HthSharedRoot *root = self->roots->pdata[k];
            if (root->scan.key == folder->root_key)
                g_queue_push_head(&self->tasks,
                                  hth_folder_task_new(NULL, &root->scan, folder->path, FALSE));
        }
    }
    start_listing(self);
}

static gboolean on_poll(gpointer data)
{
    HthScanner *self = data;
    for (guint i = 0; i < self->roots->len; i++) {
        const HthSharedRoot *root = self->roots->pdata[i];
        if (root->is_network || root->is_unwatched || self->watcher == NULL) {
            start_pass(self);
            break;
        }
    }
    return G_SOURCE_CONTINUE;
}

typedef struct {
    HthScanner *scanner;
    char **paths;
    gboolean is_full;
} Message;

static void message_free(Message *message)
{
    g_strfreev(message->paths);
    g_free(message);
}

static gboolean on_set_roots(gpointer data)
{
    const Message *message = data;
    HthScanner *self = message->scanner;
    /* Tasks borrow their roots. */
    g_queue_clear_full(&self->tasks, (GDestroyNotify)hth_folder_task_unref);
    hth_scanner_replace_roots(self, message->paths);
    start_pass(self);
    return G_SOURCE_REMOVE;
}

static gboolean on_scan(gpointer data)
{
    const Message *message = data;
    HthScanner *self = message->scanner;
    if (message->is_full && self->step != NULL)
        self->is_full_wanted = TRUE;
    else if (message->is_full)
        self->is_full = TRUE;
    if (message->is_full)
        hth_writer_post_bounded(self->writer, hth_write_reprobe_all, NULL, NULL);
    start_pass(self);
    return G_SOURCE_REMOVE;
}

/* ---- The thread ---- */

static void post(HthScanner *self, GSourceFunc function, char **paths, gboolean is_full)
{
    Message *message = g_new(Message, 1);
    *message = (Message){ self, paths, is_full };
    GSource *source = g_idle_source_new();
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, function, message, (GDestroyNotify)message_free);
    g_source_attach(source, self->context);
    g_source_unref(source);
}

static gboolean on_quit(gpointer data)
{
    g_main_loop_quit(((Message *)data)->scanner->loop);
    return G_SOURCE_REMOVE;
}

static gpointer scanner_thread(gpointer data)
{
    HthScanner *self = data;
    g_main_context_push_thread_default(self->context);
    g_main_loop_run(self->loop);
    g_main_context_pop_thread_default(self->context);
    return NULL;
}

static void start_timers(HthScanner *self)
{
    if (self->has_no_watch)
        return;
    self->watcher = hth_watcher_new(self->context, self->settle_ms, on_due, self);
    self->poll = g_timeout_source_new_seconds(self->poll_s);
    g_source_set_callback(self->poll, on_poll, self, NULL);
    g_source_attach(self->poll, self->context);
}

static gboolean open_parts(HthScanner *self, const HthLibraryOptions *options, GError **error)
{
    const HthWorkerPoolOptions pool = { .program = options->worker_program,
                                        .n_workers = options->n_workers,
                                        .context = self->context };
    self->pool = hth_worker_pool_new(&pool);
    self->db = hth_folder_scan_open_db(self->index_path, error);
    if (self->db == NULL)
        return FALSE;
    self->feed = hth_probe_feed_new(self->index_path, self->writer, self->pool, self->meter, on_fed,
                                    self, error);
    return self->feed != NULL;
}

HthScanner *hth_scanner_new(const HthLibraryOptions *options, const char *index_path,
                            HthWriter *writer, HthState *state, GError **error)
{
    HthScanner *self = g_new0(HthScanner, 1);
    g_mutex_init(&self->lock);
    g_queue_init(&self->tasks);
    self->context = g_main_context_new();
    self->loop = g_main_loop_new(self->context, FALSE);
    self->index_path = g_strdup(index_path);
    self->settle_ms = options->settle_ms != 0 ? options->settle_ms : DEFAULT_SETTLE_MS;
    self->poll_s = options->poll_s != 0 ? options->poll_s : DEFAULT_POLL_S;
    self->has_no_watch = options->has_no_watch;
    self->writer = writer;
    self->state = state;
    self->roots = g_ptr_array_new_with_free_func((GDestroyNotify)hth_scanner_root_free);
    self->root_status = g_ptr_array_new_with_free_func((GDestroyNotify)hth_root_status_free);
    self->removal = hth_removal_new();
    self->meter = hth_scan_meter_new();
    if (!open_parts(self, options, error)) {
        hth_scanner_free(self);
        return NULL;
    }
    start_timers(self);
    hth_writer_post(writer, hth_write_reprobe_old, NULL, NULL);
    self->thread = g_thread_new("hearth-scanner", scanner_thread, self);
    return self;
}

void hth_scanner_free(HthScanner *self)
{
    if (self == NULL)
        return;
    if (self->thread != NULL) {
        post(self, on_quit, NULL, FALSE); /* a loop that does not run yet would not hear quit() */
        g_thread_join(self->thread);
    }
    g_queue_clear_full(&self->tasks, (GDestroyNotify)hth_folder_task_unref);
    clear_source(&self->step);
    clear_source(&self->poll);
    clear_source(&self->away);
    clear_source(&self->retry);
    hth_watcher_free(self->watcher);
    hth_worker_pool_free(self->pool);
    hth_probe_feed_free(self->feed);
    hth_db_free(self->db);
    hth_removal_free(self->removal);
    hth_scan_meter_free(self->meter);
    g_ptr_array_unref(self->roots);
    g_ptr_array_unref(self->root_status);
    g_main_loop_unref(self->loop);
    g_main_context_unref(self->context);
    g_mutex_clear(&self->lock);
    g_free(self->index_path);
    g_free(self);
}

void hth_scanner_set_roots(HthScanner *self, const char *const *paths)
{
    post(self, on_set_roots, g_strdupv((char **)paths), FALSE);
}

void hth_scanner_scan(HthScanner *self, gboolean is_full)
{
    post(self, on_scan, NULL, is_full);
}

HthWorkerPool *hth_scanner_pool(HthScanner *self)
{
    return self->pool;
}

void hth_scanner_status(HthScanner *self, HthScanStatus *out_status)
{
    hth_scan_meter_read(self->meter, out_status);
    HthWorkerPoolStatus pool;
    hth_worker_pool_status(self->pool, &pool);
    out_status->worker_sandbox = pool.sandbox;
}
