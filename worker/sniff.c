/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sniff.h"

#include <string.h>

#include "bytes.h"
#include "id3.h"
#include "mpeg-audio.h"

typedef struct {
    const char *mark;
    guint8 length;
    guint8 offset;
    const char *second; /* four bytes at offset 8 that must be there too; NULL: none */
    HthMediaFormat format;
} MarkRow;

static const MarkRow marks[] = {
    { "fLaC", 4, 0, NULL, HTH_FORMAT_FLAC },
    { "OggS", 4, 0, NULL, HTH_FORMAT_OGG },
    { "RIFF", 4, 0, "WAVE", HTH_FORMAT_WAV },
    { "RF64", 4, 0, "WAVE", HTH_FORMAT_WAV },
    { "RIFF", 4, 0, "AVI ", HTH_FORMAT_AVI },
    { "RIFF", 4, 0, "WEBP", HTH_FORMAT_WEBP },
    { "FORM", 4, 0, "AIFF", HTH_FORMAT_AIFF },
    { "FORM", 4, 0, "AIFC", HTH_FORMAT_AIFF },
    { "\x30\x26\xb2\x75\x8e\x66\xcf\x11", 8, 0, NULL, HTH_FORMAT_ASF },
    { "\x1a\x45\xdf\xa3", 4, 0, NULL, HTH_FORMAT_MATROSKA },
    { "\x00\x00\x01\xba", 4, 0, NULL, HTH_FORMAT_MPEG_PS },
    { "\xff\xd8\xff", 3, 0, NULL, HTH_FORMAT_JPEG },
    { "\x89PNG\r\n\x1a\n", 8, 0, NULL, HTH_FORMAT_PNG },
    { "GIF87a", 6, 0, NULL, HTH_FORMAT_GIF },
    { "GIF89a", 6, 0, NULL, HTH_FORMAT_GIF },
    { "II*\0", 4, 0, NULL, HTH_FORMAT_TIFF },
    { "MM\0*", 4, 0, NULL, HTH_FORMAT_TIFF },
    { "moov", 4, 4, NULL, HTH_FORMAT_MOV }, /* QuickTime from before "ftyp" */
    { "mdat", 4, 4, NULL, HTH_FORMAT_MOV },
    { "wide", 4, 4, NULL, HTH_FORMAT_MOV },
};

static const char *const heif_brands[] = { "heic", "heix", "heim", "heis",
                                           "hevc", "mif1", "msf1", "avif" };

static HthMediaFormat format_of_brand(const guint8 *brand)
{
    if (memcmp(brand, "qt  ", 4) == 0)
        return HTH_FORMAT_MOV;
    for (guint i = 0; i < G_N_ELEMENTS(heif_brands); i++) {
        if (memcmp(brand, heif_brands[i], 4) == 0)
            return HTH_FORMAT_HEIF;
    }
    return HTH_FORMAT_MP4;
}

static gboolean has_sync_every(const guint8 *bytes, gsize size, gsize first, gsize step)
{
    guint n = 0;
    for (gsize at = first; at < size && n < 5; at += step, n++) {
        if (bytes[at] != 0x47)
            return FALSE;
    }
    return n >= 2;
}

static gboolean is_adts(const guint8 *bytes, gsize size)
{
    return size >= 7 && bytes[0] == 0xff && (bytes[1] & 0xf6) == 0xf0;
}

static HthMediaFormat format_of_bytes(const guint8 *bytes, gsize size)
{
    for (guint i = 0; i < G_N_ELEMENTS(marks); i++) {
        const MarkRow *row = &marks[i];
        if (size >= 12 && memcmp(bytes + row->offset, row->mark, row->length) == 0 &&
            (row->second == NULL || memcmp(bytes + 8, row->second, 4) == 0))
            return row->format;
    }
    if (size >= 12 && memcmp(bytes + 4, "ftyp", 4) == 0)
        return format_of_brand(bytes + 8);
    if (has_sync_every(bytes, size, 0, 188))
        return HTH_FORMAT_MPEG_TS;
    if (has_sync_every(bytes, size, 4, 192))
        return HTH_FORMAT_MPEG_TS_192;
    if (size >= 26 && bytes[0] == 'B' && bytes[1] == 'M' && le32(bytes + 14) >= 12 &&
        le32(bytes + 14) <= 124)
        return HTH_FORMAT_BMP;
    if (is_adts(bytes, size))
        return HTH_FORMAT_AAC;
    if (hth_mpeg_audio_is_frame(bytes, size))
        return HTH_FORMAT_MP3;
    return HTH_FORMAT_UNKNOWN;
}

static gboolean is_text_format(HthMediaFormat format)
{
    return format >= HTH_FORMAT_M3U && format <= HTH_FORMAT_ASS;
}

HthMediaFormat hth_sniff(HthSource *source, HthMediaFormat hint)
{
    if (is_text_format(hint))
        return hint;
    const gsize tag = hth_id3_tag_size(source->head, source->head_bytes);
    if (tag > 0) {
        /* A tag in front: of MP3, but some programs put one before FLAC and AAC too. */
        guint8 behind[64];
        const gsize n = hth_source_read_at(source, (gint64)tag, behind, sizeof behind);
        const HthMediaFormat format = format_of_bytes(behind, n);
        return format == HTH_FORMAT_FLAC || format == HTH_FORMAT_AAC ? format : HTH_FORMAT_MP3;
    }
    const HthMediaFormat format = format_of_bytes(source->head, source->head_bytes);
    return format == HTH_FORMAT_UNKNOWN && hint == HTH_FORMAT_MP3 ? HTH_FORMAT_MP3 : format;
}
