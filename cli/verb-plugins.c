/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "listing.h"

static void print_plugins(JsonObject *answer)
{
    JsonArray *plugins = json_object_get_array_member(answer, "plugins");
    g_autoptr(HthTable) table = hth_table_new(3);
    hth_table_style(table, 0, HTH_STYLE_BOLD);
    for (guint i = 0; i < json_array_get_length(plugins); i++) {
        JsonObject *plugin = json_array_get_object_element(plugins, i);
        const char *sentence = hth_text_member(plugin, "sentence");
        const char *state = hth_text_member(plugin, "state");
        const gboolean has_trouble = g_strcmp0(state, "running") == 0 &&
                                     !json_object_get_boolean_member(plugin, "is_working");
        hth_table_add(table, hth_text_member(plugin, "name"), has_trouble ? "in trouble" : state,
                      sentence != NULL ? sentence : hth_text_member(plugin, "description"));
    }
    hth_table_print(table);
    if (json_array_get_length(plugins) == 0)
        g_print("No plugins are installed.\n");
}

int hth_verb_plugins(HthCli *cli, int argc, char **argv)
{
    if (!hth_cli_parse(cli, NULL, &argc, &argv, 0, 0))
        return HTH_EXIT_USAGE;
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) answer = hth_client_get(hth_cli_client(cli), "plugins", &error);
    return hth_cli_end(cli, answer, error, print_plugins);
}
