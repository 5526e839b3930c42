/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Brings the bytes that operations need, many operations in one stream, and goes on where an
 * earlier stream was cut. */
#include <string.h>

#include "base/crc32c.h"
#include "base/error.h"
#include "media/recipe.h"
#include "sync/sync-device-private.h"

#define PICTURES_DIR ".hearth/pictures"

/* What of a download is on the card for sure is noted so often: after a kill no more than this is
 * fetched again. */
#define KEEP_EVERY_MS    2000
#define KEEP_EVERY_BYTES (1024 * 1024)

/* Less is not worth a note. It is little, so that a link that is cut all the time brings a large
 * file in the end. */
#define KEEP_MIN_BYTES (16 * 1024)

char *hth_picture_path(const HthDigest *hash)
{
    g_autoptr(GString) path = g_string_new(PICTURES_DIR "/");
    for (guint i = 0; i < HTH_DIGEST_BYTES; i++)
        g_string_append_printf(path, "%02x", hash->bytes[i]);
    return g_string_free(g_steal_pointer(&path), FALSE);
}

/* Stands for the revision in the partial of a RETAG: what is gathered is of use for the same recipe
 * and outcome alone. */
static guint64 ranges_key(const HthSyncOperation *operation)
{
    g_autoptr(HthDigester) digester = hth_digester_new();
    HthDigest digest;
    guint64 key = 0;
    gsize size = 0;
    if (operation->recipe == NULL)
        return 0;
    const guint8 *recipe = g_bytes_get_data(operation->recipe, &size);
    hth_digester_add(digester, operation->new_hash.bytes, HTH_DIGEST_BYTES);
    hth_digester_add(digester, recipe, size);
    hth_digester_finish(digester, &digest);
    memcpy(&key, digest.bytes, sizeof key);
    return key;
}

char *hth_ranges_path(const HthSyncOperation *operation)
{
    g_autofree char *name = hth_apply_tmp_name(operation->item, ranges_key(operation));
    return g_strconcat(HTH_APPLY_TMP_DIR "/", name, NULL);
}

static void part_clear(HthFetchPart *part)
{
    g_clear_pointer(&part->path, g_free);
    g_clear_pointer(&part->whole, hth_digester_free);
}

GArray *hth_fetch_parts_new(void)
{
    GArray *parts = g_array_new(FALSE, TRUE, sizeof(HthFetchPart));
    g_array_set_clear_func(parts, (GDestroyNotify)part_clear);
    return parts;
}

typedef struct {
    GPtrArray *names;
    guint64 bytes;
} Pictures;

static gboolean on_picture(const char *name, const HthSyncStat *stat, gpointer data)
{
    Pictures *self = data;
    g_ptr_array_add(self->names, g_strconcat(PICTURES_DIR "/", name, NULL));
    self->bytes += stat->size;
    return self->names->len < 10000;
}

gboolean hth_pictures_prune(HthSyncDevice *self, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    Pictures pictures = { names, 0 };
    GError *local = NULL;
    if (!self->env->funcs->list(self->env->data, PICTURES_DIR, on_picture, &pictures, &local)) {
        const gboolean is_missing = hth_folder_not_found(local);
        if (is_missing)
            g_error_free(local);
        else
            g_propagate_error(error, local);
        return is_missing;
    }
    if (pictures.bytes <= HTH_SYNC_PICTURES_MAX_BYTES && names->len < 10000)
        return TRUE;
    for (guint i = 0; i < names->len; i++)
        if (!hth_folder_unlink(self->env, g_ptr_array_index(names, i), error))
            return FALSE;
    return TRUE;
}

/* ---- What is missing ---- */

static void add_part(GArray *parts, const HthSyncOperation *operation, guint index,
                     HthSyncPartKind kind, char *path)
{
    HthFetchPart part = {
        .part = { .sequence = operation->sequence,
                  .item = operation->item,
                  .revision = operation->revision,
                  .kind = kind },
        .operation = index,
        .path = path,
    };
    g_array_append_val(parts, part);
}

static HthFetchPart *last_part(GArray *parts)
{
    return &g_array_index(parts, HthFetchPart, parts->len - 1);
}

static gboolean need_picture(HthSyncDevice *self, guint index, const HthDigest *hash, GArray *parts,
                             GError **error)
{
    g_autofree char *path = hth_picture_path(hash);
    HthSyncStat stat;
    gboolean is_here = FALSE;
    if (!hth_folder_stat(self->env, path, &is_here, &stat, error))
        return FALSE;
    for (guint i = 0; i < parts->len && !is_here; i++) {
        const HthFetchPart *other = &g_array_index(parts, HthFetchPart, i);
        is_here = other->part.kind == HTH_SYNC_PICTURE && hth_digest_equal(&other->part.hash, hash);
    }
    if (is_here)
        return TRUE;
    add_part(parts, hth_sync_operation_at(self, index), index, HTH_SYNC_PICTURE,
             g_strconcat(path, ".new", NULL));
    last_part(parts)->part.hash = *hash;
    return TRUE;
}

/* Whether the file at @path begins with what an earlier session was sure of.
 * @out_whole: over those bytes; NULL: it does not. */
static gboolean read_kept(HthSyncDevice *self, const HthPartial *partial, const char *path,
                          HthDigester **out_whole, GError **error)
{
    GError *local = NULL;
    HthSyncFile *file = self->env->funcs->open(self->env->data, path, HTH_SYNC_OPEN_READ, &local);
    if (file == NULL) {
        const gboolean is_missing = hth_folder_not_found(local);
        if (is_missing)
            g_error_free(local);
        else
            g_propagate_error(error, local);
        return is_missing;
    }
    g_autoptr(HthDigester) whole = hth_digester_new();
    const gboolean is_read =
        hth_folder_digest_range(self->env, file, 0, partial->length, whole, &local);
    self->env->funcs->close(self->env->data, file);
    if (local != NULL) {
        g_propagate_error(error, local);
        return FALSE;
    }
    HthDigest digest;
    hth_digester_peek(whole, &digest);
    if (is_read && (hth_sync_env_has_fault(self->env, HTH_SYNC_FAULT_STALE_RESUME) ||
                    hth_digest_equal(&digest, &partial->hash)))
        *out_whole = g_steal_pointer(&whole);
    return TRUE;
}

/* How much of what the recipe fetches is here. @out_whole: over it, to go on with. */
static gboolean kept_ranges(HthSyncDevice *self, const HthSyncOperation *operation,
                            const char *path, guint64 *out_kept, HthDigester **out_whole,
                            GError **error)
{
    const HthPartial *partial = hth_device_store_partial(self->store, operation->item);
    if (partial != NULL && partial->revision == ranges_key(operation) &&
        !read_kept(self, partial, path, out_whole, error))
        return FALSE;
    *out_kept = *out_whole != NULL ? partial->length : 0;
    if (*out_whole == NULL)
        *out_whole = hth_digester_new();
    return TRUE;
}

static gboolean need_for_recipe(HthSyncDevice *self, guint index, GArray *parts, GError **error)
{
    const HthSyncOperation *operation = hth_sync_operation_at(self, index);
    g_autoptr(HthRecipe) recipe = hth_recipe_decode(operation->recipe, NULL);
    if (recipe == NULL)
        return TRUE; /* hth_retag() refuses it */
    g_autoptr(GArray) needs = hth_recipe_fetch_list(recipe);
    g_autofree char *path = hth_ranges_path(operation);
    g_autoptr(HthDigester) whole = NULL;
    guint64 kept = 0;
    guint64 position = 0;
    if (!kept_ranges(self, operation, path, &kept, &whole, error))
        return FALSE;
    for (guint i = 0; i < needs->len; i++) {
        const HthNeed *need = &g_array_index(needs, HthNeed, i);
        if (need->kind == HTH_NEED_PICTURE) {
            if (!need_picture(self, index, &need->digest, parts, error))
                return FALSE;
            continue;
        }
        const guint64 here = kept > position ? MIN(kept - position, need->length) : 0;
        position += need->length;
        if (here == need->length)
            continue;
        add_part(parts, operation, index, HTH_SYNC_RANGE, g_strdup(path));
        last_part(parts)->part.offset = need->offset + here;
        last_part(parts)->part.length = need->length - here;
        last_part(parts)->write_from = position - need->length + here;
        last_part(parts)->whole = g_steal_pointer(&whole); /* goes from part to part */
    }
    return TRUE;
}

/* Goes on with an earlier download when its bytes are surely there and surely these. */
static gboolean resume(HthSyncDevice *self, const HthSyncOperation *operation, HthFetchPart *part,
                       GError **error)
{
    const HthPartial *partial = hth_device_store_partial(self->store, operation->item);
    const gboolean is_stale = hth_sync_env_has_fault(self->env, HTH_SYNC_FAULT_STALE_RESUME);
    if (partial == NULL || (partial->revision != operation->revision && !is_stale) ||
        partial->length > operation->size)
        return TRUE;
    g_autofree char *name = hth_apply_tmp_name(partial->item, partial->revision);
    g_autofree char *path = g_strconcat(HTH_APPLY_TMP_DIR "/", name, NULL);
    g_autoptr(HthDigester) whole = NULL;
    if (!read_kept(self, partial, path, &whole, error))
        return FALSE;
    if (whole != NULL) {
        part->part.offset = part->write_from = partial->length;
        /* Where the home cannot say what the whole file hashes to, it compares what is here. */
        if (hth_digest_is_zero(&operation->new_hash) && !is_stale)
            part->part.hash = partial->hash;
        part->whole = g_steal_pointer(&whole);
        if (is_stale) /* under the name that is looked for in the end */
            return self->env->funcs->rename(self->env->data, path, part->path, error);
        g_free(part->path);
        part->path = g_steal_pointer(&path);
    }
    return TRUE;
}

static gboolean need_file(HthSyncDevice *self, guint index, GArray *parts, GError **error)
{
    const HthSyncOperation *operation = hth_sync_operation_at(self, index);
    g_autofree char *name = hth_apply_tmp_name(operation->item, operation->revision);
    add_part(parts, operation, index, HTH_SYNC_RANGE,
             g_strconcat(HTH_APPLY_TMP_DIR "/", name, NULL));
    return resume(self, operation, last_part(parts), error);
}

gboolean hth_fetch_needs(HthSyncDevice *self, guint index, GArray *parts, GError **error)
{
    const HthSyncOperation *operation = hth_sync_operation_at(self, index);
    switch (operation->kind) {
    case HTH_SYNC_PUT:
    case HTH_SYNC_PLAYLIST:
        return operation->content != NULL || need_file(self, index, parts, error);
    case HTH_SYNC_ART:
        return operation->content != NULL ||
               need_picture(self, index, &operation->new_hash, parts, error);
    case HTH_SYNC_RETAG:
        return need_for_recipe(self, index, parts, error);
    default:
        return TRUE;
    }
}

/* ---- Asking ---- */

/* Whether a later operation's bytes are surely wanted: the first one was looked at closely. */
static gboolean is_worth_asking(HthSyncDevice *self, guint index)
{
    const HthSyncOperation *operation = hth_sync_operation_at(self, index);
    g_auto(HthSyncHeld) held = { 0 };
    gboolean is_held = FALSE;
    if (index == self->index)
        return TRUE;
    if (hth_work_at(self, index)->state > HTH_WORK_CHECKED ||
        !hth_device_store_find(self->store, operation->item, &is_held, &held, NULL))
        return FALSE;
    if (is_held && hth_digest_equal(&held.hash, &operation->new_hash))
        return FALSE;
    /* A file of that name may be the one: its own turn will show. */
    HthSyncStat stat;
    return is_held || hth_digest_is_zero(&operation->new_hash) ||
           !self->env->funcs->stat(self->env->data, operation->path, &stat, NULL);
}

/* The parts of as many operations as fit, from the next one on. */
static gboolean collect(HthSyncDevice *self, guint64 room, GArray *parts, GError **error)
{
    guint64 bytes = 0;
    for (guint i = self->index; i < self->answer->operations->len; i++) {
        const HthSyncOperation *operation = hth_sync_operation_at(self, i);
        if (!is_worth_asking(self, i))
            continue;
        const guint before = parts->len;
        bytes += operation->size;
        if (i > self->index && bytes > room)
            return TRUE;
        if (!hth_fetch_needs(self, i, parts, error))
            return FALSE;
        if (parts->len > HTH_SYNC_MAX_PARTS) {
            g_array_set_size(parts, before);
            return TRUE;
        }
        if (parts->len > before)
            last_part(parts)->is_last = TRUE;
    }
    return TRUE;
}

static GBytes *request_of(HthSyncDevice *self, const GArray *parts)
{
    g_autoptr(HthSyncDataRequest) request = hth_sync_data_request_new();
    const HthDeviceState *state = hth_device_store_state(self->store);
    memcpy(request->device_epoch, state->device_epoch, sizeof request->device_epoch);
    for (guint i = 0; i < parts->len; i++)
        g_array_append_val(request->parts, g_array_index(parts, HthFetchPart, i).part);
    return hth_sync_data_request_encode(request);
}

static gboolean on_bytes(guint index, gconstpointer bytes, gsize size, gpointer data,
                         GError **error);
static gboolean on_end(guint index, HthSyncStatus status, guint32 sum, gpointer data,
                       GError **error);
static const HthSyncDataFuncs data_funcs = { on_bytes, on_end };

static gboolean open_stream(HthSyncDevice *self, GArray *parts, GError **error)
{
    g_autoptr(GBytes) body = request_of(self, parts);
    guint status = 0;
    HthSyncStream *stream =
        self->env->funcs->stream(self->env->data, HTH_SYNC_ROUTE_DATA, body, &status, error);
    if (stream == NULL)
        return FALSE;
    if (status != 200) {
        self->env->funcs->end_stream(self->env->data, stream);
        g_set_error(error, HTH_ERROR, HTH_ERROR_REFUSED, "the home does not give data: status %u",
                    status);
        return FALSE;
    }
    self->fetch = g_new0(HthFetch, 1);
    self->fetch->stream = stream;
    self->fetch->parts = g_array_ref(parts);
    self->fetch->parser = HTH_SYNC_DATA_PARSER(&data_funcs, self, parts->len);
    return TRUE;
}

/* What may come without filling the card, or the budget. */
static gboolean room_for(HthSyncDevice *self, guint64 *out_room, GError **error)
{
    guint64 free_bytes = 0;
    if (!self->env->funcs->free_bytes(self->env->data, &free_bytes, error))
        return FALSE;
    const guint64 kept_free = self->options.leave_free_bytes;
    *out_room = free_bytes > kept_free ? free_bytes - kept_free : 0;
    return TRUE;
}

gboolean hth_fetch_begin(HthSyncDevice *self, GError **error)
{
    guint64 room = 0;
    if (!room_for(self, &room, error))
        return FALSE;
    const HthSyncOperation *first = hth_sync_operation_at(self, self->index);
    HthWork *work = hth_work_at(self, self->index);
    if (first->size > room) {
        work->state = HTH_WORK_FAILED;
        work->status = HTH_SYNC_NO_SPACE;
        work->sentence = g_strdup("there is no room for it on the device");
        return TRUE;
    }
    g_autoptr(GArray) parts = hth_fetch_parts_new();
    if (!hth_folder_make_dirs(self->env, PICTURES_DIR, NULL, error) ||
        !collect(self, room, parts, error))
        return FALSE;
    if (parts->len == 0) {
        work->state = HTH_WORK_FETCHED;
        return TRUE;
    }
    return open_stream(self, parts, error);
}

/* ---- Receiving ---- */

static void give_up_part(HthSyncDevice *self, HthSyncStatus status, const char *sentence)
{
    HthFetch *fetch = self->fetch;
    self->env->funcs->close(self->env->data, g_steal_pointer(&fetch->file));
    fetch->status = status;
    g_free(fetch->sentence);
    fetch->sentence = g_strdup(sentence);
}

/* A failing file is its operation's trouble; a failing folder everybody's. */
static gboolean absorb(HthSyncDevice *self, GError *local, GError **error)
{
    if (hth_folder_is_lost(local)) {
        g_propagate_error(error, local);
        return FALSE;
    }
    give_up_part(self,
                 g_error_matches(local, G_FILE_ERROR, G_FILE_ERROR_NOSPC) ? HTH_SYNC_NO_SPACE
                                                                          : HTH_SYNC_FAILED,
                 local->message);
    g_error_free(local);
    return TRUE;
}

static HthFetchPart *current_part(HthSyncDevice *self)
{
    return &g_array_index(self->fetch->parts, HthFetchPart, self->fetch->index);
}

static gboolean is_whole_file(HthSyncDevice *self, const HthFetchPart *part)
{
    const HthSyncOperationKind kind = hth_sync_operation_at(self, part->operation)->kind;
    return kind == HTH_SYNC_PUT || kind == HTH_SYNC_PLAYLIST;
}

static gboolean begin_part(HthSyncDevice *self, guint index, GError **error)
{
    HthFetch *fetch = self->fetch;
    fetch->index = index;
    HthFetchPart *part = current_part(self);
    fetch->is_begun = TRUE;
    fetch->written = 0;
    fetch->sum = 0;
    if (part->whole == NULL && (is_whole_file(self, part) || part->part.kind == HTH_SYNC_PICTURE))
        part->whole = hth_digester_new();
    if (fetch->kept_of != part->operation + 1) {
        fetch->kept_of = part->operation + 1;
        fetch->kept = part->write_from;
        fetch->kept_ms = self->env->funcs->monotonic_ms(self->env->data);
    }
    fetch->status = HTH_SYNC_OK;
    g_clear_pointer(&fetch->sentence, g_free);
    g_free(self->path);
    self->path = g_strdup(hth_sync_operation_at(self, part->operation)->path);
    GError *local = NULL;
    fetch->file = self->env->funcs->open(
        self->env->data, part->path,
        part->write_from > 0 ? HTH_SYNC_OPEN_KEEP : HTH_SYNC_OPEN_CREATE, &local);
    return fetch->file != NULL || absorb(self, local, error);
}

/* Makes sure of what has come of the current file, so that it need not come again. */
static gboolean keep(HthSyncDevice *self, GError **error)
{
    HthFetch *fetch = self->fetch;
    const HthFetchPart *part = current_part(self);
    const gboolean is_whole = is_whole_file(self, part);
    if (!fetch->is_begun || fetch->file == NULL || part->whole == NULL ||
        part->part.kind == HTH_SYNC_PICTURE)
        return TRUE;
    const HthSyncOperation *operation = hth_sync_operation_at(self, part->operation);
    HthPartial partial = { .item = part->part.item,
                           .revision = is_whole ? part->part.revision : ranges_key(operation),
                           .length = part->write_from + fetch->written };
    if (partial.length < KEEP_MIN_BYTES || partial.length == fetch->kept)
        return TRUE;
    hth_digester_peek(part->whole, &partial.hash);
    if (!self->env->funcs->sync(self->env->data, fetch->file, error))
        return FALSE;
    if (fetch->kept == 0 && !self->env->funcs->sync_dir(self->env->data, HTH_APPLY_TMP_DIR, error))
        return FALSE;
    hth_device_store_set_partial(self->store, &partial);
    fetch->kept = partial.length;
    fetch->kept_ms = self->env->funcs->monotonic_ms(self->env->data);
    return hth_device_store_commit(self->store, TRUE, error);
}

static gboolean keep_now_and_then(HthSyncDevice *self, GError **error)
{
    const HthFetch *fetch = self->fetch;
    const guint64 length = current_part(self)->write_from + fetch->written;
    if (length - fetch->kept < KEEP_EVERY_BYTES ||
        self->env->funcs->monotonic_ms(self->env->data) - fetch->kept_ms < KEEP_EVERY_MS)
        return TRUE;
    return keep(self, error);
}

static gboolean is_too_long(HthSyncDevice *self, const HthFetchPart *part, gsize size)
{
    const guint64 length = self->fetch->written + size;
    if (part->part.kind == HTH_SYNC_PICTURE)
        return length > HTH_SYNC_PICTURES_MAX_BYTES;
    if (part->part.length > 0)
        return length > part->part.length;
    return part->write_from + length > hth_sync_operation_at(self, part->operation)->size;
}

static gboolean on_bytes(guint index, gconstpointer bytes, gsize size, gpointer data,
                         GError **error)
{
    HthSyncDevice *self = data;
    HthFetch *fetch = self->fetch;
    if (!fetch->is_begun && !begin_part(self, index, error))
        return FALSE;
    HthFetchPart *part = current_part(self);
    self->bytes_fetched += size;
    if (fetch->file == NULL)
        return TRUE; /* thrown away */
    if (is_too_long(self, part, size)) {
        give_up_part(self, HTH_SYNC_CHANGED, "more bytes came than the file has");
        return TRUE;
    }
    GError *local = NULL;
    if (!self->env->funcs->write(self->env->data, fetch->file, part->write_from + fetch->written,
                                 bytes, size, &local))
        return absorb(self, local, error);
    fetch->sum = hth_crc32c(fetch->sum, bytes, size);
    if (part->whole != NULL)
        hth_digester_add(part->whole, bytes, size);
    fetch->written += size;
    self->bytes_written += size;
    return keep_now_and_then(self, error);
}

/* ---- The end of a part ---- */

static const char *judge_part(HthSyncDevice *self, const HthFetchPart *part, guint32 sum,
                              const HthDigest *whole)
{
    const HthSyncOperation *operation = hth_sync_operation_at(self, part->operation);
    if (hth_sync_env_has_fault(self->env, HTH_SYNC_FAULT_NO_CHECKSUM))
        return NULL;
    if (sum != self->fetch->sum)
        return "the bytes that came are not those that were sent";
    if (part->part.kind == HTH_SYNC_PICTURE)
        return hth_digest_equal(whole, &part->part.hash) ? NULL : "the picture is another one";
    if (is_whole_file(self, part) && !hth_digest_is_zero(&operation->new_hash) &&
        !hth_digest_equal(whole, &operation->new_hash))
        return "the file is not the one that was promised";
    if (is_whole_file(self, part) && part->write_from + self->fetch->written != operation->size)
        return "the file is shorter than it was";
    return NULL;
}

static void fail_work(HthSyncDevice *self, const HthFetchPart *part)
{
    HthWork *work = hth_work_at(self, part->operation);
    if (work->state == HTH_WORK_FAILED)
        return;
    work->state = HTH_WORK_FAILED;
    work->status = self->fetch->status;
    work->sentence = g_steal_pointer(&self->fetch->sentence);
    if (work->sentence == NULL)
        work->sentence = g_strdup("the home could not give the file");
    self->env->funcs->close(self->env->data, g_steal_pointer(&work->file));
}

/* Ranges of one operation follow one another in one file. */
static void pass_on_whole(HthSyncDevice *self, HthFetchPart *part)
{
    const GArray *parts = self->fetch->parts;
    for (guint i = self->fetch->index + 1; i < parts->len; i++) {
        HthFetchPart *next = &g_array_index(parts, HthFetchPart, i);
        if (next->operation != part->operation)
            return;
        if (next->part.kind == HTH_SYNC_RANGE) {
            next->whole = g_steal_pointer(&part->whole);
            return;
        }
    }
}

/* The part's bytes are good: they become what the operation takes. */
static void take_part(HthSyncDevice *self, HthFetchPart *part, const HthDigest *whole)
{
    HthFetch *fetch = self->fetch;
    HthWork *work = hth_work_at(self, part->operation);
    if (is_whole_file(self, part)) {
        work->file = g_steal_pointer(&fetch->file);
        work->digest = *whole;
        work->size = part->write_from + fetch->written;
    } else if (part->part.kind == HTH_SYNC_RANGE && part->whole != NULL) {
        pass_on_whole(self, part);
    }
    self->env->funcs->close(self->env->data, g_steal_pointer(&fetch->file));
    if (part->is_last && work->state != HTH_WORK_FAILED)
        work->state = HTH_WORK_FETCHED;
}

/* A name in the cache is a promise of its bytes, also after a crash: so they are synced first. */
static gboolean publish_picture(HthSyncDevice *self, const HthFetchPart *part, GError **error)
{
    g_autofree char *path = hth_picture_path(&part->part.hash);
    HthSyncFile *file =
        self->env->funcs->open(self->env->data, part->path, HTH_SYNC_OPEN_WRITE, error);
    if (file == NULL)
        return FALSE;
    const gboolean is_synced = self->env->funcs->sync(self->env->data, file, error);
    self->env->funcs->close(self->env->data, file);
    return is_synced && self->env->funcs->rename(self->env->data, part->path, path, error);
}

static gboolean end_part(HthSyncDevice *self, HthFetchPart *part, HthSyncStatus status, guint32 sum,
                         GError **error)
{
    HthFetch *fetch = self->fetch;
    HthDigest whole = { 0 };
    if (is_whole_file(self, part) || part->part.kind == HTH_SYNC_PICTURE) {
        hth_digester_finish(part->whole, &whole);
        g_clear_pointer(&part->whole, hth_digester_free);
    }
    if (status != HTH_SYNC_OK && !hth_sync_env_has_fault(self->env, HTH_SYNC_FAULT_CHANGED_UNSEEN))
        give_up_part(self, status, "the home could not give the file as it was planned");
    const char *wrong = fetch->status == HTH_SYNC_OK ? judge_part(self, part, sum, &whole) : NULL;
    if (wrong != NULL)
        give_up_part(self, HTH_SYNC_MISMATCH, wrong);
    if (fetch->status == HTH_SYNC_OK) {
        take_part(self, part, &whole);
        return part->part.kind != HTH_SYNC_PICTURE || publish_picture(self, part, error);
    }
    fail_work(self, part);
    return hth_folder_unlink(self->env, part->path, error);
}

static gboolean on_end(guint index, HthSyncStatus status, guint32 sum, gpointer data,
                       GError **error)
{
    HthSyncDevice *self = data;
    /* An empty part has no bytes to begin it. */
    if ((!self->fetch->is_begun && !begin_part(self, index, error)) ||
        !end_part(self, current_part(self), status, sum, error))
        return FALSE;
    self->fetch->is_begun = FALSE;
    return hth_work_run_ready(self, error);
}

static gboolean on_stream(gconstpointer bytes, gsize size, gpointer data, GError **error)
{
    HthSyncDevice *self = data;
    return hth_sync_data_parser_feed(&self->fetch->parser, bytes, size, error);
}

static void fetch_free(HthSyncDevice *self)
{
    HthFetch *fetch = g_steal_pointer(&self->fetch);
    self->env->funcs->end_stream(self->env->data, fetch->stream);
    self->env->funcs->close(self->env->data, fetch->file);
    g_array_unref(fetch->parts);
    g_free(fetch->sentence);
    g_free(fetch);
}

gboolean hth_fetch_end(HthSyncDevice *self, GError **error)
{
    if (self->fetch == NULL)
        return TRUE;
    const gboolean is_under_way = !hth_sync_data_parser_is_done(&self->fetch->parser);
    const gboolean is_kept = !is_under_way || keep(self, error);
    fetch_free(self);
    return is_kept;
}

gboolean hth_fetch_pump(HthSyncDevice *self, GError **error)
{
    gboolean is_ended = FALSE;
    const gboolean is_fine =
        self->env->funcs->pump(self->env->data, self->fetch->stream, HTH_SYNC_SLICE_BYTES,
                               on_stream, self, &is_ended, error);
    const gboolean is_done = hth_sync_data_parser_is_done(&self->fetch->parser);
    if (is_fine && !is_ended && !is_done)
        return TRUE;
    if (is_fine && !is_done)
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_NETWORK, "the data ended too soon");
    /* What has come stays, whatever ended the stream; the first error is the one to tell. */
    const gboolean is_kept = hth_fetch_end(self, is_fine && is_done ? error : NULL);
    return is_fine && is_done && is_kept;
}
