/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The header packets of a logical stream in Ogg: what codec it has, what of them is essence, and
 * where pictures are in them.
 */
#pragma once

#include "media/layout-builder.h"
#include "media/ogg-page.h"

G_BEGIN_DECLS

/* A part of a picture, by its place in the file. */
typedef struct {
    guint64 offset;
    guint64 length;
    HthPicturePart part;
} HthOggPicture;

typedef struct HthOggHeaders HthOggHeaders;

HthOggHeaders *hth_ogg_headers_new(guint32 serial);
void hth_ogg_headers_free(HthOggHeaders *self); /* NULL is fine */

guint32 hth_ogg_headers_serial(const HthOggHeaders *self);
/* Whether the next page of the stream has a header in it, or its end. */
gboolean hth_ogg_headers_want(HthOggHeaders *self, const HthOggPage *page, const guint8 *body);
const HthOggTiming *hth_ogg_headers_timing(const HthOggHeaders *self);

/* Takes in a page of the stream while the headers are not complete. @offset: of its body in the
 * file. Adds to the essence of @builder, and to @pictures (element HthOggPicture). */
void hth_ogg_headers_add_page(HthOggHeaders *self, const HthOggPage *page, guint64 offset,
                              const guint8 *body, HthLayoutBuilder *builder, GArray *pictures);

G_END_DECLS
