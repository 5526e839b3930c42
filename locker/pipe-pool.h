/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Empty pipes to lend: a session that is silent holds none.
 *
 * Threads: one at a time.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a pipe holds unless it is made larger (pipe(7)): 16 pieces. */
#define HTH_PIPE_BYTES (64 * 1024)

typedef struct {
    int read_fd; /* -1: none */
    int write_fd;
    gsize n_bytes; /* in it */
} HthPipe;

#define HTH_NO_PIPE ((HthPipe){ .read_fd = -1, .write_fd = -1 })

typedef struct HthPipePool HthPipePool;

HthPipePool *hth_pipe_pool_new(void);
void hth_pipe_pool_free(HthPipePool *self); /* NULL is fine */

/* FALSE: there are no more descriptors. Nothing is done where @pipe is one already. */
gboolean hth_pipe_pool_lend(HthPipePool *self, HthPipe *pipe);
/* Takes it back; one that is not empty is closed. */
void hth_pipe_pool_return(HthPipePool *self, HthPipe *pipe);

G_END_DECLS
