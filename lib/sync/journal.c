/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/journal.h"

#include <string.h>

#include "base/crc32c.h"
#include "base/error.h"
#include "base/wire.h"
#include "sync/device-path.h"

#define MAGIC          0x314a4854u /* "THJ1" */
#define SLOT_BYTES     4096        /* in pages of their own: a torn write spoils one */
#define HEADER_BYTES   24
#define FIRST          (2 * SLOT_BYTES)
#define HEAD_BYTES     8
#define RESERVED_BYTES (64 * 1024)

struct HthJournal {
    const HthSyncEnv *env;
    HthSyncFile *file;
    guint64 generation;
    guint64 base;
    guint64 end;
    guint32 sum; /* of the last transaction */
};

typedef struct {
    guint64 generation;
    guint64 base;
} Header;

static gboolean read_header(HthJournal *self, guint slot, Header *out, GError **error)
{
    guint8 bytes[HEADER_BYTES];
    gsize n_read = 0;
    *out = (Header){ 0 };
    if (!self->env->funcs->read(self->env->data, self->file, (guint64)slot * SLOT_BYTES, bytes,
                                sizeof bytes, &n_read, error))
        return FALSE;
    HthWireReader reader = HTH_WIRE_READER(bytes, n_read);
    const guint32 magic = hth_wire_read_u32(&reader);
    const Header header = { hth_wire_read_u64(&reader), hth_wire_read_u64(&reader) };
    const guint32 sum = hth_wire_read_u32(&reader);
    if (!reader.has_failed && magic == MAGIC && sum == hth_crc32c(0, bytes, HEADER_BYTES - 4))
        *out = header;
    return TRUE;
}

static gboolean write_header(HthJournal *self, const Header *header, GError **error)
{
    g_autoptr(GByteArray) bytes = g_byte_array_new();
    hth_wire_write_u32(bytes, MAGIC);
    hth_wire_write_u64(bytes, header->generation);
    hth_wire_write_u64(bytes, header->base);
    hth_wire_write_u32(bytes, hth_crc32c(0, bytes->data, bytes->len));
    const guint64 at = (header->generation % 2) * SLOT_BYTES;
    return self->env->funcs->write(self->env->data, self->file, at, bytes->data, bytes->len,
                                   error) &&
           self->env->funcs->sync(self->env->data, self->file, error);
}

static guint32 transaction_sum(const HthJournal *self, gconstpointer payload, guint32 size)
{
    const guint64 generation = GUINT64_TO_LE(self->generation);
    const guint32 before = GUINT32_TO_LE(self->sum);
    const guint32 length = GUINT32_TO_LE(size);
    guint32 sum = hth_crc32c(0, &generation, sizeof generation);
    sum = hth_crc32c(sum, &before, sizeof before);
    sum = hth_crc32c(sum, &length, sizeof length);
    return hth_crc32c(sum, payload, size);
}

/* Reads the transaction at the end of what was read; *out_payload is NULL where the log ends. */
static gboolean read_one(HthJournal *self, guint8 **out_payload, guint32 *out_size, GError **error)
{
    const HthSyncEnvFuncs *funcs = self->env->funcs;
    guint8 head[HEAD_BYTES];
    gsize n_read = 0;
    *out_payload = NULL;
    if (!funcs->read(self->env->data, self->file, self->end, head, sizeof head, &n_read, error))
        return FALSE;
    HthWireReader reader = HTH_WIRE_READER(head, n_read);
    const guint32 size = hth_wire_read_u32(&reader);
    const guint32 sum = hth_wire_read_u32(&reader);
    if (reader.has_failed || size == 0 || size > HTH_JOURNAL_TRANSACTION_MAX_BYTES)
        return TRUE;
    g_autofree guint8 *payload = g_malloc(size);
    if (!funcs->read(self->env->data, self->file, self->end + HEAD_BYTES, payload, size, &n_read,
                     error))
        return FALSE;
    const gboolean is_whole = n_read == size && transaction_sum(self, payload, size) == sum;
    if (!is_whole &&
        !(n_read == size && hth_sync_env_has_fault(self->env, HTH_SYNC_FAULT_TORN_JOURNAL)))
        return TRUE;
    self->sum = sum;
    self->end += HEAD_BYTES + size;
    *out_size = size;
    *out_payload = g_steal_pointer(&payload);
    return TRUE;
}

static gboolean replay_all(HthJournal *self, HthJournalReplay replay, gpointer data, GError **error)
{
    for (;;) {
        g_autofree guint8 *payload = NULL;
        guint32 size = 0;
        if (!read_one(self, &payload, &size, error))
            return FALSE;
        if (payload == NULL)
            return TRUE;
        if (!replay(payload, size, data, error))
            return FALSE;
    }
}

/* Room in which a full card can still note that files were removed from it. */
static gboolean reserve(HthJournal *self, GError **error)
{
    g_autofree guint8 *zeros = g_malloc0(RESERVED_BYTES);
    return self->env->funcs->write(self->env->data, self->file, FIRST, zeros, RESERVED_BYTES,
                                   error) &&
           self->env->funcs->sync(self->env->data, self->file, error);
}

static gboolean read_headers(HthJournal *self, const char *path, GError **error)
{
    guint64 size = 0;
    Header a, b;
    if (!self->env->funcs->size(self->env->data, self->file, &size, error) ||
        !read_header(self, 0, &a, error) || !read_header(self, 1, &b, error))
        return FALSE;
    const Header *newer = a.generation > b.generation ? &a : &b;
    self->generation = newer->generation;
    self->base = newer->base;
    if (self->generation > 0)
        return TRUE;
    /* The first header was never synced, so nothing else was ever written. */
    if (size > FIRST) {
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_CORRUPT, "the journal has no header left");
        return FALSE;
    }
    const Header first = { .generation = 1 };
    self->generation = 1;
    g_autofree char *dir = hth_device_path_parent(path);
    return write_header(self, &first, error) && reserve(self, error) &&
           self->env->funcs->sync_dir(self->env->data, dir, error);
}

HthJournal *hth_journal_open(const HthSyncEnv *env, const char *path, guint64 *out_base,
                             HthJournalReplay replay, gpointer data, GError **error)
{
    g_autoptr(HthJournal) self = g_new0(HthJournal, 1);
    self->env = env;
    self->end = FIRST;
    self->file = env->funcs->open(env->data, path, HTH_SYNC_OPEN_KEEP, error);
    if (self->file == NULL || !read_headers(self, path, error))
        return NULL;
    *out_base = self->base;
    if (!replay_all(self, replay, data, error))
        return NULL;
    /* What was replayed may be in the cache alone: of a program that was killed, or whose sync
     * failed. Nobody may act on it before it is on the disk. */
    return hth_journal_sync(self, error) ? g_steal_pointer(&self) : NULL;
}

void hth_journal_free(HthJournal *self)
{
    if (self == NULL)
        return;
    self->env->funcs->close(self->env->data, self->file);
    g_free(self);
}

gboolean hth_journal_append(HthJournal *self, gconstpointer payload, gsize size, GError **error)
{
    g_return_val_if_fail(size > 0, FALSE);
    if (size > HTH_JOURNAL_TRANSACTION_MAX_BYTES) {
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_TOO_LARGE, "too much at once to note");
        return FALSE;
    }
    const guint32 sum = transaction_sum(self, payload, (guint32)size);
    g_autoptr(GByteArray) bytes = g_byte_array_sized_new((guint)(HEAD_BYTES + size));
    hth_wire_write_u32(bytes, (guint32)size);
    hth_wire_write_u32(bytes, sum);
    g_byte_array_append(bytes, payload, (guint)size);
    if (!self->env->funcs->write(self->env->data, self->file, self->end, bytes->data, bytes->len,
                                 error))
        return FALSE;
    self->end += bytes->len;
    self->sum = sum;
    return TRUE;
}

gboolean hth_journal_sync(HthJournal *self, GError **error)
{
    return self->env->funcs->sync(self->env->data, self->file, error);
}

gboolean hth_journal_restart(HthJournal *self, guint64 base, GError **error)
{
    const Header header = { .generation = self->generation + 1, .base = base };
    if (!write_header(self, &header, error))
        return FALSE;
    self->generation = header.generation;
    self->base = base;
    self->end = FIRST;
    self->sum = 0;
    return TRUE;
}

guint64 hth_journal_size(const HthJournal *self)
{
    return self->end - FIRST;
}
