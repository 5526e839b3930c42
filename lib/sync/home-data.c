/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The stream of /sync/data: part after part out of the library's files, each compared with what it
 * was when the operation was planned, before its first byte and after its last. */
#define HTH_LOG_TOPIC "sync"
#include <string.h>

#include "base/crc32c.h"
#include "base/log.h"
#include "media/layout.h"
#include "sync/data-stream.h"
#include "sync/home-picture.h"
#include "sync/home-private.h"
#include "sync/sync-env.h"

/* One read of a file. */
#define READ_BYTES (256 * 1024)

typedef struct {
    HthSyncPart part;
    HthSyncOperationRow sent; /* the operation that it is for */
    gboolean is_gone;         /* the operation was withdrawn: the device will hear of another */
} Part;

struct HthSyncDataReader {
    HthSyncHome *home;
    GArray *parts; /* (element Part) */
    guint at;      /* the part under way */
    gboolean is_open;
    gpointer file;  /* of the library; NULL: the part comes from memory */
    GBytes *memory; /* a picture, or a playlist's content */
    guint64 offset; /* of the next byte in the file or in memory */
    guint64 end;    /* offset behind the last byte */
    HthSyncStatus status;
    guint32 sum;                          /* of the part's bytes so far */
    guint8 tail[HTH_SYNC_PART_END_BYTES]; /* of the part that has ended */
    guint tail_at, tail_size;             /* sent, and there */
};

static void part_clear(gpointer data)
{
    hth_sync_operation_row_clear(&((Part *)data)->sent);
}

/* ---- What may be fetched ---- */

static gboolean is_fetched(const HthSyncOperation *operation)
{
    return operation->kind == HTH_SYNC_PUT || operation->kind == HTH_SYNC_RETAG ||
           operation->kind == HTH_SYNC_PLAYLIST || operation->kind == HTH_SYNC_ART;
}

/* What was planned for the home's own network is not fetched over a thin path: the device asks, and
 * is told what comes there. */
static gboolean is_too_much(HthSyncAway away, const Part *part)
{
    if (part->is_gone || part->sent.operation.kind != HTH_SYNC_PUT)
        return FALSE;
    return away == HTH_SYNC_AWAY_NOTHING || away == HTH_SYNC_AWAY_METADATA ||
           (away == HTH_SYNC_AWAY_SMALLER && strcmp(part->sent.rendition, HTH_SYNC_ORIGINAL) == 0);
}

static HthSyncAway away_of(const HthSyncPeer *peer, const HthSyncDeviceRow *row)
{
    const gboolean is_relayed = g_atomic_int_get(&peer->is_relayed);
    const gboolean is_metered = (row->says & HTH_SYNC_SAYS_METERED) != 0;
    if (!is_relayed && !is_metered)
        return HTH_SYNC_AWAY_EVERYTHING;
    g_autoptr(HthSyncRule) rule = hth_sync_rule_parse(row->rule, NULL);
    return rule != NULL ? hth_sync_rule_away(rule, is_relayed, is_metered)
                        : HTH_SYNC_AWAY_EVERYTHING;
}

/* With the store's lock held. FALSE: it was never this device's to ask for. */
static gboolean admit(HthSyncStore *store, const HthSyncDeviceRow *row, const HthSyncPart *asked,
                      Part *out)
{
    out->part = *asked;
    if (!hth_sync_store_find_operation(store, row->id, asked->sequence, &out->sent)) {
        out->is_gone = TRUE;
        return asked->sequence > 0 && asked->sequence < row->next_sequence;
    }
    return out->sent.operation.item == asked->item && is_fetched(&out->sent.operation);
}

static gboolean admit_all(HthSyncDataReader *self, const char *device,
                          const HthSyncDataRequest *request)
{
    g_auto(HthSyncDeviceRow) row = { 0 };
    HthSyncStore *store = self->home->store;
    const HthSyncPeer *peer = hth_sync_home_peer(self->home, device);
    hth_sync_store_lock(store);
    gboolean is_good =
        hth_sync_store_device(store, device, &row) && (row.flags & HTH_SYNC_DEVICE_WIPE) == 0;
    const HthSyncAway away = away_of(peer, &row);
    for (guint i = 0; is_good && i < request->parts->len; i++) {
        Part part = { 0 };
        is_good = admit(store, &row, &g_array_index(request->parts, HthSyncPart, i), &part);
        /* As one that was withdrawn. */
        part.is_gone = is_good && (part.is_gone || is_too_much(away, &part));
        g_array_append_val(self->parts, part);
    }
    hth_sync_store_unlock(store);
    return is_good;
}

HthSyncDataReader *hth_sync_home_open_data(HthSyncHome *self, const char *device, GBytes *body,
                                           GError **error)
{
    g_autoptr(HthSyncDataRequest) request = hth_sync_data_request_decode(body, error);
    if (request == NULL)
        return NULL;
    g_autoptr(HthSyncDataReader) reader = g_new0(HthSyncDataReader, 1);
    reader->home = self;
    reader->parts = g_array_new(FALSE, FALSE, sizeof(Part));
    g_array_set_clear_func(reader->parts, part_clear);
    if (admit_all(reader, device, request))
        return g_steal_pointer(&reader);
    hth_log_warning("a device asked for what it was not told to fetch; device=%.8s", device);
    g_set_error(error, HTH_ERROR, HTH_ERROR_REFUSED,
                "this device was not told to fetch that: it may have what its own operations name");
    return NULL;
}

static void close_part(HthSyncDataReader *self)
{
    if (self->file != NULL)
        self->home->library->close(self->file);
    self->file = NULL;
    g_clear_pointer(&self->memory, g_bytes_unref);
}

void hth_sync_data_reader_free(HthSyncDataReader *self)
{
    if (self == NULL)
        return;
    close_part(self);
    g_array_unref(self->parts);
    g_free(self);
}

/* ---- A part ---- */

static gboolean is_unchanged(HthSyncDataReader *self, guint64 revision, gint64 *out_size)
{
    guint64 now;
    return self->home->library->stat(self->file, &now, out_size) &&
           (now == revision || (self->home->library->faults & HTH_SYNC_FAULT_REVISION_UNSEEN) != 0);
}

/* Opens the library's file, at the revision that the operation was planned for. */
static HthSyncStatus open_file(HthSyncDataReader *self, const Part *part, gint64 *out_size)
{
    const HthSyncLibrary *library = self->home->library;
    g_autoptr(GError) error = NULL;
    self->file = library->open(library->data, part->part.item, part->sent.rendition, &error);
    if (self->file == NULL) {
        hth_log_debug("a file cannot be sent: %s", error->message);
        /* A rendition that the cache dropped since is made again: planned anew, no failure. */
        if (g_error_matches(error, HTH_ERROR, HTH_ERROR_UNAVAILABLE) &&
            strcmp(part->sent.rendition, HTH_SYNC_ORIGINAL) != 0)
            return HTH_SYNC_CHANGED;
        return g_error_matches(error, HTH_ERROR, HTH_ERROR_NOT_FOUND) ? HTH_SYNC_GONE
                                                                      : HTH_SYNC_FAILED;
    }
    return part->part.revision == part->sent.operation.revision &&
                   is_unchanged(self, part->part.revision, out_size)
               ? HTH_SYNC_OK
               : HTH_SYNC_CHANGED;
}

static gssize read_library(guint64 offset, void *buffer, gsize size, gpointer data, GError **error)
{
    HthSyncDataReader *self = data;
    return self->home->library->read(self->file, (gint64)offset, buffer, size, error);
}

/* A picture that a recipe names, out of the new file. */
static HthSyncStatus open_picture(HthSyncDataReader *self, const Part *part)
{
    HthSyncStore *store = self->home->store;
    gint64 size;
    const HthSyncStatus status = open_file(self, part, &size);
    if (status != HTH_SYNC_OK)
        return status;
    hth_sync_store_lock(store);
    g_autoptr(GBytes) encoded = hth_sync_store_layout(store, &part->sent.operation.new_hash);
    hth_sync_store_unlock(store);
    g_autoptr(GError) error = NULL;
    g_autoptr(HthLayout) layout = encoded != NULL ? hth_layout_decode(encoded, &error) : NULL;
    GBytes *picture =
        layout != NULL ? hth_home_picture_read(layout, &part->part.hash, read_library, self, &error)
                       : NULL;
    const gboolean is_same = is_unchanged(self, part->part.revision, &size);
    close_part(self);
    self->memory = picture;
    if (picture == NULL)
        return is_same ? HTH_SYNC_FAILED : HTH_SYNC_CHANGED;
    self->end = g_bytes_get_size(picture);
    return HTH_SYNC_OK;
}

/* Whether the bytes before @part are those that the device has of them. */
static gboolean is_continued(HthSyncDataReader *self, const HthSyncPart *part)
{
    if (self->file == NULL || hth_digest_is_zero(&part->hash))
        return TRUE;
    g_autoptr(HthDigester) digester = hth_digester_new();
    g_autofree guint8 *buffer = g_malloc(READ_BYTES);
    for (guint64 at = 0; at < part->offset;) {
        const gssize n =
            read_library(at, buffer, (gsize)MIN(part->offset - at, READ_BYTES), self, NULL);
        if (n <= 0)
            return FALSE;
        hth_digester_add(digester, buffer, (gsize)n);
        at += (guint64)n;
    }
    HthDigest digest;
    hth_digester_finish(digester, &digest);
    return hth_digest_equal(&digest, &part->hash);
}

static HthSyncStatus open_range(HthSyncDataReader *self, const Part *part)
{
    gint64 size = 0;
    HthSyncStatus status = HTH_SYNC_OK;
    if (part->sent.operation.content != NULL) {
        self->memory = g_bytes_ref(part->sent.operation.content);
        size = (gint64)g_bytes_get_size(self->memory);
    } else {
        status = open_file(self, part, &size);
    }
    if (status != HTH_SYNC_OK)
        return status;
    const guint64 whole = (guint64)size;
    self->offset = MIN(part->part.offset, whole);
    const guint64 left = whole - self->offset;
    self->end = self->offset + (part->part.length > 0 ? MIN(part->part.length, left) : left);
    if (part->part.offset > whole || part->part.length > left)
        return HTH_SYNC_CHANGED;
    return is_continued(self, &part->part) ? HTH_SYNC_OK : HTH_SYNC_CHANGED;
}

static void open_part(HthSyncDataReader *self)
{
    const Part *part = &g_array_index(self->parts, Part, self->at);
    self->is_open = TRUE;
    self->sum = 0;
    self->offset = 0;
    self->end = 0;
    if (part->is_gone)
        self->status = HTH_SYNC_CHANGED;
    else if (part->part.kind == HTH_SYNC_PICTURE)
        self->status = open_picture(self, part);
    else
        self->status = open_range(self, part);
    if (self->status != HTH_SYNC_OK)
        self->end = self->offset;
}

static void end_part(HthSyncDataReader *self)
{
    const Part *part = &g_array_index(self->parts, Part, self->at);
    gint64 size;
    if (self->file != NULL && self->status == HTH_SYNC_OK &&
        !is_unchanged(self, part->part.revision, &size))
        self->status = HTH_SYNC_CHANGED;
    hth_sync_part_end(self->status, self->sum, self->tail);
    self->tail_at = 0;
    self->tail_size = sizeof self->tail;
    close_part(self);
    self->is_open = FALSE;
    self->at++;
}

/* Bytes of the part into @buffer; 0: none are left, or it failed. */
static gsize read_part(HthSyncDataReader *self, guint8 *buffer, gsize max)
{
    const guint64 left = self->end - self->offset;
    gsize n = (gsize)MIN(left, (guint64)MIN(max, (gsize)READ_BYTES));
    if (n == 0)
        return 0;
    if (self->memory != NULL) {
        memcpy(buffer, (const guint8 *)g_bytes_get_data(self->memory, NULL) + self->offset, n);
    } else {
        g_autoptr(GError) error = NULL;
        const gssize got = read_library(self->offset, buffer, n, self, &error);
        if (got <= 0) { /* shorter than it was, or unreadable */
            self->status = got == 0 ? HTH_SYNC_CHANGED : HTH_SYNC_FAILED;
            self->end = self->offset;
            return 0;
        }
        n = (gsize)got;
    }
    self->sum = hth_crc32c(self->sum, buffer, n);
    self->offset += n;
    return n;
}

/* What is left of a part's end. */
static gsize send_tail(HthSyncDataReader *self, guint8 *buffer, gsize max)
{
    const gsize n = MIN(max, (gsize)(self->tail_size - self->tail_at));
    memcpy(buffer, self->tail + self->tail_at, n);
    self->tail_at += (guint)n;
    return n;
}

gsize hth_sync_data_reader_read(HthSyncDataReader *self, guint8 *buffer, gsize max)
{
    gsize used = 0;
    while (used < max) {
        if (self->tail_at < self->tail_size) {
            used += send_tail(self, buffer + used, max - used);
            continue;
        }
        if (self->at == self->parts->len)
            break;
        if (!self->is_open)
            open_part(self);
        if (self->offset == self->end) {
            end_part(self);
            continue;
        }
        if (max - used <= HTH_SYNC_FRAME_HEAD_BYTES)
            break; /* no room for a frame: the caller comes again with an empty buffer */
        const gsize n = read_part(self, buffer + used + HTH_SYNC_FRAME_HEAD_BYTES,
                                  max - used - HTH_SYNC_FRAME_HEAD_BYTES);
        if (n > 0) {
            hth_sync_frame_head((guint32)n, buffer + used);
            used += HTH_SYNC_FRAME_HEAD_BYTES + n;
        }
    }
    return used;
}
