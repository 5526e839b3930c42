/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random bytes of the kernel, for keys and codes that nobody may guess.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* So many come whole, and without EINTR once the kernel's pool is filled (getrandom(2)). */
#define HTH_RANDOM_MAX_BYTES 256

/* @size_bytes: at most HTH_RANDOM_MAX_BYTES. Ends the program where the kernel has none. */
void hth_random_fill(gpointer out_bytes, gsize size_bytes);

/* As letters of base32: HTH_BASE32_LENGTH(@size_bytes). New string. */
char *hth_random_text(gsize size_bytes);

G_END_DECLS
