/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/video-page.h"

#include <gio/gio.h>
#include <glib/gi18n.h>
#include <string.h>
#include <unistd.h>

#include "api/member.h"

/* What is opened once the daemon has said where the file is. */
typedef struct {
    HthPanel *panel;
    GtkWidget *video; /* NULL: the desktop's player shows it */
} Opening;

/* ---- The desktop's player ---- */

static void on_launched(GObject *source, GAsyncResult *result, gpointer data)
{
    HthPanel *panel = data;
    if (!g_app_info_launch_default_for_uri_finish(result, NULL) && panel->window != NULL)
        hth_window_toast(panel->window, _("No program on this computer shows this video."));
}

/* GTK shows videos by a module that may not be there. GTK 4.8's own (libgtk-4-media-gstreamer)
 * takes GStreamer's GL elements for granted, and ends the program without them. */
static gboolean can_show(void)
{
    GIOExtensionPoint *point = g_io_extension_point_lookup(GTK_MEDIA_FILE_EXTENSION_POINT_NAME);
    const GList *first = point != NULL ? g_io_extension_point_get_extensions(point) : NULL;
    if (first == NULL || strcmp(g_io_extension_get_name(first->data), "nomedia") == 0)
        return FALSE;
    if (strcmp(g_io_extension_get_name(first->data), "gstreamer") != 0)
        return TRUE;
    return hth_player_has_element("glsinkbin");
}

/* ---- Our own ---- */

static GFile *file_of(HthPanel *panel, JsonObject *item)
{
    const char *path = hth_member_text(item, "path");
    if (*path != '\0' && access(path, R_OK) == 0)
        return g_file_new_for_path(path);
    g_autofree char *url = g_strdup_printf(
        "http://127.0.0.1:%u%s", (guint)hth_member_number(hth_home_status(panel->home), "port"),
        hth_member_text(item, "url"));
    return g_file_new_for_uri(url);
}

static void on_found(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autofree Opening *opening = data;
    HthPanel *panel = opening->panel;
    g_autoptr(GtkWidget) video = opening->video;
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) item = hth_api_client_call_finish(HTH_API_CLIENT(source), result, &error);
    if (item == NULL) {
        if (panel->window != NULL)
            hth_window_fail(panel->window, error);
        return;
    }
    g_autoptr(GFile) file = file_of(panel, item);
    if (video != NULL) {
        gtk_video_set_file(GTK_VIDEO(video), file);
        return;
    }
    g_autofree char *uri = g_file_get_uri(file);
    g_app_info_launch_default_for_uri_async(uri, NULL, NULL, on_launched, panel);
}

/* A film that nobody looks at any more falls silent. */
static void on_unmap(GtkWidget *video)
{
    GtkMediaStream *stream = gtk_video_get_media_stream(GTK_VIDEO(video));
    if (stream != NULL)
        gtk_media_stream_pause(stream);
}

static GtkWidget *make_video(HthPanel *panel, HthLibraryItem *item)
{
    GtkWidget *video = gtk_video_new();
    gtk_video_set_autoplay(GTK_VIDEO(video), TRUE);
    gtk_widget_add_css_class(video, "film");
    g_signal_connect(video, "unmap", G_CALLBACK(on_unmap), NULL);
    g_object_ref_sink(video);
    hth_window_push(panel->window, hth_library_item_title(item), video, NULL);
    return video;
}

void hth_video_page_open(HthPanel *panel, HthLibraryItem *item)
{
    hth_player_stop(panel->player);
    Opening *opening = g_new(Opening, 1);
    *opening = (Opening){ panel, can_show() ? make_video(panel, item) : NULL };
    g_autofree char *id = g_uri_escape_string(hth_library_item_id(item), NULL, FALSE);
    g_autofree char *path = g_strconcat("item/", id, NULL);
    hth_api_client_call(hth_home_client(panel->home), "GET", path, NULL, NULL, on_found, opening);
}
