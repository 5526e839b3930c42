/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "metrics.h"

#include "net/http-server.h"

struct HthMetrics {
    HthMetricsOptions options;
    HthHttpServer *server;
};

static const char *const event_names[] = {
    [HTH_DOOR_ACCEPTED] = "accepted",   [HTH_DOOR_REFUSED_LIMIT] = "too_many",
    [HTH_DOOR_SILENT] = "silent",       [HTH_DOOR_NO_ROUTE] = "no_route",
    [HTH_DOOR_MALFORMED] = "malformed", [HTH_DOOR_BAD_TICKET] = "bad_ticket",
    [HTH_DOOR_HOME_AWAY] = "home_away", [HTH_DOOR_OVER_LIMIT] = "over_limit",
    [HTH_DOOR_JOINED] = "joined",
};
G_STATIC_ASSERT(G_N_ELEMENTS(event_names) == HTH_DOOR_N_EVENTS);

static void add(GString *text, const char *name, const char *kind, const char *help, guint64 value)
{
    g_string_append_printf(text,
                           "# HELP hearth_locker_%s %s\n# TYPE hearth_locker_%s %s\n"
                           "hearth_locker_%s %" G_GUINT64_FORMAT "\n",
                           name, help, name, kind, name, value);
}

static void add_door(GString *text, HthDoor *door)
{
    HthDoorCounters counters;
    hth_door_counters(door, &counters);
    g_string_append(text, "# HELP hearth_locker_connections_total What became of connections.\n"
                          "# TYPE hearth_locker_connections_total counter\n");
    for (guint i = 0; i < HTH_DOOR_N_EVENTS; i++)
        g_string_append_printf(
            text, "hearth_locker_connections_total{event=\"%s\"} %" G_GUINT64_FORMAT "\n",
            event_names[i], counters.events[i]);
    add(text, "speaking", "gauge", "Connections that have said nothing whole yet.",
        counters.speaking);
    add(text, "parked", "gauge", "Connections that homes have parked.", counters.parked);
    add(text, "waiting", "gauge", "Devices that wait for their home.", counters.waiting);
}

static void on_metrics(HthHttpRequest *request, gpointer data)
{
    const HthMetrics *self = data;
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GPtrArray) households = hth_switchboard_households(self->options.switchboard);
    HthHttpCounters api;
    guint64 n_bytes = 0;
    guint n_sessions = 0;
    for (guint i = 0; i < self->options.n_splicers; i++) {
        n_bytes += hth_splicer_bytes(self->options.splicers[i]);
        n_sessions += hth_splicer_sessions(self->options.splicers[i]);
    }
    hth_api_counters(self->options.api, &api);
    add_door(text, self->options.door);
    add(text, "sessions", "gauge", "Joined connections.", n_sessions);
    add(text, "relayed_bytes_total", "counter", "Bytes passed on, both directions.", n_bytes);
    add(text, "households", "gauge", "Households that have joined.", households->len);
    add(text, "api_connections", "gauge", "Connections of homes to the API.", api.connections);
    add(text, "api_requests_total", "counter", "Requests of homes to the API.", api.requests);
    hth_http_request_respond(request, 200, "text/plain; version=0.0.4", text->str);
}

static const HthHttpRoute routes[] = {
    { HTH_HTTP_GET, "/metrics", on_metrics, 0 },
};

HthMetrics *hth_metrics_new(const HthMetricsOptions *options, GError **error)
{
    HthMetrics *self = g_new0(HthMetrics, 1);
    self->options = *options;
    const HthHttpOptions http = {
        .name = "metrics",
        .bind_address = options->address,
        .port = options->port,
        .max_connections = 16,
    };
    self->server = hth_http_server_new(&http);
    hth_http_server_add_routes(self->server, routes, G_N_ELEMENTS(routes), self);
    if (!hth_http_server_start(self->server, error)) {
        hth_metrics_free(self);
        return NULL;
    }
    return self;
}

void hth_metrics_free(HthMetrics *self)
{
    if (self == NULL)
        return;
    hth_http_server_free(self->server);
    g_free(self);
}
