/* SPDX-License-Identifier: GPL-3.0-or-later */
/* status, and confirm: both are about homes whose agent may be running. */
#include <json-glib/json-glib.h>
#include <string.h>

#include "session.h"

static char *read_status(const HthHandheld *handheld, const HthPairedHome *home)
{
    g_autofree char *path = hth_session_path(handheld->state_dir, home, ".status");
    char *text = NULL;
    return g_file_get_contents(path, &text, NULL, NULL) ? text : NULL;
}

static const char *text_of(JsonObject *status, const char *member)
{
    return json_object_get_string_member_with_default(status, member, "");
}

/* Bytes a second, as people are told of networks. */
static char *rate_text(gint64 bytes)
{
    const double megabits = (double)bytes * 8 / 1e6;
    return g_strdup_printf(megabits < 10 ? "%.1f Mbit/s" : "%.0f Mbit/s", megabits);
}

/* How the home is reached, or why it is not. */
static char *path_text(JsonObject *status)
{
    const char *path = text_of(status, "path");
    const gint64 rate = json_object_get_int_member_with_default(status, "rate", 0);
    const gint64 limit = json_object_get_int_member_with_default(status, "limit", 0);
    g_autofree char *measured = rate > 0 ? rate_text(rate) : g_strdup("a rate not measured yet");
    g_autofree char *allowed = limit > 0 ? rate_text(limit) : NULL;
    if (strcmp(path, "lan") == 0)
        return rate > 0 ? g_strdup_printf("LAN, at %s", measured) : g_strdup("LAN");
    if (strcmp(path, "relay") == 0)
        return allowed != NULL ? g_strdup_printf("relayed at %s (limit %s)", measured, allowed)
                               : g_strdup_printf("relayed at %s (no limit)", measured);
    if (json_object_get_boolean_member_with_default(status, "home_asleep", FALSE))
        return g_strdup("the home is asleep or off");
    if (json_object_get_boolean_member_with_default(status, "limit_reached", FALSE))
        return g_strdup("not reached: a limit of the relay is reached");
    return g_strdup("not reached");
}

static void print_status(const HthPairedHome *home, const char *text)
{
    g_autoptr(JsonParser) parser = json_parser_new();
    if (text == NULL || !json_parser_load_from_data(parser, text, -1, NULL) ||
        !JSON_NODE_HOLDS_OBJECT(json_parser_get_root(parser))) {
        g_print("%s: not synced yet\n", home->name);
        return;
    }
    JsonObject *status = json_node_get_object(json_parser_get_root(parser));
    const gint64 files = json_object_get_int_member_with_default(status, "files", 0);
    const gint64 left = json_object_get_int_member_with_default(status, "operations_left", 0);
    const gint64 held = json_object_get_int_member_with_default(status, "held_back", 0);
    const gint64 when = json_object_get_int_member_with_default(status, "unix_s", 0);
    g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(when);
    g_autofree char *at = time != NULL ? g_date_time_format(time, "%x %H:%M") : g_strdup("?");
    g_print("%s: %s since %s, %" G_GINT64_FORMAT " files in %s\n", home->name,
            text_of(status, "state"), at, files, text_of(status, "folder"));
    g_autofree char *path = path_text(status);
    g_print("  path: %s\n", path);
    if (left > 0)
        g_print("  %" G_GINT64_FORMAT " operations to do\n", left);
    if (strcmp(text_of(status, "waits"), "no") != 0)
        g_print("  waits: %s\n", text_of(status, "waits"));
    if (held > 0)
        g_print("  %" G_GINT64_FORMAT " files are missing; if you deleted them: hearth-handheld "
                "confirm\n",
                held);
    if (text_of(status, "error")[0] != '\0')
        g_print("  last problem: %s\n", text_of(status, "error"));
}

int hth_handheld_verb_status(HthHandheld *handheld, int argc, char **argv)
{
    if (!hth_handheld_parse(handheld, NULL, &argc, &argv, 0, 0))
        return HTH_HANDHELD_USAGE;
    g_autoptr(GPtrArray) homes = hth_paired_home_list(handheld->state_dir);
    guint n_shown = 0;
    for (guint i = 0; i < homes->len; i++) {
        const HthPairedHome *home = homes->pdata[i];
        if (handheld->home != NULL && strcmp(handheld->home, home->name) != 0)
            continue;
        g_autofree char *text = read_status(handheld, home);
        n_shown++;
        if (!handheld->is_json) {
            print_status(home, text);
        } else if (text != NULL) {
            g_print("%s\n", text);
        } else {
            g_autofree char *name = hth_handheld_json_text(home->name);
            g_print("{\"home\":%s,\"state\":\"not synced yet\"}\n", name);
        }
    }
    if (n_shown == 0 && !handheld->is_json)
        g_print("This device is paired with no home.\n");
    return n_shown > 0 ? HTH_HANDHELD_OK : HTH_HANDHELD_NO_HOME;
}

int hth_handheld_verb_confirm(HthHandheld *handheld, int argc, char **argv)
{
    if (!hth_handheld_parse(handheld, NULL, &argc, &argv, 0, 0))
        return HTH_HANDHELD_USAGE;
    g_autoptr(GError) error = NULL;
    g_autoptr(HthPairedHome) home =
        hth_paired_home_find(handheld->state_dir, handheld->home, &error);
    if (home == NULL)
        return hth_handheld_fail(handheld, error, HTH_HANDHELD_NO_HOME);
    if (hth_session_wish(handheld->state_dir, home, "confirm", &error)) {
        g_print("The running agent tells the home.\n");
        return HTH_HANDHELD_OK;
    }
    if (error != NULL)
        return hth_handheld_fail(handheld, error, HTH_HANDHELD_PROBLEM);
    g_autoptr(HthSession) session = hth_session_open(handheld, home, NULL, NULL, NULL, &error);
    if (session == NULL || !hth_sync_device_confirm(hth_session_device(session), &error))
        return hth_handheld_fail(handheld, error, HTH_HANDHELD_PROBLEM);
    if (!handheld->is_json)
        g_print("Noted: what is missing was meant. The home hears of it at the next sync.\n");
    return HTH_HANDHELD_OK;
}
