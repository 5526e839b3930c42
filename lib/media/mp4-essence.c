/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Packets of MP4 tracks, in the order in which the file has them. */
#include "media/mp4-essence.h"

#include "media/essence-stream.h"
#include "media/mp4-codec.h"
#include "media/mp4-samples.h"

#define TRACKS_MAX 64
/* How often a long loop asks whether it shall go on. */
#define PACKETS_A_LOOK 4096

#define BOX(a, b, c, d) HTH_MP4_TYPE(a, b, c, d)

/* Flags of tfhd and trun, ISO/IEC 14496-12 8.8.7 and 8.8.8. */
enum {
    TFHD_BASE_OFFSET = 0x1,
    TFHD_DESCRIPTION = 0x2,
    TFHD_DURATION = 0x8,
    TFHD_SIZE = 0x10,
    TRUN_DATA_OFFSET = 0x1,
    TRUN_FIRST_FLAGS = 0x4,
    TRUN_DURATION = 0x100,
    TRUN_SIZE = 0x200,
    TRUN_FLAGS = 0x400,
    TRUN_TIME = 0x800,
};

typedef struct {
    guint32 id;
    guint32 default_size; /* of a sample in a fragment: trex */
    HthEssenceStream *stream;
    HthMp4Samples *samples; /* NULL: none left */
    gboolean is_pcm;
    guint64 offset; /* of the next sample */
    guint32 size;
} Track;

typedef struct {
    HthLayoutBuilder *builder;
    HthByteSource *source;
    HthPacketReader *reader;
    GArray *tracks; /* (element Track) */
    guint64 n_packets;
} Mp4Essence;

static void track_clear(gpointer data)
{
    Track *track = data;
    hth_essence_stream_free(track->stream);
    hth_mp4_samples_free(track->samples);
}

/* Goes to the track's next sample; FALSE when its tables are broken. */
static gboolean advance(Track *track)
{
    switch (hth_mp4_samples_next(track->samples, &track->offset, &track->size)) {
    case HTH_MP4_SAMPLE:
        return TRUE;
    case HTH_MP4_SAMPLES_END:
        g_clear_pointer(&track->samples, hth_mp4_samples_free);
        return TRUE;
    default:
        return FALSE;
    }
}

static gboolean add_packet(Mp4Essence *self, Track *track, guint64 offset, guint32 size)
{
    if (++self->n_packets % PACKETS_A_LOOK == 0 && hth_layout_builder_is_cancelled(self->builder))
        return FALSE;
    if (!track->is_pcm)
        hth_essence_stream_begin_packet(track->stream, size);
    return hth_packet_reader_add(self->reader, track->stream, offset, size);
}

/* FALSE when the essence can't be known. A track that is no part of it is left out. */
static gboolean open_track(Mp4Essence *self, const HthMp4Box *trak)
{
    HthMp4Box stbl;
    Track track = { .id = hth_mp4_codec_track_id(self->source, trak),
                    .stream = hth_mp4_codec_stream(self->source, trak) };
    if (track.stream == NULL)
        return TRUE;
    if (self->tracks->len < TRACKS_MAX && hth_mp4_codec_sample_table(self->source, trak, &stbl))
        track.samples = hth_mp4_samples_new(self->source, &stbl);
    if (track.samples == NULL) {
        track_clear(&track);
        return FALSE;
    }
    track.is_pcm = hth_mp4_samples_are_pcm(track.samples);
    const gboolean is_good = advance(&track);
    g_array_append_val(self->tracks, track);
    return is_good;
}

static gboolean open_tracks(Mp4Essence *self, guint64 offset, guint64 end)
{
    HthMp4Box box;
    for (; hth_mp4_box_read(self->source, offset, end, &box, NULL); offset = box.end)
        if (box.type == BOX('t', 'r', 'a', 'k') && !open_track(self, &box))
            return FALSE;
    return self->tracks->len > 0;
}

/* Whichever track's next sample comes first in the file is next: so the file is read from its
 * beginning to its end, however its tracks are interleaved. */
static gboolean add_samples(Mp4Essence *self)
{
    for (;;) {
        Track *first = NULL;
        for (guint i = 0; i < self->tracks->len; i++) {
            Track *track = &g_array_index(self->tracks, Track, i);
            if (track->samples != NULL && (first == NULL || track->offset < first->offset))
                first = track;
        }
        if (first == NULL)
            return TRUE;
        if (!add_packet(self, first, first->offset, first->size) || !advance(first))
            return FALSE;
    }
}

static Track *track_by_id(Mp4Essence *self, guint32 id)
{
    for (guint i = 0; i < self->tracks->len; i++)
        if (g_array_index(self->tracks, Track, i).id == id)
            return &g_array_index(self->tracks, Track, i);
    return NULL;
}

/* Reads the defaults of each track; FALSE when the file has no fragments. */
static gboolean open_fragments(Mp4Essence *self, guint64 offset, guint64 end)
{
    HthMp4Box mvex, box;
    HthMp4Table table;
    if (!hth_mp4_box_find(self->source, offset, end, BOX('m', 'v', 'e', 'x'), &mvex))
        return FALSE;
    offset = hth_mp4_box_body(&mvex);
    for (; hth_mp4_box_read(self->source, offset, mvex.end, &box, NULL); offset = box.end) {
        if (box.type != BOX('t', 'r', 'e', 'x'))
            continue;
        hth_mp4_table_init(&table, self->source, hth_mp4_box_body(&box), box.end);
        hth_mp4_table_skip(&table, 4);
        Track *track = track_by_id(self, (guint32)hth_mp4_table_next(&table, 4));
        hth_mp4_table_skip(&table, 8);
        if (track != NULL)
            track->default_size = (guint32)hth_mp4_table_next(&table, 4);
    }
    return TRUE;
}

/* A track's part of one fragment. */
typedef struct {
    Track *track; /* NULL: of no interest; runs are walked all the same, for where they end */
    guint32 default_size;
    guint64 base;
    guint64 next; /* where the next run begins when it does not say */
} Fragment;

static gboolean open_fragment(Mp4Essence *self, const HthMp4Box *moof, const HthMp4Box *traf,
                              guint64 previous_end, Fragment *out_fragment)
{
    HthMp4Box tfhd;
    HthMp4Table table;
    if (!hth_mp4_box_find(self->source, hth_mp4_box_body(traf), traf->end, BOX('t', 'f', 'h', 'd'),
                          &tfhd))
        return FALSE;
    hth_mp4_table_init(&table, self->source, hth_mp4_box_body(&tfhd), tfhd.end);
    const guint64 flags = hth_mp4_table_next(&table, 4);
    Track *track = track_by_id(self, (guint32)hth_mp4_table_next(&table, 4));
    *out_fragment = (Fragment){ .track = track, .base = moof->offset, .next = previous_end };
    out_fragment->default_size = track != NULL ? track->default_size : 0;
    if ((flags & TFHD_BASE_OFFSET) != 0) {
        out_fragment->base = hth_mp4_table_next(&table, 8);
        out_fragment->next = out_fragment->base;
    }
    if ((flags & TFHD_DESCRIPTION) != 0)
        hth_mp4_table_skip(&table, 4);
    if ((flags & TFHD_DURATION) != 0)
        hth_mp4_table_skip(&table, 4);
    if ((flags & TFHD_SIZE) != 0)
        out_fragment->default_size = (guint32)hth_mp4_table_next(&table, 4);
    return !table.has_failed;
}

static gboolean add_run(Mp4Essence *self, const HthMp4Box *trun, Fragment *fragment)
{
    HthMp4Table table;
    hth_mp4_table_init(&table, self->source, hth_mp4_box_body(trun), trun->end);
    const guint32 flags = (guint32)hth_mp4_table_next(&table, 4) & 0xffffff;
    const guint32 n_samples = (guint32)hth_mp4_table_next(&table, 4);
    if ((flags & TRUN_DATA_OFFSET) != 0) /* signed, modulo 2^64 */
        fragment->next = fragment->base + (guint64)(gint64)(gint32)hth_mp4_table_next(&table, 4);
    if ((flags & TRUN_FIRST_FLAGS) != 0)
        hth_mp4_table_skip(&table, 4);
    if (fragment->track == NULL && (flags & TRUN_SIZE) == 0) {
        fragment->next += (guint64)fragment->default_size * n_samples;
        return !table.has_failed;
    }
    const guint before = (flags & TRUN_DURATION) != 0 ? 4 : 0;
    const guint after = ((flags & TRUN_FLAGS) != 0 ? 4 : 0) + ((flags & TRUN_TIME) != 0 ? 4 : 0);
    for (guint32 i = 0; i < n_samples && !table.has_failed; i++) {
        hth_mp4_table_skip(&table, before);
        const guint32 size = (flags & TRUN_SIZE) != 0 ? (guint32)hth_mp4_table_next(&table, 4)
                                                      : fragment->default_size;
        hth_mp4_table_skip(&table, after);
        if (size == 0 && (flags & TRUN_SIZE) == 0)
            return FALSE; /* billions of nothing */
        if (fragment->track != NULL && !table.has_failed &&
            !add_packet(self, fragment->track, fragment->next, size))
            return FALSE;
        fragment->next += size;
    }
    return !table.has_failed;
}

static gboolean add_fragment(Mp4Essence *self, const HthMp4Box *moof)
{
    HthMp4Box traf, box;
    guint64 previous_end = moof->offset;
    guint64 offset = hth_mp4_box_body(moof);
    for (; hth_mp4_box_read(self->source, offset, moof->end, &traf, NULL); offset = traf.end) {
        Fragment fragment;
        if (traf.type != BOX('t', 'r', 'a', 'f'))
            continue;
        if (!open_fragment(self, moof, &traf, previous_end, &fragment))
            return FALSE;
        guint64 inner = hth_mp4_box_body(&traf);
        for (; hth_mp4_box_read(self->source, inner, traf.end, &box, NULL); inner = box.end)
            if (box.type == BOX('t', 'r', 'u', 'n') && !add_run(self, &box, &fragment))
                return FALSE;
        previous_end = fragment.next;
    }
    return TRUE;
}

static gboolean add_fragments(Mp4Essence *self)
{
    HthMp4Box box;
    const guint64 size = hth_byte_source_size(self->source);
    guint64 offset = 0;
    for (; hth_mp4_box_read(self->source, offset, size, &box, NULL); offset = box.end)
        if (box.type == BOX('m', 'o', 'o', 'f') && !add_fragment(self, &box))
            return FALSE;
    return TRUE;
}

static void finish(Mp4Essence *self)
{
    for (guint i = 0; i < self->tracks->len; i++) {
        HthDigest digest;
        hth_essence_stream_finish(g_array_index(self->tracks, Track, i).stream, &digest);
        hth_layout_builder_add_essence(self->builder, digest.bytes, sizeof digest.bytes);
    }
}

void hth_mp4_add_essence(HthLayoutBuilder *builder, guint64 moov_offset, guint64 moov_end)
{
    HthByteSource *source = hth_layout_builder_source(builder);
    g_autoptr(HthPacketReader) reader = hth_packet_reader_new(source);
    g_autoptr(GArray) tracks = g_array_new(FALSE, TRUE, sizeof(Track));
    g_array_set_clear_func(tracks, track_clear);
    Mp4Essence self = { .builder = builder, .source = source, .reader = reader, .tracks = tracks };
    if (open_tracks(&self, moov_offset, moov_end) && add_samples(&self) &&
        (!open_fragments(&self, moov_offset, moov_end) || add_fragments(&self)) &&
        self.n_packets > 0)
        finish(&self);
}
