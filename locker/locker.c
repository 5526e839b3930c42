/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "locker"
#include "locker.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sys/file.h>
#include <unistd.h>

#include "api.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "controls.h"
#include "door.h"
#include "ledger.h"
#include "metrics.h"
#include "net/http-listen.h"
#include "store/identity.h"

/* Kept free of sockets: pipes, files, the API's own. */
#define SPARE_DESCRIPTORS 512
#define MAX_SPLICERS      8
/* A household that is no more is told so before its connections are closed. */
#define FAREWELL_MS 500
#define SWEEP_S     10
/* Connections of homes that have come or gone. */
#define TRIM_AFTER 64

struct HthLocker {
    int lock_fd;
    HthDeviceIdentity *identity;
    HthCatalogue *catalogue;
    HthSwitchboard *switchboard;
    HthControls *controls;
    HthLedger *ledger;
    HthApi *api;
    HthSplicer *splicers[MAX_SPLICERS];
    guint n_splicers;
    HthDoor *door;
    HthMetrics *metrics;
    guint16 port;
    guint sweep_timer;
    guint n_homes;   /* that have a control connection, as last counted */
    guint n_trimmed; /* API connections when memory was last given back */
};

/* ---- What the ledger tells ---- */

typedef struct {
    HthLocker *locker;
    HthHousehold *household;
} Farewell;

static gboolean on_farewell(gpointer data)
{
    const Farewell *farewell = data;
    if (farewell->locker->api != NULL)
        hth_api_close_household(farewell->locker->api, farewell->household);
    return G_SOURCE_REMOVE;
}

static void farewell_free(gpointer data)
{
    Farewell *farewell = data;
    hth_household_unref(farewell->household);
    g_free(farewell);
}

static void on_ended(HthHousehold *household, gpointer data)
{
    HthLocker *self = data;
    for (guint i = 0; i < self->n_splicers; i++)
        hth_splicer_end(self->splicers[i], household, NULL);
    hth_door_end(self->door, household);
    hth_controls_tell_end(self->controls, household);
    Farewell *farewell = g_new(Farewell, 1);
    *farewell = (Farewell){ .locker = self, .household = hth_household_ref(household) };
    g_timeout_add_full(G_PRIORITY_DEFAULT, FAREWELL_MS, on_farewell, farewell, farewell_free);
}

static void on_limits_changed(HthHousehold *household, gpointer data)
{
    HthLocker *self = data;
    hth_controls_tell_limits(self->controls, household);
}

static void on_routes_gone(HthHousehold *household, GPtrArray *routes, gpointer data)
{
    HthLocker *self = data;
    for (guint i = 0; i < self->n_splicers; i++) {
        for (guint k = 0; k < routes->len; k++)
            hth_splicer_end(self->splicers[i], household, routes->pdata[k]);
    }
}

static char *live_note(gpointer data)
{
    HthLocker *self = data;
    HthDoorCounters door = { 0 };
    guint n_sessions = 0;
    if (self->door == NULL)
        return NULL;
    hth_door_counters(self->door, &door);
    for (guint i = 0; i < self->n_splicers; i++)
        n_sessions += hth_splicer_sessions(self->splicers[i]);
    JsonObject *object = json_object_new();
    json_object_set_int_member(object, "homes", self->n_homes);
    json_object_set_int_member(object, "parked", door.parked);
    json_object_set_int_member(object, "waiting", door.waiting);
    json_object_set_int_member(object, "sessions", n_sessions);
    return hth_json_print_object(object);
}

static const HthLedgerEvents ledger_events = {
    .ended = on_ended,
    .limits_changed = on_limits_changed,
    .routes_gone = on_routes_gone,
    .live_note = live_note,
};

/* ---- Start ---- */

/* Returns: a descriptor; -1 with errno. */
static int open_lock(const char *data_dir)
{
    g_autofree char *path = g_build_filename(data_dir, "locker.lock", NULL);
    return open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
}

gboolean hth_locker_is_running(const char *data_dir)
{
    g_autofree char *path = g_build_filename(data_dir, "locker.lock", NULL);
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return FALSE;
    const gboolean is_running = flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    close(fd);
    return is_running;
}

static gboolean take_lock(HthLocker *self, const char *data_dir, GError **error)
{
    if (g_mkdir_with_parents(data_dir, 0700) == 0)
        self->lock_fd = open_lock(data_dir);
    if (self->lock_fd >= 0 && flock(self->lock_fd, LOCK_EX | LOCK_NB) == 0)
        return TRUE;
    if (errno == EWOULDBLOCK)
        g_set_error(error, HTH_ERROR, HTH_ERROR_BUSY, "a locker runs with %s already", data_dir);
    else
        g_set_error(error, G_FILE_ERROR, g_file_error_from_errno(errno), "%s: %s", data_dir,
                    g_strerror(errno));
    return FALSE;
}

static gboolean open_identity(HthLocker *self, const HthLockerOptions *options, GError **error)
{
    if (options->certificate != NULL) {
        self->identity = hth_device_identity_read(options->certificate, options->key, error);
    } else {
        g_autofree char *dir = g_build_filename(options->data_dir, "identity", NULL);
        self->identity = hth_device_identity_open(dir, error);
    }
    return self->identity != NULL;
}

static gboolean write_notes(HthLocker *self, const HthLockerOptions *options, GError **error)
{
    const guint port = options->public_port != 0 ? options->public_port : self->port;
    g_autofree char *url = port == 443 ? g_strdup_printf("https://%s", options->name)
                                       : g_strdup_printf("https://%s:%u", options->name, port);
    g_autofree char *key = hth_key_id_to_text(hth_device_identity_id(self->identity));
    return hth_catalogue_set_note(self->catalogue, HTH_NOTE_NAME, options->name, error) &&
           hth_catalogue_set_note(self->catalogue, HTH_NOTE_KEY, key, error) &&
           hth_catalogue_set_note(self->catalogue, HTH_NOTE_URL, url, error);
}

static void on_api_socket(int fd, gpointer data)
{
    HthLocker *self = data;
    hth_api_add_socket(self->api, fd);
}

static void open_door(HthLocker *self, const HthLockerOptions *options, int listen_fd)
{
    const guint n_wanted = options->n_splicers > 0 ? options->n_splicers : g_get_num_processors();
    self->n_splicers = CLAMP(n_wanted, 1, MAX_SPLICERS);
    for (guint i = 0; i < self->n_splicers; i++)
        self->splicers[i] = hth_splicer_new();
    const guint n_descriptors = hth_http_raise_descriptor_limit();
    const HthDoorOptions door = {
        .name = options->name,
        .listen_fd = listen_fd,
        .switchboard = self->switchboard,
        .splicers = self->splicers,
        .n_splicers = self->n_splicers,
        .api = on_api_socket,
        .api_data = self,
        .max_sockets = n_descriptors > 2 * SPARE_DESCRIPTORS ? n_descriptors - SPARE_DESCRIPTORS
                                                             : n_descriptors / 2,
    };
    self->door = hth_door_new(&door);
}

static gboolean open_books(HthLocker *self, const HthLockerOptions *options, GError **error)
{
    self->catalogue = hth_catalogue_open(options->data_dir, error);
    if (self->catalogue == NULL)
        return FALSE;
    self->switchboard = hth_switchboard_new();
    self->controls = hth_controls_new();
    self->ledger = hth_ledger_new(self->catalogue, self->switchboard, &ledger_events, self, error);
    return self->ledger != NULL;
}

static gboolean open_api(HthLocker *self, const HthLockerOptions *options, GError **error)
{
    const HthApiOptions api = {
        .name = options->name,
        .certificate = hth_device_identity_certificate(self->identity),
        .key = hth_device_identity_key(self->identity),
        .switchboard = self->switchboard,
        .controls = self->controls,
        .ledger = self->ledger,
    };
    self->api = hth_api_new(&api, error);
    return self->api != NULL;
}

/* A handshake needs much more memory than the connection that it leaves, and thousands leave it
 * between what stays: given back by the page after many have come or gone. */
static void give_memory_back(HthLocker *self)
{
    HthHttpCounters counters;
    hth_api_counters(self->api, &counters);
    const guint n_changed = counters.connections > self->n_trimmed
                                ? counters.connections - self->n_trimmed
                                : self->n_trimmed - counters.connections;
    if (n_changed < TRIM_AFTER)
        return;
    malloc_trim(0);
    self->n_trimmed = counters.connections;
}

static gboolean on_sweep(gpointer data)
{
    HthLocker *self = data;
    self->n_homes = hth_controls_sweep(self->controls);
    give_memory_back(self);
    return G_SOURCE_CONTINUE;
}

static gboolean open_metrics(HthLocker *self, const HthLockerOptions *options, GError **error)
{
    if (options->metrics_port == 0)
        return TRUE;
    const HthMetricsOptions metrics = {
        .address = options->metrics_address,
        .port = options->metrics_port,
        .door = self->door,
        .api = self->api,
        .switchboard = self->switchboard,
        .splicers = self->splicers,
        .n_splicers = self->n_splicers,
    };
    self->metrics = hth_metrics_new(&metrics, error);
    return self->metrics != NULL;
}

static gboolean start(HthLocker *self, const HthLockerOptions *options, GError **error)
{
    if (!take_lock(self, options->data_dir, error) || !open_identity(self, options, error) ||
        !open_books(self, options, error) || !open_api(self, options, error))
        return FALSE;
    const int listen_fd = hth_http_listen_tcp(options->address, options->port, &self->port, error);
    if (listen_fd < 0)
        return FALSE;
    if (!write_notes(self, options, error)) {
        close(listen_fd);
        return FALSE;
    }
    open_door(self, options, listen_fd);
    self->sweep_timer = g_timeout_add_seconds(SWEEP_S, on_sweep, self);
    return open_metrics(self, options, error);
}

HthLocker *hth_locker_start(const HthLockerOptions *options, GError **error)
{
    g_autoptr(HthLocker) self = g_new0(HthLocker, 1);
    self->lock_fd = -1;
    if (!start(self, options, error))
        return NULL;
    hth_log_info("%s listens on port %u with %u threads", options->name, self->port,
                 self->n_splicers);
    return g_steal_pointer(&self);
}

/* Nobody new comes in first; then what came from there ends, and last what it was written to. */
void hth_locker_free(HthLocker *self)
{
    if (self == NULL)
        return;
    if (self->sweep_timer != 0)
        g_source_remove(self->sweep_timer);
    hth_metrics_free(self->metrics);
    g_clear_pointer(&self->door, hth_door_free);
    for (guint i = 0; i < self->n_splicers; i++)
        hth_splicer_free(self->splicers[i]);
    g_clear_pointer(&self->api, hth_api_free);
    hth_ledger_free(self->ledger);
    hth_controls_free(self->controls);
    hth_switchboard_free(self->switchboard);
    hth_catalogue_free(self->catalogue);
    hth_device_identity_free(self->identity);
    if (self->lock_fd >= 0)
        close(self->lock_fd);
    g_free(self);
}

guint16 hth_locker_port(const HthLocker *self)
{
    return self->port;
}
