/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "sync"
#include "sync/sync-routes.h"

#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "locker/device-paths.h"
#include "locker/locker-part.h"
#include "sync/sync-part.h"
#include "task-queue.h"

#define CONTENT_TYPE "application/octet-stream"

/* A body on the wire may be raw. */
#define BODY_MAX   (HTH_SYNC_BODY_MAX_BYTES + 1024)
#define LAYOUT_MAX (HTH_SYNC_LAYOUT_MAX_BYTES + 1024)
#define UPLOAD_MAX (HTH_SYNC_UPLOAD_MAX_BYTES + 64 * 1024)

static void respond_error(HthHttpRequest *request, guint status, const GError *error)
{
    static const struct {
        guint status;
        const char *code;
    } rows[] = { { 400, "invalid" },
                 { 403, "refused" },
                 { 404, "not-found" },
                 { 413, "too-large" },
                 { 503, "busy" } };
    const char *code = "failed";
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
        code = rows[i].status == status ? rows[i].code : code;
    if (status == 500)
        hth_log_warning("a device was not answered: %s", error->message);
    hth_device_respond_problem(request, status, code, error->message);
}

/* ---- One request, one answer ---- */

typedef struct {
    const HthDeviceDoor *door;
    HthHttpRequest *request;
    char *device;
    const char *route; /* constant */
    GBytes *body;
} Exchange;

static void exchange_free(gpointer data)
{
    Exchange *exchange = data;
    g_free(exchange->device);
    g_bytes_unref(exchange->body);
    g_free(exchange);
}

static void answer(gpointer data)
{
    const Exchange *exchange = data;
    g_autoptr(GError) error = NULL;
    guint status = 500;
    HthParts *parts = exchange->door->parts;
    HthSyncHome *home = hth_sync_part_home(parts->sync);
    hth_device_paths_note(hth_locker_part_paths(parts->locker), exchange->device,
                          exchange->door->is_relay);
    hth_sync_home_set_relayed(home, exchange->device, exchange->door->is_relay);
    g_autoptr(GBytes) body = hth_sync_home_exchange(home, exchange->device, exchange->route,
                                                    exchange->body, &status, &error);
    if (error == NULL && strcmp(exchange->route, HTH_SYNC_ROUTE_SYNC) == 0)
        hth_sync_progress_told(hth_sync_part_progress(parts->sync), exchange->device);
    if (error != NULL)
        respond_error(exchange->request, status, error);
    else if (body != NULL)
        hth_http_request_respond_bytes(exchange->request, status, CONTENT_TYPE, body);
    else
        hth_http_request_respond(exchange->request, status, NULL, NULL);
}

static GBytes *copy_body(HthHttpRequest *request)
{
    gsize size = 0;
    const char *bytes = hth_http_request_body(request, &size);
    return g_bytes_new(bytes, size);
}

/* A plan may wait for the disk: off the HTTP threads. */
static void on_exchange(HthHttpRequest *request, const HthPairedDevice *device, gpointer data,
                        const char *route)
{
    const HthDeviceDoor *door = data;
    Exchange *exchange = g_new(Exchange, 1);
    *exchange =
        (Exchange){ door, request, hth_key_id_to_text(&device->id), route, copy_body(request) };
    hth_http_request_defer(request);
    if (hth_task_queue_push(door->parts->tasks, answer, exchange, exchange_free))
        return;
    exchange_free(exchange);
    hth_device_respond_problem(request, 503, "busy",
                               "Too much is going on; try again in a moment.");
}

static void on_sync(HthHttpRequest *request, const HthPairedDevice *device, gpointer data)
{
    on_exchange(request, device, data, HTH_SYNC_ROUTE_SYNC);
}

static void on_manifest(HthHttpRequest *request, const HthPairedDevice *device, gpointer data)
{
    on_exchange(request, device, data, HTH_SYNC_ROUTE_MANIFEST);
}

static void on_layout(HthHttpRequest *request, const HthPairedDevice *device, gpointer data)
{
    on_exchange(request, device, data, HTH_SYNC_ROUTE_LAYOUT);
}

static void on_upload(HthHttpRequest *request, const HthPairedDevice *device, gpointer data)
{
    on_exchange(request, device, data, HTH_SYNC_ROUTE_UPLOAD);
}

/* ---- Streams ---- */

typedef struct {
    HthSyncService *sync;
    char *device;
    HthSyncDataReader *reader;
} Sending;

static gssize read_data(gpointer data, guint64 position, char *buffer, gsize max_bytes)
{
    const Sending *sending = data;
    const gsize n = hth_sync_data_reader_read(sending->reader, (guint8 *)buffer, max_bytes);
    hth_sync_progress_sent(hth_sync_part_progress(sending->sync), sending->device, n);
    return (gssize)n;
}

static void end_sending(gpointer data)
{
    Sending *sending = data;
    hth_sync_data_reader_free(sending->reader);
    hth_sync_part_end_data(sending->sync);
    g_free(sending->device);
    g_free(sending);
}

static void send_data(HthHttpRequest *request, HthSyncService *sync, const char *device,
                      HthSyncDataReader *reader)
{
    Sending *sending = g_new(Sending, 1);
    *sending = (Sending){ sync, g_strdup(device), reader };
    hth_sync_part_begin_data(sync);
    hth_http_request_respond_stream(request, 200, CONTENT_TYPE, -1, read_data, sending,
                                    end_sending);
}

/* ---- How fast data goes ---- */

typedef struct {
    HthDevicePaths *paths;
    char *device;
    gint64 begun_us;
} Measuring;

static void measuring_free(gpointer data)
{
    Measuring *measuring = data;
    g_free(measuring->device);
    g_free(measuring);
}

static void on_data_sent(guint64 n_bytes, gboolean is_complete, gpointer data)
{
    const Measuring *measuring = data;
    hth_device_paths_note_data(measuring->paths, measuring->device, n_bytes,
                               g_get_monotonic_time() - measuring->begun_us);
}

static void measure(HthHttpRequest *request, HthParts *parts, const char *device)
{
    Measuring *measuring = g_new(Measuring, 1);
    *measuring = (Measuring){ hth_locker_part_paths(parts->locker), g_strdup(device),
                              g_get_monotonic_time() };
    hth_http_request_on_finished(request, on_data_sent, measuring, measuring_free);
}

static void on_data(HthHttpRequest *request, const HthPairedDevice *device, gpointer data)
{
    HthParts *parts = ((const HthDeviceDoor *)data)->parts;
    g_autofree char *id = hth_key_id_to_text(&device->id);
    g_autoptr(GBytes) body = copy_body(request);
    g_autoptr(GError) error = NULL;
    HthSyncDataReader *reader =
        hth_sync_home_open_data(hth_sync_part_home(parts->sync), id, body, &error);
    if (reader != NULL)
        measure(request, parts, id);
    if (reader == NULL)
        respond_error(request, g_error_matches(error, HTH_ERROR, HTH_ERROR_REFUSED) ? 403 : 400,
                      error);
    else
        send_data(request, parts->sync, id, reader);
}

static void on_events(HthHttpRequest *request, const HthPairedDevice *device, gpointer data)
{
    HthParts *parts = ((const HthDeviceDoor *)data)->parts;
    g_autofree char *id = hth_key_id_to_text(&device->id);
    hth_sync_events_attach(hth_sync_part_events(parts->sync), id, request);
}

static const HthDeviceRoute device_routes[] = {
    /* A device that is to wipe itself hears it here. */
    { HTH_HTTP_POST, HTH_SYNC_ROUTE_SYNC, HTH_FOR_PAIRED | HTH_FOR_WIPING, on_sync, BODY_MAX },
    { HTH_HTTP_POST, HTH_SYNC_ROUTE_MANIFEST, HTH_FOR_PAIRED, on_manifest, BODY_MAX },
    { HTH_HTTP_POST, HTH_SYNC_ROUTE_LAYOUT, HTH_FOR_PAIRED, on_layout, LAYOUT_MAX },
    { HTH_HTTP_POST, HTH_SYNC_ROUTE_DATA, HTH_FOR_PAIRED, on_data, BODY_MAX },
    { HTH_HTTP_POST, HTH_SYNC_ROUTE_UPLOAD, HTH_FOR_PAIRED, on_upload, UPLOAD_MAX },
    { HTH_HTTP_GET, "/sync/events", HTH_FOR_PAIRED, on_events, 0 },
};

void hth_sync_routes_add(HthDeviceListener *listener, HthDeviceDoor *door)
{
    hth_device_listener_add_routes(listener, device_routes, G_N_ELEMENTS(device_routes), door);
}
