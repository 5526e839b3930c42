/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures made by the worker, kept on disk: artwork, thumbnails, photos that a TV cannot show.
 *
 * Threads: any thread.
 */
#pragma once

#include "library/library.h"

G_BEGIN_DECLS

/* What is kept on disk; the oldest go first. */
#define HTH_PICTURE_CACHE_BYTES (G_GINT64_CONSTANT(512) * 1024 * 1024)

/* Pictures being made at once; more are refused with HTH_ERROR_BUSY. */
#define HTH_PICTURE_MAX_WAITING 256

typedef struct HthPictureCache HthPictureCache;

/* @limit_bytes: 0: HTH_PICTURE_CACHE_BYTES. */
HthPictureCache *hth_picture_cache_new(const char *dir, gint64 limit_bytes);
/* After the pool has gone: those who wait are told. NULL is fine. */
void hth_picture_cache_free(HthPictureCache *self);

/* The file that a picture is made of. */
typedef struct {
    const char *id;  /* names it in the cache */
    guint64 version; /* of the file: another one is another picture */
    guint max_pixels;
    HthMediaFormat format;
} HthPictureRequest;

/* Opens the original; called only when the picture is not cached. -1 with @error. */
typedef int (*HthPictureOpen)(gpointer data, GError **error);

void hth_picture_cache_get(HthPictureCache *self, HthWorkerPool *pool,
                           const HthPictureRequest *request, HthPictureOpen open,
                           gpointer open_data, HthPictureReady callback, gpointer data);

G_END_DECLS
