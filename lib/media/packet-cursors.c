/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One walk a stream: through sample tables, or through clusters. */
#include "media/packet-cursors.h"

#include "media/matroska-element.h"
#include "media/mp4-codec.h"
#include "media/mp4-samples.h"

#define BOX(a, b, c, d) HTH_MP4_TYPE(a, b, c, d)

/* A walk through the blocks of one track. Clusters are stepped into, everything else over. */
typedef struct {
    guint64 track;
    guint64 offset; /* of the next element */
    guint64 end;    /* of the segment */
    guint32 next_frame;
    HthMatroskaBlock block;
    HthMatroskaWindow window;
} BlockWalk;

typedef struct {
    HthMp4Samples *samples; /* MP4 */
    BlockWalk *blocks;      /* Matroska */
} Cursor;

struct HthPacketCursors {
    guint n_streams;
    Cursor streams[HTH_PACKET_STREAMS_MAX];
};

/* ---- MP4 ---- */

static gboolean add_mp4_stream(HthPacketCursors *self, HthByteSource *source, const HthMp4Box *trak)
{
    HthMp4Box stbl;
    g_autoptr(HthEssenceStream) stream = hth_mp4_codec_stream(source, trak);
    if (stream == NULL)
        return TRUE; /* no part of the essence */
    if (self->n_streams == HTH_PACKET_STREAMS_MAX ||
        !hth_mp4_codec_sample_table(source, trak, &stbl))
        return FALSE;
    HthMp4Samples *samples = hth_mp4_samples_new(source, &stbl);
    if (samples == NULL)
        return FALSE;
    self->streams[self->n_streams++].samples = samples;
    return !hth_mp4_samples_are_pcm(samples);
}

static gboolean open_mp4(HthPacketCursors *self, HthByteSource *source)
{
    HthMp4Box moov, box;
    if (!hth_mp4_box_find(source, 0, hth_byte_source_size(source), BOX('m', 'o', 'o', 'v'), &moov))
        return FALSE;
    guint64 offset = hth_mp4_box_body(&moov);
    for (; hth_mp4_box_read(source, offset, moov.end, &box, NULL); offset = box.end) {
        if (box.type == BOX('m', 'v', 'e', 'x'))
            return FALSE;
        if (box.type == BOX('t', 'r', 'a', 'k') && !add_mp4_stream(self, source, &box))
            return FALSE;
    }
    return TRUE;
}

/* ---- Matroska ---- */

static gboolean add_matroska_stream(HthPacketCursors *self, HthByteSource *source, guint64 track,
                                    const HthMatroskaElement *segment)
{
    if (self->n_streams == HTH_PACKET_STREAMS_MAX)
        return FALSE;
    BlockWalk *walk = g_new0(BlockWalk, 1);
    walk->track = track;
    walk->offset = hth_matroska_body(segment);
    walk->end = segment->end;
    hth_matroska_window_init(&walk->window, source);
    self->streams[self->n_streams++].blocks = walk;
    return TRUE;
}

static gboolean open_tracks(HthPacketCursors *self, HthMatroskaWindow *window,
                            const HthMatroskaElement *tracks, const HthMatroskaElement *segment)
{
    HthMatroskaElement entry;
    guint64 offset = hth_matroska_body(tracks);
    for (; hth_matroska_element_read(window, offset, tracks->end, &entry); offset = entry.end) {
        guint64 number = 0;
        if (entry.id == HTH_MATROSKA_TRACK_ENTRY &&
            hth_matroska_track_is_essence(window, &entry, &number) &&
            !add_matroska_stream(self, window->source, number, segment))
            return FALSE;
    }
    return TRUE;
}

static gboolean open_matroska(HthPacketCursors *self, HthByteSource *source)
{
    HthMatroskaElement segment, tracks;
    g_autofree HthMatroskaWindow *window = g_new(HthMatroskaWindow, 1);
    hth_matroska_window_init(window, source);
    return hth_matroska_element_find(window, 0, hth_byte_source_size(source), HTH_MATROSKA_SEGMENT,
                                     &segment) &&
           hth_matroska_element_find(window, hth_matroska_body(&segment), segment.end,
                                     HTH_MATROSKA_TRACKS, &tracks) &&
           open_tracks(self, window, &tracks, &segment);
}

/* The block of @element, if it is one of this track's. */
static gboolean enter_block(BlockWalk *walk, const HthMatroskaElement *element)
{
    HthMatroskaElement block = *element;
    if (element->id == HTH_MATROSKA_BLOCK_GROUP &&
        !hth_matroska_element_find(&walk->window, hth_matroska_body(element), element->end,
                                   HTH_MATROSKA_BLOCK, &block))
        return FALSE;
    walk->block.n_frames = 0;
    if (!hth_matroska_block_read(&walk->window, &block, &walk->block) ||
        walk->block.track != walk->track) {
        walk->block.n_frames = 0;
        return FALSE;
    }
    walk->next_frame = 0;
    return TRUE;
}

static gboolean next_block(BlockWalk *walk)
{
    HthMatroskaElement element;
    while (walk->offset < walk->end) {
        if (!hth_matroska_element_read(&walk->window, walk->offset, walk->end, &element))
            return FALSE;
        if (element.id == HTH_MATROSKA_CLUSTER) {
            walk->offset = hth_matroska_body(&element);
            continue;
        }
        walk->offset = element.end;
        if ((element.id == HTH_MATROSKA_SIMPLE_BLOCK || element.id == HTH_MATROSKA_BLOCK_GROUP) &&
            enter_block(walk, &element))
            return TRUE;
    }
    return FALSE;
}

static gboolean next_frame(BlockWalk *walk, guint64 *out_offset, guint32 *out_size_bytes)
{
    if (walk->next_frame >= walk->block.n_frames && !next_block(walk))
        return FALSE;
    *out_offset = walk->block.offset;
    *out_size_bytes = walk->block.sizes[walk->next_frame++];
    walk->block.offset += *out_size_bytes;
    return TRUE;
}

/* ---- Both ---- */

HthPacketCursors *hth_packet_cursors_new(HthByteSource *source, HthMediaFormat format)
{
    g_autoptr(HthPacketCursors) self = g_new0(HthPacketCursors, 1);
    gboolean is_open = FALSE;
    if (format == HTH_FORMAT_MP4 || format == HTH_FORMAT_MOV)
        is_open = open_mp4(self, source);
    else if (format == HTH_FORMAT_MATROSKA || format == HTH_FORMAT_WEBM)
        is_open = open_matroska(self, source);
    return is_open && self->n_streams > 0 ? g_steal_pointer(&self) : NULL;
}

void hth_packet_cursors_free(HthPacketCursors *self)
{
    if (self == NULL)
        return;
    for (guint i = 0; i < self->n_streams; i++) {
        hth_mp4_samples_free(self->streams[i].samples);
        g_free(self->streams[i].blocks);
    }
    g_free(self);
}

guint hth_packet_cursors_n_streams(const HthPacketCursors *self)
{
    return self->n_streams;
}

gboolean hth_packet_cursors_next(HthPacketCursors *self, guint stream, guint64 *out_offset,
                                 guint32 *out_size_bytes)
{
    g_return_val_if_fail(stream < self->n_streams, FALSE);
    const Cursor *cursor = &self->streams[stream];
    if (cursor->blocks != NULL)
        return next_frame(cursor->blocks, out_offset, out_size_bytes);
    return hth_mp4_samples_next(cursor->samples, out_offset, out_size_bytes) == HTH_MP4_SAMPLE;
}

gboolean hth_packet_cursors_size_table(const HthPacketCursors *self, guint stream,
                                       guint64 *out_offset, guint64 *out_length)
{
    g_return_val_if_fail(stream < self->n_streams, FALSE);
    const Cursor *cursor = &self->streams[stream];
    return cursor->samples != NULL &&
           hth_mp4_samples_size_table(cursor->samples, out_offset, out_length);
}

guint64 hth_packet_cursors_track_number(const HthPacketCursors *self, guint stream)
{
    g_return_val_if_fail(stream < self->n_streams, 0);
    const Cursor *cursor = &self->streams[stream];
    return cursor->blocks != NULL ? cursor->blocks->track : 0;
}
