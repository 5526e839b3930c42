/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

#include "base/home-paths.h"
#include "base/json.h"

HthClient *hth_cli_client(HthCli *cli)
{
    if (cli->client == NULL) {
        g_autofree char *path = hth_home_paths_find_socket(cli->state_dir, cli->socket_path);
        cli->client = hth_client_new(path);
    }
    return cli->client;
}

int hth_cli_fail(HthCli *cli, const GError *error)
{
    const gboolean is_stopped =
        g_error_matches(error, HTH_CLIENT_ERROR, HTH_CLIENT_ERROR_NOT_RUNNING);
    if (cli->is_json) {
        g_autoptr(JsonObject) problem =
            hth_json_problem(is_stopped ? "not-running" : "failed", error->message);
        (void)hth_cli_print_json(cli, problem);
    } else {
        g_printerr("hearth: %s\n", error->message);
    }
    return is_stopped ? HTH_EXIT_NOT_RUNNING : HTH_EXIT_PROBLEM;
}

gboolean hth_cli_print_json(HthCli *cli, JsonObject *answer)
{
    if (!cli->is_json)
        return FALSE;
    g_autoptr(JsonNode) node = json_node_new(JSON_NODE_OBJECT);
    json_node_set_object(node, answer);
    g_autofree char *text = json_to_string(node, FALSE);
    g_print("%s\n", text);
    return TRUE;
}

int hth_cli_end(HthCli *cli, JsonObject *answer, const GError *error, HthCliPrint print)
{
    if (answer == NULL)
        return hth_cli_fail(cli, error);
    if (!hth_cli_print_json(cli, answer))
        print(answer);
    return HTH_EXIT_OK;
}

gboolean hth_cli_parse(HthCli *cli, const GOptionEntry *entries, int *argc, char ***argv,
                       int min_words, int max_words)
{
    const GOptionEntry common[] = {
        { "json", 0, 0, G_OPTION_ARG_NONE, &cli->is_json, "Print JSON, for programs", NULL },
        { "socket", 0, 0, G_OPTION_ARG_FILENAME, &cli->socket_path, "hearthd's socket", "PATH" },
        { "state-dir", 0, 0, G_OPTION_ARG_FILENAME, &cli->state_dir,
          "The state folder that hearthd was given", "DIR" },
        { NULL },
    };
    g_autofree char *about =
        g_strdup_printf("%s.\n\nExamples:\n%s", cli->verb->summary, cli->verb->examples);
    g_autoptr(GOptionContext) context = g_option_context_new(cli->verb->arguments);
    g_autofree char *name = g_strdup_printf("hearth %s", cli->verb->name);
    g_set_prgname(name);
    g_option_context_set_summary(context, about);
    if (entries != NULL)
        g_option_context_add_main_entries(context, entries, NULL);
    g_option_context_add_main_entries(context, common, NULL);
    g_autoptr(GError) error = NULL;
    if (!g_option_context_parse(context, argc, argv, &error)) {
        g_printerr("hearth %s: %s\nTry: hearth %s --help\n", cli->verb->name, error->message,
                   cli->verb->name);
        return FALSE;
    }
    const int n_words = *argc - 1;
    if (n_words >= min_words && n_words <= max_words)
        return TRUE;
    g_printerr("hearth %s takes: %s\nTry: hearth %s --help\n", cli->verb->name,
               *cli->verb->arguments != '\0' ? cli->verb->arguments : "nothing more",
               cli->verb->name);
    return FALSE;
}
