/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hearthd: builds all parts from the options, serves until it is told to stop, takes them down.
 *
 * Threads: main thread.
 */
#pragma once

#include "options.h"

G_BEGIN_DECLS

typedef struct HthDaemon HthDaemon;

/* Opens everything, and serves when this returns.
 * Errors: a sentence for people, whatever the domain. */
HthDaemon *hth_daemon_start(const HthOptions *options, GError **error);

/* Runs the main loop until SIGTERM or SIGINT, or until a restart is asked for. SIGHUP reads the
 * configuration again.
 * Returns: whether the process is to begin anew, once @self is freed. */
gboolean hth_daemon_run(HthDaemon *self);

/* Ends hth_daemon_run() as SIGTERM does, to begin anew. SIGTERM, before or after, has the last
 * word. */
void hth_daemon_restart(HthDaemon *self);

/* Says goodbye to the network and stops everything. NULL is fine. */
void hth_daemon_free(HthDaemon *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthDaemon, hth_daemon_free)

G_END_DECLS
