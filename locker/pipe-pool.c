/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pipe-pool.h"

#include <fcntl.h>
#include <unistd.h>

/* More than that are closed when they come back. */
#define MAX_KEPT 64

struct HthPipePool {
    GArray *pipes; /* (element HthPipe) */
};

HthPipePool *hth_pipe_pool_new(void)
{
    HthPipePool *self = g_new0(HthPipePool, 1);
    self->pipes = g_array_new(FALSE, FALSE, sizeof(HthPipe));
    return self;
}

static void close_pipe(const HthPipe *pipe)
{
    close(pipe->read_fd);
    close(pipe->write_fd);
}

void hth_pipe_pool_free(HthPipePool *self)
{
    if (self == NULL)
        return;
    for (guint i = 0; i < self->pipes->len; i++)
        close_pipe(&g_array_index(self->pipes, HthPipe, i));
    g_array_unref(self->pipes);
    g_free(self);
}

gboolean hth_pipe_pool_lend(HthPipePool *self, HthPipe *pipe)
{
    int fds[2];
    if (pipe->read_fd >= 0)
        return TRUE;
    if (self->pipes->len > 0) {
        *pipe = g_array_index(self->pipes, HthPipe, self->pipes->len - 1);
        g_array_set_size(self->pipes, self->pipes->len - 1);
        return TRUE;
    }
    if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0)
        return FALSE;
    *pipe = (HthPipe){ .read_fd = fds[0], .write_fd = fds[1] };
    return TRUE;
}

void hth_pipe_pool_return(HthPipePool *self, HthPipe *pipe)
{
    if (pipe->read_fd < 0)
        return;
    if (pipe->n_bytes == 0 && self->pipes->len < MAX_KEPT)
        g_array_append_val(self->pipes, *pipe);
    else
        close_pipe(pipe);
    *pipe = HTH_NO_PIPE;
}
