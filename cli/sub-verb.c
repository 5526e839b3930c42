/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sub-verb.h"

#include <string.h>

/* The verb's name and its row's come before the words. */
#define N_NAMES 2

static int most_words(const HthSubVerb *rows, guint n_rows)
{
    int n = 0;
    for (guint i = 0; i < n_rows; i++)
        n = MAX(n, 1 + rows[i].max_words);
    return n;
}

/* NULL: the words fit none. */
static const HthSubVerb *find(const HthSubVerb *rows, guint n_rows, int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : rows[0].name;
    const int n_words = MAX(argc - N_NAMES, 0);
    for (guint i = 0; i < n_rows; i++) {
        if (strcmp(rows[i].name, name) == 0 && n_words >= rows[i].min_words &&
            n_words <= rows[i].max_words)
            return &rows[i];
    }
    return NULL;
}

int hth_sub_verb_run(HthCli *cli, const HthSubVerb *rows, guint n_rows, const char *usage, int argc,
                     char **argv)
{
    if (!hth_cli_parse(cli, NULL, &argc, &argv, 0, most_words(rows, n_rows)))
        return HTH_EXIT_USAGE;
    const HthSubVerb *row = find(rows, n_rows, argc, argv);
    if (row == NULL) {
        g_printerr("hearth %s takes: %s\n", cli->verb->name,
                   usage != NULL ? usage : cli->verb->arguments);
        return HTH_EXIT_USAGE;
    }
    char *none[] = { NULL };
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) answer =
        row->ask(cli, row, argc > N_NAMES ? argv + N_NAMES : none, &error);
    return hth_cli_end(cli, answer, error, row->print);
}
