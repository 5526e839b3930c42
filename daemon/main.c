/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hearthd: the home daemon. */
#include <errno.h>
#include <glib.h>
#include <linux/close_range.h>
#include <malloc.h>
#include <signal.h>
#include <unistd.h>

#include "base/error.h"
#include "base/program-locale.h"
#include "daemon.h"
#include "options.h"

/* How this process was started, to start it so again. */
typedef struct {
    char *program;
    char **arguments;
} Start;

static void start_clear(Start *self)
{
    g_free(self->program);
    g_strfreev(self->arguments);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Start, start_clear)

/* The path is asked for before an upgrade replaces the program: what is there then is run. */
static Start start_of(char **argv)
{
    char *program = g_file_read_link("/proc/self/exe", NULL);
    return (Start){
        .program = program != NULL ? program : g_strdup(argv[0]),
        .arguments = g_strdupv(argv),
    };
}

/* Becomes hearthd again in this process, which so keeps its id and its place in a service manager.
 * Returns only when that fails: an exit code with which a service manager tries again. */
static int begin_anew(const Start *start)
{
    /* Ours are closed on exec as they are; this is for those of libraries. Without it they stay. */
    (void)close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
    execv(start->program, start->arguments);
    g_printerr("hearthd: %s cannot be started again: %s\n", start->program, g_strerror(errno));
    return 1;
}

/* Starts, serves and ends. @out_begins_anew: a restart was asked for. Returns: an exit code. */
static int serve(const HthOptions *options, gboolean *out_begins_anew)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HthDaemon) daemon = hth_daemon_start(options, &error);
    if (daemon == NULL) {
        g_printerr("hearthd: %s\n", error->message);
        return g_error_matches(error, HTH_ERROR, HTH_ERROR_BUSY) ? 4 : 1;
    }
    *out_begins_anew = hth_daemon_run(daemon);
    return 0;
}

int main(int argc, char **argv)
{
    hth_locale_init();
    /* An arena for each thread would cost more memory than it saves time: two are enough. */
    mallopt(M_ARENA_MAX, 2);
    /* An answer to Browse is some 100 KB, made and freed ten thousand times a second: by default
     * each would be mapped or the heap trimmed anew, at twice the cost of writing it (measured). */
    mallopt(M_MMAP_THRESHOLD, 4 * 1024 * 1024);
    mallopt(M_TRIM_THRESHOLD, 16 * 1024 * 1024);
    signal(SIGPIPE, SIG_IGN);

    g_auto(Start) start = start_of(argv); /* parsing changes them */
    g_autoptr(GError) error = NULL;
    g_auto(HthOptions) options = { .port = -1 };
    if (!hth_options_parse(&options, &argc, &argv, &error)) {
        g_printerr("hearthd: %s\nTry: hearthd --help\n", error->message);
        return 2;
    }
    if (options.wants_version) {
        g_print("hearthd " HTH_VERSION "\n");
        return 0;
    }
    gboolean begins_anew = FALSE;
    const int code = serve(&options, &begins_anew);
    return begins_anew ? begin_anew(&start) : code;
}
