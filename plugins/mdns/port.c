/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "port.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Tables of sockets and folders of descriptors are read up to this many entries. */
#define MAX_ENTRIES 65536

typedef union {
    struct sockaddr any;
    struct sockaddr_in ipv4;
    struct sockaddr_in6 ipv6;
    struct sockaddr_storage room;
} SocketAddress;

static int new_udp_socket(int family)
{
    return socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_UDP);
}

HthMdnsFamilies hth_mdns_port_families(void)
{
    HthMdnsFamilies families = 0;
    const int ipv4 = new_udp_socket(AF_INET);
    const int ipv6 = new_udp_socket(AF_INET6);
    if (ipv4 >= 0 && close(ipv4) == 0)
        families |= HTH_MDNS_IPV4;
    if (ipv6 >= 0 && close(ipv6) == 0)
        families |= HTH_MDNS_IPV6;
    return families;
}

static HthMdnsFamilies family_of_descriptor(int fd)
{
    SocketAddress address;
    socklen_t size = sizeof address;
    int type = 0;
    socklen_t type_size = sizeof type;
    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &type_size) != 0 || type != SOCK_DGRAM ||
        getsockname(fd, &address.any, &size) != 0)
        return 0;
    if (address.any.sa_family == AF_INET && address.ipv4.sin_port == htons(HTH_MDNS_PORT))
        return HTH_MDNS_IPV4;
    if (address.any.sa_family == AF_INET6 && address.ipv6.sin6_port == htons(HTH_MDNS_PORT))
        return HTH_MDNS_IPV6;
    return 0;
}

HthMdnsFamilies hth_mdns_port_held(void)
{
    HthMdnsFamilies families = 0;
    g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL)
        families |= family_of_descriptor(atoi(name));
    return families;
}

/* As avahi-core binds: any address, reuse on. */
static gboolean can_bind(int family)
{
    const int fd = new_udp_socket(family);
    if (fd < 0)
        return FALSE;
    const int on = 1;
    SocketAddress address = { 0 };
    socklen_t size = sizeof address.ipv4;
    if (family == AF_INET6) {
        address.ipv6.sin6_family = AF_INET6;
        address.ipv6.sin6_port = htons(HTH_MDNS_PORT);
        size = sizeof address.ipv6;
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    } else {
        address.ipv4.sin_family = AF_INET;
        address.ipv4.sin_port = htons(HTH_MDNS_PORT);
    }
    /* An option that fails makes bind fail, which is the answer. */
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    const gboolean is_bound = bind(fd, &address.any, size) == 0;
    close(fd);
    return is_bound;
}

HthMdnsFamilies hth_mdns_port_available(HthMdnsFamilies families)
{
    HthMdnsFamilies available = 0;
    if ((families & HTH_MDNS_IPV4) != 0 && can_bind(AF_INET))
        available |= HTH_MDNS_IPV4;
    if ((families & HTH_MDNS_IPV6) != 0 && can_bind(AF_INET6))
        available |= HTH_MDNS_IPV6;
    return available;
}

/* ---- Who holds it ---- */

/* The name of the process that has the socket as a descriptor, or NULL. */
static char *program_with_socket(const char *pid, const char *wanted_link)
{
    g_autofree char *folder = g_strdup_printf("/proc/%s/fd", pid);
    g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
    const char *name;
    while (dir != NULL && (name = g_dir_read_name(dir)) != NULL) {
        g_autofree char *path = g_build_filename(folder, name, NULL);
        g_autofree char *link = g_file_read_link(path, NULL);
        if (g_strcmp0(link, wanted_link) != 0)
            continue;
        g_autofree char *comm_path = g_strdup_printf("/proc/%s/comm", pid);
        g_autofree char *comm = NULL;
        if (!g_file_get_contents(comm_path, &comm, NULL, NULL))
            return NULL;
        return g_strdup_printf("%s (process %s)", g_strstrip(comm), pid);
    }
    return NULL;
}

static char *find_program(guint64 inode)
{
    g_autofree char *wanted_link = g_strdup_printf("socket:[%" G_GUINT64_FORMAT "]", inode);
    g_autoptr(GDir) dir = g_dir_open("/proc", 0, NULL);
    const char *pid;
    guint n_entries = 0;
    while (dir != NULL && (pid = g_dir_read_name(dir)) != NULL && n_entries++ < MAX_ENTRIES) {
        if (!g_ascii_isdigit(pid[0]) || atoi(pid) == getpid())
            continue;
        char *program = program_with_socket(pid, wanted_link);
        if (program != NULL)
            return program;
    }
    return NULL;
}

static gboolean is_own_socket(guint64 inode)
{
    g_autofree char *wanted_link = g_strdup_printf("socket:[%" G_GUINT64_FORMAT "]", inode);
    g_autofree char *program = program_with_socket("self", wanted_link);
    return program != NULL;
}

/* A line of the table: "  12: 00000000:14E9 00000000:0000 07 tx:rx tr:tm retr uid timeout inode …"
 * (proc(5)). */
static char *holder_of_line(const char *line)
{
    guint port = 0;
    guint uid = 0;
    guint64 inode = 0;
    if (sscanf(line, "%*u: %*[0-9A-Fa-f]:%x %*s %*x %*s %*s %*x %u %*d %" G_GINT64_MODIFIER "u",
               &port, &uid, &inode) != 3 ||
        port != HTH_MDNS_PORT || is_own_socket(inode))
        return NULL;
    char *program = find_program(inode);
    return program != NULL ? program : g_strdup_printf("a program of user %u", uid);
}

char *hth_mdns_port_holder(void)
{
    static const char *const tables[] = { "/proc/net/udp", "/proc/net/udp6" };
    for (guint i = 0; i < G_N_ELEMENTS(tables); i++) {
        g_autofree char *table = NULL;
        if (!g_file_get_contents(tables[i], &table, NULL, NULL))
            continue;
        g_auto(GStrv) lines = g_strsplit(table, "\n", MAX_ENTRIES);
        for (guint n = 1; lines[0] != NULL && lines[n] != NULL; n++) {
            char *holder = holder_of_line(lines[n]);
            if (holder != NULL)
                return holder;
        }
    }
    return NULL;
}
