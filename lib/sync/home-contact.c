/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a device says, booked in one transaction: a lost answer books nothing twice, because a
 * result is worth something only while its operation is open. */
#define HTH_LOG_TOPIC "sync"
#include <string.h>

#include "base/log.h"
#include "sync/home-private.h"

/* Pages of one manifest: some millions of files. */
#define PAGES_MAX 1000

static gboolean is_epoch(const guint8 a[HTH_SYNC_EPOCH_BYTES], const guint8 b[HTH_SYNC_EPOCH_BYTES])
{
    return memcmp(a, b, HTH_SYNC_EPOCH_BYTES) == 0;
}

/* ---- Epochs ---- */

static gboolean is_old_epoch(const HthSyncDeviceRow *row, const guint8 *epoch)
{
    for (guint i = 0; i < HTH_SYNC_OLD_EPOCHS; i++) {
        if (is_epoch(row->old_epochs[i], epoch))
            return TRUE;
    }
    return FALSE;
}

static void adopt_epoch(HthSyncDeviceRow *row, const guint8 *epoch)
{
    static const guint8 none[HTH_SYNC_EPOCH_BYTES];
    if (!is_epoch(row->epoch, none)) {
        memmove(row->old_epochs[1], row->old_epochs[0],
                sizeof row->old_epochs - sizeof row->old_epochs[0]);
        memcpy(row->old_epochs[0], row->epoch, sizeof row->epoch);
    }
    memcpy(row->epoch, epoch, sizeof row->epoch);
    row->confirmed_sequence = 0;
    row->confirmed_play = 0;
}

/* Whose state may be believed. FALSE with @error: the database failed. */
static gboolean book_epochs(HthSyncHome *self, HthSyncDeviceRow *row, const HthSyncRequest *request,
                            HthSyncContact *contact, GError **error)
{
    contact->are_results_good = is_epoch(request->home_epoch, self->epoch);
    if (!is_epoch(row->epoch, request->device_epoch)) {
        contact->are_results_good = FALSE;
        contact->is_changed = TRUE;
        if (is_old_epoch(row, request->device_epoch)) {
            row->clone_seen_ms = self->library->wall_ms(self->library->data);
            contact->demands |= HTH_SYNC_NEW_EPOCH;
            hth_log_warning("a device came with a state that it had left behind: it was restored, "
                            "or a second one runs from a copy of it; device=%.8s",
                            row->id);
            return TRUE;
        }
        adopt_epoch(row, request->device_epoch);
        if (!hth_sync_store_clear_operations(self->store, row->id, error))
            return FALSE;
    } else if (request->sequence < row->confirmed_sequence) {
        hth_log_info("a device's state is behind what it has said before; device=%.8s", row->id);
        contact->are_results_good = FALSE;
        contact->demands |= HTH_SYNC_NEW_EPOCH;
        return TRUE;
    }
    if (request->sequence < row->next_sequence)
        return TRUE;
    /* It has done what we never asked for: our own state is the older one. */
    if (contact->are_results_good && !hth_sync_home_renew_epoch(self, error))
        return FALSE;
    contact->are_results_good = FALSE;
    contact->is_changed = TRUE;
    row->next_sequence = request->sequence + 1;
    return hth_sync_store_clear_operations(self->store, row->id, error);
}

/* ---- Results ---- */

/* The layout of a file that came by a recipe was made with that. */
static void want_layout(HthSyncHome *self, HthSyncContact *contact, const HthSyncOperationRow *row,
                        const HthDigest *hash)
{
    if (hth_sync_store_has_layout(self->store, hash))
        return;
    const HthSyncMissing missing = { .item = row->operation.item,
                                     .rendition = g_strdup(row->rendition),
                                     .revision = row->operation.revision };
    g_array_append_val(contact->layouts, missing);
}

static gboolean book_file(HthSyncHome *self, HthSyncDeviceRow *row, const HthSyncOperationRow *sent,
                          const HthSyncResult *result, HthSyncContact *contact, GError **error)
{
    const HthSyncOperation *operation = &sent->operation;
    const HthSyncHeldRow held = {
        .held = { .item = operation->item,
                  .path = operation->path,
                  .hash = hth_digest_is_zero(&result->hash) ? operation->new_hash : result->hash,
                  .size = operation->size },
        .revision = operation->revision,
        .rendition = sent->rendition,
    };
    if (operation->kind != HTH_SYNC_PLAYLIST)
        want_layout(self, contact, sent, &held.held.hash);
    if (hth_digest_is_zero(&operation->old_hash) &&
        !hth_sync_home_bring_play(self, operation->item, error))
        return FALSE;
    return hth_sync_store_put_held(self->store, row, &held, error);
}

static gboolean book_move(HthSyncHome *self, HthSyncDeviceRow *row,
                          const HthSyncOperation *operation, GError **error)
{
    g_auto(HthSyncHeldRow) held = { 0 };
    if (!hth_sync_store_find_held(self->store, row->id, operation->item, &held))
        return TRUE; /* the digest will tell */
    g_free(held.held.path);
    held.held.path = g_strdup(operation->path);
    return hth_sync_store_put_held(self->store, row, &held, error);
}

static gboolean book_success(HthSyncHome *self, HthSyncDeviceRow *row,
                             const HthSyncOperationRow *sent, const HthSyncResult *result,
                             HthSyncContact *contact, GError **error)
{
    const HthSyncOperation *operation = &sent->operation;
    if (!hth_sync_store_clear_failure(self->store, row->id, operation->item, error))
        return FALSE;
    switch (operation->kind) {
    case HTH_SYNC_MOVE:
        return book_move(self, row, operation, error);
    case HTH_SYNC_REMOVE:
        return hth_sync_store_remove_held(self->store, row, operation->item, error);
    default:
        return book_file(self, row, sent, result, contact, error);
    }
}

static gboolean book_failure(HthSyncHome *self, HthSyncDeviceRow *row,
                             const HthSyncOperationRow *sent, const HthSyncResult *result,
                             GError **error)
{
    const HthSyncOperation *operation = &sent->operation;
    if (result->status == HTH_SYNC_CHANGED)
        return TRUE; /* planned anew */
    if (result->status == HTH_SYNC_GONE)
        return operation->kind != HTH_SYNC_REMOVE ||
               hth_sync_store_remove_held(self->store, row, operation->item, error);
    if (result->status == HTH_SYNC_MISMATCH)
        row->flags |= HTH_SYNC_DEVICE_NEEDS_MANIFEST;
    hth_log_info("a device refused an operation: %s; device=%.8s status=%s",
                 result->sentence != NULL ? result->sentence : "without a reason", row->id,
                 hth_sync_status_name(result->status));
    const HthSyncFailure failure = { .item = operation->item,
                                     .status = result->status,
                                     .revision = operation->revision,
                                     .path = operation->path,
                                     .free_bytes = row->free_bytes,
                                     .sentence = result->sentence,
                                     .at_ms = self->library->wall_ms(self->library->data) };
    return hth_sync_store_add_failure(self->store, row->id, &failure, error);
}

static gboolean book_result(HthSyncHome *self, HthSyncDeviceRow *row, const HthSyncResult *result,
                            HthSyncContact *contact, GError **error)
{
    g_auto(HthSyncOperationRow) sent = { 0 };
    if (!hth_sync_store_find_operation(self->store, row->id, result->sequence, &sent))
        return TRUE; /* said twice, or withdrawn: the digest tells whether it matters */
    const gboolean is_booked = result->status == HTH_SYNC_OK
                                   ? book_success(self, row, &sent, result, contact, error)
                                   : book_failure(self, row, &sent, result, error);
    return is_booked &&
           hth_sync_store_remove_operation(self->store, row->id, result->sequence, error);
}

static gboolean book_results(HthSyncHome *self, HthSyncDeviceRow *row,
                             const HthSyncRequest *request, HthSyncContact *contact, GError **error)
{
    for (guint i = 0; i < request->results->len; i++) {
        const HthSyncResult *result = &g_array_index(request->results, HthSyncResult, i);
        contact->confirmed_sequence = MAX(contact->confirmed_sequence, result->sequence);
        contact->is_changed = TRUE;
        contact->has_refusals = contact->has_refusals || result->status != HTH_SYNC_OK;
        if (contact->are_results_good && !book_result(self, row, result, contact, error))
            return FALSE;
    }
    if (contact->are_results_good)
        row->confirmed_sequence = MAX(row->confirmed_sequence, contact->confirmed_sequence);
    return TRUE;
}

/* ---- Absent items: "not here" ---- */

static gboolean book_absent(HthSyncHome *self, HthSyncDeviceRow *row, const HthSyncRequest *request,
                            HthSyncContact *contact, GError **error)
{
    contact->confirmed_absent = request->absent->len;
    if (request->absent->len == 0)
        return TRUE;
    g_autoptr(HthSyncRule) rule = hth_sync_rule_parse(row->rule, NULL);
    if (rule == NULL)
        return TRUE;
    for (guint i = 0; i < request->absent->len; i++) {
        const guint64 item = g_array_index(request->absent, guint64, i);
        if (g_hash_table_size(rule->excluded) < HTH_SYNC_RULE_EXCLUDED_MAX)
            hth_sync_rule_exclude(rule, item);
        if (!hth_sync_store_remove_held(self->store, row, item, error))
            return FALSE;
    }
    g_free(row->rule);
    row->rule = hth_sync_rule_print(rule);
    row->rule_sequence++;
    row->flags &= ~(guint)HTH_SYNC_DEVICE_CONFIRM_ABSENT;
    contact->is_changed = TRUE;
    return TRUE;
}

/* ---- All of it ---- */

static void note_state(HthSyncDeviceRow *row, const HthSyncRequest *request,
                       HthSyncContact *contact)
{
    if (row->says != request->says || row->n_held_back != request->n_held_back)
        contact->is_changed = TRUE;
    row->says = request->says;
    row->n_held_back = request->n_held_back;
    row->free_bytes = (gint64)MIN(request->free_bytes, (guint64)G_MAXINT64);
    if (row->play_port != request->play_port) { /* playlists are to name another */
        row->play_port = request->play_port;
        row->rule_sequence++;
        contact->is_changed = TRUE;
    }
    if (row->n_held_back == 0 && (row->flags & HTH_SYNC_DEVICE_CONFIRM_ABSENT) != 0) {
        row->flags &= ~(guint)HTH_SYNC_DEVICE_CONFIRM_ABSENT;
        contact->is_changed = TRUE;
    }
}

gboolean hth_sync_home_book(HthSyncHome *self, HthSyncDeviceRow *row, const HthSyncRequest *request,
                            HthSyncContact *contact, GError **error)
{
    note_state(row, request, contact);
    return book_epochs(self, row, request, contact, error) &&
           hth_sync_home_book_plays(self, row, request, contact, error) &&
           book_results(self, row, request, contact, error) &&
           book_absent(self, row, request, contact, error);
}

gboolean hth_sync_home_book_page(HthSyncHome *self, HthSyncDeviceRow *row,
                                 const HthSyncManifestPage *page, GError **error)
{
    if (!is_epoch(row->epoch, page->device_epoch))
        return TRUE; /* of a state that is not the device's any more; it will be asked again */
    if (page->page >= PAGES_MAX) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_TOO_LARGE, "the manifest has too many pages");
        return FALSE;
    }
    if (page->page == 0 && !hth_sync_store_clear_incoming(self->store, row->id, error))
        return FALSE;
    for (guint i = 0; i < page->held->len; i++) {
        if (!hth_sync_store_add_incoming(self->store, row->id,
                                         &g_array_index(page->held, HthSyncHeld, i), error))
            return FALSE;
    }
    if (!page->is_last)
        return TRUE;
    row->flags &= ~(guint)HTH_SYNC_DEVICE_NEEDS_MANIFEST;
    return hth_sync_store_take_incoming(self->store, row, error) &&
           hth_sync_store_clear_operations(self->store, row->id, error) &&
           hth_sync_store_save_device(self->store, row, error);
}
