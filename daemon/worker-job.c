/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "worker-job.h"

#include <unistd.h>

#include "base/error.h"
#include "media/layout.h"
#include "media/recipe.h"

/* A card reader or a disk that others use too. */
#define SLOW_DISK_BYTES_A_MS 10000

void hth_worker_job_free(HthWorkerJob *job)
{
    if (job == NULL)
        return;
    if (job->fd >= 0)
        close(job->fd);
    g_clear_pointer(&job->body, g_bytes_unref);
    g_free(job);
}

gboolean hth_job_kind_is_background(HthJobKind kind)
{
    return kind >= HTH_JOB_LAYOUT;
}

guint hth_worker_job_deadline_ms(const HthWorkerJob *job, guint base_ms)
{
    return base_ms + (guint)MIN(job->size_bytes / SLOW_DISK_BYTES_A_MS, G_MAXINT / 2);
}

static const struct {
    HthWorkerMessageType request;
    HthWorkerMessageType answer;
} types[HTH_N_JOB_KINDS] = {
    [HTH_JOB_PICTURE] = { HTH_WORKER_PICTURE, HTH_WORKER_PICTURED },
    [HTH_JOB_PROBE] = { HTH_WORKER_PROBE, HTH_WORKER_PROBED },
    [HTH_JOB_LAYOUT] = { HTH_WORKER_LAYOUT, HTH_WORKER_LAYOUT_READ },
    [HTH_JOB_RECIPE] = { HTH_WORKER_RECIPE, HTH_WORKER_RECIPE_MADE },
};

HthWorkerMessage hth_worker_job_request(const HthWorkerJob *job)
{
    return (HthWorkerMessage){
        .type = types[job->kind].request,
        .job = job->id,
        .format = job->format,
        .max_pixels = job->max_pixels,
        .body = job->body,
        .fd = job->fd,
    };
}

/* ---- Answers: nothing that a worker says is believed before it decodes ---- */

static gboolean answer_picture(const HthWorkerJob *job, GBytes *body)
{
    job->pictured(body, NULL, job->data);
    return TRUE;
}

static gboolean answer_probe(const HthWorkerJob *job, GBytes *body)
{
    gsize size = 0;
    const guint8 *bytes = g_bytes_get_data(body, &size);
    HthMediaInfo *info = hth_media_info_decode(bytes, size, NULL);
    if (info == NULL)
        return FALSE;
    job->probed(info, NULL, job->data);
    return TRUE;
}

static gboolean answer_layout(const HthWorkerJob *job, GBytes *body)
{
    g_autoptr(HthLayout) layout = hth_layout_decode(body, NULL);
    if (layout == NULL)
        return FALSE;
    job->layout_read(body, layout, NULL, job->data);
    return TRUE;
}

static gboolean answer_recipe(const HthWorkerJob *job, GBytes *body)
{
    g_autoptr(GBytes) recipe_bytes = NULL;
    g_autoptr(GBytes) layout_bytes = NULL;
    if (!hth_worker_unpair(body, &recipe_bytes, &layout_bytes) || layout_bytes == NULL)
        return FALSE;
    g_autoptr(HthRecipe) recipe = hth_recipe_decode(recipe_bytes, NULL);
    g_autoptr(HthLayout) layout = hth_layout_decode(layout_bytes, NULL);
    if (recipe == NULL || layout == NULL || hth_recipe_new_size(recipe) != layout->size_bytes)
        return FALSE;
    job->recipe_made(recipe_bytes, layout_bytes, NULL, job->data);
    return TRUE;
}

static gboolean (*const answers[HTH_N_JOB_KINDS])(const HthWorkerJob *, GBytes *) = {
    [HTH_JOB_PICTURE] = answer_picture,
    [HTH_JOB_PROBE] = answer_probe,
    [HTH_JOB_LAYOUT] = answer_layout,
    [HTH_JOB_RECIPE] = answer_recipe,
};

static GError *error_of_answer(const HthWorkerMessage *message)
{
    const gboolean is_known = message->code <= HTH_ERROR_CANCELLED;
    g_autofree char *text = message->text != NULL ? g_utf8_make_valid(message->text, -1) : NULL;
    return g_error_new_literal(HTH_ERROR, is_known ? (gint)message->code : HTH_ERROR_FAILED,
                               text != NULL ? text : "the worker gave no reason");
}

gboolean hth_worker_job_answer(const HthWorkerJob *job, const HthWorkerMessage *message)
{
    if (message->job != job->id)
        return FALSE;
    if (message->type == HTH_WORKER_FAILED) {
        g_autoptr(GError) error = error_of_answer(message);
        hth_worker_job_fail(job, error);
        return TRUE;
    }
    return message->type == types[job->kind].answer && answers[job->kind](job, message->body);
}

void hth_worker_job_fail(const HthWorkerJob *job, const GError *error)
{
    switch (job->kind) {
    case HTH_JOB_PICTURE:
        job->pictured(NULL, error, job->data);
        return;
    case HTH_JOB_PROBE:
        job->probed(NULL, error, job->data);
        return;
    case HTH_JOB_LAYOUT:
        job->layout_read(NULL, NULL, error, job->data);
        return;
    default:
        job->recipe_made(NULL, NULL, error, job->data);
    }
}
