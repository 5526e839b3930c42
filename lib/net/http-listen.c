/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/http-listen.h"

#include <errno.h>
#include <gio/gio.h>
#include <grp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 4096 /* the kernel cuts it at net.core.somaxconn */

static gboolean fail(GError **error, const char *what)
{
    const int code = errno;
    g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(code), "%s: %s", what,
                g_strerror(code));
    return FALSE;
}

static int try_listen(const struct sockaddr *address, socklen_t size)
{
    const int on = 1;
    const int off = 0;
    const int fd =
        socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address->sa_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    if (bind(fd, address, size) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    const int code = errno;
    close(fd);
    errno = code;
    return -1;
}

static int listen_everywhere(guint16 port)
{
    const struct sockaddr_in6 any = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
    const int fd = try_listen((const struct sockaddr *)&any, sizeof any);
    if (fd >= 0 || (errno != EAFNOSUPPORT && errno != EADDRNOTAVAIL && errno != EPROTONOSUPPORT))
        return fd;
    const struct sockaddr_in any_ipv4 = { .sin_family = AF_INET, .sin_port = htons(port) };
    return try_listen((const struct sockaddr *)&any_ipv4, sizeof any_ipv4);
}

static int listen_at(const char *bind_address, guint16 port, GError **error)
{
    g_autoptr(GSocketAddress) address = g_inet_socket_address_new_from_string(bind_address, port);
    struct sockaddr_storage native = { 0 };
    if (address == NULL || !g_socket_address_to_native(address, &native, sizeof native, NULL)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                    "\"%s\" is not an address to listen on", bind_address);
        return -1;
    }
    const int fd = try_listen((const struct sockaddr *)&native,
                              (socklen_t)g_socket_address_get_native_size(address));
    if (fd < 0) {
        g_autofree char *what = g_strdup_printf("listening on %s port %u", bind_address, port);
        fail(error, what);
    }
    return fd;
}

int hth_http_listen_tcp(const char *bind_address, guint16 port, guint16 *out_port, GError **error)
{
    int fd;
    if (bind_address != NULL) {
        fd = listen_at(bind_address, port, error);
    } else {
        fd = listen_everywhere(port);
        g_autofree char *what = g_strdup_printf("listening on port %u", port);
        if (fd < 0)
            fail(error, what);
    }
    if (fd < 0)
        return -1;
    struct sockaddr_storage bound = { 0 };
    socklen_t size = sizeof bound;
    getsockname(fd, (struct sockaddr *)&bound, &size);
    /* The port is at the same place in both families. */
    *out_port = ntohs(((const struct sockaddr_in *)(gconstpointer)&bound)->sin_port);
    return fd;
}

static gboolean is_somebody_there(const struct sockaddr_un *address)
{
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return FALSE;
    const gboolean is_there =
        connect(fd, (const struct sockaddr *)address, sizeof *address) == 0 || errno == EAGAIN;
    close(fd);
    return is_there;
}

static gboolean clear_path(const struct sockaddr_un *address, GError **error)
{
    struct stat status;
    if (lstat(address->sun_path, &status) != 0)
        return TRUE;
    if (!S_ISSOCK(status.st_mode)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_EXISTS,
                    "%s is not a socket and is left alone; choose another path", address->sun_path);
        return FALSE;
    }
    if (is_somebody_there(address)) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE,
                    "already running: somebody listens on %s", address->sun_path);
        return FALSE;
    }
    if (unlink(address->sun_path) != 0 && errno != ENOENT)
        return fail(error, address->sun_path);
    return TRUE;
}

/* Between bind and listen nobody can connect, so there is no moment at which more people could. */
static gboolean set_rights(const char *path, const char *group, GError **error)
{
    if (chmod(path, 0600) != 0)
        return fail(error, path);
    if (group == NULL)
        return TRUE;
    char buffer[16 * 1024];
    struct group entry;
    struct group *found = NULL;
    if (getgrnam_r(group, &entry, buffer, sizeof buffer, &found) != 0 || found == NULL) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, "there is no group \"%s\"", group);
        return FALSE;
    }
    if (chown(path, (uid_t)-1, found->gr_gid) != 0 || chmod(path, 0660) != 0)
        return fail(error, path);
    return TRUE;
}

int hth_http_listen_unix(const char *path, const char *group, GError **error)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    if (g_strlcpy(address.sun_path, path, sizeof address.sun_path) >= sizeof address.sun_path) {
        g_set_error(error, G_IO_ERROR, G_IO_ERROR_FILENAME_TOO_LONG,
                    "the socket path %s is longer than %zu bytes", path,
                    sizeof address.sun_path - 1);
        return -1;
    }
    if (!clear_path(&address, error))
        return -1;
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        fail(error, path);
        return -1;
    }
    if (bind(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        fail(error, path);
        close(fd);
        return -1;
    }
    if (!set_rights(path, group, error)) {
        unlink(path);
        close(fd);
        return -1;
    }
    if (listen(fd, BACKLOG) != 0) {
        fail(error, path);
        unlink(path);
        close(fd);
        return -1;
    }
    return fd;
}

guint hth_http_raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 1024;
    if (limit.rlim_cur < limit.rlim_max) {
        const rlim_t before = limit.rlim_cur;
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
            limit.rlim_cur = before;
    }
    return (guint)MIN(limit.rlim_cur, G_MAXINT);
}
