/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "listing.h"
#include "sub-verb.h"

/* "2.0 MB/s"; "none" for 0. New string. */
static char *rate_text(gint64 rate)
{
    g_autofree char *size = hth_print_size(rate);
    return rate > 0 ? g_strconcat(size, "/s", NULL) : g_strdup("none");
}

static char *month_text(JsonObject *limits)
{
    g_autofree char *used = hth_print_size(hth_number_member(limits, "month_used"));
    g_autofree char *all = hth_print_size(hth_number_member(limits, "month_bytes"));
    return hth_number_member(limits, "month_bytes") > 0
               ? g_strdup_printf("%s of %s used", used, all)
               : g_strdup_printf("%s used, no limit", used);
}

static void print_limits(JsonObject *limits)
{
    g_autofree char *session = rate_text(hth_number_member(limits, "session_rate"));
    g_autofree char *household = rate_text(hth_number_member(limits, "household_rate"));
    g_autofree char *month = month_text(limits);
    g_autofree char *sessions = hth_number_member(limits, "sessions") > 0
                                    ? hth_print_number(hth_number_member(limits, "sessions"))
                                    : g_strdup("none");
    g_autoptr(HthTable) table = hth_table_new(2);
    hth_table_style(table, 0, HTH_STYLE_DIM);
    hth_table_add(table, "Limit a device", session);
    hth_table_add(table, "Limit of the home", household);
    hth_table_add(table, "This month", month);
    hth_table_add(table, "Devices at a time", sessions);
    hth_table_print(table);
}

static void print_link(JsonObject *status)
{
    const char *state = hth_text_member(status, "state");
    const char *problem = hth_text_member(status, "problem");
    if (state == NULL)
        return;
    const gboolean is_good = strcmp(state, "connected") == 0;
    g_autofree char *styled =
        hth_print_styled(is_good ? HTH_STYLE_GOOD : HTH_STYLE_WARN,
                         strcmp(state, "ended") == 0 ? "the locker does not take us" : state);
    const gint64 since_s = hth_number_member(status, "since_unix_s");
    g_autofree char *span = hth_print_span(MAX(g_get_real_time() / G_USEC_PER_SEC - since_s, 0));
    g_print("%s for %s%s%s\n", styled, span, problem != NULL ? ": " : "",
            problem != NULL ? problem : "");
    g_autofree char *now = hth_print_count(hth_number_member(status, "sessions"),
                                           "connection of a device", "connections of devices");
    g_autofree char *parked = hth_print_count(hth_number_member(status, "parked"),
                                              "connection waits", "connections wait");
    g_autofree char *routes =
        hth_print_count(hth_number_member(status, "routes"), "route", "routes");
    g_print("%s now; %s there, %s\n", now, parked, routes);
    print_limits(json_object_get_object_member(status, "limits"));
}

static void print_status(JsonObject *status)
{
    if (!json_object_get_boolean_member_with_default(status, "joined", FALSE)) {
        g_print("No locker is joined: devices reach this home on its own network only.\n"
                "Who runs one gives you an address and a code: hearth locker join URL CODE\n");
        return;
    }
    g_autofree char *name = hth_print_styled(HTH_STYLE_BOLD, hth_text_member(status, "name"));
    const gboolean is_pinned =
        json_object_get_boolean_member_with_default(status, "is_pinned", FALSE);
    g_print("%s, port %d, known by %s\n", name, (int)hth_number_member(status, "port"),
            is_pinned ? "its key" : "its certificate");
    print_link(status);
}

static void print_left(JsonObject *answer)
{
    const char *problem = hth_text_member(answer, "problem");
    g_print("No locker is joined any more.\n");
    if (problem != NULL)
        g_print("The locker could not be told (%s): who runs it can remove this household.\n",
                problem);
}

static void print_joined(JsonObject *status)
{
    g_print("Joined. Paired devices learn the way at their next sync at home.\n");
    print_status(status);
}

static JsonObject *show(HthCli *cli, const HthSubVerb *row, char **words, GError **error)
{
    (void)row;
    (void)words;
    return hth_client_get(hth_cli_client(cli), "locker", error);
}

static JsonObject *leave(HthCli *cli, const HthSubVerb *row, char **words, GError **error)
{
    (void)row;
    (void)words;
    return hth_client_send(hth_cli_client(cli), "DELETE", "locker", NULL, error);
}

static JsonObject *join(HthCli *cli, const HthSubVerb *row, char **words, GError **error)
{
    (void)row;
    JsonObject *body = json_object_new();
    json_object_set_string_member(body, "url", words[0]);
    json_object_set_string_member(body, "code", words[1]);
    return hth_client_send(hth_cli_client(cli), "POST", "locker", body, error);
}

static const HthSubVerb rows[] = {
    { "status", 0, 0, show, print_status },
    { "join", 2, 2, join, print_joined },
    { "leave", 0, 0, leave, print_left },
};

int hth_verb_locker(HthCli *cli, int argc, char **argv)
{
    return hth_sub_verb_run(cli, rows, G_N_ELEMENTS(rows), "join URL CODE, status, leave", argc,
                            argv);
}
