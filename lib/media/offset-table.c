/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/offset-table.h"

/* One position of a table: big-endian, @width bytes. */
typedef gboolean (*OnEntry)(guint8 *at, guint width, gpointer data);

/* Calls @on_entry for each position. FALSE: the bytes are not such a table, or a call said so. */
typedef gboolean (*Walk)(guint8 *bytes, gsize size_bytes, OnEntry on_entry, gpointer data);

static gboolean walk_fixed(guint8 *bytes, gsize size_bytes, guint width, OnEntry on_entry,
                           gpointer data)
{
    if (size_bytes % width != 0)
        return FALSE;
    for (gsize i = 0; i < size_bytes; i += width) {
        if (!on_entry(bytes + i, width, data))
            return FALSE;
    }
    return TRUE;
}

static gboolean walk_u32(guint8 *bytes, gsize size_bytes, OnEntry on_entry, gpointer data)
{
    return walk_fixed(bytes, size_bytes, 4, on_entry, data);
}

static gboolean walk_u64(guint8 *bytes, gsize size_bytes, OnEntry on_entry, gpointer data)
{
    return walk_fixed(bytes, size_bytes, 8, on_entry, data);
}

/* The EBML element at *@position of @size_bytes: FALSE when it is not whole. *@position moves to its
 * body. Ids have at most 4 bytes here and sizes 8: RFC 8794. */
static gboolean enter_element(const guint8 *bytes, gsize size_bytes, gsize *position,
                              guint32 *out_id, gsize *out_body_bytes)
{
    guint64 values[2] = { 0 };
    for (guint i = 0; i < 2; i++) {
        if (*position >= size_bytes || bytes[*position] == 0)
            return FALSE;
        const guint n_bytes = 8 - (guint)g_bit_nth_msf(bytes[*position], -1);
        if (n_bytes > (i == 0 ? 4 : 8) || size_bytes - *position < n_bytes)
            return FALSE;
        values[i] = bytes[*position] & (i == 0 ? 0xff : 0xff >> n_bytes);
        for (guint k = 1; k < n_bytes; k++)
            values[i] = values[i] << 8 | bytes[*position + k];
        *position += n_bytes;
    }
    *out_id = (guint32)values[0];
    *out_body_bytes = (gsize)values[1];
    return values[1] <= size_bytes - *position;
}

/* CuePoints hold CueTrackPositions, which hold a CueClusterPosition (RFC 9559 5.1.5). */
static const guint32 cue_path[] = { 0xBB, 0xB7, 0xF1 };

static gboolean walk_cue_level(guint8 *bytes, gsize size_bytes, guint level, OnEntry on_entry,
                               gpointer data)
{
    guint32 id = 0;
    gsize body_bytes = 0;
    for (gsize at = 0; at < size_bytes; at += body_bytes) {
        if (!enter_element(bytes, size_bytes, &at, &id, &body_bytes))
            return FALSE;
        if (id != cue_path[level])
            continue;
        if (level + 1 < G_N_ELEMENTS(cue_path)) {
            if (!walk_cue_level(bytes + at, body_bytes, level + 1, on_entry, data))
                return FALSE;
        } else if (body_bytes > 8 || !on_entry(bytes + at, (guint)body_bytes, data))
            return FALSE;
    }
    return TRUE;
}

static gboolean walk_cues(guint8 *bytes, gsize size_bytes, OnEntry on_entry, gpointer data)
{
    return walk_cue_level(bytes, size_bytes, 0, on_entry, data);
}

static const Walk walks[HTH_N_OFFSETS_CODINGS] = {
    [HTH_OFFSETS_U32_BE] = walk_u32,
    [HTH_OFFSETS_U64_BE] = walk_u64,
    [HTH_OFFSETS_CUES] = walk_cues,
};

static guint64 get_entry(const guint8 *at, guint width)
{
    guint64 value = 0;
    for (guint i = 0; i < width; i++)
        value = value << 8 | at[i];
    return value;
}

static void put_entry(guint8 *at, guint width, guint64 value)
{
    for (guint i = width; i-- > 0; value >>= 8)
        at[i] = (guint8)value;
}

typedef struct {
    gboolean is_found;
    guint64 value;
} First;

static gboolean note_first(guint8 *at, guint width, gpointer data)
{
    First *first = data;
    if (!first->is_found)
        first->value = get_entry(at, width);
    first->is_found = TRUE;
    return TRUE;
}

gboolean hth_offset_table_first(HthOffsetsCoding coding, const guint8 *bytes, gsize size_bytes,
                                guint64 *out_first)
{
    First first = { 0 };
    if (!walks[coding]((guint8 *)bytes, size_bytes, note_first, &first) || !first.is_found)
        return FALSE;
    *out_first = first.value;
    return TRUE;
}

static gboolean add_checked(guint8 *at, guint width, gpointer data)
{
    const guint64 value = get_entry(at, width) + *(const guint64 *)data;
    put_entry(at, width, value);
    return get_entry(at, width) == value;
}

gboolean hth_offset_table_add(HthOffsetsCoding coding, guint8 *bytes, gsize size_bytes,
                              guint64 addend)
{
    return walks[coding](bytes, size_bytes, add_checked, &addend);
}

static gboolean take_off(guint8 *at, guint width, gpointer data)
{
    put_entry(at, width, get_entry(at, width) - *(const guint64 *)data);
    return TRUE;
}

gboolean hth_offset_table_digest(HthOffsetsCoding coding, const guint8 *bytes, gsize size_bytes,
                                 HthDigest *out_digest, guint64 *out_first)
{
    if (!hth_offset_table_first(coding, bytes, size_bytes, out_first))
        return FALSE;
    g_autofree guint8 *copy = g_memdup2(bytes, size_bytes);
    if (!walks[coding](copy, size_bytes, take_off, out_first))
        return FALSE;
    hth_digest_of(copy, size_bytes, out_digest);
    return TRUE;
}
