/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MP3: an ID3v2.4 tag in UTF-8 with padding, then the frames. */
#include <string.h>

#include "../id3.h"
#include "tag-rows.h"
#include "wrap.h"

#define TAG_HEADER    10
#define ENCODING_UTF8 3
#define SYNCHSAFE_MAX 0x0fffffff

static void put_synchsafe(guint8 *at, guint32 value)
{
    for (int i = 3; i >= 0; i--, value >>= 7)
        at[i] = value & 0x7f;
}

/* Begins a frame; end_frame() knows its size. Returns: where it begins. */
static guint begin_frame(GByteArray *to, const char *id)
{
    static const guint8 size_and_flags[6];
    const guint at = to->len;
    g_byte_array_append(to, (const guint8 *)id, 4);
    g_byte_array_append(to, size_and_flags, sizeof size_and_flags);
    return at;
}

static void end_frame(GByteArray *to, guint at)
{
    put_synchsafe(to->data + at + 4, to->len - at - TAG_HEADER);
}

static void put_text(GByteArray *to, const char *text, gboolean has_end)
{
    g_byte_array_append(to, (const guint8 *)text, (guint)strlen(text) + (has_end ? 1 : 0));
}

static void append_row(GByteArray *to, const HthTagRow *row, const GPtrArray *values)
{
    static const guint8 utf8 = ENCODING_UTF8;
    const char *detail = row->id3[4] == ':' ? row->id3 + 5 : NULL;
    const guint at = begin_frame(to, row->id3);
    if (strncmp(row->id3, "UFID", 4) == 0) {
        put_text(to, detail, TRUE);
        put_text(to, values->pdata[0], FALSE);
        end_frame(to, at);
        return;
    }
    g_byte_array_append(to, &utf8, 1);
    if (strcmp(row->id3, "COMM") == 0)
        g_byte_array_append(to, (const guint8 *)"XXX", 4); /* no language, no description */
    else if (detail != NULL)
        put_text(to, detail, TRUE);
    for (guint i = 0; i < values->len; i++)
        put_text(to, values->pdata[i], i + 1 < values->len);
    end_frame(to, at);
}

static void append_cover(GByteArray *to, GBytes *cover)
{
    static const guint8 before[] = "\0image/jpeg\0\3"; /* Latin-1, no description but its end */
    gsize size = 0;
    const guint8 *bytes = g_bytes_get_data(cover, &size);
    const guint at = begin_frame(to, "APIC");
    g_byte_array_append(to, before, sizeof before);
    g_byte_array_append(to, bytes, (guint)size);
    end_frame(to, at);
}

static void append_tags(GByteArray *to, const HthWrapInput *input)
{
    static const guint8 header[TAG_HEADER] = "ID3\4";
    guint n_rows = 0;
    const HthTagRow *rows = hth_tag_rows(&n_rows);
    g_byte_array_append(to, header, sizeof header);
    for (guint i = 0; i < n_rows; i++) {
        g_autoptr(GPtrArray) values = hth_tag_row_values(&rows[i], input->info, TRUE);
        if (values->len > 0)
            append_row(to, &rows[i], values);
    }
    if (input->cover != NULL)
        append_cover(to, input->cover);
}

gboolean hth_wrap_mp3(const HthWrapInput *input, HthWrapPlan *out, GError **error)
{
    out->payload_offset = input->payload_offset;
    guint8 header[TAG_HEADER];
    if (input->payload_offset == 0) {
        if (!hth_wrap_read(input, 0, header, sizeof header))
            return hth_wrap_fail(error, "the MP3 file is too short");
        out->payload_offset = (gint64)hth_id3_tag_size(header, sizeof header);
    }
    if (out->payload_offset > input->size_bytes)
        return hth_wrap_fail(error, "the MP3 file is shorter than its tag");
    out->payload_bytes = input->size_bytes - out->payload_offset;
    append_tags(out->head, input);
    const gint64 size = hth_wrap_head_size(input, out->head->len);
    if (size > SYNCHSAFE_MAX)
        return hth_wrap_fail(error, "the tag is too large");
    const guint used = out->head->len;
    g_byte_array_set_size(out->head, (guint)size);
    memset(out->head->data + used, 0, (gsize)size - used);
    put_synchsafe(out->head->data + 6, (guint32)size - TAG_HEADER);
    return TRUE;
}
