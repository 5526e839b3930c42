/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scrolls a list as a person would, or from end to end, frame by frame. */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

typedef enum {
    SCROLL_STEADY, /* from end to end, at one speed */
    SCROLL_FLING,  /* pushes that slow down, up and down, from the middle */
    SCROLL_JUMP,   /* somewhere else twice a second, as by dragging the bar */
    SCROLL_REST,   /* nowhere */
} ScrollManner;

typedef struct {
    ScrollManner manner;
    gint64 length_us;
    gint64 began_us; /* 0: with the first frame */
    gint64 last_us;
    guint n_moves;
    double speed; /* of a fling, pixels a second */
    GRand *random;
} Scroller;

/* Moves @adjustment to where it is at @now_us. Returns FALSE when the time is over. */
gboolean scroller_step(Scroller *self, GtkAdjustment *adjustment, gint64 now_us);

G_END_DECLS
