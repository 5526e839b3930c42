/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A queue that the thread sanitizer understands; it cannot see into the locks of GAsyncQueue.
 *
 * Threads: any.
 */
#pragma once

#include <glib.h>

typedef struct Handout Handout;

Handout *handout_new(void);
void handout_free(Handout *self);

void handout_push(Handout *self, gpointer item);

/* Waits until there is one. */
gpointer handout_pop(Handout *self);
