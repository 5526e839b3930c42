/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Makes programs that frame packets anew: what lies between two packets of the new file is either
 * what the program's operations would make, or literal. */
#include "media/packet-cursors.h"
#include "media/reframe.h"

#include <string.h>

/* All programs of a file together: what is more is not worth it. */
#define PROGRAM_MAX_BYTES (2 * 1024 * 1024)

/* What the one who runs the programs knows of a stream after them. */
typedef struct {
    gint64 time;
    gboolean has_track; /* its number */
    guint64 n_behind;   /* packets that it has not been told to pass */
} Told;

typedef struct {
    gboolean is_there;
    guint64 offset; /* of the next packet */
    guint32 size;
    guint64 table_offset;
    guint64 table_length; /* 0: no table of lengths */
    Told told;
    Told told_before; /* the range in hand */
    guint64 n_passed; /* packets of the range in hand */
} Stream;

struct HthReframeMaker {
    HthByteSource *source;
    HthPacketCursors *cursors;
    guint n_streams;
    Stream streams[HTH_PACKET_STREAMS_MAX];
    GByteArray *literal; /* what came since the last operation */
    guint64 n_packets;   /* of the operation that is not written yet */
    guint packets_stream;
    gsize n_program;
};

HthReframeMaker *hth_reframe_maker_new(HthByteSource *source, HthMediaFormat format)
{
    HthPacketCursors *cursors = hth_packet_cursors_new(source, format);
    if (cursors == NULL)
        return NULL;
    HthReframeMaker *self = g_new0(HthReframeMaker, 1);
    self->source = source;
    self->cursors = cursors;
    self->n_streams = hth_packet_cursors_n_streams(cursors);
    self->literal = g_byte_array_new();
    for (guint i = 0; i < self->n_streams; i++) {
        Stream *stream = &self->streams[i];
        stream->is_there = hth_packet_cursors_next(cursors, i, &stream->offset, &stream->size);
        (void)hth_packet_cursors_size_table(cursors, i, &stream->table_offset,
                                            &stream->table_length); /* then there is none */
    }
    return self;
}

void hth_reframe_maker_free(HthReframeMaker *self)
{
    if (self == NULL)
        return;
    hth_packet_cursors_free(self->cursors);
    g_byte_array_unref(self->literal);
    g_free(self);
}

static void advance(HthReframeMaker *self, guint index)
{
    Stream *stream = &self->streams[index];
    stream->n_passed++;
    stream->is_there =
        hth_packet_cursors_next(self->cursors, index, &stream->offset, &stream->size);
}

static void put_operation(GByteArray *program, guint operation, guint stream, guint64 n)
{
    guint8 bytes[11] = { (guint8)(operation | stream) };
    guint n_bytes = 1;
    for (; n >= 0x80; n >>= 7)
        bytes[n_bytes++] = (guint8)(n | 0x80);
    bytes[n_bytes++] = (guint8)n;
    g_byte_array_append(program, bytes, n_bytes);
}

/* Writes the operations that wait: packets, or bytes between them; never both wait. */
static void flush(HthReframeMaker *self, GByteArray *program)
{
    if (self->n_packets > 0)
        put_operation(program, HTH_REFRAME_PACKETS, self->packets_stream, self->n_packets);
    self->n_packets = 0;
    if (self->literal->len > 0) {
        put_operation(program, HTH_REFRAME_LITERAL, 0, self->literal->len);
        g_byte_array_append(program, self->literal->data, self->literal->len);
    }
    g_byte_array_set_size(self->literal, 0);
}

static gboolean add_literal(HthReframeMaker *self, guint64 offset, guint64 end, GByteArray *program)
{
    if (offset == end)
        return TRUE;
    if (end - offset > PROGRAM_MAX_BYTES)
        return FALSE;
    if (self->n_packets > 0)
        flush(self, program);
    const guint before = self->literal->len;
    const guint n = (guint)(end - offset);
    g_byte_array_set_size(self->literal, before + n);
    return hth_byte_source_read(self->source, offset, self->literal->data + before, n, NULL);
}

/* Takes a SimpleBlock's head off the end of what came before the packet, if it is the head that
 * the operation would make. */
static gboolean take_block(HthReframeMaker *self, guint index, GByteArray *program)
{
    Stream *stream = &self->streams[index];
    const guint64 track = hth_packet_cursors_track_number(self->cursors, index);
    guint8 head[HTH_REFRAME_HEAD_MAX];
    const guint n_head = hth_reframe_block_head(track, 0, TRUE, stream->size, head);
    if (track == 0 || self->literal->len < n_head)
        return FALSE;
    const guint8 *tail = self->literal->data + self->literal->len - n_head;
    const gint16 time = (gint16)(tail[n_head - 3] << 8 | tail[n_head - 2]);
    const gboolean is_key = (tail[n_head - 1] & 0x80) != 0;
    (void)hth_reframe_block_head(track, time, is_key, stream->size, head); /* as long as before */
    if (memcmp(head, tail, n_head) != 0)
        return FALSE;
    g_byte_array_set_size(self->literal, self->literal->len - n_head);
    flush(self, program);
    if (!stream->told.has_track)
        put_operation(program, HTH_REFRAME_TRACK, index, track);
    stream->told.has_track = TRUE;
    const gint64 change = time - stream->told.time;
    stream->told.time = time;
    put_operation(program, is_key ? HTH_REFRAME_KEY : HTH_REFRAME_BLOCK, index,
                  (guint64)change << 1 ^ (guint64)(change >> 63));
    return TRUE;
}

static void add_packet(HthReframeMaker *self, guint index, GByteArray *program)
{
    if (!take_block(self, index, program)) {
        if (self->literal->len > 0 || self->packets_stream != index)
            flush(self, program);
        self->packets_stream = index;
        self->n_packets++;
    }
    advance(self, index);
}

/* What comes next in the file: a packet, or a table of lengths. */
typedef struct {
    guint64 offset;
    guint stream;
    gboolean is_table;
} Next;

static Next find_next(const HthReframeMaker *self, guint64 position)
{
    Next next = { .offset = G_MAXUINT64 };
    for (guint i = 0; i < self->n_streams; i++) {
        const Stream *stream = &self->streams[i];
        if (stream->is_there && stream->offset < next.offset)
            next = (Next){ stream->offset, i, FALSE };
        if (stream->table_length > 0 && stream->table_offset >= position &&
            stream->table_offset < next.offset)
            next = (Next){ stream->table_offset, i, TRUE };
    }
    return next;
}

/* Passes the packets before @offset, of ranges that were left out, and says so. */
static void begin_range(HthReframeMaker *self, guint64 offset, GByteArray *program)
{
    g_byte_array_set_size(self->literal, 0);
    self->n_packets = 0;
    for (guint i = 0; i < self->n_streams; i++) {
        Stream *stream = &self->streams[i];
        stream->n_passed = 0;
        while (stream->is_there && stream->offset < offset)
            advance(self, i);
        stream->told.n_behind += stream->n_passed;
        stream->n_passed = 0;
        stream->told_before = stream->told;
        if (stream->told.n_behind > 0)
            put_operation(program, HTH_REFRAME_SKIP, i, stream->told.n_behind);
        stream->told.n_behind = 0;
    }
}

void hth_reframe_maker_reject(HthReframeMaker *self)
{
    for (guint i = 0; i < self->n_streams; i++) {
        Stream *stream = &self->streams[i];
        stream->told = stream->told_before;
        stream->told.n_behind += stream->n_passed;
        stream->n_passed = 0;
    }
}

gboolean hth_reframe_maker_range(HthReframeMaker *self, guint64 offset, guint64 end,
                                 GByteArray *program)
{
    const guint before = program->len;
    begin_range(self, offset, program);
    while (self->n_program + (program->len - before) <= PROGRAM_MAX_BYTES) {
        const Next next = find_next(self, offset);
        if (next.offset < offset)
            return FALSE; /* packets that overlap */
        if (!add_literal(self, offset, MIN(next.offset, end), program))
            return FALSE;
        if (next.offset >= end) {
            flush(self, program);
            self->n_program += program->len - before;
            return TRUE;
        }
        const Stream *stream = &self->streams[next.stream];
        const guint64 length = next.is_table ? stream->table_length : stream->size;
        if (length > end - next.offset)
            return FALSE;
        offset = next.offset + length;
        if (next.is_table) {
            flush(self, program);
            put_operation(program, HTH_REFRAME_SIZES, next.stream, length / 4);
        } else
            add_packet(self, next.stream, program);
    }
    return FALSE;
}
