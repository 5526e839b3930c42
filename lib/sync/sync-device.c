/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/sync-device.h"

#include <string.h>

#include "base/crc32c.h"
#include "base/error.h"
#include "base/wire.h"
#include "sync/device-path.h"
#include "sync/message-parts.h"
#include "sync/sync-device-private.h"

#define VOLUME_PATH  HTH_DEVICE_OWN_DIR "/device"
#define VOLUME_MAGIC 0x31444854u /* "THD1" */
#define VOLUME_BYTES (4 + 2 * HTH_SYNC_ID_BYTES + HTH_SYNC_EPOCH_BYTES + 4)

/* Answers in a row that bring nothing although something was told: the home is confused. */
#define MAX_QUIET 3

const char *hth_sync_phase_name(HthSyncPhase phase)
{
    static const char *const names[HTH_SYNC_N_PHASES] = {
        [HTH_SYNC_PHASE_VOLUME] = "opening",   [HTH_SYNC_PHASE_SCAN] = "looking",
        [HTH_SYNC_PHASE_VERIFY] = "verifying", [HTH_SYNC_PHASE_ASK] = "asking",
        [HTH_SYNC_PHASE_MANIFEST] = "telling", [HTH_SYNC_PHASE_LAYOUTS] = "describing",
        [HTH_SYNC_PHASE_WORK] = "working",     [HTH_SYNC_PHASE_WIPE] = "wiping",
        [HTH_SYNC_PHASE_IDLE] = "idle",
    };
    return names[phase];
}

const char *hth_sync_wait_name(HthSyncWait wait)
{
    static const char *const names[HTH_SYNC_N_WAITS] = {
        [HTH_SYNC_WAITS_NOT] = "no",
        [HTH_SYNC_WAITS_VOLUME] = "volume away",
        [HTH_SYNC_WAITS_POWER] = "on battery",
        [HTH_SYNC_WAITS_METERED] = "metered",
        [HTH_SYNC_WAITS_BUDGET] = "budget used up",
        [HTH_SYNC_WAITS_HOME] = "the home is getting it ready",
    };
    return names[wait];
}

HthSyncDevice *hth_sync_device_new(const HthSyncEnv *env, const HthSyncDeviceOptions *options)
{
    HthSyncDevice *self = g_new0(HthSyncDevice, 1);
    self->env = env;
    self->options = *options;
    self->absent = g_array_new(FALSE, FALSE, sizeof(guint64));
    return self;
}

void hth_sync_device_set_plays(HthSyncDevice *self, const HthSyncDevicePlays *plays)
{
    self->plays = *plays;
}

const guint8 *hth_sync_device_volume_id(const HthSyncDevice *self)
{
    return self->options.volume_id;
}

void hth_sync_device_set_away(HthSyncDevice *self, guint32 away_revision, guint16 play_port)
{
    self->says_away = TRUE;
    self->away_revision = away_revision;
    self->play_port = play_port;
    self->wants_away = FALSE;
}

gboolean hth_sync_device_wants_away(const HthSyncDevice *self)
{
    return self->wants_away;
}

void hth_sync_device_enter(HthSyncDevice *self, HthSyncPhase phase)
{
    self->phase = phase;
    self->walk_from = 0;
    self->page = 0;
    self->layout_index = 0;
}

/* Forgets everything of a session; what is on the card is enough to begin anew. */
static void close_session(HthSyncDevice *self)
{
    (void)hth_fetch_end(self, NULL); /* what could not be kept is fetched again */
    hth_work_close(self);
    hth_sync_verify_clear(self);
    if (self->apply != NULL) {
        self->applied_before += hth_apply_n_applied(self->apply);
        self->refused_before += hth_apply_n_refused(self->apply);
        self->refused_looked = 0;
        self->bytes_written += hth_apply_bytes_written(self->apply);
    }
    g_clear_pointer(&self->apply, hth_apply_free);
    g_clear_pointer(&self->store, hth_device_store_free);
    g_array_set_size(self->absent, 0);
    hth_sync_device_enter(self, HTH_SYNC_PHASE_VOLUME);
}

void hth_sync_device_free(HthSyncDevice *self)
{
    if (self == NULL)
        return;
    close_session(self);
    g_array_unref(self->absent);
    g_free(self->path);
    g_free(self);
}

/* What is complete need not come again, where the folder still answers; else it is done anew. */
static void keep_what_came(HthSyncDevice *self)
{
    if (self->apply != NULL && hth_fetch_end(self, NULL))
        (void)hth_apply_commit(self->apply, NULL);
}

void hth_sync_device_pause(HthSyncDevice *self)
{
    keep_what_came(self);
    close_session(self);
}

gboolean hth_sync_device_let_go(HthSyncDevice *self, GError **error)
{
    return hth_fetch_end(self, error);
}

void hth_sync_device_verify(HthSyncDevice *self)
{
    self->wants_verify = TRUE;
    self->n_damaged = 0;
}

void hth_sync_device_wake(HthSyncDevice *self, gboolean with_scan)
{
    self->n_quiet = 0;
    self->wait = HTH_SYNC_WAITS_NOT;
    self->session_from = self->bytes_fetched;
    if (self->phase == HTH_SYNC_PHASE_IDLE && self->store != NULL)
        hth_sync_device_enter(self, with_scan ? HTH_SYNC_PHASE_SCAN : HTH_SYNC_PHASE_ASK);
    else if (self->phase == HTH_SYNC_PHASE_IDLE)
        hth_sync_device_enter(self, HTH_SYNC_PHASE_VOLUME);
}

/* ---- The volume ---- */

static GBytes *volume_file(const HthSyncDeviceOptions *options)
{
    GByteArray *bytes = g_byte_array_new();
    hth_wire_write_u32(bytes, VOLUME_MAGIC);
    hth_sync_write_fixed(bytes, options->device_id, sizeof options->device_id);
    hth_sync_write_fixed(bytes, options->home_id, sizeof options->home_id);
    hth_sync_write_fixed(bytes, options->volume_id, sizeof options->volume_id);
    hth_wire_write_u32(bytes, hth_crc32c(0, bytes->data, bytes->len));
    return g_byte_array_free_to_bytes(bytes);
}

static gboolean is_set(const guint8 *bytes, gsize size)
{
    for (gsize i = 0; i < size; i++)
        if (bytes[i] != 0)
            return TRUE;
    return FALSE;
}

/* Ours are device and home; the volume is when it is the one that was set up. */
static gboolean volume_matches(HthSyncDevice *self, GBytes *found)
{
    const guint8 *bytes = g_bytes_get_data(found, NULL);
    HthSyncDeviceOptions *options = &self->options;
    const gsize volume_at = 4 + 2 * HTH_SYNC_ID_BYTES;
    if (g_bytes_get_size(found) != VOLUME_BYTES)
        return FALSE;
    if (!is_set(options->volume_id, sizeof options->volume_id)) {
        HthSyncDeviceOptions known = *options;
        memcpy(known.volume_id, bytes + volume_at, sizeof known.volume_id);
        g_autoptr(GBytes) expected = volume_file(&known);
        if (!g_bytes_equal(expected, found))
            return FALSE;
        memcpy(options->volume_id, known.volume_id, sizeof known.volume_id);
        return TRUE;
    }
    g_autoptr(GBytes) expected = volume_file(options);
    return g_bytes_equal(expected, found);
}

gboolean hth_sync_volume_is_here(HthSyncDevice *self, GError **error)
{
    GError *local = NULL;
    if (hth_sync_env_has_fault(self->env, HTH_SYNC_FAULT_VOLUME_UNSEEN) && self->store != NULL)
        return TRUE;
    g_autoptr(GBytes) found = hth_folder_read(self->env, VOLUME_PATH, 4096, &local);
    if (found != NULL)
        return volume_matches(self, found);
    if (g_error_matches(local, HTH_ERROR, HTH_ERROR_CANCELLED))
        g_propagate_error(error, local);
    else
        g_error_free(local); /* no folder, no card, or one that cannot be read: away */
    return FALSE;
}

static gboolean set_up_volume(HthSyncDevice *self, GError **error)
{
    self->env->funcs->random(self->env->data, self->options.volume_id,
                             sizeof self->options.volume_id);
    g_autoptr(GBytes) bytes = volume_file(&self->options);
    g_autoptr(GBytes) nothing = g_bytes_new_static("", 0);
    /* device comes last: a folder that has it has everything. That .hearth is there says nothing: a
     * program that was killed may have made it. */
    if (!hth_folder_make_dirs(self->env, HTH_DEVICE_OWN_DIR, NULL, error) ||
        !self->env->funcs->sync_dir(self->env->data, "", error) ||
        !hth_folder_write(self->env, HTH_DEVICE_OWN_DIR "/.nomedia", nothing, error) ||
        !hth_device_store_reset(self->env, error) ||
        !hth_folder_write(self->env, VOLUME_PATH, bytes, error)) {
        memset(self->options.volume_id, 0, sizeof self->options.volume_id);
        return FALSE;
    }
    return TRUE;
}

/* A set-up that was killed at its end left names that a power cut could still take. */
static gboolean make_set_up_durable(HthSyncDevice *self, GError **error)
{
    if (self->env->funcs->sync_dir(self->env->data, HTH_DEVICE_OWN_DIR, error) &&
        self->env->funcs->sync_dir(self->env->data, "", error))
        return TRUE;
    /* Until it is set up, no folder is the one: nobody shall keep this one's id. */
    memset(self->options.volume_id, 0, sizeof self->options.volume_id);
    return FALSE;
}

/* A folder may become ours when none was before, or a person said so, and no other agent's is
 * there. */
static gboolean may_set_up(HthSyncDevice *self)
{
    HthSyncStat stat;
    g_autoptr(GError) local = NULL;
    if (!self->options.may_set_up)
        return FALSE;
    return !self->env->funcs->stat(self->env->data, VOLUME_PATH, &stat, &local) &&
           hth_folder_not_found(local);
}

gboolean hth_sync_new_epoch(HthSyncDevice *self, gboolean is_unsure, GError **error)
{
    HthDeviceState state = *hth_device_store_state(self->store);
    if (hth_sync_env_has_fault(self->env, HTH_SYNC_FAULT_EPOCH_KEPT))
        return TRUE;
    self->env->funcs->random(self->env->data, state.device_epoch, sizeof state.device_epoch);
    state.sequence = 0;
    state.plays_seen = 0;
    state.is_unsure = is_unsure;
    hth_device_store_drop_results(self->store);
    hth_device_store_set_state(self->store, &state);
    return hth_device_store_commit(self->store, TRUE, error) &&
           (self->plays.renumber == NULL || self->plays.renumber(self->plays.data, error));
}

/* What was played is known by its path alone, until it is in the log: it is taken while the list
 * still has that path, and only where the card is. */
static gboolean gather_plays(gpointer data, GError **error)
{
    HthSyncDevice *self = data;
    GError *local = NULL;
    if (self->plays.gather == NULL)
        return TRUE;
    if (hth_sync_volume_is_here(self, &local))
        return self->plays.gather(self->plays.data, error);
    if (local == NULL)
        local = g_error_new_literal(HTH_ERROR, HTH_ERROR_UNAVAILABLE, "volume away");
    g_propagate_error(error, local);
    return FALSE;
}

static gboolean open_store(HthSyncDevice *self, GError **error)
{
    GError *local = NULL;
    /* It may have been looked at without a home, and then the card may have been changed. */
    g_clear_pointer(&self->apply, hth_apply_free);
    g_clear_pointer(&self->store, hth_device_store_free);
    self->store = hth_device_store_open(self->env, &local);
    if (self->store == NULL && g_error_matches(local, HTH_ERROR, HTH_ERROR_CORRUPT)) {
        /* The list is lost, the files are not: they are taken again as the home names them. */
        g_clear_error(&local);
        if (!hth_device_store_reset(self->env, error))
            return FALSE;
        self->store = hth_device_store_open(self->env, &local);
    }
    if (self->store == NULL) {
        g_propagate_error(error, local);
        return FALSE;
    }
    self->apply = hth_apply_new(self->env, self->store);
    hth_apply_set_before(self->apply, gather_plays, self);
    if (!hth_apply_recover(self->apply, error))
        return FALSE;
    const HthDeviceState *state = hth_device_store_state(self->store);
    return is_set(state->device_epoch, sizeof state->device_epoch) ||
           hth_sync_new_epoch(self, FALSE, error);
}

/* The home hears once that the card is away; after that there is nothing to say. */
static gboolean tell_away(HthSyncDevice *self, GError **error)
{
    if (self->told_away)
        return TRUE;
    g_autoptr(HthSyncRequest) request = hth_sync_request_new();
    g_autoptr(GBytes) body = hth_sync_request_encode(request);
    g_autoptr(GBytes) answer = NULL;
    guint status = 0;
    self->told_away = TRUE;
    return self->env->funcs->exchange(self->env->data, HTH_SYNC_ROUTE_SYNC, body,
                                      HTH_SYNC_BODY_MAX_BYTES, &status, &answer, error);
}

gboolean hth_sync_step_volume(HthSyncDevice *self, GError **error)
{
    GError *local = NULL;
    gboolean is_here = hth_sync_volume_is_here(self, &local);
    if (!is_here && local == NULL && may_set_up(self))
        is_here = set_up_volume(self, &local);
    if (local != NULL) {
        g_propagate_error(error, local);
        return FALSE;
    }
    if (!is_here) {
        self->wait = HTH_SYNC_WAITS_VOLUME;
        hth_sync_device_enter(self, HTH_SYNC_PHASE_IDLE);
        return tell_away(self, error);
    }
    if (self->options.may_set_up && !make_set_up_durable(self, error))
        return FALSE;
    self->wait = HTH_SYNC_WAITS_NOT;
    self->told_away = FALSE;
    self->options.may_set_up = FALSE; /* that was for this folder, not for what may come after it */
    if (!open_store(self, error))
        return FALSE;
    const HthDeviceState *state = hth_device_store_state(self->store);
    hth_sync_device_enter(self, state->is_wiping ? HTH_SYNC_PHASE_WIPE : HTH_SYNC_PHASE_SCAN);
    return TRUE;
}

/* ---- Asking ---- */

static gboolean fill_request(HthSyncDevice *self, HthSyncRequest *request, GError **error)
{
    const HthDeviceState *state = hth_device_store_state(self->store);
    memcpy(request->device_epoch, state->device_epoch, sizeof request->device_epoch);
    memcpy(request->home_epoch, state->home_epoch, sizeof request->home_epoch);
    request->sequence = state->sequence;
    request->n_files = hth_device_store_n_files(self->store);
    request->set_digest = hth_device_store_digest(self->store)->sum;
    request->plays_seen = state->plays_seen;
    request->max_operations = HTH_SYNC_MAX_OPERATIONS;
    request->says = HTH_SYNC_SAYS_HAS_VOLUME;
    request->n_held_back = self->n_held_back;
    const guint conditions =
        self->env->funcs->conditions != NULL ? self->env->funcs->conditions(self->env->data) : 0;
    if ((conditions & HTH_SYNC_METERED) != 0)
        request->says |= HTH_SYNC_SAYS_METERED;
    if ((conditions & HTH_SYNC_ON_BATTERY) != 0)
        request->says |= HTH_SYNC_SAYS_ON_BATTERY;
    if (self->says_away)
        request->says |= HTH_SYNC_SAYS_AWAY;
    request->away_revision = self->away_revision;
    request->play_port = self->play_port;
    const guint64 used = self->bytes_fetched - self->session_from;
    if (self->options.byte_budget > used)
        request->byte_budget = self->options.byte_budget - used;
    if (!self->env->funcs->free_bytes(self->env->data, &request->free_bytes, error))
        return FALSE;
    request->free_bytes -= MIN(request->free_bytes, self->options.leave_free_bytes);
    g_array_append_vals(request->absent, self->absent->data, self->absent->len);
    if (self->plays.unconfirmed != NULL &&
        !self->plays.unconfirmed(self->plays.data, request->plays, error))
        return FALSE;
    const guint n_plays = request->plays->len;
    self->told_play =
        n_plays > 0 ? g_array_index(request->plays, HthSyncPlay, n_plays - 1).number : 0;
    return TRUE;
}

static void add_results(HthSyncDevice *self, HthSyncRequest *request)
{
    const GArray *results = hth_device_store_results(self->store);
    for (guint i = 0; i < MIN(results->len, HTH_SYNC_MAX_RESULTS); i++) {
        HthSyncResult copy = g_array_index(results, HthSyncResult, i);
        copy.sentence = g_strdup(copy.sentence);
        g_array_append_val(request->results, copy);
    }
}

static gboolean ask(HthSyncDevice *self, HthSyncAnswer **out_answer, GError **error)
{
    g_autoptr(HthSyncRequest) request = hth_sync_request_new();
    if (!fill_request(self, request, error))
        return FALSE;
    add_results(self, request);
    self->was_told =
        request->results->len > 0 || request->absent->len > 0 || request->plays->len > 0;
    g_autoptr(GBytes) body = hth_sync_request_encode(request);
    g_autoptr(GBytes) bytes = NULL;
    guint status = 0;
    *out_answer = NULL;
    if (!self->env->funcs->exchange(self->env->data, HTH_SYNC_ROUTE_SYNC, body,
                                    HTH_SYNC_BODY_MAX_BYTES, &status, &bytes, error))
        return FALSE;
    if (status == 204)
        return TRUE;
    if (status == 200) {
        *out_answer = hth_sync_answer_decode(bytes, error);
        return *out_answer != NULL;
    }
    g_set_error(error, HTH_ERROR, HTH_ERROR_REFUSED, "the home refuses: status %u", status);
    return FALSE;
}

/* What the home has noted need not be kept, nor told again. */
static gboolean take_confirmations(HthSyncDevice *self, const HthSyncAnswer *answer, GError **error)
{
    HthDeviceState state = *hth_device_store_state(self->store);
    const gboolean is_new_home =
        memcmp(state.home_epoch, answer->home_epoch, sizeof state.home_epoch) != 0;
    if (is_new_home) {
        /* Its sequences are others now; what it believes it gets by the set digest. */
        hth_device_store_drop_results(self->store);
        state.sequence = 0;
        memcpy(state.home_epoch, answer->home_epoch, sizeof state.home_epoch);
    } else {
        hth_device_store_confirm(self->store, answer->confirmed_sequence);
    }
    const guint n_absent = (guint)MIN(answer->confirmed_absent, self->absent->len);
    for (guint i = 0; i < n_absent; i++)
        hth_device_store_drop(self->store, g_array_index(self->absent, guint64, i));
    if (n_absent > 0 && n_absent == self->absent->len && self->n_missing <= n_absent)
        state.absent_confirmed = FALSE;
    if (self->plays.merged != NULL)
        state.plays_seen = answer->plays_until;
    if ((answer->demands & HTH_SYNC_CONFIRM_ABSENT) != 0)
        state.absent_confirmed = TRUE;
    hth_device_store_set_state(self->store, &state);
    if (!hth_device_store_commit(self->store, TRUE, error))
        return FALSE;
    if (n_absent > 0)
        g_array_remove_range(self->absent, 0, n_absent);
    return TRUE;
}

static gboolean take_plays(HthSyncDevice *self, const HthSyncAnswer *answer, GError **error)
{
    if (self->plays.merged != NULL && answer->plays->len > 0 &&
        !self->plays.merged(self->plays.data, answer->plays, error))
        return FALSE;
    return self->plays.confirmed == NULL ||
           self->plays.confirmed(self->plays.data, MIN(answer->confirmed_play, self->told_play),
                                 error);
}

static gboolean begin_wipe(HthSyncDevice *self, GError **error)
{
    HthDeviceState state = *hth_device_store_state(self->store);
    state.is_wiping = TRUE;
    hth_device_store_set_state(self->store, &state);
    hth_sync_device_enter(self, HTH_SYNC_PHASE_WIPE);
    return hth_device_store_commit(self->store, TRUE, error);
}

static void go_idle(HthSyncDevice *self)
{
    /* What stays to be told after several rounds is told when the next session begins. */
    hth_sync_device_enter(self, HTH_SYNC_PHASE_IDLE);
}

/* Where to go with an answer; it is kept in self->answer. */
static gboolean follow(HthSyncDevice *self, GError **error)
{
    const HthSyncAnswer *answer = self->answer;
    if ((answer->demands & HTH_SYNC_AWAY) != 0)
        self->wants_away = TRUE;
    if ((answer->demands & HTH_SYNC_WIPE) != 0)
        return begin_wipe(self, error);
    if ((answer->demands & HTH_SYNC_NEW_EPOCH) != 0) {
        hth_sync_device_enter(self, HTH_SYNC_PHASE_VERIFY);
        return hth_sync_new_epoch(self, TRUE, error);
    }
    if ((answer->demands & HTH_SYNC_SEND_MANIFEST) != 0) {
        hth_sync_device_enter(self, HTH_SYNC_PHASE_MANIFEST);
        return TRUE;
    }
    if ((answer->demands & HTH_SYNC_CONFIRM_ABSENT) != 0 && self->n_held_back > 0) {
        hth_sync_device_enter(self, HTH_SYNC_PHASE_SCAN);
        return TRUE;
    }
    if ((answer->demands & HTH_SYNC_SEND_LAYOUTS) != 0 && answer->layout_items->len > 0) {
        hth_sync_device_enter(self, HTH_SYNC_PHASE_LAYOUTS);
        return TRUE;
    }
    if (answer->operations->len > 0) {
        self->work = hth_work_new(answer->operations->len);
        hth_sync_device_enter(self, HTH_SYNC_PHASE_WORK);
        return TRUE;
    }
    if (self->was_told && ++self->n_quiet < MAX_QUIET) {
        hth_sync_device_enter(self, self->n_missing > 0 ? HTH_SYNC_PHASE_SCAN : HTH_SYNC_PHASE_ASK);
        return TRUE;
    }
    go_idle(self);
    return hth_apply_tidy(self->apply, error);
}

gboolean hth_sync_step_ask(HthSyncDevice *self, GError **error)
{
    HthSyncAnswer *answer = NULL;
    hth_work_close(self);
    if (!ask(self, &answer, error))
        return FALSE;
    self->answer = answer;
    if (answer == NULL) {
        go_idle(self);
        return hth_apply_tidy(self->apply, error) && hth_pictures_prune(self, error);
    }
    if (answer->operations->len > 0)
        self->n_quiet = 0;
    return take_confirmations(self, answer, error) && take_plays(self, answer, error) &&
           follow(self, error);
}

/* ---- Steps ---- */

static gboolean step(HthSyncDevice *self, GError **error)
{
    const gboolean may_drop = self->phase == HTH_SYNC_PHASE_SCAN ||
                              self->phase == HTH_SYNC_PHASE_VERIFY ||
                              self->phase == HTH_SYNC_PHASE_ASK;
    if (may_drop && !gather_plays(self, error))
        return FALSE;
    switch (self->phase) {
    case HTH_SYNC_PHASE_VOLUME:
        return hth_sync_step_volume(self, error);
    case HTH_SYNC_PHASE_SCAN:
        return hth_sync_step_scan(self, error);
    case HTH_SYNC_PHASE_VERIFY:
        return hth_sync_step_verify(self, error);
    case HTH_SYNC_PHASE_ASK:
        return hth_sync_step_ask(self, error);
    case HTH_SYNC_PHASE_MANIFEST:
        return hth_sync_step_manifest(self, error);
    case HTH_SYNC_PHASE_LAYOUTS:
        return hth_sync_step_layouts(self, error);
    case HTH_SYNC_PHASE_WORK:
        return hth_sync_step_work(self, error);
    case HTH_SYNC_PHASE_WIPE:
        return hth_sync_step_wipe(self, error);
    default:
        return TRUE;
    }
}

static void tell_progress(const HthSyncDevice *self, HthSyncProgress *out)
{
    *out = (HthSyncProgress){
        .phase = self->phase,
        .wait = self->wait,
        .operations_done = self->applied_before,
        .operations_refused = self->refused_before,
        .bytes_fetched = self->bytes_fetched,
        .bytes_written = self->bytes_written,
        .n_held_back = self->n_held_back,
        .n_damaged = self->n_damaged,
        .is_wiped = self->is_wiped,
        .path = self->path,
    };
    if (self->apply != NULL) {
        out->operations_done += hth_apply_n_applied(self->apply);
        out->operations_refused += hth_apply_n_refused(self->apply);
        out->bytes_written += hth_apply_bytes_written(self->apply);
        out->n_files = hth_device_store_n_files(self->store);
    }
    if (self->answer == NULL)
        return;
    out->operations_rest = self->answer->rest_operations;
    out->files_rest = self->answer->rest_files;
    out->bytes_rest = self->answer->rest_bytes;
    if (self->work == NULL)
        return;
    out->operations_rest += self->work->len - self->index;
    for (guint i = self->index; i < self->work->len; i++) {
        const HthSyncOperation *operation =
            &g_array_index(self->answer->operations, HthSyncOperation, i);
        const gboolean brings = operation->kind == HTH_SYNC_PUT || operation->kind == HTH_SYNC_ART;
        out->files_rest += brings;
        out->bytes_rest += brings ? operation->size : 0;
    }
}

static gboolean is_home_busy(const HthSyncDevice *self)
{
    return self->phase == HTH_SYNC_PHASE_IDLE && self->wait == HTH_SYNC_WAITS_NOT &&
           self->answer != NULL && self->answer->operations->len == 0 &&
           self->answer->rest_operations > 0;
}

HthSyncStep hth_sync_device_step(HthSyncDevice *self, HthSyncProgress *out_progress, GError **error)
{
    const gboolean is_done = step(self, error);
    if (!is_done) {
        keep_what_came(self);
        close_session(self);
    }
    if (is_done && is_home_busy(self))
        self->wait = HTH_SYNC_WAITS_HOME;
    tell_progress(self, out_progress);
    if (!is_done)
        return HTH_SYNC_STEP_FAILED;
    if (self->phase != HTH_SYNC_PHASE_IDLE)
        return HTH_SYNC_STEP_MORE;
    return self->wait != HTH_SYNC_WAITS_NOT ? HTH_SYNC_STEP_WAIT : HTH_SYNC_STEP_IDLE;
}

/* ---- Looking at it without a home ---- */

static gboolean need_store(HthSyncDevice *self, GError **error)
{
    if (self->store != NULL)
        return TRUE;
    GError *local = NULL;
    if (hth_sync_volume_is_here(self, &local))
        return open_store(self, error);
    if (local != NULL)
        g_propagate_error(error, local);
    else
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_UNAVAILABLE,
                            "volume away: the folder is not the one that was set up");
    return FALSE;
}

gboolean hth_sync_device_confirm(HthSyncDevice *self, GError **error)
{
    if (!need_store(self, error))
        return FALSE;
    HthDeviceState state = *hth_device_store_state(self->store);
    state.absent_confirmed = TRUE;
    hth_device_store_set_state(self->store, &state);
    return hth_device_store_commit(self->store, TRUE, error);
}

gboolean hth_sync_device_wipe(HthSyncDevice *self, GError **error)
{
    return need_store(self, error) && begin_wipe(self, error);
}

gboolean hth_sync_device_find_path(HthSyncDevice *self, const char *path, gboolean *out_found,
                                   guint64 *out_item, GError **error)
{
    return need_store(self, error) &&
           hth_device_store_find_path(self->store, path, out_found, out_item, error);
}

gboolean hth_sync_device_list(HthSyncDevice *self, HthSyncDeviceFile callback, gpointer data,
                              GError **error)
{
    if (!need_store(self, error))
        return FALSE;
    for (guint64 from = 0;;) {
        g_autoptr(GArray) files = hth_device_store_list(self->store, from, 256, error);
        if (files == NULL)
            return FALSE;
        for (guint i = 0; i < files->len; i++)
            callback(&g_array_index(files, HthSyncHeld, i), data);
        if (files->len < 256)
            return TRUE;
        from = g_array_index(files, HthSyncHeld, files->len - 1).item + 1;
    }
}
