/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/data-stream.h"

#include <string.h>

#include "base/error.h"

void hth_sync_frame_head(guint32 length, guint8 out[HTH_SYNC_FRAME_HEAD_BYTES])
{
    const guint32 wire = GUINT32_TO_LE(length);
    memcpy(out, &wire, sizeof wire);
}

void hth_sync_part_end(HthSyncStatus status, guint32 sum, guint8 out[HTH_SYNC_PART_END_BYTES])
{
    hth_sync_frame_head(0, out);
    out[HTH_SYNC_FRAME_HEAD_BYTES] = (guint8)status;
    const guint32 wire = GUINT32_TO_LE(sum);
    memcpy(out + HTH_SYNC_FRAME_HEAD_BYTES + 1, &wire, sizeof wire);
}

static gboolean corrupt(GError **error, const char *message)
{
    g_set_error_literal(error, HTH_ERROR, HTH_ERROR_CORRUPT, message);
    return FALSE;
}

static guint32 head_length(const HthSyncDataParser *self)
{
    guint32 wire;
    memcpy(&wire, self->head, sizeof wire);
    return GUINT32_FROM_LE(wire);
}

/* How many bytes of head are needed before anything is known. */
static guint head_needed(const HthSyncDataParser *self)
{
    if (self->n_head < HTH_SYNC_FRAME_HEAD_BYTES || head_length(self) != 0)
        return HTH_SYNC_FRAME_HEAD_BYTES;
    return HTH_SYNC_PART_END_BYTES;
}

static gboolean end_part(HthSyncDataParser *self, GError **error)
{
    const guint8 status = self->head[HTH_SYNC_FRAME_HEAD_BYTES];
    if (status >= HTH_SYNC_N_STATUSES)
        return corrupt(error, "a part of the data ends with an unknown status");
    guint32 wire;
    memcpy(&wire, self->head + HTH_SYNC_FRAME_HEAD_BYTES + 1, sizeof wire);
    return self->funcs->end(self->index++, status, GUINT32_FROM_LE(wire), self->data, error);
}

static gboolean head_complete(HthSyncDataParser *self, GError **error)
{
    const guint32 length = head_length(self);
    if (length > HTH_SYNC_FRAME_MAX_BYTES)
        return corrupt(error, "a frame of the data is too long");
    self->n_head = 0;
    if (length == 0)
        return end_part(self, error);
    self->frame_left = length;
    return TRUE;
}

gboolean hth_sync_data_parser_feed(HthSyncDataParser *self, gconstpointer data, gsize size,
                                   GError **error)
{
    const guint8 *bytes = data;
    while (size > 0) {
        if (self->index >= self->n_parts)
            return corrupt(error, "more data came than was asked for");
        gsize taken;
        if (self->frame_left > 0) {
            taken = MIN(size, self->frame_left);
            self->frame_left -= (guint32)taken;
            if (!self->funcs->bytes(self->index, bytes, taken, self->data, error))
                return FALSE;
        } else {
            taken = MIN(size, head_needed(self) - self->n_head);
            memcpy(self->head + self->n_head, bytes, taken);
            self->n_head += (guint)taken;
            if (self->n_head == head_needed(self) && !head_complete(self, error))
                return FALSE;
        }
        bytes += taken;
        size -= taken;
    }
    return TRUE;
}

gboolean hth_sync_data_parser_is_done(const HthSyncDataParser *self)
{
    return self->index == self->n_parts;
}
