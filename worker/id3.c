/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "id3.h"

#include <string.h>

#include "bytes.h"
#include "tags.h"

#define HEADER_BYTES 10
/* Frames of one tag, and values of one frame, that are looked at. */
#define FRAMES_MAX 2000
#define VALUES_MAX 64
/* Text that is looked at in one frame; fields of HthMediaInfo are shorter. */
#define TEXT_MAX (64 * 1024)

typedef enum { ENCODING_LATIN1, ENCODING_UTF16, ENCODING_UTF16BE, ENCODING_UTF8 } Encoding;

typedef struct {
    const char *id;  /* v2.3 and v2.4 */
    const char *id2; /* v2.2 */
    const char *key; /* as hth_tags_add() knows it */
} FrameRow;

static const FrameRow text_frames[] = {
    { "TIT2", "TT2", "title" },       { "TPE1", "TP1", "artist" },
    { "TPE2", "TP2", "albumartist" }, { "TALB", "TAL", "album" },
    { "TCOM", "TCM", "composer" },    { "TCON", "TCO", "genre" },
    { "TRCK", "TRK", "track" },       { "TPOS", "TPA", "disc" },
    { "TDRC", NULL, "date" },         { "TYER", "TYE", "date" },
    { "TDOR", NULL, "originaldate" }, { "TORY", "TOR", "originaldate" },
    { "TCMP", "TCP", "compilation" },
};

typedef struct {
    const guint8 *bytes;
    gsize size;
} Span;

gsize hth_id3_tag_size(const guint8 *bytes, gsize size_bytes)
{
    if (size_bytes < HEADER_BYTES || memcmp(bytes, "ID3", 3) != 0 || bytes[3] == 0xff ||
        ((bytes[6] | bytes[7] | bytes[8] | bytes[9]) & 0x80) != 0)
        return 0;
    const gsize body =
        (gsize)bytes[6] << 21 | (gsize)bytes[7] << 14 | (gsize)bytes[8] << 7 | bytes[9];
    const gsize footer = bytes[3] == 4 && (bytes[5] & 0x10) != 0 ? HEADER_BYTES : 0;
    return HEADER_BYTES + body + footer;
}

/* ---- Text ---- */

/* A string of @encoding from the start of *@span, which moves behind its end. Returns: UTF-8. */
static char *take_string(Span *span, Encoding encoding, gboolean *is_little_endian)
{
    const gboolean is_wide = encoding == ENCODING_UTF16 || encoding == ENCODING_UTF16BE;
    g_autoptr(GString) text = g_string_new(NULL);
    gsize at = 0;
    const gsize unit = is_wide ? 2 : 1;
    gunichar high = 0;
    while (at + unit <= span->size) {
        const guint8 *c = span->bytes + at;
        at += unit;
        gunichar letter = !is_wide ? c[0] : *is_little_endian ? le16(c) : be16(c);
        if (letter == 0)
            break;
        if (is_wide && encoding == ENCODING_UTF16 && (letter == 0xfeff || letter == 0xfffe)) {
            *is_little_endian ^= letter == 0xfffe;
            continue;
        }
        if (text->len >= TEXT_MAX)
            continue;
        if (encoding == ENCODING_UTF8) {
            g_string_append_c(text, (char)letter);
        } else if (letter >= 0xd800 && letter < 0xdc00) {
            high = letter;
        } else if (letter >= 0xdc00 && letter < 0xe000) {
            if (high != 0)
                g_string_append_unichar(text, 0x10000 + ((high - 0xd800) << 10) + letter - 0xdc00);
            high = 0;
        } else {
            g_string_append_unichar(text, letter);
        }
    }
    span->bytes += at;
    span->size -= at;
    if (is_wide && span->size == 1)
        span->size = 0;
    return g_string_free(g_steal_pointer(&text), FALSE);
}

/* The frame's first byte; FALSE when there is none, or one of no known meaning. */
static gboolean take_encoding(Span *span, Encoding *out_encoding)
{
    if (span->size < 1 || span->bytes[0] > ENCODING_UTF8)
        return FALSE;
    *out_encoding = span->bytes[0];
    span->bytes++;
    span->size--;
    return TRUE;
}

static void add_values(HthProbe *probe, const char *key, Span *span, Encoding encoding,
                       gboolean is_little_endian)
{
    for (guint i = 0; i < VALUES_MAX && span->size > 0; i++) {
        g_autofree char *value = take_string(span, encoding, &is_little_endian);
        if (*value != '\0')
            hth_tags_add(probe->info, key, value);
    }
}

/* ---- Frames ---- */

static void read_text_frame(HthProbe *probe, const char *key, Span span)
{
    Encoding encoding;
    if (take_encoding(&span, &encoding))
        add_values(probe, key, &span, encoding, FALSE);
}

/* TXXX: a description, which is the key, and its values. */
static void read_user_text(HthProbe *probe, Span span)
{
    Encoding encoding;
    gboolean is_little_endian = FALSE;
    if (!take_encoding(&span, &encoding))
        return;
    g_autofree char *key = take_string(&span, encoding, &is_little_endian);
    /* A mark at the start of the values says their order anew: from the neutral state, not on top
     * of the one in the description. */
    const gboolean has_mark = encoding == ENCODING_UTF16 && span.size >= 2 &&
                              (be16(span.bytes) == 0xfeff || be16(span.bytes) == 0xfffe);
    add_values(probe, key, &span, encoding, has_mark ? FALSE : is_little_endian);
}

/* COMM: language, description, text. Descriptions mark what programs keep there ("iTunNORM"). */
static void read_comment(HthProbe *probe, Span span)
{
    Encoding encoding;
    gboolean is_little_endian = FALSE;
    if (!take_encoding(&span, &encoding) || span.size < 3)
        return;
    span.bytes += 3;
    span.size -= 3;
    g_autofree char *description = take_string(&span, encoding, &is_little_endian);
    if (*description == '\0')
        add_values(probe, "comment", &span, encoding, FALSE);
}

/* UFID: an owner, and the id in plain ASCII. */
static void read_file_id(HthProbe *probe, Span span)
{
    gboolean is_little_endian = FALSE;
    g_autofree char *owner = take_string(&span, ENCODING_LATIN1, &is_little_endian);
    if (strcmp(owner, "http://musicbrainz.org") == 0)
        add_values(probe, "musicbrainzrecordingid", &span, ENCODING_LATIN1, FALSE);
}

/* APIC: encoding, MIME type, picture type, description, bytes. PIC (v2.2) has three letters in
 * place of the MIME type. */
static void read_picture(HthProbe *probe, Span span, gboolean is_v22)
{
    Encoding encoding;
    gboolean is_little_endian = FALSE;
    if (!take_encoding(&span, &encoding))
        return;
    if (is_v22) {
        const gsize n = MIN(span.size, 3);
        span.bytes += n;
        span.size -= n;
    } else {
        g_free(take_string(&span, ENCODING_LATIN1, &is_little_endian));
    }
    if (span.size < 1)
        return;
    const guint type = span.bytes[0];
    span.bytes++;
    span.size--;
    is_little_endian = FALSE;
    g_free(take_string(&span, encoding, &is_little_endian));
    hth_probe_offer_picture(probe, type, span.bytes, span.size);
}

static const char *text_key(const char *id, gboolean is_v22)
{
    for (guint i = 0; i < G_N_ELEMENTS(text_frames); i++) {
        const char *row_id = is_v22 ? text_frames[i].id2 : text_frames[i].id;
        if (row_id != NULL && strcmp(row_id, id) == 0)
            return text_frames[i].key;
    }
    return NULL;
}

static void read_frame(HthProbe *probe, const char *id, Span span, gboolean is_v22)
{
    const char *key = text_key(id, is_v22);
    if (key != NULL)
        read_text_frame(probe, key, span);
    else if (strcmp(id, is_v22 ? "TXX" : "TXXX") == 0)
        read_user_text(probe, span);
    else if (strcmp(id, is_v22 ? "COM" : "COMM") == 0)
        read_comment(probe, span);
    else if (strcmp(id, is_v22 ? "UFI" : "UFID") == 0)
        read_file_id(probe, span);
    else if (strcmp(id, is_v22 ? "PIC" : "APIC") == 0)
        read_picture(probe, span, is_v22);
    else if (strcmp(id, is_v22 ? "ULT" : "USLT") == 0 || strcmp(id, "SYLT") == 0)
        probe->info->has_lyrics |= span.size > 4;
}

/* ---- The tag ---- */

/* Removes the zero after each 0xff. Returns: a new copy. */
static GByteArray *without_unsync(const guint8 *bytes, gsize size)
{
    GByteArray *plain = g_byte_array_sized_new((guint)size);
    for (gsize i = 0; i < size; i++) {
        g_byte_array_append(plain, &bytes[i], 1);
        if (bytes[i] == 0xff && i + 1 < size && bytes[i + 1] == 0)
            i++;
    }
    return plain;
}

static gsize syncsafe32(const guint8 *at)
{
    return (gsize)(at[0] & 0x7f) << 21 | (gsize)(at[1] & 0x7f) << 14 | (gsize)(at[2] & 0x7f) << 7 |
           (at[3] & 0x7f);
}

static gboolean is_frame_id(const guint8 *at, gsize n)
{
    for (gsize i = 0; i < n; i++) {
        if (!g_ascii_isupper(at[i]) && !g_ascii_isdigit(at[i]))
            return FALSE;
    }
    return TRUE;
}

/* Whether a frame, the padding or the end follows at @offset: some versions of iTunes wrote sizes
 * of v2.4 that are not syncsafe. */
static gboolean is_boundary(const guint8 *bytes, gsize size, gsize offset)
{
    return offset == size ||
           (offset + 4 <= size && (bytes[offset] == 0 || is_frame_id(bytes + offset, 4)));
}

static gsize frame_size_v24(const guint8 *bytes, gsize size, gsize at)
{
    const gsize safe = syncsafe32(bytes + at + 4);
    const gsize plain = be32(bytes + at + 4);
    if (safe != plain && !is_boundary(bytes, size, at + 10 + safe) && plain < size &&
        is_boundary(bytes, size, at + 10 + plain))
        return plain;
    return safe;
}

/* Strips what the flags of v2.4 put around the content; FALSE: compressed or encrypted. */
static gboolean open_frame_v24(Span *span, guint8 flags, GByteArray **out_plain)
{
    if ((flags & 0x0c) != 0)
        return FALSE;
    const gsize extra = ((flags & 0x40) != 0 ? 1 : 0) + ((flags & 0x01) != 0 ? 4 : 0);
    if (extra > span->size)
        return FALSE;
    span->bytes += extra;
    span->size -= extra;
    if ((flags & 0x02) != 0) {
        *out_plain = without_unsync(span->bytes, span->size);
        *span = (Span){ (*out_plain)->data, (*out_plain)->len };
    }
    return TRUE;
}

static gboolean open_frame_v23(Span *span, guint8 flags)
{
    if ((flags & 0xc0) != 0)
        return FALSE;
    const gsize extra = (flags & 0x20) != 0 ? 1 : 0;
    if (extra > span->size)
        return FALSE;
    span->bytes += extra;
    span->size -= extra;
    return TRUE;
}

static void read_frames(HthProbe *probe, const guint8 *bytes, gsize size, guint version)
{
    const gboolean is_v22 = version == 2;
    const gsize header = is_v22 ? 6 : 10;
    const gsize id_size = is_v22 ? 3 : 4;
    gsize at = 0;
    for (guint n = 0; n < FRAMES_MAX && at + header <= size; n++) {
        if (!is_frame_id(bytes + at, id_size))
            return;
        char id[5] = { 0 };
        memcpy(id, bytes + at, id_size);
        const gsize wanted = is_v22         ? be24(bytes + at + 3)
                             : version == 4 ? frame_size_v24(bytes, size, at)
                                            : be32(bytes + at + 4);
        const guint8 flags = is_v22 ? 0 : bytes[at + 9];
        at += header;
        Span span = { bytes + at, MIN(wanted, size - at) };
        at += span.size;
        g_autoptr(GByteArray) plain = NULL;
        if (version == 4 ? open_frame_v24(&span, flags, &plain) : open_frame_v23(&span, flags))
            read_frame(probe, id, span, is_v22);
    }
}

void hth_id3_read(HthProbe *probe, const guint8 *bytes, gsize size_bytes)
{
    const gsize tag_size = hth_id3_tag_size(bytes, size_bytes);
    if (tag_size == 0)
        return;
    const guint version = bytes[3];
    const guint8 flags = bytes[5];
    if (version < 2 || version > 4 || (version == 2 && (flags & 0x40) != 0))
        return;
    Span body = { bytes + HEADER_BYTES, MIN(tag_size, size_bytes) - HEADER_BYTES };
    g_autoptr(GByteArray) plain = NULL;
    if ((flags & 0x80) != 0 && version < 4) {
        plain = without_unsync(body.bytes, body.size);
        body = (Span){ plain->data, plain->len };
    }
    if (version > 2 && (flags & 0x40) != 0 && body.size >= 4) {
        const gsize extended = version == 4 ? syncsafe32(body.bytes) : be32(body.bytes) + 4;
        if (extended > body.size)
            return;
        body.bytes += extended;
        body.size -= extended;
    }
    read_frames(probe, body.bytes, body.size, version);
}

static void add_v1(HthProbe *probe, const char *key, const guint8 *bytes, gsize size)
{
    Span span = { bytes, size };
    gboolean is_little_endian = FALSE;
    g_autofree char *value = take_string(&span, ENCODING_LATIN1, &is_little_endian);
    g_strchomp(value);
    if (*value != '\0')
        hth_tags_add(probe->info, key, value);
}

gboolean hth_id3_read_v1(HthProbe *probe, const guint8 bytes[128])
{
    HthMediaInfo *info = probe->info;
    if (memcmp(bytes, "TAG", 3) != 0)
        return FALSE;
    /* Its fields are cut at 30 bytes, so a list that has a value takes none from here. */
    if (info->title == NULL)
        add_v1(probe, "title", bytes + 3, 30);
    if (info->artists->len == 0)
        add_v1(probe, "artist", bytes + 33, 30);
    if (info->album == NULL)
        add_v1(probe, "album", bytes + 63, 30);
    if (info->date == NULL)
        add_v1(probe, "date", bytes + 93, 4);
    if (info->comment == NULL)
        add_v1(probe, "comment", bytes + 97, 28);
    if (info->track == 0 && bytes[125] == 0)
        info->track = bytes[126];
    const char *genre = hth_tags_genre_name(bytes[127]);
    if (info->genres->len == 0 && genre != NULL)
        hth_tags_add(info, "genre", genre);
    return TRUE;
}
