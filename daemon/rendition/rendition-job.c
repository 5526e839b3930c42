/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "rendition"
#include "rendition-private.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"
#include "media/convert-protocol.h"

/* A list of the profiles that does not come is asked for no second time. */
#define LIST_DEADLINE_MS 30000

static void pump(HthRenditions *self);

/* ---- Calls on the caller's thread ---- */

/* Takes @bytes. */
static void tell(HthRenditions *self, const HthRenditionJob *job, GBytes *bytes,
                 const GError *error)
{
    HthRenditionCall *call = g_new(HthRenditionCall, 1);
    *call = (HthRenditionCall){
        .head = job->head,
        .head_data = job->head_data,
        .item = g_strdup(job->item),
        .profile = g_strdup(job->profile->name),
        .bytes = bytes,
        .error = error != NULL ? g_error_copy(error) : NULL,
    };
    g_mutex_lock(&self->lock);
    g_queue_push_tail(&self->calls, call);
    g_mutex_unlock(&self->lock);
    g_source_set_ready_time(self->call_source, 0);
}

/* ---- The end of a job ---- */

static void leave(HthRenditionJob *job)
{
    HthRenditions *self = job->renditions;
    g_mutex_lock(&self->lock);
    for (guint i = 0; i < self->n_running; i++) {
        if (self->running[i] == job)
            self->running[i] = self->running[--self->n_running];
    }
    if (job->key != NULL)
        g_hash_table_remove(self->jobs, job->key);
    g_mutex_unlock(&self->lock);
    hth_rendition_job_free(job);
}

/* What is the original's fault is remembered; that a disk is full or a program missing is not. */
static void remember_failure(HthRenditionJob *job, const GError *error)
{
    HthRenditions *self = job->renditions;
    const gboolean is_final = g_error_matches(error, HTH_ERROR, HTH_ERROR_CORRUPT) ||
                              g_error_matches(error, HTH_ERROR, HTH_ERROR_UNSUPPORTED) ||
                              g_error_matches(error, HTH_ERROR, HTH_ERROR_TOO_LARGE);
    const gboolean is_late = g_error_matches(error, HTH_ERROR, HTH_ERROR_TIMEOUT);
    const gboolean is_death = job->child != NULL && hth_convert_child_has_died(job->child);
    g_mutex_lock(&self->lock);
    self->n_failed++;
    self->n_killed += is_late;
    if (job->head == NULL && (is_final || is_late || is_death))
        hth_rendition_store_refuse(self->store, job->item, job->profile->name, job->revision,
                                   is_final, error->message);
    if (!is_death &&
        (error->domain == G_FILE_ERROR || g_error_matches(error, HTH_ERROR, HTH_ERROR_FAILED))) {
        g_free(self->problem);
        self->problem = g_strdup(error->message);
    }
    g_mutex_unlock(&self->lock);
}

static void fail(HthRenditionJob *job, const GError *error)
{
    hth_log_info("no rendition: %s; item=%s profile=%s", error->message, job->item,
                 job->profile->name);
    remember_failure(job, error);
    tell(job->renditions, job, NULL, error);
    leave(job);
}

static GBytes *read_memory(int fd, gint64 max_bytes, GError **error)
{
    struct stat status;
    if (fstat(fd, &status) != 0 || status.st_size > max_bytes) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_TOO_LARGE, "the head is too large");
        return NULL;
    }
    g_autofree guint8 *bytes = g_malloc((gsize)status.st_size + 1);
    if (pread(fd, bytes, (gsize)status.st_size, 0) != status.st_size) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_FAILED, "the head can't be read");
        return NULL;
    }
    return g_bytes_new_take(g_steal_pointer(&bytes), (gsize)status.st_size);
}

/* Whether what the child says of its file is so, and the original is still what was read. */
static gboolean check(const HthRenditionJob *job, const HthConverted *result, GError **error)
{
    struct stat status;
    guint64 after = 0;
    if (fstat(job->out_fd, &status) != 0 || status.st_size != result->size_bytes) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_FAILED, "the converted file has not its size");
        return FALSE;
    }
    if (hth_rendition_revision(job->original_fd, &after) && after == job->before)
        return TRUE;
    g_set_error(error, HTH_ERROR, HTH_ERROR_CHANGED, "the original changed meanwhile");
    return FALSE;
}

static gboolean keep(HthRenditionJob *job, const HthConverted *result, GError **error)
{
    HthRenditions *self = job->renditions;
    g_autoptr(GBytes) skeleton = read_memory(job->skeleton_fd, HTH_CONVERT_HEAD_MAX, error);
    if (skeleton == NULL)
        return FALSE;
    const HthRenditionRow row = {
        .item = job->item,
        .profile = (char *)job->profile->name,
        .encoder = job->made_by,
        .essence = job->essence,
        .revision = job->revision,
        .size_bytes = result->size_bytes,
        .hash = result->hash,
        .payload_offset = result->payload_offset,
        .payload_hash = result->payload_hash,
    };
    g_mutex_lock(&self->lock);
    const gboolean is_kept = hth_rendition_store_add(self->store, job->path, &row, skeleton, error);
    if (is_kept) {
        self->n_done += !job->is_wrap;
        self->n_wrapped += job->is_wrap;
        g_clear_pointer(&self->problem, g_free);
    }
    g_free(self->sandbox);
    self->sandbox = g_strdup(hth_convert_child_sandbox(job->child));
    g_mutex_unlock(&self->lock);
    if (is_kept)
        g_clear_pointer(&job->path, g_free); /* it has another name now */
    return is_kept;
}

static void on_ended(const HthConverted *result, const GError *said, gpointer data)
{
    HthRenditionJob *job = data;
    HthRenditions *self = job->renditions;
    g_autoptr(GError) error = said != NULL ? g_error_copy(said) : NULL;
    GBytes *head = NULL;
    const gboolean is_good =
        result != NULL && check(job, result, &error) &&
        (job->head != NULL ? (head = read_memory(job->out_fd, HTH_CONVERT_HEAD_MAX, &error)) != NULL
                           : keep(job, result, &error));
    if (is_good) {
        hth_log_debug("a rendition is there; item=%s profile=%s bytes=%" G_GINT64_FORMAT, job->item,
                      job->profile->name, result->size_bytes);
        tell(self, job, head, NULL);
        leave(job);
    } else {
        if (error == NULL)
            error = g_error_new_literal(HTH_ERROR, HTH_ERROR_FAILED, "the converter said nothing");
        fail(job, error);
    }
    pump(self);
}

/* ---- The start of a job ---- */

/* Decides what to make it from. With the lock held.
 * @out_head_bytes: the head's size so far; 0: it has none. */
static gboolean choose(HthRenditionJob *job, gint64 *out_head_bytes, GBytes **out_skeleton,
                       GError **error)
{
    HthRenditionStore *store = job->renditions->store;
    const char *profile = job->profile->name;
    g_auto(HthRenditionRow) own = { 0 };
    g_auto(HthRenditionRow) other = { 0 };
    const gboolean has_own =
        hth_rendition_store_find(store, job->item, profile, &job->essence, job->encoder, &own);
    *out_head_bytes = has_own ? own.payload_offset : 0;
    if (job->head != NULL) {
        *out_skeleton = has_own ? hth_rendition_store_skeleton(store, own.id) : NULL;
        if (*out_skeleton == NULL)
            g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "no such rendition was made");
        return *out_skeleton != NULL;
    }
    const HthRenditionRow *from = has_own && own.has_bytes ? &own : NULL;
    if (from == NULL &&
        hth_rendition_store_find_payload(store, profile, &job->essence, job->encoder, &other))
        from = &other;
    job->scratch_fd = from != NULL ? hth_rendition_store_open_file(store, from) : -1;
    job->is_wrap = job->scratch_fd >= 0;
    const HthRenditionOffer *offer = hth_renditions_offer(job->renditions, job->profile);
    job->made_by = job->is_wrap    ? g_strdup(from->encoder)
                   : offer != NULL ? g_strdup(offer->encoder)
                                   : NULL;
    if (!job->is_wrap && (offer == NULL || !offer->is_offered)) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_UNAVAILABLE, "there is no encoder for %s", profile);
        return FALSE;
    }
    if (job->encoder == NULL || strcmp(job->encoder, job->made_by) == 0)
        return TRUE;
    g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "the encoder was another one then");
    return FALSE;
}

static int memory_file(GBytes *content, GError **error)
{
    const int fd = memfd_create("head", MFD_CLOEXEC);
    gsize size = 0;
    const guint8 *bytes = content != NULL ? g_bytes_get_data(content, &size) : NULL;
    if (fd >= 0 && (size == 0 || pwrite(fd, bytes, size, 0) == (gssize)size))
        return fd;
    g_set_error(error, HTH_ERROR, HTH_ERROR_UNAVAILABLE, "no memory for a file: %s",
                g_strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

/* The encoder's bare output: a file that nobody sees. */
static int scratch_file(HthRenditions *self, GError **error)
{
    g_autofree char *path = NULL;
    const int fd = hth_rendition_store_new_file(self->store, &path, error);
    if (fd >= 0)
        (void)unlink(path);
    return fd;
}

static gboolean open_files(HthRenditionJob *job, GBytes *skeleton, GError **error)
{
    HthRenditions *self = job->renditions;
    if (job->head != NULL) {
        job->scratch_fd = memory_file(skeleton, error);
        job->out_fd = job->scratch_fd >= 0 ? memory_file(NULL, error) : -1;
        return job->out_fd >= 0;
    }
    if (!job->is_wrap)
        job->scratch_fd = scratch_file(self, error);
    if (job->scratch_fd < 0)
        return FALSE;
    job->out_fd = hth_rendition_store_new_file(self->store, &job->path, error);
    if (job->out_fd < 0)
        return FALSE;
    job->skeleton_fd = memory_file(NULL, error);
    return job->skeleton_fd >= 0;
}

static void on_progress(gpointer data)
{
    HthRenditionJob *job = data;
    g_atomic_int_set(&job->permille, (int)(hth_convert_child_progress(job->child) * 1000));
}

static gboolean spawn(HthRenditionJob *job, HthMediaFormat format, gint64 head_bytes,
                      GError **error)
{
    static const HthConvertChildEvents events = { .progress = on_progress, .ended = on_ended };
    HthRenditions *self = job->renditions;
    g_autofree char *format_text = g_strdup_printf("%d", (int)format);
    g_autofree char *head_text = g_strdup_printf("%" G_GINT64_FORMAT, head_bytes);
    const char *const arguments[] = {
        self->program,      job->head != NULL ? "head" : (job->is_wrap ? "wrap" : "make"),
        job->profile->name, format_text,
        head_text,          NULL,
    };
    const HthConvertChildOptions options = {
        .arguments = arguments,
        .fds = { job->original_fd, job->scratch_fd, job->out_fd, job->skeleton_fd },
        .stall_ms = self->stall_ms,
        .deadline_ms = self->deadline_ms,
        .events = &events,
        .data = job,
        .context = self->context,
    };
    HthConvertChild *child = hth_convert_child_new(&options, error);
    g_mutex_lock(&self->lock);
    job->child = child;
    g_mutex_unlock(&self->lock);
    return child != NULL;
}

static gboolean start(HthRenditionJob *job, GError **error)
{
    HthRenditions *self = job->renditions;
    HthMediaFormat format = HTH_FORMAT_UNKNOWN;
    guint64 revision = 0;
    job->original_fd = self->open(job->item, &format, &revision, self->data, error);
    if (job->original_fd < 0)
        return FALSE;
    if (!hth_rendition_revision(job->original_fd, &job->before)) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_UNAVAILABLE, "the original can't be looked at");
        return FALSE;
    }
    if (revision != 0 && job->revision != 0 && revision != job->revision) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_CHANGED, "the original changed meanwhile");
        return FALSE;
    }
    if (job->revision == 0)
        job->revision = revision != 0 ? revision : job->before;
    if (!job->has_essence)
        hth_rendition_guess_essence(job->item, job->revision, &job->essence);
    gint64 head_bytes = 0;
    g_autoptr(GBytes) skeleton = NULL;
    g_mutex_lock(&self->lock);
    const gboolean is_chosen = choose(job, &head_bytes, &skeleton, error);
    g_mutex_unlock(&self->lock);
    return is_chosen && open_files(job, skeleton, error) && spawn(job, format, head_bytes, error);
}

/* ---- The queues ---- */

/* The next one that may run now; what is made in advance waits when it would push out what nobody
 * has fetched yet. With the lock held. */
static HthRenditionJob *next_job(HthRenditions *self)
{
    if (self->n_running >= self->n_running_max || !self->is_listed)
        return NULL;
    HthRenditionJob *job = g_queue_pop_head(&self->urgent);
    if (job == NULL && !hth_rendition_store_is_full(self->store, 0))
        job = g_queue_pop_head(&self->ahead);
    if (job != NULL)
        self->running[self->n_running++] = job;
    return job;
}

static void pump(HthRenditions *self)
{
    for (;;) {
        g_autoptr(GError) error = NULL;
        g_mutex_lock(&self->lock);
        HthRenditionJob *job = next_job(self);
        g_mutex_unlock(&self->lock);
        if (job == NULL)
            return;
        if (!start(job, &error))
            fail(job, error);
    }
}

/* ---- The list of profiles ---- */

static void on_offer(const char *word, const char *text, gpointer data)
{
    HthRenditions *self = data;
    const char *space = strchr(text, ' ');
    g_autofree char *name = space != NULL ? g_strndup(text, (gsize)(space - text)) : NULL;
    const HthRenditionProfile *profile = name != NULL ? hth_rendition_profile_find(name) : NULL;
    const gboolean is_offered = strcmp(word, "offer") == 0;
    if (profile == NULL || (is_offered && strlen(space + 1) >= HTH_RENDITION_ENCODER_MAX))
        return;
    g_autofree char *valid = g_utf8_make_valid(space + 1, -1);
    g_mutex_lock(&self->lock);
    for (guint i = 0; i < self->offers->len; i++) {
        HthRenditionOffer *offer = self->offers->pdata[i];
        if (offer->profile != profile)
            continue;
        offer->is_offered = is_offered;
        g_free(is_offered ? offer->encoder : offer->problem);
        *(is_offered ? &offer->encoder : &offer->problem) = g_steal_pointer(&valid);
        if (is_offered)
            g_clear_pointer(&offer->problem, g_free);
    }
    g_mutex_unlock(&self->lock);
}

static void on_listed(const HthConverted *result, const GError *error, gpointer data)
{
    HthRenditions *self = data;
    if (error != NULL)
        hth_log_warning("what can be converted is not known: %s", error->message);
    g_clear_pointer(&self->lister, hth_convert_child_free);
    g_mutex_lock(&self->lock);
    self->is_listed = TRUE;
    g_mutex_unlock(&self->lock);
    pump(self);
}

static void list_profiles(HthRenditions *self)
{
    static const HthConvertChildEvents events = { .line = on_offer, .ended = on_listed };
    const char *const arguments[] = { self->program, "profiles", NULL };
    const HthConvertChildOptions options = {
        .arguments = arguments,
        .fds = { -1, -1, -1, -1 },
        .stall_ms = LIST_DEADLINE_MS,
        .deadline_ms = LIST_DEADLINE_MS,
        .events = &events,
        .data = self,
        .context = self->context,
    };
    g_autoptr(GError) error = NULL;
    self->lister = hth_convert_child_new(&options, &error);
    if (self->lister == NULL)
        on_listed(NULL, error, self);
}

static gboolean on_wake(gpointer data)
{
    HthRenditions *self = data;
    g_source_set_ready_time(self->wake, -1);
    g_mutex_lock(&self->lock);
    const gboolean is_listed = self->is_listed;
    g_mutex_unlock(&self->lock);
    if (is_listed)
        pump(self);
    else if (self->lister == NULL)
        list_profiles(self);
    return G_SOURCE_CONTINUE;
}

gpointer hth_renditions_thread(gpointer renditions)
{
    HthRenditions *self = renditions;
    g_main_context_push_thread_default(self->context);
    g_source_set_callback(self->wake, on_wake, self, NULL);
    g_source_attach(self->wake, self->context);
    g_main_loop_run(self->loop);
    g_source_destroy(self->wake);
    g_clear_pointer(&self->lister, hth_convert_child_free);
    for (guint i = 0; i < self->n_running; i++)
        hth_rendition_job_free(self->running[i]);
    g_main_context_pop_thread_default(self->context);
    return NULL;
}
