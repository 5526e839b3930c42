/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/home-picture.h"

#include <string.h>

#include "base/error.h"

/* The length of a picture's coded form: prefix and picture, as they are or in padded base64. */
static guint64 coded_length(const HthPicturePart *part)
{
    const guint64 plain = (guint64)part->prefix_length + part->length;
    return part->coding == HTH_PICTURE_BASE64 ? (plain + 2) / 3 * 4 : plain;
}

static const HthPicturePart *part_of(const HthLayout *layout, const HthRegion *region,
                                     const HthDigest *digest)
{
    if (region->kind != HTH_REGION_PICTURE)
        return NULL;
    const HthPicturePart *part = &g_array_index(layout->parts, HthPicturePart, region->part);
    return hth_digest_equal(&part->digest, digest) ? part : NULL;
}

/* Decodes, takes the prefix off, and compares: a picture is what its digest says. */
static GBytes *decode(GByteArray *coded, const HthPicturePart *part, const HthDigest *digest)
{
    gsize size = coded->len;
    guint8 *plain = coded->data;
    g_autofree guint8 *decoded = NULL;
    if (part->coding == HTH_PICTURE_BASE64) {
        g_byte_array_append(coded, (const guint8 *)"", 1);
        decoded = g_base64_decode((const char *)coded->data, &size);
        plain = decoded;
    }
    if (size != (gsize)part->prefix_length + part->length)
        return NULL;
    HthDigest found;
    hth_digest_of(plain + part->prefix_length, part->length, &found);
    return hth_digest_equal(&found, digest) ? g_bytes_new(plain + part->prefix_length, part->length)
                                            : NULL;
}

/* Adds the bytes of @region behind those that are there. */
static gboolean append_region(GByteArray *coded, const HthRegion *region, HthHomePictureRead read,
                              gpointer data, GError **error)
{
    const guint from = coded->len;
    g_byte_array_set_size(coded, from + (guint)region->length);
    const gssize n = read(region->offset, coded->data + from, (gsize)region->length, data, error);
    if (n == (gssize)region->length)
        return TRUE;
    if (n >= 0)
        g_set_error(error, HTH_ERROR, HTH_ERROR_CHANGED, "the file is shorter than it was");
    return FALSE;
}

GBytes *hth_home_picture_read(const HthLayout *layout, const HthDigest *digest,
                              HthHomePictureRead read, gpointer data, GError **error)
{
    g_autoptr(GByteArray) coded = g_byte_array_new();
    for (guint i = 0; i < layout->regions->len; i++) {
        const HthRegion *region = &g_array_index(layout->regions, HthRegion, i);
        const HthPicturePart *part = part_of(layout, region, digest);
        if (part == NULL || part->length > HTH_HOME_PICTURE_MAX_BYTES)
            continue;
        if (part->coded_offset == 0)
            g_byte_array_set_size(coded, 0);
        if (part->coded_offset != coded->len ||
            coded->len + region->length > coded_length(part)) /* a part of another occurrence */
            continue;
        if (!append_region(coded, region, read, data, error))
            return NULL;
        if (coded->len < coded_length(part))
            continue;
        GBytes *picture = decode(coded, part, digest);
        if (picture != NULL)
            return picture;
        g_byte_array_set_size(coded, 0);
    }
    g_set_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND, "the file has no such picture");
    return NULL;
}
