/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A hybrid logical clock: stamps that follow the wall clock where it is sane, and order what one
 * side did after it had seen what another did where it is not.
 *
 * A stamp is milliseconds of unix time << 16, and a counter. A stamp from elsewhere that is more
 * than a day ahead of the own wall clock is taken for one day ahead: one wrong clock does not pull
 * all others along.
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define HTH_HLC_MAX_AHEAD_MS (G_GINT64_CONSTANT(24) * 3600 * 1000)

typedef struct {
    guint64 last; /* kept by who needs it to last: the next stamp is above it */
} HthHlc;

/* A stamp above all that this clock gave or saw. */
guint64 hth_hlc_now(HthHlc *self, gint64 wall_ms);

/* @stamp came from elsewhere. Returns: the stamp to use in its place, clamped as said above. */
guint64 hth_hlc_see(HthHlc *self, guint64 stamp, gint64 wall_ms);

gint64 hth_hlc_ms(guint64 stamp);

G_END_DECLS
