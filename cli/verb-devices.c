/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "device-rule.h"
#include "listing.h"
#include "sub-verb.h"

static HthStyle policy_style(const char *policy)
{
    return strcmp(policy, "allowed") == 0  ? HTH_STYLE_PLAIN
           : strcmp(policy, "hidden") == 0 ? HTH_STYLE_BAD
                                           : HTH_STYLE_WARN;
}

static HthStyle state_style(const char *state)
{
    return strcmp(state, "paired") == 0 ? HTH_STYLE_GOOD : HTH_STYLE_BAD;
}

/* "8.3 Mbit/s" for bytes a second. New string. */
static char *bits_text(gint64 rate)
{
    return g_strdup_printf("%.1f Mbit/s", (double)rate * 8 / 1e6);
}

/* By which way it came last: "LAN", "relayed at 8.3 Mbit/s (limit 10.0 Mbit/s)". New string. */
static char *way_text(JsonObject *device)
{
    JsonObject *way =
        json_object_has_member(device, "way") ? json_object_get_object_member(device, "way") : NULL;
    if (way == NULL)
        return g_strdup("");
    const gint64 rate = hth_number_member(way, "rate");
    const gint64 limit = hth_number_member(way, "limit");
    g_autofree char *rate_text = bits_text(rate);
    g_autofree char *limit_text = bits_text(limit);
    const gboolean is_relay = strcmp(hth_text_member(way, "path"), "relay") == 0;
    if (!is_relay)
        return g_strconcat("LAN", rate > 0 ? " at " : "", rate > 0 ? rate_text : "", NULL);
    return g_strconcat("relayed", rate > 0 ? " at " : "", rate > 0 ? rate_text : "",
                       limit > 0 ? " (limit " : " (no limit", limit > 0 ? limit_text : "", ")",
                       NULL);
}

static void print_paired(JsonArray *devices)
{
    g_autoptr(HthTable) table = hth_table_new(5);
    hth_table_style(table, 0, HTH_STYLE_BOLD);
    for (guint i = 0; i < json_array_get_length(devices); i++) {
        JsonObject *device = json_array_get_object_element(devices, i);
        g_autofree char *seen = hth_print_ago(hth_number_member(device, "last_seen_unix_s"));
        g_autofree char *way = way_text(device);
        const char *state = hth_text_member(device, "state");
        g_autofree char *role = strcmp(state, "paired") == 0
                                    ? g_strdup_printf("paired, %s", hth_text_member(device, "role"))
                                    : g_strdup(state);
        hth_table_add(table, hth_text_member(device, "name"), role,
                      hth_text_member(device, "address"), seen, way);
    }
    hth_table_print(table);
}

static void print_seen(JsonArray *devices)
{
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
}

static void print_list(JsonObject *answer)
{
    JsonArray *paired = json_object_get_array_member(answer, "paired");
    JsonArray *seen = json_object_get_array_member(answer, "devices");
    print_paired(paired);
    print_seen(seen);
    if (json_array_get_length(paired) + json_array_get_length(seen) == 0)
        g_print("No device is paired, and none has asked for anything yet.\n");
}

static void print_paired_device(JsonObject *device)
{
    const char *state = hth_text_member(device, "state");
    g_autofree char *name = hth_print_styled(HTH_STYLE_BOLD, hth_text_member(device, "name"));
    g_autofree char *styled = hth_print_styled(state_style(state), state);
    g_autofree char *seen = hth_print_ago(hth_number_member(device, "last_seen_unix_s"));
    g_autofree char *paired = hth_print_ago(hth_number_member(device, "paired_unix_s"));
    g_print("%s: %s, last seen %s\n", name, styled, seen);
    g_autoptr(HthTable) table = hth_table_new(2);
    hth_table_style(table, 0, HTH_STYLE_DIM);
    hth_table_add(table, "Id", hth_text_member(device, "id"));
    hth_table_add(table, "Role", hth_text_member(device, "role"));
    hth_table_add(table, "Paired", paired);
    hth_table_add(table, "Address", hth_text_member(device, "address"));
    g_autofree char *way = way_text(device);
    hth_table_add(table, "Came by", *way != '\0' ? way : "not since hearthd started");
    hth_table_print(table);
    if (json_object_has_member(device, "sync"))
        hth_device_print_sync(json_object_get_object_member(device, "sync"));
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

static void print_answer(JsonObject *answer)
{
    if (json_object_has_member(answer, "role"))
        print_paired_device(answer);
    else if (json_object_has_member(answer, "id"))
        print_device(answer);
    else
        g_print("Forgotten. It is new when it asks again.\n");
}

/* ---- The actions ---- */

/* What can be done to a device that was paired, or to one that is only seen; the paired one goes
 * first where a name is both. */
typedef struct {
    const char *name;
    const char *paired_field; /* set by POST paired/NAME; NULL: not for paired devices */
    const char *paired_path;  /* below paired/NAME */
    const char *paired_method;
    const char *seen_field; /* set by POST devices/NAME */
    const char *seen_value; /* NULL: the second word */
    const char *seen_method;
} Action;

static const Action actions[] = {
    { "show", NULL, "", "GET", NULL, NULL, "GET" },
    { "allow", NULL, NULL, NULL, "policy", "allowed", "POST" },
    { "hide", NULL, NULL, NULL, "policy", "hidden", "POST" },
    { "rename", "name", "", "POST", "name", NULL, "POST" },
    { "forget", NULL, "", "DELETE", NULL, NULL, "DELETE" },
    { "role", "role", "", "POST", NULL, NULL, NULL },
    { "revoke", NULL, "/revoke", "POST", NULL, NULL, NULL },
    { "wipe", NULL, "/wipe", "POST", NULL, NULL, NULL },
};

static const Action *find_action(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(actions); i++) {
        if (strcmp(actions[i].name, name) == 0)
            return &actions[i];
    }
    g_assert_not_reached();
}

static JsonObject *send_change(HthCli *cli, const char *method, const char *path, const char *field,
                               const char *value, GError **error)
{
    HthClient *client = hth_cli_client(cli);
    if (strcmp(method, "GET") == 0)
        return hth_client_get(client, path, error);
    JsonObject *body = field != NULL ? json_object_new() : NULL;
    if (body != NULL)
        json_object_set_string_member(body, field, value);
    return hth_client_send(client, method, path, body, error);
}

static gboolean is_paired(HthCli *cli, const char *escaped_name)
{
    g_autofree char *path = g_strconcat("paired/", escaped_name, NULL);
    g_autoptr(JsonObject) device = hth_client_get(hth_cli_client(cli), path, NULL);
    return device != NULL;
}

static JsonObject *act(HthCli *cli, const HthSubVerb *row, char **words, GError **error)
{
    const Action *action = find_action(row->name);
    g_autofree char *name = hth_client_escape(words[0]);
    const gboolean is_for_paired =
        action->paired_method != NULL && (action->seen_method == NULL || is_paired(cli, name));
    g_autofree char *path = g_strconcat(is_for_paired ? "paired/" : "devices/", name,
                                        is_for_paired ? action->paired_path : "", NULL);
    if (is_for_paired)
        return send_change(cli, action->paired_method, path, action->paired_field, words[1], error);
    return send_change(cli, action->seen_method, path, action->seen_field,
                       action->seen_value != NULL ? action->seen_value : words[1], error);
}

/* Both kinds in one object. */
static JsonObject *list(HthCli *cli, const HthSubVerb *row, char **words, GError **error)
{
    (void)row;
    (void)words;
    HthClient *client = hth_cli_client(cli);
    JsonObject *seen = hth_client_get(client, "devices", error);
    g_autoptr(JsonObject) paired = seen != NULL ? hth_client_get(client, "paired", error) : NULL;
    if (paired != NULL) {
        json_object_set_member(seen, "paired",
                               json_node_copy(json_object_get_member(paired, "paired")));
        return seen;
    }
    g_clear_pointer(&seen, json_object_unref);
    return NULL;
}

/* What it holds, will get and lose; a device that cannot be asked about is shown without. */
static void add_sync(HthCli *cli, JsonObject *device, const char *name)
{
    JsonObject *sync = hth_device_sync(cli, name, NULL);
    if (sync != NULL)
        json_object_set_object_member(device, "sync", sync);
}

static JsonObject *show(HthCli *cli, const HthSubVerb *row, char **words, GError **error)
{
    JsonObject *device = act(cli, row, words, error);
    if (device != NULL && json_object_has_member(device, "role"))
        add_sync(cli, device, words[0]);
    return device;
}

static const HthSubVerb rows[] = {
    { "list", 0, 0, list, print_list },    { "show", 1, 1, show, print_answer },
    { "allow", 1, 1, act, print_answer },  { "hide", 1, 1, act, print_answer },
    { "rename", 2, 2, act, print_answer }, { "forget", 1, 1, act, print_answer },
    { "role", 2, 2, act, print_answer },   { "revoke", 1, 1, act, print_answer },
    { "wipe", 1, 1, act, print_answer },
};

/* Whether the first word that is no option is "rule", which has options of its own. */
static gboolean is_rule(char **argv)
{
    static const char *const with_value[] = { "--state-dir", "--socket", NULL };
    for (guint i = 1; argv[i] != NULL; i++) {
        if (argv[i][0] != '-')
            return strcmp(argv[i], "rule") == 0;
        if (g_strv_contains(with_value, argv[i]) && argv[i + 1] != NULL)
            i++;
    }
    return FALSE;
}

int hth_verb_devices(HthCli *cli, int argc, char **argv)
{
    if (is_rule(argv))
        return hth_device_rule(cli, argc, argv);
    return hth_sub_verb_run(
        cli, rows, G_N_ELEMENTS(rows),
        "list, show NAME, allow NAME, hide NAME, rename NAME NEW, forget NAME;\nfor paired devices "
        "also: role NAME handheld|owner, rule NAME …, revoke NAME, wipe NAME",
        argc, argv);
}
