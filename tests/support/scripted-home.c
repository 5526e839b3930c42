/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scripted-home.h"

#include <string.h>

#include "base/crc32c.h"
#include "base/error.h"
#include "base/hex.h"
#include "media/layout.h"
#include "media/media-type.h"
#include "media/recipe.h"
#include "sync/data-stream.h"
#include "sync/set-digest.h"

typedef struct {
    guint64 item;
    char *path;
    GBytes *bytes;
    HthDigest hash;
    guint64 revision;
} Wanted;

struct HthScriptedHome {
    HthScriptedHomeNotes notes;
    GHashTable *wanted;   /* item -> Wanted */
    GHashTable *believed; /* item -> HthSyncHeld */
    GHashTable *sent;     /* sequence -> HthSyncOperation */
    GHashTable *versions; /* hash text -> GBytes: all that was ever wanted */
    guint64 sequence;
    guint64 confirmed;
    guint64 revisions;
    guint8 epoch[HTH_SYNC_EPOCH_BYTES];
    guint8 device_epoch[HTH_SYNC_EPOCH_BYTES];
};

static void wanted_free(gpointer data)
{
    Wanted *wanted = data;
    g_free(wanted->path);
    g_bytes_unref(wanted->bytes);
    g_free(wanted);
}

static void held_free(gpointer data)
{
    g_free(((HthSyncHeld *)data)->path);
    g_free(data);
}

static void operation_free(gpointer data)
{
    hth_sync_operation_clear(data);
    g_free(data);
}

static gpointer key_new(guint64 value)
{
    return g_memdup2(&value, sizeof value);
}

static GHashTable *table_new(GDestroyNotify free_value)
{
    return g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, free_value);
}

HthScriptedHome *hth_scripted_home_new(void)
{
    HthScriptedHome *self = g_new0(HthScriptedHome, 1);
    self->wanted = table_new(wanted_free);
    self->believed = table_new(held_free);
    self->sent = table_new(operation_free);
    self->versions =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_bytes_unref);
    self->epoch[0] = 1;
    self->notes.layout_items = g_array_new(FALSE, FALSE, sizeof(guint64));
    self->notes.not_wanted = g_ptr_array_new_with_free_func(g_free);
    self->notes.extra = g_ptr_array_new();
    self->notes.refusals = g_ptr_array_new_with_free_func(g_free);
    self->notes.max_operations = HTH_SYNC_MAX_OPERATIONS;
    return self;
}

void hth_scripted_home_free(HthScriptedHome *self)
{
    if (self == NULL)
        return;
    g_hash_table_unref(self->wanted);
    g_hash_table_unref(self->believed);
    g_hash_table_unref(self->sent);
    g_hash_table_unref(self->versions);
    g_array_unref(self->notes.layout_items);
    g_ptr_array_unref(self->notes.not_wanted);
    g_ptr_array_unref(self->notes.extra);
    g_ptr_array_unref(self->notes.refusals);
    g_free(self);
}

HthScriptedHomeNotes *hth_scripted_home_notes(HthScriptedHome *self)
{
    return &self->notes;
}

void hth_scripted_home_want(HthScriptedHome *self, guint64 item, const char *path, GBytes *bytes)
{
    Wanted *wanted = g_new0(Wanted, 1);
    wanted->item = item;
    wanted->path = g_strdup(path);
    wanted->bytes = bytes;
    wanted->revision = ++self->revisions;
    hth_digest_of(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), &wanted->hash);
    g_hash_table_replace(self->versions, g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, bytes),
                         g_bytes_ref(bytes));
    g_hash_table_replace(self->wanted, key_new(item), wanted);
}

void hth_scripted_home_drop(HthScriptedHome *self, guint64 item)
{
    g_hash_table_remove(self->wanted, &item);
}

GBytes *hth_scripted_home_bytes(HthScriptedHome *self, guint64 item)
{
    const Wanted *wanted = g_hash_table_lookup(self->wanted, &item);
    return wanted != NULL ? wanted->bytes : NULL;
}

guint hth_scripted_home_n_wanted(HthScriptedHome *self)
{
    return g_hash_table_size(self->wanted);
}

void hth_scripted_home_assert_equal(HthScriptedHome *self, HthMemoryFolder *folder)
{
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, self->wanted);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Wanted *wanted = value;
        g_autoptr(GBytes) there = hth_memory_folder_read(folder, wanted->path);
        if (there == NULL)
            g_error("%s is not there", wanted->path);
        if (!g_bytes_equal(there, wanted->bytes))
            g_error("%s is not what is wanted", wanted->path);
    }
    g_autoptr(GPtrArray) files = hth_memory_folder_files(folder);
    guint n_ours = 0;
    for (guint i = 0; i < files->len; i++)
        n_ours += strstr(g_ptr_array_index(files, i), "(kept") == NULL;
    g_assert_cmpuint(n_ours, ==, g_hash_table_size(self->wanted));
}

void hth_scripted_home_assert_whole(HthScriptedHome *self, HthMemoryFolder *folder)
{
    g_autoptr(GPtrArray) files = hth_memory_folder_files(folder);
    for (guint i = 0; i < files->len; i++) {
        const char *path = g_ptr_array_index(files, i);
        g_autoptr(GBytes) there = hth_memory_folder_read(folder, path);
        g_autofree char *hash = g_compute_checksum_for_bytes(G_CHECKSUM_SHA256, there);
        if (!g_hash_table_contains(self->versions, hash))
            g_error("%s is neither old nor new", path);
    }
}

/* ---- Booking ---- */

static void believe(HthScriptedHome *self, guint64 item, const char *path, const HthDigest *hash)
{
    HthSyncHeld *held = g_new0(HthSyncHeld, 1);
    *held = (HthSyncHeld){ .item = item, .path = g_strdup(path), .hash = *hash };
    g_hash_table_replace(self->believed, key_new(item), held);
}

static void book(HthScriptedHome *self, const HthSyncResult *result)
{
    const HthSyncOperation *operation = g_hash_table_lookup(self->sent, &result->sequence);
    if (result->sequence <= self->confirmed)
        return;
    self->confirmed = result->sequence;
    if (result->status != HTH_SYNC_OK)
        g_ptr_array_add(
            self->notes.refusals,
            g_strdup_printf("%s: %s", hth_sync_status_name(result->status), result->sentence));
    if (operation == NULL || (result->status != HTH_SYNC_OK))
        return;
    if (operation->kind == HTH_SYNC_REMOVE)
        g_hash_table_remove(self->believed, &operation->item);
    else
        believe(self, operation->item, operation->path, &result->hash);
}

static void note_absent(HthScriptedHome *self, guint64 item)
{
    const Wanted *wanted = g_hash_table_lookup(self->wanted, &item);
    if (wanted != NULL)
        g_ptr_array_add(self->notes.not_wanted, g_strdup(wanted->path));
    g_hash_table_remove(self->wanted, &item);
    g_hash_table_remove(self->believed, &item);
}

static gboolean digest_agrees(HthScriptedHome *self, const HthSyncRequest *request)
{
    HthSyncSetDigest digest = { 0 };
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, self->believed);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const HthSyncHeld *held = value;
        hth_sync_set_digest_add(&digest, held->item, held->path, &held->hash);
    }
    return request->n_files == g_hash_table_size(self->believed) &&
           hth_digest_equal(&digest.sum, &request->set_digest);
}

/* ---- Planning ---- */

static void plan_one(HthScriptedHome *self, HthSyncAnswer *answer, HthSyncOperationKind kind,
                     guint64 item, const char *path, const HthDigest *old_hash)
{
    const Wanted *wanted = g_hash_table_lookup(self->wanted, &item);
    if (answer->operations->len >= self->notes.max_operations) {
        answer->rest_operations++;
        return;
    }
    HthSyncOperation operation = {
        .sequence = ++self->sequence, .kind = kind, .item = item, .path = g_strdup(path)
    };
    if (old_hash != NULL)
        operation.old_hash = *old_hash;
    if (wanted != NULL && kind != HTH_SYNC_REMOVE) {
        operation.size = g_bytes_get_size(wanted->bytes);
        operation.revision = wanted->revision;
        if (!self->notes.hides_hashes || kind == HTH_SYNC_RETAG)
            operation.new_hash = wanted->hash;
    }
    g_array_append_val(answer->operations, operation);
}

static GBytes *recipe_for(HthScriptedHome *self, const HthSyncHeld *held, const Wanted *wanted)
{
    g_autofree char *hash = hth_hex_encode(held->hash.bytes, sizeof held->hash.bytes);
    GBytes *old = g_hash_table_lookup(self->versions, hash);
    const HthMediaFormat format = hth_media_format_from_name(wanted->path);
    if (old == NULL || format == HTH_FORMAT_UNKNOWN)
        return NULL;
    g_autoptr(HthByteSource) old_source = hth_byte_source_new_for_bytes(old);
    g_autoptr(HthByteSource) new_source = hth_byte_source_new_for_bytes(wanted->bytes);
    g_autoptr(HthLayout) old_layout = hth_layout_read(old_source, format, NULL, NULL, NULL);
    g_autoptr(HthLayout) new_layout = hth_layout_read(new_source, format, NULL, NULL, NULL);
    g_autoptr(HthRecipe) recipe = hth_recipe_make(old_layout, new_source, new_layout, NULL);
    return recipe != NULL ? hth_recipe_encode(recipe) : NULL;
}

static void plan_wanted(HthScriptedHome *self, HthSyncAnswer *answer, const Wanted *wanted)
{
    const HthSyncHeld *held = g_hash_table_lookup(self->believed, &wanted->item);
    if (held == NULL) {
        plan_one(self, answer, HTH_SYNC_PUT, wanted->item, wanted->path, NULL);
        return;
    }
    const gboolean is_same = hth_digest_equal(&held->hash, &wanted->hash);
    if (is_same && strcmp(held->path, wanted->path) != 0)
        plan_one(self, answer, HTH_SYNC_MOVE, wanted->item, wanted->path, &held->hash);
    if (is_same)
        return;
    g_autoptr(GBytes) recipe = recipe_for(self, held, wanted);
    const guint before = answer->operations->len;
    plan_one(self, answer, recipe != NULL ? HTH_SYNC_RETAG : HTH_SYNC_PUT, wanted->item,
             wanted->path, &held->hash);
    if (recipe != NULL && answer->operations->len > before)
        g_array_index(answer->operations, HthSyncOperation, before).recipe =
            g_steal_pointer(&recipe);
}

static gint compare_wanted(gconstpointer a, gconstpointer b)
{
    const guint64 left = ((const Wanted *)a)->item;
    const guint64 right = ((const Wanted *)b)->item;
    return left < right ? -1 : left > right;
}

static void plan(HthScriptedHome *self, HthSyncAnswer *answer)
{
    GHashTableIter iter;
    gpointer value;
    for (guint i = 0; i < self->notes.extra->len; i++) {
        HthSyncOperation copy;
        hth_sync_operation_copy(g_ptr_array_index(self->notes.extra, i), &copy);
        copy.sequence = ++self->sequence;
        g_array_append_val(answer->operations, copy);
    }
    g_ptr_array_set_size(self->notes.extra, 0);
    g_hash_table_iter_init(&iter, self->believed);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const HthSyncHeld *held = value;
        if (!g_hash_table_contains(self->wanted, &held->item))
            plan_one(self, answer, HTH_SYNC_REMOVE, held->item, held->path, &held->hash);
    }
    g_autoptr(GList) wanted = g_list_sort(g_hash_table_get_values(self->wanted), compare_wanted);
    for (const GList *at = wanted; at != NULL; at = at->next)
        plan_wanted(self, answer, at->data);
    for (guint i = 0; i < answer->operations->len; i++) {
        const HthSyncOperation *operation = &g_array_index(answer->operations, HthSyncOperation, i);
        HthSyncOperation *copy = g_new0(HthSyncOperation, 1);
        hth_sync_operation_copy(operation, copy);
        g_hash_table_replace(self->sent, key_new(operation->sequence), copy);
    }
}

/* ---- Answering ---- */

static GBytes *answer_sync(HthScriptedHome *self, GBytes *body, guint *out_status)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HthSyncRequest) request = hth_sync_request_decode(body, &error);
    g_assert_no_error(error);
    self->notes.n_requests++;
    g_autoptr(HthSyncAnswer) answer = hth_sync_answer_new();
    memcpy(answer->home_epoch, self->epoch, sizeof self->epoch);
    *out_status = 200;
    if ((request->says & HTH_SYNC_SAYS_HAS_VOLUME) == 0) {
        *out_status = 204;
        return NULL;
    }
    const gboolean is_known =
        memcmp(self->device_epoch, request->device_epoch, sizeof self->device_epoch) == 0;
    if (is_known && request->sequence < self->confirmed) {
        answer->demands |= HTH_SYNC_NEW_EPOCH;
        return hth_sync_answer_encode(answer);
    }
    memcpy(self->device_epoch, request->device_epoch, sizeof self->device_epoch);
    if (!is_known)
        self->confirmed = 0;
    for (guint i = 0; i < request->results->len; i++)
        book(self, &g_array_index(request->results, HthSyncResult, i));
    for (guint i = 0; i < request->absent->len; i++)
        note_absent(self, g_array_index(request->absent, guint64, i));
    answer->confirmed_sequence = self->confirmed;
    answer->confirmed_absent = request->absent->len;
    answer->demands |= self->notes.demands;
    self->notes.away_revision = request->away_revision;
    self->notes.play_port = request->play_port;
    self->notes.demands = 0;
    g_array_append_vals(answer->layout_items, self->notes.layout_items->data,
                        self->notes.layout_items->len);
    g_array_set_size(self->notes.layout_items, 0);
    if (request->absent->len == 0 && !digest_agrees(self, request))
        answer->demands |= HTH_SYNC_SEND_MANIFEST;
    else if (request->absent->len == 0)
        plan(self, answer);
    if (answer->operations->len == 0 && answer->demands == 0 && request->results->len == 0 &&
        request->absent->len == 0 &&
        memcmp(request->home_epoch, self->epoch, sizeof self->epoch) == 0) {
        *out_status = 204;
        return NULL;
    }
    return hth_sync_answer_encode(answer);
}

static void take_manifest(HthScriptedHome *self, GBytes *body)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HthSyncManifestPage) page = hth_sync_manifest_page_decode(body, &error);
    g_assert_no_error(error);
    if (page->page == 0)
        g_hash_table_remove_all(self->believed);
    for (guint i = 0; i < page->held->len; i++) {
        const HthSyncHeld *held = &g_array_index(page->held, HthSyncHeld, i);
        believe(self, held->item, held->path, &held->hash);
    }
    self->notes.n_manifests += page->is_last;
}

static gboolean on_exchange(gpointer data, const char *route, GBytes *body, gsize max_answer_bytes,
                            guint *out_status, GBytes **out_answer, GError **error)
{
    HthScriptedHome *self = data;
    *out_answer = NULL;
    *out_status = 204;
    if (strcmp(route, HTH_SYNC_ROUTE_SYNC) == 0)
        *out_answer = answer_sync(self, body, out_status);
    else if (strcmp(route, HTH_SYNC_ROUTE_MANIFEST) == 0)
        take_manifest(self, body);
    else if (strcmp(route, HTH_SYNC_ROUTE_LAYOUT) == 0)
        self->notes.n_layouts++;
    return TRUE;
}

static void write_part(HthScriptedHome *self, const HthSyncPart *part, GByteArray *to)
{
    const Wanted *wanted = g_hash_table_lookup(self->wanted, &part->item);
    HthSyncStatus status = self->notes.changes_data ? HTH_SYNC_CHANGED : HTH_SYNC_OK;
    guint32 sum = 0;
    guint8 end[HTH_SYNC_PART_END_BYTES];
    gsize size = 0;
    const guint8 *bytes = wanted != NULL ? g_bytes_get_data(wanted->bytes, &size) : NULL;
    self->notes.n_data_parts++;
    if (wanted == NULL || wanted->revision != part->revision || part->offset > size) {
        status = wanted == NULL ? HTH_SYNC_GONE : HTH_SYNC_CHANGED;
    } else {
        const gsize left = size - (gsize)part->offset;
        const gsize length = part->length > 0 ? MIN((gsize)part->length, left) : left;
        sum = hth_crc32c(0, bytes + part->offset, length);
        for (gsize at = 0; at < length; at += 5000) {
            guint8 head[HTH_SYNC_FRAME_HEAD_BYTES];
            const gsize n = MIN(5000, length - at);
            hth_sync_frame_head((guint32)n, head);
            g_byte_array_append(to, head, sizeof head);
            g_byte_array_append(to, bytes + part->offset + at, (guint)n);
            if (self->notes.spoils_data && at == 0)
                to->data[to->len - 1] ^= 1;
        }
        self->notes.data_bytes += length;
    }
    hth_sync_part_end(status, sum, end);
    g_byte_array_append(to, end, sizeof end);
}

static GBytes *on_stream(gpointer data, const char *route, GBytes *body, guint *out_status,
                         GError **error)
{
    HthScriptedHome *self = data;
    g_autoptr(HthSyncDataRequest) request = hth_sync_data_request_decode(body, error);
    g_assert_nonnull(request);
    GByteArray *to = g_byte_array_new();
    for (guint i = 0; i < request->parts->len; i++)
        write_part(self, &g_array_index(request->parts, HthSyncPart, i), to);
    *out_status = 200;
    return g_byte_array_free_to_bytes(to);
}

HthMemoryNetwork hth_scripted_home_network(HthScriptedHome *self)
{
    return (HthMemoryNetwork){ .exchange = on_exchange, .stream = on_stream, .data = self };
}
