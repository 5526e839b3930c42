/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hearth-worker: opens media files, so that hearthd never has to. See docs/worker.md. */
#include <gnutls/crypto.h>
#include <libavutil/log.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/error.h"
#include "media/worker-protocol.h"
#include "picture.h"
#include "probe.h"
#include "sandbox.h"
#include "sync-jobs.h"

/* What broken files make libavformat say is of no use to anyone. */
static void no_log(void *context, int level, const char *format, va_list args)
{
}

static GBytes *probe_file(int fd, HthMediaFormat format, GError **error)
{
    g_auto(HthSource) source = { 0 };
    g_auto(HthProbe) probe = { 0 };
    if (!hth_source_open(&source, fd, HTH_PROBE_BUDGET_BYTES, error) ||
        !hth_probe_run(&probe, &source, format, error))
        return NULL;
    GByteArray *record = g_byte_array_new();
    hth_media_info_encode(probe.info, record);
    return g_byte_array_free_to_bytes(record);
}

static GBytes *picture_file(const HthWorkerMessage *request, GError **error)
{
    g_auto(HthSource) source = { 0 };
    if (!hth_source_open(&source, request->fd, HTH_PICTURE_BUDGET_BYTES, error))
        return NULL;
    g_autoptr(GBytes) jpeg = hth_picture_make(&source, request->format, request->max_pixels, error);
    if (jpeg != NULL && g_bytes_get_size(jpeg) > HTH_WORKER_PICTURE_MAX) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_TOO_LARGE, "the picture is too large");
        return NULL;
    }
    return g_steal_pointer(&jpeg);
}

static GBytes *do_probe(const HthWorkerMessage *request, GError **error)
{
    return probe_file(request->fd, request->format, error);
}

static GBytes *do_layout(const HthWorkerMessage *request, GError **error)
{
    return hth_sync_job_layout(request->fd, request->format, error);
}

static GBytes *do_recipe(const HthWorkerMessage *request, GError **error)
{
    return hth_sync_job_recipe(request->fd, request->format, request->body, error);
}

/* One row a request. */
static const struct {
    HthWorkerMessageType answer;
    GBytes *(*run)(const HthWorkerMessage *request, GError **error);
} jobs[HTH_N_WORKER_MESSAGES] = {
    [HTH_WORKER_PROBE] = { HTH_WORKER_PROBED, do_probe },
    [HTH_WORKER_PICTURE] = { HTH_WORKER_PICTURED, picture_file },
    [HTH_WORKER_LAYOUT] = { HTH_WORKER_LAYOUT_READ, do_layout },
    [HTH_WORKER_RECIPE] = { HTH_WORKER_RECIPE_MADE, do_recipe },
};

/* Returns: FALSE when the socket's other end is gone. */
static gboolean do_job(const HthWorkerMessage *request)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GBytes) body = jobs[request->type].run(request, &error);
    HthWorkerMessage answer = { .job = request->job, .fd = -1 };
    if (body != NULL) {
        answer.type = jobs[request->type].answer;
        answer.body = body;
    } else {
        answer.type = HTH_WORKER_FAILED;
        answer.code = (guint32)error->code;
        answer.text = error->message;
    }
    return hth_worker_send(HTH_WORKER_SOCKET_FD, &answer, 0, NULL);
}

/* Libraries that look at the system when they are first used do so before the door closes. */
static void warm_up(void)
{
    guint8 digest[32];
    (void)gnutls_hash_fast(GNUTLS_DIG_SHA256, "", 0, digest);
    (void)gnutls_global_init();
    av_log_set_callback(no_log);
}

static gboolean say_hello(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *sandbox = hth_sandbox_enter(HTH_WORKER_SOCKET_FD, &error);
    if (sandbox == NULL) {
        fprintf(stderr, "hearth-worker: the sandbox can't be closed: %s\n", error->message);
        return FALSE;
    }
    const HthWorkerMessage hello = {
        .type = HTH_WORKER_HELLO,
        .code = HTH_WORKER_PROTOCOL_VERSION,
        .text = sandbox,
        .fd = -1,
    };
    return hth_worker_send(HTH_WORKER_SOCKET_FD, &hello, 0, NULL);
}

int main(void)
{
    /* Ctrl+C in hearthd's terminal is meant for hearthd, which ends its children in its own way. */
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* and the socket ends, should this not be offered */
    warm_up();
    if (!say_hello())
        return 1;
    gboolean is_alive = TRUE;
    while (is_alive) {
        g_auto(HthWorkerMessage) request = HTH_WORKER_MESSAGE_INIT;
        is_alive = hth_worker_receive(HTH_WORKER_SOCKET_FD, &request, 0, NULL) &&
                   jobs[request.type].run != NULL && do_job(&request);
    }
    /* Without the exit handlers of the libraries: some want to do what is no longer allowed. */
    _exit(0);
}
