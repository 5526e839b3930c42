/* SPDX-License-Identifier: GPL-3.0-or-later */
/* EBML headers and the lacing of Matroska blocks. */
#include "media/matroska-element.h"

#include <string.h>

/* Children of one element that are looked at when one is searched: more is no real file. */
#define CHILDREN_MAX 4096

/* Ids and sizes of sizes: RFC 8794 allows ids of 4 bytes and sizes of 8. */
#define ID_BYTES_MAX   4
#define SIZE_BYTES_MAX 8

#define NO_NUMBER G_MAXUINT64

/* Of tracks, RFC 9559 5.1.4.1.3. */
#define TYPE_VIDEO    1
#define TYPE_AUDIO    2
#define TYPE_SUBTITLE 0x11

void hth_matroska_window_init(HthMatroskaWindow *self, HthByteSource *source)
{
    self->source = source;
    self->offset = 0;
    self->n_bytes = 0;
}

/* @n bytes at @offset; NULL: there are fewer before @end. */
static const guint8 *look(HthMatroskaWindow *self, guint64 offset, guint64 end, guint32 n)
{
    if (offset > end || end - offset < n)
        return NULL;
    if (offset < self->offset || offset + n > self->offset + self->n_bytes) {
        self->offset = offset;
        self->n_bytes =
            (guint32)hth_byte_source_peek(self->source, offset, self->bytes, sizeof self->bytes);
        if (self->n_bytes < n)
            return NULL;
    }
    return self->bytes + (offset - self->offset);
}

/* The variable-length number at *@offset, which moves behind it; NO_NUMBER when there is none.
 * @out_bits: how many bits it has room for; 0 keeps the length marker (ids). */
static guint64 read_vint(HthMatroskaWindow *self, guint64 *offset, guint64 end, guint max_bytes,
                         guint *out_bits)
{
    const guint8 *bytes = look(self, *offset, end, 1);
    if (bytes == NULL || bytes[0] == 0)
        return NO_NUMBER;
    const guint n_bytes = 8 - (guint)g_bit_nth_msf(bytes[0], -1);
    if (n_bytes > max_bytes)
        return NO_NUMBER;
    bytes = look(self, *offset, end, n_bytes);
    if (bytes == NULL)
        return NO_NUMBER;
    guint64 value = bytes[0];
    for (guint i = 1; i < n_bytes; i++)
        value = value << 8 | bytes[i];
    *offset += n_bytes;
    if (out_bits == NULL)
        return value;
    *out_bits = 7 * n_bytes;
    return value & ((G_GUINT64_CONSTANT(1) << *out_bits) - 1);
}

gboolean hth_matroska_element_read(HthMatroskaWindow *window, guint64 offset, guint64 end,
                                   HthMatroskaElement *out_element)
{
    guint64 at = offset;
    guint bits = 0;
    const guint64 id = read_vint(window, &at, end, ID_BYTES_MAX, NULL);
    if (id == NO_NUMBER)
        return FALSE;
    const guint64 size = read_vint(window, &at, end, SIZE_BYTES_MAX, &bits);
    if (size == NO_NUMBER)
        return FALSE;
    const gboolean is_unknown = size == (G_GUINT64_CONSTANT(1) << bits) - 1;
    if (!is_unknown && size > end - at)
        return FALSE;
    *out_element = (HthMatroskaElement){ .id = (guint32)id,
                                         .header_bytes = (guint8)(at - offset),
                                         .has_unknown_size = is_unknown,
                                         .offset = offset,
                                         .end = is_unknown ? end : at + size };
    return TRUE;
}

gboolean hth_matroska_element_find(HthMatroskaWindow *window, guint64 offset, guint64 end,
                                   guint32 id, HthMatroskaElement *out_element)
{
    HthMatroskaElement child;
    for (guint i = 0; i < CHILDREN_MAX; i++, offset = child.end) {
        if (!hth_matroska_element_read(window, offset, end, &child))
            return FALSE;
        if (child.id == id) {
            *out_element = child;
            return TRUE;
        }
    }
    return FALSE;
}

guint64 hth_matroska_element_number(HthMatroskaWindow *window, const HthMatroskaElement *element)
{
    const guint64 body = hth_matroska_body(element);
    const guint64 n_bytes = element->end - body;
    const guint8 *bytes = n_bytes > 8 ? NULL : look(window, body, element->end, (guint32)n_bytes);
    guint64 value = 0;
    for (guint i = 0; bytes != NULL && i < n_bytes; i++)
        value = value << 8 | bytes[i];
    return value;
}

void hth_matroska_element_text(HthMatroskaWindow *window, const HthMatroskaElement *element,
                               char *buffer, gsize n)
{
    const guint64 body = hth_matroska_body(element);
    const guint32 n_bytes = (guint32)MIN(n, element->end - body);
    const guint8 *bytes = look(window, body, element->end, n_bytes);
    memset(buffer, 0, n);
    if (bytes != NULL)
        memcpy(buffer, bytes, n_bytes);
}

gboolean hth_matroska_is_top_level(guint32 id)
{
    switch (id) {
    case HTH_MATROSKA_SEEK_HEAD:
    case HTH_MATROSKA_INFO:
    case HTH_MATROSKA_TRACKS:
    case HTH_MATROSKA_TAGS:
    case HTH_MATROSKA_CHAPTERS:
    case HTH_MATROSKA_ATTACHMENTS:
    case HTH_MATROSKA_CUES:
    case HTH_MATROSKA_CLUSTER:
    case HTH_MATROSKA_SEGMENT: /* the next one of a file with several */
    case HTH_EBML_HEADER:
        return TRUE;
    default:
        return FALSE;
    }
}

static guint64 child_number(HthMatroskaWindow *window, const HthMatroskaElement *entry, guint32 id)
{
    HthMatroskaElement child;
    if (!hth_matroska_element_find(window, hth_matroska_body(entry), entry->end, id, &child))
        return 0;
    return hth_matroska_element_number(window, &child);
}

gboolean hth_matroska_track_is_essence(HthMatroskaWindow *window, const HthMatroskaElement *entry,
                                       guint64 *out_number)
{
    const guint64 type = child_number(window, entry, HTH_MATROSKA_TRACK_TYPE);
    *out_number = child_number(window, entry, HTH_MATROSKA_TRACK_NUMBER);
    return type == TYPE_VIDEO || type == TYPE_AUDIO || type == TYPE_SUBTITLE;
}

static gboolean read_xiph_lace(HthMatroskaWindow *window, guint64 *at, guint64 end,
                               HthMatroskaBlock *block)
{
    for (guint i = 0; i + 1 < block->n_frames; i++) {
        block->sizes[i] = 0;
        const guint8 *byte;
        do {
            byte = look(window, *at, end, 1);
            if (byte == NULL || block->sizes[i] > G_MAXINT32)
                return FALSE;
            block->sizes[i] += *byte;
            ++*at;
        } while (*byte == 255);
    }
    return TRUE;
}

/* The first length as it is, the others as signed differences from the one before. */
static gboolean read_ebml_lace(HthMatroskaWindow *window, guint64 *at, guint64 end,
                               HthMatroskaBlock *block)
{
    gint64 size = 0;
    for (guint i = 0; i + 1 < block->n_frames; i++) {
        guint bits = 0;
        const guint64 value = read_vint(window, at, end, 4, &bits);
        if (value == NO_NUMBER)
            return FALSE;
        size = i == 0 ? (gint64)value : size + (gint64)value - (((gint64)1 << (bits - 1)) - 1);
        if (size < 0 || size > G_MAXINT32)
            return FALSE;
        block->sizes[i] = (guint32)size;
    }
    return TRUE;
}

static gboolean read_fixed_lace(guint64 at, guint64 end, HthMatroskaBlock *block)
{
    const guint64 size = (end - at) / block->n_frames;
    for (guint i = 0; i + 1 < block->n_frames; i++)
        block->sizes[i] = (guint32)size;
    return size <= G_MAXINT32 && size * block->n_frames == end - at;
}

/* Fills in the last frame's length, which no lace tells: what is left. */
static gboolean close_lace(guint64 at, guint64 end, HthMatroskaBlock *block)
{
    guint64 total = 0;
    for (guint i = 0; i + 1 < block->n_frames; i++)
        total += block->sizes[i];
    if (total > end - at || end - at - total > G_MAXINT32)
        return FALSE;
    block->sizes[block->n_frames - 1] = (guint32)(end - at - total);
    block->offset = at;
    return TRUE;
}

gboolean hth_matroska_block_read(HthMatroskaWindow *window, const HthMatroskaElement *element,
                                 HthMatroskaBlock *out_block)
{
    guint bits = 0;
    guint64 at = hth_matroska_body(element);
    out_block->n_frames = 1;
    out_block->track = read_vint(window, &at, element->end, SIZE_BYTES_MAX, &bits);
    const guint8 *rest = look(window, at, element->end, 3); /* timestamp, flags */
    if (out_block->track == NO_NUMBER || rest == NULL)
        return FALSE;
    const guint lacing = rest[2] >> 1 & 3;
    at += 3;
    if (lacing != 0) {
        const guint8 *count = look(window, at, element->end, 1);
        if (count == NULL)
            return FALSE;
        out_block->n_frames = *count + 1U;
        at++;
    }
    if ((lacing == 1 && !read_xiph_lace(window, &at, element->end, out_block)) ||
        (lacing == 3 && !read_ebml_lace(window, &at, element->end, out_block)) ||
        (lacing == 2 && !read_fixed_lace(at, element->end, out_block)))
        return FALSE;
    return close_lace(at, element->end, out_block);
}
