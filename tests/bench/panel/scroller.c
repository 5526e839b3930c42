/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scroller.h"

#include <math.h>

/* A finger pushes this often, and friction takes the speed away as GTK's own kinetic scrolling
 * does. */
#define FLING_US       1200000
#define FLING_SLOWEST  2000
#define FLING_FASTEST  24000
#define FLING_FRICTION 4.0

#define JUMP_US 500000

static void fling(Scroller *self, GtkAdjustment *adjustment, double end, gint64 now_us)
{
    /* From the middle: at an end half of the pushes would move nothing. */
    if (self->n_moves == 0)
        gtk_adjustment_set_value(adjustment, end / 2);
    const guint n_now = 1 + (guint)((now_us - self->began_us) / FLING_US);
    if (n_now != self->n_moves) {
        const gboolean is_up = g_rand_boolean(self->random);
        self->speed = g_rand_double_range(self->random, FLING_SLOWEST, FLING_FASTEST);
        if (is_up)
            self->speed = -self->speed;
    }
    self->n_moves = n_now;
    const double seconds = (double)(now_us - self->last_us) / G_USEC_PER_SEC;
    gtk_adjustment_set_value(adjustment,
                             gtk_adjustment_get_value(adjustment) + self->speed * seconds);
    self->speed *= exp(-FLING_FRICTION * seconds);
}

static void jump(Scroller *self, GtkAdjustment *adjustment, double end, gint64 now_us)
{
    const guint n_now = 1 + (guint)((now_us - self->began_us) / JUMP_US);
    if (n_now != self->n_moves)
        gtk_adjustment_set_value(adjustment, g_rand_double_range(self->random, 0, end));
    self->n_moves = n_now;
}

gboolean scroller_step(Scroller *self, GtkAdjustment *adjustment, gint64 now_us)
{
    if (self->began_us == 0)
        self->began_us = self->last_us = now_us;
    const double end =
        gtk_adjustment_get_upper(adjustment) - gtk_adjustment_get_page_size(adjustment);
    const double done = (double)(now_us - self->began_us) / (double)self->length_us;
    if (self->manner == SCROLL_STEADY)
        gtk_adjustment_set_value(adjustment, end * MIN(done, 1));
    else if (self->manner == SCROLL_FLING)
        fling(self, adjustment, end, now_us);
    else if (self->manner == SCROLL_JUMP)
        jump(self, adjustment, end, now_us);
    self->last_us = now_us;
    return done < 1;
}
