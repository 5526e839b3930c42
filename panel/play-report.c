/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "play-report.h"

#include <string.h>

/* Of the 45 seconds after which the daemon takes a player for gone. */
#define INTERVAL_S 15
/* Just after a change GStreamer does not say yet where it is. */
#define CHANGE_MS 300

struct HthPlayReport {
    HthPlayer *player;
    HthHome *home;
    char *item;  /* that was told last; NULL: nothing */
    guint timer; /* source; while something is played */
    guint delay; /* source */
};

static void tell(HthPlayReport *self, const char *item, const char *state, gint64 position_ms)
{
    JsonObject *body = json_object_new();
    json_object_set_string_member(body, "player", HTH_PLAYER_NAME);
    json_object_set_string_member(body, "item", item);
    json_object_set_string_member(body, "state", state);
    json_object_set_int_member(body, "position_ms", MAX(position_ms, 0));
    hth_api_client_send(hth_home_client(self->home), "POST", "sessions", body);
}

static void tell_now(HthPlayReport *self)
{
    HthLibraryItem *item = hth_player_item(self->player);
    const char *id = item != NULL ? hth_library_item_id(item) : NULL;
    if (self->item != NULL && g_strcmp0(self->item, id) != 0)
        tell(self, self->item, "stopped", 0);
    if (id != NULL)
        tell(self, id, hth_player_is_playing(self->player) ? "playing" : "paused",
             hth_player_position_ms(self->player));
    g_free(self->item);
    self->item = g_strdup(id);
}

static gboolean on_timer(gpointer data)
{
    tell_now(data);
    return G_SOURCE_CONTINUE;
}

static gboolean on_delay(gpointer data)
{
    HthPlayReport *self = data;
    self->delay = 0;
    tell_now(self);
    return G_SOURCE_REMOVE;
}

static void on_changed(HthPlayReport *self)
{
    const gboolean is_playing = hth_player_item(self->player) != NULL;
    g_clear_handle_id(&self->delay, g_source_remove);
    self->delay = g_timeout_add(CHANGE_MS, on_delay, self);
    if (is_playing && self->timer == 0)
        self->timer = g_timeout_add_seconds(INTERVAL_S, on_timer, self);
    else if (!is_playing)
        g_clear_handle_id(&self->timer, g_source_remove);
}

HthPlayReport *hth_play_report_new(HthPlayer *player, HthHome *home)
{
    HthPlayReport *self = g_new0(HthPlayReport, 1);
    self->player = g_object_ref(player);
    self->home = g_object_ref(home);
    g_signal_connect_swapped(player, "changed", G_CALLBACK(on_changed), self);
    return self;
}

void hth_play_report_free(HthPlayReport *self)
{
    if (self == NULL)
        return;
    g_signal_handlers_disconnect_by_data(self->player, self);
    g_clear_handle_id(&self->timer, g_source_remove);
    g_clear_handle_id(&self->delay, g_source_remove);
    g_clear_object(&self->player);
    g_clear_object(&self->home);
    g_free(self->item);
    g_free(self);
}
