/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The regions of tags that several containers have: what is a picture in them and what is not. */
#pragma once

#include "media/layout-builder.h"

G_BEGIN_DECLS

/* The whole size, footer included, of the ID3v2 tag that begins at @offset; 0: none does. */
guint64 hth_tag_regions_id3_size(HthLayoutBuilder *builder, guint64 offset);

/* Adds regions for @length bytes from the builder's position that hold an ID3v2 tag (or, in broken
 * files, anything). */
void hth_tag_regions_add_id3(HthLayoutBuilder *builder, guint64 length);

/* The same for an APE tag of version 2, with or without its header. */
void hth_tag_regions_add_ape(HthLayoutBuilder *builder, guint64 length);

/* Finds the tags at the end of a file: ID3v1 and "enhanced" TAG+, APE, Lyrics3, ID3v2 with footer,
 * in any order and number. */
typedef struct {
    guint64 offset; /* of the first of them; the file's size: there is none */
    guint n_tags;
    guint64 starts[16]; /* last first */
} HthTrailingTags;

/* @begin: nothing before it is looked at. */
void hth_trailing_tags_find(HthLayoutBuilder *builder, guint64 begin, HthTrailingTags *out_tags);

/* Adds their regions; the builder's position is @tags' offset. */
void hth_trailing_tags_add(HthLayoutBuilder *builder, const HthTrailingTags *tags);

G_END_DECLS
