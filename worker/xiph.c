/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "xiph.h"

#include <string.h>

#include "base/error.h"
#include "bytes.h"
#include "tags.h"

#define COMMENTS_MAX 4000
#define BLOCKS_MAX   512
#define OGG_HEADER   27
#define OGG_PAGE_MAX (OGG_HEADER + 255 + 255 * 255)
/* A comment header with pictures in it is read up to here, in pages of at most 64 KiB. */
#define OGG_PAGES_MAX 4000

static gboolean fail_corrupt(GError **error, const char *what)
{
    g_set_error_literal(error, HTH_ERROR, HTH_ERROR_CORRUPT, what);
    return FALSE;
}

/* ---- Comments and pictures ---- */

void hth_flac_picture_read(HthProbe *probe, const guint8 *bytes, gsize size_bytes)
{
    if (size_bytes < 8)
        return;
    const guint32 type = be32(bytes);
    gsize at = 4;
    /* Two strings with their lengths, four numbers, and the picture with its length. */
    for (guint i = 0; i < 2; i++) {
        if (size_bytes - at < 4)
            return;
        const guint32 length = be32(bytes + at);
        at += 4;
        if (length > size_bytes - at)
            return;
        at += length;
    }
    if (size_bytes - at < 20)
        return;
    const guint32 length = be32(bytes + at + 16);
    at += 20;
    hth_probe_offer_picture(probe, type, bytes + at, MIN(length, size_bytes - at));
}

static void add_comment(HthProbe *probe, const guint8 *bytes, gsize size)
{
    static const char picture_key[] = "METADATA_BLOCK_PICTURE=";
    const gsize key_length = strlen(picture_key);
    if (size > key_length && size <= HTH_PROBE_PICTURE_MAX &&
        g_ascii_strncasecmp((const char *)bytes, picture_key, key_length) == 0) {
        g_autofree char *text = g_strndup((const char *)bytes + key_length, size - key_length);
        gsize decoded = 0;
        g_base64_decode_inplace(text, &decoded);
        hth_flac_picture_read(probe, (const guint8 *)text, decoded);
        return;
    }
    g_autofree char *text = g_strndup((const char *)bytes, MIN(size, 64 * 1024));
    char *equals = strchr(text, '=');
    if (equals == NULL)
        return;
    *equals = '\0';
    hth_tags_add(probe->info, text, equals + 1);
}

void hth_vorbis_comment_read(HthProbe *probe, const guint8 *bytes, gsize size_bytes)
{
    if (size_bytes < 8)
        return;
    const guint32 vendor = le32(bytes);
    if (vendor > size_bytes - 8)
        return;
    gsize at = 4 + vendor;
    const guint32 n = le32(bytes + at);
    at += 4;
    for (guint32 i = 0; i < MIN(n, COMMENTS_MAX) && size_bytes - at >= 4; i++) {
        const guint32 length = le32(bytes + at);
        at += 4;
        if (length > size_bytes - at)
            return;
        add_comment(probe, bytes + at, length);
        at += length;
    }
}

/* ---- FLAC ---- */

/* What is the same for native FLAC and FLAC in Ogg: the 34 bytes of STREAMINFO. */
static void set_streaminfo(HthMediaInfo *info, const guint8 *at)
{
    info->sample_rate_hz = be32(at + 10) >> 12;
    info->channels = (guint8)(((at[12] >> 1) & 7) + 1);
    info->bits_per_sample = (guint8)((((at[12] & 1) << 4) | at[13] >> 4) + 1);
    const guint64 samples = (guint64)(at[13] & 0x0f) << 32 | be32(at + 14);
    if (info->sample_rate_hz > 0)
        info->duration_ms = (gint64)(samples * 1000 / info->sample_rate_hz);
    g_strlcpy(info->audio_codec, "flac", sizeof info->audio_codec);
}

static void set_average_bitrate(HthMediaInfo *info, gint64 audio_bytes)
{
    if (info->duration_ms > 0)
        info->bitrate_bps =
            (guint32)CLAMP(audio_bytes / info->duration_ms * 8000, 0, (gint64)G_MAXUINT32);
    if (info->duration_ms > 0 && audio_bytes < 100000000)
        info->bitrate_bps = (guint32)(audio_bytes * 8000 / info->duration_ms);
}

static void read_block(HthProbe *probe, guint type, gint64 offset, gsize size)
{
    g_autoptr(GByteArray) block = hth_source_read_block(probe->source, offset, size);
    if (type == 0 && block->len >= 34)
        set_streaminfo(probe->info, block->data);
    else if (type == 4)
        hth_vorbis_comment_read(probe, block->data, block->len);
    else if (type == 6)
        hth_flac_picture_read(probe, block->data, block->len);
}

gboolean hth_flac_read(HthProbe *probe, gint64 offset, GError **error)
{
    HthMediaInfo *info = probe->info;
    gint64 at = offset + 4;
    gboolean is_last = FALSE;
    for (guint i = 0; i < BLOCKS_MAX && !is_last; i++) {
        guint8 header[4];
        if (hth_source_read_at(probe->source, at, header, 4) != 4)
            break;
        is_last = (header[0] & 0x80) != 0;
        const gsize size = be24(header + 1);
        at += 4;
        if ((header[0] & 0x7f) == 0 || (header[0] & 0x7f) == 4 || (header[0] & 0x7f) == 6)
            read_block(probe, header[0] & 0x7f, at, size);
        at += (gint64)size;
    }
    if (info->sample_rate_hz == 0)
        return fail_corrupt(error, "no STREAMINFO in the FLAC file");
    info->kind = HTH_MEDIA_AUDIO;
    info->format = HTH_FORMAT_FLAC;
    info->n_audio_streams = 1;
    set_average_bitrate(info, MAX(probe->source->size_bytes - at, 0));
    return TRUE;
}

/* ---- Ogg ---- */

typedef struct {
    HthSource *source;
    gint64 at;      /* of the next page */
    guint32 serial; /* of the stream that is read */
    guint8 page[OGG_PAGE_MAX];
    gsize page_bytes;
    guint n_pages;
    guint next_segment;
    gsize next_byte; /* in the page, of the next segment */
} OggReader;

/* The next page of the stream into self->page. */
static gboolean next_page(OggReader *self)
{
    while (self->n_pages++ < OGG_PAGES_MAX) {
        if (hth_source_read_at(self->source, self->at, self->page, OGG_HEADER) != OGG_HEADER ||
            memcmp(self->page, "OggS", 4) != 0)
            return FALSE;
        const guint n_segments = self->page[26];
        if (hth_source_read_at(self->source, self->at + OGG_HEADER, self->page + OGG_HEADER,
                               n_segments) != n_segments)
            return FALSE;
        gsize body = 0;
        for (guint i = 0; i < n_segments; i++)
            body += self->page[OGG_HEADER + i];
        self->page_bytes = OGG_HEADER + n_segments + body;
        const gint64 page_at = self->at;
        self->at += (gint64)self->page_bytes;
        if (self->n_pages > 1 && le32(self->page + 14) != self->serial)
            continue;
        const gsize read = hth_source_read_at(self->source, page_at + OGG_HEADER + n_segments,
                                              self->page + OGG_HEADER + n_segments, body);
        self->serial = le32(self->page + 14);
        self->next_segment = 0;
        self->next_byte = OGG_HEADER + n_segments;
        return read == body;
    }
    return FALSE;
}

/* Returns: the next packet of the stream, at most HTH_PROBE_PICTURE_MAX bytes of it; NULL: none. */
static GByteArray *next_packet(OggReader *self)
{
    g_autoptr(GByteArray) packet = g_byte_array_new();
    for (;;) {
        if (self->next_segment >= (self->page_bytes > 0 ? self->page[26] : 0) && !next_page(self))
            return NULL;
        while (self->next_segment < self->page[26]) {
            const guint size = self->page[OGG_HEADER + self->next_segment++];
            if (packet->len + size <= HTH_PROBE_PICTURE_MAX)
                g_byte_array_append(packet, self->page + self->next_byte, size);
            self->next_byte += size;
            if (size < 255)
                return g_steal_pointer(&packet);
        }
    }
}

/* The granule position of the stream's last page; -1: none was found. */
static gint64 last_granule(HthSource *source, guint32 serial)
{
    for (gsize wanted = 16 * 1024; wanted <= 256 * 1024; wanted *= 4) {
        const gint64 from = MAX(source->size_bytes - (gint64)wanted, 0);
        g_autoptr(GByteArray) tail = hth_source_read_block(source, from, wanted);
        for (gsize at = tail->len; at-- > 0;) {
            if (tail->data[at] != 'O' || at + OGG_HEADER > tail->len ||
                memcmp(tail->data + at, "OggS", 4) != 0 || le32(tail->data + at + 14) != serial)
                continue;
            const gint64 granule = (gint64)le64(tail->data + at + 6);
            if (granule >= 0)
                return granule;
        }
    }
    return -1;
}

/* Reads the identification header. Returns: samples to leave out at the start; -1: another codec.
 * @out_clock_hz: what the granule position counts in. */
static gint64 read_ogg_id(HthMediaInfo *info, const GByteArray *packet, guint *out_clock_hz)
{
    const guint8 *at = packet->data;
    gint64 skipped = 0;
    if (packet->len >= 30 && memcmp(at, "\1vorbis", 7) == 0) {
        info->channels = at[11];
        info->sample_rate_hz = *out_clock_hz = le32(at + 12);
        g_strlcpy(info->audio_codec, "vorbis", sizeof info->audio_codec);
    } else if (packet->len >= 19 && memcmp(at, "OpusHead", 8) == 0) {
        info->channels = at[9];
        skipped = le16(at + 10);
        info->sample_rate_hz = *out_clock_hz = 48000; /* always decoded so (RFC 7845) */
        g_strlcpy(info->audio_codec, "opus", sizeof info->audio_codec);
    } else if (packet->len >= 51 && memcmp(at,
                                           "\x7f"
                                           "FLAC",
                                           5) == 0) {
        set_streaminfo(info, at + 17);
        *out_clock_hz = info->sample_rate_hz;
    } else {
        return -1;
    }
    return skipped;
}

static void read_ogg_comment(HthProbe *probe, const GByteArray *packet)
{
    const guint8 *at = packet->data;
    if (packet->len > 7 && memcmp(at, "\3vorbis", 7) == 0)
        hth_vorbis_comment_read(probe, at + 7, packet->len - 7);
    else if (packet->len > 8 && memcmp(at, "OpusTags", 8) == 0)
        hth_vorbis_comment_read(probe, at + 8, packet->len - 8);
    else if (packet->len > 4 && (at[0] & 0x7f) == 4)
        hth_vorbis_comment_read(probe, at + 4, packet->len - 4);
    else if (packet->len > 4 && (at[0] & 0x7f) == 6)
        hth_flac_picture_read(probe, at + 4, packet->len - 4);
}

gboolean hth_ogg_read(HthProbe *probe, GError **error)
{
    HthMediaInfo *info = probe->info;
    g_autofree OggReader *reader = g_new0(OggReader, 1);
    reader->source = probe->source;
    g_autoptr(GByteArray) id = next_packet(reader);
    if (id == NULL)
        return fail_corrupt(error, "no Ogg page in it");
    guint clock_hz = 0;
    const gint64 skipped = read_ogg_id(info, id, &clock_hz);
    const gboolean is_alone = reader->at >= probe->source->size_bytes ||
                              reader->page[26] == 1; /* one packet in the first page, always */
    guint8 next[6] = { 0 };
    (void)hth_source_read_at(probe->source, reader->at, next, sizeof next);
    const gboolean has_more_streams = (next[5] & 2) != 0; /* begins another one */
    if (skipped < 0 || !is_alone || has_more_streams) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_UNSUPPORTED, "not plain audio in Ogg");
        return FALSE;
    }
    if (clock_hz == 0)
        return fail_corrupt(error, "a sample rate of nothing");
    const gboolean is_flac = strcmp(info->audio_codec, "flac") == 0;
    for (guint i = 0; i < (is_flac ? BLOCKS_MAX : 1); i++) {
        g_autoptr(GByteArray) comment = next_packet(reader);
        if (comment == NULL)
            break;
        read_ogg_comment(probe, comment);
        if (comment->len > 0 && is_flac && (comment->data[0] & 0x80) != 0)
            break;
    }
    const gint64 granule = last_granule(probe->source, reader->serial);
    if (granule > skipped)
        info->duration_ms = (gint64)((double)(granule - skipped) * 1000 / clock_hz);
    info->kind = HTH_MEDIA_AUDIO;
    info->format = HTH_FORMAT_OGG;
    info->n_audio_streams = 1;
    if (info->bitrate_bps == 0)
        set_average_bitrate(info, probe->source->size_bytes);
    return TRUE;
}
