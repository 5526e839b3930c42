/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/message.h"

#include <string.h>

#include "base/error.h"
#include "sync/message-body.h"
#include "sync/message-parts.h"

/* The fewest bytes that one of a list takes: a count that cannot be is refused before memory is. */
#define MIN_OPERATION_BYTES 40
#define MIN_RESULT_BYTES    14
#define MIN_PLAY_BYTES      49

static void write_u64s(GByteArray *to, const GArray *values)
{
    hth_wire_write_u32(to, values->len);
    for (guint i = 0; i < values->len; i++)
        hth_wire_write_u64(to, g_array_index(values, guint64, i));
}

static void read_u64s(HthWireReader *reader, guint max, GArray *out)
{
    const guint count = hth_sync_read_count(reader, max, sizeof(guint64));
    for (guint i = 0; i < count; i++) {
        const guint64 value = hth_wire_read_u64(reader);
        g_array_append_val(out, value);
    }
}

static void write_plays(GByteArray *to, const GArray *plays)
{
    hth_wire_write_u32(to, plays->len);
    for (guint i = 0; i < plays->len; i++)
        hth_sync_write_play(to, &g_array_index(plays, HthSyncPlay, i));
}

static void read_plays(HthWireReader *reader, GArray *out)
{
    const guint count = hth_sync_read_count(reader, HTH_SYNC_MAX_PLAYS, MIN_PLAY_BYTES);
    g_array_set_size(out, count);
    for (guint i = 0; i < count; i++)
        hth_sync_read_play(reader, &g_array_index(out, HthSyncPlay, i));
}

static gboolean read_version(HthWireReader *reader, GError **error)
{
    const guint16 version = hth_wire_read_u16(reader);
    if (version == HTH_SYNC_VERSION)
        return TRUE;
    g_set_error(error, HTH_ERROR, reader->has_failed ? HTH_ERROR_CORRUPT : HTH_ERROR_NEWER,
                "the other side speaks version %u of the conversation, this one %d", version,
                HTH_SYNC_VERSION);
    return FALSE;
}

/* ---- Request ---- */

HthSyncRequest *hth_sync_request_new(void)
{
    HthSyncRequest *self = g_new0(HthSyncRequest, 1);
    self->results = hth_sync_results_new();
    self->absent = g_array_new(FALSE, FALSE, sizeof(guint64));
    self->plays = hth_sync_plays_new();
    return self;
}

void hth_sync_request_free(HthSyncRequest *self)
{
    if (self == NULL)
        return;
    g_array_unref(self->results);
    g_array_unref(self->absent);
    g_array_unref(self->plays);
    g_free(self);
}

GBytes *hth_sync_request_encode(const HthSyncRequest *self)
{
    GByteArray *to = g_byte_array_new();
    hth_wire_write_u16(to, HTH_SYNC_VERSION);
    hth_sync_write_fixed(to, self->device_epoch, sizeof self->device_epoch);
    hth_sync_write_fixed(to, self->home_epoch, sizeof self->home_epoch);
    hth_wire_write_u64(to, self->sequence);
    hth_wire_write_u64(to, self->n_files);
    hth_sync_write_hash(to, &self->set_digest);
    hth_wire_write_u64(to, self->free_bytes);
    hth_wire_write_u64(to, self->byte_budget);
    hth_wire_write_u64(to, self->plays_seen);
    hth_wire_write_u32(to, self->says);
    hth_wire_write_u32(to, self->n_held_back);
    hth_wire_write_u32(to, self->max_operations);
    hth_wire_write_u32(to, self->results->len);
    for (guint i = 0; i < self->results->len; i++)
        hth_sync_write_result(to, &g_array_index(self->results, HthSyncResult, i));
    write_u64s(to, self->absent);
    write_plays(to, self->plays);
    if ((self->says & HTH_SYNC_SAYS_AWAY) != 0) {
        hth_wire_write_u32(to, self->away_revision);
        hth_wire_write_u16(to, self->play_port);
    }
    return hth_sync_body_seal(to);
}

static void read_request(HthWireReader *reader, HthSyncRequest *self)
{
    hth_sync_read_fixed(reader, self->device_epoch, sizeof self->device_epoch);
    hth_sync_read_fixed(reader, self->home_epoch, sizeof self->home_epoch);
    self->sequence = hth_wire_read_u64(reader);
    self->n_files = hth_wire_read_u64(reader);
    hth_sync_read_hash(reader, &self->set_digest);
    self->free_bytes = hth_wire_read_u64(reader);
    self->byte_budget = hth_wire_read_u64(reader);
    self->plays_seen = hth_wire_read_u64(reader);
    self->says = hth_wire_read_u32(reader);
    self->n_held_back = hth_wire_read_u32(reader);
    self->max_operations = hth_wire_read_u32(reader);
    const guint n_results = hth_sync_read_count(reader, HTH_SYNC_MAX_RESULTS, MIN_RESULT_BYTES);
    g_array_set_size(self->results, n_results);
    for (guint i = 0; i < n_results; i++)
        hth_sync_read_result(reader, &g_array_index(self->results, HthSyncResult, i));
    read_u64s(reader, HTH_SYNC_MAX_ABSENT, self->absent);
    read_plays(reader, self->plays);
    if ((self->says & HTH_SYNC_SAYS_AWAY) != 0) {
        self->away_revision = hth_wire_read_u32(reader);
        self->play_port = hth_wire_read_u16(reader);
    }
}

HthSyncRequest *hth_sync_request_decode(GBytes *body, GError **error)
{
    g_autoptr(GBytes) fields = hth_sync_body_open(body, HTH_SYNC_BODY_MAX_BYTES, error);
    if (fields == NULL)
        return NULL;
    HthWireReader reader =
        HTH_WIRE_READER(g_bytes_get_data(fields, NULL), g_bytes_get_size(fields));
    if (!read_version(&reader, error))
        return NULL;
    g_autoptr(HthSyncRequest) self = hth_sync_request_new();
    read_request(&reader, self);
    return hth_sync_read_done(&reader, "the request", error) ? g_steal_pointer(&self) : NULL;
}

/* ---- Answer ---- */

HthSyncAnswer *hth_sync_answer_new(void)
{
    HthSyncAnswer *self = g_new0(HthSyncAnswer, 1);
    self->layout_items = g_array_new(FALSE, FALSE, sizeof(guint64));
    self->operations = hth_sync_operations_new();
    self->plays = hth_sync_plays_new();
    return self;
}

void hth_sync_answer_free(HthSyncAnswer *self)
{
    if (self == NULL)
        return;
    g_array_unref(self->layout_items);
    g_array_unref(self->operations);
    g_array_unref(self->plays);
    g_free(self);
}

GBytes *hth_sync_answer_encode(const HthSyncAnswer *self)
{
    GByteArray *to = g_byte_array_new();
    hth_wire_write_u16(to, HTH_SYNC_VERSION);
    hth_sync_write_fixed(to, self->home_epoch, sizeof self->home_epoch);
    hth_wire_write_u64(to, self->confirmed_sequence);
    hth_wire_write_u64(to, self->confirmed_play);
    hth_wire_write_u64(to, self->confirmed_absent);
    hth_wire_write_u64(to, self->rest_operations);
    hth_wire_write_u64(to, self->rest_files);
    hth_wire_write_u64(to, self->rest_bytes);
    hth_wire_write_u64(to, self->plays_until);
    hth_wire_write_u32(to, self->demands);
    write_u64s(to, self->layout_items);
    hth_wire_write_u32(to, self->operations->len);
    for (guint i = 0; i < self->operations->len; i++)
        hth_sync_write_operation(to, &g_array_index(self->operations, HthSyncOperation, i));
    write_plays(to, self->plays);
    return hth_sync_body_seal(to);
}

static void read_answer(HthWireReader *reader, HthSyncAnswer *self)
{
    hth_sync_read_fixed(reader, self->home_epoch, sizeof self->home_epoch);
    self->confirmed_sequence = hth_wire_read_u64(reader);
    self->confirmed_play = hth_wire_read_u64(reader);
    self->confirmed_absent = hth_wire_read_u64(reader);
    self->rest_operations = hth_wire_read_u64(reader);
    self->rest_files = hth_wire_read_u64(reader);
    self->rest_bytes = hth_wire_read_u64(reader);
    self->plays_until = hth_wire_read_u64(reader);
    self->demands = hth_wire_read_u32(reader);
    read_u64s(reader, HTH_SYNC_MAX_LAYOUT_ITEMS, self->layout_items);
    const guint count = hth_sync_read_count(reader, HTH_SYNC_MAX_OPERATIONS, MIN_OPERATION_BYTES);
    g_array_set_size(self->operations, count);
    for (guint i = 0; i < count; i++)
        hth_sync_read_operation(reader, &g_array_index(self->operations, HthSyncOperation, i));
    read_plays(reader, self->plays);
}

HthSyncAnswer *hth_sync_answer_decode(GBytes *body, GError **error)
{
    g_autoptr(GBytes) fields = hth_sync_body_open(body, HTH_SYNC_BODY_MAX_BYTES, error);
    if (fields == NULL)
        return NULL;
    HthWireReader reader =
        HTH_WIRE_READER(g_bytes_get_data(fields, NULL), g_bytes_get_size(fields));
    if (!read_version(&reader, error))
        return NULL;
    g_autoptr(HthSyncAnswer) self = hth_sync_answer_new();
    read_answer(&reader, self);
    return hth_sync_read_done(&reader, "the answer", error) ? g_steal_pointer(&self) : NULL;
}
