/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hearthd: the home daemon. */
#include <glib.h>
#include <malloc.h>
#include <signal.h>

#include "base/error.h"
#include "base/program-locale.h"
#include "daemon.h"
#include "options.h"

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
    g_autoptr(HthDaemon) daemon = hth_daemon_start(&options, &error);
    if (daemon == NULL) {
        g_printerr("hearthd: %s\n", error->message);
        return g_error_matches(error, HTH_ERROR, HTH_ERROR_BUSY) ? 4 : 1;
    }
    hth_daemon_run(daemon);
    return 0;
}
