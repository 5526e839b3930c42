/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "photo.h"

#include <string.h>

#include "base/error.h"
#include "bytes.h"
#include "exif.h"

/* Segments or chunks that are walked; a file has a few dozen. */
#define PARTS_MAX      4096
#define EXIF_BYTES_MAX (1024 * 1024)

typedef gboolean (*PhotoReader)(HthProbe *probe);

static gboolean set_size(HthMediaInfo *info, guint32 width, guint32 height)
{
    info->width = width;
    info->height = height;
    return width > 0 && height > 0;
}

static void read_exif_at(HthProbe *probe, gint64 offset, gsize size)
{
    g_autoptr(GByteArray) block =
        hth_source_read_block(probe->source, offset, MIN(size, EXIF_BYTES_MAX));
    (void)hth_exif_read_bytes(probe->info, block->data, block->len); /* a photo without is fine */
}

/* Whether @marker starts a frame: C0 to CF without the tables (C4, C8, CC). */
static gboolean is_frame_start(guint8 marker)
{
    return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

static gboolean read_jpeg(HthProbe *probe)
{
    gint64 at = 2;
    for (guint i = 0; i < PARTS_MAX; i++) {
        guint8 head[10];
        const gsize n = hth_source_read_at(probe->source, at, head, sizeof head);
        if (n < 4 || head[0] != 0xff)
            return FALSE;
        if (head[1] == 0xff) { /* padding */
            at++;
            continue;
        }
        const guint16 length = be16(head + 2);
        if (is_frame_start(head[1]))
            return n >= 9 && set_size(probe->info, be16(head + 7), be16(head + 5));
        if (length < 2 || head[1] == 0xda)
            return FALSE;
        if (head[1] == 0xe1 && n == 10 && memcmp(head + 4, "Exif\0", 5) == 0)
            read_exif_at(probe, at + 4, length - 2u);
        at += 2 + (gint64)length;
    }
    return FALSE;
}

static gboolean read_png(HthProbe *probe)
{
    gint64 at = 8;
    gboolean has_size = FALSE;
    for (guint i = 0; i < PARTS_MAX; i++) {
        guint8 head[16];
        const gsize n = hth_source_read_at(probe->source, at, head, sizeof head);
        if (n < 8)
            break;
        const guint32 length = be32(head);
        if (i == 0 && (n < 16 || memcmp(head + 4, "IHDR", 4) != 0))
            return FALSE;
        if (i == 0)
            has_size = set_size(probe->info, be32(head + 8), be32(head + 12));
        if (memcmp(head + 4, "eXIf", 4) == 0)
            read_exif_at(probe, at + 8, length);
        if (memcmp(head + 4, "IEND", 4) == 0)
            break;
        at += 12 + (gint64)length;
    }
    return has_size;
}

static gboolean read_webp_frame(HthMediaInfo *info, const guint8 *chunk, gsize n)
{
    if (n >= 18 && memcmp(chunk, "VP8 ", 4) == 0)
        return set_size(info, le16(chunk + 14) & 0x3fff, le16(chunk + 16) & 0x3fff);
    if (n >= 13 && memcmp(chunk, "VP8L", 4) == 0) {
        const guint32 bits = le32(chunk + 9);
        return set_size(info, (bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1);
    }
    if (n >= 18 && memcmp(chunk, "VP8X", 4) == 0)
        return set_size(info, (le32(chunk + 12) & 0xffffff) + 1,
                        ((le32(chunk + 14) >> 8) & 0xffffff) + 1);
    return FALSE;
}

static gboolean read_webp(HthProbe *probe)
{
    gint64 at = 12;
    gboolean has_size = FALSE;
    for (guint i = 0; i < PARTS_MAX; i++) {
        guint8 chunk[18];
        const gsize n = hth_source_read_at(probe->source, at, chunk, sizeof chunk);
        if (n < 8)
            break;
        const guint32 length = le32(chunk + 4);
        if (!has_size)
            has_size = read_webp_frame(probe->info, chunk, n);
        if (memcmp(chunk, "EXIF", 4) == 0)
            read_exif_at(probe, at + 8, length);
        at += 8 + (gint64)length + (length & 1);
    }
    return has_size;
}

static gboolean read_gif(HthProbe *probe)
{
    const guint8 *head = probe->source->head;
    return probe->source->head_bytes >= 10 && set_size(probe->info, le16(head + 6), le16(head + 8));
}

static gboolean read_bmp(HthProbe *probe)
{
    const guint8 *head = probe->source->head;
    if (probe->source->head_bytes < 26)
        return FALSE;
    if (le32(head + 14) == 12)
        return set_size(probe->info, le16(head + 18), le16(head + 20));
    const gint32 height = (gint32)le32(head + 22); /* negative: from the top down */
    return set_size(probe->info, le32(head + 18),
                    height < 0 ? (guint32) - (gint64)height : (guint32)height);
}

static gsize read_source(gpointer data, gint64 offset, void *to, gsize n)
{
    return hth_source_read_at(data, offset, to, n);
}

static gboolean read_tiff(HthProbe *probe)
{
    return hth_exif_read(probe->info, read_source, probe->source, TRUE) && probe->info->width > 0 &&
           probe->info->height > 0;
}

static PhotoReader reader_of(HthMediaFormat format)
{
    switch (format) {
    case HTH_FORMAT_JPEG:
        return read_jpeg;
    case HTH_FORMAT_PNG:
        return read_png;
    case HTH_FORMAT_WEBP:
        return read_webp;
    case HTH_FORMAT_GIF:
        return read_gif;
    case HTH_FORMAT_BMP:
        return read_bmp;
    default:
        return read_tiff;
    }
}

gboolean hth_photo_read(HthProbe *probe, HthMediaFormat format, GError **error)
{
    HthMediaInfo *info = probe->info;
    info->kind = HTH_MEDIA_PHOTO;
    info->format = format;
    if (format == HTH_FORMAT_HEIF)
        return hth_heif_read(probe, error); /* its size is already as shown */
    if (!reader_of(format)(probe)) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT, "the picture's header is broken");
        return FALSE;
    }
    if (info->orientation >= 5) { /* turned by 90 or 270 degrees */
        const guint32 width = info->width;
        info->width = info->height;
        info->height = width;
    }
    return TRUE;
}
