/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session-rows.h"

#include <string.h>

#include "listing.h"

static char *what_text(JsonObject *session)
{
    g_autofree char *artists = hth_artists(session);
    const char *title = hth_text_member(session, "title");
    return *artists != '\0' ? g_strdup_printf("%s – %s", title, artists) : g_strdup(title);
}

/* "about 1:20 of 3:45"; what a player told itself is not about. */
static char *where_text(JsonObject *session)
{
    const gint64 duration_ms = hth_number_member(session, "duration_ms");
    if (!json_object_has_member(session, "position_ms"))
        return g_strdup("");
    g_autofree char *at = hth_print_duration(hth_number_member(session, "position_ms"));
    g_autofree char *length = hth_print_duration(duration_ms);
    return g_strconcat(json_object_get_boolean_member(session, "is_estimate") ? "about " : "", at,
                       duration_ms > 0 ? " of " : "", duration_ms > 0 ? length : "",
                       json_object_get_boolean_member(session, "is_paused") ? ", paused" : "",
                       NULL);
}

static char *way_text(JsonObject *session)
{
    const char *conversion = hth_text_member(session, "conversion");
    const char *path = hth_text_member(session, "path");
    const char *way = strcmp(path, "relay") == 0 ? "relayed"
                      : strcmp(path, "lan") == 0 ? "LAN"
                                                 : "here";
    return conversion != NULL ? g_strdup_printf("%s, as %s", way, conversion) : g_strdup(way);
}

void hth_print_sessions(JsonArray *sessions)
{
    g_autoptr(HthTable) table = hth_table_new(5);
    hth_table_style(table, 0, HTH_STYLE_BOLD);
    for (guint i = 0; i < json_array_get_length(sessions); i++) {
        JsonObject *session = json_array_get_object_element(sessions, i);
        g_autofree char *what = what_text(session);
        g_autofree char *where = where_text(session);
        g_autofree char *way = way_text(session);
        g_autofree char *since = hth_print_ago(hth_number_member(session, "since_unix_s"));
        g_autofree char *begun = g_strdup_printf("begun %s", since);
        hth_table_add(table, hth_text_member(session, "label"), what, where, way, begun);
    }
    hth_table_print(table);
}

int hth_verb_sessions(HthCli *cli, int argc, char **argv)
{
    if (!hth_cli_parse(cli, NULL, &argc, &argv, 0, 0))
        return HTH_EXIT_USAGE;
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) answer = hth_client_get(hth_cli_client(cli), "sessions", &error);
    if (answer == NULL)
        return hth_cli_fail(cli, error);
    if (hth_cli_print_json(cli, answer))
        return HTH_EXIT_OK;
    JsonArray *sessions = json_object_get_array_member(answer, "sessions");
    hth_print_sessions(sessions);
    if (json_array_get_length(sessions) == 0)
        g_print("Nothing is played right now.\n");
    return HTH_EXIT_OK;
}
