/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CRC-32C (Castagnoli), which finds what a torn write or a tired flash cell did to a record, and a
 * bug to a stream.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* @seed: 0, or the sum of what came before. */
guint32 hth_crc32c(guint32 seed, gconstpointer bytes, gsize size_bytes);

/* The same without what the processor has for it: for tests. */
guint32 hth_crc32c_portable(guint32 seed, gconstpointer bytes, gsize size_bytes);

G_END_DECLS
