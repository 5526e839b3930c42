/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "session"
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"
#include "base/hex.h"
#include "base/log.h"
#include "finder.h"
#include "folder-env.h"
#include "sync/play-feed.h"

#define GROUP "sync"

/* Of a card nearly full nothing works any more: databases of players, photos. */
#define DEFAULT_LEAVE_FREE "64M"

#define STATUS_EVERY_US (G_USEC_PER_SEC / 2)

struct HthSession {
    char *state_dir;
    HthPairedHome *home; /* own copy */
    int lock;
    GKeyFile *settings;
    HthKeyId device_id;
    HthTransport *transport;
    HthFolderEnv *env;
    HthSyncDevice *device;
    HthPlayFeed *plays;
    guint16 play_port; /* of the player's door; 0: none */
    gint64 started_us;
    gint64 status_us;
    guint8 known_volume[HTH_SYNC_EPOCH_BYTES];
};

void hth_session_limits_clear(HthSessionLimits *limits)
{
    g_free(limits->leave_free);
    g_free(limits->budget);
    g_free(limits->only_on_power);
    g_free(limits->only_unmetered);
}

char *hth_session_path(const char *state_dir, const HthPairedHome *home, const char *suffix)
{
    g_autofree char *name = g_strconcat(home->name, suffix, NULL);
    return g_build_filename(state_dir, "sync", name, NULL);
}

static gboolean invalid(GError **error, const char *message)
{
    g_set_error_literal(error, HTH_ERROR, HTH_ERROR_INVALID, message);
    return FALSE;
}

/* ---- Settings ---- */

static gboolean parse_size(const char *text, guint64 *out, GError **error)
{
    char *end = NULL;
    errno = 0;
    const guint64 number = g_ascii_strtoull(text, &end, 10);
    static const char units[] = "KMGT";
    guint shift = 0;
    const char *unit = *end != '\0' ? strchr(units, g_ascii_toupper(*end)) : NULL;
    if (unit != NULL) {
        shift = 10 * (guint)(unit - units + 1);
        end++;
    }
    if (end == text || *end != '\0' || errno != 0 || number > ((guint64)G_MAXINT64 >> shift))
        return invalid(error, "a size is a number, with K, M, G or T after it");
    *out = number << shift;
    return TRUE;
}

static gboolean parse_yes(const char *text, gboolean *out, GError **error)
{
    *out = strcmp(text, "yes") == 0;
    return *out || strcmp(text, "no") == 0 || invalid(error, "say yes or no");
}

static void keep(GKeyFile *settings, const char *key, const char *given)
{
    if (given != NULL)
        g_key_file_set_string(settings, GROUP, key, given);
}

static char *setting(GKeyFile *settings, const char *key, const char *otherwise)
{
    char *value = g_key_file_get_string(settings, GROUP, key, NULL);
    return value != NULL ? value : g_strdup(otherwise);
}

static gboolean read_options(HthSession *self, HthSyncDeviceOptions *out, GError **error)
{
    g_autofree char *leave_free = setting(self->settings, "leave-free", DEFAULT_LEAVE_FREE);
    g_autofree char *budget = setting(self->settings, "budget", "0");
    g_autofree char *power = setting(self->settings, "only-on-power", "no");
    g_autofree char *unmetered = setting(self->settings, "only-unmetered", "no");
    g_autofree char *volume = setting(self->settings, "volume", "");
    memcpy(out->device_id, self->device_id.bytes, HTH_SYNC_ID_BYTES);
    memcpy(out->home_id, self->home->id.bytes, HTH_SYNC_ID_BYTES);
    if (strlen(volume) == 2 * HTH_SYNC_EPOCH_BYTES)
        for (guint i = 0; i < HTH_SYNC_EPOCH_BYTES; i++)
            out->volume_id[i] = (guint8)((g_ascii_xdigit_value(volume[2 * i]) << 4) |
                                         g_ascii_xdigit_value(volume[2 * i + 1]));
    memcpy(self->known_volume, out->volume_id, sizeof self->known_volume);
    out->may_set_up = volume[0] == '\0';
    return parse_size(leave_free, &out->leave_free_bytes, error) &&
           parse_size(budget, &out->byte_budget, error) &&
           parse_yes(power, &out->only_on_power, error) &&
           parse_yes(unmetered, &out->only_unmetered, error);
}

static void save_settings(HthSession *self)
{
    g_autofree char *path = hth_session_path(self->state_dir, self->home, ".conf");
    g_autoptr(GError) error = NULL;
    gsize length = 0;
    g_autofree char *text = g_key_file_to_data(self->settings, &length, NULL);
    if (!g_file_set_contents_full(path, text, (gssize)length,
                                  G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE,
                                  0600, &error))
        hth_log_warning("settings were not kept: %s", error->message);
}

/* Which folder is ours must be known before the next start. */
static void keep_volume(HthSession *self)
{
    const guint8 *volume = hth_sync_device_volume_id(self->device);
    if (memcmp(volume, self->known_volume, sizeof self->known_volume) == 0)
        return;
    memcpy(self->known_volume, volume, sizeof self->known_volume);
    g_autofree char *text = hth_hex_encode(volume, HTH_SYNC_EPOCH_BYTES);
    g_key_file_set_string(self->settings, GROUP, "volume", text);
    save_settings(self);
}

static gboolean load_settings(HthSession *self, const HthSessionLimits *limits)
{
    g_autofree char *path = hth_session_path(self->state_dir, self->home, ".conf");
    self->settings = g_key_file_new();
    (void)g_key_file_load_from_file(self->settings, path, G_KEY_FILE_NONE, NULL); /* none yet */
    if (limits == NULL)
        return FALSE;
    keep(self->settings, "leave-free", limits->leave_free);
    keep(self->settings, "budget", limits->budget);
    keep(self->settings, "only-on-power", limits->only_on_power);
    keep(self->settings, "only-unmetered", limits->only_unmetered);
    if (limits->is_new_folder)
        g_key_file_remove_key(self->settings, GROUP, "volume", NULL);
    return limits->leave_free != NULL || limits->budget != NULL || limits->only_on_power != NULL ||
           limits->only_unmetered != NULL || limits->is_new_folder;
}

/* ---- Opening ---- */

static gboolean take_lock(HthSession *self, GError **error)
{
    g_autofree char *path = hth_session_path(self->state_dir, self->home, ".lock");
    g_autofree char *dir = g_path_get_dirname(path);
    (void)g_mkdir_with_parents(dir, 0700); /* the open below says what is wrong */
    self->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (self->lock < 0) {
        g_set_error(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno), "%s: %s", path,
                    g_strerror(errno));
        return FALSE;
    }
    if (flock(self->lock, LOCK_EX | LOCK_NB) == 0)
        return TRUE;
    g_set_error_literal(error, HTH_ERROR, HTH_ERROR_BUSY,
                        "another hearth-handheld keeps this folder in step already");
    return FALSE;
}

static gboolean choose_folder(HthSession *self, const HthHandheld *handheld, GError **error)
{
    if (handheld->folder != NULL) {
        g_autofree char *folder = g_canonicalize_filename(handheld->folder, NULL);
        if (g_strcmp0(folder, self->home->folder) != 0) {
            g_free(self->home->folder);
            self->home->folder = g_steal_pointer(&folder);
            if (!hth_paired_home_save(self->home, self->state_dir, error))
                return FALSE;
        }
    }
    if (self->home->folder != NULL)
        return TRUE;
    return invalid(error, "which folder? Say it once: --folder DIR");
}

static gboolean open_network(HthSession *self, const HthHandheld *handheld, HthReach *reach,
                             GCancellable *cancellable, GError **error)
{
    g_autoptr(HthReach) own =
        reach != NULL ? hth_reach_ref(reach) : hth_find_reach(handheld, self->home, error);
    if (own == NULL)
        return FALSE;
    self->device_id = *hth_reach_device_id(own);
    self->transport = hth_transport_new(own, cancellable);
    return TRUE;
}

/* ---- The way home from elsewhere ---- */

/* What the home tells of itself is little. */
#define AWAY_MAX_BYTES 16384

static gboolean fetch_away(HthSession *self, GError **error)
{
    g_autoptr(GBytes) body = NULL;
    guint status = 0;
    if (!hth_transport_get(self->transport, "/away", AWAY_MAX_BYTES, &status, &body, error))
        return FALSE;
    if (status != 200) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_REFUSED, "the home answers with status %u", status);
        return FALSE;
    }
    g_autoptr(HthAway) away = hth_away_from_json(body, error);
    if (away == NULL)
        return FALSE;
    hth_away_free(self->home->away);
    self->home->away = g_steal_pointer(&away);
    hth_reach_set_away(hth_transport_reach(self->transport), self->home->away);
    return hth_paired_home_save(self->home, self->state_dir, error);
}

/* What was not had now is asked for at the next session. */
static void learn_away(HthSession *self)
{
    g_autoptr(GError) error = NULL;
    /* At once: the network may be another one before the first sync is through. */
    if (!hth_sync_device_wants_away(self->device) || hth_transport_is_streaming(self->transport))
        return;
    if (fetch_away(self, &error))
        hth_log_info("home=%s away revision=%u relay=%s", self->home->name,
                     self->home->away->revision,
                     hth_away_has_relay(self->home->away) ? "yes" : "no");
    else
        hth_log_warning("how to reach the home from elsewhere was not learnt: %s", error->message);
    hth_sync_device_set_away(self->device, self->home->away->revision, self->play_port);
}

HthSession *hth_session_open(const HthHandheld *handheld, const HthPairedHome *home,
                             HthReach *reach, const HthSessionLimits *limits,
                             GCancellable *cancellable, GError **error)
{
    g_autoptr(HthSession) self = g_new0(HthSession, 1);
    HthSyncDeviceOptions options = { 0 };
    self->lock = -1;
    self->state_dir = g_strdup(handheld->state_dir);
    self->started_us = g_get_monotonic_time();
    self->home = hth_paired_home_find(handheld->state_dir, home->name, error);
    if (self->home == NULL || !take_lock(self, error) || !choose_folder(self, handheld, error))
        return NULL;
    const gboolean is_changed = load_settings(self, limits);
    if (!open_network(self, handheld, reach, cancellable, error) ||
        !read_options(self, &options, error))
        return NULL;
    if (is_changed)
        save_settings(self);
    /* A first folder may be made; later a missing one is a card that is out. */
    if (options.may_set_up)
        (void)g_mkdir_with_parents(self->home->folder, 0755); /* else the engine finds none */
    self->env = hth_folder_env_new(self->home->folder, self->transport);
    self->device = hth_sync_device_new(hth_folder_env(self->env), &options);
    hth_sync_device_set_away(self->device, self->home->away->revision, 0);
    self->plays = hth_play_feed_new(hth_folder_env(self->env), self->device);
    return g_steal_pointer(&self);
}

void hth_session_free(HthSession *self)
{
    if (self == NULL)
        return;
    hth_sync_device_free(self->device);
    hth_play_feed_free(self->plays);
    hth_folder_env_free(self->env);
    hth_transport_free(self->transport);
    g_clear_pointer(&self->settings, g_key_file_unref);
    hth_paired_home_free(self->home);
    if (self->lock >= 0)
        close(self->lock);
    g_free(self->state_dir);
    g_free(self);
}

HthSyncDevice *hth_session_device(HthSession *self)
{
    return self->device;
}

HthTransport *hth_session_transport(HthSession *self)
{
    return self->transport;
}

/* ---- Steps ---- */

/* An address that answered is tried first the next time, also by the next start. */
static void keep_address(HthSession *self)
{
    guint16 port = 0;
    const char *address = hth_transport_address(self->transport, &port);
    char **known = self->home->addresses;
    if (address == NULL || hth_transport_path(self->transport) != HTH_PATH_LAN ||
        (known != NULL && known[0] != NULL && strcmp(known[0], address) == 0 &&
         self->home->port == port))
        return;
    g_autoptr(GError) error = NULL;
    hth_paired_home_add_address(self->home, address);
    self->home->port = port;
    if (!hth_paired_home_save(self->home, self->state_dir, &error))
        hth_log_warning("the home's address was not kept: %s", error->message);
}

static void write_status(HthSession *self, const HthSyncProgress *progress, const GError *error)
{
    g_autofree char *path = hth_session_path(self->state_dir, self->home, ".status");
    g_autofree char *json = hth_session_summary(self, progress, error);
    /* Lost with the power it is written again: nothing depends on it. */
    (void)g_file_set_contents_full(path, json, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL);
}

HthSyncStep hth_session_step(HthSession *self, HthSyncProgress *out_progress, GError **error)
{
    GError *local = NULL;
    /* What has come is kept, and the rest comes by the better path. */
    if (hth_transport_should_move(self->transport))
        (void)hth_sync_device_let_go(self->device, NULL); /* the step below finds the same */
    const HthSyncStep step = hth_sync_device_step(self->device, out_progress, &local);
    const gint64 now = g_get_monotonic_time();
    keep_volume(self);
    if (step != HTH_SYNC_STEP_FAILED)
        learn_away(self);
    if (step != HTH_SYNC_STEP_MORE)
        keep_address(self);
    if (step != HTH_SYNC_STEP_MORE || now - self->status_us > STATUS_EVERY_US) {
        self->status_us = now;
        write_status(self, out_progress, local);
    }
    if (local != NULL)
        g_propagate_error(error, local);
    return step;
}

void hth_session_set_play_port(HthSession *self, guint16 port)
{
    self->play_port = port;
    hth_sync_device_set_away(self->device, self->home->away->revision, port);
}

HthPlayTokens *hth_session_play_tokens(HthSession *self, guint16 port, GError **error)
{
    return hth_play_tokens_of_device(self->device, hth_folder_env(self->env), port, error);
}

const char *hth_session_folder(const HthSession *self)
{
    return self->home->folder;
}

void hth_session_wake(HthSession *self, gboolean with_scan)
{
    hth_play_feed_close(self->plays); /* another card may be in */
    hth_folder_env_reopen(self->env);
    hth_sync_device_wake(self->device, with_scan);
}

char *hth_session_summary(HthSession *self, const HthSyncProgress *progress, const GError *error)
{
    guint16 port = 0;
    const char *address = hth_transport_address(self->transport, &port);
    g_autofree char *home = hth_handheld_json_text(self->home->name);
    g_autofree char *folder = hth_handheld_json_text(self->home->folder);
    g_autofree char *place = hth_handheld_json_text(address != NULL ? address : "");
    g_autofree char *problem = hth_handheld_json_text(error != NULL ? error->message : "");
    g_autofree char *path = hth_handheld_json_text(progress->path != NULL ? progress->path : "");
    char seconds[G_ASCII_DTOSTR_BUF_SIZE];
    char now[G_ASCII_DTOSTR_BUF_SIZE];
    g_ascii_formatd(seconds, sizeof seconds, "%.3f",
                    (double)(g_get_monotonic_time() - self->started_us) / G_USEC_PER_SEC);
    g_ascii_formatd(now, sizeof now, "%.0f", (double)g_get_real_time() / G_USEC_PER_SEC);
    HthReachState state;
    hth_reach_state(hth_transport_reach(self->transport), &state);
    const gboolean is_busy = progress->phase != HTH_SYNC_PHASE_IDLE && error == NULL;
    return g_strdup_printf(
        "{\"home\":%s,\"folder\":%s,\"state\":\"%s\",\"waits\":\"%s\",\"operations\":"
        "%" G_GUINT64_FORMAT ",\"refused\":%" G_GUINT64_FORMAT ",\"files\":%" G_GUINT64_FORMAT
        ",\"bytes_sent\":%" G_GUINT64_FORMAT ",\"bytes_received\":%" G_GUINT64_FORMAT
        ",\"handshake_bytes\":%" G_GUINT64_FORMAT ",\"bytes_fetched\":%" G_GUINT64_FORMAT
        ",\"bytes_written\":%" G_GUINT64_FORMAT
        ",\"seconds\":%s,\"operations_left\":%" G_GUINT64_FORMAT
        ",\"files_left\":%" G_GUINT64_FORMAT ",\"bytes_left\":%" G_GUINT64_FORMAT
        ",\"held_back\":%u,\"damaged\":%u,\"path\":\"%s\",\"home_asleep\":%s,\"limit_reached\":%s,"
        "\"rate\":%" G_GUINT64_FORMAT ",\"limit\":%" G_GUINT64_FORMAT
        ",\"address\":%s,\"file\":%s,\"error\":%s"
        ",\"unix_s\":%s}",
        home, folder, is_busy ? hth_sync_phase_name(progress->phase) : "idle",
        hth_sync_wait_name(progress->wait), progress->operations_done, progress->operations_refused,
        progress->n_files, hth_transport_bytes_sent(self->transport),
        hth_transport_bytes_received(self->transport),
        hth_transport_handshake_bytes(self->transport), progress->bytes_fetched,
        progress->bytes_written, seconds, progress->operations_rest, progress->files_rest,
        progress->bytes_rest, progress->n_held_back, progress->n_damaged, hth_path_name(state.path),
        state.is_asleep ? "true" : "false", state.is_limited ? "true" : "false", state.rate,
        state.limit, place, path, problem, now);
}

/* ---- Wishes ---- */

gboolean hth_session_wish(const char *state_dir, const HthPairedHome *home, const char *wish,
                          GError **error)
{
    g_autofree char *lock_path = hth_session_path(state_dir, home, ".lock");
    const int lock = open(lock_path, O_RDWR | O_CLOEXEC);
    if (lock < 0)
        return FALSE;
    const gboolean is_free = flock(lock, LOCK_EX | LOCK_NB) == 0;
    close(lock);
    if (is_free)
        return FALSE;
    g_autofree char *path = hth_session_path(state_dir, home, ".wish");
    return g_file_set_contents_full(path, wish, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}

char *hth_session_take_wish(HthSession *self)
{
    g_autofree char *path = hth_session_path(self->state_dir, self->home, ".wish");
    char *wish = NULL;
    if (!g_file_get_contents(path, &wish, NULL, NULL))
        return NULL;
    (void)g_unlink(path); /* what stays is done once more: no harm */
    return wish;
}
