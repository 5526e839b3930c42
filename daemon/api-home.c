/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The home itself: about, status, plugins, log, events, doctor, the parts of a backup. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api.h"
#include "base/error.h"
#include "base/json.h"
#include "base/log.h"
#include "daemon.h"
#include "doctor.h"
#include "plugin-loader.h"
#include "rendition-part.h"
#include "session-part.h"
#include "sync/sync-part.h"

#define LOG_LINES_MAX 500

/* ---- About and status ---- */

static JsonObject *counts_object(HthLibrary *library)
{
    HthLibraryCounts counts = { 0 };
    hth_library_counts(library, &counts);
    JsonObject *object = json_object_new();
    json_object_set_int_member(object, "tracks", counts.n_tracks);
    json_object_set_int_member(object, "albums", counts.n_albums);
    json_object_set_int_member(object, "artists", counts.n_artists);
    json_object_set_int_member(object, "genres", counts.n_genres);
    json_object_set_int_member(object, "videos", counts.n_videos);
    json_object_set_int_member(object, "photos", counts.n_photos);
    json_object_set_int_member(object, "playlists", counts.n_playlists);
    json_object_set_int_member(object, "size_bytes", (gint64)counts.size_bytes);
    json_object_set_int_member(object, "duration_ms", counts.duration_ms);
    return object;
}

static JsonObject *about(HthApiCall *call, GError **error)
{
    JsonObject *object = json_object_new();
    json_object_set_string_member(object, "name", hth_host_friendly_name(call->parts->host));
    json_object_set_string_member(object, "version", HTH_VERSION);
    json_object_set_object_member(object, "counts", counts_object(call->parts->library));
    return object;
}

static JsonObject *address_object(const HthInterface *interface, const HthInterfaceAddress *address,
                                  guint16 port)
{
    g_autofree char *text = g_inet_address_to_string(address->address);
    const gboolean is_ipv6 = g_inet_address_get_family(address->address) == G_SOCKET_FAMILY_IPV6;
    g_autofree char *url = g_strdup_printf(is_ipv6 ? "http://[%s]:%u" : "http://%s:%u", text, port);
    JsonObject *object = json_object_new();
    json_object_set_string_member(object, "interface", interface->name);
    json_object_set_string_member(object, "address", text);
    json_object_set_string_member(object, "url", url);
    return object;
}

static JsonArray *addresses(HthParts *parts)
{
    JsonArray *array = json_array_new();
    g_autoptr(GPtrArray) interfaces = hth_interfaces_list(parts->interfaces);
    for (guint i = 0; i < interfaces->len; i++) {
        const HthInterface *interface = interfaces->pdata[i];
        for (guint j = 0; interface->is_used && j < interface->addresses->len; j++) {
            const HthInterfaceAddress *address = interface->addresses->pdata[j];
            if (!address->is_link_local && !address->is_tentative)
                json_array_add_object_element(
                    array, address_object(interface, address, hth_host_port(parts->host)));
        }
    }
    return array;
}

static JsonObject *http_object(HthHttpServer *server)
{
    HthHttpCounters counters = { 0 };
    hth_http_server_counters(server, &counters);
    JsonObject *object = json_object_new();
    json_object_set_int_member(object, "requests", (gint64)counters.requests);
    json_object_set_int_member(object, "bytes_sent", (gint64)counters.bytes_sent);
    json_object_set_int_member(object, "refused_peer", (gint64)counters.refused_peer);
    json_object_set_int_member(object, "refused_host", (gint64)counters.refused_host);
    json_object_set_int_member(object, "refused_limit", (gint64)counters.refused_limit);
    json_object_set_int_member(object, "timed_out", (gint64)counters.timed_out);
    json_object_set_int_member(object, "connections", counters.connections);
    return object;
}

static JsonObject *device_counts(HthDeviceRegistry *registry)
{
    g_autoptr(GPtrArray) devices = hth_device_registry_list(registry);
    guint counts[3] = { 0 };
    for (guint i = 0; i < devices->len; i++)
        counts[((HthDevice *)devices->pdata[i])->policy]++;
    JsonObject *object = json_object_new();
    json_object_set_int_member(object, "total", devices->len);
    json_object_set_int_member(object, "hidden", counts[HTH_DEVICE_HIDDEN]);
    json_object_set_int_member(object, "waiting", counts[HTH_DEVICE_WAITING]);
    return object;
}

static JsonObject *status(HthApiCall *call, GError **error)
{
    HthParts *parts = call->parts;
    JsonObject *object = about(call, error);
    json_object_set_string_member(object, "uuid", hth_host_uuid(parts->host));
    json_object_set_int_member(object, "port", hth_host_port(parts->host));
    json_object_set_int_member(object, "pid", getpid());
    json_object_set_int_member(object, "started_unix_s", parts->started_unix_s);
    json_object_set_int_member(object, "run", parts->run);
    json_object_set_string_member(object, "state_dir", parts->paths->state_dir);
    json_object_set_int_member(object, "sequence", (gint64)hth_library_sequence(parts->library));
    json_object_set_array_member(object, "addresses", addresses(parts));
    json_object_set_object_member(object, "scan", hth_event_hub_scan_object(parts->library));
    json_object_set_array_member(object, "roots", hth_api_root_array(parts));
    json_object_set_array_member(object, "plugins",
                                 hth_plugin_loader_describe(parts->plugins, parts->host));
    json_object_set_object_member(object, "devices", device_counts(parts->devices));
    json_object_set_array_member(object, "sessions", hth_session_part_array(parts));
    json_object_set_object_member(object, "http", http_object(parts->lan));
    json_object_set_object_member(object, "renditions", hth_rendition_part_object(parts));
    json_object_set_object_member(object, "sync", hth_sync_part_glance(parts->sync));
    g_autoptr(GPtrArray) warnings = hth_settings_warnings(parts->settings);
    hth_json_set_text_list(object, "warnings", warnings);
    return object;
}

static JsonObject *list_plugins(HthApiCall *call, GError **error)
{
    JsonObject *object = json_object_new();
    json_object_set_array_member(
        object, "plugins", hth_plugin_loader_describe(call->parts->plugins, call->parts->host));
    return object;
}

/* ---- Log and events ---- */

static JsonObject *read_log(HthApiCall *call, GError **error)
{
    gint64 after = 0;
    if (!hth_api_query_number(call, "after", 0, G_MAXINT64, 0, &after, error))
        return NULL;
    g_autoptr(GPtrArray) lines = hth_log_read((guint64)after, LOG_LINES_MAX);
    JsonArray *array = json_array_new();
    for (guint i = 0; i < lines->len; i++) {
        const HthLogLine *line = lines->pdata[i];
        JsonObject *each = json_object_new();
        json_object_set_int_member(each, "sequence", (gint64)line->sequence);
        json_object_set_int_member(each, "unix_us", line->unix_us);
        json_object_set_string_member(each, "level", hth_log_level_name(line->level));
        json_object_set_string_member(each, "topic", line->topic);
        json_object_set_string_member(each, "message", line->message);
        json_array_add_object_element(array, each);
    }
    JsonObject *object = json_object_new();
    json_object_set_array_member(object, "lines", array);
    return object;
}

static JsonObject *events(HthApiCall *call, GError **error)
{
    call->has_answered = hth_event_hub_attach(call->parts->events, call->request, error);
    return NULL;
}

static JsonObject *doctor(HthApiCall *call, GError **error)
{
    const char *device = hth_http_request_query(call->request, "device");
    if (device != NULL && !g_utf8_validate(device, -1, NULL)) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "“device” has to be UTF-8");
        return NULL;
    }
    return hth_doctor_run(call->parts, device, error);
}

/* ---- Restart ---- */

static void begin_anew(gpointer data)
{
    hth_daemon_restart(data);
}

/* The answer has left: nothing that ends can take it along. */
static void on_restart_answered(guint64 body_bytes_sent, gboolean is_complete, gpointer data)
{
    HthParts *parts = data;
    hth_host_post(parts->host, begin_anew, parts->daemon, NULL);
}

/* A configuration with which the next start would fail is refused while there is one to say so. */
static JsonObject *restart(HthApiCall *call, GError **error)
{
    const HthHomePaths *paths = call->parts->paths;
    g_autoptr(GError) problem = NULL;
    g_autoptr(HthSettings) next =
        hth_settings_load(paths->config_file, paths->settings_file, &problem);
    if (next == NULL) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_REFUSED,
                    "hearthd goes on as it is, for it could not start again: %s", problem->message);
        return NULL;
    }
    hth_http_request_on_finished(call->request, on_restart_answered, call->parts, NULL);
    return hth_api_done();
}

/* ---- Backup: the CLI asks for each part and makes one file of them ---- */

static gboolean respond_part(HthApiCall *call, const char *path, GError **error)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat info;
    if (fd < 0 || fstat(fd, &info) != 0) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "there is no %s: %s", path,
                    g_strerror(errno));
        if (fd >= 0)
            close(fd);
        return FALSE;
    }
    const HthHttpFile file = {
        .fd = fd,
        .size_bytes = info.st_size,
        .content_type = "application/octet-stream",
    };
    hth_http_request_respond_file(call->request, &file);
    call->has_answered = TRUE;
    return TRUE;
}

/* A copy of state.db, unlinked as soon as it is open: nothing is left behind, whatever happens. */
static JsonObject *backup_state(HthApiCall *call, GError **error)
{
    g_autofree char *path =
        g_strdup_printf("%s/backup-%u.tmp", call->parts->paths->state_dir, g_random_int());
    if (hth_library_backup_state(call->parts->library, path, error))
        (void)respond_part(call, path, error);
    (void)unlink(path); /* it may not have been made */
    return NULL;
}

static JsonObject *backup_settings(HthApiCall *call, GError **error)
{
    (void)respond_part(call, call->parts->paths->settings_file, error);
    return NULL;
}

static JsonObject *backup_config(HthApiCall *call, GError **error)
{
    (void)respond_part(call, call->parts->paths->config_file, error);
    return NULL;
}

/* Whoever has a home's key can be that home: it leaves by the socket of this computer alone. */
static JsonObject *respond_key(HthApiCall *call, const char *folder, GError **error)
{
    if (hth_http_request_peer_uid(call->request) == G_MAXUINT) {
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_REFUSED,
                            "The home's key is given on the home's own computer only: "
                            "type `hearth backup` there.");
        return NULL;
    }
    g_autofree char *path =
        g_build_filename(call->parts->paths->state_dir, folder, "key.pem", NULL);
    (void)respond_part(call, path, error);
    return NULL;
}

static JsonObject *backup_identity(HthApiCall *call, GError **error)
{
    return respond_key(call, "identity", error);
}

static JsonObject *backup_locker(HthApiCall *call, GError **error)
{
    return respond_key(call, "locker/identity", error);
}

static const HthApiRow rows[] = {
    { HTH_HTTP_GET, "about", HTH_ROLE_ANYONE, HTH_API_HERE, about, NULL },
    { HTH_HTTP_GET, "backup/config", HTH_ROLE_OWNER, HTH_API_TASK, backup_config, NULL },
    { HTH_HTTP_GET, "backup/identity", HTH_ROLE_OWNER, HTH_API_TASK, backup_identity, NULL },
    { HTH_HTTP_GET, "backup/locker", HTH_ROLE_OWNER, HTH_API_TASK, backup_locker, NULL },
    { HTH_HTTP_GET, "backup/settings", HTH_ROLE_OWNER, HTH_API_TASK, backup_settings, NULL },
    { HTH_HTTP_GET, "backup/state", HTH_ROLE_OWNER, HTH_API_TASK, backup_state, NULL },
    { HTH_HTTP_GET, "doctor", HTH_ROLE_OWNER, HTH_API_TASK, doctor, NULL },
    { HTH_HTTP_GET, "events", HTH_ROLE_OWNER, HTH_API_HERE, events, NULL },
    { HTH_HTTP_GET, "logs", HTH_ROLE_OWNER, HTH_API_HERE, read_log, NULL },
    { HTH_HTTP_GET, "plugins", HTH_ROLE_OWNER, HTH_API_MAIN, list_plugins, NULL },
    { HTH_HTTP_POST, "restart", HTH_ROLE_OWNER, HTH_API_HERE, restart, NULL },
    { HTH_HTTP_GET, "status", HTH_ROLE_OWNER, HTH_API_MAIN, status, NULL },
};

const HthApiRow *hth_api_home_rows(guint *out_n)
{
    *out_n = G_N_ELEMENTS(rows);
    return rows;
}
