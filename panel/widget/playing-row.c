/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "widget/playing-row.h"

#include <glib/gi18n.h>

#include "model/playing.h"
#include "widget/row-set.h"

GtkWidget *hth_playing_row_new(void)
{
    GtkWidget *row = hth_row_new("", "");
    hth_row_add_icon(row, "media-playback-start-symbolic");
    gtk_widget_set_visible(row, FALSE);
    return row;
}

void hth_playing_row_update(GtkWidget *row, HthHome *home, const char *device_id)
{
    JsonObject *session = hth_playing_on(home, device_id);
    gtk_widget_set_visible(row, session != NULL);
    if (session == NULL)
        return;
    g_autofree char *title = hth_playing_title(session);
    g_autofree char *time = hth_playing_time(session);
    g_autofree char *way = hth_playing_way(session);
    g_autofree char *text = g_strdup_printf(_("Playing %s"), title);
    g_autofree char *line = way != NULL ? g_strdup_printf("%s · %s", time, way) : g_strdup(time);
    hth_row_set_texts(row, text, line);
}
