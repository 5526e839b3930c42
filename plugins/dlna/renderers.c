/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "renderers"
#include "renderers.h"

#include <string.h>

#include "announcer/literal-url.h"
#include "base/error.h"
#include "base/log.h"
#include "fetcher.h"
#include "renderer-description.h"

#define FETCH_MAX_MS   3000
#define MAX_TRIES      3
#define FIRST_DELAY_US (5 * G_USEC_PER_SEC) /* a TV announces itself before it can be asked */

/* A location that is to be fetched, is being fetched, or is to be left alone for a while. */
typedef struct {
    HthRenderers *renderers;
    GInetAddress *peer;
    char *url;
    guint n_failures;
    gboolean is_fetching;
    gint64 due_us;   /* 0: no more */
    gint64 until_us; /* then it is forgotten, when nothing is due */
} Place;

struct HthRenderers {
    HthDlna *dlna;
    HthFetcher *fetcher;
    GPtrArray *places; /* (element Place) */
    guint timer;
};

static void place_free(Place *place)
{
    g_object_unref(place->peer);
    g_free(place->url);
    g_free(place);
}

/* ---- Which location is looked at ---- */

char *hth_renderer_url(const char *location, GInetAddress *sender, GError **error)
{
    if (strlen(location) > HTH_RENDERERS_MAX_LOCATION) {
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_TOO_LARGE, "the location is too long");
        return NULL;
    }
    g_auto(HthLiteralUrl) url = { NULL };
    if (!hth_literal_url_parse(location, &url, error)) {
        g_prefix_error(error, "the location ");
        return NULL;
    }
    if (!g_inet_address_equal(url.address, sender)) {
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_REFUSED,
                            "the location is not at the sender's address");
        return NULL;
    }
    return hth_literal_url_write(&url);
}

static gboolean is_neighbour(HthRenderers *self, const char *local, GInetAddress *peer)
{
    HthInterfaces *interfaces = hth_host_interfaces(hth_dlna_host(self->dlna));
    g_autoptr(GInetAddress) own = g_inet_address_new_from_string(local);
    return own != NULL && hth_interfaces_is_same_subnet(interfaces, own, peer) &&
           !hth_interfaces_has_address(interfaces, peer);
}

static gboolean is_over(const Place *place, gint64 now_us)
{
    return !place->is_fetching && place->due_us == 0 && place->until_us <= now_us;
}

/* Whether @url may have a place: it has none, and there is room. */
static gboolean has_room(HthRenderers *self, GInetAddress *peer, const char *url)
{
    const gint64 now_us = g_get_monotonic_time();
    guint n_of_peer = 0;
    for (guint i = self->places->len; i > 0; i--) {
        const Place *place = self->places->pdata[i - 1];
        if (is_over(place, now_us)) {
            g_ptr_array_remove_index_fast(self->places, i - 1);
            continue;
        }
        if (strcmp(place->url, url) == 0)
            return FALSE;
        if (g_inet_address_equal(place->peer, peer))
            n_of_peer++;
    }
    return n_of_peer < HTH_RENDERERS_A_PEER && self->places->len < HTH_RENDERERS_MAX;
}

/* ---- Fetching ---- */

static void fetch_due(HthRenderers *self);

static void learn(Place *place, const HthRendererDescription *description)
{
    HthDlna *dlna = place->renderers->dlna;
    g_autofree char *address = g_inet_address_to_string(place->peer);
    const char *const unknown = "unknown";
    hth_log_info("renderer address=%s name=%s manufacturer=%s model=%s", address,
                 description->friendly_name != NULL ? description->friendly_name : unknown,
                 description->manufacturer != NULL ? description->manufacturer : unknown,
                 description->model_name != NULL ? description->model_name : unknown);
    hth_dlna_learn(dlna, place->peer, description->friendly_name, description->model_name);
}

static gboolean take_answer(Place *place, GBytes *body, GError **error)
{
    gsize size = 0;
    const char *bytes = g_bytes_get_data(body, &size);
    g_autoptr(HthRendererDescription) description =
        hth_renderer_description_parse(bytes, size, error);
    if (description == NULL)
        return FALSE;
    learn(place, description);
    return TRUE;
}

static void on_fetched(GBytes *body, const GError *error, gpointer data)
{
    Place *place = data;
    HthRenderers *self = place->renderers;
    g_autoptr(GError) problem = error != NULL ? g_error_copy(error) : NULL;
    const gint64 now_us = g_get_monotonic_time();
    place->is_fetching = FALSE;
    place->due_us = 0;
    place->until_us = now_us + HTH_RENDERERS_KEEP_US;
    if (body == NULL || !take_answer(place, body, &problem)) {
        hth_log_debug("%s is not learned from: %s", place->url, problem->message);
        if (++place->n_failures < MAX_TRIES)
            place->due_us = now_us + (FIRST_DELAY_US << (2 * (place->n_failures - 1)));
    }
    fetch_due(self);
}

static gboolean on_timer(gpointer data)
{
    HthRenderers *self = data;
    self->timer = 0;
    fetch_due(self);
    return G_SOURCE_REMOVE;
}

/* Those whose time has come, as many as may at once; and a timer for the next. When there is no
 * room, the end of a fetch comes back here. */
static void fetch_due(HthRenderers *self)
{
    const gint64 now_us = g_get_monotonic_time();
    gint64 next_us = G_MAXINT64;
    g_clear_handle_id(&self->timer, g_source_remove);
    for (guint i = 0; i < self->places->len && hth_fetcher_is_free(self->fetcher); i++) {
        Place *place = self->places->pdata[i];
        if (place->is_fetching || place->due_us == 0)
            continue;
        if (place->due_us > now_us) {
            next_us = MIN(next_us, place->due_us);
            continue;
        }
        place->is_fetching = TRUE;
        hth_fetcher_get(self->fetcher, place->url, on_fetched, place);
    }
    if (next_us != G_MAXINT64)
        self->timer = g_timeout_add((guint)((next_us - now_us + 999) / 1000), on_timer, self);
}

void hth_renderers_seen(HthRenderers *self, const char *local, const char *sender,
                        const char *location)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GInetAddress) peer = g_inet_address_new_from_string(sender);
    if (peer == NULL || !is_neighbour(self, local, peer)) {
        hth_log_debug("a renderer's message is not looked at: %s is no neighbour", sender);
        return;
    }
    g_autofree char *url = hth_renderer_url(location, peer, &error);
    if (url == NULL) {
        hth_log_debug("a renderer's message from %s is not looked at: %s", sender, error->message);
        return;
    }
    if (!has_room(self, peer, url))
        return;
    Place *place = g_new(Place, 1);
    *place = (Place){
        .renderers = self,
        .peer = g_steal_pointer(&peer),
        .url = g_steal_pointer(&url),
        .due_us = g_get_monotonic_time(),
    };
    g_ptr_array_add(self->places, place);
    fetch_due(self);
}

/* ---- Life ---- */

HthRenderers *hth_renderers_new(HthDlna *dlna)
{
    g_autofree char *user_agent =
        g_strconcat("Linux UPnP/1.0 hearth/", hth_host_version(hth_dlna_host(dlna)), NULL);
    const HthFetcherOptions options = {
        .user_agent = user_agent,
        .max_bytes = HTH_RENDERER_DESCRIPTION_MAX_BYTES,
        .timeout_ms = FETCH_MAX_MS,
    };
    HthRenderers *self = g_new(HthRenderers, 1);
    *self = (HthRenderers){
        .dlna = dlna,
        .fetcher = hth_fetcher_new(&options),
        .places = g_ptr_array_new_with_free_func((GDestroyNotify)place_free),
    };
    return self;
}

void hth_renderers_free(HthRenderers *self)
{
    if (self == NULL)
        return;
    hth_fetcher_free(self->fetcher);
    g_clear_handle_id(&self->timer, g_source_remove);
    g_ptr_array_unref(self->places);
    g_free(self);
}
