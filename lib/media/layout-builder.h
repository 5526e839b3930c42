/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the readers of the formats use to say of which regions a file is made. Internal to layouts.
 *
 * A reader looks at the file wherever it likes (small reads), and adds regions from the first byte
 * to the last. Afterwards the builder reads the file once from end to end, for the digests. A
 * reader that says FALSE, or whose regions do not end with the file, is forgotten with all that it
 * added, and the file is cut by content.
 */
#pragma once

#include "media/layout.h"

G_BEGIN_DECLS

typedef struct HthLayoutBuilder HthLayoutBuilder;

/* Reads one format. Returns: FALSE when the file is none of it. */
typedef gboolean (*HthLayoutReader)(HthLayoutBuilder *builder);

/* One a format; in layout-read.c's table, by HthMediaFormat. */
gboolean hth_mp3_layout(HthLayoutBuilder *builder);
gboolean hth_flac_layout(HthLayoutBuilder *builder);
gboolean hth_ogg_layout(HthLayoutBuilder *builder);
gboolean hth_wav_layout(HthLayoutBuilder *builder);
gboolean hth_aiff_layout(HthLayoutBuilder *builder);
gboolean hth_matroska_layout(HthLayoutBuilder *builder);
gboolean hth_mp4_layout(HthLayoutBuilder *builder);

guint64 hth_layout_builder_size(const HthLayoutBuilder *self);
HthByteSource *hth_layout_builder_source(HthLayoutBuilder *self);

/* Reads exactly @n bytes at @offset; FALSE when they are not all there. */
gboolean hth_layout_builder_read(HthLayoutBuilder *self, guint64 offset, void *buffer, gsize n);

/* Whether the work was cancelled; long loops ask. */
gboolean hth_layout_builder_is_cancelled(const HthLayoutBuilder *self);

/* Where the next region begins. */
guint64 hth_layout_builder_position(const HthLayoutBuilder *self);

/* Each adds a region of @length bytes at the position; nothing when @length is 0. Metadata regions
 * next to each other become one; metadata beyond the layout's limit becomes payload. */
void hth_layout_builder_add_metadata(HthLayoutBuilder *self, guint64 length);
/* @is_essence: its digest is part of the essence. */
void hth_layout_builder_add_payload(HthLayoutBuilder *self, guint64 length, gboolean is_essence);
/* A whole picture as it is; a small one is metadata. */
void hth_layout_builder_add_picture(HthLayoutBuilder *self, guint64 length);
/* A part of a picture whose digest the reader has made. */
void hth_layout_builder_add_picture_part(HthLayoutBuilder *self, guint64 length,
                                         const HthPicturePart *part);
/* @length: at most HTH_LAYOUT_OFFSETS_MAX. A table that can't be read as @coding is metadata. */
void hth_layout_builder_add_offsets(HthLayoutBuilder *self, guint64 length,
                                    HthOffsetsCoding coding);
void hth_layout_builder_add_ogg_pages(HthLayoutBuilder *self, guint64 length,
                                      const HthDigest *packets_digest, const HthOggRun *run);

/* Makes @bytes part of the essence: a codec's name and configuration, or a digest. Things are part
 * of it in the order in which they are added, payload regions among them. Without any essence is
 * not known. */
void hth_layout_builder_add_essence(HthLayoutBuilder *self, gconstpointer bytes, gsize size_bytes);

/* For a reader that goes through the file from its beginning anyway: these are its next bytes, and
 * need not be read again for the file's digest. All of it or only a first part. */
void hth_layout_builder_feed(HthLayoutBuilder *self, const guint8 *bytes, gsize size_bytes);

G_END_DECLS
