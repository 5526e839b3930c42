/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a person sees of a scan: counts, rate and time left.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include "library/library.h"

G_BEGIN_DECLS

typedef struct HthScanMeter HthScanMeter;

HthScanMeter *hth_scan_meter_new(void);
void hth_scan_meter_free(HthScanMeter *self); /* NULL is fine */

/* Entering HTH_SCAN_LISTING from idle begins a scan, entering idle ends it. */
void hth_scan_meter_phase(HthScanMeter *self, HthScanPhase phase);
void hth_scan_meter_listed(HthScanMeter *self, guint n_files); /* one folder */
void hth_scan_meter_reading(HthScanMeter *self, guint64 n_read, guint64 n_left);
void hth_scan_meter_watches(HthScanMeter *self, guint n_watches, gboolean is_limited);

/* All but worker_sandbox and n_failed. */
void hth_scan_meter_read(HthScanMeter *self, HthScanStatus *out_status);

G_END_DECLS
