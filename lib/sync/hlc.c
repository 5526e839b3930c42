/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/hlc.h"

#define COUNTER_BITS 16

static guint64 stamp_of(gint64 ms)
{
    const gint64 sane = CLAMP(ms, 0, G_GINT64_CONSTANT(1) << 46);
    return (guint64)sane << COUNTER_BITS;
}

guint64 hth_hlc_now(HthHlc *self, gint64 wall_ms)
{
    const guint64 wall = stamp_of(wall_ms);
    self->last = wall > self->last ? wall : self->last + 1;
    return self->last;
}

guint64 hth_hlc_see(HthHlc *self, guint64 stamp, gint64 wall_ms)
{
    const guint64 latest = stamp_of(wall_ms + HTH_HLC_MAX_AHEAD_MS);
    const guint64 believed = MIN(stamp, latest);
    self->last = MAX(self->last, believed);
    return believed;
}

gint64 hth_hlc_ms(guint64 stamp)
{
    return (gint64)(stamp >> COUNTER_BITS);
}
