/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hearth: every operation on a home, for terminals and scripts. */
#include <curl/curl.h>
#include <string.h>

#include "base/program-locale.h"
#include "cli.h"

static void print_help(void)
{
    guint n = 0;
    const HthVerb *verbs = hth_verbs(&n);
    g_print("hearth – your home's music, films and photos on every screen\n\n"
            "Usage: hearth COMMAND [OPTIONS]\n\n");
    g_autoptr(HthTable) table = hth_table_new(2);
    hth_table_style(table, 0, HTH_STYLE_BOLD);
    for (guint i = 0; i < n; i++) {
        g_autofree char *name = g_strconcat("  ", verbs[i].name, NULL);
        hth_table_add(table, name, verbs[i].summary);
    }
    hth_table_print(table);
    g_print("\nEach command has --help with examples, and --json for programs.\n"
            "More: hearth(1).\n");
}

static const HthVerb *find_verb(const char *name)
{
    guint n = 0;
    const HthVerb *verbs = hth_verbs(&n);
    for (guint i = 0; i < n; i++) {
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    }
    return NULL;
}

/* --socket, --state-dir and --json may stand before the verb too: they are moved behind it. */
static char **verb_first(int argc, char **argv, int *out_argc)
{
    int at = 1;
    while (at < argc && argv[at][0] == '-') {
        const gboolean has_value =
            strcmp(argv[at], "--socket") == 0 || strcmp(argv[at], "--state-dir") == 0;
        at += has_value ? 2 : 1;
    }
    if (at >= argc)
        return NULL;
    char **ordered = g_new0(char *, (gsize)argc);
    int n = 0;
    ordered[n++] = argv[at];
    for (int i = 1; i < argc; i++) {
        if (i != at)
            ordered[n++] = argv[i];
    }
    *out_argc = n;
    return ordered;
}

static int run(const HthVerb *verb, int argc, char **argv)
{
    HthCli cli = { .verb = verb };
    const int code = verb->run(&cli, argc, argv);
    hth_client_free(cli.client);
    g_free(cli.socket_path);
    g_free(cli.state_dir);
    return code;
}

int main(int argc, char **argv)
{
    hth_locale_init();
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_help();
        return argc < 2 ? HTH_EXIT_USAGE : HTH_EXIT_OK;
    }
    if (strcmp(argv[1], "--version") == 0) {
        g_print("hearth " HTH_VERSION "\n");
        return HTH_EXIT_OK;
    }
    int n_ordered = 0;
    g_autofree char **ordered = verb_first(argc, argv, &n_ordered);
    const HthVerb *verb = ordered != NULL ? find_verb(ordered[0]) : NULL;
    if (verb == NULL) {
        g_printerr("hearth: there is no command “%s”; hearth --help lists them\n",
                   ordered != NULL ? ordered[0] : argv[argc - 1]);
        return HTH_EXIT_USAGE;
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    const int code = run(verb, n_ordered, ordered);
    curl_global_cleanup();
    return code;
}
