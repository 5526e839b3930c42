/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The mistakes that the simulation must notice, by name.
 *
 * Threads: constants.
 */
#pragma once

#include "sync/sync-env.h"

typedef struct {
    const char *name;
    HthSyncFaults fault;
    guint64 first; /* a seed that noticed it once: tried before the others, to save time */
} FaultRow;

extern const FaultRow fault_rows[];
extern const guint n_fault_rows;
