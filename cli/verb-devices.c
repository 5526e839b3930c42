/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "listing.h"

static HthStyle policy_style(const char *policy)
{
    return strcmp(policy, "allowed") == 0  ? HTH_STYLE_PLAIN
           : strcmp(policy, "hidden") == 0 ? HTH_STYLE_BAD
                                           : HTH_STYLE_WARN;
}

static void print_list(JsonObject *answer)
{
    JsonArray *devices = json_object_get_array_member(answer, "devices");
    g_autoptr(HthTable) table = hth_table_new(6);
    hth_table_style(table, 0, HTH_STYLE_BOLD);
    for (guint i = 0; i < json_array_get_length(devices); i++) {
        JsonObject *device = json_array_get_object_element(devices, i);
        JsonArray *addresses = json_object_get_array_member(device, "addresses");
        const guint n = json_array_get_length(addresses);
        g_autofree char *seen = hth_print_ago(hth_number_member(device, "last_seen_unix_s"));
        hth_table_add(table, hth_text_member(device, "label"), hth_text_member(device, "policy"),
                      n > 0 ? json_array_get_string_element(addresses, n - 1) : "", seen,
                      hth_text_member(device, "client"), hth_text_member(device, "id"));
    }
    hth_table_print(table);
    if (json_array_get_length(devices) == 0)
        g_print("No device has asked for anything yet.\n");
}

static void print_timeline(JsonArray *timeline)
{
    for (guint i = 0; i < json_array_get_length(timeline); i++) {
        JsonObject *note = json_array_get_object_element(timeline, i);
        g_autoptr(GDateTime) time =
            g_date_time_new_from_unix_local(hth_number_member(note, "unix_s"));
        g_autofree char *clock = g_date_time_format(time, "%H:%M:%S");
        g_autofree char *dim = hth_print_styled(HTH_STYLE_DIM, clock);
        const char *asked = hth_text_member(note, "asked");
        const char *got = hth_text_member(note, "got");
        g_print("%s  %s → %s\n", dim, asked != NULL ? asked : "?", got != NULL ? got : "?");
    }
}

static void print_device(JsonObject *device)
{
    const char *policy = hth_text_member(device, "policy");
    g_autofree char *label = hth_print_styled(HTH_STYLE_BOLD, hth_text_member(device, "label"));
    g_autofree char *styled = hth_print_styled(policy_style(policy), policy);
    g_autofree char *seen = hth_print_ago(hth_number_member(device, "last_seen_unix_s"));
    g_print("%s: %s, last seen %s\n", label, styled, seen);
    static const struct {
        const char *name, *label;
    } rows[] = { { "id", "Id" },
                 { "model", "Model" },
                 { "client", "Known as" },
                 { "user_agent", "Calls itself" } };
    g_autoptr(HthTable) table = hth_table_new(2);
    hth_table_style(table, 0, HTH_STYLE_DIM);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        const char *text = hth_text_member(device, rows[i].name);
        if (text != NULL)
            hth_table_add(table, rows[i].label, text);
    }
    JsonArray *addresses = json_object_get_array_member(device, "addresses");
    for (guint i = 0; i < json_array_get_length(addresses); i++)
        hth_table_add(table, i == 0 ? "Addresses" : "",
                      json_array_get_string_element(addresses, i));
    hth_table_print(table);
    if (json_object_has_member(device, "timeline"))
        print_timeline(json_object_get_array_member(device, "timeline"));
}

static JsonObject *change(HthCli *cli, const char *path, const char *field, const char *value,
                          GError **error)
{
    JsonObject *body = json_object_new();
    json_object_set_string_member(body, field, value);
    return hth_client_send(hth_cli_client(cli), "POST", path, body, error);
}

static JsonObject *ask(HthCli *cli, int argc, char **argv, gboolean *out_makes_sense,
                       GError **error)
{
    HthClient *client = hth_cli_client(cli);
    const char *action = argc > 1 ? argv[1] : "list";
    *out_makes_sense = TRUE;
    if (strcmp(action, "list") == 0 && argc <= 2)
        return hth_client_get(client, "devices", error);
    g_autofree char *name = argc > 2 ? hth_client_escape(argv[2]) : NULL;
    g_autofree char *path = name != NULL ? g_strconcat("devices/", name, NULL) : NULL;
    if (strcmp(action, "show") == 0 && argc == 3)
        return hth_client_get(client, path, error);
    if (strcmp(action, "allow") == 0 && argc == 3)
        return change(cli, path, "policy", "allowed", error);
    if (strcmp(action, "hide") == 0 && argc == 3)
        return change(cli, path, "policy", "hidden", error);
    if (strcmp(action, "rename") == 0 && argc == 4)
        return change(cli, path, "name", argv[3], error);
    if (strcmp(action, "forget") == 0 && argc == 3)
        return hth_client_send(client, "DELETE", path, NULL, error);
    *out_makes_sense = FALSE;
    return NULL;
}

int hth_verb_devices(HthCli *cli, int argc, char **argv)
{
    if (!hth_cli_parse(cli, NULL, &argc, &argv, 0, 3))
        return HTH_EXIT_USAGE;
    g_autoptr(GError) error = NULL;
    gboolean makes_sense = FALSE;
    g_autoptr(JsonObject) answer = ask(cli, argc, argv, &makes_sense, &error);
    if (!makes_sense) {
        g_printerr("hearth devices takes: list, show NAME, allow NAME, hide NAME, rename NAME "
                   "NEW, forget NAME\n");
        return HTH_EXIT_USAGE;
    }
    if (answer == NULL)
        return hth_cli_fail(cli, error);
    if (hth_cli_print_json(cli, answer))
        return HTH_EXIT_OK;
    if (json_object_has_member(answer, "devices"))
        print_list(answer);
    else if (json_object_has_member(answer, "id"))
        print_device(answer);
    else
        g_print("Forgotten. It is new when it asks again.\n");
    return HTH_EXIT_OK;
}
