/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rendition-private.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

#define DEFAULT_LIMIT_BYTES (4ULL << 30)
#define DEFAULT_STALL_MS    120000
#define DEFAULT_DEADLINE_MS (12 * 3600 * 1000)

/* ---- Identities ---- */

gboolean hth_rendition_revision(int fd, guint64 *out_revision)
{
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
        return FALSE;
    const gint64 parts[] = {
        (gint64)status.st_ino,          (gint64)status.st_size, status.st_mtim.tv_sec,
        (gint64)status.st_mtim.tv_nsec, status.st_ctim.tv_sec,  (gint64)status.st_ctim.tv_nsec,
    };
    HthDigest digest;
    hth_digest_of(parts, sizeof parts, &digest);
    memcpy(out_revision, digest.bytes, sizeof *out_revision);
    return TRUE;
}

void hth_rendition_guess_essence(const char *item, guint64 revision, HthDigest *out)
{
    g_autofree char *text = g_strdup_printf("%s %" G_GUINT64_FORMAT, item, revision);
    hth_digest_of(text, strlen(text), out);
}

static char *key_of(const char *item, const char *profile)
{
    return g_strdup_printf("%s %s", profile, item);
}

/* ---- Jobs ---- */

void hth_rendition_job_free(HthRenditionJob *job)
{
    if (job == NULL)
        return;
    hth_convert_child_free(job->child);
    const int fds[] = { job->original_fd, job->scratch_fd, job->out_fd, job->skeleton_fd };
    for (guint i = 0; i < G_N_ELEMENTS(fds); i++) {
        if (fds[i] >= 0)
            close(fds[i]);
    }
    if (job->path != NULL)
        (void)unlink(job->path);
    g_free(job->path);
    g_free(job->made_by);
    g_free(job->encoder);
    g_free(job->item);
    g_free(job->key);
    g_free(job);
}

static HthRenditionJob *job_new(HthRenditions *self, const HthRenditionWish *wish,
                                const HthRenditionProfile *profile)
{
    HthRenditionJob *job = g_new(HthRenditionJob, 1);
    *job = (HthRenditionJob){
        .renditions = self,
        .item = g_strdup(wish->item_id),
        .profile = profile,
        .encoder = g_strdup(wish->encoder),
        .has_essence = wish->essence != NULL,
        .revision = wish->revision,
        .is_urgent = wish->is_urgent,
        .original_fd = -1,
        .scratch_fd = -1,
        .out_fd = -1,
        .skeleton_fd = -1,
    };
    if (wish->essence != NULL)
        job->essence = *wish->essence;
    return job;
}

/* ---- Profiles ---- */

void hth_rendition_offer_free(HthRenditionOffer *self)
{
    if (self == NULL)
        return;
    g_free(self->encoder);
    g_free(self->problem);
    g_free(self);
}

/* Nothing is offered until it is said. */
static GPtrArray *no_offers(const char *problem)
{
    GPtrArray *offers = g_ptr_array_new_with_free_func((GDestroyNotify)hth_rendition_offer_free);
    guint n = 0;
    const HthRenditionProfile *profiles = hth_rendition_profiles(&n);
    for (guint i = 0; i < n; i++) {
        HthRenditionOffer *offer = g_new(HthRenditionOffer, 1);
        *offer = (HthRenditionOffer){ &profiles[i], FALSE, g_strdup(""), g_strdup(problem) };
        g_ptr_array_add(offers, offer);
    }
    return offers;
}

const HthRenditionOffer *hth_renditions_offer(HthRenditions *self,
                                              const HthRenditionProfile *profile)
{
    for (guint i = 0; self->is_listed && i < self->offers->len; i++) {
        const HthRenditionOffer *offer = self->offers->pdata[i];
        if (offer->profile == profile)
            return offer;
    }
    return NULL;
}

GPtrArray *hth_renditions_offers(HthRenditions *self)
{
    g_mutex_lock(&self->lock);
    GPtrArray *copy = NULL;
    if (self->is_listed)
        copy = g_ptr_array_new_with_free_func((GDestroyNotify)hth_rendition_offer_free);
    for (guint i = 0; copy != NULL && i < self->offers->len; i++) {
        const HthRenditionOffer *from = self->offers->pdata[i];
        HthRenditionOffer *to = g_new(HthRenditionOffer, 1);
        *to = (HthRenditionOffer){ from->profile, from->is_offered, g_strdup(from->encoder),
                                   g_strdup(from->problem) };
        g_ptr_array_add(copy, to);
    }
    g_mutex_unlock(&self->lock);
    if (copy == NULL)
        g_source_set_ready_time(self->wake, 0);
    return copy;
}

void hth_renditions_set_done(HthRenditions *self, HthRenditionDone done, gpointer data)
{
    g_mutex_lock(&self->lock);
    self->done = done;
    self->done_data = data;
    g_mutex_unlock(&self->lock);
}

/* ---- Asking for one ---- */

void hth_rendition_clear(HthRendition *rendition)
{
    if (rendition->fd >= 0)
        close(rendition->fd);
    g_free(rendition->problem);
    *rendition = (HthRendition)HTH_RENDITION_INIT;
}

static void describe(const HthRenditionRow *row, guint64 revision, HthRendition *out)
{
    out->size_bytes = row->size_bytes;
    out->hash = row->hash;
    memcpy(&out->revision, row->hash.bytes, sizeof out->revision);
    out->payload_offset = row->payload_offset;
    out->payload_hash = row->payload_hash;
    out->is_stale = row->revision != revision;
    g_strlcpy(out->encoder, row->encoder, sizeof out->encoder);
}

/* Returns: whether @out holds the answer. With the lock held. */
static gboolean answer_from_store(HthRenditions *self, const HthRenditionWish *wish,
                                  const HthDigest *essence, guint64 revision, HthRendition *out)
{
    g_auto(HthRenditionRow) row = { 0 };
    if (!hth_rendition_store_find(self->store, wish->item_id, wish->profile, essence, wish->encoder,
                                  &row))
        return FALSE;
    const gboolean is_stale = row.revision != revision;
    if (row.has_bytes && !is_stale)
        out->fd = hth_rendition_store_open_file(self->store, &row);
    if (out->fd < 0 && !wish->is_lookup)
        return FALSE;
    describe(&row, revision, out);
    out->state = out->fd >= 0 ? HTH_RENDITION_READY : HTH_RENDITION_KNOWN;
    if (out->fd >= 0 && !wish->is_lookup)
        hth_rendition_store_touch(self->store, row.id);
    return TRUE;
}

static void answer_from_job(const HthRenditionJob *job, HthRendition *out)
{
    if (job->child == NULL) {
        out->state = HTH_RENDITION_WAITING;
    } else {
        out->state = job->is_wrap ? HTH_RENDITION_WRAPPING : HTH_RENDITION_CONVERTING;
        out->progress = g_atomic_int_get(&job->permille) / 1000.0;
    }
}

/* What waits is wanted now: it goes ahead. */
static void hurry(HthRenditions *self, HthRenditionJob *job)
{
    if (job->is_urgent || job->child != NULL || !g_queue_remove(&self->ahead, job))
        return;
    job->is_urgent = TRUE;
    g_queue_push_tail(&self->urgent, job);
}

/* With the lock held. */
static gboolean queue(HthRenditions *self, const HthRenditionWish *wish,
                      const HthRenditionProfile *profile, GError **error)
{
    GQueue *to = wish->is_urgent ? &self->urgent : &self->ahead;
    if (g_queue_get_length(to) >= HTH_RENDITIONS_WAITING_MAX) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_BUSY, "too many conversions wait");
        return FALSE;
    }
    HthRenditionJob *job = job_new(self, wish, profile);
    job->key = key_of(wish->item_id, wish->profile);
    g_hash_table_insert(self->jobs, job->key, job);
    g_queue_push_tail(to, job);
    return TRUE;
}

static gboolean check_offer(HthRenditions *self, const HthRenditionProfile *profile, GError **error)
{
    const HthRenditionOffer *offer = hth_renditions_offer(self, profile);
    if (!self->is_listed || (offer != NULL && offer->is_offered))
        return TRUE;
    g_set_error(error, HTH_ERROR, HTH_ERROR_UNSUPPORTED, "%s can't be made here: %s", profile->name,
                offer != NULL && offer->problem != NULL ? offer->problem : "no encoder");
    return FALSE;
}

/* With the lock held. */
static gboolean request(HthRenditions *self, const HthRenditionWish *wish,
                        const HthRenditionProfile *profile, const HthDigest *essence,
                        guint64 revision, HthRendition *out, GError **error)
{
    if (answer_from_store(self, wish, essence, revision, out))
        return TRUE;
    out->problem = hth_rendition_store_refusal(self->store, wish->item_id, wish->profile, revision);
    if (out->problem != NULL) {
        out->state = HTH_RENDITION_FAILED;
        return TRUE;
    }
    g_autofree char *key = key_of(wish->item_id, wish->profile);
    HthRenditionJob *job = g_hash_table_lookup(self->jobs, key);
    if (job == NULL && wish->is_lookup) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "no such rendition was made");
        return FALSE;
    }
    if (job == NULL) {
        if (!check_offer(self, profile, error) || !queue(self, wish, profile, error))
            return FALSE;
        out->state = HTH_RENDITION_WAITING;
        return TRUE;
    }
    if (wish->is_urgent)
        hurry(self, job);
    answer_from_job(job, out);
    return TRUE;
}

/* The revision of the original, when the wish does not say. */
static gboolean find_revision(HthRenditions *self, const HthRenditionWish *wish,
                              guint64 *out_revision, GError **error)
{
    *out_revision = wish->revision;
    if (wish->revision != 0)
        return TRUE;
    HthMediaFormat format = HTH_FORMAT_UNKNOWN;
    const int fd = self->open(wish->item_id, &format, out_revision, self->data, error);
    if (fd < 0)
        return FALSE;
    const gboolean is_file = *out_revision != 0 || hth_rendition_revision(fd, out_revision);
    close(fd);
    if (!is_file)
        g_set_error(error, HTH_ERROR, HTH_ERROR_UNAVAILABLE, "the original can't be looked at");
    return is_file;
}

/* Fills in @out; @wish points to it where it is the original's own. With the lock held. */
static void find_essence(HthRenditions *self, HthRenditionWish *wish, guint64 revision,
                         HthDigest *out)
{
    gboolean has_essence = FALSE;
    if (wish->essence != NULL) {
        *out = *wish->essence;
        return;
    }
    (void)hth_rendition_store_original(self->store, wish->item_id, revision, &has_essence, out);
    if (has_essence)
        wish->essence = out;
    else
        hth_rendition_guess_essence(wish->item_id, revision, out);
}

void hth_renditions_learn(HthRenditions *self, const char *item_id, guint64 revision,
                          const HthDigest *essence)
{
    g_mutex_lock(&self->lock);
    hth_rendition_store_learn(self->store, item_id, revision, essence);
    g_mutex_unlock(&self->lock);
}

gboolean hth_renditions_knows(HthRenditions *self, const char *item_id, guint64 revision)
{
    gboolean has_essence;
    HthDigest essence;
    g_mutex_lock(&self->lock);
    const gboolean is_known =
        hth_rendition_store_original(self->store, item_id, revision, &has_essence, &essence);
    g_mutex_unlock(&self->lock);
    return is_known;
}

gboolean hth_renditions_is_current(HthRenditions *self, const HthRenditionWish *wish,
                                   guint64 rendition_revision)
{
    HthDigest essence;
    HthRenditionWish full = *wish;
    g_mutex_lock(&self->lock);
    find_essence(self, &full, wish->revision, &essence);
    const gboolean is_current = hth_rendition_store_is_of(
        self->store, wish->item_id, wish->profile, &essence, wish->revision, rendition_revision);
    g_mutex_unlock(&self->lock);
    return is_current;
}

gboolean hth_renditions_request(HthRenditions *self, const HthRenditionWish *wish,
                                HthRendition *out, GError **error)
{
    *out = (HthRendition)HTH_RENDITION_INIT;
    const HthRenditionProfile *profile = hth_rendition_profile_find(wish->profile);
    if (profile == NULL) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "there is no profile “%s”", wish->profile);
        return FALSE;
    }
    guint64 revision = 0;
    if (!find_revision(self, wish, &revision, error))
        return FALSE;
    HthDigest essence;
    HthRenditionWish full = *wish;
    g_mutex_lock(&self->lock);
    find_essence(self, &full, revision, &essence);
    const gboolean is_answered = request(self, &full, profile, &essence, revision, out, error);
    g_mutex_unlock(&self->lock);
    if (!wish->is_lookup)
        g_source_set_ready_time(self->wake, 0);
    return is_answered;
}

void hth_renditions_head(HthRenditions *self, const HthRenditionWish *wish,
                         HthRenditionHead callback, gpointer data)
{
    const HthRenditionProfile *profile = hth_rendition_profile_find(wish->profile);
    g_return_if_fail(profile != NULL && callback != NULL);
    HthRenditionJob *job = job_new(self, wish, profile);
    job->head = callback;
    job->head_data = data;
    job->is_urgent = TRUE;
    g_mutex_lock(&self->lock);
    g_queue_push_tail(&self->urgent, job);
    g_mutex_unlock(&self->lock);
    g_source_set_ready_time(self->wake, 0);
}

/* ---- The whole ---- */

void hth_renditions_status(HthRenditions *self, HthRenditionsStatus *out_status)
{
    *out_status = (HthRenditionsStatus){ .limit_bytes = 0 };
    g_mutex_lock(&self->lock);
    hth_rendition_store_status(self->store, out_status);
    out_status->n_waiting = self->urgent.length + self->ahead.length;
    out_status->n_running = self->n_running;
    for (guint i = 0; i < self->n_running; i++)
        out_status->progress +=
            g_atomic_int_get(&self->running[i]->permille) / 1000.0 / self->n_running;
    out_status->n_done = self->n_done;
    out_status->n_wrapped = self->n_wrapped;
    out_status->n_failed = self->n_failed;
    out_status->n_killed = self->n_killed;
    out_status->sandbox = g_strdup(self->sandbox);
    out_status->problem = g_strdup(self->problem);
    g_mutex_unlock(&self->lock);
}

void hth_renditions_status_clear(HthRenditionsStatus *status)
{
    g_clear_pointer(&status->sandbox, g_free);
    g_clear_pointer(&status->problem, g_free);
}

void hth_renditions_set_limit(HthRenditions *self, guint64 limit_bytes)
{
    g_mutex_lock(&self->lock);
    hth_rendition_store_set_limit(self->store, limit_bytes);
    const gboolean is_waiting = self->ahead.length > 0;
    g_mutex_unlock(&self->lock);
    if (is_waiting)
        g_source_set_ready_time(self->wake, 0);
}

static gboolean wake_dispatch(GSource *source, GSourceFunc callback, gpointer data)
{
    return callback(data);
}

static GSourceFuncs wake_funcs = { .dispatch = wake_dispatch };

static void call_free(gpointer data)
{
    HthRenditionCall *call = data;
    g_free(call->item);
    g_free(call->profile);
    g_clear_pointer(&call->bytes, g_bytes_unref);
    g_clear_error(&call->error);
    g_free(call);
}

/* Nothing is called with the lock held: the callee may ask for the next one. */
static gboolean on_calls(gpointer data)
{
    HthRenditions *self = data;
    g_source_set_ready_time(self->call_source, -1);
    for (;;) {
        g_mutex_lock(&self->lock);
        HthRenditionCall *call = g_queue_pop_head(&self->calls);
        const HthRenditionDone done = self->done;
        gpointer done_data = self->done_data;
        g_mutex_unlock(&self->lock);
        if (call == NULL)
            return G_SOURCE_CONTINUE;
        if (call->head != NULL)
            call->head(call->bytes, call->error, call->head_data);
        else if (done != NULL)
            done(call->item, call->profile, call->error, done_data);
        call_free(call);
    }
}

HthRenditions *hth_renditions_new(const HthRenditionsOptions *options, GError **error)
{
    const guint64 limit = options->limit_bytes != 0 ? options->limit_bytes : DEFAULT_LIMIT_BYTES;
    HthRenditionStore *store =
        hth_rendition_store_open(options->state_dir, options->cache_dir, limit, error);
    if (store == NULL)
        return NULL;
    HthRenditions *self = g_new0(HthRenditions, 1);
    g_mutex_init(&self->lock);
    self->store = store;
    self->program = g_strdup(options->program);
    self->n_running_max = options->n_running != 0 ? options->n_running : g_get_num_processors() / 2;
    self->n_running_max = CLAMP(self->n_running_max, 1, HTH_RENDITIONS_RUNNING_MAX);
    self->stall_ms = options->stall_ms != 0 ? options->stall_ms : DEFAULT_STALL_MS;
    self->deadline_ms = options->deadline_ms != 0 ? options->deadline_ms : DEFAULT_DEADLINE_MS;
    self->open = options->open;
    self->done = options->done;
    self->data = options->data;
    self->done_data = options->data;
    self->call_source = g_source_new(&wake_funcs, sizeof(GSource));
    g_source_set_callback(self->call_source, on_calls, self, NULL);
    g_source_attach(self->call_source, options->context);
    self->jobs = g_hash_table_new(g_str_hash, g_str_equal);
    self->offers = no_offers("hearth-convert did not say that it can");
    self->context = g_main_context_new();
    self->loop = g_main_loop_new(self->context, FALSE);
    self->wake = g_source_new(&wake_funcs, sizeof(GSource));
    self->thread = g_thread_new("renditions", hth_renditions_thread, self);
    return self;
}

static gboolean on_quit(gpointer data)
{
    g_main_loop_quit(data);
    return G_SOURCE_REMOVE;
}

void hth_renditions_free(HthRenditions *self)
{
    if (self == NULL)
        return;
    GSource *quit = g_idle_source_new();
    g_source_set_callback(quit, on_quit, self->loop, NULL);
    g_source_attach(quit, self->context);
    g_source_unref(quit);
    g_thread_join(self->thread);
    g_source_unref(self->wake);
    g_source_destroy(self->call_source);
    g_source_unref(self->call_source);
    g_queue_clear_full(&self->calls, call_free);
    g_queue_clear_full(&self->urgent, (GDestroyNotify)hth_rendition_job_free);
    g_queue_clear_full(&self->ahead, (GDestroyNotify)hth_rendition_job_free);
    g_hash_table_unref(self->jobs);
    g_clear_pointer(&self->offers, g_ptr_array_unref);
    hth_rendition_store_free(self->store);
    g_main_loop_unref(self->loop);
    g_main_context_unref(self->context);
    g_mutex_clear(&self->lock);
    g_free(self->sandbox);
    g_free(self->problem);
    g_free(self->program);
    g_free(self);
}
