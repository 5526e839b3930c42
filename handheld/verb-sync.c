/* SPDX-License-Identifier: GPL-3.0-or-later */
/* sync, and verify, which is a sync that reads every file first. */
#include <glib-unix.h>
#include <string.h>

#include "base/error.h"
#include "finder.h"
#include "progress-line.h"
#include "session.h"

/* While the home makes ready what is still to come it is asked again, less and less often: each
 * question is a plan at home, made beside what is waited for. */
#define HOME_PAUSE_MIN_MS 20
#define HOME_PAUSE_MAX_MS 500
#define HOME_WAIT_MS      (10 * 60 * 1000)

/* Ctrl+C ends the network; the engine then keeps what has come. */
static gboolean on_signal(gpointer data)
{
    g_cancellable_cancel(data);
    return G_SOURCE_CONTINUE;
}

/* The main loop runs in a thread of its own: steps block. */
static gpointer run_loop(gpointer data)
{
    GMainContext *context = g_main_loop_get_context(data);
    g_main_context_push_thread_default(context);
    g_main_loop_run(data);
    g_main_context_pop_thread_default(context);
    return NULL;
}

typedef struct {
    GMainContext *context;
    GMainLoop *loop;
    GThread *thread;
} SignalWatch;

static void add_signal(SignalWatch *self, int number, GCancellable *cancellable)
{
    GSource *source = g_unix_signal_source_new(number);
    g_source_set_callback(source, on_signal, g_object_ref(cancellable), g_object_unref);
    g_source_attach(source, self->context);
    g_source_unref(source);
}

static void signal_watch_start(SignalWatch *self, GCancellable *cancellable)
{
    self->context = g_main_context_new();
    self->loop = g_main_loop_new(self->context, FALSE);
    add_signal(self, SIGINT, cancellable);
    add_signal(self, SIGTERM, cancellable);
    self->thread = g_thread_new("signals", run_loop, self->loop);
}

static gboolean quit_loop(gpointer data)
{
    g_main_loop_quit(data);
    return G_SOURCE_REMOVE;
}

static void signal_watch_stop(SignalWatch *self)
{
    g_main_context_invoke(self->context, quit_loop, self->loop);
    g_thread_join(self->thread);
    g_main_loop_unref(self->loop);
    g_main_context_unref(self->context);
}

static HthSyncStep run_steps(const HthHandheld *handheld, HthSession *session,
                             HthSyncProgress *out_progress, GError **error)
{
    HthProgressLine line;
    HthSyncStep step = HTH_SYNC_STEP_MORE;
    hth_progress_line_init(&line);
    guint64 pause_ms = HOME_PAUSE_MIN_MS, waited_ms = 0;
    while (step == HTH_SYNC_STEP_MORE) {
        step = hth_session_step(session, out_progress, error);
        if (!handheld->is_json)
            hth_progress_line_show(&line, out_progress);
        if (step == HTH_SYNC_STEP_WAIT && out_progress->wait == HTH_SYNC_WAITS_HOME &&
            waited_ms < HOME_WAIT_MS) {
            g_usleep(pause_ms * 1000);
            waited_ms += pause_ms;
            pause_ms = MIN(pause_ms * 3 / 2, HOME_PAUSE_MAX_MS);
            hth_session_wake(session, FALSE);
            step = HTH_SYNC_STEP_MORE;
        }
    }
    hth_progress_line_end(&line);
    return step;
}

static void say_refused(const HthSyncProgress *progress)
{
    if (progress->operations_refused > 0)
        g_print("%" G_GUINT64_FORMAT " operations could not be done; the home knows why: hearth "
                "devices show\n",
                progress->operations_refused);
    if (progress->n_held_back > 0)
        g_print("%u files are missing from the folder. If you deleted them: hearth-handheld "
                "confirm\n",
                progress->n_held_back);
    if (progress->n_damaged > 0)
        g_print("%u files were damaged, and were repaired from home.\n", progress->n_damaged);
    if (progress->wait != HTH_SYNC_WAITS_NOT)
        g_print("Not everything is here: %s.\n", hth_sync_wait_name(progress->wait));
}

static int report(const HthHandheld *handheld, HthSession *session, const HthSyncProgress *progress,
                  const GError *error)
{
    if (handheld->is_json) {
        g_autofree char *summary = hth_session_summary(session, progress, error);
        g_print("%s\n", summary);
    } else if (error == NULL) {
        g_autofree char *fetched = g_format_size(progress->bytes_fetched);
        g_print("%" G_GUINT64_FORMAT " files are here; %" G_GUINT64_FORMAT
                " operations, %s fetched.\n",
                progress->n_files, progress->operations_done, fetched);
        say_refused(progress);
    }
    if (error != NULL) {
        g_printerr("hearth-handheld: %s\n", error->message);
        return g_error_matches(error, HTH_ERROR, HTH_ERROR_NETWORK) ? HTH_HANDHELD_NO_HOME
                                                                    : HTH_HANDHELD_PROBLEM;
    }
    return progress->wait != HTH_SYNC_WAITS_NOT && !progress->is_wiped ? HTH_HANDHELD_PROBLEM
                                                                       : HTH_HANDHELD_OK;
}

static int sync_home(const HthHandheld *handheld, const HthPairedHome *home,
                     const HthSessionLimits *limits, GCancellable *cancellable, gboolean verifies)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HthSession) session =
        hth_session_open(handheld, home, NULL, limits, cancellable, &error);
    if (session == NULL)
        return hth_handheld_fail(handheld, error, HTH_HANDHELD_PROBLEM);
    HthSyncProgress progress = { 0 };
    if (verifies)
        hth_sync_device_verify(hth_session_device(session));
    if (hth_find_home(handheld, home, hth_session_transport(session), &error))
        (void)run_steps(handheld, session, &progress, &error);
    if (hth_transport_verdict(hth_session_transport(session)) == HTH_VERDICT_WIPE &&
        hth_sync_device_wipe(hth_session_device(session), NULL)) {
        g_clear_error(&error);
        (void)run_steps(handheld, session, &progress, &error);
    }
    const int code = report(handheld, session, &progress, error);
    if (progress.is_wiped)
        (void)hth_paired_home_remove(home, handheld->state_dir, NULL); /* it is refused anyway */
    return code;
}

static int sync_or_verify(HthHandheld *handheld, int argc, char **argv, gboolean verifies)
{
    HthSessionLimits limits = { 0 };
    const GOptionEntry entries[] = { HTH_SESSION_LIMIT_ENTRIES(limits), { NULL } };
    if (!hth_handheld_parse(handheld, entries, &argc, &argv, 0, 0))
        return HTH_HANDHELD_USAGE;
    g_autoptr(GError) error = NULL;
    g_autoptr(HthPairedHome) home =
        hth_paired_home_find(handheld->state_dir, handheld->home, &error);
    int code;
    if (home == NULL) {
        code = hth_handheld_fail(handheld, error, HTH_HANDHELD_NO_HOME);
    } else {
        g_autoptr(GCancellable) cancellable = g_cancellable_new();
        SignalWatch watch;
        signal_watch_start(&watch, cancellable);
        code = sync_home(handheld, home, &limits, cancellable, verifies);
        signal_watch_stop(&watch);
    }
    hth_session_limits_clear(&limits);
    return code;
}

int hth_handheld_verb_sync(HthHandheld *handheld, int argc, char **argv)
{
    return sync_or_verify(handheld, argc, argv, FALSE);
}

int hth_handheld_verb_verify(HthHandheld *handheld, int argc, char **argv)
{
    return sync_or_verify(handheld, argc, argv, TRUE);
}
