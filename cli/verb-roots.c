/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "listing.h"

static void print_roots(JsonObject *answer)
{
    JsonArray *roots = json_object_get_array_member(answer, "roots");
    g_autoptr(HthTable) table = hth_table_new(4);
    hth_table_align_right(table, 1);
    hth_table_align_right(table, 2);
    for (guint i = 0; i < json_array_get_length(roots); i++) {
        JsonObject *root = json_array_get_object_element(roots, i);
        g_autofree char *n = hth_print_count(hth_number_member(root, "n_items"), "file", "files");
        g_autofree char *size = hth_print_size(hth_number_member(root, "size_bytes"));
        const char *problem = hth_text_member(root, "problem");
        hth_table_add(table, hth_text_member(root, "path"), n, size,
                      problem != NULL ? problem : hth_text_member(root, "watch"));
    }
    hth_table_print(table);
    if (json_array_get_length(roots) == 0)
        g_print("No folder is shared. Share one: hearth roots add /path/to/music\n");
    if (json_object_has_member(answer, "note"))
        g_print("%s\n", hth_text_member(answer, "note"));
}

/* Folders are meant as seen from where the command is typed. */
static JsonObject *send(HthCli *cli, const char *path, const char *first_name, const char *first,
                        const char *second, GError **error)
{
    JsonObject *body = json_object_new();
    g_autofree char *first_path = g_canonicalize_filename(first, NULL);
    json_object_set_string_member(body, first_name, first_path);
    if (second != NULL) {
        g_autofree char *second_path = g_canonicalize_filename(second, NULL);
        json_object_set_string_member(body, "to", second_path);
    }
    return hth_client_send(hth_cli_client(cli), "POST", path, body, error);
}

static JsonObject *ask(HthCli *cli, int argc, char **argv, gboolean *out_makes_sense,
                       GError **error)
{
    const char *action = argc > 1 ? argv[1] : "list";
    *out_makes_sense = TRUE;
    if (strcmp(action, "list") == 0 && argc <= 2)
        return hth_client_get(hth_cli_client(cli), "roots", error);
    if (strcmp(action, "add") == 0 && argc == 3)
        return send(cli, "roots/add", "path", argv[2], NULL, error);
    if (strcmp(action, "remove") == 0 && argc == 3)
        return send(cli, "roots/remove", "path", argv[2], NULL, error);
    if (strcmp(action, "move") == 0 && argc == 4)
        return send(cli, "roots/move", "from", argv[2], argv[3], error);
    *out_makes_sense = FALSE;
    return NULL;
}

int hth_verb_roots(HthCli *cli, int argc, char **argv)
{
    if (!hth_cli_parse(cli, NULL, &argc, &argv, 0, 3))
        return HTH_EXIT_USAGE;
    g_autoptr(GError) error = NULL;
    gboolean makes_sense = FALSE;
    g_autoptr(JsonObject) answer = ask(cli, argc, argv, &makes_sense, &error);
    if (!makes_sense) {
        g_printerr("hearth roots takes: %s\n", cli->verb->arguments);
        return HTH_EXIT_USAGE;
    }
    if (answer == NULL)
        return hth_cli_fail(cli, error);
    if (!hth_cli_print_json(cli, answer))
        print_roots(answer);
    return HTH_EXIT_OK;
}
