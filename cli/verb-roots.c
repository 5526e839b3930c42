/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "listing.h"
#include "sub-verb.h"

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

static JsonObject *list(HthCli *cli, const HthSubVerb *row, char **words, GError **error)
{
    (void)row;
    (void)words;
    return hth_client_get(hth_cli_client(cli), "roots", error);
}

/* Folders are meant as seen from where the command is typed. */
static JsonObject *change(HthCli *cli, const HthSubVerb *row, char **words, GError **error)
{
    JsonObject *body = json_object_new();
    g_autofree char *path = g_strconcat("roots/", row->name, NULL);
    g_autofree char *first = g_canonicalize_filename(words[0], NULL);
    json_object_set_string_member(body, words[1] != NULL ? "from" : "path", first);
    if (words[1] != NULL) {
        g_autofree char *second = g_canonicalize_filename(words[1], NULL);
        json_object_set_string_member(body, "to", second);
    }
    return hth_client_send(hth_cli_client(cli), "POST", path, body, error);
}

static const HthSubVerb rows[] = {
    { "list", 0, 0, list, print_roots },
    { "add", 1, 1, change, print_roots },
    { "remove", 1, 1, change, print_roots },
    { "move", 2, 2, change, print_roots },
};

int hth_verb_roots(HthCli *cli, int argc, char **argv)
{
    return hth_sub_verb_run(cli, rows, G_N_ELEMENTS(rows), NULL, argc, argv);
}
