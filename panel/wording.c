/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wording.h"

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>

#include "api/member.h"
#include "base/template.h"

#define MINUTE 60
#define HOUR   (60 * MINUTE)
#define DAY    (24 * HOUR)

char *hth_wording_number(gint64 number)
{
    return g_strdup_printf("%'" G_GINT64_FORMAT, number);
}

char *hth_wording_bytes(gint64 bytes)
{
    return g_format_size((guint64)MAX(bytes, 0));
}

char *hth_wording_clock(gint64 duration_ms)
{
    const gint64 seconds = MAX(duration_ms, 0) / 1000;
    const int hours = (int)MIN(seconds / HOUR, 9999);
    const int minutes = (int)(seconds % HOUR / MINUTE);
    if (hours > 0)
        return g_strdup_printf("%d:%02d:%02d", hours, minutes, (int)(seconds % MINUTE));
    return g_strdup_printf("%d:%02d", minutes, (int)(seconds % MINUTE));
}

char *hth_wording_time_left(gint64 seconds)
{
    if (seconds < MINUTE)
        return g_strdup(_("less than a minute left"));
    const gulong minutes = (gulong)((seconds + MINUTE / 2) / MINUTE);
    if (minutes < 90)
        return g_strdup_printf(ngettext("about %lu minute left", "about %lu minutes left", minutes),
                               minutes);
    const gulong hours = (minutes + 30) / 60;
    return g_strdup_printf(ngettext("about %lu hour left", "about %lu hours left", hours), hours);
}

char *hth_wording_ago(gint64 unix_s)
{
    if (unix_s <= 0)
        return g_strdup(_("never"));
    const gint64 seconds = g_get_real_time() / G_USEC_PER_SEC - unix_s;
    if (seconds < 45)
        return g_strdup(_("just now"));
    const gulong minutes = (gulong)((seconds + 30) / MINUTE);
    if (minutes < 60)
        return g_strdup_printf(ngettext("%lu minute ago", "%lu minutes ago", minutes), minutes);
    const gulong hours = (gulong)(seconds / HOUR);
    if (hours < 24)
        return g_strdup_printf(ngettext("%lu hour ago", "%lu hours ago", hours), hours);
    const gulong days = (gulong)(seconds / DAY);
    if (days < 14)
        return g_strdup_printf(ngettext("%lu day ago", "%lu days ago", days), days);
    g_autoptr(GDateTime) when = g_date_time_new_from_unix_local(unix_s);
    return when != NULL ? g_date_time_format(when, "%x") : g_strdup(_("never"));
}

char *hth_wording_date(const char *date)
{
    guint year = 0;
    guint month = 0;
    guint day = 0;
    if (sscanf(date, "%4u-%2u-%2u", &year, &month, &day) != 3)
        return g_strdup(date); /* a year, or nothing */
    g_autoptr(GDateTime) when = g_date_time_new_utc((int)year, (int)month, (int)day, 0, 0, 0);
    /* Translators: a date, as g_date_time_format() takes it: 3 October 2024 */
    return when != NULL ? g_date_time_format(when, _("%-d %B %Y")) : g_strdup(date);
}

char *hth_wording_sentence(const char *text)
{
    if (*text == '\0')
        return g_strdup(text);
    g_autoptr(GString) sentence = g_string_new(NULL);
    g_string_append_unichar(sentence, g_unichar_totitle(g_utf8_get_char(text)));
    g_string_append(sentence, g_utf8_next_char(text));
    return g_string_free(g_steal_pointer(&sentence), FALSE);
}

char *hth_wording_of_daemon(JsonObject *object, const char *name)
{
    g_autofree char *path = g_strconcat("template.", name, NULL);
    const char *template = hth_member_text(object, path);
    const char *text = hth_member_text(object, name);
    if (*template == '\0' || *text == '\0')
        return g_strdup(text);
    g_autoptr(GPtrArray) pairs = g_ptr_array_new();
    JsonObject *values = hth_member_object(object, "values");
    g_autoptr(GList) names = values != NULL ? json_object_get_members(values) : NULL;
    for (const GList *each = names; each != NULL; each = each->next) {
        g_ptr_array_add(pairs, each->data);
        g_ptr_array_add(pairs, (gpointer)hth_member_text(values, each->data));
    }
    g_ptr_array_add(pairs, NULL);
    return hth_template_fill(_(template), (const char *const *)pairs->pdata);
}

char *hth_wording_files(gint64 n_files)
{
    g_autofree char *number = hth_wording_number(n_files);
    return g_strdup_printf(ngettext("%s file", "%s files", (gulong)n_files), number);
}

char *hth_wording_items(gint64 n_items)
{
    g_autofree char *number = hth_wording_number(n_items);
    return g_strdup_printf(ngettext("%s item", "%s items", (gulong)n_items), number);
}

char *hth_wording_tracks(gint64 n_tracks)
{
    g_autofree char *number = hth_wording_number(n_tracks);
    return g_strdup_printf(ngettext("%s track", "%s tracks", (gulong)n_tracks), number);
}

char *hth_wording_media_name(const char *kind)
{
    static const struct {
        const char *kind;
        const char *name;
    } rows[] = {
        { "track", N_("Track") },   { "video", N_("Video") },
        { "photo", N_("Photo") },   { "album", N_("Album") },
        { "artist", N_("Artist") }, { "playlist", N_("Playlist") },
        { "genre", N_("Genre") },   { "photo-album", N_("Photo album") },
        { "folder", N_("Folder") },
    };
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        if (strcmp(rows[i].kind, kind) == 0)
            return g_strdup(_(rows[i].name));
    }
    return g_strdup(kind);
}
