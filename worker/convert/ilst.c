/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ilst.h"

#include <string.h>

#include "tag-rows.h"

enum { DATA_BINARY = 0, DATA_UTF8 = 1, DATA_JPEG = 13, DATA_INTEGER = 21 };

guint hth_box_begin(GByteArray *to, const char *type)
{
    const guint at = to->len;
    hth_box_put32(to, 0);
    g_byte_array_append(to, (const guint8 *)type, 4);
    return at;
}

void hth_box_end(GByteArray *to, guint at)
{
    const guint32 size = GUINT32_TO_BE(to->len - at);
    memcpy(to->data + at, &size, sizeof size);
}

void hth_box_put32(GByteArray *to, guint32 value)
{
    const guint32 big = GUINT32_TO_BE(value);
    g_byte_array_append(to, (const guint8 *)&big, sizeof big);
}

static void append_data(GByteArray *to, guint32 type, gconstpointer bytes, gsize n)
{
    const guint at = hth_box_begin(to, "data");
    hth_box_put32(to, type);
    hth_box_put32(to, 0); /* no locale */
    g_byte_array_append(to, bytes, (guint)n);
    hth_box_end(to, at);
}

static void append_named(GByteArray *to, const char *type, const char *text)
{
    const guint at = hth_box_begin(to, type);
    hth_box_put32(to, 0);
    g_byte_array_append(to, (const guint8 *)text, (guint)strlen(text));
    hth_box_end(to, at);
}

static void append_texts(GByteArray *to, const HthTagRow *row, const GPtrArray *values)
{
    if (values->len == 0)
        return;
    const gboolean is_free = strlen(row->mp4) > 4;
    const guint at = hth_box_begin(to, is_free ? "----" : row->mp4);
    if (is_free) {
        append_named(to, "mean", "com.apple.iTunes");
        append_named(to, "name", row->mp4);
    }
    for (guint i = 0; i < values->len; i++)
        append_data(to, DATA_UTF8, values->pdata[i], strlen(values->pdata[i]));
    hth_box_end(to, at);
}

/* "trkn" has two bytes more than "disk", for no reason that anybody knows. */
static void append_numbers(GByteArray *to, const HthTagRow *row, const HthMediaInfo *info)
{
    guint number = 0, total = 0;
    hth_tag_row_numbers(row, info, &number, &total);
    if (number == 0 && total == 0)
        return;
    const guint8 bytes[8] = {
        0, 0, (guint8)(number >> 8), (guint8)number, (guint8)(total >> 8), (guint8)total
    };
    const guint at = hth_box_begin(to, row->mp4);
    append_data(to, DATA_BINARY, bytes, strcmp(row->mp4, "trkn") == 0 ? 8 : 6);
    hth_box_end(to, at);
}

static void append_row(GByteArray *to, const HthTagRow *row, const HthMediaInfo *info)
{
    static const guint8 yes = 1;
    if (row->type == HTH_ROW_NUMBER) {
        append_numbers(to, row, info);
        return;
    }
    g_autoptr(GPtrArray) values = hth_tag_row_values(row, info, FALSE);
    if (row->type == HTH_ROW_FLAG && values->len > 0) {
        const guint at = hth_box_begin(to, row->mp4);
        append_data(to, DATA_INTEGER, &yes, 1);
        hth_box_end(to, at);
    } else {
        append_texts(to, row, values);
    }
}

static void append_cover(GByteArray *to, GBytes *cover)
{
    gsize size = 0;
    gconstpointer bytes = g_bytes_get_data(cover, &size);
    const guint at = hth_box_begin(to, "covr");
    append_data(to, DATA_JPEG, bytes, size);
    hth_box_end(to, at);
}

static void append_handler(GByteArray *to)
{
    static const char rest[] = "mdirappl\0\0\0\0\0\0\0\0"; /* and an empty name */
    const guint at = hth_box_begin(to, "hdlr");
    hth_box_put32(to, 0);
    hth_box_put32(to, 0);
    g_byte_array_append(to, (const guint8 *)rest, sizeof rest);
    hth_box_end(to, at);
}

void hth_ilst_append(GByteArray *to, const HthMediaInfo *info, GBytes *cover)
{
    guint n_rows = 0;
    const HthTagRow *rows = hth_tag_rows(&n_rows);
    const guint udta = hth_box_begin(to, "udta");
    const guint meta = hth_box_begin(to, "meta");
    hth_box_put32(to, 0);
    append_handler(to);
    const guint ilst = hth_box_begin(to, "ilst");
    for (guint i = 0; i < n_rows; i++)
        append_row(to, &rows[i], info);
    if (cover != NULL)
        append_cover(to, cover);
    hth_box_end(to, ilst);
    hth_box_end(to, meta);
    hth_box_end(to, udta);
}
