/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "didl.h"

#include <string.h>

#include "didl-res.h"
#include "filter.h"

/* Markup of DIDL, as it stands in the text of SOAP's Result. Quotes need no escape in text. */
#define LT "&lt;"
#define GT "&gt;"

static gboolean wants(const HthDidlStyle *style, guint32 bit)
{
    return (style->filter & bit) != 0;
}

/* Text for clients that take ASCII only. */
static void append_ascii(HthXmlOut *out, const HthRecordString *string)
{
    g_autofree char *plain = hth_xml_unescape(string->text, string->length, HTH_XML_TWICE);
    g_autofree char *ascii = g_str_to_ascii(plain, "C");
    hth_xml_out_escaped(out, ascii, HTH_XML_TWICE);
}

static void append_string(HthXmlOut *out, const HthDidlStyle *style, const HthRecordString *string)
{
    if (G_UNLIKELY(style->client->is_ascii))
        append_ascii(out, string);
    else
        hth_xml_out_append(out, string->text, string->length);
}

#define append_element(out, style, name, string)                                                   \
    G_STMT_START                                                                                   \
    {                                                                                              \
        hth_xml_out_literal((out), LT name GT);                                                    \
        append_string((out), (style), (string));                                                   \
        hth_xml_out_literal((out), LT "/" name GT);                                                \
    }                                                                                              \
    G_STMT_END

#define append_number_element(out, name, number)                                                   \
    G_STMT_START                                                                                   \
    {                                                                                              \
        hth_xml_out_literal((out), LT name GT);                                                    \
        hth_xml_out_number((out), (number));                                                       \
        hth_xml_out_literal((out), LT "/" name GT);                                                \
    }                                                                                              \
    G_STMT_END

/* ---- Title ---- */

/* Cuts @title at @max_bytes, on a character and ahead of @keep (an extension to be left on). */
static char *shorten(const char *title, gint64 max_bytes, const char *keep)
{
    const gsize room = (gsize)MAX(max_bytes, 1);
    const gsize keep_length = strlen(keep) < room ? strlen(keep) : 0;
    const gsize max_title = room - keep_length;
    if (strlen(title) <= max_title)
        return g_strconcat(title, keep, NULL);
    const char *end = g_utf8_find_prev_char(title, title + max_title + 1);
    g_autofree char *cut = g_strndup(title, end != NULL ? (gsize)(end - title) : max_title);
    return g_strconcat(cut, keep_length > 0 ? keep : "", NULL);
}

static gint64 title_room(const HthClient *client, const HthRecord *record)
{
    const gboolean has_captions = record->n_list[HTH_RECORD_SUBTITLES] > 0;
    if (has_captions && client->title_max_bytes_with_captions > 0)
        return client->title_max_bytes_with_captions;
    return client->title_max_bytes > 0 ? client->title_max_bytes : HTH_RECORD_MAX_TITLE;
}

/* The title as the client's rules want it; a new string, not escaped. */
static char *ruled_title(const HthClient *client, const HthRecord *record,
                         const HthRecordString *title)
{
    g_autofree char *plain = hth_xml_unescape(title->text, title->length, HTH_XML_TWICE);
    if (client->is_ascii) {
        char *ascii = g_str_to_ascii(plain, "C");
        g_free(plain);
        plain = ascii;
    }
    g_autofree char *suffix = NULL;
    const gboolean is_item = !hth_record_is_container(record);
    const gboolean is_dot_missing = client->title_has_dot && strchr(plain, '.') == NULL &&
                                    record->n_list[HTH_RECORD_SUBTITLES] > 0;
    if (is_item && (client->title_has_extension || is_dot_missing))
        suffix = g_strconcat(".", hth_didl_extension(record), NULL);
    if (suffix != NULL && g_str_has_suffix(plain, suffix))
        g_clear_pointer(&suffix, g_free);
    return shorten(plain, title_room(client, record), suffix != NULL ? suffix : "");
}

static void append_title(HthXmlOut *out, const HthDidlStyle *style, const HthRecord *record,
                         const HthRecordString *title)
{
    hth_xml_out_literal(out, LT "dc:title" GT);
    const gboolean is_ruled =
        style->client->has_title_rules ||
        (style->client->has_caption_title_rules && record->n_list[HTH_RECORD_SUBTITLES] > 0);
    if (G_UNLIKELY(is_ruled)) {
        g_autofree char *ruled = ruled_title(style->client, record, title);
        hth_xml_out_escaped(out, ruled, HTH_XML_TWICE);
    } else {
        hth_xml_out_append(out, title->text, title->length);
    }
    hth_xml_out_literal(out, LT "/dc:title" GT);
}

/* ---- What containers and items share ---- */

static void append_class(HthXmlOut *out, const HthDidlStyle *style, const HthRecord *record)
{
    const gboolean is_replaced =
        style->client->container_class != NULL && hth_record_is_container(record);
    hth_xml_out_literal(out, LT "upnp:class" GT);
    hth_xml_out_text(out, is_replaced ? style->client->container_class
                                      : hth_object_class_name((HthObjectClass)record->class));
    hth_xml_out_literal(out, LT "/upnp:class" GT);
}

static void append_date(HthXmlOut *out, const HthDidlStyle *style, const HthRecord *record,
                        const HthRecordString *date)
{
    const gboolean is_invented =
        record->is_date_from_file && record->class == HTH_OBJECT_MUSIC_TRACK;
    if (date->length == 0 || (is_invented && !style->client->is_date_always))
        return;
    const gsize length = style->client->is_date_short ? MIN(date->length, 10) : date->length;
    hth_xml_out_literal(out, LT "dc:date" GT);
    hth_xml_out_append(out, date->text, length);
    hth_xml_out_literal(out, LT "/dc:date" GT);
}

static void append_people(HthXmlOut *out, const HthDidlStyle *style, const HthRecord *record,
                          const HthRecordStrings *strings)
{
    const guint n_artists = record->n_list[HTH_RECORD_ARTISTS];
    const HthRecordString *artists = strings->lists[HTH_RECORD_ARTISTS];
    if (n_artists > 0 && wants(style, HTH_FILTER_CREATOR))
        append_element(out, style, "dc:creator", &artists[0]);
    for (guint i = 0; i < n_artists && wants(style, HTH_FILTER_ARTIST); i++)
        append_element(out, style, "upnp:artist", &artists[i]);
    for (guint i = 0; i < record->n_list[HTH_RECORD_ALBUM_ARTISTS]; i++) {
        if (!wants(style, HTH_FILTER_ARTIST))
            break;
        hth_xml_out_literal(out, LT "upnp:artist role=\"AlbumArtist\"" GT);
        append_string(out, style, &strings->lists[HTH_RECORD_ALBUM_ARTISTS][i]);
        hth_xml_out_literal(out, LT "/upnp:artist" GT);
    }
    for (guint i = 0; i < record->n_list[HTH_RECORD_COMPOSERS]; i++) {
        if (!wants(style, HTH_FILTER_AUTHOR))
            break;
        hth_xml_out_literal(out, LT "upnp:author role=\"Composer\"" GT);
        append_string(out, style, &strings->lists[HTH_RECORD_COMPOSERS][i]);
        hth_xml_out_literal(out, LT "/upnp:author" GT);
    }
}

static void append_music(HthXmlOut *out, const HthDidlStyle *style, const HthRecord *record,
                         const HthRecordStrings *strings)
{
    append_people(out, style, record, strings);
    if (strings->texts[HTH_RECORD_ALBUM].length > 0 && wants(style, HTH_FILTER_ALBUM))
        append_element(out, style, "upnp:album", &strings->texts[HTH_RECORD_ALBUM]);
    for (guint i = 0; i < record->n_list[HTH_RECORD_GENRES] && wants(style, HTH_FILTER_GENRE); i++)
        append_element(out, style, "upnp:genre", &strings->lists[HTH_RECORD_GENRES][i]);
    if (record->track > 0 && wants(style, HTH_FILTER_TRACK))
        append_number_element(out, "upnp:originalTrackNumber", record->track);
    if (record->disc > 0 && wants(style, HTH_FILTER_DISC))
        append_number_element(out, "upnp:originalDiscNumber", record->disc);
}

static void append_art_uri(HthXmlOut *out, const HthDidlStyle *style, const char *profile,
                           const char *folder, const HthRecordString *id, const char *file)
{
    hth_xml_out_literal(out, LT "upnp:albumArtURI dlna:profileID=\"");
    hth_xml_out_text(out, profile);
    hth_xml_out_literal(out, "\"" GT);
    hth_xml_out_append(out, style->base_url, style->base_length);
    hth_xml_out_text(out, folder);
    hth_xml_out_append(out, id->text, id->length);
    hth_xml_out_text(out, file);
    hth_xml_out_literal(out, LT "/upnp:albumArtURI" GT);
}

/* The small one first: some sets look at no other. The other is 640 pixels at most on a side, which
 * is more than JPEG_SM's 480 lines. */
static void append_art(HthXmlOut *out, const HthDidlStyle *style, const HthRecord *record,
                       const HthRecordStrings *strings)
{
    const HthRecordString *art = &strings->texts[HTH_RECORD_ARTWORK_ID];
    const HthRecordString *leaf = &strings->texts[HTH_RECORD_LEAF_ID];
    if (art->length > 0) {
        if (style->client->has_art_small)
            append_art_uri(out, style, "JPEG_TN", "/a/", art, "/160.jpg");
        if (style->client->has_art_medium)
            append_art_uri(out, style, "JPEG_MED", "/a/", art, "/640.jpg");
    } else if (record->class == HTH_OBJECT_PHOTO && style->client->has_art_small) {
        append_art_uri(out, style, "JPEG_TN", "/m/", leaf, "/jpeg-160.jpg");
    }
}

/* ---- Containers ---- */

typedef struct {
    const char *id_prefix;
    char letter;
} MediaClass;

/* By which Sony's sets choose the icon of a container. */
static const MediaClass media_classes[] = { { "photo", 'P' }, { "video", 'V' }, { "music", 'M' } };

static char media_class(const HthRecord *record, const HthRecordString *leaf)
{
    switch ((HthObjectClass)record->class) {
    case HTH_OBJECT_ARTIST:
    case HTH_OBJECT_ALBUM:
    case HTH_OBJECT_GENRE:
        return 'M';
    case HTH_OBJECT_PHOTO_ALBUM:
        return 'P';
    default:
        break;
    }
    for (guint i = 0; i < G_N_ELEMENTS(media_classes); i++) {
        if (g_str_has_prefix(leaf->text, media_classes[i].id_prefix))
            return media_classes[i].letter;
    }
    return '\0';
}

static void append_media_class(HthXmlOut *out, const HthRecord *record, const HthRecordString *leaf)
{
    const char letter = media_class(record, leaf);
    if (letter == '\0')
        return;
    hth_xml_out_literal(out, LT "av:mediaClass" GT);
    hth_xml_out_append(out, &letter, 1);
    hth_xml_out_literal(out, LT "/av:mediaClass" GT);
}

static void append_container(HthXmlOut *out, const HthDidlStyle *style, const HthRecord *record,
                             const HthRecordStrings *strings)
{
    if (wants(style, HTH_FILTER_SEARCHABLE)) {
        if (record->is_searchable)
            hth_xml_out_literal(out, " searchable=\"1\"");
        else
            hth_xml_out_literal(out, " searchable=\"0\"");
    }
    if (wants(style, HTH_FILTER_CHILD_COUNT)) {
        hth_xml_out_literal(out, " childCount=\"");
        hth_xml_out_number(out, record->child_count);
        hth_xml_out_literal(out, "\"");
    }
    hth_xml_out_literal(out, GT);
    append_title(out, style, record, &strings->texts[HTH_RECORD_TITLE]);
    append_class(out, style, record);
    if (wants(style, HTH_FILTER_DATE))
        append_date(out, style, record, &strings->texts[HTH_RECORD_DATE]);
    if (record->class == HTH_OBJECT_ALBUM)
        append_music(out, style, record, strings);
    if (wants(style, HTH_FILTER_ART))
        append_art(out, style, record, strings);
    if (style->client->has_media_class && wants(style, HTH_FILTER_MEDIA_CLASS))
        append_media_class(out, record, &strings->texts[HTH_RECORD_LEAF_ID]);
    if (record->class == HTH_OBJECT_FOLDER)
        hth_xml_out_literal(out, LT "upnp:storageUsed" GT "-1" LT "/upnp:storageUsed" GT);
}

/* ---- Items ---- */

static void append_play_state(HthXmlOut *out, const HthDidlStyle *style, const HthRecord *record)
{
    if (record->child_count > 0)
        append_number_element(out, "upnp:playbackCount", record->child_count);
    if (record->position_ms == 0)
        return;
    hth_xml_out_literal(out, LT "upnp:lastPlaybackPosition" GT);
    if (style->client->is_position_raw)
        hth_xml_out_number(out, record->position_ms / 1000);
    else
        hth_didl_append_duration(out, record->position_ms);
    hth_xml_out_literal(out, LT "/upnp:lastPlaybackPosition" GT);
}

static void append_bookmark(HthXmlOut *out, const HthDidlStyle *style, const HthRecord *record,
                            const HthRecordStrings *strings)
{
    const gboolean is_ms = style->client->bookmark == HTH_BOOKMARK_MILLISECONDS;
    hth_xml_out_literal(out, LT "sec:dcmInfo" GT "CREATIONDATE=0,FOLDER=");
    append_string(out, style, &strings->texts[HTH_RECORD_TITLE]);
    hth_xml_out_literal(out, ",BM=");
    hth_xml_out_number(out, is_ms ? record->position_ms : record->position_ms / 1000);
    hth_xml_out_literal(out, LT "/sec:dcmInfo" GT);
}

static void append_item_state(HthXmlOut *out, const HthDidlStyle *style, const HthRecord *record,
                              const HthRecordStrings *strings)
{
    if (wants(style, HTH_FILTER_PLAY_STATE))
        append_play_state(out, style, record);
    if (record->rating > 0 && wants(style, HTH_FILTER_RATING))
        append_number_element(out, "upnp:rating", record->rating);
    if (record->position_ms > 0 && style->client->bookmark != HTH_BOOKMARK_NONE &&
        style->client->has_sec_namespace && wants(style, HTH_FILTER_BOOKMARK))
        append_bookmark(out, style, record, strings);
}

static void append_item(HthXmlOut *out, const HthDidlStyle *style, const HthRecord *record,
                        const HthRecordStrings *strings)
{
    hth_xml_out_literal(out, GT);
    append_title(out, style, record, &strings->texts[HTH_RECORD_TITLE]);
    append_class(out, style, record);
    if (wants(style, HTH_FILTER_DATE))
        append_date(out, style, record, &strings->texts[HTH_RECORD_DATE]);
    append_music(out, style, record, strings);
    if (wants(style, HTH_FILTER_ART))
        append_art(out, style, record, strings);
    append_item_state(out, style, record, strings);
    if (wants(style, HTH_FILTER_RES))
        hth_didl_append_resources(out, style, record, strings);
    if (wants(style, HTH_FILTER_CAPTION))
        hth_didl_append_caption_elements(out, style, record, strings);
}

/* ---- The whole ---- */

void hth_didl_begin(HthXmlOut *out, const HthDidlStyle *style)
{
    const HthClient *client = style->client;
    hth_xml_out_literal(out, LT "DIDL-Lite"
                                " xmlns=\"urn:schemas-upnp-org:metadata-1-0/DIDL-Lite/\""
                                " xmlns:dc=\"http://purl.org/dc/elements/1.1/\""
                                " xmlns:upnp=\"urn:schemas-upnp-org:metadata-1-0/upnp/\""
                                " xmlns:dlna=\"urn:schemas-dlna-org:metadata-1-0/\"");
    if (client->has_sec_namespace)
        hth_xml_out_literal(out, " xmlns:sec=\"http://www.sec.co.kr/\"");
    if (client->caption_attributes)
        hth_xml_out_literal(out, " xmlns:pv=\"http://www.pv.com/pvns/\"");
    if (client->has_media_class)
        hth_xml_out_literal(out, " xmlns:av=\"urn:schemas-sony-com:av\"");
    hth_xml_out_literal(out, GT);
}

void hth_didl_end(HthXmlOut *out)
{
    hth_xml_out_literal(out, LT "/DIDL-Lite" GT);
}

static void append_ids(HthXmlOut *out, const HthDidlStyle *style, const HthDidlPlace *place,
                       const HthRecordStrings *strings)
{
    const HthRecordString *leaf = &strings->texts[HTH_RECORD_LEAF_ID];
    const HthRecordString *parent = &strings->texts[HTH_RECORD_PARENT_ID];
    if (place->id != NULL) {
        hth_xml_out_text(out, place->id);
    } else {
        hth_xml_out_append(out, leaf->text, leaf->length);
        if (place->reference != NULL) {
            hth_xml_out_literal(out, ".");
            hth_xml_out_append(out, place->reference, place->reference_length);
        }
    }
    hth_xml_out_literal(out, "\" parentID=\"");
    if (place->parent_id != NULL)
        hth_xml_out_append(out, place->parent_id, place->parent_length);
    else
        hth_xml_out_append(out, parent->text, parent->length);
    hth_xml_out_literal(out, "\" restricted=\"1\"");
    if (place->reference != NULL && wants(style, HTH_FILTER_REF_ID)) {
        hth_xml_out_literal(out, " refID=\"");
        hth_xml_out_append(out, leaf->text, leaf->length);
        hth_xml_out_literal(out, "\"");
    }
}

void hth_didl_object(HthXmlOut *out, const HthDidlStyle *style, const HthRecord *record,
                     const HthDidlPlace *place)
{
    HthRecordStrings strings;
    hth_record_strings(record, &strings);
    if (hth_record_is_container(record)) {
        /* The schema gives refID to items alone. */
        HthDidlStyle plain = *style;
        plain.filter &= ~(guint32)HTH_FILTER_REF_ID;
        hth_xml_out_literal(out, LT "container id=\"");
        append_ids(out, &plain, place, &strings);
        append_container(out, style, record, &strings);
        hth_xml_out_literal(out, LT "/container" GT);
    } else {
        hth_xml_out_literal(out, LT "item id=\"");
        append_ids(out, style, place, &strings);
        append_item(out, style, record, &strings);
        hth_xml_out_literal(out, LT "/item" GT);
    }
}
