/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "listing.h"

int hth_verb_browse(HthCli *cli, int argc, char **argv)
{
    HthPageOptions page = { .count = 100 };
    const GOptionEntry entries[] = {
        { "start", 0, 0, G_OPTION_ARG_INT, &page.start, "Leave out the first N", "N" },
        { "count", 0, 0, G_OPTION_ARG_INT, &page.count, "Show N (100; at most 1000)", "N" },
        { "sort", 0, 0, G_OPTION_ARG_STRING, &page.sort,
          "title, artist, album, date, added, track, …; -date for the newest first", "KEYS" },
        { NULL },
    };
    if (!hth_cli_parse(cli, entries, &argc, &argv, 0, 1))
        return HTH_EXIT_USAGE;
    g_autofree char *id = hth_client_escape(argc > 1 ? argv[1] : "0");
    g_autofree char *query = hth_page_query(&page);
    g_autofree char *path = g_strdup_printf("browse/%s?%s", id, query);
    g_free(page.sort);
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) answer = hth_client_get(hth_cli_client(cli), path, &error);
    return hth_cli_end(cli, answer, error, hth_page_print);
}
