/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "listing.h"
#include "scan-progress.h"
#include "session-rows.h"

#define WATCH_MS 500

static void print_head(JsonObject *status)
{
    g_autofree char *name = hth_print_styled(HTH_STYLE_BOLD, hth_text_member(status, "name"));
    g_autofree char *since = hth_print_ago(hth_number_member(status, "started_unix_s"));
    g_print("%s – hearth %s, started %s\n", name, hth_text_member(status, "version"), since);
    JsonArray *addresses = json_object_get_array_member(status, "addresses");
    for (guint i = 0; i < json_array_get_length(addresses); i++) {
        JsonObject *address = json_array_get_object_element(addresses, i);
        g_print("  %s (%s)\n", hth_text_member(address, "url"),
                hth_text_member(address, "interface"));
    }
    if (json_array_get_length(addresses) == 0)
        g_print("  on no network\n");
}

static void print_counts(JsonObject *counts)
{
    static const struct {
        const char *name, *one, *many;
    } rows[] = {
        { "tracks", "track", "tracks" },    { "albums", "album", "albums" },
        { "artists", "artist", "artists" }, { "videos", "video", "videos" },
        { "photos", "photo", "photos" },    { "playlists", "playlist", "playlists" },
    };
    g_autoptr(GString) line = g_string_new(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        const gint64 n = hth_number_member(counts, rows[i].name);
        g_autofree char *text = hth_print_count(n, rows[i].one, rows[i].many);
        if (n > 0)
            g_string_append_printf(line, "%s%s", line->len > 0 ? ", " : "", text);
    }
    g_autofree char *size = hth_print_size(hth_number_member(counts, "size_bytes"));
    if (line->len > 0)
        g_print("\n%s; %s\n", line->str, size);
    else
        g_print("\nNothing in the library yet.\n");
}

static void print_roots(JsonArray *roots)
{
    g_autoptr(HthTable) table = hth_table_new(3);
    hth_table_align_right(table, 0);
    hth_table_style(table, 0, HTH_STYLE_DIM);
    for (guint i = 0; i < json_array_get_length(roots); i++) {
        JsonObject *root = json_array_get_object_element(roots, i);
        g_autofree char *n = hth_print_count(hth_number_member(root, "n_items"), "file", "files");
        g_autofree char *indented = g_strconcat("  ", n, NULL);
        const char *problem = hth_text_member(root, "problem");
        hth_table_add(table, indented, hth_text_member(root, "path"),
                      problem != NULL ? problem : "");
    }
    hth_table_print(table);
}

static void print_plugins(JsonArray *plugins)
{
    for (guint i = 0; i < json_array_get_length(plugins); i++) {
        JsonObject *plugin = json_array_get_object_element(plugins, i);
        const char *name = hth_text_member(plugin, "name");
        const char *sentence = hth_text_member(plugin, "sentence");
        if (g_strcmp0(hth_text_member(plugin, "state"), "disabled") == 0)
            continue;
        const gboolean is_working = json_object_get_boolean_member(plugin, "is_working");
        g_autofree char *mark =
            hth_print_styled(is_working ? HTH_STYLE_GOOD : HTH_STYLE_BAD, is_working ? "✓" : "✗");
        g_print("%s %s%s%s\n", mark, name, sentence != NULL ? ": " : "",
                sentence != NULL ? sentence : "");
    }
}

static void print_devices(JsonObject *devices)
{
    const gint64 n_waiting = hth_number_member(devices, "waiting");
    g_autofree char *total =
        hth_print_count(hth_number_member(devices, "total"), "device", "devices");
    if (n_waiting == 0) {
        g_print("%s known\n", total);
        return;
    }
    g_autofree char *waiting = hth_print_number(n_waiting);
    g_print("%s known, %s waiting to be let in (hearth devices)\n", total, waiting);
}

static void print_playing(JsonObject *status)
{
    JsonArray *sessions = json_object_has_member(status, "sessions")
                              ? json_object_get_array_member(status, "sessions")
                              : NULL;
    if (sessions == NULL || json_array_get_length(sessions) == 0)
        return;
    g_print("\nPlaying now:\n");
    hth_print_sessions(sessions);
}

/* Nothing, until something was converted. */
static void print_renditions(JsonObject *status)
{
    JsonObject *renditions = json_object_has_member(status, "renditions")
                                 ? json_object_get_object_member(status, "renditions")
                                 : NULL;
    if (renditions == NULL)
        return;
    const gint64 n_files = hth_number_member(renditions, "n_files");
    const gint64 n_left =
        hth_number_member(renditions, "n_waiting") + hth_number_member(renditions, "n_running");
    if (n_files + n_left == 0)
        return;
    g_autofree char *files = hth_print_count(n_files, "file", "files");
    g_autofree char *size = hth_print_size(hth_number_member(renditions, "size_bytes"));
    g_autofree char *limit = hth_print_size(hth_number_member(renditions, "limit_bytes"));
    g_print("%s converted for devices, %s of %s", files, size, limit);
    if (n_left > 0)
        g_print("; %" G_GINT64_FORMAT " to do", n_left);
    g_print("\n");
}

/* What is done in the background so that later changes cost little. */
static void print_sync(JsonObject *status)
{
    JsonObject *sync = json_object_has_member(status, "sync")
                           ? json_object_get_object_member(status, "sync")
                           : NULL;
    const gint64 n = sync != NULL ? hth_number_member(sync, "layouts_missing") : 0;
    if (n == 0)
        return;
    g_autofree char *files = hth_print_count(n, "file", "files");
    g_print("%s on devices still to be looked into, in the background\n", files);
}

static void print_status(JsonObject *status)
{
    JsonObject *scan = json_object_get_object_member(status, "scan");
    print_head(status);
    print_counts(json_object_get_object_member(status, "counts"));
    print_roots(json_object_get_array_member(status, "roots"));
    g_autofree char *line = hth_scan_line(scan);
    g_print("%s\n", line);
    if (hth_text_member(scan, "problem") != NULL) {
        g_autofree char *problem =
            hth_print_styled(HTH_STYLE_BAD, hth_text_member(scan, "problem"));
        g_print("%s\n", problem);
    }
    const char *problem = hth_text_member(scan, "problem");
    if (problem != NULL) {
        g_autofree char *text = g_strdup_printf("The library cannot be written: %s", problem);
        g_autofree char *styled = hth_print_styled(HTH_STYLE_BAD, text);
        g_print("%s\n", styled);
    }
    const gint64 n_failed = hth_number_member(scan, "n_failed");
    if (n_failed > 0) {
        g_autofree char *files = hth_print_count(n_failed, "file", "files");
        g_autofree char *styled = hth_print_styled(HTH_STYLE_WARN, files);
        g_print("%s could not be read (hearth scan --problems)\n", styled);
    }
    g_print("\n");
    print_plugins(json_object_get_array_member(status, "plugins"));
    print_devices(json_object_get_object_member(status, "devices"));
    print_renditions(status);
    print_sync(status);
    print_playing(status);
}

int hth_verb_status(HthCli *cli, int argc, char **argv)
{
    gboolean is_watching = FALSE;
    const GOptionEntry entries[] = {
        { "watch", 'w', 0, G_OPTION_ARG_NONE, &is_watching, "Show it again and again", NULL },
        { NULL },
    };
    if (!hth_cli_parse(cli, entries, &argc, &argv, 0, 0))
        return HTH_EXIT_USAGE;
    do {
        g_autoptr(GError) error = NULL;
        g_autoptr(JsonObject) status = hth_client_get(hth_cli_client(cli), "status", &error);
        if (status == NULL)
            return hth_cli_fail(cli, error);
        if (is_watching && !cli->is_json && hth_print_is_terminal())
            g_print("\033[H\033[J");
        if (!hth_cli_print_json(cli, status))
            print_status(status);
        if (is_watching)
            g_usleep(WATCH_MS * 1000);
    } while (is_watching);
    return HTH_EXIT_OK;
}
