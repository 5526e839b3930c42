/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gives memory back when nobody has asked for anything for a while: what was kept for a busy evening is
 * made again when it is wanted.
 *
 * Threads: main thread.
 */
#pragma once

#include "parts.h"

G_BEGIN_DECLS

/* Without a request for so long, what can be made again is given back. */
#define HTH_IDLE_AFTER_S 60

typedef struct HthIdle HthIdle;

HthIdle *hth_idle_new(HthParts *parts);
void hth_idle_free(HthIdle *self); /* NULL is fine */

G_END_DECLS
