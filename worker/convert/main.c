/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hearth-convert: makes one rendition, or the tags of one. media/convert-protocol.h says how it is
 * called. */
#include <errno.h>
#include <gnutls/gnutls.h>
#include <libavutil/log.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../picture.h"
#include "../probe.h"
#include "../sandbox.h"
#include "base/error.h"
#include "base/hex.h"
#include "elements.h"
#include "media/convert-protocol.h"
#include "mp3-info.h"
#include "pipeline.h"
#include "report.h"
#include "wrap.h"

/* A cover larger than this is made smaller: it is in each file of an album. */
#define COVER_BYTES_MAX (1024 * 1024)
#define COVER_PIXELS    1000
#define AVENC_AAC_DELAY 1024
#define IDLE_NICE       10

typedef enum { MODE_PROFILES, MODE_MAKE, MODE_WRAP, MODE_HEAD } Mode;

typedef struct {
    Mode mode;
    const HthRenditionProfile *profile;
    HthMediaFormat format;
    gint64 head_bytes;
    HthMediaInfo *info; /* of the original */
    GBytes *cover;      /* NULL: none */
} Job;

static void job_clear(Job *job)
{
    g_clear_pointer(&job->info, hth_media_info_free);
    g_clear_pointer(&job->cover, g_bytes_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Job, job_clear)

static gboolean fail(GError **error, HthError code, const char *what)
{
    g_set_error_literal(error, HTH_ERROR, (gint)code, what);
    return FALSE;
}

static gboolean size_of(int fd, gint64 *out_bytes, GError **error)
{
    struct stat status;
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
        return fail(error, HTH_ERROR_INVALID, "a descriptor is not of a regular file");
    *out_bytes = status.st_size;
    return TRUE;
}

/* ---- The original's tags ---- */

static GBytes *read_cover(const Job *job)
{
    g_auto(HthSource) source = { 0 };
    if (!job->info->has_artwork ||
        !hth_source_open(&source, HTH_CONVERT_ORIGINAL_FD, HTH_PICTURE_BUDGET_BYTES, NULL))
        return NULL;
    g_autoptr(GBytes) cover = hth_picture_make(&source, job->format, 0, NULL);
    if (cover == NULL || g_bytes_get_size(cover) <= COVER_BYTES_MAX)
        return g_steal_pointer(&cover); /* a broken one is left out */
    return hth_picture_make(&source, job->format, COVER_PIXELS, NULL);
}

static gboolean read_original(Job *job, GError **error)
{
    g_auto(HthSource) source = { 0 };
    g_auto(HthProbe) probe = { 0 };
    if (!hth_source_open(&source, HTH_CONVERT_ORIGINAL_FD, HTH_PROBE_BUDGET_BYTES, error) ||
        !hth_probe_run(&probe, &source, job->format, error))
        return FALSE;
    job->info = g_steal_pointer(&probe.info);
    if (job->info->kind != job->profile->kind)
        return fail(error, HTH_ERROR_UNSUPPORTED, "the profile is for files of another kind");
    if (job->profile->kind == HTH_MEDIA_AUDIO)
        job->cover = read_cover(job);
    return TRUE;
}

/* ---- Making the payload ---- */

static gboolean make_photo(const Job *job, HthWrapInput *out, GError **error)
{
    g_auto(HthSource) source = { 0 };
    if (!hth_source_open(&source, HTH_CONVERT_ORIGINAL_FD, HTH_PICTURE_BUDGET_BYTES, error))
        return FALSE;
    g_autoptr(GBytes) jpeg = hth_picture_make(&source, job->format, job->profile->max_width, error);
    if (jpeg == NULL)
        return FALSE;
    gsize size = 0;
    const guint8 *bytes = g_bytes_get_data(jpeg, &size);
    for (gsize done = 0; done < size;) {
        const gssize n = pwrite(out->fd, bytes + done, size - done, (off_t)done);
        if (n <= 0)
            return fail(error, HTH_ERROR_FAILED, g_strerror(errno));
        done += (gsize)n;
    }
    out->size_bytes = (gint64)size;
    return TRUE;
}

static gboolean make_sound_or_video(const Job *job, HthWrapInput *out, GError **error)
{
    const gboolean is_mp3 = job->profile->codec == HTH_RENDITION_MP3;
    gint64 size = 0;
    if (!size_of(HTH_CONVERT_ORIGINAL_FD, &size, error))
        return FALSE;
    const HthPipelineJob pipeline = {
        .profile = job->profile,
        .info = job->info,
        .in_fd = HTH_CONVERT_ORIGINAL_FD,
        .in_bytes = (guint64)size,
        .out_fd = out->fd,
        .first_byte = is_mp3 ? HTH_MP3_INFO_MAX : 0,
        .report_fd = HTH_CONVERT_REPORT_FD,
    };
    HthPipelineResult result;
    if (!hth_pipeline_run(&pipeline, &result, error))
        return FALSE;
    out->size_bytes = (gint64)result.end;
    if (is_mp3)
        out->payload_offset = (gint64)hth_mp3_info_write(out->fd, HTH_MP3_INFO_MAX, result.end,
                                                         result.n_samples, error);
    /* Other encoders of AAC do not say what they put before the sound. */
    if (job->profile->codec == HTH_RENDITION_AAC &&
        strcmp(result.audio_encoder, "avenc_aac") == 0) {
        out->n_samples = result.n_samples;
        out->n_delay = AVENC_AAC_DELAY;
        out->rate_hz = result.rate_hz;
    }
    return !is_mp3 || out->payload_offset != 0;
}

/* ---- Wrapping it ---- */

static gboolean write_head(const HthWrapPlan *plan, int fd, GError **error)
{
    for (guint done = 0; done < plan->head->len;) {
        const gssize n = write(fd, plan->head->data + done, plan->head->len - done);
        if (n <= 0)
            return fail(error, HTH_ERROR_FAILED, g_strerror(errno));
        done += (guint)n;
    }
    return TRUE;
}

/* The head as it is without tags, of the same size: enough to make the next head from. */
static gboolean write_skeleton(const Job *job, const HthWrapInput *input, gint64 head_bytes,
                               GError **error)
{
    g_autoptr(HthMediaInfo) empty = hth_media_info_new();
    g_auto(HthWrapPlan) plan = { 0 };
    HthWrapInput bare = *input;
    bare.info = empty;
    bare.cover = NULL;
    bare.head_bytes = head_bytes;
    bare.room_max = G_MAXINT64;
    return hth_wrap_plan(job->profile->codec, &bare, &plan, error) &&
           write_head(&plan, HTH_CONVERT_SKELETON_FD, error);
}

static void report_done(const HthWrapped *wrapped, gint64 payload_offset)
{
    g_autofree char *hash = hth_hex_encode(wrapped->hash.bytes, sizeof wrapped->hash.bytes);
    g_autofree char *payload_hash =
        hth_hex_encode(wrapped->payload_hash.bytes, sizeof wrapped->payload_hash.bytes);
    hth_report(HTH_CONVERT_REPORT_FD, "done", "%" G_GINT64_FORMAT " %s %" G_GINT64_FORMAT " %s",
               wrapped->size_bytes, hash, payload_offset, payload_hash);
}

static gboolean wrap(const Job *job, const HthWrapInput *input, GError **error)
{
    g_auto(HthWrapPlan) plan = { 0 };
    HthWrapped wrapped = { .size_bytes = 0 };
    if (!hth_wrap_plan(job->profile->codec, input, &plan, error))
        return FALSE;
    const gint64 head_bytes = plan.head->len;
    if (job->mode == MODE_HEAD) {
        /* The device's pages have their numbers: they can't be told others from here. */
        if (plan.has_pages && plan.first_page != plan.old_first_page)
            return fail(error, HTH_ERROR_UNSUPPORTED, "the tags take another number of pages");
        wrapped.size_bytes = head_bytes;
        if (!write_head(&plan, HTH_CONVERT_OUT_FD, error))
            return FALSE;
    } else if (!hth_wrap_write(input, &plan, HTH_CONVERT_OUT_FD, &wrapped, error) ||
               !write_skeleton(job, input, head_bytes, error)) {
        return FALSE;
    }
    report_done(&wrapped, head_bytes);
    return TRUE;
}

static gboolean run(Job *job, GError **error)
{
    if (!read_original(job, error))
        return FALSE;
    HthWrapInput input = {
        .info = job->info,
        .cover = job->cover,
        .fd = HTH_CONVERT_SCRATCH_FD,
        .head_bytes = job->head_bytes,
    };
    if (job->mode != MODE_MAKE)
        return size_of(input.fd, &input.size_bytes, error) && wrap(job, &input, error);
    const gboolean is_made = job->profile->kind == HTH_MEDIA_PHOTO
                                 ? make_photo(job, &input, error)
                                 : make_sound_or_video(job, &input, error);
    return is_made && wrap(job, &input, error);
}

static void list_profiles(void)
{
    guint n = 0;
    const HthRenditionProfile *profiles = hth_rendition_profiles(&n);
    for (guint i = 0; i < n; i++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *encoder = hth_elements_encoder(&profiles[i], &error);
        hth_report(HTH_CONVERT_REPORT_FD, encoder != NULL ? "offer" : "missing", "%s %s",
                   profiles[i].name, encoder != NULL ? encoder : error->message);
    }
}

/* ---- Start ---- */

static void no_log(void *context, int level, const char *format, va_list args)
{
}

/* It is made ahead of the time when it is wanted: whatever else runs goes first. */
static void stand_back(void)
{
    const struct sched_param none = { 0 };
    (void)setpriority(PRIO_PROCESS, 0, IDLE_NICE); /* where the other is not offered */
    (void)sched_setscheduler(0, SCHED_IDLE, &none);
}

static gboolean close_door(GError **error)
{
    const HthSandboxDoor door = {
        .first_fd = HTH_CONVERT_REPORT_FD,
        .last_fd = HTH_CONVERT_LAST_FD,
        .has_loops = TRUE,
        .memory_bytes = 3ULL << 30,
        .file_bytes = 64ULL << 30,
        .n_files = 64,
    };
    g_autofree char *sandbox = hth_sandbox_close(&door, error);
    if (sandbox == NULL)
        return FALSE;
    hth_report(HTH_CONVERT_REPORT_FD, "sandbox", "%s", sandbox);
    return TRUE;
}

static gboolean read_arguments(int n, char **arguments, Job *job)
{
    static const char *const modes[] = { "profiles", "make", "wrap", "head" };
    guint mode = 0;
    while (mode < G_N_ELEMENTS(modes) && (n < 2 || strcmp(arguments[1], modes[mode]) != 0))
        mode++;
    job->mode = mode;
    if (mode == MODE_PROFILES)
        return n <= 3;
    gint64 format = 0;
    if (mode >= G_N_ELEMENTS(modes) || n != 5 ||
        !g_ascii_string_to_signed(arguments[3], 10, 0, HTH_N_FORMATS - 1, &format, NULL) ||
        !g_ascii_string_to_signed(arguments[4], 10, 0, HTH_CONVERT_HEAD_MAX, &job->head_bytes,
                                  NULL))
        return FALSE;
    job->format = (HthMediaFormat)format;
    job->profile = hth_rendition_profile_find(arguments[2]);
    return job->profile != NULL;
}

int main(int argc, char **argv)
{
    g_auto(Job) job = { 0 };
    g_autoptr(GError) error = NULL;
    if (!read_arguments(argc, argv, &job)) {
        fprintf(stderr, "hearth-convert is started by hearthd; see hearth-convert(8)\n");
        return 2;
    }
    signal(SIGINT, SIG_IGN); /* in hearthd's terminal it is meant for hearthd */
    signal(SIGHUP, SIG_IGN);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)g_random_int(); /* its seed is read here */
    (void)gnutls_global_init();
    av_log_set_callback(no_log);
    const gboolean is_gst = job.mode == MODE_PROFILES ||
                            (job.mode == MODE_MAKE && job.profile->kind != HTH_MEDIA_PHOTO);
    if (is_gst)
        hth_elements_load(job.mode == MODE_PROFILES && argc == 3 ? argv[2] : NULL);
    if (job.mode == MODE_MAKE)
        stand_back();
    if (job.mode == MODE_PROFILES)
        list_profiles();
    else if (!close_door(&error) || !run(&job, &error))
        hth_report_failure(HTH_CONVERT_REPORT_FD, error);
    /* Without the exit handlers of the libraries: some want to do what is no longer allowed. */
    _exit(error == NULL ? 0 : 1);
}
