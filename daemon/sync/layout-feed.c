/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "sync"
#include "sync/layout-feed.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"

/* A worker each: what a scan and what a picture for a screen need are left to their own pool. */
#define RECIPES_AT_ONCE 2
#define LAYOUTS_AT_ONCE 1

/* Files that gave no layout, remembered so that they are not read over and over. */
#define FAILED_MAX 65536

typedef enum { QUEUED, RUNNING, DONE, FAILED } State;

typedef struct {
    HthLayoutFeed *feed;
    char *key;
    guint64 item;
    char *rendition;
    guint64 revision;
    GBytes *old_layout; /* NULL: a layout alone is wanted */
    State state;
    gboolean is_urgent; /* a layout that somebody waits for */
    GBytes *recipe;     /* DONE */
    GBytes *layout;
    GError *error; /* FAILED */
} Job;

struct HthLayoutFeed {
    HthLayoutFeedOptions options;
    HthWorkerPool *pool; /* main thread makes it; used on any */
    GMutex lock;         /* guards what follows */
    GHashTable *jobs;    /* (char *key → Job) all that is known */
    GQueue recipes;      /* (element Job) QUEUED */
    GQueue layouts;
    guint n_recipes, n_layouts; /* RUNNING */
    guint n_holds;              /* streams of data under way */
    GHashTable *failed;         /* (char *key) layouts that cannot be made */
    guint source;               /* 0: pump() is not to be called */
    gboolean is_ending;
    gboolean was_idle; /* idle() was called since the last job */
};

static void job_free(gpointer data)
{
    Job *job = data;
    g_free(job->key);
    g_free(job->rendition);
    g_clear_pointer(&job->old_layout, g_bytes_unref);
    g_clear_pointer(&job->recipe, g_bytes_unref);
    g_clear_pointer(&job->layout, g_bytes_unref);
    g_clear_error(&job->error);
    g_free(job);
}

static char *key_of(guint64 item, const char *rendition, guint64 revision, GBytes *old_layout)
{
    HthDigest digest = { { 0 } };
    gsize size = 0;
    gconstpointer bytes = old_layout != NULL ? g_bytes_get_data(old_layout, &size) : NULL;
    if (bytes != NULL)
        hth_digest_of(bytes, size, &digest);
    guint64 old;
    memcpy(&old, digest.bytes, sizeof old);
    return g_strdup_printf("%" G_GINT64_MODIFIER "x-%" G_GINT64_MODIFIER "x-%" G_GINT64_MODIFIER
                           "x-%s",
                           item, revision, old, rendition);
}

/* ---- Files ---- */

static gint64 ns_of(struct timespec time)
{
    return (gint64)time.tv_sec * 1000000000 + time.tv_nsec;
}

static guint64 revision_of(int fd)
{
    struct stat info;
    if (fstat(fd, &info) != 0)
        return 0;
    return hth_sync_revision(info.st_ino, info.st_size, ns_of(info.st_mtim), ns_of(info.st_ctim));
}

static int open_now(const Job *job, HthMediaFormat *out_format, guint64 *out_revision,
                    GError **error)
{
    const HthLayoutFeedOptions *options = &job->feed->options;
    if (strcmp(job->rendition, HTH_SYNC_ORIGINAL) != 0)
        return options->open_rendition(job->item, job->rendition, out_format, out_revision,
                                       options->data, error);
    char id[HTH_TEXT_ID_LENGTH + 1];
    hth_text_id_encode(job->item, id);
    g_autoptr(HthObject) object = NULL;
    const int fd = hth_library_open_item(options->library, id, &object, error);
    if (fd < 0)
        return -1;
    *out_format = object->format;
    *out_revision = revision_of(fd);
    return fd;
}

/* The file as it was at the job's revision; -1 with @error when it is another by now. */
static int open_file(const Job *job, HthMediaFormat *out_format, GError **error)
{
    guint64 revision = 0;
    const int fd = open_now(job, out_format, &revision, error);
    if (fd < 0 || revision == job->revision)
        return fd;
    close(fd);
    g_set_error(error, HTH_ERROR, HTH_ERROR_CHANGED, "the file is another by now");
    return -1;
}

/* Read while it was written: whoever asks next asks for its new revision. */
static gboolean is_still(const Job *job)
{
    HthMediaFormat format;
    const int fd = open_file(job, &format, NULL);
    if (fd >= 0)
        close(fd);
    return fd >= 0;
}

/* ---- Running (main thread) ---- */

static void pump(HthLayoutFeed *self);

static gboolean on_pump(gpointer data)
{
    HthLayoutFeed *self = data;
    g_mutex_lock(&self->lock);
    self->source = 0;
    g_mutex_unlock(&self->lock);
    pump(self);
    return G_SOURCE_REMOVE;
}

/* With the lock held. */
static void schedule(HthLayoutFeed *self)
{
    if (self->source == 0 && !self->is_ending)
        self->source = g_idle_add_full(G_PRIORITY_DEFAULT, on_pump, self, NULL);
}

/* Takes the job out of the running ones; a layout that failed is not tried again. */
static void settle(Job *job, const GError *error)
{
    HthLayoutFeed *self = job->feed;
    const gboolean is_recipe = job->old_layout != NULL;
    g_mutex_lock(&self->lock);
    if (is_recipe)
        self->n_recipes--;
    else
        self->n_layouts--;
    job->state = error != NULL ? FAILED : DONE;
    if (error != NULL)
        job->error = g_error_copy(error);
    if (error != NULL && !is_recipe && g_hash_table_size(self->failed) < FAILED_MAX)
        g_hash_table_add(self->failed, g_strdup(job->key));
    if (!is_recipe || g_error_matches(error, HTH_ERROR, HTH_ERROR_CHANGED))
        g_hash_table_remove(self->jobs, job->key); /* frees it */
    schedule(self);
    g_mutex_unlock(&self->lock);
}

static void on_layout(GBytes *encoded, const HthLayout *layout, const GError *error, gpointer data)
{
    Job *job = data;
    HthLayoutFeed *self = job->feed;
    if (error == NULL && is_still(job))
        self->options.laid_out(job->item, job->rendition, job->revision, encoded,
                               self->options.data);
    if (error != NULL) {
        hth_log_debug("no layout: %s", error->message);
        if (self->options.refused != NULL)
            self->options.refused(job->item, job->rendition, job->revision, self->options.data);
    }
    settle(job, error);
}

static void on_recipe(GBytes *recipe, GBytes *layout, const GError *error, gpointer data)
{
    Job *job = data;
    HthLayoutFeed *self = job->feed;
    g_autoptr(GError) changed = NULL;
    if (error == NULL && !is_still(job)) {
        changed = g_error_new(HTH_ERROR, HTH_ERROR_CHANGED, "the file is another by now");
        error = changed;
    }
    if (error == NULL) {
        job->recipe = g_bytes_ref(recipe);
        job->layout = g_bytes_ref(layout);
    }
    settle(job, error);
    self->options.ready(self->options.data);
}

static void run(Job *job)
{
    HthLayoutFeed *self = job->feed;
    HthMediaFormat format = HTH_FORMAT_UNKNOWN;
    g_autoptr(GError) error = NULL;
    const int fd = open_file(job, &format, &error);
    if (fd < 0) {
        settle(job, error);
        return;
    }
    if (job->old_layout != NULL)
        hth_worker_pool_recipe(self->pool, fd, format, job->old_layout, NULL, on_recipe, job);
    else
        hth_worker_pool_layout(self->pool, fd, format, on_layout, job);
}

/* With the lock held. */
static gboolean may_make_layout(HthLayoutFeed *self)
{
    const Job *next = g_queue_peek_head(&self->layouts);
    return next != NULL && self->n_layouts < LAYOUTS_AT_ONCE && self->recipes.length == 0 &&
           (self->n_holds == 0 || next->is_urgent);
}

/* The next job that may run now; NULL: none. */
static Job *take_job(HthLayoutFeed *self)
{
    Job *job = NULL;
    g_mutex_lock(&self->lock);
    if (self->n_recipes < RECIPES_AT_ONCE && (job = g_queue_pop_head(&self->recipes)) != NULL)
        self->n_recipes++;
    else if (may_make_layout(self) && (job = g_queue_pop_head(&self->layouts)) != NULL)
        self->n_layouts++;
    if (job != NULL) {
        job->state = RUNNING;
        self->was_idle = FALSE;
    }
    g_mutex_unlock(&self->lock);
    return job;
}

static gboolean becomes_idle(HthLayoutFeed *self)
{
    g_mutex_lock(&self->lock);
    const gboolean is_idle =
        self->recipes.length + self->layouts.length + self->n_recipes + self->n_layouts == 0 &&
        !self->was_idle;
    self->was_idle = self->was_idle || is_idle;
    g_mutex_unlock(&self->lock);
    return is_idle;
}

static void pump(HthLayoutFeed *self)
{
    Job *job;
    while ((job = take_job(self)) != NULL)
        run(job);
    if (becomes_idle(self))
        self->options.idle(self->options.data);
}

/* ---- Asking (any thread) ---- */

/* With the lock held. NULL: too many are known; some of those that nobody fetched are dropped. */
static Job *add_job(HthLayoutFeed *self, const char *key, guint64 item, const char *rendition,
                    guint64 revision, GBytes *old_layout)
{
    if (g_hash_table_size(self->jobs) >= HTH_LAYOUT_FEED_MAX) {
        GHashTableIter iter;
        gpointer value;
        g_hash_table_iter_init(&iter, self->jobs);
        while (g_hash_table_iter_next(&iter, NULL, &value)) {
            if (((Job *)value)->state == DONE || ((Job *)value)->state == FAILED)
                g_hash_table_iter_remove(&iter);
        }
        if (g_hash_table_size(self->jobs) >= HTH_LAYOUT_FEED_MAX)
            return NULL;
    }
    Job *job = g_new0(Job, 1);
    *job = (Job){ .feed = self,
                  .key = g_strdup(key),
                  .item = item,
                  .rendition = g_strdup(rendition),
                  .revision = revision,
                  .old_layout = old_layout != NULL ? g_bytes_ref(old_layout) : NULL };
    g_hash_table_insert(self->jobs, job->key, job);
    g_queue_push_tail(old_layout != NULL ? &self->recipes : &self->layouts, job);
    schedule(self);
    return job;
}

/* With the lock held: asked for again. */
static void hurry(HthLayoutFeed *self, Job *job)
{
    if (job->state != QUEUED || job->is_urgent || self->n_holds == 0)
        return;
    job->is_urgent = TRUE;
    g_queue_remove(&self->layouts, job);
    g_queue_push_head(&self->layouts, job);
    schedule(self);
}

HthSyncReadiness hth_layout_feed_layout(HthLayoutFeed *self, guint64 item, const char *rendition,
                                        guint64 revision, GBytes **out_layout, GError **error)
{
    g_autofree char *key = key_of(item, rendition, revision, NULL);
    g_mutex_lock(&self->lock);
    const gboolean has_failed = g_hash_table_contains(self->failed, key);
    Job *known = g_hash_table_lookup(self->jobs, key);
    if (known != NULL)
        hurry(self, known);
    else if (!has_failed)
        (void)add_job(self, key, item, rendition, revision, NULL); /* or it is asked again */
    g_mutex_unlock(&self->lock);
    if (!has_failed)
        return HTH_SYNC_NOT_YET;
    g_set_error(error, HTH_ERROR, HTH_ERROR_FAILED, "this file gives no layout");
    return HTH_SYNC_NEVER;
}

/* With the lock held: what became of the job, which is forgotten when it is over. */
static HthSyncReadiness fetch(HthLayoutFeed *self, Job *job, GBytes **out_recipe,
                              GBytes **out_layout, GError **error)
{
    if (job->state == DONE) {
        *out_recipe = g_steal_pointer(&job->recipe);
        *out_layout = g_steal_pointer(&job->layout);
        g_hash_table_remove(self->jobs, job->key);
        return HTH_SYNC_READY;
    }
    if (job->state == FAILED) {
        g_propagate_error(error, g_steal_pointer(&job->error));
        return HTH_SYNC_NEVER; /* it stays: whoever comes next hears the same */
    }
    return HTH_SYNC_NOT_YET;
}

HthSyncReadiness hth_layout_feed_recipe(HthLayoutFeed *self, guint64 item, const char *rendition,
                                        guint64 revision, GBytes *old_layout, GBytes **out_recipe,
                                        GBytes **out_layout, GError **error)
{
    g_autofree char *key = key_of(item, rendition, revision, old_layout);
    HthSyncReadiness readiness = HTH_SYNC_NOT_YET;
    g_mutex_lock(&self->lock);
    Job *job = g_hash_table_lookup(self->jobs, key);
    if (job != NULL && job->state == FAILED && job->error == NULL)
        job->error = g_error_new(HTH_ERROR, HTH_ERROR_FAILED, "no recipe could be made");
    if (job != NULL)
        readiness = fetch(self, job, out_recipe, out_layout, error);
    else
        (void)add_job(self, key, item, rendition, revision, old_layout);
    g_mutex_unlock(&self->lock);
    return readiness;
}

void hth_layout_feed_hold(HthLayoutFeed *self)
{
    g_mutex_lock(&self->lock);
    self->n_holds++;
    g_mutex_unlock(&self->lock);
}

void hth_layout_feed_release(HthLayoutFeed *self)
{
    g_mutex_lock(&self->lock);
    if (--self->n_holds == 0)
        schedule(self);
    g_mutex_unlock(&self->lock);
}

guint hth_layout_feed_n_jobs(HthLayoutFeed *self)
{
    g_mutex_lock(&self->lock);
    const guint n = self->recipes.length + self->layouts.length + self->n_recipes + self->n_layouts;
    g_mutex_unlock(&self->lock);
    return n;
}

/* ---- New and free ---- */

HthLayoutFeed *hth_layout_feed_new(const HthLayoutFeedOptions *options)
{
    const HthWorkerPoolOptions pool = { .program = options->worker_program, .n_workers = 2 };
    HthLayoutFeed *self = g_new0(HthLayoutFeed, 1);
    self->options = *options;
    self->pool = hth_worker_pool_new(&pool);
    g_mutex_init(&self->lock);
    self->jobs = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, job_free);
    self->failed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_queue_init(&self->recipes);
    g_queue_init(&self->layouts);
    schedule(self);
    return self;
}

void hth_layout_feed_free(HthLayoutFeed *self)
{
    if (self == NULL)
        return;
    self->is_ending = TRUE;
    hth_worker_pool_free(self->pool);
    if (self->source != 0)
        g_source_remove(self->source);
    g_queue_clear(&self->recipes);
    g_queue_clear(&self->layouts);
    g_hash_table_unref(self->jobs);
    g_hash_table_unref(self->failed);
    g_mutex_clear(&self->lock);
    g_free(self);
}
