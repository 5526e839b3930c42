/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "listing.h"

int hth_verb_search(HthCli *cli, int argc, char **argv)
{
    HthPageOptions page = { .count = 50 };
    g_autofree char *kind = NULL;
    const GOptionEntry entries[] = {
        { "kind", 'k', 0, G_OPTION_ARG_STRING, &kind,
          "Only track, video, photo, album, artist, genre, playlist or folder", "KIND" },
        { "start", 0, 0, G_OPTION_ARG_INT, &page.start, "Leave out the first N", "N" },
        { "count", 0, 0, G_OPTION_ARG_INT, &page.count, "Show N (50; at most 1000)", "N" },
        { "sort", 0, 0, G_OPTION_ARG_STRING, &page.sort, "As for browse", "KEYS" },
        { NULL },
    };
    if (!hth_cli_parse(cli, entries, &argc, &argv, 1, 64))
        return HTH_EXIT_USAGE;
    g_autofree char *words = g_strjoinv(" ", argv + 1);
    g_autofree char *escaped = hth_client_escape(words);
    g_autofree char *escaped_kind = kind != NULL ? hth_client_escape(kind) : NULL;
    g_autofree char *query = hth_page_query(&page);
    g_autofree char *path =
        g_strdup_printf("search?q=%s&%s%s%s", escaped, query, kind != NULL ? "&kind=" : "",
                        kind != NULL ? escaped_kind : "");
    g_free(page.sort);
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) answer = hth_client_get(hth_cli_client(cli), path, &error);
    if (answer == NULL)
        return hth_cli_fail(cli, error);
    if (hth_cli_print_json(cli, answer))
        return HTH_EXIT_OK;
    if (hth_number_member(answer, "total") == 0)
        g_print("Nothing found for “%s”.\n", words);
    else
        hth_page_print(answer);
    return HTH_EXIT_OK;
}
