/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MP4: ftyp, moov with the tags at its end, free, and the media data, so that a player can begin
 * before it has the whole. The muxer's moov comes last and carries the time of day: it is written
 * anew, box for box. */
#include <string.h>

#include "../bytes.h"
#include "ilst.h"
#include "media/convert-protocol.h"
#include "wrap.h"

#define BOXES_MAX 10000
#define DEPTH_MAX 8
#define FREE_MIN  8

typedef struct {
    const HthWrapInput *input;
    GByteArray *ftyp;
    GByteArray *moov; /* the content */
    gint64 mdat_at;   /* of the content; 0: not seen */
    gint64 mdat_bytes;
    guint32 movie_rate; /* units a second of mvhd */
    guint32 media_rate; /* of the track at hand */
    GArray *offsets;    /* (element OffsetTable) in the new file */
} Mp4;

typedef struct {
    guint at; /* of the first entry, in the head */
    guint n;
    gboolean is_wide;
} OffsetTable;

static void mp4_clear(Mp4 *self)
{
    g_byte_array_unref(self->ftyp);
    g_byte_array_unref(self->moov);
    g_array_unref(self->offsets);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Mp4, mp4_clear)

/* ---- Reading the file ---- */

static gboolean take_box(Mp4 *self, const guint8 *type, gint64 at, gint64 size, GError **error)
{
    if (memcmp(type, "mdat", 4) == 0 && self->mdat_at == 0) {
        self->mdat_at = at;
        self->mdat_bytes = size;
    }
    GByteArray *to = memcmp(type, "ftyp", 4) == 0   ? self->ftyp
                     : memcmp(type, "moov", 4) == 0 ? self->moov
                                                    : NULL;
    if (to == NULL)
        return TRUE;
    if (to->len > 0 || size > HTH_CONVERT_HEAD_MAX)
        return hth_wrap_fail(error, "the MP4 file has too much of a box");
    g_byte_array_set_size(to, (guint)size);
    return hth_wrap_read(self->input, at, to->data, (gsize)size) ||
           hth_wrap_fail(error, "the MP4 file is cut");
}

static gboolean read_boxes(Mp4 *self, GError **error)
{
    gint64 at = 0;
    for (guint i = 0; i < BOXES_MAX && at + 8 <= self->input->size_bytes; i++) {
        guint8 head[16] = { 0 };
        if (!hth_wrap_read(self->input, at, head, 8))
            return hth_wrap_fail(error, "the MP4 file is cut");
        gint64 size = be32(head), header = 8;
        if (size == 1) {
            header = 16;
            if (!hth_wrap_read(self->input, at + 8, head + 8, 8))
                return hth_wrap_fail(error, "the MP4 file is cut");
            size = (gint64)be64(head + 8);
        }
        if (size < header || size > G_MAXINT64 - at)
            return hth_wrap_fail(error, "a box of the MP4 file has no sensible size");
        if (!take_box(self, head + 4, at + header, size - header, error))
            return FALSE;
        at += size;
    }
    if (self->mdat_at == 0 || self->moov->len == 0)
        return hth_wrap_fail(error, "the MP4 file has no index or no data");
    return TRUE;
}

/* ---- Writing moov ---- */

static gboolean copy_boxes(Mp4 *self, const guint8 *from, gsize n, GByteArray *to, guint depth,
                           GError **error);

static gboolean is_type(const guint8 *box, const char *type)
{
    return memcmp(box + 4, type, 4) == 0;
}

/* A box of version 0 or 1 with two times of day behind its flags; what follows them begins at
 * @out_rest. */
static gboolean clear_times(guint8 *box, gsize size, gsize *out_rest)
{
    if (size < 12)
        return FALSE;
    const gsize times = box[8] == 1 ? 16 : 8;
    *out_rest = 12 + times;
    if (size < *out_rest + 12)
        return FALSE;
    memset(box + 12, 0, times);
    return TRUE;
}

static void set_duration(guint8 *box, gsize at, guint64 value)
{
    const gboolean is_wide = box[8] == 1;
    const guint64 big = GUINT64_TO_BE(is_wide ? value : value << 32);
    memcpy(box + at, &big, is_wide ? 8 : 4);
}

/* How long the sound lasts without what the encoder put before and behind it. */
static guint64 trimmed(const Mp4 *self)
{
    return self->input->n_samples * self->movie_rate / self->input->rate_hz;
}

static gboolean is_trimmed(const Mp4 *self)
{
    return self->input->n_samples > 0 && self->input->rate_hz > 0 && self->movie_rate > 0;
}

static gboolean copy_header(Mp4 *self, guint8 *box, gsize size)
{
    gsize rest = 0;
    if (!clear_times(box, size, &rest))
        return FALSE;
    if (is_type(box, "mvhd")) {
        self->movie_rate = be32(box + rest);
        if (is_trimmed(self))
            set_duration(box, rest + 4, trimmed(self));
    } else if (is_type(box, "tkhd") && is_trimmed(self)) {
        if (size < rest + 16)
            return FALSE;
        set_duration(box, rest + 8, trimmed(self));
    }
    return TRUE;
}

/* One edit: play from behind the encoder's delay. The track's rate is the sound's. */
static void append_edit(const Mp4 *self, GByteArray *to)
{
    const guint edts = hth_box_begin(to, "edts");
    const guint elst = hth_box_begin(to, "elst");
    hth_box_put32(to, 0);
    hth_box_put32(to, 1);
    hth_box_put32(to, (guint32)trimmed(self));
    hth_box_put32(to, self->input->n_delay);
    hth_box_put32(to, 1 << 16);
    hth_box_end(to, elst);
    hth_box_end(to, edts);
}

static gboolean note_offsets(Mp4 *self, const guint8 *box, gsize size, guint at)
{
    const gboolean is_wide = is_type(box, "co64");
    const guint32 n = size >= 16 ? be32(box + 12) : 0;
    if (size < 16 || n > (size - 16) / (is_wide ? 8 : 4))
        return FALSE;
    const OffsetTable table = { at + 16, n, is_wide };
    g_array_append_val(self->offsets, table);
    return TRUE;
}

static gboolean is_container(const guint8 *box)
{
    return is_type(box, "trak") || is_type(box, "mdia") || is_type(box, "minf") ||
           is_type(box, "stbl");
}

static gboolean copy_box(Mp4 *self, const guint8 *box, gsize size, GByteArray *to, guint depth,
                         GError **error)
{
    if (is_type(box, "udta") || (is_type(box, "edts") && is_trimmed(self)))
        return TRUE;
    const guint at = to->len;
    if (is_container(box)) {
        g_byte_array_append(to, box, 8);
        if (!copy_boxes(self, box + 8, size - 8, to, depth + 1, error))
            return FALSE;
        hth_box_end(to, at);
        return TRUE;
    }
    g_byte_array_append(to, box, (guint)size);
    if ((is_type(box, "stco") || is_type(box, "co64")) && !note_offsets(self, box, size, at))
        return hth_wrap_fail(error, "an offset table is broken");
    const gboolean has_times = is_type(box, "mvhd") || is_type(box, "tkhd") || is_type(box, "mdhd");
    if (has_times && !copy_header(self, to->data + at, size))
        return hth_wrap_fail(error, "a header is too short");
    if (is_type(box, "tkhd") && is_trimmed(self))
        append_edit(self, to);
    return TRUE;
}

static gboolean copy_boxes(Mp4 *self, const guint8 *from, gsize n, GByteArray *to, guint depth,
                           GError **error)
{
    if (depth > DEPTH_MAX)
        return hth_wrap_fail(error, "boxes are nested too deep");
    while (n >= 8) {
        const gsize size = be32(from);
        if (size < 8 || size > n)
            return hth_wrap_fail(error, "a box is larger than what it is in");
        if (!copy_box(self, from, size, to, depth, error))
            return FALSE;
        from += size;
        n -= size;
    }
    return TRUE;
}

/* ---- The whole head ---- */

static gboolean shift_offsets(Mp4 *self, GByteArray *head, gint64 shift, GError **error)
{
    for (guint i = 0; i < self->offsets->len; i++) {
        const OffsetTable *table = &g_array_index(self->offsets, OffsetTable, i);
        for (guint j = 0; j < table->n; j++) {
            guint8 *at = head->data + table->at + (gsize)j * (table->is_wide ? 8 : 4);
            const guint64 value = (table->is_wide ? be64(at) : be32(at)) + (guint64)shift;
            if (!table->is_wide && value > G_MAXUINT32)
                return hth_wrap_fail(error, "an offset is too large for its table");
            const guint64 big = GUINT64_TO_BE(table->is_wide ? value : value << 32);
            memcpy(at, &big, table->is_wide ? 8 : 4);
        }
    }
    return TRUE;
}

static void append_mdat_header(GByteArray *to, guint64 content_bytes, gboolean is_wide)
{
    hth_box_put32(to, is_wide ? 1 : (guint32)(content_bytes + 8));
    g_byte_array_append(to, (const guint8 *)"mdat", 4);
    if (is_wide) {
        hth_box_put32(to, (guint32)((content_bytes + 16) >> 32));
        hth_box_put32(to, (guint32)(content_bytes + 16));
    }
}

static void append_free(GByteArray *to, gsize n)
{
    const guint at = hth_box_begin(to, "free");
    g_byte_array_set_size(to, at + (guint)n);
    memset(to->data + at + FREE_MIN, 0, n - FREE_MIN);
    hth_box_end(to, at);
}

static gboolean make_head(Mp4 *self, HthWrapPlan *out, GError **error)
{
    GByteArray *head = out->head;
    const guint ftyp = hth_box_begin(head, "ftyp");
    g_byte_array_append(head, self->ftyp->data, self->ftyp->len);
    hth_box_end(head, ftyp);
    const guint moov = hth_box_begin(head, "moov");
    if (!copy_boxes(self, self->moov->data, self->moov->len, head, 1, error))
        return FALSE;
    hth_ilst_append(head, self->input->info, self->input->cover);
    hth_box_end(head, moov);
    const gboolean is_wide = self->mdat_bytes > G_MAXUINT32 - 8;
    const gint64 mdat_header = is_wide ? 16 : 8;
    const gint64 size = hth_wrap_head_size(self->input, (gint64)head->len + FREE_MIN + mdat_header);
    if (size > HTH_CONVERT_HEAD_MAX)
        return hth_wrap_fail(error, "the index is too large");
    append_free(head, (gsize)(size - head->len - mdat_header));
    append_mdat_header(head, (guint64)self->mdat_bytes, is_wide);
    return shift_offsets(self, head, size - self->mdat_at, error);
}

gboolean hth_wrap_mp4(const HthWrapInput *input, HthWrapPlan *out, GError **error)
{
    g_auto(Mp4) mp4 = {
        .input = input,
        .ftyp = g_byte_array_new(),
        .moov = g_byte_array_new(),
        .offsets = g_array_new(FALSE, FALSE, sizeof(OffsetTable)),
    };
    if (!read_boxes(&mp4, error))
        return FALSE;
    out->payload_offset = mp4.mdat_at;
    out->payload_bytes = mp4.mdat_bytes;
    return make_head(&mp4, out, error);
}
