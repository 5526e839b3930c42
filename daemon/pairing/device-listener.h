/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where paired devices are answered: TLS 1.3, both sides known by their keys, on a port of its own.
 *
 *   HthDeviceListener *listener = hth_device_listener_new(&options);
 *   hth_device_listener_add_routes(listener, routes, G_N_ELEMENTS(routes), data);
 *   hth_device_listener_start(listener, &error);
 *
 * Who may not use a route is told so before the body of the request is read. A device that is
 * revoked loses its connections at that moment.
 *
 * Threads: main thread; handlers run on HTTP threads, as lib/net/http-server.h says.
 */
#pragma once

#include "net/http-server.h"
#include "pairing/pairing.h"
#include "store/identity.h"

G_BEGIN_DECLS

typedef enum {
    HTH_FOR_HANDHELD = 1 << 0,
    HTH_FOR_OWNER = 1 << 1,
    HTH_FOR_WIPING = 1 << 2,   /* a device that is to wipe itself, and must hear it */
    HTH_FOR_STRANGER = 1 << 3, /* any key at all; its handler gets no device if it is not paired */
    HTH_FOR_PAIRED = HTH_FOR_HANDHELD | HTH_FOR_OWNER,
} HthDeviceAccess;

/* @device: who asks; borrowed for the call. */
typedef void (*HthDeviceHandler)(HthHttpRequest *request, const HthPairedDevice *device,
                                 gpointer data);

typedef struct {
    HthHttpMethods methods;
    const char *path; /* as in HthHttpRoute */
    HthDeviceAccess access;
    HthDeviceHandler handler;
    gsize max_body_bytes;
} HthDeviceRoute;

typedef struct HthDeviceListener HthDeviceListener;

typedef struct {
    HthPairing *pairing;               /* borrowed until free */
    const HthDeviceIdentity *identity; /* borrowed for the call */
    const char *home_name;             /* told to a device that is paired */
    HthHttpOptions http;               /* port, limits and peer rule; its TLS is set by new */
    gboolean is_relay; /* it is handed sockets that come from elsewhere: nobody is paired there */
} HthDeviceListenerOptions;

HthDeviceListener *hth_device_listener_new(const HthDeviceListenerOptions *options);
void hth_device_listener_free(HthDeviceListener *self); /* stops first; NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthDeviceListener, hth_device_listener_free)

/* @routes: copied; their paths borrowed until free. Before start only. POST /pair is there already,
 * but on a relay. */
void hth_device_listener_add_routes(HthDeviceListener *self, const HthDeviceRoute *routes,
                                    guint n_routes, gpointer data);

gboolean hth_device_listener_start(HthDeviceListener *self, GError **error);
void hth_device_listener_stop(HthDeviceListener *self);
guint16 hth_device_listener_port(const HthDeviceListener *self); /* 0: it does not run */
void hth_device_listener_counters(HthDeviceListener *self, HthHttpCounters *out_counters);

/* Of a relay: as hth_http_server_add_socket() says. Any thread. */
gboolean hth_device_listener_add_socket(HthDeviceListener *self, int fd, GError **error);

/* {"error": {"code": …, "message": …}}, as the API has it. */
void hth_device_respond_problem(HthHttpRequest *request, guint status, const char *code,
                                const char *sentence);

G_END_DECLS
