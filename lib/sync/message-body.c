/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/message-body.h"

#include <zstd.h>

#include "base/error.h"

enum { CODING_RAW = 0, CODING_ZSTD = 1 };

/* Below this zstd saves nothing: the empty answers and requests of a quiet day. */
#define MIN_COMPRESSED_BYTES 200

/* As fast as the network that comes after it; 9 and more gain 3 % on recipes and cost ten times. */
#define COMPRESSION_LEVEL 3

static GByteArray *compressed(const GByteArray *fields)
{
    const gsize bound = ZSTD_compressBound(fields->len);
    g_autoptr(GByteArray) body = g_byte_array_new();
    g_byte_array_set_size(body, (guint)(bound + 1));
    body->data[0] = CODING_ZSTD;
    const gsize size =
        ZSTD_compress(body->data + 1, bound, fields->data, fields->len, COMPRESSION_LEVEL);
    if (ZSTD_isError(size) || size >= fields->len)
        return NULL;
    g_byte_array_set_size(body, (guint)(size + 1));
    return g_steal_pointer(&body);
}

GBytes *hth_sync_body_seal(GByteArray *fields)
{
    GByteArray *small = fields->len >= MIN_COMPRESSED_BYTES ? compressed(fields) : NULL;
    if (small != NULL) {
        g_byte_array_unref(fields);
        return g_byte_array_free_to_bytes(small);
    }
    const guint8 coding = CODING_RAW;
    g_byte_array_prepend(fields, &coding, 1);
    return g_byte_array_free_to_bytes(fields);
}

static GBytes *fail(GError **error, HthError code, const char *message)
{
    g_set_error_literal(error, HTH_ERROR, (gint)code, message);
    return NULL;
}

static GBytes *decompressed(const guint8 *bytes, gsize size, gsize max_bytes, GError **error)
{
    const unsigned long long length = ZSTD_getFrameContentSize(bytes, size);
    if (length == ZSTD_CONTENTSIZE_ERROR || length == ZSTD_CONTENTSIZE_UNKNOWN)
        return fail(error, HTH_ERROR_CORRUPT, "a message is not compressed as it says");
    if (length > max_bytes)
        return fail(error, HTH_ERROR_TOO_LARGE, "a message is too long");
    /* One frame and nothing after it: ZSTD_decompress() would go on with further frames. */
    if (ZSTD_findFrameCompressedSize(bytes, size) != size)
        return fail(error, HTH_ERROR_CORRUPT, "a message is cut short or has something after it");
    g_autofree guint8 *out = g_malloc(length > 0 ? (gsize)length : 1);
    if (ZSTD_decompress(out, (gsize)length, bytes, size) != (gsize)length)
        return fail(error, HTH_ERROR_CORRUPT, "a message cannot be decompressed");
    return g_bytes_new_take(g_steal_pointer(&out), (gsize)length);
}

GBytes *hth_sync_body_open(GBytes *body, gsize max_bytes, GError **error)
{
    gsize size = 0;
    const guint8 *bytes = g_bytes_get_data(body, &size);
    if (size == 0)
        return fail(error, HTH_ERROR_CORRUPT, "a message is empty");
    if (bytes[0] == CODING_ZSTD)
        return decompressed(bytes + 1, size - 1, max_bytes, error);
    if (bytes[0] != CODING_RAW)
        return fail(error, HTH_ERROR_CORRUPT, "a message has an unknown coding");
    if (size - 1 > max_bytes)
        return fail(error, HTH_ERROR_TOO_LARGE, "a message is too long");
    return g_bytes_new_from_bytes(body, 1, size - 1);
}
