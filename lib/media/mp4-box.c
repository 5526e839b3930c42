/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Box headers and number tables of MP4 files. */
#include "media/mp4-box.h"

#include "base/error.h"

#include <string.h>

static guint64 big_endian(const guint8 *bytes, guint n_bytes)
{
    guint64 value = 0;
    for (guint i = 0; i < n_bytes; i++)
        value = value << 8 | bytes[i];
    return value;
}

gboolean hth_mp4_box_read(HthByteSource *source, guint64 offset, guint64 end, HthMp4Box *out_box,
                          GError **error)
{
    guint8 header[16];
    guint64 size = 0;
    *out_box = (HthMp4Box){ .offset = offset, .header_bytes = 8 };
    if (offset < end && end - offset >= 8) {
        if (!hth_byte_source_read(source, offset, header, 8, error))
            return FALSE;
        size = big_endian(header, 4);
        out_box->type = (guint32)big_endian(header + 4, 4);
        if (size == 0)
            size = end - offset;
        else if (size == 1 && end - offset >= 16) {
            if (!hth_byte_source_read(source, offset + 8, header + 8, 8, error))
                return FALSE;
            size = big_endian(header + 8, 8);
            out_box->header_bytes = 16;
        }
    }
    if (size < out_box->header_bytes || size > end - offset) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT, "no whole box at %" G_GUINT64_FORMAT,
                    offset);
        return FALSE;
    }
    out_box->end = offset + size;
    return TRUE;
}

gboolean hth_mp4_box_find(HthByteSource *source, guint64 offset, guint64 end, guint32 type,
                          HthMp4Box *out_box)
{
    for (HthMp4Box box; hth_mp4_box_read(source, offset, end, &box, NULL); offset = box.end) {
        if (box.type != type)
            continue;
        *out_box = box;
        return TRUE;
    }
    return FALSE;
}

void hth_mp4_table_init(HthMp4Table *self, HthByteSource *source, guint64 offset, guint64 end)
{
    self->source = source;
    self->position = offset;
    self->end = end;
    self->window_offset = 0;
    self->window_bytes = 0;
    self->has_failed = offset > end;
}

static gboolean load_window(HthMp4Table *self, guint n_bytes)
{
    if (self->has_failed || self->end - self->position < n_bytes)
        return FALSE;
    if (self->position >= self->window_offset &&
        self->position + n_bytes <= self->window_offset + self->window_bytes)
        return TRUE;
    self->window_offset = self->position;
    self->window_bytes = (guint32)MIN(sizeof self->window, self->end - self->position);
    if (hth_byte_source_read(self->source, self->position, self->window, self->window_bytes, NULL))
        return TRUE;
    self->window_bytes = 0;
    return FALSE;
}

guint64 hth_mp4_table_next(HthMp4Table *self, guint n_bytes)
{
    g_return_val_if_fail(n_bytes >= 1 && n_bytes <= 8, 0);

    if (!load_window(self, n_bytes)) {
        self->has_failed = TRUE;
        return 0;
    }
    const guint8 *at = self->window + (self->position - self->window_offset);
    self->position += n_bytes;
    return big_endian(at, n_bytes);
}

void hth_mp4_table_skip(HthMp4Table *self, guint64 n_bytes)
{
    if (self->has_failed || self->end - self->position < n_bytes)
        self->has_failed = TRUE;
    else
        self->position += n_bytes;
}
