/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/pack.h"

#include <zstd.h>

#include "base/error.h"

/* Tags and framing are small, and sent over the air: slow and small. Above, much of it is digests
 * or pictures, which no effort makes smaller. */
#define SMALL_BYTES (256 * 1024)
#define LEVEL_SMALL 19
#define LEVEL_LARGE 9

/* Both sides set it, for a window must reach back over a prefix and what comes after: 2^23 is more
 * than any of our limits. The receiver allocates no more than that. */
#define WINDOW_LOG_MAX 23

static guint window_log(gsize total_bytes)
{
    guint log = 10;
    while (log < WINDOW_LOG_MAX && (1UL << log) < total_bytes)
        log++;
    return log;
}

GBytes *hth_pack(const guint8 *prefix, gsize prefix_size, const guint8 *bytes, gsize size_bytes)
{
    const gsize total = prefix_size + size_bytes;
    ZSTD_CCtx *context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel,
                           total <= SMALL_BYTES ? LEVEL_SMALL : LEVEL_LARGE);
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, (int)window_log(total));
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
    if (prefix_size > 0)
        ZSTD_CCtx_refPrefix(context, prefix, prefix_size);
    const gsize bound = ZSTD_compressBound(size_bytes);
    guint8 *packed = g_malloc(bound);
    const gsize n = ZSTD_compress2(context, packed, bound, bytes, size_bytes);
    ZSTD_freeCCtx(context);
    if (ZSTD_isError(n))
        g_error("zstd: %s", ZSTD_getErrorName(n)); /* no memory: as g_malloc() */
    return g_bytes_new_take(g_realloc(packed, n), n);
}

gboolean hth_unpack(const guint8 *prefix, gsize prefix_size, const guint8 *packed,
                    gsize packed_size, guint8 *out, gsize size_bytes, GError **error)
{
    ZSTD_DCtx *context = ZSTD_createDCtx();
    ZSTD_DCtx_setParameter(context, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
    if (prefix_size > 0)
        ZSTD_DCtx_refPrefix(context, prefix, prefix_size);
    guint8 none;
    const gsize n =
        ZSTD_decompressDCtx(context, out != NULL ? out : &none, size_bytes, packed, packed_size);
    ZSTD_freeDCtx(context);
    if (!ZSTD_isError(n) && n == size_bytes)
        return TRUE;
    g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT, "packed bytes make no sense");
    return FALSE;
}
