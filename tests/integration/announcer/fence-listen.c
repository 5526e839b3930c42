/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A program behind the announcer's fence that listens on every address: what the packet filter
 * alone holds off, without the binding to loopback. Accepts for ever.
 *
 *   fence-listen INTERFACE ADDRESS PORT
 */
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "fence.h"

/* Past the fence's own bind(), to every address of both families. */
static int listen_everywhere(guint16 port)
{
    const struct sockaddr_in6 every = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
    const int fd = socket(AF_INET6, SOCK_STREAM, 0);
    g_assert_cmpint(syscall(SYS_bind, fd, &every, sizeof every), ==, 0);
    g_assert_cmpint(listen(fd, 8), ==, 0);
    return fd;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    const HthFence fence = { .interface = argv[1], .address = argv[2], .identity.server = "test" };
    hth_fence_raise(&fence);
    const int fd = listen_everywhere((guint16)atoi(argv[3]));
    puts("listening");
    fflush(stdout);
    for (;;)
        close(accept(fd, NULL, NULL));
}
