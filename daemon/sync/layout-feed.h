/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Layouts and recipes, made by workers in the background: recipes first, because a device waits for
 * them; layouts of what devices hold when nothing else is to be done, and no data is sent. What was
 * going on when hearthd stopped is found again, because it asks which layouts are missing.
 *
 * Bounds: HTH_LAYOUT_FEED_MAX jobs known, of which few run at a time; what is over is asked again
 * by whoever needs it.
 *
 * Threads: new and free on the main thread; all else on any. Callbacks on the main thread.
 */
#pragma once

#include "library/library.h"
#include "sync/sync-home.h"
#include "worker-pool.h"

G_BEGIN_DECLS

#define HTH_LAYOUT_FEED_MAX 4096

typedef struct HthLayoutFeed HthLayoutFeed;

typedef struct {
    HthLibrary *library; /* borrowed until free */
    /* Opens a rendition as it is now, with its revision; -1 with @error. Any thread. */
    int (*open_rendition)(guint64 item, const char *rendition, HthMediaFormat *out_format,
                          guint64 *out_revision, gpointer data, GError **error);
    const char *worker_program; /* path of hearth-worker */
    /* A layout is there: to be kept. */
    void (*laid_out)(guint64 item, const char *rendition, guint64 revision, GBytes *layout,
                     gpointer data);
    /* No layout can be made of the file. NULL: nobody asks. */
    void (*refused)(guint64 item, const char *rendition, guint64 revision, gpointer data);
    /* A recipe is there: it is worth asking again. */
    void (*ready)(gpointer data);
    /* Nothing is to be done: hth_layout_feed_want() may be called with what is missing. */
    void (*idle)(gpointer data);
    gpointer data;
} HthLayoutFeedOptions;

HthLayoutFeed *hth_layout_feed_new(const HthLayoutFeedOptions *options);
void hth_layout_feed_free(HthLayoutFeed *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthLayoutFeed, hth_layout_feed_free)

/* As HthSyncLibrary.layout and .recipe say. */
HthSyncReadiness hth_layout_feed_layout(HthLayoutFeed *self, guint64 item, const char *rendition,
                                        guint64 revision, GBytes **out_layout, GError **error);
HthSyncReadiness hth_layout_feed_recipe(HthLayoutFeed *self, guint64 item, const char *rendition,
                                        guint64 revision, GBytes *old_layout, GBytes **out_recipe,
                                        GBytes **out_layout, GError **error);

/* Between the two, layouts that were asked for once wait: the files that are sent come first. What
 * is asked for again is waited for, and is made. */
void hth_layout_feed_hold(HthLayoutFeed *self);
void hth_layout_feed_release(HthLayoutFeed *self);

/* How many jobs wait or run. */
guint hth_layout_feed_n_jobs(HthLayoutFeed *self);

G_END_DECLS
