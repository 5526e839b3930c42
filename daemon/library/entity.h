/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Artists, genres, cameras and pictures: things that items share, found or made by name.
 *
 * Two spellings that differ only in case, diacritics or spaces are one; the first seen is shown.
 *
 * Threads: the writer thread.
 */
#pragma once

#include "library/writer.h"

G_BEGIN_DECLS

gboolean hth_entity_artist(HthWriteContext *context, const char *name, gint64 *out_row,
                           GError **error);
gboolean hth_entity_genre(HthWriteContext *context, const char *name, gint64 *out_row,
                          GError **error);
gboolean hth_entity_camera(HthWriteContext *context, const char *name, gint64 *out_row,
                           GError **error);
gboolean hth_entity_artwork(HthWriteContext *context, const guint8 digest[32], gint64 *out_row,
                            GError **error);

/* The digest by which an artist of that name is known. */
guint64 hth_entity_digest(const char *name_folded);

G_END_DECLS
