/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The model library as the home's engine sees it: HthSyncLibrary on files in memory.
 *
 * Threads: as the library.
 */
#pragma once

#include "model-library.h"

/* Fills in @self->funcs. */
void library_door_connect(ModelLibrary *self);
