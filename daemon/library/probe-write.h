/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a probe found out about a file, written to its row; posted by the scanner.
 *
 * Threads: made on the scanner's thread; run on the writer's.
 */
#pragma once

#include "library/writer.h"
#include "media/media-info.h"

G_BEGIN_DECLS

/* A file that ends a worker so often is set aside. */
#define HTH_PROBE_MAX_ATTEMPTS 2

typedef struct {
    gint64 item;
    HthMediaInfo *info; /* NULL with error */
    GError *error;
    gint64 size_bytes, mtime_ns, ctime_ns,
        inode; /* of the file that was read; inode 0: none was opened */
} HthProbeWrite;

void hth_probe_write_free(HthProbeWrite *self);
gboolean hth_write_probe(HthWriteContext *context, gpointer probe_write, GError **error);

/* Every file is to be read anew, or every file that an older probe read. */
gboolean hth_write_reprobe_all(HthWriteContext *context, gpointer data, GError **error);
gboolean hth_write_reprobe_old(HthWriteContext *context, gpointer data, GError **error);

G_END_DECLS
