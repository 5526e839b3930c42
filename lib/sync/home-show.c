/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a device holds, will get and will lose, for people. */
#include <string.h>

#include "sync/home-private.h"

typedef struct {
    const HthSyncPicture *picture;
    HthSyncPreviewFound found;
    gpointer data;
    HthSyncPreview *out;
    GHashTable *steps; /* (guint64 item → const HthSyncPlanStep, the last) */
} Shower;

static void show(Shower *self, HthSyncFate fate, guint64 item, const char *path, guint64 size,
                 const char *rendition, const char *reason)
{
    self->out->n_files[fate]++;
    self->out->n_bytes[fate] += size;
    const HthSyncPreviewItem each = {
        .fate = fate,
        .item = item,
        .path = path,
        .size_bytes = (gint64)size,
        .rendition = rendition,
        .reason = reason,
    };
    if (self->found != NULL)
        self->found(&each, self->data);
}

static const HthSyncFailure *failure_of(const GArray *failures, guint64 item)
{
    for (guint i = 0; i < failures->len; i++) { /* few, or the device has other worries */
        const HthSyncFailure *failure = &g_array_index(failures, HthSyncFailure, i);
        if (failure->item == item)
            return failure;
    }
    return NULL;
}

static HthSyncFate fate_of(const HthSyncPlanStep *step, gboolean is_held)
{
    if (step == NULL)
        return is_held ? HTH_SYNC_FATE_THERE : HTH_SYNC_FATE_NO_ROOM;
    return is_held ? HTH_SYNC_FATE_CHANGES : HTH_SYNC_FATE_COMING;
}

/* A rendition that will come, or can't. What the device has of the item stays there meanwhile. */
static void show_unmade(Shower *self, const HthSyncWant *want, const HthSyncHeldRow *held)
{
    if (want->problem != NULL) {
        show(self, HTH_SYNC_FATE_FAILED, want->id, want->path, want->size, want->rendition,
             want->problem);
        return;
    }
    self->out->n_converting++;
    show(self, held != NULL ? HTH_SYNC_FATE_CHANGES : HTH_SYNC_FATE_COMING, want->id, want->path,
         want->size, want->rendition, "waits for its conversion");
}

static void show_want(Shower *self, const HthSyncWant *want, gboolean is_there)
{
    const HthSyncHeldRow *held = hth_sync_held_find(self->picture->held, want->id);
    const gboolean is_settled = held != NULL && want->path != NULL && !want->is_waiting &&
                                want->problem == NULL &&
                                g_hash_table_lookup(self->steps, &want->id) == NULL;
    if (is_settled != is_there)
        return;
    if (want->path == NULL) {
        if (held == NULL)
            show(self, HTH_SYNC_FATE_NO_ROOM, want->id, want->wish, want->size, want->rendition,
                 "over the rule's budget");
        return;
    }
    const HthSyncFailure *failure = failure_of(self->picture->failures, want->id);
    const HthSyncPlanStep *step = g_hash_table_lookup(self->steps, &want->id);
    if (failure != NULL && step == NULL && held == NULL) {
        show(self, HTH_SYNC_FATE_FAILED, want->id, want->path, want->size, want->rendition,
             failure->sentence);
        return;
    }
    if (want->problem != NULL || want->is_waiting) {
        show_unmade(self, want, held);
        return;
    }
    const HthSyncFate fate = fate_of(step, held != NULL);
    show(self, fate, want->id, want->path, want->size, want->rendition,
         fate == HTH_SYNC_FATE_NO_ROOM ? "no room left on the device" : want->reason);
}

static void show_going(Shower *self, const HthSyncHeldRow *held)
{
    const HthSyncWant *want = hth_sync_wants_find(self->picture->wants, held->held.item);
    if (want != NULL && want->path != NULL)
        return;
    const char *reason = "no part of the rule takes it any more";
    if (hth_sync_rule_is_excluded(self->picture->rule, held->held.item))
        reason = "deleted on the device: not here";
    else if (want != NULL)
        reason = "over the rule's budget";
    show(self, HTH_SYNC_FATE_GOING, held->held.item, held->held.path, held->held.size,
         held->rendition, reason);
}

static int by_priority(gconstpointer a, gconstpointer b)
{
    const HthSyncWant *one = *(HthSyncWant *const *)a, *other = *(HthSyncWant *const *)b;
    return one->priority < other->priority ? -1 : one->priority > other->priority;
}

/* What will happen comes before what is there already, the first to be brought first. */
static void show_all(Shower *self)
{
    const HthSyncPicture *picture = self->picture;
    GArray *wants = picture->wants->wants;
    for (guint i = 0; i < picture->plan->steps->len; i++) {
        HthSyncPlanStep *step = &g_array_index(picture->plan->steps, HthSyncPlanStep, i);
        g_hash_table_insert(self->steps, &step->item, step);
    }
    g_autoptr(GPtrArray) order = g_ptr_array_sized_new(wants->len);
    for (guint i = 0; i < wants->len; i++)
        g_ptr_array_add(order, &g_array_index(wants, HthSyncWant, i));
    g_ptr_array_sort(order, by_priority);
    for (guint i = 0; i < picture->held->len; i++)
        show_going(self, &g_array_index(picture->held, HthSyncHeldRow, i));
    for (guint is_there = 0; is_there < 2; is_there++) {
        for (guint i = 0; i < order->len; i++)
            show_want(self, order->pdata[i], is_there == 1);
    }
}

gboolean hth_sync_home_preview(HthSyncHome *self, const char *device, const char *rule_json,
                               HthSyncPreviewFound found, gpointer data,
                               HthSyncPreview *out_preview, GError **error)
{
    g_auto(HthSyncDeviceRow) row = { 0 };
    hth_sync_store_lock(self->store);
    const gboolean is_known = hth_sync_store_device(self->store, device, &row);
    hth_sync_store_unlock(self->store);
    HthSyncPeer *peer = hth_sync_home_peer(self, device);
    *out_preview = (HthSyncPreview){
        .free_bytes = row.free_bytes,
        .last_seen_unix_ms = MAX(row.last_seen_ms, peer->last_seen_ms),
        .has_volume = !peer->is_away,
        .will_be_wiped = (row.flags & HTH_SYNC_DEVICE_WIPE) != 0,
        .clone_seen_unix_ms = row.clone_seen_ms,
        .n_held_back = row.n_held_back,
    };
    g_autoptr(HthSyncPicture) picture =
        hth_sync_home_picture(self, NULL, FALSE, &row, rule_json, error);
    if (picture == NULL)
        return FALSE;
    out_preview->max_bytes = picture->rule->max_bytes;
    Shower shower = { picture, found, data, out_preview,
                      g_hash_table_new(g_int64_hash, g_int64_equal) };
    show_all(&shower);
    out_preview->is_settled =
        is_known && picture->plan->steps->len == 0 && out_preview->n_converting == 0;
    g_hash_table_unref(shower.steps);
    return TRUE;
}
