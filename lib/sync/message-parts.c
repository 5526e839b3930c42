/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/message-parts.h"

#include <string.h>

#include "base/error.h"

const char *hth_sync_status_name(HthSyncStatus status)
{
    static const char *const names[HTH_SYNC_N_STATUSES] = {
        [HTH_SYNC_OK] = "ok",
        [HTH_SYNC_GONE] = "gone",
        [HTH_SYNC_CHANGED] = "changed",
        [HTH_SYNC_NO_SPACE] = "no-space",
        [HTH_SYNC_MISMATCH] = "mismatch",
        [HTH_SYNC_BAD_PATH] = "bad-path",
        [HTH_SYNC_FAILED] = "failed",
    };
    g_return_val_if_fail((guint)status < HTH_SYNC_N_STATUSES, "?");
    return names[status];
}

/* ---- Fields ---- */

void hth_sync_write_fixed(GByteArray *to, gconstpointer bytes, gsize size)
{
    g_byte_array_append(to, bytes, (guint)size);
}

void hth_sync_read_fixed(HthWireReader *reader, gpointer out, gsize size)
{
    memset(out, 0, size);
    if (reader->has_failed || size > reader->size_bytes - reader->position) {
        reader->has_failed = TRUE;
        return;
    }
    memcpy(out, reader->bytes + reader->position, size);
    reader->position += size;
}

void hth_sync_write_hash(GByteArray *to, const HthDigest *hash)
{
    const gboolean is_there = !hth_digest_is_zero(hash);
    hth_wire_write_u8(to, is_there);
    if (is_there)
        hth_sync_write_fixed(to, hash, sizeof *hash);
}

void hth_sync_read_hash(HthWireReader *reader, HthDigest *out)
{
    memset(out, 0, sizeof *out);
    if (hth_sync_read_boolean(reader))
        hth_sync_read_fixed(reader, out, sizeof *out);
}

void hth_sync_write_bytes(GByteArray *to, GBytes *bytes)
{
    hth_wire_write_u8(to, bytes != NULL);
    if (bytes != NULL)
        hth_wire_write_blob(to, g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes));
}

GBytes *hth_sync_read_bytes(HthWireReader *reader, gsize max_bytes)
{
    if (!hth_sync_read_boolean(reader))
        return NULL;
    gsize size = 0;
    const guint8 *bytes = hth_wire_read_blob(reader, max_bytes, &size);
    return reader->has_failed ? NULL : g_bytes_new(bytes, size);
}

char *hth_sync_read_optional_text(HthWireReader *reader, gsize max_bytes)
{
    const gsize start = reader->position;
    g_autofree char *text = hth_wire_read_string(reader, max_bytes);
    if (text == NULL || reader->has_failed)
        return NULL;
    /* What the reader had to repair was never written by us. */
    const gsize sent = reader->position - start - sizeof(guint32);
    if (strlen(text) != sent || memcmp(text, reader->bytes + start + sizeof(guint32), sent) != 0) {
        reader->has_failed = TRUE;
        return NULL;
    }
    return g_steal_pointer(&text);
}

char *hth_sync_read_text(HthWireReader *reader, gsize max_bytes)
{
    char *text = hth_sync_read_optional_text(reader, max_bytes);
    if (text != NULL)
        return text;
    reader->has_failed = TRUE;
    return g_strdup("");
}

guint hth_sync_read_enum(HthWireReader *reader, guint n_values)
{
    const guint value = hth_wire_read_u8(reader);
    if (value < n_values)
        return value;
    reader->has_failed = TRUE;
    return 0;
}

gboolean hth_sync_read_boolean(HthWireReader *reader)
{
    return hth_sync_read_enum(reader, 2) == 1;
}

guint hth_sync_read_count(HthWireReader *reader, guint max, gsize min_bytes)
{
    const guint32 count = hth_wire_read_u32(reader);
    if (reader->has_failed || count > max ||
        count > (reader->size_bytes - reader->position) / min_bytes) {
        reader->has_failed = TRUE;
        return 0;
    }
    return count;
}

gboolean hth_sync_read_done(const HthWireReader *reader, const char *what, GError **error)
{
    if (hth_wire_reader_is_done(reader))
        return TRUE;
    g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT, "%s does not hold what it promises", what);
    return FALSE;
}

/* ---- Operations ---- */

void hth_sync_operation_clear(HthSyncOperation *self)
{
    g_clear_pointer(&self->path, g_free);
    g_clear_pointer(&self->recipe, g_bytes_unref);
    g_clear_pointer(&self->content, g_bytes_unref);
}

void hth_sync_operation_copy(const HthSyncOperation *from, HthSyncOperation *to)
{
    *to = *from;
    to->path = g_strdup(from->path);
    to->recipe = from->recipe != NULL ? g_bytes_ref(from->recipe) : NULL;
    to->content = from->content != NULL ? g_bytes_ref(from->content) : NULL;
}

void hth_sync_write_operation(GByteArray *to, const HthSyncOperation *self)
{
    hth_wire_write_u64(to, self->sequence);
    hth_wire_write_u8(to, (guint8)self->kind);
    hth_wire_write_u64(to, self->item);
    hth_wire_write_string(to, self->path);
    hth_sync_write_hash(to, &self->old_hash);
    hth_sync_write_hash(to, &self->new_hash);
    hth_wire_write_u64(to, self->size);
    hth_wire_write_u64(to, self->revision);
    hth_sync_write_bytes(to, self->recipe);
    hth_sync_write_bytes(to, self->content);
}

gsize hth_sync_operation_encoded_size(const HthSyncOperation *operation)
{
    gsize size = 8 + 1 + 8 + 4 + strlen(operation->path) + 2 + 8 + 8 + 2;
    if (!hth_digest_is_zero(&operation->old_hash))
        size += HTH_DIGEST_BYTES;
    if (!hth_digest_is_zero(&operation->new_hash))
        size += HTH_DIGEST_BYTES;
    if (operation->recipe != NULL)
        size += 4 + g_bytes_get_size(operation->recipe);
    if (operation->content != NULL)
        size += 4 + g_bytes_get_size(operation->content);
    return size;
}

void hth_sync_read_operation(HthWireReader *reader, HthSyncOperation *self)
{
    self->sequence = hth_wire_read_u64(reader);
    self->kind = hth_sync_read_enum(reader, HTH_SYNC_N_OPERATION_KINDS);
    self->item = hth_wire_read_u64(reader);
    self->path = hth_sync_read_text(reader, HTH_SYNC_PATH_MAX_BYTES);
    hth_sync_read_hash(reader, &self->old_hash);
    hth_sync_read_hash(reader, &self->new_hash);
    self->size = hth_wire_read_u64(reader);
    self->revision = hth_wire_read_u64(reader);
    self->recipe = hth_sync_read_bytes(reader, HTH_SYNC_RECIPE_MAX_BYTES);
    self->content = hth_sync_read_bytes(reader, HTH_SYNC_CONTENT_MAX_BYTES);
    if ((self->kind == HTH_SYNC_RETAG) != (self->recipe != NULL) && !reader->has_failed)
        reader->has_failed = TRUE;
}

/* ---- Results ---- */

void hth_sync_result_clear(HthSyncResult *self)
{
    g_clear_pointer(&self->sentence, g_free);
}

void hth_sync_write_result(GByteArray *to, const HthSyncResult *self)
{
    hth_wire_write_u64(to, self->sequence);
    hth_wire_write_u8(to, (guint8)self->status);
    hth_sync_write_hash(to, &self->hash);
    hth_wire_write_string(to, self->sentence);
}

void hth_sync_read_result(HthWireReader *reader, HthSyncResult *self)
{
    self->sequence = hth_wire_read_u64(reader);
    self->status = hth_sync_read_enum(reader, HTH_SYNC_N_STATUSES);
    hth_sync_read_hash(reader, &self->hash);
    self->sentence = hth_sync_read_optional_text(reader, HTH_SYNC_SENTENCE_MAX_BYTES);
}

/* ---- Plays ---- */

void hth_sync_play_clear(HthSyncPlay *self)
{
    g_clear_pointer(&self->text, g_free);
}

void hth_sync_write_play(GByteArray *to, const HthSyncPlay *self)
{
    hth_wire_write_u64(to, self->number);
    hth_wire_write_u64(to, self->stamp);
    hth_wire_write_u32(to, self->nonce);
    hth_wire_write_u8(to, (guint8)self->kind);
    hth_wire_write_u64(to, self->item);
    hth_wire_write_u64(to, self->list);
    hth_wire_write_u64(to, (guint64)self->value);
    hth_wire_write_string(to, self->text);
}

void hth_sync_read_play(HthWireReader *reader, HthSyncPlay *self)
{
    self->number = hth_wire_read_u64(reader);
    self->stamp = hth_wire_read_u64(reader);
    self->nonce = hth_wire_read_u32(reader);
    self->kind = hth_sync_read_enum(reader, HTH_SYNC_N_PLAY_KINDS);
    self->item = hth_wire_read_u64(reader);
    self->list = hth_wire_read_u64(reader);
    self->value = (gint64)hth_wire_read_u64(reader);
    self->text = hth_sync_read_optional_text(reader, HTH_SYNC_SENTENCE_MAX_BYTES);
}

/* ---- Arrays ---- */

static GArray *array_new(guint element_bytes, GDestroyNotify clear)
{
    GArray *array = g_array_new(FALSE, TRUE, element_bytes);
    g_array_set_clear_func(array, clear);
    return array;
}

GArray *hth_sync_operations_new(void)
{
    return array_new(sizeof(HthSyncOperation), (GDestroyNotify)hth_sync_operation_clear);
}

GArray *hth_sync_results_new(void)
{
    return array_new(sizeof(HthSyncResult), (GDestroyNotify)hth_sync_result_clear);
}

GArray *hth_sync_plays_new(void)
{
    return array_new(sizeof(HthSyncPlay), (GDestroyNotify)hth_sync_play_clear);
}
