/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a plan to the operations of one answer: numbered, written down, and sent. */
#include <string.h>

#include "sync/home-private.h"

/* Of an answer: the rest is for headers, plays and what compression cannot make smaller. */
#define OPERATIONS_MAX_BYTES (HTH_SYNC_BODY_MAX_BYTES - 256 * 1024)

static void make_operation(HthSyncHome *self, const HthSyncPicture *picture,
                           const HthSyncPlanStep *step, HthSyncOperation *out)
{
    *out = (HthSyncOperation){ .kind = step->kind,
                               .item = step->item,
                               .path = g_strdup(step->path),
                               .old_hash = step->old_hash,
                               .new_hash = step->new_hash,
                               .size = step->size,
                               .revision = step->revision };
    if (step->kind == HTH_SYNC_RETAG) {
        hth_sync_store_lock(self->store);
        out->recipe = hth_sync_store_recipe(self->store, &step->old_hash, &step->new_hash);
        hth_sync_store_unlock(self->store);
        if (out->recipe == NULL) /* swept away in this moment */
            out->kind = HTH_SYNC_PUT;
    }
    if (step->kind == HTH_SYNC_PLAYLIST) {
        const HthSyncWant *want = hth_sync_wants_find(picture->wants, step->item);
        out->content = g_bytes_ref(want->content);
    }
}

static gboolean is_same(const HthSyncOperation *a, const HthSyncOperation *b)
{
    return a->kind == b->kind && a->item == b->item && strcmp(a->path, b->path) == 0 &&
           hth_digest_equal(&a->old_hash, &b->old_hash) &&
           hth_digest_equal(&a->new_hash, &b->new_hash) && a->size == b->size &&
           a->revision == b->revision;
}

/* An operation that was sent before keeps its sequence, so that what the device has of it is worth
 * something, as long as sequences grow in the order of the list. */
static void number_operations(HthSyncDeviceRow *row, GArray *operations, const GArray *sent)
{
    guint64 last = 0;
    guint from = 0;
    for (guint i = 0; i < operations->len; i++) {
        HthSyncOperation *operation = &g_array_index(operations, HthSyncOperation, i);
        for (guint s = from; operation->sequence == 0 && s < sent->len; s++) {
            const HthSyncOperation *old = &g_array_index(sent, HthSyncOperationRow, s).operation;
            if (old->sequence <= last || !is_same(old, operation))
                continue;
            operation->sequence = old->sequence;
            from = s + 1;
        }
        if (operation->sequence == 0) {
            operation->sequence = row->next_sequence++;
            from = sent->len; /* all of those are smaller */
        }
        last = operation->sequence;
    }
}

/* @picture: NULL where all are originals. */
static const char *rendition_of(const HthSyncPicture *picture, guint64 item)
{
    const HthSyncWant *want = picture != NULL ? hth_sync_wants_find(picture->wants, item) : NULL;
    return want != NULL ? want->rendition : HTH_SYNC_ORIGINAL;
}

static gboolean write_operations(HthSyncHome *self, HthSyncDeviceRow *row,
                                 const HthSyncPicture *picture, GArray *operations, GError **error)
{
    if (!hth_sync_store_begin(self->store, error))
        return FALSE;
    g_autoptr(GArray) sent = hth_sync_store_operations(self->store, row->id);
    const guint64 next = row->next_sequence;
    number_operations(row, operations, sent);
    gboolean is_good = TRUE;
    if (row->next_sequence == next && sent->len == operations->len)
        return hth_sync_store_end(self->store, TRUE, error); /* the same as before */
    is_good = hth_sync_store_clear_operations(self->store, row->id, error);
    for (guint i = 0; is_good && i < operations->len; i++) {
        const HthSyncOperation *each = &g_array_index(operations, HthSyncOperation, i);
        is_good = hth_sync_store_add_operation(self->store, row->id, each,
                                               rendition_of(picture, each->item), error);
    }
    is_good = is_good && hth_sync_store_save_device(self->store, row, error);
    return hth_sync_store_end(self->store, is_good, error);
}

/* ---- What is left of a plan ---- */

static void step_clear(gpointer step)
{
    g_free(((HthSyncPlanStep *)step)->path);
}

void hth_sync_peer_drop_rest(HthSyncPeer *peer)
{
    g_clear_pointer(&peer->rest, g_array_unref);
}

static gboolean has_renditions(const HthSyncRule *rule)
{
    for (guint i = 0; i < G_N_ELEMENTS(rule->renditions); i++) {
        if (rule->renditions[i] != NULL)
            return TRUE;
    }
    return FALSE;
}

/* Originals to be put need nothing of the plan but themselves: what follows the first @n_sent steps
 * is kept when it is all of that kind, and nothing is being made that has to come before it. */
static void keep_rest(HthSyncPeer *peer, const HthSyncPicture *picture, guint n_sent,
                      guint64 library, guint64 rule, guint demands)
{
    hth_sync_peer_drop_rest(peer);
    GArray *steps = picture->plan->steps;
    if (n_sent >= steps->len || picture->is_pending || has_renditions(picture->rule) ||
        picture->smaller != NULL ||
        g_array_index(steps, HthSyncPlanStep, n_sent).kind != HTH_SYNC_PUT)
        return; /* the steps are in the order of their kinds, and PUT is the last */
    peer->rest = g_array_sized_new(FALSE, FALSE, sizeof(HthSyncPlanStep), steps->len - n_sent);
    g_array_set_clear_func(peer->rest, step_clear);
    for (guint i = n_sent; i < steps->len; i++) {
        HthSyncPlanStep *step = &g_array_index(steps, HthSyncPlanStep, i);
        g_array_append_val(peer->rest, *step);
        step->path = NULL; /* it is the rest's now */
    }
    peer->rest_at = 0;
    peer->rest_library = library;
    peer->rest_rule = rule;
    peer->rest_demands = demands;
}

static gboolean may_go_on(HthSyncHome *self, const HthSyncPeer *peer, const HthSyncDeviceRow *row)
{
    if (peer->rest == NULL || peer->rest_at == peer->rest->len ||
        peer->rest_rule != row->rule_sequence ||
        peer->rest_library != self->library->sequence(self->library->data))
        return FALSE;
    hth_sync_store_lock(self->store);
    g_autoptr(GArray) open = hth_sync_store_operations(self->store, row->id);
    hth_sync_store_unlock(self->store);
    return open->len == 0; /* all that was sent is done */
}

/* ---- The answer ---- */

static void count_rest(HthSyncAnswer *answer, const HthSyncPlanStep *step)
{
    answer->rest_operations++;
    answer->rest_files += step->kind == HTH_SYNC_PUT || step->kind == HTH_SYNC_RETAG;
    answer->rest_bytes += step->transfer_bytes;
}

/* @picture: NULL for steps that need none. Returns: how many of @steps, from @from on, are in. */
static guint add_operations(HthSyncHome *self, const HthSyncPicture *picture, const GArray *steps,
                            guint from, guint max, HthSyncAnswer *answer)
{
    gsize size = 0;
    guint n = 0;
    gboolean is_full = FALSE;
    for (guint i = from; i < steps->len; i++) {
        const HthSyncPlanStep *step = &g_array_index(steps, HthSyncPlanStep, i);
        HthSyncOperation operation = { 0 };
        is_full = is_full || answer->operations->len >= max;
        if (!is_full) {
            make_operation(self, picture, step, &operation);
            size += hth_sync_operation_encoded_size(&operation);
            is_full = n > 0 && size > OPERATIONS_MAX_BYTES;
        }
        if (!is_full) {
            g_array_append_val(answer->operations, operation);
            n++;
            continue;
        }
        hth_sync_operation_clear(&operation);
        count_rest(answer, step);
    }
    return n;
}

static void add_asks(HthSyncPeer *peer, const GArray *items, HthSyncAnswer *answer)
{
    for (guint i = 0; i < items->len; i++) {
        const guint64 item = g_array_index(items, guint64, i);
        const guint n = GPOINTER_TO_UINT(g_hash_table_lookup(peer->asked, &item));
        g_hash_table_insert(peer->asked, g_memdup2(&item, sizeof item), GUINT_TO_POINTER(n + 1));
        g_array_append_val(answer->layout_items, item);
    }
    if (items->len > 0)
        answer->demands |= HTH_SYNC_SEND_LAYOUTS;
}

static guint max_of(const HthSyncRequest *request)
{
    return request->max_operations > 0 ? MIN(request->max_operations, HTH_SYNC_MAX_OPERATIONS)
                                       : HTH_SYNC_MAX_OPERATIONS;
}

static gboolean go_on(HthSyncHome *self, HthSyncPeer *peer, HthSyncDeviceRow *row,
                      const HthSyncRequest *request, HthSyncAnswer *answer, GError **error)
{
    peer->rest_at += add_operations(self, NULL, peer->rest, peer->rest_at, max_of(request), answer);
    answer->demands |= peer->rest_demands;
    peer->is_settled = FALSE;
    return write_operations(self, row, NULL, answer->operations, error);
}

static guint limits_of(const HthSyncRule *rule)
{
    return (rule->is_only_on_power ? (guint)HTH_SYNC_ONLY_ON_POWER : 0) |
           (rule->is_only_unmetered ? (guint)HTH_SYNC_ONLY_UNMETERED : 0);
}

static gboolean plan_anew(HthSyncHome *self, HthSyncPeer *peer, HthSyncDeviceRow *row,
                          const HthSyncRequest *request, HthSyncAnswer *answer, GError **error)
{
    const guint64 library = self->library->sequence(self->library->data);
    const guint64 rule = row->rule_sequence;
    hth_sync_peer_drop_rest(peer);
    g_autoptr(HthSyncPicture) picture = hth_sync_home_picture(self, peer, TRUE, row, NULL, error);
    if (picture == NULL)
        return FALSE;
    if (picture->away == HTH_SYNC_AWAY_NOTHING) {
        g_array_set_size(picture->plan->steps, 0);
        g_array_set_size(picture->ask_layouts, 0);
    }
    const guint n = add_operations(self, picture, picture->plan->steps, 0, max_of(request), answer);
    /* What is being made here is still to come: a device that asks once waits for it; not for a
     * disk that is away, nor for what can't be converted. */
    const HthSyncPlan *plan = picture->plan;
    const guint n_never = picture->n_problems + picture->n_held_off;
    const guint n_made =
        picture->is_pending && picture->away != HTH_SYNC_AWAY_NOTHING && plan->n_waiting > n_never
            ? plan->n_waiting - n_never
            : 0;
    answer->rest_operations += n_made;
    answer->rest_files += n_made;
    if (!write_operations(self, row, picture, answer->operations, error))
        return FALSE;
    add_asks(peer, picture->ask_layouts, answer);
    answer->demands |= limits_of(picture->rule);
    g_atomic_int_set(&peer->is_pending, picture->is_pending);
    peer->is_settled = answer->operations->len == 0 && !picture->is_pending;
    peer->settled_free_bytes =
        plan->n_no_room + plan->n_blocked > 0 ? request->free_bytes : G_MAXUINT64;
    peer->settled_library = library;
    peer->settled_rule = rule;
    peer->settled_ms = self->library->wall_ms(self->library->data);
    keep_rest(peer, picture, n, library, rule, limits_of(picture->rule));
    return TRUE;
}

gboolean hth_sync_home_plan(HthSyncHome *self, HthSyncPeer *peer, HthSyncDeviceRow *row,
                            const HthSyncRequest *request, HthSyncAnswer *answer, GError **error)
{
    return may_go_on(self, peer, row) ? go_on(self, peer, row, request, answer, error)
                                      : plan_anew(self, peer, row, request, answer, error);
}
