/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/error.h"
#include "sync/message-body.h"
#include "sync/message-parts.h"
#include "sync/message.h"

#define MIN_HELD_BYTES 21
#define MIN_PART_BYTES 42

/* Room for the few fields around what a limit is about. */
#define AROUND_BYTES 8192

static gboolean open_fields(GBytes *body, gsize max_bytes, GBytes **out_fields,
                            HthWireReader *out_reader, GError **error)
{
    GBytes *fields = hth_sync_body_open(body, max_bytes, error);
    if (fields == NULL)
        return FALSE;
    *out_fields = fields;
    *out_reader = HTH_WIRE_READER(g_bytes_get_data(fields, NULL), g_bytes_get_size(fields));
    return TRUE;
}

/* ---- Manifest ---- */

static void held_clear(HthSyncHeld *self)
{
    g_free(self->path);
}

HthSyncManifestPage *hth_sync_manifest_page_new(void)
{
    HthSyncManifestPage *self = g_new0(HthSyncManifestPage, 1);
    self->held = g_array_new(FALSE, TRUE, sizeof(HthSyncHeld));
    g_array_set_clear_func(self->held, (GDestroyNotify)held_clear);
    return self;
}

void hth_sync_manifest_page_free(HthSyncManifestPage *self)
{
    if (self == NULL)
        return;
    g_array_unref(self->held);
    g_free(self);
}

GBytes *hth_sync_manifest_page_encode(const HthSyncManifestPage *self)
{
    GByteArray *to = g_byte_array_new();
    hth_sync_write_fixed(to, self->device_epoch, sizeof self->device_epoch);
    hth_wire_write_u32(to, self->page);
    hth_wire_write_u8(to, self->is_last != FALSE);
    hth_wire_write_u32(to, self->held->len);
    for (guint i = 0; i < self->held->len; i++) {
        const HthSyncHeld *held = &g_array_index(self->held, HthSyncHeld, i);
        hth_wire_write_u64(to, held->item);
        hth_wire_write_string(to, held->path);
        hth_sync_write_hash(to, &held->hash);
        hth_wire_write_u64(to, held->size);
    }
    return hth_sync_body_seal(to);
}

HthSyncManifestPage *hth_sync_manifest_page_decode(GBytes *body, GError **error)
{
    g_autoptr(GBytes) fields = NULL;
    HthWireReader reader;
    if (!open_fields(body, HTH_SYNC_BODY_MAX_BYTES, &fields, &reader, error))
        return NULL;
    g_autoptr(HthSyncManifestPage) self = hth_sync_manifest_page_new();
    hth_sync_read_fixed(&reader, self->device_epoch, sizeof self->device_epoch);
    self->page = hth_wire_read_u32(&reader);
    self->is_last = hth_sync_read_boolean(&reader);
    const guint count = hth_sync_read_count(&reader, HTH_SYNC_MAX_HELD, MIN_HELD_BYTES);
    g_array_set_size(self->held, count);
    for (guint i = 0; i < count; i++) {
        HthSyncHeld *held = &g_array_index(self->held, HthSyncHeld, i);
        held->item = hth_wire_read_u64(&reader);
        held->path = hth_sync_read_text(&reader, HTH_SYNC_PATH_MAX_BYTES);
        hth_sync_read_hash(&reader, &held->hash);
        held->size = hth_wire_read_u64(&reader);
        if (i > 0 && held[-1].item >= held->item)
            reader.has_failed = TRUE;
    }
    return hth_sync_read_done(&reader, "the page", error) ? g_steal_pointer(&self) : NULL;
}

/* ---- Layout ---- */

HthSyncLayout *hth_sync_layout_new(void)
{
    return g_new0(HthSyncLayout, 1);
}

void hth_sync_layout_free(HthSyncLayout *self)
{
    if (self == NULL)
        return;
    g_clear_pointer(&self->layout, g_bytes_unref);
    g_free(self);
}

GBytes *hth_sync_layout_encode(const HthSyncLayout *self)
{
    GByteArray *to = g_byte_array_new();
    hth_wire_write_u64(to, self->item);
    hth_sync_write_hash(to, &self->hash);
    hth_sync_write_bytes(to, self->layout);
    return hth_sync_body_seal(to);
}

HthSyncLayout *hth_sync_layout_decode(GBytes *body, GError **error)
{
    g_autoptr(GBytes) fields = NULL;
    HthWireReader reader;
    if (!open_fields(body, HTH_SYNC_LAYOUT_MAX_BYTES + AROUND_BYTES, &fields, &reader, error))
        return NULL;
    g_autoptr(HthSyncLayout) self = hth_sync_layout_new();
    self->item = hth_wire_read_u64(&reader);
    hth_sync_read_hash(&reader, &self->hash);
    self->layout = hth_sync_read_bytes(&reader, HTH_SYNC_LAYOUT_MAX_BYTES);
    if (self->layout == NULL)
        reader.has_failed = TRUE;
    return hth_sync_read_done(&reader, "the layout", error) ? g_steal_pointer(&self) : NULL;
}

/* ---- Data ---- */

HthSyncDataRequest *hth_sync_data_request_new(void)
{
    HthSyncDataRequest *self = g_new0(HthSyncDataRequest, 1);
    self->parts = g_array_new(FALSE, TRUE, sizeof(HthSyncPart));
    return self;
}

void hth_sync_data_request_free(HthSyncDataRequest *self)
{
    if (self == NULL)
        return;
    g_array_unref(self->parts);
    g_free(self);
}

GBytes *hth_sync_data_request_encode(const HthSyncDataRequest *self)
{
    GByteArray *to = g_byte_array_new();
    hth_sync_write_fixed(to, self->device_epoch, sizeof self->device_epoch);
    hth_wire_write_u32(to, self->parts->len);
    for (guint i = 0; i < self->parts->len; i++) {
        const HthSyncPart *part = &g_array_index(self->parts, HthSyncPart, i);
        hth_wire_write_u64(to, part->sequence);
        hth_wire_write_u64(to, part->item);
        hth_wire_write_u64(to, part->revision);
        hth_wire_write_u8(to, (guint8)part->kind);
        hth_wire_write_u64(to, part->offset);
        hth_wire_write_u64(to, part->length);
        hth_sync_write_hash(to, &part->hash);
    }
    return hth_sync_body_seal(to);
}

static void read_part(HthWireReader *reader, HthSyncPart *part)
{
    part->sequence = hth_wire_read_u64(reader);
    part->item = hth_wire_read_u64(reader);
    part->revision = hth_wire_read_u64(reader);
    part->kind = hth_sync_read_enum(reader, HTH_SYNC_N_PART_KINDS);
    part->offset = hth_wire_read_u64(reader);
    part->length = hth_wire_read_u64(reader);
    hth_sync_read_hash(reader, &part->hash);
    const gboolean has_hash = !hth_digest_is_zero(&part->hash);
    if ((part->kind == HTH_SYNC_PICTURE ? !has_hash : has_hash && part->offset == 0) ||
        part->offset > G_MAXINT64 || part->length > G_MAXINT64)
        reader->has_failed = TRUE;
}

HthSyncDataRequest *hth_sync_data_request_decode(GBytes *body, GError **error)
{
    g_autoptr(GBytes) fields = NULL;
    HthWireReader reader;
    if (!open_fields(body, HTH_SYNC_BODY_MAX_BYTES, &fields, &reader, error))
        return NULL;
    g_autoptr(HthSyncDataRequest) self = hth_sync_data_request_new();
    hth_sync_read_fixed(&reader, self->device_epoch, sizeof self->device_epoch);
    const guint count = hth_sync_read_count(&reader, HTH_SYNC_MAX_PARTS, MIN_PART_BYTES);
    g_array_set_size(self->parts, count);
    for (guint i = 0; i < count; i++)
        read_part(&reader, &g_array_index(self->parts, HthSyncPart, i));
    return hth_sync_read_done(&reader, "the list of parts", error) ? g_steal_pointer(&self) : NULL;
}

/* ---- Upload ---- */

HthSyncUpload *hth_sync_upload_new(void)
{
    return g_new0(HthSyncUpload, 1);
}

void hth_sync_upload_free(HthSyncUpload *self)
{
    if (self == NULL)
        return;
    g_free(self->name);
    g_clear_pointer(&self->slice, g_bytes_unref);
    g_free(self);
}

GBytes *hth_sync_upload_encode(const HthSyncUpload *self)
{
    GByteArray *to = g_byte_array_new();
    hth_sync_write_hash(to, &self->hash);
    hth_wire_write_u64(to, self->size);
    hth_wire_write_u64(to, (guint64)self->mtime_ms);
    hth_wire_write_string(to, self->name);
    hth_wire_write_u64(to, self->offset);
    hth_sync_write_bytes(to, self->slice);
    return hth_sync_body_seal(to);
}

HthSyncUpload *hth_sync_upload_decode(GBytes *body, GError **error)
{
    g_autoptr(GBytes) fields = NULL;
    HthWireReader reader;
    if (!open_fields(body, HTH_SYNC_UPLOAD_MAX_BYTES + AROUND_BYTES, &fields, &reader, error))
        return NULL;
    g_autoptr(HthSyncUpload) self = hth_sync_upload_new();
    hth_sync_read_hash(&reader, &self->hash);
    self->size = hth_wire_read_u64(&reader);
    self->mtime_ms = (gint64)hth_wire_read_u64(&reader);
    self->name = hth_sync_read_text(&reader, HTH_SYNC_PATH_MAX_BYTES);
    self->offset = hth_wire_read_u64(&reader);
    self->slice = hth_sync_read_bytes(&reader, HTH_SYNC_UPLOAD_MAX_BYTES);
    const gsize n_bytes = self->slice != NULL ? g_bytes_get_size(self->slice) : 0;
    if (self->slice == NULL || hth_digest_is_zero(&self->hash) || self->size > G_MAXINT64 ||
        self->offset > self->size || n_bytes > self->size - self->offset)
        reader.has_failed = TRUE;
    return hth_sync_read_done(&reader, "the upload", error) ? g_steal_pointer(&self) : NULL;
}

HthSyncUploadAnswer *hth_sync_upload_answer_new(void)
{
    return g_new0(HthSyncUploadAnswer, 1);
}

void hth_sync_upload_answer_free(HthSyncUploadAnswer *self)
{
    if (self == NULL)
        return;
    g_free(self->sentence);
    g_free(self);
}

GBytes *hth_sync_upload_answer_encode(const HthSyncUploadAnswer *self)
{
    GByteArray *to = g_byte_array_new();
    hth_wire_write_u8(to, (guint8)self->status);
    hth_wire_write_u64(to, self->have_bytes);
    hth_wire_write_u8(to, self->is_stored != FALSE);
    hth_wire_write_string(to, self->sentence);
    return hth_sync_body_seal(to);
}

HthSyncUploadAnswer *hth_sync_upload_answer_decode(GBytes *body, GError **error)
{
    g_autoptr(GBytes) fields = NULL;
    HthWireReader reader;
    if (!open_fields(body, AROUND_BYTES, &fields, &reader, error))
        return NULL;
    g_autoptr(HthSyncUploadAnswer) self = hth_sync_upload_answer_new();
    self->status = hth_sync_read_enum(&reader, HTH_SYNC_N_STATUSES);
    self->have_bytes = hth_wire_read_u64(&reader);
    self->is_stored = hth_sync_read_boolean(&reader);
    self->sentence = hth_sync_read_optional_text(&reader, HTH_SYNC_SENTENCE_MAX_BYTES);
    return hth_sync_read_done(&reader, "the answer", error) ? g_steal_pointer(&self) : NULL;
}
