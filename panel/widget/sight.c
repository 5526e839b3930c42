/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "widget/sight.h"

static void on_turned(GtkWidget *pages)
{
    GtkWidget *shown = NULL;
    g_object_get(pages, "visible-child", &shown, NULL);
    GtkWidget *page = gtk_widget_get_first_child(pages);
    for (; page != NULL; page = gtk_widget_get_next_sibling(page))
        gtk_accessible_update_state(GTK_ACCESSIBLE(page), GTK_ACCESSIBLE_STATE_HIDDEN,
                                    page != shown, -1);
    g_clear_object(&shown);
}

void hth_sight_follow(GtkWidget *pages)
{
    g_signal_connect(pages, "notify::visible-child", G_CALLBACK(on_turned), NULL);
    on_turned(pages);
}
