/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hands the files whose tags are not read yet to the worker pool, and what comes back to the
 * writer.
 *
 * It walks the pending rows of the index in their order, so a scan that was cut short goes on where
 * it was.
 *
 * Threads: the scanner thread.
 */
#pragma once

#include "library/scan-meter.h"
#include "library/writer.h"
#include "worker-pool.h"

G_BEGIN_DECLS

typedef struct HthProbeFeed HthProbeFeed;

/* Called when every pending file has been read and written, or when nothing could be. */
typedef void (*HthProbeFeedDone)(gpointer data);

HthProbeFeed *hth_probe_feed_new(const char *index_path, HthWriter *writer, HthWorkerPool *pool,
                                 HthScanMeter *meter, HthProbeFeedDone done, gpointer data,
                                 GError **error);
void hth_probe_feed_free(HthProbeFeed *self); /* after the pool; NULL is fine */

/* There may be pending rows. Cheap when there are none. */
void hth_probe_feed_start(HthProbeFeed *self);
/* Files were left because no worker could be had: another start after a pause is worth it. */
gboolean hth_probe_feed_wants_retry(const HthProbeFeed *self);
gboolean hth_probe_feed_is_running(const HthProbeFeed *self);

G_END_DECLS
