/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <string.h>

#include "listing.h"

#define LOOK_MS 500

static void print_line(HthCli *cli, JsonObject *line)
{
    if (hth_cli_print_json(cli, line))
        return;
    g_autoptr(GDateTime) time =
        g_date_time_new_from_unix_local(hth_number_member(line, "unix_us") / G_USEC_PER_SEC);
    g_autofree char *clock = g_date_time_format(time, "%F %T");
    g_autofree char *dim = hth_print_styled(HTH_STYLE_DIM, clock);
    const char *level = hth_text_member(line, "level");
    const HthStyle style = strcmp(level, "error") == 0     ? HTH_STYLE_BAD
                           : strcmp(level, "warning") == 0 ? HTH_STYLE_WARN
                                                           : HTH_STYLE_PLAIN;
    g_autofree char *styled = hth_print_styled(style, level);
    g_print("%s %s %s: %s\n", dim, styled, hth_text_member(line, "topic"),
            hth_text_member(line, "message"));
}

/* Prints what is newer than @after. Returns: whether there was any. */
static gboolean print_newer(HthCli *cli, gint64 *after, GError **error)
{
    g_autofree char *path = g_strdup_printf("logs?after=%" G_GINT64_FORMAT, *after);
    g_autoptr(JsonObject) answer = hth_client_get(hth_cli_client(cli), path, error);
    if (answer == NULL)
        return FALSE;
    JsonArray *lines = json_object_get_array_member(answer, "lines");
    for (guint i = 0; i < json_array_get_length(lines); i++) {
        JsonObject *line = json_array_get_object_element(lines, i);
        *after = hth_number_member(line, "sequence");
        print_line(cli, line);
    }
    fflush(stdout);
    return json_array_get_length(lines) > 0;
}

int hth_verb_logs(HthCli *cli, int argc, char **argv)
{
    gboolean is_following = FALSE;
    const GOptionEntry entries[] = {
        { "follow", 'f', 0, G_OPTION_ARG_NONE, &is_following, "Go on with new lines", NULL },
        { NULL },
    };
    if (!hth_cli_parse(cli, entries, &argc, &argv, 0, 0))
        return HTH_EXIT_USAGE;
    gint64 after = 0;
    for (;;) {
        g_autoptr(GError) error = NULL;
        const gboolean has_more = print_newer(cli, &after, &error);
        if (error != NULL)
            return hth_cli_fail(cli, error);
        if (has_more)
            continue;
        if (!is_following)
            return HTH_EXIT_OK;
        g_usleep(LOOK_MS * 1000);
    }
}
