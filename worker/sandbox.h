/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What hearth-worker may still do once it has closed the door behind itself: read and write the
 * descriptors that it has or is handed, compute, and end. */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Closes the sandbox around this process, for ever. Call it with one thread, before a byte of any
 * file is read. @keep_fd: the descriptor that stays open beside 0, 1 and 2.
 *
 * Returns: what is in force ("seccomp, Landlock ABI 2, rlimits"), new; NULL and HTH_ERROR_FAILED
 * when seccomp or the limits can't be set. A kernel without Landlock is only said, for seccomp
 * refuses every path by itself. */
char *hth_sandbox_enter(int keep_fd, GError **error);

/* The same for a program with other needs. */
typedef struct {
    int first_fd, last_fd; /* these and what lies between stay open beside 0, 1 and 2 */
    gboolean has_loops; /* threads that wait for each other: poll, and descriptors to be woken by;
                         * writing by position */
    guint64 memory_bytes;
    guint64 file_bytes;
    guint n_files;
} HthSandboxDoor;

char *hth_sandbox_close(const HthSandboxDoor *door, GError **error);

G_END_DECLS
