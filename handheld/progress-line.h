/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person sees of a sync: what is done, how fast, and how long it will take.
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include "sync/sync-device.h"

G_BEGIN_DECLS

typedef struct {
    gboolean is_terminal; /* one line that is written anew; else a line now and then */
    gint64 started_us;
    gint64 shown_us;
    guint64 fetched_then; /* when shown last, for the rate */
    double bytes_per_s;   /* smoothed */
    gboolean is_open;     /* the line has no end yet */
} HthProgressLine;

void hth_progress_line_init(HthProgressLine *self);
void hth_progress_line_show(HthProgressLine *self, const HthSyncProgress *progress);
void hth_progress_line_end(HthProgressLine *self);

G_END_DECLS
