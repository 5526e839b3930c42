/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/wire.h"

#include <string.h>

/* The length that stands for a NULL string. */
#define LENGTH_OF_NULL G_MAXUINT32

static const guint8 *take(HthWireReader *self, gsize n_bytes)
{
    if (self->has_failed || n_bytes > self->size_bytes - self->position) {
        self->has_failed = TRUE;
        return NULL;
    }
    const guint8 *start = self->bytes + self->position;
    self->position += n_bytes;
    return start;
}

guint8 hth_wire_read_u8(HthWireReader *self)
{
    const guint8 *bytes = take(self, 1);
    return bytes != NULL ? bytes[0] : 0;
}

guint16 hth_wire_read_u16(HthWireReader *self)
{
    guint16 value = 0;
    const guint8 *bytes = take(self, sizeof value);
    if (bytes != NULL)
        memcpy(&value, bytes, sizeof value);
    return GUINT16_FROM_LE(value);
}

guint32 hth_wire_read_u32(HthWireReader *self)
{
    guint32 value = 0;
    const guint8 *bytes = take(self, sizeof value);
    if (bytes != NULL)
        memcpy(&value, bytes, sizeof value);
    return GUINT32_FROM_LE(value);
}

guint64 hth_wire_read_u64(HthWireReader *self)
{
    guint64 value = 0;
    const guint8 *bytes = take(self, sizeof value);
    if (bytes != NULL)
        memcpy(&value, bytes, sizeof value);
    return GUINT64_FROM_LE(value);
}

double hth_wire_read_double(HthWireReader *self)
{
    const guint64 bits = hth_wire_read_u64(self);
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

guint64 hth_wire_read_varint(HthWireReader *self)
{
    guint64 value = 0;
    for (guint shift = 0; shift < 64; shift += 7) {
        const guint8 byte = hth_wire_read_u8(self);
        if (shift == 63 && byte > 1)
            break;
        value |= (guint64)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return self->has_failed ? 0 : value;
    }
    self->has_failed = TRUE;
    return 0;
}

gint64 hth_wire_read_signed(HthWireReader *self)
{
    const guint64 folded = hth_wire_read_varint(self);
    return (gint64)(folded >> 1 ^ (0 - (folded & 1)));
}

const guint8 *hth_wire_read_bytes(HthWireReader *self, gsize n_bytes)
{
    return take(self, n_bytes);
}

const guint8 *hth_wire_read_blob(HthWireReader *self, gsize max_bytes, gsize *out_size)
{
    const guint32 size = hth_wire_read_u32(self);
    *out_size = 0;
    if (size > max_bytes) {
        self->has_failed = TRUE;
        return NULL;
    }
    const guint8 *bytes = take(self, size);
    if (bytes != NULL)
        *out_size = size;
    return bytes;
}

char *hth_wire_read_string(HthWireReader *self, gsize max_bytes)
{
    const guint32 size = hth_wire_read_u32(self);
    if (size == LENGTH_OF_NULL)
        return NULL;
    const guint8 *bytes = size <= max_bytes ? take(self, size) : NULL;
    if (bytes == NULL) {
        self->has_failed = TRUE;
        return g_strdup("");
    }
    g_autofree char *copy = g_strndup((const char *)bytes, size);
    return g_utf8_make_valid(copy, -1);
}

gboolean hth_wire_reader_is_done(const HthWireReader *self)
{
    return !self->has_failed && self->position == self->size_bytes;
}

void hth_wire_write_u8(GByteArray *to, guint8 value)
{
    g_byte_array_append(to, &value, 1);
}

void hth_wire_write_u16(GByteArray *to, guint16 value)
{
    const guint16 wire = GUINT16_TO_LE(value);
    g_byte_array_append(to, (const guint8 *)&wire, sizeof wire);
}

void hth_wire_write_u32(GByteArray *to, guint32 value)
{
    const guint32 wire = GUINT32_TO_LE(value);
    g_byte_array_append(to, (const guint8 *)&wire, sizeof wire);
}

void hth_wire_write_u64(GByteArray *to, guint64 value)
{
    const guint64 wire = GUINT64_TO_LE(value);
    g_byte_array_append(to, (const guint8 *)&wire, sizeof wire);
}

void hth_wire_write_double(GByteArray *to, double value)
{
    guint64 bits;
    memcpy(&bits, &value, sizeof bits);
    hth_wire_write_u64(to, bits);
}

void hth_wire_write_varint(GByteArray *to, guint64 value)
{
    guint8 bytes[10];
    guint n = 0;
    for (; value >= 0x80; value >>= 7)
        bytes[n++] = (guint8)(value | 0x80);
    bytes[n++] = (guint8)value;
    g_byte_array_append(to, bytes, n);
}

void hth_wire_write_signed(GByteArray *to, gint64 value)
{
    hth_wire_write_varint(to, (guint64)value << 1 ^ (0 - ((guint64)value >> 63)));
}

void hth_wire_write_blob(GByteArray *to, gconstpointer bytes, gsize size_bytes)
{
    g_return_if_fail(size_bytes < LENGTH_OF_NULL);
    hth_wire_write_u32(to, (guint32)size_bytes);
    if (size_bytes > 0)
        g_byte_array_append(to, bytes, (guint)size_bytes);
}

void hth_wire_write_string(GByteArray *to, const char *value)
{
    if (value == NULL)
        hth_wire_write_u32(to, LENGTH_OF_NULL);
    else
        hth_wire_write_blob(to, value, strlen(value));
}
