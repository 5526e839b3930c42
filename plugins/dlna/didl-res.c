/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "didl-res.h"

#include <string.h>

#include "filter.h"
#include "media/media-type.h"
#include "profile.h"

#define LT "&lt;"
#define GT "&gt;"

/* Streaming, background, stalling allowed, DLNA 1.5 (interop: bits 24, 22, 21, 20). */
#define FLAGS_AV "01700000000000000000000000000000"
/* Interactive and background instead of streaming (bits 23 to 20). */
#define FLAGS_PHOTO "00F00000000000000000000000000000"

static HthMediaKind record_kind(const HthRecord *record)
{
    if (record->class == HTH_OBJECT_MUSIC_TRACK)
        return HTH_MEDIA_AUDIO;
    return record->class == HTH_OBJECT_PHOTO ? HTH_MEDIA_PHOTO : HTH_MEDIA_VIDEO;
}

HthMediaFace hth_didl_face(const HthRecord *record)
{
    return hth_client_face(record_kind(record));
}

const char *hth_didl_extension(const HthRecord *record)
{
    return hth_media_extension((HthMediaFormat)record->format, record_kind(record));
}

const char *hth_didl_profile_name(const HthClient *client, HthMediaFormat format, HthMediaFace face,
                                  guint profile)
{
    if (profile == HTH_PROFILE_NONE || client->omits_profile[format])
        return "";
    const char *type = hth_profile_mime_type((HthProfile)profile);
    if (strcmp(client->mime_type[format][face], type) != 0)
        return "";
    return hth_profile_name((HthProfile)profile);
}

void hth_didl_fourth_field(HthXmlOut *out, const char *profile, gboolean is_photo,
                           gboolean is_converted)
{
    if (profile != NULL && *profile != '\0') {
        hth_xml_out_literal(out, "DLNA.ORG_PN=");
        hth_xml_out_text(out, profile);
        hth_xml_out_literal(out, ";");
    }
    if (is_converted)
        hth_xml_out_literal(out, "DLNA.ORG_OP=01;DLNA.ORG_CI=1;DLNA.ORG_FLAGS=");
    else
        hth_xml_out_literal(out, "DLNA.ORG_OP=01;DLNA.ORG_CI=0;DLNA.ORG_FLAGS=");
    if (is_photo)
        hth_xml_out_literal(out, FLAGS_PHOTO);
    else
        hth_xml_out_literal(out, FLAGS_AV);
}

static void append_two_digits(HthXmlOut *out, guint32 value)
{
    const char digits[2] = { (char)('0' + value / 10 % 10), (char)('0' + value % 10) };
    hth_xml_out_append(out, digits, sizeof digits);
}

void hth_didl_append_duration(HthXmlOut *out, guint32 duration_ms)
{
    const guint32 seconds = duration_ms / 1000;
    hth_xml_out_number(out, seconds / 3600);
    hth_xml_out_literal(out, ":");
    append_two_digits(out, seconds / 60 % 60);
    hth_xml_out_literal(out, ":");
    append_two_digits(out, seconds % 60);
    const char fraction[4] = { '.', (char)('0' + duration_ms / 100 % 10),
                               (char)('0' + duration_ms / 10 % 10),
                               (char)('0' + duration_ms % 10) };
    hth_xml_out_append(out, fraction, sizeof fraction);
}

#define append_attribute(out, name, number)                                                        \
    G_STMT_START                                                                                   \
    {                                                                                              \
        hth_xml_out_literal((out), " " name "=\"");                                                \
        hth_xml_out_number((out), (number));                                                       \
        hth_xml_out_literal((out), "\"");                                                          \
    }                                                                                              \
    G_STMT_END

static void append_resolution(HthXmlOut *out, guint width, guint height)
{
    hth_xml_out_literal(out, " resolution=\"");
    hth_xml_out_number(out, width);
    hth_xml_out_literal(out, "x");
    hth_xml_out_number(out, height);
    hth_xml_out_literal(out, "\"");
}

/* bitrate is in bytes a second (ContentDirectory:1, appendix B.2.1.4). */
static void append_properties(HthXmlOut *out, guint32 filter, const HthRecord *record)
{
    if (record->file_bytes > 0 && (filter & HTH_FILTER_RES_SIZE))
        append_attribute(out, "size", (guint64)record->file_bytes);
    if (record->duration_ms > 0 && (filter & HTH_FILTER_RES_DURATION)) {
        hth_xml_out_literal(out, " duration=\"");
        hth_didl_append_duration(out, record->duration_ms);
        hth_xml_out_literal(out, "\"");
    }
    if (record->bitrate_bps >= 8 && (filter & HTH_FILTER_RES_BITRATE))
        append_attribute(out, "bitrate", record->bitrate_bps / 8);
    if (record->sample_rate_hz > 0 && (filter & HTH_FILTER_RES_SAMPLE_RATE))
        append_attribute(out, "sampleFrequency", record->sample_rate_hz);
    if (record->channels > 0 && (filter & HTH_FILTER_RES_CHANNELS))
        append_attribute(out, "nrAudioChannels", record->channels);
    if (record->bits_per_sample > 0 && (filter & HTH_FILTER_RES_BITS))
        append_attribute(out, "bitsPerSample", record->bits_per_sample);
    if (record->width > 0 && record->height > 0 && (filter & HTH_FILTER_RES_RESOLUTION))
        append_resolution(out, record->width, record->height);
}

static void append_media_url(HthXmlOut *out, const HthDidlStyle *style, const HthRecordString *path)
{
    hth_xml_out_append(out, style->base_url, style->base_length);
    hth_xml_out_literal(out, "/m/");
    hth_xml_out_append(out, path->text, path->length);
}

/* "SRT" from "…/original.srt" */
static void append_caption_type(HthXmlOut *out, const HthRecordString *caption, gboolean is_upper)
{
    const char *dot = strrchr(caption->text, '.');
    for (const char *c = dot != NULL ? dot + 1 : ""; *c != '\0'; c++) {
        const char letter = is_upper ? g_ascii_toupper(*c) : *c;
        hth_xml_out_append(out, &letter, 1);
    }
}

static void append_caption_attributes(HthXmlOut *out, const HthDidlStyle *style,
                                      const HthRecordString *caption)
{
    hth_xml_out_literal(out, " pv:subtitleFileType=\"");
    append_caption_type(out, caption, TRUE);
    hth_xml_out_literal(out, "\" pv:subtitleFileUri=\"");
    append_media_url(out, style, caption);
    hth_xml_out_literal(out, "\"");
}

static void append_original(HthXmlOut *out, const HthDidlStyle *style, const HthRecord *record,
                            const HthRecordStrings *strings, const char *profile)
{
    const HthMediaFace face = hth_didl_face(record);
    hth_xml_out_literal(out, LT "res protocolInfo=\"");
    hth_xml_out_text(out, style->client->protocol_head[record->format][face]);
    hth_didl_fourth_field(out, profile, face == HTH_FACE_PHOTO, FALSE);
    hth_xml_out_literal(out, "\"");
    append_properties(out, style->filter, record);
    if (style->client->caption_attributes && record->n_list[HTH_RECORD_SUBTITLES] > 0)
        append_caption_attributes(out, style, &strings->lists[HTH_RECORD_SUBTITLES][0]);
    hth_xml_out_literal(out, GT);
    append_media_url(out, style, &strings->texts[HTH_RECORD_LEAF_ID]);
    hth_xml_out_literal(out, "/original.");
    hth_xml_out_text(out, hth_didl_extension(record));
    hth_xml_out_literal(out, LT "/res" GT);
}

static void append_jpeg_head(HthXmlOut *out, const HthDidlStyle *style, HthProfile profile)
{
    hth_xml_out_literal(out, LT "res protocolInfo=\"http-get:*:image/jpeg:");
    hth_didl_fourth_field(out, hth_profile_name(profile), TRUE,
                          !style->client->is_conversion_hidden);
    hth_xml_out_literal(out, "\"");
}

/* ---- Photos ---- */

void hth_didl_fit(guint *width, guint *height, guint side)
{
    const guint longer = MAX(*width, *height);
    if (longer <= side)
        return;
    *width = (guint)MAX(((guint64)*width * side + longer / 2) / longer, 1);
    *height = (guint)MAX(((guint64)*height * side + longer / 2) / longer, 1);
}

/* A photo made to fit in a square of @side pixels, with its proportions kept. */
static void append_photo_size(HthXmlOut *out, const HthDidlStyle *style, const HthRecord *record,
                              const HthRecordStrings *strings, guint side)
{
    guint width = record->width, height = record->height;
    hth_didl_fit(&width, &height, side);
    const HthProfile profile =
        side <= 160 ? HTH_PROFILE_JPEG_TN : hth_profile_of_jpeg(width, height);
    append_jpeg_head(out, style, profile);
    if (width > 0 && height > 0 && (style->filter & HTH_FILTER_RES_RESOLUTION))
        append_resolution(out, width, height);
    hth_xml_out_literal(out, GT);
    append_media_url(out, style, &strings->texts[HTH_RECORD_LEAF_ID]);
    hth_xml_out_literal(out, "/jpeg-");
    hth_xml_out_number(out, side);
    hth_xml_out_literal(out, ".jpg" LT "/res" GT);
}

/* What a TV shows as it is. The others come as JPEG first. */
static gboolean is_shown_by_all(const HthRecord *record)
{
    return record->format == HTH_FORMAT_JPEG || record->format == HTH_FORMAT_PNG ||
           record->format == HTH_FORMAT_GIF;
}

static void append_photo(HthXmlOut *out, const HthDidlStyle *style, const HthRecord *record,
                         const HthRecordStrings *strings)
{
    const guint longer = MAX(record->width, record->height);
    const gboolean is_shown = is_shown_by_all(record);
    const char *profile = hth_didl_profile_name(style->client, (HthMediaFormat)record->format,
                                                HTH_FACE_PHOTO, record->profile);
    if (is_shown)
        append_original(out, style, record, strings, profile);
    if (!is_shown || (longer > 4096 && style->client->has_photo_sizes))
        append_photo_size(out, style, record, strings, 4096);
    if (style->client->has_photo_sizes && (longer == 0 || longer > 1024 || !is_shown))
        append_photo_size(out, style, record, strings, 1024);
    append_photo_size(out, style, record, strings, 160);
    if (!is_shown)
        append_original(out, style, record, strings, profile);
}

/* ---- Audio and video ---- */

static void append_extra(HthXmlOut *out, const HthDidlStyle *style, const HthRecord *record,
                         const HthRecordStrings *strings)
{
    char *const *names = style->client->extra_profiles[record->format][record->video_codec];
    for (guint i = 0; i < HTH_CLIENT_MAX_EXTRA_RES && names[i] != NULL; i++)
        append_original(out, style, record, strings, names[i]);
}

/* After the film: some players take the first res and would show the picture. */
static void append_thumbnail(HthXmlOut *out, const HthDidlStyle *style,
                             const HthRecordStrings *strings)
{
    const HthRecordString *art = &strings->texts[HTH_RECORD_ARTWORK_ID];
    if (art->length == 0)
        return;
    append_jpeg_head(out, style, HTH_PROFILE_JPEG_TN);
    hth_xml_out_literal(out, GT);
    hth_xml_out_append(out, style->base_url, style->base_length);
    hth_xml_out_literal(out, "/a/");
    hth_xml_out_append(out, art->text, art->length);
    hth_xml_out_literal(out, "/160.jpg" LT "/res" GT);
}

static void append_caption_resources(HthXmlOut *out, const HthDidlStyle *style,
                                     const HthRecord *record, const HthRecordStrings *strings)
{
    for (guint i = 0; i < record->n_list[HTH_RECORD_SUBTITLES]; i++) {
        hth_xml_out_literal(out, LT "res protocolInfo=\"http-get:*:");
        hth_xml_out_text(out, style->client->caption_res_type);
        hth_xml_out_literal(out, ":*\"" GT);
        append_media_url(out, style, &strings->lists[HTH_RECORD_SUBTITLES][i]);
        hth_xml_out_literal(out, LT "/res" GT);
    }
}

void hth_didl_append_resources(HthXmlOut *out, const HthDidlStyle *style, const HthRecord *record,
                               const HthRecordStrings *strings)
{
    if (record->class == HTH_OBJECT_PHOTO) {
        append_photo(out, style, record, strings);
        return;
    }
    const HthMediaFace face = hth_didl_face(record);
    const char *profile =
        hth_didl_profile_name(style->client, (HthMediaFormat)record->format, face, record->profile);
    append_original(out, style, record, strings, profile);
    if (face != HTH_FACE_VIDEO)
        return;
    append_extra(out, style, record, strings);
    if (style->client->has_thumbnail_res)
        append_thumbnail(out, style, strings);
    if (style->client->caption_res_type != NULL)
        append_caption_resources(out, style, record, strings);
}

void hth_didl_append_caption_elements(HthXmlOut *out, const HthDidlStyle *style,
                                      const HthRecord *record, const HthRecordStrings *strings)
{
    const HthClient *client = style->client;
    if (!client->caption_element || !client->has_sec_namespace)
        return;
    for (guint i = 0; i < record->n_list[HTH_RECORD_SUBTITLES]; i++) {
        const HthRecordString *caption = &strings->lists[HTH_RECORD_SUBTITLES][i];
        hth_xml_out_literal(out, LT "sec:CaptionInfoEx sec:type=\"");
        append_caption_type(out, caption, FALSE);
        if (client->caption_element_has_protocol)
            hth_xml_out_literal(out, "\" protocolInfo=\"http-get:*:smi/caption:*");
        hth_xml_out_literal(out, "\"" GT);
        append_media_url(out, style, caption);
        hth_xml_out_literal(out, LT "/sec:CaptionInfoEx" GT);
    }
}
