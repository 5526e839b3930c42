/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Play states: merged from the devices' logs, told to the library, and brought to other devices.
 *
 *   log entry ─▶ seen before? ─▶ merged row (changed counts up) ─┬▶ the library, after the commit
 *                                                               └▶ devices, each from where it was
 */
#define HTH_LOG_TOPIC "sync"
#include <string.h>

#include "base/log.h"
#include "sync/home-private.h"
#include "sync/sync-env.h"

#define COUNTER_KEY "play-counter"

/* Told to the library in one call. */
#define TOLD_AT_ONCE 500

/* Items whose values go out in one answer: up to five entries each. */
#define ITEMS_AN_ANSWER (HTH_SYNC_MAX_PLAYS / 5)

void hth_sync_home_load_plays(HthSyncHome *self)
{
    g_autoptr(GBytes) counter = hth_sync_store_load(self->store, COUNTER_KEY);
    if (counter != NULL && g_bytes_get_size(counter) == sizeof self->play_counter)
        memcpy(&self->play_counter, g_bytes_get_data(counter, NULL), sizeof self->play_counter);
}

/* ---- Merging: within the store's begin() and end() ---- */

static gboolean has_fault(HthSyncHome *self, HthSyncFaults fault)
{
    return (self->library->faults & (guint)fault) != 0;
}

static gboolean merge_play(HthSyncHome *self, const HthSyncPlay *entry, GError **error)
{
    HthSyncPlayRow row;
    hth_sync_store_play(self->store, entry->item, &row);
    if (has_fault(self, HTH_SYNC_FAULT_LAST_WRITER))
        row.merged.position.stamp = row.merged.rating.stamp = row.merged.favourite.stamp = 0;
    if (!hth_play_merge(&row.merged, entry))
        return TRUE;
    row.changed = ++self->play_counter;
    return hth_sync_store_put_play(self->store, &row, error);
}

static gboolean book_entry(HthSyncHome *self, HthSyncDeviceRow *row, const HthSyncPlay *entry,
                           gint64 now_ms, GError **error)
{
    gboolean is_new = TRUE;
    if (!hth_play_is_sane(entry))
        return TRUE;
    if (!hth_sync_store_see_play(self->store, row->id, entry->stamp, entry->nonce, &is_new, error))
        return FALSE;
    if (!is_new && !has_fault(self, HTH_SYNC_FAULT_PLAYS_AGAIN))
        return TRUE;
    HthSyncPlay clamped = *entry; /* its text stays the entry's */
    clamped.stamp = hth_hlc_see(&self->clock, entry->stamp, now_ms);
    return entry->kind >= HTH_SYNC_LIST_MADE
               ? hth_sync_store_add_list_entry(self->store, &clamped, error)
               : merge_play(self, &clamped, error);
}

gboolean hth_sync_home_book_plays(HthSyncHome *self, HthSyncDeviceRow *row,
                                  const HthSyncRequest *request, HthSyncContact *contact,
                                  GError **error)
{
    if (request->plays->len == 0 || contact->demands != 0 || self->library->merge == NULL)
        return TRUE; /* of whom they are is settled first */
    const gint64 now_ms = self->library->wall_ms(self->library->data);
    const guint64 counter = self->play_counter;
    for (guint i = 0; i < request->plays->len; i++) {
        const HthSyncPlay *entry = &g_array_index(request->plays, HthSyncPlay, i);
        if (!book_entry(self, row, entry, now_ms, error))
            return FALSE;
        contact->confirmed_play = MAX(contact->confirmed_play, entry->number);
    }
    row->confirmed_play = contact->confirmed_play;
    contact->is_changed = TRUE;
    contact->has_plays = TRUE;
    return self->play_counter == counter ||
           hth_sync_store_save(self->store, COUNTER_KEY, &self->play_counter,
                               sizeof self->play_counter, error);
}

gboolean hth_sync_home_bring_play(HthSyncHome *self, guint64 item, GError **error)
{
    HthSyncPlayRow row;
    hth_sync_store_play(self->store, item, &row);
    if (row.changed == 0)
        return TRUE;
    self->play_counter++;
    return hth_sync_store_touch_play(self->store, item, self->play_counter, error) &&
           hth_sync_store_save(self->store, COUNTER_KEY, &self->play_counter,
                               sizeof self->play_counter, error);
}

/* ---- Telling the library: without the store's lock while it is called ---- */

static HthSyncPlayMerge merge_of(const HthSyncPlayRow *row)
{
    const HthPlayMerged *merged = &row->merged;
    return (HthSyncPlayMerge){
        .item = row->item,
        .plays_added = merged->plays - row->told_plays,
        .plays_total = merged->plays,
        .last_played_s = merged->last_played_ms / 1000,
        .position_ms = merged->position.stamp != 0 ? merged->position.value : -1,
        .rating = merged->rating.stamp != 0 ? (gint)((merged->rating.value + 10) / 20) : -1,
        .is_favourite = merged->favourite.stamp != 0 ? (gint)merged->favourite.value : -1,
    };
}

static gboolean mark_plays_told(HthSyncHome *self, const GArray *rows, GError **error)
{
    if (!hth_sync_store_begin(self->store, error))
        return FALSE;
    gboolean is_good = TRUE;
    for (guint i = 0; is_good && i < rows->len; i++)
        is_good =
            hth_sync_store_told_play(self->store, &g_array_index(rows, HthSyncPlayRow, i), error);
    return hth_sync_store_end(self->store, is_good, error);
}

/* FALSE with @error; *@out_n: how many were told. */
static gboolean tell_plays(HthSyncHome *self, guint *out_n, GError **error)
{
    hth_sync_store_lock(self->store);
    g_autoptr(GArray) rows = hth_sync_store_untold_plays(self->store, TOLD_AT_ONCE);
    hth_sync_store_unlock(self->store);
    *out_n = rows->len;
    if (rows->len == 0)
        return TRUE;
    g_autofree HthSyncPlayMerge *merges = g_new(HthSyncPlayMerge, rows->len);
    for (guint i = 0; i < rows->len; i++)
        merges[i] = merge_of(&g_array_index(rows, HthSyncPlayRow, i));
    return self->library->merge(self->library->data, merges, rows->len, error) &&
           mark_plays_told(self, rows, error);
}

static gboolean tell_list(HthSyncHome *self, guint64 list, GError **error)
{
    hth_sync_store_lock(self->store);
    g_autoptr(HthListMerged) merged = hth_sync_store_list(self->store, list);
    hth_sync_store_unlock(self->store);
    g_autoptr(GArray) items = hth_list_merged_items(merged);
    const HthSyncPlaylist playlist = { .id = list,
                                       .title = hth_list_merged_name(merged),
                                       .items = (const guint64 *)(void *)items->data,
                                       .n_items = items->len };
    return self->library->merge_list == NULL ||
           self->library->merge_list(self->library->data, &playlist, hth_list_merged_exists(merged),
                                     error);
}

static gboolean tell_lists(HthSyncHome *self, GError **error)
{
    hth_sync_store_lock(self->store);
    g_autoptr(GArray) lists = hth_sync_store_untold_lists(self->store, TOLD_AT_ONCE);
    hth_sync_store_unlock(self->store);
    for (guint i = 0; i < lists->len; i++) {
        const guint64 list = g_array_index(lists, guint64, i);
        if (!tell_list(self, list, error) || !hth_sync_store_begin(self->store, error))
            return FALSE;
        if (!hth_sync_store_end(self->store, hth_sync_store_told_list(self->store, list, error),
                                error))
            return FALSE;
    }
    return TRUE;
}

void hth_sync_home_tell_library(HthSyncHome *self)
{
    if (self->library->merge == NULL)
        return;
    g_autoptr(GError) error = NULL;
    guint n = 0;
    g_mutex_lock(&self->telling); /* in one order, each once */
    do {
        if (!tell_plays(self, &n, &error))
            break;
    } while (n == TOLD_AT_ONCE);
    if (error == NULL)
        (void)tell_lists(self, &error);
    g_mutex_unlock(&self->telling);
    if (error != NULL)
        hth_log_warning("play states are kept, and will be shown later: %s", error->message);
}

/* ---- Bringing them to devices ---- */

static void add_value(HthSyncAnswer *answer, guint64 item, HthSyncPlayKind kind, guint64 stamp,
                      guint32 nonce, gint64 value)
{
    const HthSyncPlay play = {
        .stamp = stamp, .nonce = nonce, .kind = kind, .item = item, .value = value
    };
    g_array_append_val(answer->plays, play);
}

static void add_decided(HthSyncAnswer *answer, guint64 item, HthSyncPlayKind kind,
                        const HthPlayValue *value)
{
    if (value->stamp != 0)
        add_value(answer, item, kind, value->stamp, value->nonce, value->value);
}

static void add_row(HthSyncAnswer *answer, const HthSyncPlayRow *row)
{
    const HthPlayMerged *merged = &row->merged;
    const guint64 played = (guint64)MAX(merged->last_played_ms, 0) << 16;
    if (merged->plays > 0)
        add_value(answer, row->item, HTH_SYNC_PLAY_COUNT, played, 0, (gint64)merged->plays);
    if (merged->skips > 0)
        add_value(answer, row->item, HTH_SYNC_PLAY_SKIP, played, 0, (gint64)merged->skips);
    add_decided(answer, row->item, HTH_SYNC_PLAY_POSITION, &merged->position);
    add_decided(answer, row->item, HTH_SYNC_PLAY_RATING, &merged->rating);
    add_decided(answer, row->item, HTH_SYNC_PLAY_FAVOURITE, &merged->favourite);
}

guint64 hth_sync_home_plays_from(HthSyncHome *self, const HthSyncRequest *request)
{
    const gboolean wants_all =
        (request->says & HTH_SYNC_SAYS_ALL_PLAYS) != 0 || request->plays_seen > self->play_counter;
    return wants_all ? 0 : request->plays_seen;
}

void hth_sync_home_add_plays(HthSyncHome *self, const char *device, const HthSyncRequest *request,
                             HthSyncAnswer *answer)
{
    const guint64 from = hth_sync_home_plays_from(self, request);
    hth_sync_store_lock(self->store);
    answer->plays_until = self->play_counter;
    g_autoptr(GArray) rows =
        from == self->play_counter
            ? NULL
            : hth_sync_store_plays_since(self->store, device, from, ITEMS_AN_ANSWER);
    hth_sync_store_unlock(self->store);
    for (guint i = 0; rows != NULL && i < rows->len; i++) {
        const HthSyncPlayRow *row = &g_array_index(rows, HthSyncPlayRow, i);
        add_row(answer, row);
        if (rows->len == ITEMS_AN_ANSWER)
            answer->plays_until = row->changed; /* the next answer goes on from there */
    }
}
