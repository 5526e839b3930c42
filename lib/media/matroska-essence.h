/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The essence of Matroska and WebM files: the frames of their sound, picture and subtitle tracks.
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include "media/layout-builder.h"
#include "media/matroska-element.h"

G_BEGIN_DECLS

typedef struct HthMatroskaEssence HthMatroskaEssence;

/* Borrows @builder for its life. */
HthMatroskaEssence *hth_matroska_essence_new(HthLayoutBuilder *builder);
void hth_matroska_essence_free(HthMatroskaEssence *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthMatroskaEssence, hth_matroska_essence_free)

/* Learns which tracks there are; blocks that come before are not counted. */
void hth_matroska_essence_tracks(HthMatroskaEssence *self, const HthMatroskaElement *tracks);

/* Takes a SimpleBlock or a BlockGroup. What contradicts itself makes the essence unknown. */
void hth_matroska_essence_block(HthMatroskaEssence *self, const HthMatroskaElement *element);

/* Adds the essence to the builder, if it is known. */
void hth_matroska_essence_finish(HthMatroskaEssence *self);

G_END_DECLS
