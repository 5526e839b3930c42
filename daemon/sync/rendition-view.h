/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Renditions as the sync engine sees them: what a device gets of an item whose kind its rule has
 * converted, in place of the original.
 *
 * A look (adjust) starts nothing, so that a rule can be tried. What is missing is asked for by
 * hth_rendition_view_make(): first the original's essence, which takes one reading of it by a
 * worker, so that a later retag is seen as one; then the rendition.
 *
 * Threads: any.
 */
#pragma once

#include "parts.h"
#include "sync/layout-feed.h"

G_BEGIN_DECLS

typedef struct HthRenditionView HthRenditionView;

/* Borrows both until free. @parts: its renditions may be opened later, or be NULL for good. */
HthRenditionView *hth_rendition_view_new(HthParts *parts, HthLayoutFeed *feed);
void hth_rendition_view_free(HthRenditionView *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthRenditionView, hth_rendition_view_free)

/* Makes of @item, an original as the library has it, the rendition: extension, size (an estimate
 * until it is made), revision, and whether it is there. @out_problem: to be freed after the use of
 * @item. */
void hth_rendition_view_adjust(HthRenditionView *self, const char *rendition, HthSyncItem *item,
                               char **out_problem);

/* The bytes. @out_revision: of the rendition.
 * Errors: HTH_ERROR_UNAVAILABLE  not made, or dropped since; it is being made now */
int hth_rendition_view_open(HthRenditionView *self, guint64 item, const char *rendition,
                            HthMediaFormat *out_format, guint64 *out_revision, GError **error);

/* As HthSyncLibrary.make and .is_current say. */
gboolean hth_rendition_view_make(HthRenditionView *self, guint64 item, const char *rendition,
                                 gboolean is_urgent);
gboolean hth_rendition_view_is_current(HthRenditionView *self, guint64 item, const char *rendition,
                                       guint64 revision);

/* What the feed found out about an original. @layout: NULL: there is none. */
void hth_rendition_view_learn(HthRenditionView *self, guint64 item, guint64 revision,
                              const HthLayout *layout);

G_END_DECLS
