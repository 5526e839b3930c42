/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "locker/dial.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"

#define CONNECT_S     10
#define UNANSWERED_MS 20000

/* A descriptor of our own: the GSocket closes its. */
static int take_socket(GSocketConnection *connection)
{
    const int fd =
        fcntl(g_socket_get_fd(g_socket_connection_get_socket(connection)), F_DUPFD_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    const int on = 1;
    const unsigned int unanswered_ms = UNANSWERED_MS;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unanswered_ms, sizeof unanswered_ms);
    return fd;
}

int hth_locker_dial(const char *host, guint16 port, const char *ticket, GCancellable *cancellable,
                    GError **error)
{
    g_autoptr(GError) problem = NULL;
    g_autoptr(GSocketClient) client = g_socket_client_new();
    g_socket_client_set_enable_proxy(client, FALSE);
    g_socket_client_set_timeout(client, CONNECT_S);
    g_autoptr(GSocketConnection) connection =
        g_socket_client_connect_to_host(client, host, port, cancellable, &problem);
    g_autofree char *line = g_strdup_printf("PARK %s\n", ticket);
    GOutputStream *out =
        connection != NULL ? g_io_stream_get_output_stream(G_IO_STREAM(connection)) : NULL;
    int fd = -1;
    /* It is the first that is sent: it fits into the socket's buffer. */
    if (out != NULL &&
        g_output_stream_write_all(out, line, strlen(line), NULL, cancellable, &problem))
        fd = take_socket(connection);
    if (fd < 0)
        g_set_error(error, HTH_ERROR, HTH_ERROR_UNAVAILABLE, "no connection to %s port %u: %s",
                    host, port, problem != NULL ? problem->message : "too many open files");
    return fd;
}
