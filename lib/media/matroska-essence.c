/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tracks and frames of Matroska files. */
#include "media/matroska-essence.h"

#include "media/essence-stream.h"

#include <string.h>

#define TRACKS_MAX     64
#define CODEC_ID_BYTES 40

typedef struct {
    guint64 number;
    HthEssenceStream *stream;
} Track;

struct HthMatroskaEssence {
    HthLayoutBuilder *builder;
    HthPacketReader *reader;
    HthMatroskaWindow window;
    HthMatroskaBlock block;
    GArray *tracks; /* (element Track) */
    gboolean has_failed;
    guint64 n_packets;
};

/* The names of RFC 9559's codec ids elsewhere; a row also stands for ids that go on behind '/'. */
static const struct {
    const char *id;
    const char *codec;
    HthConfigForm form;
} codec_rows[] = {
    { "A_AAC", "aac", HTH_CONFIG_VERBATIM },
    { "A_AC3", "ac3", HTH_CONFIG_NONE },
    { "A_ALAC", "alac", HTH_CONFIG_VERBATIM },
    { "A_EAC3", "eac3", HTH_CONFIG_NONE },
    { "A_FLAC", "flac", HTH_CONFIG_FLAC },
    { "A_MPEG/L3", "mp3", HTH_CONFIG_NONE },
    { "A_OPUS", "opus", HTH_CONFIG_OPUS_HEAD },
    { "A_VORBIS", "vorbis", HTH_CONFIG_VERBATIM },
    { "V_AV1", "av1", HTH_CONFIG_VERBATIM },
    { "V_MPEG4/ISO/ASP", "mpeg4", HTH_CONFIG_VERBATIM },
    { "V_MPEG4/ISO/AVC", "h264", HTH_CONFIG_VERBATIM },
    { "V_MPEGH/ISO/HEVC", "hevc", HTH_CONFIG_VERBATIM },
    { "V_VP8", "vp8", HTH_CONFIG_NONE },
    { "V_VP9", "vp9", HTH_CONFIG_NONE },
};

static void track_clear(gpointer data)
{
    hth_essence_stream_free(((Track *)data)->stream);
}

HthMatroskaEssence *hth_matroska_essence_new(HthLayoutBuilder *builder)
{
    HthMatroskaEssence *self = g_new0(HthMatroskaEssence, 1);
    HthByteSource *source = hth_layout_builder_source(builder);
    self->builder = builder;
    self->reader = hth_packet_reader_new(source);
    self->tracks = g_array_new(FALSE, TRUE, sizeof(Track));
    g_array_set_clear_func(self->tracks, track_clear);
    hth_matroska_window_init(&self->window, source);
    return self;
}

void hth_matroska_essence_free(HthMatroskaEssence *self)
{
    if (self == NULL)
        return;
    hth_packet_reader_free(self->reader);
    g_array_unref(self->tracks);
    g_free(self);
}

static gboolean is_row(const char *row_id, const char *id)
{
    const gsize length = strlen(row_id);
    return strncmp(row_id, id, length) == 0 && (id[length] == '\0' || id[length] == '/');
}

static HthEssenceStream *new_stream(const char *id, const guint8 *config, gsize size_bytes)
{
    for (guint i = 0; i < G_N_ELEMENTS(codec_rows); i++)
        if (is_row(codec_rows[i].id, id))
            return hth_essence_stream_new(codec_rows[i].codec, codec_rows[i].form, config,
                                          size_bytes);
    return hth_essence_stream_new(id, HTH_CONFIG_VERBATIM, config, size_bytes);
}

static gboolean add_track(HthMatroskaEssence *self, const HthMatroskaElement *entry)
{
    HthMatroskaElement child;
    char id[CODEC_ID_BYTES] = "";
    g_autofree guint8 *config = NULL;
    gsize n_config = 0;
    const guint64 body = hth_matroska_body(entry);
    guint64 number = 0;
    if (!hth_matroska_track_is_essence(&self->window, entry, &number))
        return TRUE;
    if (self->tracks->len == TRACKS_MAX)
        return FALSE;
    if (hth_matroska_element_find(&self->window, body, entry->end, HTH_MATROSKA_CODEC_ID, &child))
        hth_matroska_element_text(&self->window, &child, id, sizeof id - 1);
    if (hth_matroska_element_find(&self->window, body, entry->end, HTH_MATROSKA_CODEC_PRIVATE,
                                  &child)) {
        const guint64 offset = hth_matroska_body(&child);
        if (child.end - offset > HTH_ESSENCE_CONFIG_MAX)
            return FALSE;
        n_config = (gsize)(child.end - offset);
        config = g_malloc(n_config + 1);
        if (!hth_layout_builder_read(self->builder, offset, config, n_config))
            return FALSE;
    }
    const Track track = { .number = number, .stream = new_stream(id, config, n_config) };
    g_array_append_val(self->tracks, track);
    return TRUE;
}

void hth_matroska_essence_tracks(HthMatroskaEssence *self, const HthMatroskaElement *tracks)
{
    HthMatroskaElement entry;
    guint64 offset = hth_matroska_body(tracks);
    if (self->tracks->len > 0)
        return; /* a second copy of the same */
    for (; hth_matroska_element_read(&self->window, offset, tracks->end, &entry);
         offset = entry.end)
        if (entry.id == HTH_MATROSKA_TRACK_ENTRY && !add_track(self, &entry))
            self->has_failed = TRUE;
}

static HthEssenceStream *stream_of_block(HthMatroskaEssence *self)
{
    for (guint i = 0; i < self->tracks->len; i++) {
        const Track *track = &g_array_index(self->tracks, Track, i);
        if (track->number == self->block.track)
            return track->stream;
    }
    return NULL;
}

static gboolean add_frames(HthMatroskaEssence *self, HthEssenceStream *stream)
{
    guint64 offset = self->block.offset;
    for (guint i = 0; i < self->block.n_frames; i++) {
        const guint32 size = self->block.sizes[i];
        hth_essence_stream_begin_packet(stream, size);
        if (!hth_packet_reader_add(self->reader, stream, offset, size))
            return FALSE;
        offset += size;
        self->n_packets++;
    }
    return TRUE;
}

void hth_matroska_essence_block(HthMatroskaEssence *self, const HthMatroskaElement *element)
{
    HthMatroskaElement block = *element;
    if (self->has_failed || self->tracks->len == 0)
        return;
    if (element->id == HTH_MATROSKA_BLOCK_GROUP &&
        !hth_matroska_element_find(&self->window, hth_matroska_body(element), element->end,
                                   HTH_MATROSKA_BLOCK, &block))
        return;
    if (!hth_matroska_block_read(&self->window, &block, &self->block)) {
        self->has_failed = TRUE;
        return;
    }
    HthEssenceStream *stream = stream_of_block(self);
    if (stream != NULL && !add_frames(self, stream))
        self->has_failed = TRUE;
}

void hth_matroska_essence_finish(HthMatroskaEssence *self)
{
    if (self->has_failed || self->n_packets == 0)
        return;
    for (guint i = 0; i < self->tracks->len; i++) {
        HthDigest digest;
        hth_essence_stream_finish(g_array_index(self->tracks, Track, i).stream, &digest);
        hth_layout_builder_add_essence(self->builder, digest.bytes, sizeof digest.bytes);
    }
}
