/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Opus in Ogg: the page of OpusHead, the pages of OpusTags with slack behind the comments
 * (RFC 7845, section 5.2: zeros there are padding), then the pages with sound. */
#include <math.h>
#include <string.h>

#include "ogg-page.h"
#include "tag-rows.h"
#include "wrap.h"

#define VENDOR           "hearth"
#define OPUS_HEAD_MIN    19
#define HEADER_PAGES_MAX 1024
/* Where R128 gains are relative to -23 LUFS, ReplayGain is to -18 (RFC 7845, section 5.2.1). */
#define REPLAYGAIN_TO_R128_DB (-5.0)
enum { IS_FIRST = 2, FRONT_COVER = 3 };

static void put_u32(GByteArray *to, guint32 value)
{
    const guint32 little = GUINT32_TO_LE(value);
    g_byte_array_append(to, (const guint8 *)&little, sizeof little);
}

static void put_be32(GByteArray *to, guint32 value)
{
    const guint32 big = GUINT32_TO_BE(value);
    g_byte_array_append(to, (const guint8 *)&big, sizeof big);
}

static void add_comment(GByteArray *to, guint *n_comments, const char *key, const char *value)
{
    put_u32(to, (guint32)(strlen(key) + 1 + strlen(value)));
    g_byte_array_append(to, (const guint8 *)key, (guint)strlen(key));
    g_byte_array_append(to, (const guint8 *)"=", 1);
    g_byte_array_append(to, (const guint8 *)value, (guint)strlen(value));
    (*n_comments)++;
}

static void add_gain(GByteArray *to, guint *n_comments, const HthTagRow *row, double gain_db)
{
    if (!isfinite(gain_db) || fabs(gain_db) > 100)
        return;
    g_autofree char *text =
        g_strdup_printf("%d", (int)lround((gain_db + REPLAYGAIN_TO_R128_DB) * 256));
    add_comment(to, n_comments, row->vorbis, text);
}

static void add_row(GByteArray *to, guint *n_comments, const HthTagRow *row,
                    const HthMediaInfo *info)
{
    if (row->type == HTH_ROW_GAIN) {
        add_gain(to, n_comments, row, G_STRUCT_MEMBER(double, info, row->offset));
        return;
    }
    g_autoptr(GPtrArray) values = hth_tag_row_values(row, info, FALSE);
    for (guint i = 0; i < values->len; i++)
        add_comment(to, n_comments, row->vorbis, values->pdata[i]);
    guint number = 0, total = 0;
    if (row->type == HTH_ROW_NUMBER)
        hth_tag_row_numbers(row, info, &number, &total);
    if (total != 0) {
        g_autofree char *text = g_strdup_printf("%u", total);
        add_comment(to, n_comments, row->total, text);
    }
}

/* FLAC's picture block in base64. Its sizes in pixels are left for the player to see. */
static void add_cover(GByteArray *to, guint *n_comments, GBytes *cover)
{
    static const char type[] = "image/jpeg";
    gsize size = 0;
    const guint8 *bytes = g_bytes_get_data(cover, &size);
    g_autoptr(GByteArray) block = g_byte_array_new();
    put_be32(block, FRONT_COVER);
    put_be32(block, sizeof type - 1);
    g_byte_array_append(block, (const guint8 *)type, sizeof type - 1);
    for (guint i = 0; i < 5; i++) /* no description; width, height, depth, colours not said */
        put_be32(block, 0);
    put_be32(block, (guint32)size);
    g_byte_array_append(block, bytes, (guint)size);
    g_autofree char *text = g_base64_encode(block->data, block->len);
    add_comment(to, n_comments, "METADATA_BLOCK_PICTURE", text);
}

static GByteArray *make_comments(const HthWrapInput *input)
{
    GByteArray *to = g_byte_array_new();
    guint n_rows = 0, n_comments = 0;
    const HthTagRow *rows = hth_tag_rows(&n_rows);
    g_byte_array_append(to, (const guint8 *)"OpusTags", 8);
    put_u32(to, sizeof VENDOR - 1);
    g_byte_array_append(to, (const guint8 *)VENDOR, sizeof VENDOR - 1);
    const guint count_at = to->len;
    put_u32(to, 0);
    for (guint i = 0; i < n_rows; i++)
        add_row(to, &n_comments, &rows[i], input->info);
    if (input->cover != NULL)
        add_cover(to, &n_comments, input->cover);
    const guint32 count = GUINT32_TO_LE(n_comments);
    memcpy(to->data + count_at, &count, sizeof count);
    return to;
}

/* ---- What is there ---- */

typedef struct {
    guint8 head[255]; /* the OpusHead packet */
    gsize head_bytes;
    guint32 serial; /* of the new file */
} Stream;

/* Steps over the two header packets and finds the first page with sound. */
static gboolean read_stream(const HthWrapInput *input, Stream *stream, HthWrapPlan *out,
                            guint8 *page, GError **error)
{
    gsize n = hth_ogg_page_read(input, 0, page);
    stream->head_bytes = n > 28 ? page[27] : 0;
    if (n == 0 || page[26] != 1 || stream->head_bytes < OPUS_HEAD_MIN ||
        memcmp(page + 28, "OpusHead", 8) != 0)
        return hth_wrap_fail(error, "the Ogg file does not begin with Opus");
    memcpy(stream->head, page + 28, stream->head_bytes);
    memcpy(&stream->serial, page + 14, 4);
    stream->serial = GUINT32_FROM_LE(stream->serial);
    gint64 at = (gint64)n;
    gboolean is_end = FALSE;
    for (guint i = 0; i < HEADER_PAGES_MAX && !is_end; i++) {
        n = hth_ogg_page_read(input, at, page);
        if (n == 0)
            return hth_wrap_fail(error, "the Opus file has no comments");
        is_end = hth_ogg_page_ends_packet(page);
        at += (gint64)n;
    }
    out->old_first_page = hth_ogg_page_number(page) + 1;
    out->payload_offset = at;
    out->payload_bytes = input->size_bytes - at;
    n = hth_ogg_page_read(input, at, page);
    if (n > 0) /* the same for the same sound, whatever the muxer drew; a skeleton has kept it */
        stream->serial = hth_ogg_crc(page + 27 + page[26], n - 27 - page[26]);
    return is_end;
}

/* The length of a packet that takes @size bytes in pages; where none does, of one just below. */
static gsize packet_length(gsize size)
{
    guint n_pages = 0;
    gsize n = size;
    while (n > 0 && hth_ogg_packet_size(n, &n_pages) > size)
        n -= MAX((hth_ogg_packet_size(n, &n_pages) - size) / 2, 1);
    while (hth_ogg_packet_size(n + 1, &n_pages) <= size)
        n++;
    return n;
}

gboolean hth_wrap_ogg(const HthWrapInput *input, HthWrapPlan *out, GError **error)
{
    Stream stream = { .serial = 0 };
    g_autofree guint8 *page = g_malloc(HTH_OGG_PAGE_MAX);
    if (!read_stream(input, &stream, out, page, error))
        return FALSE;
    g_autoptr(GByteArray) comments = make_comments(input);
    guint n_pages = 0;
    const gsize first = hth_ogg_packet_size(stream.head_bytes, &n_pages);
    const gsize least = first + hth_ogg_packet_size(comments->len, &n_pages);
    const gint64 size = hth_wrap_head_size(input, (gint64)least);
    const gsize length = MAX(packet_length((gsize)size - first), comments->len);
    const guint used = comments->len;
    g_byte_array_set_size(comments, (guint)length);
    memset(comments->data + used, 0, length - used);
    (void)hth_ogg_packet_size(length, &n_pages);
    hth_ogg_append_packet(out->head, stream.head, stream.head_bytes, stream.serial, 0, IS_FIRST);
    hth_ogg_append_packet(out->head, comments->data, length, stream.serial, 1, 0);
    out->has_pages = TRUE;
    out->first_page = 1 + n_pages;
    out->serial = stream.serial;
    return TRUE;
}
