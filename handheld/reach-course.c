/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which attempts a race to the home is made of, and when each begins. */
#include "local-net.h"
#include "reach-private.h"

#define CONNECT_MS 5000
/* A relay waits 5 s for the home to park another connection before it says that it sleeps. */
#define RELAY_MS 10000
/* Of the places, tried at once. */
#define MAX_RACERS 8

/* RFC 8305, section 5: 250 ms; on the own subnet an answer takes less than one of them. */
#define RELAY_DELAY_MS 250
#define PLACE_DELAY_MS 60

/* After the relay's answer the LAN may still answer for so long: on a subnet of ours, where it may
 * have to wake a radio, and elsewhere, where only a route of somebody's could lead to it. */
#define GRACE_ATTACHED_MS  1000
#define GRACE_ELSEWHERE_MS 100

HthReachPlace *hth_reach_place_new(const char *address, guint16 port)
{
    HthReachPlace *place = g_new(HthReachPlace, 1);
    *place = (HthReachPlace){ .address = g_strdup(address), .port = port };
    return place;
}

void hth_reach_place_free(gpointer pointer)
{
    HthReachPlace *place = pointer;
    g_free(place->address);
    g_free(place);
}

static gboolean is_home(const HthKeyId *key, gpointer data)
{
    return hth_key_id_equal(key, data);
}

static HthHttpClient *client_for(HthReach *self, const char *address, guint16 port,
                                 const char *server_name)
{
    const HthTlsTarget target = {
        .host = address,
        .port = port,
        .interface = self->interface,
        .certificate = self->certificate,
        .key = self->key,
        .check = is_home,
        .check_data = &self->home,
        .server_name = server_name,
    };
    return hth_http_client_new(&target);
}

void hth_reach_course_clear(HthReachCourse *self)
{
    g_ptr_array_unref(self->places);
    hth_away_free(self->away);
}
void hth_reach_course_init(HthReachCourse *self, HthReach *reach)
{
    *self = (HthReachCourse){ .places = g_ptr_array_new_with_free_func(hth_reach_place_free) };
    g_mutex_lock(&reach->mutex);
    for (guint i = 0; i < reach->places->len; i++) {
        const HthReachPlace *place = g_ptr_array_index(reach->places, i);
        g_ptr_array_add(self->places, hth_reach_place_new(place->address, place->port));
    }
    self->away = hth_away_copy(reach->away);
    self->has_relay = hth_away_has_relay(reach->away) && !reach->stays_local;
    self->lan_serial = reach->lan_serial;
    g_mutex_unlock(&reach->mutex);
    for (guint i = 0; i < self->places->len; i++) {
        const HthReachPlace *place = g_ptr_array_index(self->places, i);
        if (hth_local_net_is_attached(place->address, reach->interface))
            g_ptr_array_insert(self->places, (int)self->n_attached++,
                               g_ptr_array_steal_index(self->places, i));
    }
    self->n_racers = MIN(self->places->len, MAX_RACERS);
}

HthRace *hth_reach_course_race(HthReach *self, const HthReachCourse *course, gboolean with_relay)
{
    HthRace *race = hth_race_new(course->n_attached > 0 ? GRACE_ATTACHED_MS : GRACE_ELSEWHERE_MS,
                                 hth_reach_ref(self), (GDestroyNotify)hth_reach_unref);
    for (guint i = 0; i < course->n_racers; i++) {
        const HthReachPlace *place = g_ptr_array_index(course->places, i);
        hth_race_add(race, client_for(self, place->address, place->port, NULL), FALSE,
                     i * PLACE_DELAY_MS, CONNECT_MS);
    }
    if (with_relay) {
        g_autofree char *name = hth_away_server_name(course->away);
        hth_race_add(race, client_for(self, course->away->address, course->away->port, name), TRUE,
                     course->n_attached > 0 ? RELAY_DELAY_MS : 0, RELAY_MS);
    }
    return race;
}
