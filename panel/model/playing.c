/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/playing.h"

#include <glib/gi18n.h>
#include <string.h>

#include "api/member.h"
#include "player.h"
#include "wording.h"

guint hth_playing_count(HthHome *home)
{
    return hth_member_length(hth_home_status(home), "sessions");
}

JsonObject *hth_playing_at(HthHome *home, guint index)
{
    return hth_member_at(hth_home_status(home), "sessions", index);
}

JsonObject *hth_playing_on(HthHome *home, const char *device_id)
{
    for (guint i = 0; i < hth_playing_count(home); i++) {
        JsonObject *session = hth_playing_at(home, i);
        if (strcmp(hth_member_text(session, "device"), device_id) == 0)
            return session;
    }
    return NULL;
}

char *hth_playing_title(JsonObject *session)
{
    g_autofree char *artists = hth_member_joined(session, "artists", ", ");
    const char *title = hth_member_text(session, "title");
    return artists != NULL ? g_strdup_printf("%s – %s", title, artists) : g_strdup(title);
}

char *hth_playing_time(JsonObject *session)
{
    if (!hth_member_exists(session, "position_ms"))
        return g_strdup("");
    const gint64 duration_ms = hth_member_number(session, "duration_ms");
    g_autofree char *at = hth_wording_clock(hth_member_number(session, "position_ms"));
    g_autofree char *length = hth_wording_clock(duration_ms);
    g_autofree char *of =
        duration_ms > 0 ? g_strdup_printf(_("%s of %s"), at, length) : g_strdup(at);
    if (hth_member_is(session, "is_paused"))
        return g_strdup_printf(_("paused at %s"), of);
    return hth_member_is(session, "is_estimate") ? g_strdup_printf(_("about %s"), of)
                                                 : g_steal_pointer(&of);
}

char *hth_playing_way(JsonObject *session)
{
    const char *conversion = hth_member_text(session, "conversion");
    const gboolean is_relay = strcmp(hth_member_text(session, "path"), "relay") == 0;
    g_autofree char *converted =
        *conversion != '\0' ? g_strdup_printf(_("converted to %s"), conversion) : NULL;
    if (is_relay && converted != NULL)
        return g_strdup_printf("%s · %s", _("through the relay"), converted);
    return is_relay ? g_strdup(_("through the relay")) : g_steal_pointer(&converted);
}

static char *where(JsonObject *session)
{
    const char *label = hth_member_text(session, "label");
    const gboolean is_computer = strcmp(hth_member_text(session, "player"), "computer") == 0;
    if (is_computer || strcmp(label, HTH_PLAYER_NAME) == 0)
        return g_strdup(_("on this computer"));
    return g_strdup_printf(_("on %s"), label);
}

char *hth_playing_line(JsonObject *session)
{
    g_autofree char *place = where(session);
    g_autofree char *time = hth_playing_time(session);
    g_autofree char *way = hth_playing_way(session);
    g_autoptr(GString) line = g_string_new(place);
    if (*time != '\0')
        g_string_append_printf(line, " · %s", time);
    if (way != NULL)
        g_string_append_printf(line, " · %s", way);
    return g_string_free(g_steal_pointer(&line), FALSE);
}
