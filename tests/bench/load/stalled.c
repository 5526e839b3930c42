/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "workload.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* How long the server may take to begin all streams. */
#define SETTLE_US (3 * G_USEC_PER_SEC)

/* -1: refused, or no answer to the connect within two seconds. */
static int open_stream(const HthLoadOptions *options, const char *request)
{
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert(fd >= 0);
    const struct timeval limit = { .tv_sec = 2 };
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    const struct sockaddr *to = (const struct sockaddr *)&options->plan.server;
    const gsize size = strlen(request);
    if (connect(fd, to, sizeof options->plan.server) != 0 ||
        send(fd, request, size, MSG_NOSIGNAL) != (ssize_t)size) {
        close(fd);
        return -1;
    }
    return fd;
}

static gboolean has_answer(int fd)
{
    int waiting = 0;
    return fd >= 0 && ioctl(fd, FIONREAD, &waiting) == 0 && waiting > 0;
}

gboolean hth_workload_stalled(const HthLoadOptions *options, const GArray *tree, guint n)
{
    g_autofree char *request = g_strdup_printf("GET %s HTTP/1.1\r\nHost: %s\r\n\r\n",
                                               options->media, options->control.host);
    g_autofree int *streams = g_new(int, n);
    guint n_open = 0;
    for (guint i = 0; i < n; i++) {
        streams[i] = open_stream(options, request);
        n_open += streams[i] >= 0;
    }
    g_usleep(SETTLE_US);
    guint n_answered = 0;
    for (guint i = 0; i < n; i++)
        n_answered += has_answer(streams[i]);
    printf("{\"asked\": %u, \"connected\": %u, \"answered\": %u}\n", n, n_open, n_answered);
    fflush(stdout);

    const gboolean is_done = hth_workload_browse(options, tree);
    for (guint i = 0; i < n; i++)
        if (streams[i] >= 0)
            close(streams[i]);
    return is_done;
}
