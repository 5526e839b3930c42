/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How long answers took. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct {
    GArray *us; /* of guint32 */
} HthLatency;

void hth_latency_init(HthLatency *self);
void hth_latency_clear(HthLatency *self);
void hth_latency_add(HthLatency *self, gint64 us);

/* Milliseconds below which @share (0 to 1) of the answers were; 0 when there were none. */
double hth_latency_ms(HthLatency *self, double share);

G_END_DECLS
