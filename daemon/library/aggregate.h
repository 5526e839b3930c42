/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sums over rows that a batch changed: how many tracks an artist has, what a folder holds. Rows
 * that hold nothing any more leave the index.
 *
 * Threads: the writer thread.
 */
#pragma once

#include "library/writer.h"

G_BEGIN_DECLS

/* Takes every dirty row of the change set, the albums of loose tracks first (album-grouping.h). */
gboolean hth_aggregate_flush(HthWriteContext *context, GError **error);

G_END_DECLS
