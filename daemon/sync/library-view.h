/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The library as the sync engine sees it (sync/sync-home.h): selection by SQL, files as open
 * descriptors, layouts and recipes from the feed, uploads into the chosen folder.
 *
 * Threads: new and free on the main thread; the functions in it on any.
 */
#pragma once

#include "library/library.h"
#include "sync/layout-feed.h"
#include "sync/rendition-view.h"
#include "sync/sync-home.h"
#include "sync/uploads.h"

G_BEGIN_DECLS

typedef struct HthLibraryView HthLibraryView;

/* Borrows all until free. The functions are as in HthSyncLibrary, with
 * @notify_data. */
typedef struct {
    HthLibrary *library;
    HthLayoutFeed *feed;
    HthUploads *uploads;
    HthRenditionView *renditions;
    void (*notify)(gpointer data, const char *device, const char *event);
    guint32 (*away_revision)(gpointer data, const char *device, guint32 known);
    gpointer notify_data;
} HthLibraryViewOptions;

HthLibraryView *hth_library_view_new(const HthLibraryViewOptions *options);
void hth_library_view_free(HthLibraryView *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthLibraryView, hth_library_view_free)

const HthSyncLibrary *hth_library_view_vtable(const HthLibraryView *self);

G_END_DECLS
