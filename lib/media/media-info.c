/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/media-info.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "base/wire.h"

/* Raised when the record's form changes: a worker of another version is not understood. */
#define RECORD_VERSION 1

#define MS_PER_YEAR (365LL * 24 * 3600 * 1000)

typedef enum {
    FIELD_STRING,
    FIELD_DATE,
    FIELD_LIST,
    FIELD_ENTRIES,
    FIELD_CODEC,
    FIELD_BOOL,
    FIELD_U8,
    FIELD_U16,
    FIELD_U32,
    FIELD_I64,
    FIELD_ENUM,
    FIELD_DOUBLE, /* NAN is in range too when @neutral is NAN */
    FIELD_DIGEST,
} FieldType;

typedef struct {
    FieldType type;
    gsize offset;
    double min, max; /* numbers outside are written and read as @neutral */
    double neutral;
} Field;

#define AT(member) G_STRUCT_OFFSET(HthMediaInfo, member)
#define PLAIN(type, member)                                                                        \
    {                                                                                              \
        type, AT(member), 0, 0, 0                                                                  \
    }
#define NUMBER(type, member, high)                                                                 \
    {                                                                                              \
        type, AT(member), 0, high, 0                                                               \
    }

/* The record is these fields in this order. */
static const Field fields[] = {
    NUMBER(FIELD_ENUM, kind, HTH_N_MEDIA_KINDS - 1),
    NUMBER(FIELD_ENUM, format, HTH_N_FORMATS - 1),
    PLAIN(FIELD_STRING, title),
    PLAIN(FIELD_LIST, artists),
    PLAIN(FIELD_LIST, album_artists),
    PLAIN(FIELD_LIST, composers),
    PLAIN(FIELD_LIST, genres),
    PLAIN(FIELD_STRING, album),
    PLAIN(FIELD_DATE, date),
    PLAIN(FIELD_DATE, original_date),
    PLAIN(FIELD_STRING, comment),
    NUMBER(FIELD_U16, track, G_MAXUINT16),
    NUMBER(FIELD_U16, track_total, G_MAXUINT16),
    NUMBER(FIELD_U16, disc, G_MAXUINT16),
    NUMBER(FIELD_U16, disc_total, G_MAXUINT16),
    NUMBER(FIELD_BOOL, is_compilation, 1),
    NUMBER(FIELD_BOOL, has_lyrics, 1),
    { FIELD_DOUBLE, AT(replaygain_track_db), -100, 100, NAN },
    { FIELD_DOUBLE, AT(replaygain_album_db), -100, 100, NAN },
    PLAIN(FIELD_STRING, musicbrainz_recording_id),
    PLAIN(FIELD_STRING, musicbrainz_album_id),
    PLAIN(FIELD_STRING, musicbrainz_artist_id),
    PLAIN(FIELD_STRING, musicbrainz_album_artist_id),
    NUMBER(FIELD_I64, duration_ms, 10 * MS_PER_YEAR),
    NUMBER(FIELD_U32, bitrate_bps, G_MAXUINT32),
    PLAIN(FIELD_CODEC, audio_codec),
    PLAIN(FIELD_CODEC, video_codec),
    PLAIN(FIELD_CODEC, video_profile),
    NUMBER(FIELD_U16, video_level, 999),
    NUMBER(FIELD_U32, sample_rate_hz, 100000000),
    NUMBER(FIELD_U8, channels, G_MAXUINT8),
    NUMBER(FIELD_U8, bits_per_sample, 64),
    NUMBER(FIELD_U32, width, 1000000),
    NUMBER(FIELD_U32, height, 1000000),
    { FIELD_DOUBLE, AT(frame_rate), 0, 10000, 0 },
    NUMBER(FIELD_U8, n_audio_streams, G_MAXUINT8),
    NUMBER(FIELD_BOOL, is_interlaced, 1),
    NUMBER(FIELD_U8, orientation, 8),
    PLAIN(FIELD_STRING, camera),
    { FIELD_DOUBLE, AT(latitude), -90, 90, NAN },
    { FIELD_DOUBLE, AT(longitude), -180, 180, NAN },
    NUMBER(FIELD_BOOL, has_artwork, 1),
    PLAIN(FIELD_DIGEST, artwork_digest),
    PLAIN(FIELD_ENTRIES, playlist_entries),
};

#define CODEC_BYTES  sizeof(((HthMediaInfo *)NULL)->audio_codec)
#define DIGEST_BYTES sizeof(((HthMediaInfo *)NULL)->artwork_digest)

HthMediaInfo *hth_media_info_new(void)
{
    HthMediaInfo *self = g_new0(HthMediaInfo, 1);
    self->replaygain_track_db = self->replaygain_album_db = NAN;
    self->latitude = self->longitude = NAN;
    for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
        if (fields[i].type == FIELD_LIST || fields[i].type == FIELD_ENTRIES)
            G_STRUCT_MEMBER(GPtrArray *, self, fields[i].offset) =
                g_ptr_array_new_with_free_func(g_free);
    }
    return self;
}

void hth_media_info_free(HthMediaInfo *self)
{
    if (self == NULL)
        return;
    for (guint i = 0; i < G_N_ELEMENTS(fields); i++) {
        if (fields[i].type == FIELD_LIST || fields[i].type == FIELD_ENTRIES)
            g_ptr_array_unref(G_STRUCT_MEMBER(GPtrArray *, self, fields[i].offset));
        else if (fields[i].type == FIELD_STRING || fields[i].type == FIELD_DATE)
            g_free(G_STRUCT_MEMBER(char *, self, fields[i].offset));
    }
    g_free(self);
}

/* "dddd", "dddd-dd", "dddd-dd-dd" or "dddd-dd-ddTdd:dd:dd". */
static gboolean is_date(const char *text)
{
    static const char form[] = "dddd-dd-ddTdd:dd:dd";
    const gsize length = strlen(text);
    if (length != 4 && length != 7 && length != 10 && length != 19)
        return FALSE;
    for (gsize i = 0; i < length; i++) {
        if (form[i] == 'd' ? !g_ascii_isdigit(text[i]) : text[i] != form[i])
            return FALSE;
    }
    return TRUE;
}

static double in_range(const Field *field, double value)
{
    return value >= field->min && value <= field->max ? value : field->neutral;
}

static double get_number(const Field *field, const void *at)
{
    switch (field->type) {
    case FIELD_BOOL:
        return *(const gboolean *)at ? 1 : 0;
    case FIELD_U8:
        return *(const guint8 *)at;
    case FIELD_U16:
        return *(const guint16 *)at;
    case FIELD_U32:
        return *(const guint32 *)at;
    case FIELD_ENUM: /* both enums are as wide as an int */
        return *(const int *)at;
    case FIELD_I64:
        return (double)*(const gint64 *)at;
    default:
        return *(const double *)at;
    }
}

/* @value: in range, so that every cast holds it. */
static void set_number(const Field *field, void *at, double value)
{
    switch (field->type) {
    case FIELD_BOOL:
        *(gboolean *)at = value != 0;
        break;
    case FIELD_U8:
        *(guint8 *)at = (guint8)value;
        break;
    case FIELD_U16:
        *(guint16 *)at = (guint16)value;
        break;
    case FIELD_U32:
        *(guint32 *)at = (guint32)value;
        break;
    case FIELD_ENUM:
        *(int *)at = (int)value;
        break;
    case FIELD_I64:
        *(gint64 *)at = (gint64)value;
        break;
    default:
        *(double *)at = value;
    }
}

static void write_clean(GByteArray *to, const char *text)
{
    g_autofree char *clean = hth_text_clean(text, HTH_MEDIA_STRING_MAX);
    hth_wire_write_string(to, clean);
}

static void write_list(GByteArray *to, const GPtrArray *list)
{
    const guint n = MIN(list->len, HTH_MEDIA_LIST_MAX);
    hth_wire_write_u32(to, n);
    for (guint i = 0; i < n; i++)
        write_clean(to, list->pdata[i]);
}

static void write_entries(GByteArray *to, const GPtrArray *entries)
{
    const guint n = MIN(entries->len, HTH_MEDIA_ENTRIES_MAX);
    hth_wire_write_u32(to, n);
    for (guint i = 0; i < n; i++) {
        const char *entry = entries->pdata[i];
        const gsize length = strlen(entry);
        hth_wire_write_blob(to, entry, length <= HTH_MEDIA_ENTRY_BYTES_MAX ? length : 0);
    }
}

static void write_field(GByteArray *to, const Field *field, const HthMediaInfo *self)
{
    const void *at = G_STRUCT_MEMBER_P(self, field->offset);
    switch (field->type) {
    case FIELD_STRING:
    case FIELD_DATE:
        write_clean(to, *(char *const *)at);
        break;
    case FIELD_LIST:
        write_list(to, *(GPtrArray *const *)at);
        break;
    case FIELD_ENTRIES:
        write_entries(to, *(GPtrArray *const *)at);
        break;
    case FIELD_CODEC:
        hth_wire_write_blob(to, at, strnlen(at, CODEC_BYTES - 1));
        break;
    case FIELD_DIGEST:
        g_byte_array_append(to, at, DIGEST_BYTES);
        break;
    default:
        hth_wire_write_double(to, in_range(field, get_number(field, at)));
    }
}

void hth_media_info_encode(const HthMediaInfo *self, GByteArray *to)
{
    hth_wire_write_u8(to, RECORD_VERSION);
    for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
        write_field(to, &fields[i], self);
}

/* Bytes, not yet cleaned, may be longer: what they are cut to counts. */
static char *read_clean(HthWireReader *reader)
{
    g_autofree char *text = hth_wire_read_string(reader, HTH_MEDIA_STRING_MAX);
    return hth_text_clean(text, HTH_MEDIA_STRING_MAX);
}

static void read_list(HthWireReader *reader, GPtrArray *list)
{
    const guint32 n = hth_wire_read_u32(reader);
    reader->has_failed |= n > HTH_MEDIA_LIST_MAX;
    for (guint32 i = 0; i < n && !reader->has_failed; i++) {
        char *text = read_clean(reader);
        if (text != NULL)
            g_ptr_array_add(list, text);
    }
}

static void read_entries(HthWireReader *reader, GPtrArray *entries)
{
    const guint32 n = hth_wire_read_u32(reader);
    reader->has_failed |= n > HTH_MEDIA_ENTRIES_MAX;
    for (guint32 i = 0; i < n && !reader->has_failed; i++) {
        gsize size = 0;
        const guint8 *bytes = hth_wire_read_blob(reader, HTH_MEDIA_ENTRY_BYTES_MAX, &size);
        if (size > 0 && memchr(bytes, '\0', size) == NULL)
            g_ptr_array_add(entries, g_strndup((const char *)bytes, size));
    }
}

/* A codec's name or profile: printable ASCII, or nothing. */
static void read_codec(HthWireReader *reader, char *to)
{
    gsize size = 0;
    const guint8 *bytes = hth_wire_read_blob(reader, CODEC_BYTES - 1, &size);
    for (gsize i = 0; i < size; i++) {
        if (bytes[i] < 0x20 || bytes[i] >= 0x7f)
            return;
    }
    if (size > 0)
        memcpy(to, bytes, size);
}

static void read_digest(HthWireReader *reader, guint8 *to)
{
    for (gsize i = 0; i < DIGEST_BYTES; i++)
        to[i] = hth_wire_read_u8(reader);
}

static void read_field(HthWireReader *reader, const Field *field, HthMediaInfo *self)
{
    void *at = G_STRUCT_MEMBER_P(self, field->offset);
    switch (field->type) {
    case FIELD_STRING:
        *(char **)at = read_clean(reader);
        break;
    case FIELD_DATE: {
        g_autofree char *text = read_clean(reader);
        *(char **)at = text != NULL && is_date(text) ? g_steal_pointer(&text) : NULL;
        break;
    }
    case FIELD_LIST:
        read_list(reader, *(GPtrArray **)at);
        break;
    case FIELD_ENTRIES:
        read_entries(reader, *(GPtrArray **)at);
        break;
    case FIELD_CODEC:
        read_codec(reader, at);
        break;
    case FIELD_DIGEST:
        read_digest(reader, at);
        break;
    default:
        set_number(field, at, in_range(field, hth_wire_read_double(reader)));
    }
}

HthMediaInfo *hth_media_info_decode(const guint8 *bytes, gsize size_bytes, GError **error)
{
    HthWireReader reader = HTH_WIRE_READER(bytes, size_bytes);
    g_autoptr(HthMediaInfo) self = hth_media_info_new();
    reader.has_failed |= hth_wire_read_u8(&reader) != RECORD_VERSION;
    for (guint i = 0; i < G_N_ELEMENTS(fields) && !reader.has_failed; i++)
        read_field(&reader, &fields[i], self);
    if (!hth_wire_reader_is_done(&reader)) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT, "a media record is cut or malformed");
        return NULL;
    }
    return g_steal_pointer(&self);
}
