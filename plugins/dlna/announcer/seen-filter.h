/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which sightings of renderers are worth a word to hearthd: each place once in a while, and never
 * more than a few a second, however many messages come.
 *
 * Bounds: HTH_SEEN_MAX places in all and HTH_SEEN_A_SENDER for one sender are remembered; while
 * they are, further ones wait until an old one is forgotten. HTH_SEEN_BURST at once, then
 * HTH_SEEN_RATE a second.
 *
 * Threads: an object belongs to one thread. It has no clock: @now_us is monotonic time.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define HTH_SEEN_MAX       64
#define HTH_SEEN_A_SENDER  4
#define HTH_SEEN_BURST     16
#define HTH_SEEN_RATE      4
#define HTH_SEEN_FORGET_US (60 * G_USEC_PER_SEC)

typedef struct HthSeenFilter HthSeenFilter;

HthSeenFilter *hth_seen_filter_new(void);
void hth_seen_filter_free(HthSeenFilter *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthSeenFilter, hth_seen_filter_free)

/* Whether @location, told by @sender, is to be passed on now; it is then remembered. */
gboolean hth_seen_filter_passes(HthSeenFilter *self, const char *sender, const char *location,
                                gint64 now_us);

G_END_DECLS
