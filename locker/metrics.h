/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counters for Prometheus: GET /metrics, without TLS, where the operator says. Nothing in it names
 * a household. Threads: main thread. */
#pragma once

#include "api.h"
#include "door.h"

G_BEGIN_DECLS

typedef struct HthMetrics HthMetrics;

typedef struct {
    const char *address; /* NULL: every address */
    guint16 port;
    HthDoor *door; /* these are borrowed until free */
    HthApi *api;
    HthSwitchboard *switchboard;
    HthSplicer *const *splicers;
    guint n_splicers;
} HthMetricsOptions;

HthMetrics *hth_metrics_new(const HthMetricsOptions *options, GError **error);
void hth_metrics_free(HthMetrics *self); /* NULL is fine */

G_END_DECLS
