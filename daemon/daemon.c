/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "hearthd"
#include "daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api.h"
#include "base/error.h"
#include "base/log.h"
#include "base/text.h"
#include "greeting.h"
#include "home-page.h"
#include "idle.h"
#include "install-paths.h"
#include "lan-rules.h"
#include "listener-options.h"
#include "locker/locker-part.h"
#include "media-routes.h"
#include "notify.h"
#include "pairing/pairing-part.h"
#include "parts.h"
#include "plugin-host.h"
#include "plugin-loader.h"
#include "rendition-part.h"
#include "roots.h"
#include "session-part.h"
#include "sync/sync-part.h"
#include "task-queue.h"

#define REGISTRY_REFRESH_S 30
#define NAME_MAX_BYTES     100
#define LOCK_TRIES         10
#define LOCK_PAUSE_MS      50

struct HthDaemon {
    HthHomePaths paths;
    HthParts parts;
    HthLanRules *lan_rules;
    GMainLoop *loop;
    int lock_fd;
    guint sources[5]; /* signals and timers */
    gboolean is_ending;
    gboolean begins_anew;
};

/* ---- Before anything is opened ---- */

static gboolean make_dir(const char *path, GError **error)
{
    if (g_mkdir_with_parents(path, 0700) == 0)
        return TRUE;
    g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno),
                "the folder %s cannot be made: %s", path, g_strerror(errno));
    return FALSE;
}

static gboolean make_dirs(const HthHomePaths *paths, GError **error)
{
    g_autofree char *socket_dir = g_path_get_dirname(paths->socket_path);
    return make_dir(paths->state_dir, error) && make_dir(paths->cache_dir, error) &&
           make_dir(socket_dir, error);
}

/* The lock lasts as long as the process: it says "hearthd runs here" to others and to `restore`. */
static gboolean lock_state(HthDaemon *self, GError **error)
{
    self->lock_fd = open(self->paths.lock_file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (self->lock_fd < 0) {
        g_set_error(error, G_FILE_ERROR, (int)g_file_error_from_errno(errno),
                    "the folder %s cannot be written: %s", self->paths.state_dir,
                    g_strerror(errno));
        return FALSE;
    }
    /* A hearthd that was killed while it started a child is survived by its lock until that child
     * has become another program. */
    for (guint i = 0; i < LOCK_TRIES; i++) {
        if (flock(self->lock_fd, LOCK_EX | LOCK_NB) == 0)
            return TRUE;
        g_usleep(LOCK_PAUSE_MS * 1000);
    }
    g_set_error(error, HTH_ERROR, HTH_ERROR_BUSY,
                "another hearthd runs with the state folder %s; stop it first, or give this one "
                "another folder with --state-dir",
                self->paths.state_dir);
    return FALSE;
}

/* Thousands of stalled streams cost a descriptor each. */
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        hth_log_debug("the limit of open files stays as it is: %s", g_strerror(errno));
}

/* ---- Settings ---- */

static void override_by_options(HthSettings *settings, const HthOptions *options)
{
    if (options->name != NULL)
        hth_settings_override(settings, "hearth", "name", options->name);
    if (options->media != NULL)
        hth_settings_override_list(settings, "hearth", "media",
                                   (const char *const *)options->media);
    if (options->interfaces != NULL)
        hth_settings_override_list(settings, "hearth", "interfaces",
                                   (const char *const *)options->interfaces);
    if (options->port >= 0) {
        g_autofree char *port = g_strdup_printf("%d", options->port);
        hth_settings_override(settings, "hearth", "port", port);
        if (options->port == 0)
            hth_settings_override(settings, "hearth", "device-port", port);
    }
    if (options->log_levels != NULL || options->is_verbose)
        hth_settings_override(settings, "log", "levels",
                              options->log_levels != NULL ? options->log_levels : "debug");
}

/* HEARTH_LOG, as hth_log_set_levels() reads it, is stronger than the default and weaker than a
 * setting. */
static void apply_log_levels(HthSettings *settings)
{
    g_autofree char *levels = hth_settings_string(settings, "log", "levels");
    const gboolean is_default =
        strcmp(hth_settings_source(settings, "log", "levels"), "default") == 0;
    hth_log_set_levels(is_default ? NULL : levels);
}

static void apply_live_settings(HthDaemon *self)
{
    apply_log_levels(self->parts.settings);
    hth_device_registry_set_new_wait(
        self->parts.devices,
        hth_settings_boolean(self->parts.settings, "dlna", "new-devices-wait"));
    hth_rendition_part_apply(&self->parts);
}

static gboolean load_settings(HthDaemon *self, const HthOptions *options, GError **error)
{
    self->parts.settings =
        hth_settings_load(self->paths.config_file, self->paths.settings_file, error);
    if (self->parts.settings == NULL)
        return FALSE;
    override_by_options(self->parts.settings, options);
    apply_log_levels(self->parts.settings);
    return TRUE;
}

/* "livingroom" is shown as "Livingroom". */
static char *friendly_name(const HthSettings *settings)
{
    g_autofree char *given = hth_settings_string(settings, "hearth", "name");
    char *name = hth_text_clean(given, NAME_MAX_BYTES);
    if (name != NULL)
        return name;
    char host[256] = "";
    (void)gethostname(host, sizeof host - 1); /* without a name it is "Hearth" */
    char *dot = strchr(host, '.');
    if (dot != NULL)
        *dot = '\0';
    name = hth_text_clean(host, NAME_MAX_BYTES);
    if (name == NULL || strcmp(name, "localhost") == 0) {
        g_free(name);
        return g_strdup("Hearth");
    }
    *name = g_ascii_toupper(*name);
    return name;
}

/* ---- The library ---- */

static void say_nothing_to_share(void)
{
    const char *home = g_get_home_dir();
    hth_log_warning("nothing is shared: no folder was given, and %s/Music, %s/Videos and "
                    "%s/Pictures are empty or missing",
                    home, home, home);
    g_printerr("hearthd: nothing to share yet. Put music, videos or photos into those folders and "
               "start again,\nor name a folder: hearthd --media /path/to/music, or while it runs: "
               "hearth roots add /path/to/music\n");
}

static gboolean open_library(HthDaemon *self, GError **error)
{
    const HthSettings *settings = self->parts.settings;
    gboolean are_defaults = FALSE;
    g_auto(GStrv) roots = hth_roots_from_settings(settings, &are_defaults);
    if (roots[0] == NULL)
        say_nothing_to_share();
    g_autofree char *worker = hth_install_program("hearth-worker");
    const HthLibraryOptions options = {
        .state_dir = self->paths.state_dir,
        .cache_dir = self->paths.cache_dir,
        .roots = (const char *const *)roots,
        .worker_program = worker,
        .n_workers = (guint)hth_settings_integer(settings, "library", "workers"),
        .settle_ms = (guint)hth_settings_integer(settings, "library", "settle-ms"),
        .poll_s = (guint)hth_settings_integer(settings, "library", "poll-seconds"),
        .has_no_watch = !hth_settings_boolean(settings, "library", "watch"),
    };
    self->parts.library = hth_library_open(&options, error);
    self->parts.roots = g_steal_pointer(&roots);
    return self->parts.library != NULL;
}

/* ---- The network ---- */

static gboolean open_interfaces(HthDaemon *self, GError **error)
{
    g_auto(GStrv) only = hth_settings_list(self->parts.settings, "hearth", "interfaces");
    g_auto(GStrv) allowed = hth_settings_list(self->parts.settings, "hearth", "allow-subnets");
    g_auto(GStrv) names = hth_settings_list(self->parts.settings, "hearth", "host-names");
    self->parts.interfaces =
        hth_interfaces_new(only[0] != NULL ? (const char *const *)only : NULL,
                           allowed[0] != NULL ? (const char *const *)allowed : NULL, error);
    if (self->parts.interfaces == NULL)
        return FALSE;
    self->lan_rules = hth_lan_rules_new(self->parts.interfaces, (const char *const *)names);
    return TRUE;
}

static void make_servers(HthDaemon *self)
{
    HthHttpOptions lan = hth_listener_options(self->parts.settings, "port");
    lan.name = "lan";
    lan.peer_rule = hth_lan_rules_peer;
    lan.rule_data = self->lan_rules;
    lan.host_rule = hth_lan_rules_host;
    const HthHttpOptions api = {
        .name = "api",
        .socket_path = self->paths.socket_path,
        .socket_group = self->paths.is_system ? "hearth" : NULL,
        .n_threads = 2,
        .max_connections = 256,
        .max_connections_a_peer = 256,
    };
    self->parts.lan = hth_http_server_new(&lan);
    self->parts.socket = hth_http_server_new(&api);
}

static void add_routes(HthDaemon *self)
{
    guint n = 0;
    const HthHttpRoute *routes = hth_media_routes(&n);
    hth_http_server_add_routes(self->parts.lan, routes, n, &self->parts);
    hth_http_server_add_routes(self->parts.socket, routes, n, &self->parts);
    routes = hth_api_lan_routes(&n);
    hth_http_server_add_routes(self->parts.lan, routes, n, &self->parts);
    routes = hth_api_socket_routes(&n);
    hth_http_server_add_routes(self->parts.socket, routes, n, &self->parts);
    routes = hth_home_page_routes(&n);
    hth_http_server_add_routes(self->parts.lan, routes, n, &self->parts);
}

static void on_device_changed(const HthDevice *device, gpointer data)
{
    HthDaemon *self = data;
    JsonObject *event = json_object_new();
    json_object_set_string_member(event, "id", device->id);
    json_object_set_string_member(event, "label", hth_device_label(device));
    json_object_set_string_member(event, "policy", hth_device_policy_name(device->policy));
    hth_event_hub_send(self->parts.events, "device", event);
}

static void make_parts(HthDaemon *self)
{
    HthParts *parts = &self->parts;
    parts->tasks = hth_task_queue_new();
    parts->plays = hth_play_tracker_new();
    hth_session_part_open(parts);
    parts->events = hth_event_hub_new(parts->library);
    parts->devices = hth_device_registry_new(parts->library);
    hth_device_registry_set_watch(parts->devices, on_device_changed, self);
    apply_live_settings(self);
    g_autofree char *name = friendly_name(parts->settings);
    parts->host = hth_host_new(parts, name);
    make_servers(self);
    add_routes(self);
}

static void load_plugins(HthDaemon *self)
{
    g_auto(GStrv) dirs = hth_install_plugin_dirs();
    g_auto(GStrv) enable = hth_settings_list(self->parts.settings, "plugins", "enable");
    g_auto(GStrv) disable = hth_settings_list(self->parts.settings, "plugins", "disable");
    self->parts.plugins = hth_plugin_loader_new(
        (const char *const *)dirs, (const char *const *)enable, (const char *const *)disable);
}

static void start_plugins(HthDaemon *self)
{
    hth_plugin_loader_start(self->parts.plugins, self->parts.host);
    hth_host_close_routes(self->parts.host);
}

/* From here on this home is found, and what it shares is played. */
static gboolean serve_lan(HthDaemon *self, GError **error)
{
    if (!hth_http_server_start(self->parts.lan, error))
        return FALSE;
    hth_host_set_port(self->parts.host, hth_http_server_port(self->parts.lan));
    hth_plugin_loader_serving(self->parts.plugins);
    return TRUE;
}

/* The parts for the household's own devices and programs. No route of the LAN listener, which
 * serves already, uses them. */
static gboolean serve_household(HthDaemon *self, GError **error)
{
    HthParts *parts = &self->parts;
    /* Paired devices are known by their keys: whatever name they use for us, they mean us. So there
     * is no host rule. */
    HthHttpOptions device = hth_listener_options(parts->settings, "device-port");
    device.name = "device";
    device.peer_rule = hth_lan_rules_peer;
    device.rule_data = self->lan_rules;
    if (!hth_pairing_part_open(parts, &device, hth_host_friendly_name(parts->host), error) ||
        !hth_sync_part_open(parts, error) ||
        !hth_locker_part_open(parts, &device, hth_host_friendly_name(parts->host), error))
        return FALSE;
    hth_rendition_part_open(parts);
    hth_sync_part_use_renditions(parts);
    if (!hth_http_server_start(parts->socket, error))
        return FALSE;
    hth_pairing_part_start(parts);
    hth_locker_part_start(parts);
    return TRUE;
}

static void say_serving(HthDaemon *self)
{
    g_autofree char *line = hth_greeting(&self->parts);
    g_print("%s\n", line);
    fflush(stdout);
    g_autofree char *state = g_strconcat("READY=1\nSTATUS=", line, NULL);
    hth_notify(state);
}

HthDaemon *hth_daemon_start(const HthOptions *options, GError **error)
{
    g_autoptr(HthDaemon) self = g_new0(HthDaemon, 1);
    self->lock_fd = -1;
    g_mutex_init(&self->parts.doctor_lock);
    self->parts.daemon = self;
    self->parts.run = g_random_int();
    self->parts.paths = &self->paths;
    self->parts.started_unix_s = g_get_real_time() / G_USEC_PER_SEC;
    self->loop = g_main_loop_new(NULL, FALSE);
    hth_home_paths_init(&self->paths, options->state_dir, options->socket_path,
                        options->config_file);
    if (!make_dirs(&self->paths, error) || !lock_state(self, error) ||
        !load_settings(self, options, error))
        return NULL;
    raise_file_limit();
    load_plugins(self);
    if (!open_interfaces(self, error) || !open_library(self, error))
        return NULL;
    make_parts(self);
    start_plugins(self);
    /* The announcers are on their way before whatever they can do without: keys and databases that
     * a first start writes to the disk, and a scan, which takes every core. */
    if (!serve_lan(self, error) || !serve_household(self, error))
        return NULL;
    hth_library_start(self->parts.library);
    say_serving(self);
    return g_steal_pointer(&self);
}

/* ---- Running ---- */

static gboolean on_stop(gpointer data)
{
    HthDaemon *self = data;
    hth_log_info("stopping");
    hth_notify("STOPPING=1");
    self->is_ending = TRUE;
    self->begins_anew = FALSE;
    g_main_loop_quit(self->loop);
    return G_SOURCE_CONTINUE;
}

void hth_daemon_restart(HthDaemon *self)
{
    if (self->is_ending)
        return;
    hth_log_info("restarting");
    /* Not STOPPING=1: systemd would end the unit, and with it what begins anew in the same process.
     * READY=1 of the next start ends this. */
    g_autofree char *state =
        g_strdup_printf("RELOADING=1\nMONOTONIC_USEC=%" G_GINT64_FORMAT "\nSTATUS=Restarting",
                        g_get_monotonic_time());
    hth_notify(state);
    self->is_ending = TRUE;
    self->begins_anew = TRUE;
    g_main_loop_quit(self->loop);
}

static void reload_roots(HthDaemon *self)
{
    g_autoptr(GError) error = NULL;
    gboolean are_defaults = FALSE;
    g_auto(GStrv) roots = hth_roots_from_settings(self->parts.settings, &are_defaults);
    if (!hth_library_set_roots(self->parts.library, (const char *const *)roots, &error)) {
        hth_log_error("the shared folders stay as they are: %s", error->message);
        return;
    }
    g_strfreev(self->parts.roots);
    self->parts.roots = g_steal_pointer(&roots);
}

static gboolean on_reload(gpointer data)
{
    HthDaemon *self = data;
    g_autoptr(GError) error = NULL;
    if (!hth_settings_reload(self->parts.settings, &error)) {
        hth_log_error("the configuration stays as it is: %s", error->message);
        return G_SOURCE_CONTINUE;
    }
    apply_live_settings(self);
    reload_roots(self);
    hth_log_info("configuration read again");
    return G_SOURCE_CONTINUE;
}

static gboolean on_watchdog(gpointer data)
{
    hth_notify("WATCHDOG=1");
    return G_SOURCE_CONTINUE;
}

static void refresh_devices(gpointer data)
{
    hth_device_registry_refresh(data);
}

static gboolean on_refresh(gpointer data)
{
    HthDaemon *self = data;
    /* A full queue has worse to do; the next time is soon. */
    (void)hth_task_queue_push(self->parts.tasks, refresh_devices, self->parts.devices, NULL);
    return G_SOURCE_CONTINUE;
}

gboolean hth_daemon_run(HthDaemon *self)
{
    const guint watchdog_ms = hth_notify_watchdog_ms();
    self->sources[0] = g_unix_signal_add(SIGTERM, on_stop, self);
    self->sources[1] = g_unix_signal_add(SIGINT, on_stop, self);
    self->sources[2] = g_unix_signal_add(SIGHUP, on_reload, self);
    self->sources[3] = g_timeout_add_seconds(REGISTRY_REFRESH_S, on_refresh, self);
    self->sources[4] = watchdog_ms > 0 ? g_timeout_add(watchdog_ms, on_watchdog, self) : 0;
    HthIdle *idle = hth_idle_new(&self->parts);
    g_main_loop_run(self->loop);
    hth_idle_free(idle);
    for (guint i = 0; i < G_N_ELEMENTS(self->sources); i++) {
        if (self->sources[i] != 0)
            g_source_remove(self->sources[i]);
    }
    return self->begins_anew;
}

/* Answers that were posted to the main loop are still owed: their requests live until then. */
static void run_what_was_posted(void)
{
    while (g_main_context_iteration(NULL, FALSE))
        ;
}

static void stop_servers(HthDaemon *self)
{
    if (self->parts.lan != NULL)
        hth_http_server_stop(self->parts.lan);
    if (self->parts.socket != NULL)
        hth_http_server_stop(self->parts.socket);
    hth_locker_part_stop(&self->parts);
    hth_pairing_part_stop(&self->parts);
    hth_sync_part_stop(&self->parts);
    run_what_was_posted();
}

void hth_daemon_free(HthDaemon *self)
{
    if (self == NULL)
        return;
    HthParts *parts = &self->parts;
    stop_servers(self);
    hth_plugin_loader_free(parts->plugins);
    run_what_was_posted();
    hth_task_queue_free(parts->tasks);
    run_what_was_posted();
    hth_locker_part_close(parts);
    hth_sync_part_close(parts);
    hth_pairing_part_close(parts);
    hth_event_hub_free(parts->events);
    hth_device_registry_free(parts->devices);
    hth_rendition_part_close(parts);
    hth_library_close(parts->library);
    hth_http_server_free(parts->lan);
    hth_http_server_free(parts->socket);
    hth_host_free(parts->host);
    hth_play_tracker_free(parts->plays);
    hth_session_part_close(parts);
    hth_lan_rules_free(self->lan_rules);
    hth_interfaces_free(parts->interfaces);
    hth_settings_free(parts->settings);
    g_strfreev(parts->roots);
    g_main_loop_unref(self->loop);
    g_mutex_clear(&parts->doctor_lock);
    if (self->lock_fd >= 0)
        close(self->lock_fd);
    hth_home_paths_clear(&self->paths);
    g_free(self);
}
