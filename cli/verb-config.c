/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "listing.h"

/* The value as it would be typed. New string. */
static char *value_text(JsonObject *setting)
{
    JsonNode *value = json_object_get_member(setting, "value");
    if (JSON_NODE_HOLDS_ARRAY(value)) {
        JsonArray *array = json_node_get_array(value);
        GString *text = g_string_new(NULL);
        for (guint i = 0; i < json_array_get_length(array); i++)
            g_string_append_printf(text, "%s%s", i > 0 ? ";" : "",
                                   json_array_get_string_element(array, i));
        return g_string_free(text, FALSE);
    }
    if (json_node_get_value_type(value) == G_TYPE_STRING)
        return g_strdup(json_node_get_string(value));
    return json_to_string(value, FALSE);
}

static void print_list(JsonObject *answer)
{
    JsonArray *settings = json_object_get_array_member(answer, "settings");
    g_autoptr(HthTable) table = hth_table_new(4);
    hth_table_style(table, 3, HTH_STYLE_DIM);
    for (guint i = 0; i < json_array_get_length(settings); i++) {
        JsonObject *setting = json_array_get_object_element(settings, i);
        g_autofree char *value = value_text(setting);
        const char *source = hth_text_member(setting, "source");
        hth_table_add(table, hth_text_member(setting, "name"), *value != '\0' ? value : "–",
                      strcmp(source, "default") == 0 ? "" : "set",
                      hth_text_member(setting, "meaning"));
    }
    hth_table_print(table);
}

static void print_one(JsonObject *setting, gboolean is_change)
{
    g_autofree char *value = value_text(setting);
    if (!is_change) {
        g_print("%s\n", value);
        return;
    }
    g_print("%s = %s\n", hth_text_member(setting, "name"), value);
    if (json_object_get_boolean_member(setting, "needs_restart"))
        g_print("This takes effect when hearthd starts again.\n");
}

/* What to ask for "get NAME" and so on; NULL when the words make no sense. */
static JsonObject *ask(HthCli *cli, int argc, char **argv, gboolean *out_makes_sense,
                       GError **error)
{
    HthClient *client = hth_cli_client(cli);
    const char *action = argc > 1 ? argv[1] : "list";
    *out_makes_sense = TRUE;
    if (strcmp(action, "list") == 0 && argc <= 2)
        return hth_client_get(client, "config", error);
    g_autofree char *name = argc > 2 ? hth_client_escape(argv[2]) : NULL;
    g_autofree char *path = name != NULL ? g_strconcat("config/", name, NULL) : NULL;
    if (strcmp(action, "get") == 0 && argc == 3)
        return hth_client_get(client, path, error);
    if (strcmp(action, "unset") == 0 && argc == 3)
        return hth_client_send(client, "DELETE", path, NULL, error);
    if (strcmp(action, "set") == 0 && argc == 4) {
        JsonObject *body = json_object_new();
        json_object_set_string_member(body, "value", argv[3]);
        return hth_client_send(client, "PUT", path, body, error);
    }
    *out_makes_sense = FALSE;
    return NULL;
}

int hth_verb_config(HthCli *cli, int argc, char **argv)
{
    if (!hth_cli_parse(cli, NULL, &argc, &argv, 0, 3))
        return HTH_EXIT_USAGE;
    g_autoptr(GError) error = NULL;
    gboolean makes_sense = FALSE;
    g_autoptr(JsonObject) answer = ask(cli, argc, argv, &makes_sense, &error);
    if (!makes_sense) {
        g_printerr("hearth config takes: %s\n", cli->verb->arguments);
        return HTH_EXIT_USAGE;
    }
    if (answer == NULL)
        return hth_cli_fail(cli, error);
    if (hth_cli_print_json(cli, answer))
        return HTH_EXIT_OK;
    if (json_object_has_member(answer, "settings"))
        print_list(answer);
    else
        print_one(answer, strcmp(argv[1], "get") != 0);
    return HTH_EXIT_OK;
}
