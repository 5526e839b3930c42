/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs programs that frame packets anew. */
#include "media/reframe.h"

#include "base/error.h"
#include "media/essence-stream.h"
#include "media/packet-cursors.h"

#include <string.h>

#define OUT_BYTES (64 * 1024)

struct HthReframe {
    HthPacketCursors *packets;
    HthPacketCursors *sizes; /* walks apart: a table of lengths may come before or after */
    HthPacketReader *reader;
    guint64 tracks[HTH_PACKET_STREAMS_MAX];
    gint64 times[HTH_PACKET_STREAMS_MAX];
    guint8 out[OUT_BYTES];
};

/* One program as it runs. */
typedef struct {
    HthReframe *self;
    const guint8 *at;
    const guint8 *end;
    gsize n_out;  /* in self->out */
    guint64 left; /* bytes that are still to be made, those in self->out not counted */
    HthReframeSink sink;
    gpointer data;
} Run;

/* The element's size has as few bytes as it can; all ones would mean "unknown". */
static guint put_size(guint8 *to, guint64 value)
{
    guint n_bytes = 1;
    while (n_bytes < 8 && (value + 1) >> (7 * n_bytes) != 0)
        n_bytes++;
    for (guint i = 0; i < n_bytes; i++)
        to[i] = (guint8)(value >> (8 * (n_bytes - 1 - i)));
    to[0] |= (guint8)(0x100 >> n_bytes);
    return n_bytes;
}

guint hth_reframe_block_head(guint64 track, gint16 time, gboolean is_key, guint32 packet_bytes,
                             guint8 head[HTH_REFRAME_HEAD_MAX])
{
    guint8 name[8];
    const guint n_name = put_size(name, MIN(track, (G_GUINT64_CONSTANT(1) << 56) - 2));
    guint n = 0;
    head[n++] = 0xA3; /* SimpleBlock */
    n += put_size(head + n, (guint64)packet_bytes + n_name + 3);
    memcpy(head + n, name, n_name);
    n += n_name;
    head[n++] = (guint8)((guint16)time >> 8);
    head[n++] = (guint8)time;
    head[n++] = is_key ? 0x80 : 0;
    return n;
}

HthReframe *hth_reframe_new(HthByteSource *old, HthMediaFormat format, GError **error)
{
    g_autoptr(HthReframe) self = g_new0(HthReframe, 1);
    self->packets = hth_packet_cursors_new(old, format);
    self->sizes = hth_packet_cursors_new(old, format);
    self->reader = hth_packet_reader_new(old);
    if (self->packets != NULL && self->sizes != NULL)
        return g_steal_pointer(&self);
    g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT, "the old file has no such packets");
    return NULL;
}

void hth_reframe_free(HthReframe *self)
{
    if (self == NULL)
        return;
    hth_packet_cursors_free(self->packets);
    hth_packet_cursors_free(self->sizes);
    hth_packet_reader_free(self->reader);
    g_free(self);
}

static gboolean corrupt(GError **error)
{
    g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT,
                "the new framing does not fit the old file's packets");
    return FALSE;
}

static gboolean flush(Run *run, GError **error)
{
    const gsize n = run->n_out;
    run->n_out = 0;
    return n == 0 || run->sink(run->self->out, n, run->data, error);
}

static gboolean put(Run *run, const guint8 *bytes, gsize n, GError **error)
{
    if (n > run->left)
        return corrupt(error);
    run->left -= n;
    while (n > 0) {
        if (run->n_out == OUT_BYTES && !flush(run, error))
            return FALSE;
        const gsize part = MIN(n, OUT_BYTES - run->n_out);
        memcpy(run->self->out + run->n_out, bytes, part);
        run->n_out += part;
        bytes += part;
        n -= part;
    }
    return TRUE;
}

static gboolean put_packet(Run *run, guint64 offset, guint32 size, GError **error)
{
    while (size > 0) {
        gsize at_hand = 0;
        const guint8 *bytes = hth_packet_reader_look(run->self->reader, offset, &at_hand);
        if (bytes == NULL)
            return corrupt(error);
        const guint32 part = (guint32)MIN(size, at_hand);
        if (!put(run, bytes, part, error))
            return FALSE;
        offset += part;
        size -= part;
    }
    return TRUE;
}

static gboolean read_number(Run *run, guint64 *out_number)
{
    *out_number = 0;
    for (guint shift = 0; run->at < run->end && shift < 63; shift += 7) {
        const guint8 byte = *run->at++;
        *out_number |= (guint64)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean run_literal(Run *run, guint stream, guint64 n, GError **error)
{
    if (n > (guint64)(run->end - run->at))
        return corrupt(error);
    run->at += n;
    return put(run, run->at - n, (gsize)n, error);
}

static gboolean run_packets(Run *run, guint stream, guint64 n, GError **error)
{
    guint64 offset = 0;
    guint32 size = 0;
    for (; n > 0; n--) {
        if (!hth_packet_cursors_next(run->self->packets, stream, &offset, &size))
            return corrupt(error);
        if (!put_packet(run, offset, size, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean run_sizes(Run *run, guint stream, guint64 n, GError **error)
{
    guint64 offset = 0;
    guint32 size = 0;
    for (; n > 0; n--) {
        if (!hth_packet_cursors_next(run->self->sizes, stream, &offset, &size))
            return corrupt(error);
        size = GUINT32_TO_BE(size);
        if (!put(run, (const guint8 *)&size, sizeof size, error))
            return FALSE;
    }
    return TRUE;
}

static gboolean run_block(Run *run, guint stream, guint64 n, gboolean is_key, GError **error)
{
    guint8 head[HTH_REFRAME_HEAD_MAX];
    guint64 offset = 0;
    guint32 size = 0;
    HthReframe *self = run->self;
    const gint64 change = (gint64)(n >> 1) ^ -(gint64)(n & 1);
    if (change < -0x10000 || change > 0x10000 ||
        !hth_packet_cursors_next(self->packets, stream, &offset, &size))
        return corrupt(error);
    self->times[stream] = (gint16)(self->times[stream] + change);
    const guint n_head = hth_reframe_block_head(self->tracks[stream], (gint16)self->times[stream],
                                                is_key, size, head);
    return put(run, head, n_head, error) && put_packet(run, offset, size, error);
}

static gboolean run_key(Run *run, guint stream, guint64 n, GError **error)
{
    return run_block(run, stream, n, TRUE, error);
}

static gboolean run_plain_block(Run *run, guint stream, guint64 n, GError **error)
{
    return run_block(run, stream, n, FALSE, error);
}

static gboolean run_track(Run *run, guint stream, guint64 n, GError **error)
{
    run->self->tracks[stream] = n;
    return TRUE;
}

static gboolean run_skip(Run *run, guint stream, guint64 n, GError **error)
{
    guint64 offset = 0;
    guint32 size = 0;
    for (; n > 0; n--)
        if (!hth_packet_cursors_next(run->self->packets, stream, &offset, &size))
            return corrupt(error);
    return TRUE;
}

static gboolean (*const operations[])(Run *run, guint stream, guint64 n, GError **error) = {
    [HTH_REFRAME_LITERAL >> 4] = run_literal,   [HTH_REFRAME_PACKETS >> 4] = run_packets,
    [HTH_REFRAME_SIZES >> 4] = run_sizes,       [HTH_REFRAME_KEY >> 4] = run_key,
    [HTH_REFRAME_BLOCK >> 4] = run_plain_block, [HTH_REFRAME_TRACK >> 4] = run_track,
    [HTH_REFRAME_SKIP >> 4] = run_skip,
};

gboolean hth_reframe_run(HthReframe *self, const guint8 *program, gsize program_bytes,
                         guint64 length, HthReframeSink sink, gpointer data, GError **error)
{
    Run run = { .self = self,
                .at = program,
                .end = program + program_bytes,
                .left = length,
                .sink = sink,
                .data = data };
    while (run.at < run.end) {
        guint64 n = 0;
        const guint8 byte = *run.at++;
        const guint operation = byte >> 4;
        const guint stream = byte & 15;
        if (operation >= G_N_ELEMENTS(operations) || !read_number(&run, &n) ||
            (operation != HTH_REFRAME_LITERAL &&
             stream >= hth_packet_cursors_n_streams(self->packets)))
            return corrupt(error);
        if (!operations[operation](&run, stream, n, error))
            return FALSE;
    }
    return run.left == 0 ? flush(&run, error) : corrupt(error);
}
