/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "listing.h"
#include "sub-verb.h"

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

static void print_value(JsonObject *setting)
{
    g_autofree char *value = value_text(setting);
    g_print("%s\n", value);
}

static void print_change(JsonObject *setting)
{
    g_autofree char *value = value_text(setting);
    g_print("%s = %s\n", hth_text_member(setting, "name"), value);
    if (json_object_get_boolean_member(setting, "awaits_restart"))
        g_print("This takes effect when hearthd starts again: hearth restart\n");
}

static JsonObject *list(HthCli *cli, const HthSubVerb *row, char **words, GError **error)
{
    (void)row;
    (void)words;
    return hth_client_get(hth_cli_client(cli), "config", error);
}

/* New string. */
static char *path_of(const char *setting)
{
    g_autofree char *name = hth_client_escape(setting);
    return g_strconcat("config/", name, NULL);
}

static JsonObject *get(HthCli *cli, const HthSubVerb *row, char **words, GError **error)
{
    (void)row;
    g_autofree char *path = path_of(words[0]);
    return hth_client_get(hth_cli_client(cli), path, error);
}

static JsonObject *set(HthCli *cli, const HthSubVerb *row, char **words, GError **error)
{
    (void)row;
    g_autofree char *path = path_of(words[0]);
    JsonObject *body = json_object_new();
    json_object_set_string_member(body, "value", words[1]);
    return hth_client_send(hth_cli_client(cli), "PUT", path, body, error);
}

static JsonObject *unset(HthCli *cli, const HthSubVerb *row, char **words, GError **error)
{
    (void)row;
    g_autofree char *path = path_of(words[0]);
    return hth_client_send(hth_cli_client(cli), "DELETE", path, NULL, error);
}

static const HthSubVerb rows[] = {
    { "list", 0, 0, list, print_list },
    { "get", 1, 1, get, print_value },
    { "set", 2, 2, set, print_change },
    { "unset", 1, 1, unset, print_change },
};

int hth_verb_config(HthCli *cli, int argc, char **argv)
{
    return hth_sub_verb_run(cli, rows, G_N_ELEMENTS(rows), NULL, argc, argv);
}
