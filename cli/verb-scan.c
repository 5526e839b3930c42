/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "listing.h"
#include "scan-progress.h"

#define LOOK_MS 250

static void print_problems(JsonObject *answer)
{
    JsonArray *problems = json_object_get_array_member(answer, "problems");
    if (json_array_get_length(problems) == 0)
        g_print("Every file could be read.\n");
    for (guint i = 0; i < json_array_get_length(problems); i++) {
        JsonObject *problem = json_array_get_object_element(problems, i);
        g_autofree char *reason =
            hth_print_styled(HTH_STYLE_DIM, hth_text_member(problem, "reason"));
        g_print("%s\n    %s\n", hth_text_member(problem, "path"), reason);
    }
}

/* Follows the scan until nothing is left to do. On a terminal one line is written over and over. */
static int follow(HthCli *cli)
{
    const gboolean is_terminal = hth_print_is_terminal() && !cli->is_json;
    for (;;) {
        g_usleep(LOOK_MS * 1000);
        g_autoptr(GError) error = NULL;
        g_autoptr(JsonObject) status = hth_client_get(hth_cli_client(cli), "status", &error);
        if (status == NULL)
            return hth_cli_fail(cli, error);
        JsonObject *scan = json_object_get_object_member(status, "scan");
        const gboolean is_idle = hth_scan_is_idle(scan);
        g_autofree char *line = hth_scan_line(scan);
        if (is_terminal)
            g_print("\r\033[K%s", line);
        if (!is_idle)
            continue;
        if (!hth_cli_print_json(cli, scan))
            g_print(is_terminal ? "\n" : "%s\n", line);
        return HTH_EXIT_OK;
    }
}

int hth_verb_scan(HthCli *cli, int argc, char **argv)
{
    gboolean is_full = FALSE;
    gboolean wants_problems = FALSE;
    gboolean has_no_wait = FALSE;
    const GOptionEntry entries[] = {
        { "full", 0, 0, G_OPTION_ARG_NONE, &is_full, "Read every file anew", NULL },
        { "no-wait", 0, 0, G_OPTION_ARG_NONE, &has_no_wait, "Do not wait for its end", NULL },
        { "problems", 0, 0, G_OPTION_ARG_NONE, &wants_problems,
          "List the files that could not be read, and scan nothing", NULL },
        { NULL },
    };
    if (!hth_cli_parse(cli, entries, &argc, &argv, 0, 0))
        return HTH_EXIT_USAGE;
    g_autoptr(GError) error = NULL;
    if (wants_problems) {
        g_autoptr(JsonObject) problems = hth_client_get(hth_cli_client(cli), "problems", &error);
        return hth_cli_end(cli, problems, error, print_problems);
    }
    JsonObject *body = json_object_new();
    json_object_set_boolean_member(body, "full", is_full);
    g_autoptr(JsonObject) answer =
        hth_client_send(hth_cli_client(cli), "POST", "scan", body, &error);
    if (answer == NULL)
        return hth_cli_fail(cli, error);
    if (!has_no_wait)
        return follow(cli);
    (void)hth_cli_print_json(cli, answer);
    return HTH_EXIT_OK;
}
