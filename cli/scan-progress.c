/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scan-progress.h"

#include "listing.h"

#define BAR_WIDTH 24

gboolean hth_scan_is_idle(JsonObject *scan)
{
    return g_strcmp0(hth_text_member(scan, "phase"), "idle") == 0;
}

static char *reading_line(JsonObject *scan)
{
    const gint64 n_read = hth_number_member(scan, "n_read");
    const gint64 n_to_read = hth_number_member(scan, "n_to_read");
    const gint64 left_s = hth_number_member(scan, "seconds_left");
    const double rate = json_object_get_double_member_with_default(scan, "files_per_s", 0);
    g_autofree char *done = hth_print_number(n_read);
    g_autofree char *total = hth_print_number(n_to_read);
    g_autofree char *bar =
        hth_print_is_terminal() ? hth_print_bar(n_read, n_to_read, BAR_WIDTH) : NULL;
    GString *line = g_string_new("Reading tags ");
    if (bar != NULL)
        g_string_append_printf(line, "%s  ", bar);
    g_string_append_printf(line, "%s of %s", done, total);
    if (rate >= 1) {
        g_autofree char *per_second = hth_print_number((gint64)rate);
        g_string_append_printf(line, ", %s a second", per_second);
    }
    if (left_s >= 0) {
        g_autofree char *left = hth_print_span(left_s);
        g_string_append_printf(line, ", %s left", left);
    }
    return g_string_free(line, FALSE);
}

char *hth_scan_line(JsonObject *scan)
{
    const char *phase = hth_text_member(scan, "phase");
    if (g_strcmp0(phase, "reading") == 0)
        return reading_line(scan);
    g_autofree char *files = hth_print_count(hth_number_member(scan, "n_files"), "file", "files");
    if (g_strcmp0(phase, "listing") == 0) {
        g_autofree char *folders =
            hth_print_count(hth_number_member(scan, "n_folders"), "folder", "folders");
        return g_strdup_printf("Listing folders: %s in %s so far", files, folders);
    }
    const gint64 took_ms = hth_number_member(scan, "took_ms");
    const gint64 started_ms = hth_number_member(scan, "started_unix_ms");
    g_autofree char *ago = hth_print_ago(started_ms / 1000);
    if (started_ms == 0)
        return g_strdup_printf("Up to date: %s", files);
    return g_strdup_printf("Up to date: %s; looked %s, in %.1f s", files, ago,
                           (double)took_ms / 1000);
}
