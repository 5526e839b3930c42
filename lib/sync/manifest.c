/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/manifest.h"

#include <string.h>

#include "base/crc32c.h"
#include "base/error.h"
#include "base/wire.h"

#define MAGIC          0x314d4854u /* "THM1" */
#define VERSION        1
#define HEADER_BYTES   40
#define BLOB_MAX_BYTES (4 * 1024 * 1024)
#define BUFFER_BYTES   (32 * 1024)
#define MARK_EVERY     64
#define ENTRY_BYTES    (8 + 8 + HTH_DIGEST_BYTES + 4) /* and the path */

typedef struct {
    guint64 item;
    guint64 at;
} Mark;

struct HthManifest {
    const HthSyncEnv *env;
    HthSyncFile *file;
    guint64 n_entries;
    guint64 blob_at;
    GArray *marks; /* (element Mark) of entries 0, 64, 128 … */
};

static gboolean corrupt(GError **error)
{
    g_set_error_literal(error, HTH_ERROR, HTH_ERROR_CORRUPT, "the list of files is damaged");
    return FALSE;
}

void hth_sync_held_clear(HthSyncHeld *held)
{
    g_clear_pointer(&held->path, g_free);
}

/* ---- Reading ---- */

void hth_manifest_cursor_clear(HthManifestCursor *cursor)
{
    g_clear_pointer(&cursor->buffer, g_free);
}

/* Has @n bytes at the cursor in its buffer, or says that the file is cut short. */
static gboolean fill(HthManifest *self, HthManifestCursor *cursor, gsize n, GError **error)
{
    if (cursor->n_buffered - cursor->used >= n)
        return TRUE;
    if (cursor->buffer == NULL)
        cursor->buffer = g_malloc(BUFFER_BYTES);
    const gsize left = cursor->n_buffered - cursor->used;
    memmove(cursor->buffer, cursor->buffer + cursor->used, left);
    gsize n_read = 0;
    if (!self->env->funcs->read(self->env->data, self->file, cursor->at + left,
                                cursor->buffer + left, BUFFER_BYTES - left, &n_read, error))
        return FALSE;
    cursor->used = 0;
    cursor->n_buffered = left + n_read;
    return cursor->n_buffered >= n || corrupt(error);
}

gboolean hth_manifest_next(HthManifest *self, HthManifestCursor *cursor, gboolean *out_found,
                           HthSyncHeld *out, GError **error)
{
    *out_found = FALSE;
    if (cursor->at >= self->blob_at)
        return TRUE;
    if (!fill(self, cursor, ENTRY_BYTES, error))
        return FALSE;
    HthWireReader reader = HTH_WIRE_READER(cursor->buffer + cursor->used, ENTRY_BYTES);
    *out = (HthSyncHeld){ .item = hth_wire_read_u64(&reader), .size = hth_wire_read_u64(&reader) };
    memcpy(&out->hash, reader.bytes + reader.position, sizeof out->hash);
    reader.position += sizeof out->hash;
    const guint32 length = hth_wire_read_u32(&reader);
    if (length > HTH_SYNC_PATH_MAX_BYTES)
        return corrupt(error);
    if (!fill(self, cursor, ENTRY_BYTES + length, error))
        return FALSE;
    out->path = g_strndup((const char *)cursor->buffer + cursor->used + ENTRY_BYTES, length);
    cursor->used += ENTRY_BYTES + length;
    cursor->at += ENTRY_BYTES + length;
    *out_found = TRUE;
    return TRUE;
}

/* The last mark at or before @item; NULL: @item is before all. */
static const Mark *find_mark(const HthManifest *self, guint64 item)
{
    guint low = 0;
    guint high = self->marks->len;
    while (low < high) {
        const guint middle = low + (high - low) / 2;
        if (g_array_index(self->marks, Mark, middle).item <= item)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? &g_array_index(self->marks, Mark, low - 1) : NULL;
}

gboolean hth_manifest_seek(HthManifest *self, guint64 from, HthManifestCursor *out_cursor,
                           GError **error)
{
    const Mark *mark = find_mark(self, from);
    *out_cursor = (HthManifestCursor){ .at = mark != NULL ? mark->at : HEADER_BYTES };
    for (;;) {
        const guint64 at = out_cursor->at;
        gboolean is_found = FALSE;
        g_auto(HthSyncHeld) held = { 0 };
        if (!hth_manifest_next(self, out_cursor, &is_found, &held, error)) {
            hth_manifest_cursor_clear(out_cursor);
            return FALSE;
        }
        if (!is_found)
            return TRUE;
        if (held.item >= from) {
            /* An entry lies in one piece in the buffer: back to its beginning. */
            out_cursor->used -= (gsize)(out_cursor->at - at);
            out_cursor->at = at;
            return TRUE;
        }
    }
}

gboolean hth_manifest_find(HthManifest *self, guint64 item, gboolean *out_found, HthSyncHeld *out,
                           GError **error)
{
    g_auto(HthManifestCursor) cursor = { 0 };
    *out_found = FALSE;
    if (find_mark(self, item) == NULL)
        return TRUE;
    if (!hth_manifest_seek(self, item, &cursor, error) ||
        !hth_manifest_next(self, &cursor, out_found, out, error))
        return FALSE;
    if (*out_found && out->item != item) {
        hth_sync_held_clear(out);
        *out_found = FALSE;
    }
    return TRUE;
}

static gboolean read_header(HthManifest *self, guint64 *out_blob_size, guint32 *out_sum,
                            GError **error)
{
    guint8 bytes[HEADER_BYTES];
    gsize n_read = 0;
    if (!self->env->funcs->read(self->env->data, self->file, 0, bytes, sizeof bytes, &n_read,
                                error))
        return FALSE;
    HthWireReader reader = HTH_WIRE_READER(bytes, n_read);
    const guint32 magic = hth_wire_read_u32(&reader);
    const guint32 version = hth_wire_read_u32(&reader);
    self->n_entries = hth_wire_read_u64(&reader);
    self->blob_at = hth_wire_read_u64(&reader);
    *out_blob_size = hth_wire_read_u64(&reader);
    *out_sum = hth_wire_read_u32(&reader);
    const guint32 sum = hth_wire_read_u32(&reader);
    if (reader.has_failed || magic != MAGIC || sum != hth_crc32c(0, bytes, HEADER_BYTES - 4) ||
        *out_blob_size > BLOB_MAX_BYTES || self->blob_at < HEADER_BYTES)
        return corrupt(error);
    if (version == VERSION)
        return TRUE;
    g_set_error_literal(error, HTH_ERROR, HTH_ERROR_NEWER,
                        "the list of files was written by a newer version");
    return FALSE;
}

static gboolean check_sum(HthManifest *self, guint64 end, guint32 expected, GError **error)
{
    g_autofree guint8 *buffer = g_malloc(BUFFER_BYTES);
    guint32 sum = 0;
    for (guint64 at = HEADER_BYTES; at < end;) {
        gsize n_read = 0;
        const gsize wanted = (gsize)MIN(BUFFER_BYTES, end - at);
        if (!self->env->funcs->read(self->env->data, self->file, at, buffer, wanted, &n_read,
                                    error))
            return FALSE;
        if (n_read != wanted)
            return corrupt(error);
        sum = hth_crc32c(sum, buffer, n_read);
        at += n_read;
    }
    return sum == expected || corrupt(error);
}

static gboolean read_marks(HthManifest *self, GError **error)
{
    g_auto(HthManifestCursor) cursor = { .at = HEADER_BYTES };
    guint64 last = 0;
    for (guint64 i = 0;; i++) {
        const guint64 at = cursor.at;
        gboolean is_found = FALSE;
        g_auto(HthSyncHeld) held = { 0 };
        if (!hth_manifest_next(self, &cursor, &is_found, &held, error))
            return FALSE;
        if (!is_found)
            return i == self->n_entries || corrupt(error);
        if (i > 0 && held.item <= last)
            return corrupt(error);
        last = held.item;
        const Mark mark = { held.item, at };
        if (i % MARK_EVERY == 0)
            g_array_append_val(self->marks, mark);
    }
}

static gboolean read_blob(HthManifest *self, guint64 size, GBytes **out_blob, GError **error)
{
    g_autofree guint8 *bytes = g_malloc((gsize)size + 1);
    gsize n_read = 0;
    if (!self->env->funcs->read(self->env->data, self->file, self->blob_at, bytes, (gsize)size,
                                &n_read, error))
        return FALSE;
    if (n_read != size)
        return corrupt(error);
    *out_blob = g_bytes_new_take(g_steal_pointer(&bytes), (gsize)size);
    return TRUE;
}

HthManifest *hth_manifest_open(const HthSyncEnv *env, const char *path, GBytes **out_blob,
                               GError **error)
{
    g_autoptr(HthManifest) self = g_new0(HthManifest, 1);
    self->env = env;
    self->marks = g_array_new(FALSE, FALSE, sizeof(Mark));
    self->file = env->funcs->open(env->data, path, HTH_SYNC_OPEN_READ, error);
    guint64 blob_size = 0;
    guint32 sum = 0;
    if (self->file == NULL || !read_header(self, &blob_size, &sum, error) ||
        !check_sum(self, self->blob_at + blob_size, sum, error) || !read_marks(self, error) ||
        !read_blob(self, blob_size, out_blob, error))
        return NULL;
    return g_steal_pointer(&self);
}

void hth_manifest_free(HthManifest *self)
{
    if (self == NULL)
        return;
    self->env->funcs->close(self->env->data, self->file);
    g_array_unref(self->marks);
    g_free(self);
}

/* ---- Writing ---- */

typedef struct {
    const HthSyncEnv *env;
    HthSyncFile *file;
    GByteArray *buffer;
    guint64 at;
    guint32 sum;
} Writer;

static gboolean flush(Writer *self, GError **error)
{
    self->sum = hth_crc32c(self->sum, self->buffer->data, self->buffer->len);
    if (self->buffer->len > 0 &&
        !self->env->funcs->write(self->env->data, self->file, self->at, self->buffer->data,
                                 self->buffer->len, error))
        return FALSE;
    self->at += self->buffer->len;
    g_byte_array_set_size(self->buffer, 0);
    return TRUE;
}

static gboolean write_entries(Writer *self, HthManifestSource source, gpointer data,
                              guint64 *out_count, GError **error)
{
    for (*out_count = 0;; (*out_count)++) {
        gboolean is_found = FALSE;
        const HthSyncHeld *held = NULL;
        if (!source(data, &is_found, &held, error))
            return FALSE;
        if (!is_found)
            return flush(self, error);
        hth_wire_write_u64(self->buffer, held->item);
        hth_wire_write_u64(self->buffer, held->size);
        g_byte_array_append(self->buffer, held->hash.bytes, sizeof held->hash.bytes);
        hth_wire_write_string(self->buffer, held->path);
        if (self->buffer->len >= BUFFER_BYTES && !flush(self, error))
            return FALSE;
    }
}

static gboolean write_all(Writer *self, HthManifestSource source, gpointer data, GBytes *blob,
                          GError **error)
{
    guint64 count = 0;
    self->at = HEADER_BYTES;
    if (!write_entries(self, source, data, &count, error))
        return FALSE;
    const guint64 blob_at = self->at;
    g_byte_array_append(self->buffer, g_bytes_get_data(blob, NULL), (guint)g_bytes_get_size(blob));
    if (!flush(self, error))
        return FALSE;
    g_autoptr(GByteArray) header = g_byte_array_new();
    hth_wire_write_u32(header, MAGIC);
    hth_wire_write_u32(header, VERSION);
    hth_wire_write_u64(header, count);
    hth_wire_write_u64(header, blob_at);
    hth_wire_write_u64(header, g_bytes_get_size(blob));
    hth_wire_write_u32(header, self->sum);
    hth_wire_write_u32(header, hth_crc32c(0, header->data, header->len));
    return self->env->funcs->write(self->env->data, self->file, 0, header->data, header->len,
                                   error) &&
           self->env->funcs->sync(self->env->data, self->file, error);
}

gboolean hth_manifest_write(const HthSyncEnv *env, const char *path, HthManifestSource source,
                            gpointer data, GBytes *blob, GError **error)
{
    Writer writer = { .env = env };
    writer.file = env->funcs->open(env->data, path, HTH_SYNC_OPEN_CREATE, error);
    if (writer.file == NULL)
        return FALSE;
    writer.buffer = g_byte_array_new();
    const gboolean is_done = write_all(&writer, source, data, blob, error);
    g_byte_array_unref(writer.buffer);
    env->funcs->close(env->data, writer.file);
    return is_done;
}
