/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/photo-page.h"

#include <glib/gi18n.h>

#include "widget/row-set.h"

#define PHOTO_PIXELS 1024

static void decode(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    GError *error = NULL;
    GdkTexture *texture = gdk_texture_new_from_bytes(data, &error);
    if (texture != NULL)
        g_task_return_pointer(task, texture, g_object_unref);
    else
        g_task_return_error(task, error);
}

static void on_decoded(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GdkTexture) texture = g_task_propagate_pointer(G_TASK(result), NULL);
    if (texture != NULL)
        gtk_picture_set_paintable(GTK_PICTURE(source), GDK_PAINTABLE(texture));
}

static void on_fetched(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(GtkWidget) picture = data;
    g_autoptr(GBytes) bytes = hth_api_client_fetch_finish(HTH_API_CLIENT(source), result, NULL);
    if (bytes == NULL)
        return; /* its description is shown in its place */
    g_autoptr(GTask) task = g_task_new(picture, NULL, on_decoded, NULL);
    g_task_set_task_data(task, g_steal_pointer(&bytes), (GDestroyNotify)g_bytes_unref);
    g_task_run_in_thread(task, decode);
}

void hth_photo_page_open(HthPanel *panel, HthLibraryItem *item)
{
    GtkWidget *picture = gtk_picture_new();
    gtk_picture_set_alternative_text(GTK_PICTURE(picture), hth_library_item_title(item));
    gtk_widget_set_margin_bottom(picture, 12);
    gtk_widget_set_margin_start(picture, 12);
    gtk_widget_set_margin_end(picture, 12);
    g_autofree char *path = hth_library_item_picture(item, PHOTO_PIXELS);
    if (path != NULL)
        hth_api_client_fetch(hth_home_client(panel->home), path, NULL, on_fetched,
                             g_object_ref(picture));
    hth_window_push(panel->window, hth_library_item_title(item), picture, NULL);
}
