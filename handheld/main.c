/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hearth-handheld: keeps a folder of this device in step with its home. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/program-locale.h"
#include "handheld.h"

static void print_help(void)
{
    guint n = 0;
    const HthHandheldVerb *verbs = hth_handheld_verbs(&n);
    g_print("usage: hearth-handheld VERB …\n\n");
    for (guint i = 0; i < n; i++)
        g_print("  %-9s %-12s %s\n", verbs[i].name, verbs[i].arguments, verbs[i].summary);
    g_print("\nhearth-handheld VERB --help tells more; hearth-handheld(1) tells all.\n");
}

static const HthHandheldVerb *find_verb(const char *name)
{
    guint n = 0;
    const HthHandheldVerb *verbs = hth_handheld_verbs(&n);
    for (guint i = 0; i < n; i++) {
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    }
    return NULL;
}

static void clear(HthHandheld *handheld)
{
    g_free(handheld->state_dir);
    g_free(handheld->folder);
    g_free(handheld->interface);
    g_free(handheld->home);
    g_free(handheld->address);
}

int main(int argc, char **argv)
{
    hth_locale_init();
    hth_log_set_levels(NULL);
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help();
        return argc < 2 ? HTH_HANDHELD_USAGE : HTH_HANDHELD_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        g_print("hearth-handheld %s\n", HTH_VERSION);
        return HTH_HANDHELD_OK;
    }
    HthHandheld handheld = { .verb = find_verb(argv[1]) };
    if (handheld.verb == NULL) {
        g_printerr("hearth-handheld: there is no verb “%s”; try: hearth-handheld --help\n",
                   argv[1]);
        return HTH_HANDHELD_USAGE;
    }
    const int code = handheld.verb->run(&handheld, argc - 1, argv + 1);
    clear(&handheld);
    return code;
}
