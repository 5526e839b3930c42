/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The scanner: a thread that keeps the index equal to the shared folders.
 *
 * A pass looks at a set of folders: all of them at start, those that inotify names later, all again
 * at intervals where inotify cannot serve. New and changed names go to the writer first, so that
 * the tree can be browsed; then files are read by the worker pool; what is gone leaves at the end
 * of the pass, when renames have been recognised.
 *
 *   idle ──start, event, timer──▶ listing ──all folders seen──▶ reading ──nothing pending──▶ idle
 *
 * Threads: new, free on the main thread; everything else on any.
 */
#pragma once

#include "library/library.h"
#include "library/writer.h"

G_BEGIN_DECLS

typedef struct HthScanner HthScanner;

/* It scans nothing before its roots are set. */
HthScanner *hth_scanner_new(const HthLibraryOptions *options, const char *index_path,
                            HthWriter *writer, HthState *state, GError **error);
void hth_scanner_free(HthScanner *self); /* NULL is fine */

/* Shares exactly these folders from now on. */
void hth_scanner_set_roots(HthScanner *self, const char *const *paths);

void hth_scanner_scan(HthScanner *self, gboolean is_full);

void hth_scanner_status(HthScanner *self, HthScanStatus *out_status);
GPtrArray *hth_scanner_roots(HthScanner *self); /* (element HthRootStatus), without counts */

/* The pool that the scanner's thread runs; for pictures. */
HthWorkerPool *hth_scanner_pool(HthScanner *self);

G_END_DECLS
