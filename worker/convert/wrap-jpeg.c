/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JPEG: its first marker, EXIF with date, camera and place, then what the encoder wrote. The
 * picture is upright already, and EXIF says so. */
#include <math.h>
#include <string.h>

#include "../bytes.h"
#include "wrap.h"

/* Of the whole head: more than the fields can fill, so that it never changes its size. */
#define HEAD_BYTES 8192
#define TEXT_BYTES 1100 /* a string of HthMediaInfo and its end */

enum { TYPE_ASCII = 2, TYPE_SHORT = 3, TYPE_LONG = 4, TYPE_RATIONAL = 5 };

/* A TIFF structure that grows: directories first get their places, then their values. */
typedef struct {
    guint8 bytes[HEAD_BYTES];
    gsize used;
} Tiff;

typedef struct {
    Tiff *tiff;
    gsize at; /* of the next entry */
} Directory;

static void put16(Tiff *tiff, gsize at, guint value)
{
    tiff->bytes[at] = (guint8)(value >> 8);
    tiff->bytes[at + 1] = (guint8)value;
}

static void put32(Tiff *tiff, gsize at, guint32 value)
{
    put16(tiff, at, value >> 16);
    put16(tiff, at + 2, value & 0xffff);
}

static Directory begin_directory(Tiff *tiff, guint n_entries)
{
    const Directory directory = { tiff, tiff->used + 2 };
    put16(tiff, tiff->used, n_entries);
    tiff->used += 2 + 12 * n_entries + 4; /* no next directory */
    return directory;
}

static void add_entry(Directory *to, guint tag, guint type, guint count)
{
    put16(to->tiff, to->at, tag);
    put16(to->tiff, to->at + 2, type);
    put32(to->tiff, to->at + 4, count);
    to->at += 12;
}

static void add_short(Directory *to, guint tag, guint value)
{
    add_entry(to, tag, TYPE_SHORT, 1);
    put16(to->tiff, to->at - 4, value);
}

static void add_long(Directory *to, guint tag, guint32 value)
{
    add_entry(to, tag, TYPE_LONG, 1);
    put32(to->tiff, to->at - 4, value);
}

static void add_text(Directory *to, guint tag, const char *text)
{
    const gsize n = MIN(strlen(text), TEXT_BYTES - 1) + 1;
    Tiff *tiff = to->tiff;
    add_entry(to, tag, TYPE_ASCII, (guint)n);
    const gsize at = n <= 4 ? to->at - 4 : tiff->used;
    memcpy(tiff->bytes + at, text, n - 1);
    if (n <= 4)
        return;
    put32(tiff, to->at - 4, (guint32)at);
    tiff->used += n + (n & 1);
}

/* Degrees, minutes and hundredths of a thousandth of a second: a thousandth of a millimetre. */
static void add_degrees(Directory *to, guint tag, double degrees)
{
    const guint64 total = (guint64)llround(fabs(degrees) * 3600 * 100000);
    const guint32 parts[6] = { (guint32)(total / 360000000),    1,
                               (guint32)(total / 6000000 % 60), 1,
                               (guint32)(total % 6000000),      100000 };
    add_entry(to, tag, TYPE_RATIONAL, 3);
    put32(to->tiff, to->at - 4, (guint32)to->tiff->used);
    for (guint i = 0; i < 6; i++, to->tiff->used += 4)
        put32(to->tiff, to->tiff->used, parts[i]);
}

/* "1999-05-31T12:30:00" as EXIF writes it; a bare day gets noon of that day. Returns: FALSE when
 * there is no day. */
static gboolean exif_date(const char *date, char to[20])
{
    if (date == NULL || strlen(date) < 10)
        return FALSE;
    g_strlcpy(to, date, 20);
    if (strlen(date) < 19)
        g_strlcpy(to + 10, " 12:00:00", 10);
    to[4] = to[7] = ':';
    to[10] = ' ';
    return TRUE;
}

static void add_place(Tiff *tiff, const HthMediaInfo *info)
{
    Directory gps = begin_directory(tiff, 4);
    add_text(&gps, 1, info->latitude < 0 ? "S" : "N");
    add_degrees(&gps, 2, info->latitude);
    add_text(&gps, 3, info->longitude < 0 ? "W" : "E");
    add_degrees(&gps, 4, info->longitude);
}

static void make_exif(Tiff *tiff, const HthMediaInfo *info)
{
    char date[20];
    const gboolean has_date = exif_date(info->date, date);
    const gboolean has_place = isfinite(info->latitude) && isfinite(info->longitude);
    const gboolean has_camera = info->camera != NULL;
    memcpy(tiff->bytes, "MM\0\x2a\0\0\0\x8", 8);
    tiff->used = 8;
    Directory main = begin_directory(tiff, 1u + has_camera + 2u * has_date + has_place);
    if (has_camera)
        add_text(&main, 0x0110, info->camera);
    add_short(&main, 0x0112, 1); /* upright */
    if (has_date) {
        add_text(&main, 0x0132, date);
        add_long(&main, 0x8769, (guint32)tiff->used);
        Directory exif = begin_directory(tiff, 1);
        add_text(&exif, 0x9003, date);
    }
    if (has_place) {
        add_long(&main, 0x8825, (guint32)tiff->used);
        add_place(tiff, info);
    }
}

/* Where the payload begins: behind the first marker and an EXIF block of ours. */
static gint64 payload_offset(const HthWrapInput *input)
{
    guint8 start[12];
    if (!hth_wrap_read(input, 0, start, sizeof start) || be16(start) != 0xffd8)
        return -1;
    if (be16(start + 2) == 0xffe1 && memcmp(start + 6, "Exif\0\0", 6) == 0)
        return 4 + be16(start + 4);
    return 2;
}

gboolean hth_wrap_jpeg(const HthWrapInput *input, HthWrapPlan *out, GError **error)
{
    enum { BEFORE = 12 };
    out->payload_offset = payload_offset(input);
    if (out->payload_offset < 0 || out->payload_offset > input->size_bytes)
        return hth_wrap_fail(error, "that is no JPEG");
    out->payload_bytes = input->size_bytes - out->payload_offset;
    g_autofree Tiff *tiff = g_new0(Tiff, 1);
    make_exif(tiff, input->info);
    guint8 before[BEFORE] = "\xff\xd8\xff\xe1\0\0Exif\0";
    before[4] = (guint8)((HEAD_BYTES - 4) >> 8);
    before[5] = (guint8)(HEAD_BYTES - 4);
    g_byte_array_append(out->head, before, BEFORE);
    g_byte_array_append(out->head, tiff->bytes, HEAD_BYTES - BEFORE);
    return TRUE;
}
