/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/picture-coding.h"

#include <string.h>

#include "base/error.h"

gboolean hth_picture_part_is_same_form(const HthPicturePart *a, const HthPicturePart *b)
{
    return a->coding == b->coding && a->length == b->length &&
           a->prefix_length == b->prefix_length &&
           memcmp(a->prefix, b->prefix, a->prefix_length) == 0 &&
           hth_digest_equal(&a->digest, &b->digest);
}

guint64 hth_picture_coded_length(const HthPicturePart *part)
{
    const guint64 plain = (guint64)part->length + part->prefix_length;
    return part->coding == HTH_PICTURE_BASE64 ? (plain + 2) / 3 * 4 : plain;
}

/* @n bytes at @offset of the prefix followed by the picture. */
static gboolean read_plain(const HthPicturePart *part, guint64 offset, guint8 *to, gsize n,
                           HthPictureRead read, gpointer data, GError **error)
{
    for (; n > 0 && offset < part->prefix_length; n--)
        *to++ = part->prefix[offset++];
    return n == 0 || read(offset - part->prefix_length, to, n, data, error);
}

#define GROUPS_A_TURN 4096

/* Whole groups of three bytes become four letters; what is asked for is cut out of them. */
static gboolean code_base64(const HthPicturePart *part, guint64 coded_offset, guint8 *to, gsize n,
                            HthPictureRead read, gpointer data, GError **error)
{
    const guint64 plain_length = (guint64)part->length + part->prefix_length;
    guint8 plain[GROUPS_A_TURN * 3];
    char letters[GROUPS_A_TURN * 4 + 8];
    while (n > 0) {
        const guint64 group = coded_offset / 4;
        const gsize skip = coded_offset % 4;
        const gsize n_plain = (gsize)MIN(sizeof plain, plain_length - group * 3);
        const gsize wanted = MIN(n_plain, (skip + n + 3) / 4 * 3);
        if (!read_plain(part, group * 3, plain, wanted, read, data, error))
            return FALSE;
        gint state = 0;
        gint save = 0;
        gsize made = g_base64_encode_step(plain, wanted, FALSE, letters, &state, &save);
        made += g_base64_encode_close(FALSE, letters + made, &state, &save);
        const gsize part_n = MIN(n, made - skip);
        memcpy(to, letters + skip, part_n);
        to += part_n;
        n -= part_n;
        coded_offset += part_n;
    }
    return TRUE;
}

gboolean hth_picture_code(const HthPicturePart *part, guint64 coded_offset, guint8 *to, gsize n,
                          HthPictureRead read, gpointer data, GError **error)
{
    const guint64 length = hth_picture_coded_length(part);
    if (coded_offset > length || n > length - coded_offset) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT, "a picture is shorter than its place");
        return FALSE;
    }
    return part->coding == HTH_PICTURE_BASE64
               ? code_base64(part, coded_offset, to, n, read, data, error)
               : read_plain(part, coded_offset, to, n, read, data, error);
}

/* ---- Out of a file ---- */

/* The coded form of @form's picture, from the regions of it that @layout has. NULL: not whole. */
static GByteArray *read_coded(const HthLayout *layout, HthByteSource *source,
                              const HthPicturePart *form, GError **error)
{
    g_autoptr(GByteArray) coded = g_byte_array_new();
    const guint64 length = hth_picture_coded_length(form);
    for (guint i = 0; i < layout->regions->len && coded->len < length; i++) {
        const HthRegion *region = &g_array_index(layout->regions, HthRegion, i);
        if (region->kind != HTH_REGION_PICTURE)
            continue;
        const HthPicturePart *part = &g_array_index(layout->parts, HthPicturePart, region->part);
        if (!hth_picture_part_is_same_form(part, form) || part->coded_offset != coded->len)
            continue;
        const guint at = coded->len;
        g_byte_array_set_size(coded, (guint)(at + region->length));
        if (!hth_byte_source_read(source, region->offset, coded->data + at, region->length, error))
            return NULL;
    }
    return coded->len == length ? g_steal_pointer(&coded) : NULL;
}

static GBytes *decode(const HthPicturePart *form, GByteArray *coded)
{
    gsize n = coded->len;
    if (form->coding == HTH_PICTURE_BASE64) {
        gint state = 0;
        guint save = 0;
        n = g_base64_decode_step((char *)coded->data, coded->len, coded->data, &state, &save);
    }
    return n == (gsize)form->length + form->prefix_length
               ? g_bytes_new(coded->data + form->prefix_length, form->length)
               : NULL;
}

GBytes *hth_layout_read_picture(const HthLayout *layout, HthByteSource *source,
                                const HthDigest *digest, GError **error)
{
    for (guint i = 0; i < layout->parts->len; i++) {
        const HthPicturePart *form = &g_array_index(layout->parts, HthPicturePart, i);
        if (form->coded_offset != 0 || !hth_digest_equal(&form->digest, digest) ||
            form->length > HTH_PICTURE_BYTES_MAX)
            continue;
        g_autoptr(GByteArray) coded = read_coded(layout, source, form, NULL);
        g_autoptr(GBytes) picture = coded != NULL ? decode(form, coded) : NULL;
        if (picture == NULL)
            continue;
        HthDigest actual;
        hth_digest_of(g_bytes_get_data(picture, NULL), g_bytes_get_size(picture), &actual);
        if (hth_digest_equal(&actual, digest))
            return g_steal_pointer(&picture);
    }
    g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "the picture is not in the file");
    return NULL;
}
