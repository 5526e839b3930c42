/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/video-page.h"

#include <glib/gi18n.h>
#include <unistd.h>

#include "api/member.h"

/* What is opened once the daemon has said where the file is. */
typedef struct {
    HthPanel *panel;
    GtkWidget *video;
} Opening;

static void on_found(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autofree Opening *opening = data;
    g_autoptr(GtkWidget) video = opening->video;
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) item = hth_api_client_call_finish(HTH_API_CLIENT(source), result, &error);
    if (item == NULL) {
        if (opening->panel->window != NULL)
            hth_window_fail(opening->panel->window, error);
        return;
    }
    const char *path = hth_member_text(item, "path");
    g_autofree char *url =
        g_strdup_printf("http://127.0.0.1:%u%s",
                        (guint)hth_member_number(hth_home_status(opening->panel->home), "port"),
                        hth_member_text(item, "url"));
    g_autoptr(GFile) file = *path != '\0' && access(path, R_OK) == 0 ? g_file_new_for_path(path)
                                                                     : g_file_new_for_uri(url);
    gtk_video_set_file(GTK_VIDEO(video), file);
}

/* A film that nobody looks at any more falls silent. */
static void on_unmap(GtkWidget *video)
{
    GtkMediaStream *stream = gtk_video_get_media_stream(GTK_VIDEO(video));
    if (stream != NULL)
        gtk_media_stream_pause(stream);
}

void hth_video_page_open(HthPanel *panel, HthLibraryItem *item)
{
    GtkWidget *video = gtk_video_new();
    gtk_video_set_autoplay(GTK_VIDEO(video), TRUE);
    g_signal_connect(video, "unmap", G_CALLBACK(on_unmap), NULL);
    hth_player_stop(panel->player);
    Opening *opening = g_new(Opening, 1);
    *opening = (Opening){ panel, g_object_ref_sink(video) };
    g_autofree char *id = g_uri_escape_string(hth_library_item_id(item), NULL, FALSE);
    g_autofree char *path = g_strconcat("item/", id, NULL);
    hth_window_push(panel->window, hth_library_item_title(item), video, NULL);
    hth_api_client_call(hth_home_client(panel->home), "GET", path, NULL, NULL, on_found, opening);
}
