/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>

#include "cli.h"

typedef struct {
    HthCli *cli;
    int n_left; /* -1: no end */
} Following;

static gboolean on_event(const char *event, const char *json, gpointer data)
{
    Following *following = data;
    if (following->cli->is_json)
        g_print("{\"event\":\"%s\",\"data\":%s}\n", event, json);
    else
        g_print("%-8s %s\n", event, json);
    fflush(stdout);
    return following->n_left < 0 || --following->n_left > 0;
}

int hth_verb_events(HthCli *cli, int argc, char **argv)
{
    Following following = { .cli = cli, .n_left = -1 };
    const GOptionEntry entries[] = {
        { "count", 'n', 0, G_OPTION_ARG_INT, &following.n_left, "Stop after N events", "N" },
        { NULL },
    };
    if (!hth_cli_parse(cli, entries, &argc, &argv, 0, 0))
        return HTH_EXIT_USAGE;
    g_autoptr(GError) error = NULL;
    if (!hth_client_events(hth_cli_client(cli), on_event, &following, &error))
        return hth_cli_fail(cli, error);
    return HTH_EXIT_OK;
}
