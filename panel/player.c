/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "player.h"

#include <glib/gi18n.h>
#include <gst/gst.h>
#include <unistd.h>

#include "api/member.h"

/* Back to the start of the track rather than to the one before, after so long. */
#define RESTART_MS 3000

struct _HthPlayer {
    GObject parent;
    HthHome *home;
    GstElement *playbin; /* NULL until something is played */
    guint watch;         /* of its bus */
    GThreadPool *thread; /* one: GStreamer's calls in their order */
    GPtrArray *queue;
    guint place;
    gboolean is_playing;
    gboolean was_counted; /* as a play, at the daemon */
    GCancellable *asking; /* where the track is */
};

G_DEFINE_FINAL_TYPE(HthPlayer, hth_player, G_TYPE_OBJECT)

enum { CHANGED, FAILED, N_SIGNALS };
static guint signals[N_SIGNALS]; /* set once, by class_init */

/* ---- On the thread ---- */

typedef struct {
    GstElement *playbin;
    char *uri; /* NULL: as it is */
    GstState state;
    gint64 seek_ms; /* -1: none */
} Order;

static void carry_out(gpointer data, gpointer user_data)
{
    Order *order = data;
    if (order->uri != NULL) {
        gst_element_set_state(order->playbin, GST_STATE_READY);
        g_object_set(order->playbin, "uri", order->uri, NULL);
    }
    if (order->seek_ms >= 0)
        gst_element_seek_simple(order->playbin, GST_FORMAT_TIME,
                                GST_SEEK_FLAG_FLUSH | GST_SEEK_FLAG_KEY_UNIT,
                                order->seek_ms * GST_MSECOND);
    else
        gst_element_set_state(order->playbin, order->state);
    gst_object_unref(order->playbin);
    g_free(order->uri);
    g_free(order);
}

static void give(HthPlayer *self, const char *uri, GstState state, gint64 seek_ms)
{
    if (self->playbin == NULL)
        return;
    Order *order = g_new(Order, 1);
    *order = (Order){ gst_object_ref(self->playbin), g_strdup(uri), state, seek_ms };
    g_thread_pool_push(self->thread, order, NULL);
}

/* ---- What GStreamer says ---- */

static void count_play(HthPlayer *self)
{
    HthLibraryItem *item = hth_player_item(self);
    if (item == NULL || self->was_counted)
        return;
    self->was_counted = TRUE;
    g_autofree char *path = g_strdup_printf("item/%s/play", hth_library_item_id(item));
    hth_api_client_send(hth_home_client(self->home), "POST", path, NULL);
}

static void on_failed(HthPlayer *self, GstMessage *message)
{
    g_autoptr(GError) error = NULL;
    gst_message_parse_error(message, &error, NULL);
    HthLibraryItem *item = hth_player_item(self);
    g_autofree char *text =
        g_strdup_printf(_("“%s” cannot be played: %s"),
                        item != NULL ? hth_library_item_title(item) : "", error->message);
    hth_player_stop(self);
    g_signal_emit(self, signals[FAILED], 0, text);
}

static gboolean on_message(GstBus *bus, GstMessage *message, gpointer data)
{
    HthPlayer *self = data;
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_ERROR) {
        on_failed(self, message);
    } else if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS) {
        count_play(self);
        if (hth_player_has_next(self))
            hth_player_next(self);
        else
            hth_player_stop(self);
    }
    return G_SOURCE_CONTINUE;
}

static gboolean make_playbin(HthPlayer *self)
{
    if (self->playbin != NULL)
        return TRUE;
    g_autoptr(GError) error = NULL;
    if (!gst_init_check(NULL, NULL, &error))
        return FALSE;
    GstElement *playbin = gst_element_factory_make("playbin", NULL);
    if (playbin == NULL)
        return FALSE;
    self->playbin = gst_object_ref_sink(playbin);
    /* Pictures in tracks are shown by the panel; a film has a player of its own. */
    GstElement *nowhere = gst_element_factory_make("fakesink", NULL);
    if (nowhere != NULL)
        g_object_set(playbin, "video-sink", nowhere, NULL);
    g_autoptr(GstBus) bus = gst_element_get_bus(playbin);
    self->watch = gst_bus_add_watch(bus, on_message, self);
    return TRUE;
}

/* ---- One track ---- */

static char *uri_of(HthPlayer *self, JsonObject *item)
{
    const char *path = hth_member_text(item, "path");
    if (*path != '\0' && access(path, R_OK) == 0)
        return g_filename_to_uri(path, NULL, NULL);
    const gint64 port = hth_member_number(hth_home_status(self->home), "port");
    return g_strdup_printf("http://127.0.0.1:%u%s", (guint)CLAMP(port, 0, 65535),
                           hth_member_text(item, "url"));
}

static void on_found(GObject *source, GAsyncResult *result, gpointer data)
{
    g_autoptr(HthPlayer) self = data;
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonObject) item = hth_api_client_call_finish(HTH_API_CLIENT(source), result, &error);
    if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        return;
    g_autofree char *uri = item != NULL ? uri_of(self, item) : NULL;
    if (uri == NULL || !make_playbin(self)) {
        hth_player_stop(self);
        g_signal_emit(self, signals[FAILED], 0, _("This cannot be played here."));
        return;
    }
    give(self, uri, self->is_playing ? GST_STATE_PLAYING : GST_STATE_PAUSED, -1);
}

static void begin(HthPlayer *self)
{
    g_cancellable_cancel(self->asking);
    g_clear_object(&self->asking);
    self->asking = g_cancellable_new();
    self->is_playing = TRUE;
    self->was_counted = FALSE;
    give(self, NULL, GST_STATE_READY, -1);
    g_autofree char *path = g_strdup_printf("item/%s", hth_library_item_id(hth_player_item(self)));
    hth_api_client_call(hth_home_client(self->home), "GET", path, NULL, self->asking, on_found,
                        g_object_ref(self));
    g_signal_emit(self, signals[CHANGED], 0);
}

void hth_player_play(HthPlayer *self, GPtrArray *items, guint first)
{
    g_ptr_array_set_size(self->queue, 0);
    for (guint i = 0; i < MIN(items->len, HTH_PLAYER_QUEUE_MAX); i++)
        g_ptr_array_add(self->queue, g_object_ref(items->pdata[i]));
    self->place = MIN(first, self->queue->len);
    if (self->place < self->queue->len)
        begin(self);
}

void hth_player_toggle(HthPlayer *self)
{
    if (hth_player_item(self) == NULL)
        return;
    self->is_playing = !self->is_playing;
    give(self, NULL, self->is_playing ? GST_STATE_PLAYING : GST_STATE_PAUSED, -1);
    g_signal_emit(self, signals[CHANGED], 0);
}

void hth_player_next(HthPlayer *self)
{
    if (!hth_player_has_next(self))
        return;
    self->place++;
    begin(self);
}

void hth_player_previous(HthPlayer *self)
{
    if (self->place == 0 || hth_player_position_ms(self) > RESTART_MS) {
        hth_player_seek(self, 0);
        return;
    }
    self->place--;
    begin(self);
}

void hth_player_seek(HthPlayer *self, gint64 position_ms)
{
    give(self, NULL, GST_STATE_PLAYING, MAX(position_ms, 0));
}

void hth_player_stop(HthPlayer *self)
{
    g_cancellable_cancel(self->asking);
    give(self, NULL, GST_STATE_NULL, -1);
    g_ptr_array_set_size(self->queue, 0);
    self->place = 0;
    self->is_playing = FALSE;
    g_signal_emit(self, signals[CHANGED], 0);
}

/* ---- What is so ---- */

HthLibraryItem *hth_player_item(HthPlayer *self)
{
    return self->place < self->queue->len ? self->queue->pdata[self->place] : NULL;
}

gboolean hth_player_is_playing(HthPlayer *self)
{
    return self->is_playing;
}

gboolean hth_player_has_next(HthPlayer *self)
{
    return self->place + 1 < self->queue->len;
}

gint64 hth_player_position_ms(HthPlayer *self)
{
    gint64 position = 0;
    if (self->playbin == NULL || hth_player_item(self) == NULL ||
        !gst_element_query_position(self->playbin, GST_FORMAT_TIME, &position))
        return 0;
    return position / GST_MSECOND;
}

gint64 hth_player_duration_ms(HthPlayer *self)
{
    HthLibraryItem *item = hth_player_item(self);
    return item != NULL ? hth_member_number(hth_library_item_json(item), "duration_ms") : 0;
}

gboolean hth_player_has_element(const char *name)
{
    if (!gst_init_check(NULL, NULL, NULL))
        return FALSE;
    g_autoptr(GstElementFactory) factory = gst_element_factory_find(name);
    return factory != NULL;
}

/* ---- Object ---- */

static void hth_player_init(HthPlayer *self)
{
    self->queue = g_ptr_array_new_with_free_func(g_object_unref);
    self->thread = g_thread_pool_new(carry_out, NULL, 1, FALSE, NULL);
}

static void hth_player_finalize(GObject *object)
{
    HthPlayer *self = HTH_PLAYER(object);
    give(self, NULL, GST_STATE_NULL, -1);
    g_thread_pool_free(self->thread, FALSE, TRUE);
    g_clear_handle_id(&self->watch, g_source_remove);
    g_clear_pointer(&self->playbin, gst_object_unref);
    g_ptr_array_unref(self->queue);
    g_cancellable_cancel(self->asking);
    g_clear_object(&self->asking);
    g_clear_object(&self->home);
    G_OBJECT_CLASS(hth_player_parent_class)->finalize(object);
}

static void hth_player_class_init(HthPlayerClass *class)
{
    G_OBJECT_CLASS(class)->finalize = hth_player_finalize;
    signals[CHANGED] = g_signal_new("changed", HTH_TYPE_PLAYER, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                    NULL, G_TYPE_NONE, 0);
    signals[FAILED] = g_signal_new("failed", HTH_TYPE_PLAYER, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

HthPlayer *hth_player_new(HthHome *home)
{
    HthPlayer *self = g_object_new(HTH_TYPE_PLAYER, NULL);
    self->home = g_object_ref(home);
    return self;
}
