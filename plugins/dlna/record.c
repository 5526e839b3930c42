/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record.h"

#include <string.h>

#include "client.h"
#include "media/media-type.h"
#include "profile.h"
#include "xml-out.h"

/* Room for an ordinary record while it is made; larger ones grow. */
#define USUAL_BYTES 512

/* Lengths from here on take three bytes. */
#define LONG_LENGTH 255

static void add_length(HthXmlOut *out, guint16 length)
{
    const guint8 bytes[3] = { (guint8)MIN(length, LONG_LENGTH), (guint8)(length & 0xff),
                              (guint8)(length >> 8) };
    hth_xml_out_append(out, (const char *)bytes, length < LONG_LENGTH ? 1 : sizeof bytes);
}

/* Appends @text, which may be NULL, cut at @max_bytes. */
static void add_text(HthXmlOut *out, const char *text, gsize max_bytes)
{
    g_auto(HthXmlOut) escaped = { 0 };
    hth_xml_out_init(&escaped, 256);
    if (text != NULL && strnlen(text, max_bytes + 1) > max_bytes) {
        const char *end = g_utf8_find_prev_char(text, text + max_bytes + 1);
        g_autofree char *cut = g_strndup(text, end != NULL ? (gsize)(end - text) : max_bytes);
        hth_xml_out_escaped(&escaped, cut, HTH_XML_TWICE);
    } else if (text != NULL) {
        hth_xml_out_escaped(&escaped, text, HTH_XML_TWICE);
    }
    add_length(out, (guint16)escaped.length);
    hth_xml_out_append(out, escaped.data, escaped.length);
    hth_xml_out_append(out, "", 1);
}

static guint8 add_list(HthXmlOut *out, const GPtrArray *list)
{
    const guint n = list != NULL ? MIN(list->len, HTH_RECORD_MAX_LIST) : 0;
    for (guint i = 0; i < n; i++)
        add_text(out, g_ptr_array_index(list, i), HTH_RECORD_MAX_TEXT);
    return (guint8)n;
}

static gboolean is_same_list(const GPtrArray *a, const GPtrArray *b)
{
    if (a == NULL || b == NULL || a->len != b->len)
        return FALSE;
    for (guint i = 0; i < a->len; i++) {
        if (strcmp(g_ptr_array_index(a, i), g_ptr_array_index(b, i)) != 0)
            return FALSE;
    }
    return TRUE;
}

static guint8 add_subtitles(HthXmlOut *out, const GPtrArray *subtitles)
{
    const guint n = subtitles != NULL ? MIN(subtitles->len, HTH_RECORD_MAX_LIST) : 0;
    for (guint i = 0; i < n; i++) {
        const HthSubtitle *subtitle = g_ptr_array_index(subtitles, i);
        g_autofree char *name =
            g_strconcat(subtitle->leaf_id, "/original.",
                        hth_media_extension(subtitle->format, HTH_MEDIA_SUBTITLE), NULL);
        add_text(out, name, HTH_RECORD_MAX_TEXT);
    }
    return (guint8)n;
}

static gboolean is_digits(const char *text, guint n)
{
    for (guint i = 0; i < n; i++) {
        if (!g_ascii_isdigit(text[i]))
            return FALSE;
    }
    return TRUE;
}

/* The form that every client reads: a whole date, no zone. Frontier Silicon radios drop an item
 * with another one. NULL when @date is none. */
static char *safe_date(const char *date)
{
    const gsize length = date != NULL ? strlen(date) : 0;
    if (length < 4 || !is_digits(date, 4))
        return NULL;
    if (length < 7 || date[4] != '-' || !is_digits(date + 5, 2))
        return g_strdup_printf("%.4s-01-01", date);
    if (length < 10 || date[7] != '-' || !is_digits(date + 8, 2))
        return g_strdup_printf("%.7s-01", date);
    const gboolean has_time = length >= 19 && date[10] == 'T' && is_digits(date + 11, 2) &&
                              date[13] == ':' && is_digits(date + 14, 2) && date[16] == ':' &&
                              is_digits(date + 17, 2);
    return g_strndup(date, has_time ? 19 : 10);
}

static char *date_of(const HthObject *object, gboolean *out_is_from_file)
{
    char *date = safe_date(object->date);
    *out_is_from_file = date == NULL;
    if (date != NULL)
        return date;
    const gint64 when = object->mtime_unix_s > 0 ? object->mtime_unix_s : object->added_unix_s;
    g_autoptr(GDateTime) time = when > 0 ? g_date_time_new_from_unix_local(when) : NULL;
    return time != NULL ? g_date_time_format(time, "%Y-%m-%d") : NULL;
}

static void fill_numbers(HthRecord *self, const HthObject *object)
{
    self->ref = object->ref;
    self->class = (guint8)object->class;
    self->file_bytes = object->size_bytes;
    self->is_searchable = object->is_searchable;
    self->format = (guint8)object->format;
    self->profile = (guint8)hth_profile_of(object);
    self->video_codec = (guint8)hth_video_codec_from_name(object->video_codec);
    self->duration_ms = (guint32)CLAMP(object->duration_ms, 0, G_MAXUINT32);
    self->bitrate_bps = object->bitrate_bps;
    self->sample_rate_hz = object->sample_rate_hz;
    self->child_count = hth_object_is_container(object) ? object->child_count : object->play_count;
    self->position_ms = (guint32)CLAMP(object->position_ms, 0, G_MAXUINT32);
    self->width = (guint16)MIN(object->width, G_MAXUINT16);
    self->height = (guint16)MIN(object->height, G_MAXUINT16);
    self->track = object->track;
    self->disc = object->disc;
    self->channels = object->channels;
    self->bits_per_sample = object->bits_per_sample;
    self->rating = object->rating;
}

static void add_strings(HthXmlOut *out, HthRecord *head, const HthObject *object)
{
    gboolean is_from_file = FALSE;
    g_autofree char *date = date_of(object, &is_from_file);
    head->is_date_from_file = is_from_file;
    add_text(out, object->leaf_id, HTH_RECORD_MAX_TEXT);
    add_text(out, object->parent_id, HTH_RECORD_MAX_TEXT);
    add_text(out, object->title, HTH_RECORD_MAX_TITLE);
    add_text(out, date, HTH_RECORD_MAX_TEXT);
    add_text(out, object->artwork_id, HTH_RECORD_MAX_TEXT);
    add_text(out, object->album, HTH_RECORD_MAX_TEXT);

    const gboolean is_same = is_same_list(object->artists, object->album_artists);
    head->n_list[HTH_RECORD_ARTISTS] = add_list(out, object->artists);
    head->n_list[HTH_RECORD_ALBUM_ARTISTS] = add_list(out, is_same ? NULL : object->album_artists);
    head->n_list[HTH_RECORD_COMPOSERS] = add_list(out, object->composers);
    head->n_list[HTH_RECORD_GENRES] = add_list(out, object->genres);
    head->n_list[HTH_RECORD_SUBTITLES] = add_subtitles(out, object->subtitles);
}

HthRecord *hth_record_new(const HthObject *object)
{
    HthRecord head = { 0 };
    fill_numbers(&head, object);
    g_auto(HthXmlOut) strings = { 0 };
    hth_xml_out_init(&strings, USUAL_BYTES);
    add_strings(&strings, &head, object);

    head.size_bytes = (guint32)(G_STRUCT_OFFSET(HthRecord, strings) + strings.length);
    HthRecord *self = g_malloc(MAX(head.size_bytes, sizeof head));
    *self = head;
    memcpy(self->strings, strings.data, strings.length);
    return self;
}

static inline const char *take(const char *at, HthRecordString *out)
{
    const guint8 *bytes = (const guint8 *)at;
    const gboolean is_long = bytes[0] == LONG_LENGTH;
    out->length = is_long ? (guint16)(bytes[1] | bytes[2] << 8) : bytes[0];
    out->text = at + (is_long ? 3 : 1);
    return out->text + out->length + 1;
}

void hth_record_strings(const HthRecord *self, HthRecordStrings *out_strings)
{
    const char *at = self->strings;
    for (guint i = 0; i < HTH_N_RECORD_TEXTS; i++)
        at = take(at, &out_strings->texts[i]);
    for (guint list = 0; list < HTH_N_RECORD_LISTS; list++) {
        for (guint i = 0; i < self->n_list[list]; i++)
            at = take(at, &out_strings->lists[list][i]);
    }
}

gboolean hth_record_is_container(const HthRecord *self)
{
    return self->class < HTH_OBJECT_MUSIC_TRACK;
}
