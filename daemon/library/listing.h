/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Listings kept in memory: the ordered rows of a container, four bytes a child, so that a page
 * costs the same at any depth. Bounded in bytes, least recently used go first. What is kept is the
 * order of a container, never an answer.
 *
 * Threads: any thread; a lock guards the table, and no code calls out while it is held.
 */
#pragma once

#include "library/ref.h"

G_BEGIN_DECLS

/* Room for all orders of a library of 100,000 tracks several times over. */
#define HTH_LISTING_CACHE_BYTES (12 * 1024 * 1024)

typedef struct HthListingCache HthListingCache;

/* A listing with rows of its own. @refs: (element HthObjectRef) taken. */
HthListing *hth_listing_new(GArray *refs, const char *container_id, gboolean is_canonical,
                            guint32 update_id);

/* The same rows for the same container under another id. */
HthListing *hth_listing_renamed(HthListing *self, const char *container_id);

HthListingCache *hth_listing_cache_new(void);
void hth_listing_cache_free(HthListingCache *self);

/* Returns: a reference, or NULL. @sort: as canonical text ("" is the container's own order). */
HthListing *hth_listing_cache_find(HthListingCache *self, HthObjectRef container, const char *sort);

/* Keeps @listing, made from a read that began at @sequence, unless the container changed since. */
void hth_listing_cache_add(HthListingCache *self, HthObjectRef container, const char *sort,
                           HthListing *listing, guint64 sequence);

/* The container's children changed in the commit @sequence. */
void hth_listing_cache_drop(HthListingCache *self, HthObjectRef container, guint64 sequence);

G_END_DECLS
