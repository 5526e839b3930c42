/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Artwork and photos as textures, cut to a square with round corners at the size they are shown,
 * so that drawing one is a copy. Fetched from the daemon and decoded on threads, and the last
 * HTH_PICTURES_BYTES of them kept.
 *
 * Threads: the main thread only.
 */
#pragma once

#include <gdk/gdk.h>

G_BEGIN_DECLS

#define HTH_PICTURES_BYTES (24 * 1024 * 1024)

#define HTH_TYPE_PICTURES (hth_pictures_get_type())
G_DECLARE_FINAL_TYPE(HthPictures, hth_pictures, HTH, PICTURES, GObject)

/* Of the daemon at @socket_path. */
HthPictures *hth_pictures_new(const char *socket_path);

/* What is kept of the picture at @path for a square of @pixels; NULL: it has to be made. Belongs
 * to the cache. */
GdkTexture *hth_pictures_lookup(HthPictures *self, const char *path, guint pixels);

/* Somebody waits for a picture. A wish ends with its answer, or with hth_pictures_forgo(). */
typedef struct HthPictureWish HthPictureWish;

/* @texture: NULL if there is none, or no daemon; borrowed. */
typedef void (*HthPictureReady)(GdkTexture *texture, gpointer data);

/* Asks for the picture at @path, cut for a square of @pixels with corners of @radius. What is seen
 * comes first, in the order of the wishes; of the rest the last wish does, because a list that is
 * scrolled asks for what lies ahead.
 *
 * @ready: called once, later. */
HthPictureWish *hth_pictures_want(HthPictures *self, const char *path, guint pixels, guint radius,
                                  gboolean is_seen, HthPictureReady ready, gpointer data);
/* It came into sight, or left it. */
void hth_pictures_set_seen(HthPictures *self, HthPictureWish *wish, gboolean is_seen);
/* Nobody waits any more: @wish is not to be used again, and its @ready is not called. */
void hth_pictures_forgo(HthPictures *self, HthPictureWish *wish);

gsize hth_pictures_n_bytes(HthPictures *self); /* kept; for tests */

G_END_DECLS
