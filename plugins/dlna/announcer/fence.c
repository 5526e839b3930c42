/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "announcer"
#include "fence.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "stalled-peers.h"

#define CONNECT_MAX_MS 3000
#define SELECT_MAX_S   5
#define MAX_NAMES      64 /* of devices and services whose byebye went out */

/* glibc declares these with a transparent union, other libraries with a plain pointer. */
#ifdef __GLIBC__
#define ADDRESS_ARG           __CONST_SOCKADDR_ARG
#define ADDRESS_POINTER(addr) ((addr).__sockaddr__)
#else
#define ADDRESS_ARG           const struct sockaddr *
#define ADDRESS_POINTER(addr) (addr)
#endif

static struct {
    const HthFence *fence;
    struct in_addr address;
    guint interface_index;
    gint port;
    gint is_broken;
    GMutex lock; /* guards names */
    GHashTable *names;
    HthStalledPeers *stalled;
} the_fence;

void hth_fence_raise(const HthFence *fence)
{
    the_fence.fence = fence;
    the_fence.interface_index = if_nametoindex(fence->interface);
    the_fence.names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    the_fence.stalled = hth_stalled_peers_new();
    if (inet_pton(AF_INET, fence->address, &the_fence.address) != 1)
        the_fence.address.s_addr = htonl(INADDR_LOOPBACK);
}

guint16 hth_fence_port(void)
{
    return (guint16)g_atomic_int_get(&the_fence.port);
}

static void say_broken(const char *what)
{
    const int reason = errno;
    if (g_atomic_int_compare_and_exchange(&the_fence.is_broken, FALSE, TRUE))
        hth_log_warning("a socket of libupnp could not be fenced: %s: %s", what,
                        g_strerror(reason));
    errno = reason;
}

static int socket_type(int fd)
{
    int type = 0;
    socklen_t size = sizeof type;
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 ? type : 0;
}

int socket(int domain, int type, int protocol)
{
    const int fd = (int)syscall(SYS_socket, domain, type | SOCK_CLOEXEC, protocol);
    const gboolean is_udp = (type & 0xf) == SOCK_DGRAM && (domain == AF_INET || domain == AF_INET6);
    if (fd < 0 || !is_udp || the_fence.fence == NULL)
        return fd;
    const char *interface = the_fence.fence->interface;
    if (syscall(SYS_setsockopt, fd, SOL_SOCKET, SO_BINDTODEVICE, interface,
                (socklen_t)strlen(interface)) < 0)
        say_broken("SO_BINDTODEVICE");
    return fd;
}

/* Where IPv6 is switched off there is no ::1, yet libupnp insists on its socket: then it is bound
 * to every address, of which there is none, behind the filter. */
static int bind_loopback6(int fd)
{
    const struct sockaddr_in6 loopback = {
        .sin6_family = AF_INET6,
        .sin6_addr = IN6ADDR_LOOPBACK_INIT,
    };
    const struct sockaddr_in6 every = { .sin6_family = AF_INET6 };
    if (syscall(SYS_bind, fd, &loopback, (socklen_t)sizeof loopback) == 0)
        return 0;
    return (int)syscall(SYS_bind, fd, &every, (socklen_t)sizeof every);
}

int bind(int fd, ADDRESS_ARG address, socklen_t size)
{
    const struct sockaddr *asked = ADDRESS_POINTER(address);
    const struct sockaddr_in loopback4 = {
        .sin_family = AF_INET,
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    if (socket_type(fd) != SOCK_STREAM)
        return (int)syscall(SYS_bind, fd, asked, size);
    if (asked->sa_family == AF_INET6)
        return bind_loopback6(fd);
    return (int)syscall(SYS_bind, fd, &loopback4, (socklen_t)sizeof loopback4);
}

/* Lets a packet pass when its source is this host: 127.0.0.0/8 or our own address, or ::1.
 * Whatever else comes is dropped by the kernel, a SYN included, as if nobody listened. */
static gboolean attach_filter(int fd)
{
    const guint32 own = ntohl(the_fence.address.s_addr);
    const guint32 network = (guint32)SKF_NET_OFF;
    struct sock_filter code[] = {
        /* 0 */ BPF_STMT(BPF_LD | BPF_B | BPF_ABS, network),
        /* 1 */ BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 4),
        /* 2 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 4, 0, 4), /* IPv4, else 7 */
        /* 3 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, network + 12),
        /* 4 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, own, 11, 0), /* to 16 */
        /* 5 */ BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 24),
        /* 6 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 127, 9, 10), /* to 16, else 17 */
        /* 7 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 6, 0, 9),    /* IPv6, else 17 */
        /* 8 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, network + 8),
        /* 9 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 7),
        /* 10 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, network + 12),
        /* 11 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 5),
        /* 12 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, network + 16),
        /* 13 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 0, 3),
        /* 14 */ BPF_STMT(BPF_LD | BPF_W | BPF_ABS, network + 20),
        /* 15 */ BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1),
        /* 16 */ BPF_STMT(BPF_RET | BPF_K, G_MAXUINT32),
        /* 17 */ BPF_STMT(BPF_RET | BPF_K, 0),
    };
    const struct sock_fprog program = { .len = G_N_ELEMENTS(code), .filter = code };
    return syscall(SYS_setsockopt, fd, SOL_SOCKET, SO_ATTACH_FILTER, &program,
                   (socklen_t)sizeof program) == 0;
}

static void note_port(int fd)
{
    struct sockaddr_in name = { 0 };
    socklen_t size = sizeof name;
    if (getsockname(fd, (struct sockaddr *)&name, &size) == 0 && name.sin_family == AF_INET)
        g_atomic_int_set(&the_fence.port, ntohs(name.sin_port));
}

static gboolean is_on_loopback(int fd)
{
    struct sockaddr_storage name = { 0 };
    socklen_t size = sizeof name;
    if (getsockname(fd, (struct sockaddr *)&name, &size) < 0)
        return FALSE;
    if (name.ss_family == AF_INET6)
        return IN6_IS_ADDR_LOOPBACK(&((struct sockaddr_in6 *)&name)->sin6_addr);
    return name.ss_family == AF_INET &&
           ((struct sockaddr_in *)&name)->sin_addr.s_addr == htonl(INADDR_LOOPBACK);
}

/* libupnp must not be reachable for an instant. Some kernels refuse filters to those without
 * privileges: then a socket on loopback, which no other host reaches, listens without one. */
int listen(int fd, int backlog)
{
    if (!attach_filter(fd)) {
        say_broken("SO_ATTACH_FILTER");
        if (!is_on_loopback(fd))
            return -1;
    }
    const int result = (int)syscall(SYS_listen, fd, backlog);
    if (result == 0)
        note_port(fd);
    return result;
}

/* Waits for a connection under way. Returns: 0, or the reason. */
static int await_connection(int fd)
{
    struct pollfd wait = { .fd = fd, .events = POLLOUT };
    const int n_ready = poll(&wait, 1, CONNECT_MAX_MS);
    if (n_ready < 0)
        return errno;
    if (n_ready == 0)
        return ETIMEDOUT;
    int reason = 0;
    socklen_t size = sizeof reason;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &reason, &size) == 0 ? reason : errno;
}

int connect(int fd, ADDRESS_ARG address, socklen_t size)
{
    const struct sockaddr *to = ADDRESS_POINTER(address);
    const int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || (flags & O_NONBLOCK) || socket_type(fd) != SOCK_STREAM)
        return (int)syscall(SYS_connect, fd, to, size);
    if (the_fence.fence != NULL &&
        hth_stalled_peers_contains(the_fence.stalled, to, g_get_monotonic_time())) {
        errno = ECONNREFUSED;
        return -1;
    }

    const struct timeval limit = { .tv_sec = CONNECT_MAX_MS / 1000 };
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    (void)fcntl(fd, F_SETFL, flags | O_NONBLOCK);
    int reason = syscall(SYS_connect, fd, to, size) == 0 ? 0 : errno;
    if (reason == EINPROGRESS)
        reason = await_connection(fd);
    (void)fcntl(fd, F_SETFL, flags);
    if (reason == ETIMEDOUT && the_fence.fence != NULL)
        hth_stalled_peers_add(the_fence.stalled, to, g_get_monotonic_time());
    errno = reason;
    return reason == 0 ? 0 : -1;
}

/* The one connection that libupnp waited for has made it wait as long as it may. */
static void note_stalled(int fd)
{
    struct sockaddr_storage peer = { 0 };
    socklen_t size = sizeof peer;
    if (the_fence.fence == NULL || getpeername(fd, (struct sockaddr *)&peer, &size) < 0)
        return;
    hth_stalled_peers_add(the_fence.stalled, (struct sockaddr *)&peer, g_get_monotonic_time());
    hth_log_info("a subscriber does not take its event: it gets none for two minutes");
}

int select(int n_fds, fd_set *readable, fd_set *writable, fd_set *failed, struct timeval *timeout)
{
    if (timeout == NULL)
        return pselect(n_fds, readable, writable, failed, NULL, NULL);
    struct timespec limit = { .tv_sec = timeout->tv_sec, .tv_nsec = timeout->tv_usec * 1000 };
    if (limit.tv_sec >= SELECT_MAX_S)
        limit = (struct timespec){ .tv_sec = SELECT_MAX_S };
    const int n_ready = pselect(n_fds, readable, writable, failed, &limit, NULL);
    if (n_ready == 0 && limit.tv_sec == SELECT_MAX_S && n_fds > 0)
        note_stalled(n_fds - 1);
    return n_ready;
}

int setsockopt(int fd, int level, int option, const void *value, socklen_t size)
{
    if (level != IPPROTO_IP || option != IP_MULTICAST_IF || the_fence.fence == NULL)
        return (int)syscall(SYS_setsockopt, fd, level, option, value, size);
    const struct ip_mreqn by_index = {
        .imr_address = the_fence.address, /* the source, when the interface has several */
        .imr_ifindex = (int)the_fence.interface_index,
    };
    return (int)syscall(SYS_setsockopt, fd, level, option, &by_index, (socklen_t)sizeof by_index);
}

/* The address may have gone just now, and byebye must be said nevertheless: from any other. */
static gssize send_from_any(int fd, const void *bytes, gsize size, int flags,
                            const struct sockaddr *to, socklen_t to_size)
{
    const struct ip_mreqn any = { .imr_ifindex = (int)the_fence.interface_index };
    (void)syscall(SYS_setsockopt, fd, IPPROTO_IP, IP_MULTICAST_IF, &any, (socklen_t)sizeof any);
    return (gssize)syscall(SYS_sendto, fd, bytes, size, flags, to, to_size);
}

static gssize send_text(int fd, const char *text, int flags, const struct sockaddr *to,
                        socklen_t to_size)
{
    const gsize size = strlen(text);
    const gssize sent = (gssize)syscall(SYS_sendto, fd, text, size, flags, to, to_size);
    if (sent >= 0 || to->sa_family != AF_INET)
        return sent;
    return send_from_any(fd, text, size, flags, to, to_size);
}

static gboolean is_first_alive(const char *message)
{
    char *usn = hth_ssdp_message_field(message, "USN");
    if (usn == NULL)
        return FALSE;
    g_mutex_lock(&the_fence.lock);
    gboolean is_first = FALSE;
    if (g_hash_table_size(the_fence.names) < MAX_NAMES)
        is_first = g_hash_table_add(the_fence.names, g_steal_pointer(&usn));
    g_mutex_unlock(&the_fence.lock);
    g_free(usn);
    return is_first;
}

ssize_t sendto(int fd, const void *bytes, size_t size, int flags, ADDRESS_ARG address,
               socklen_t to_size)
{
    const struct sockaddr *to = ADDRESS_POINTER(address);
    g_autofree char *finished = NULL;
    if (to != NULL && the_fence.fence != NULL && socket_type(fd) == SOCK_DGRAM)
        finished = hth_ssdp_message_finish(bytes, size, &the_fence.fence->identity);
    if (finished == NULL)
        return (ssize_t)syscall(SYS_sendto, fd, bytes, size, flags, to, to_size);

    if (hth_ssdp_message_kind(finished, strlen(finished)) == HTH_SSDP_ALIVE &&
        is_first_alive(finished)) {
        g_autofree char *byebye = hth_ssdp_message_byebye(finished);
        (void)send_text(fd, byebye, flags, to, to_size); /* UDP: nobody can know */
    }
    return send_text(fd, finished, flags, to, to_size) < 0 ? -1 : (ssize_t)size;
}

int usleep(useconds_t duration_us)
{
    if (duration_us == 50000)
        duration_us = 1000;
    const struct timespec duration = {
        .tv_sec = duration_us / 1000000,
        .tv_nsec = (long)(duration_us % 1000000) * 1000,
    };
    return nanosleep(&duration, NULL);
}
