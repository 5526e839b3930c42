/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Listens for MediaRenderers on this interface: libupnp's control point, and nothing of it but what
 * it hears. It fetches no description: the address of one is all that is told.
 *
 * A message comes on one of libupnp's threads, is copied into a pipe there, and is taken from it
 * by the owner. A full pipe loses messages; renderers repeat theirs.
 *
 * Threads: the thread that made it.
 */
#pragma once

#include <glib.h>

#include "protocol.h"

G_BEGIN_DECLS

/* Smaller than PIPE_BUF, so written whole. */
typedef struct {
    char sender[HTH_ANNOUNCE_MAX_SENDER + 1];
    char location[HTH_ANNOUNCE_MAX_LOCATION + 1];
} HthSighting;

typedef struct {
    int pipe[2];
    int client; /* libupnp's handle */
    const char *own_address;
} HthRendererWatch;

/* Registers with libupnp, which runs, and has it search, twice, while the caller goes on. @own_address is borrowed;
 * what comes from it is not told: it is us, or a program beside us. FALSE, with a line in the
 * log, when libupnp will not. @self stays where it is until the process ends. */
gboolean hth_renderer_watch_start(HthRendererWatch *self, const char *own_address);

/* Readable when there is something to take; -1 before the start. */
int hth_renderer_watch_fd(const HthRendererWatch *self);

/* Returns: FALSE when there is nothing. */
gboolean hth_renderer_watch_take(HthRendererWatch *self, HthSighting *out_sighting);

G_END_DECLS
