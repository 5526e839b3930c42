/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hearth-locker: relays between homes and their devices that are away. */
#include <malloc.h>
#include <signal.h>
#include <string.h>

#include "base/log.h"
#include "base/program-locale.h"
#include "verbs.h"

static void print_help(void)
{
    guint n = 0;
    const HthLockerVerb *verbs = hth_locker_verbs(&n);
    g_print("usage: hearth-locker VERB [--data DIR] …\n\n");
    for (guint i = 0; i < n; i++)
        g_print("  %-9s %-18s %s\n", verbs[i].name, verbs[i].arguments, verbs[i].summary);
    g_print("\nhearth-locker VERB --help tells more; hearth-locker(1) tells all.\n");
}

static const HthLockerVerb *find_verb(const char *name)
{
    guint n = 0;
    const HthLockerVerb *verbs = hth_locker_verbs(&n);
    for (guint i = 0; i < n; i++) {
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    }
    return NULL;
}

int main(int argc, char **argv)
{
    hth_locale_init();
    hth_log_set_levels(NULL);
    signal(SIGPIPE, SIG_IGN);
    /* An arena for each thread would cost more memory than it saves time. */
    mallopt(M_ARENA_MAX, 2);
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help();
        return argc < 2 ? HTH_LOCKER_USAGE : HTH_LOCKER_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        g_print("hearth-locker %s\n", HTH_VERSION);
        return HTH_LOCKER_OK;
    }
    const HthLockerVerb *verb = find_verb(argv[1]);
    if (verb == NULL) {
        g_printerr("hearth-locker: there is no verb “%s”; try: hearth-locker --help\n", argv[1]);
        return HTH_LOCKER_USAGE;
    }
    return verb->run(argc - 1, argv + 1);
}
