/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What hearth-announcer gives up before libupnp starts: every file, new privileges, most memory and
 * descriptors, and life beyond its parent's.
 *
 * Threads: the main thread, before any other exists (Landlock holds for threads made later).
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Ends with the parent: if it dies, byebye is said (the pipe ends) and two seconds later at the
 * latest the process is gone. */
void hth_sandbox_follow_parent(void);

/* Returns: FALSE when the kernel has no Landlock: said in the log, the rest holds. */
gboolean hth_sandbox_enter(void);

G_END_DECLS
