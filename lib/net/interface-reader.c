/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "interfaces"
#include "net/interface-reader.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "base/log.h"

/* The kernel fills at most 32 KiB a datagram of a dump (netlink(7)). */
#define DATAGRAM_BYTES (32 * 1024)
/* 1,024 interfaces with 64 addresses are about 5 MB: a dump that goes on is not ours. */
#define MAX_DATAGRAMS 1024
/* Attempts at a dump that changes while it is read (NLM_F_DUMP_INTR). */
#define MAX_ATTEMPTS 5

void hth_interface_free(HthInterface *self)
{
    if (self == NULL)
        return;
    g_free(self->name);
    g_clear_pointer(&self->addresses, g_ptr_array_unref);
    g_free(self);
}

static void free_address(gpointer data)
{
    HthInterfaceAddress *self = data;
    g_clear_object(&self->address);
    g_free(self);
}

static HthInterface *find_interface(GPtrArray *interfaces, int index)
{
    for (guint i = 0; i < interfaces->len; i++) {
        HthInterface *interface = g_ptr_array_index(interfaces, i);
        if (interface->index == index)
            return interface;
    }
    return NULL;
}

/* The attribute of @type among those of a message, or NULL. */
static const struct rtattr *find_attribute(const struct nlmsghdr *message, gsize header_bytes,
                                           guint16 type)
{
    const gsize skip = NLMSG_ALIGN(header_bytes);
    if (message->nlmsg_len < NLMSG_LENGTH(skip))
        return NULL;
    gsize left = message->nlmsg_len - NLMSG_LENGTH(skip);
    const guint8 *bytes = (const guint8 *)NLMSG_DATA(message) + skip;
    while (left >= sizeof(struct rtattr)) {
        const struct rtattr *attribute = (const struct rtattr *)(gconstpointer)bytes;
        if (attribute->rta_len < sizeof *attribute || attribute->rta_len > left)
            return NULL;
        if ((attribute->rta_type & NLA_TYPE_MASK) == type)
            return attribute;
        const gsize step = MIN(RTA_ALIGN(attribute->rta_len), left);
        bytes += step;
        left -= step;
    }
    return NULL;
}

static void take_link(GPtrArray *interfaces, const struct nlmsghdr *message)
{
    if (message->nlmsg_len < NLMSG_LENGTH(sizeof(struct ifinfomsg)))
        return;
    const struct ifinfomsg *link = NLMSG_DATA(message);
    const struct rtattr *name = find_attribute(message, sizeof *link, IFLA_IFNAME);
    if (name == NULL || find_interface(interfaces, link->ifi_index) != NULL)
        return;
    if (interfaces->len >= HTH_INTERFACES_MAX) {
        hth_log_warning("more than %d interfaces; the rest is left out", HTH_INTERFACES_MAX);
        return;
    }
    HthInterface *interface = g_new0(HthInterface, 1);
    interface->index = link->ifi_index;
    interface->name = g_strndup(RTA_DATA(name), MIN(RTA_PAYLOAD(name), IFNAMSIZ));
    interface->is_up = (link->ifi_flags & IFF_UP) != 0 && (link->ifi_flags & IFF_RUNNING) != 0;
    interface->is_loopback = (link->ifi_flags & IFF_LOOPBACK) != 0;
    interface->has_multicast = (link->ifi_flags & IFF_MULTICAST) != 0;
    interface->addresses = g_ptr_array_new_with_free_func(free_address);
    const struct rtattr *hardware = find_attribute(message, sizeof *link, IFLA_ADDRESS);
    if (hardware != NULL && RTA_PAYLOAD(hardware) == sizeof interface->hardware_address)
        memcpy(interface->hardware_address, RTA_DATA(hardware), sizeof interface->hardware_address);
    g_ptr_array_add(interfaces, interface);
}

static guint32 address_flags(const struct nlmsghdr *message)
{
    const struct ifaddrmsg *header = NLMSG_DATA(message);
    guint32 flags = header->ifa_flags;
    const struct rtattr *wide = find_attribute(message, sizeof *header, IFA_FLAGS);
    if (wide != NULL && RTA_PAYLOAD(wide) >= sizeof flags)
        memcpy(&flags, RTA_DATA(wide), sizeof flags);
    return flags;
}

static void take_address(GPtrArray *interfaces, const struct nlmsghdr *message)
{
    if (message->nlmsg_len < NLMSG_LENGTH(sizeof(struct ifaddrmsg)))
        return;
    const struct ifaddrmsg *header = NLMSG_DATA(message);
    const gboolean is_ipv4 = header->ifa_family == AF_INET;
    if (!is_ipv4 && header->ifa_family != AF_INET6)
        return;
    HthInterface *interface = find_interface(interfaces, (int)header->ifa_index);
    if (interface == NULL || interface->addresses->len >= HTH_INTERFACES_MAX_ADDRESSES)
        return;
    /* On a point-to-point link IFA_ADDRESS is the other end (rtnetlink(7)). */
    const struct rtattr *local = find_attribute(message, sizeof *header, IFA_LOCAL);
    if (local == NULL)
        local = find_attribute(message, sizeof *header, IFA_ADDRESS);
    const gsize size = is_ipv4 ? 4 : 16;
    if (local == NULL || RTA_PAYLOAD(local) != size)
        return;
    HthInterfaceAddress *address = g_new0(HthInterfaceAddress, 1);
    address->address = g_inet_address_new_from_bytes(
        RTA_DATA(local), is_ipv4 ? G_SOCKET_FAMILY_IPV4 : G_SOCKET_FAMILY_IPV6);
    address->prefix_bits = MIN(header->ifa_prefixlen, size * 8);
    address->is_link_local = g_inet_address_get_is_link_local(address->address);
    /* One that failed duplicate detection is never usable; it is as tentative as it was. */
    address->is_tentative = (address_flags(message) & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) != 0 &&
                            (address_flags(message) & IFA_F_OPTIMISTIC) == 0;
    g_ptr_array_add(interface->addresses, address);
}

gboolean hth_interface_reader_take(GPtrArray *interfaces, gconstpointer datagram, gsize size_bytes,
                                   gboolean *out_is_torn)
{
    const guint8 *bytes = datagram;
    while (size_bytes >= sizeof(struct nlmsghdr)) {
        const struct nlmsghdr *message = (const struct nlmsghdr *)(gconstpointer)bytes;
        if (message->nlmsg_len < sizeof *message || message->nlmsg_len > size_bytes)
            return TRUE;
        *out_is_torn |= (message->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
        if (message->nlmsg_type == NLMSG_DONE || message->nlmsg_type == NLMSG_ERROR)
            return FALSE;
        if (message->nlmsg_type == RTM_NEWLINK)
            take_link(interfaces, message);
        if (message->nlmsg_type == RTM_NEWADDR)
            take_address(interfaces, message);
        const gsize step = MIN(NLMSG_ALIGN(message->nlmsg_len), size_bytes);
        bytes += step;
        size_bytes -= step;
    }
    return TRUE;
}

static int fail(const char *what, GError **error)
{
    const int code = errno;
    g_set_error(error, G_IO_ERROR, (gint)g_io_error_from_errno(code), "%s: %s", what,
                g_strerror(code));
    return -1;
}

static int open_netlink(guint32 groups, int flags, GError **error)
{
    const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | flags, NETLINK_ROUTE);
    if (fd < 0)
        return fail("opening a netlink socket", error);
    const struct timeval patience = { .tv_sec = 2 };
    const struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = groups };
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0 ||
        bind(fd, (const struct sockaddr *)&address, sizeof address) != 0) {
        fail("setting up a netlink socket", error);
        close(fd);
        return -1;
    }
    return fd;
}

/* One datagram of the kernel's; 0: of somebody else, -1: errno. */
static gssize receive(int fd, void *buffer, gsize size)
{
    struct sockaddr_nl from = { 0 };
    socklen_t from_size = sizeof from;
    gssize n_bytes;
    do
        n_bytes = recvfrom(fd, buffer, size, MSG_TRUNC, (struct sockaddr *)&from, &from_size);
    while (n_bytes < 0 && errno == EINTR);
    if (n_bytes > (gssize)size) {
        errno = EMSGSIZE;
        return -1;
    }
    return n_bytes >= 0 && from.nl_pid != 0 ? 0 : n_bytes;
}

static gboolean dump(int fd, guint16 type, GPtrArray *interfaces, gboolean *out_is_torn,
                     GError **error)
{
    struct {
        struct nlmsghdr header;
        struct ifinfomsg link; /* as large as ifaddrmsg and more: the kernel takes either */
    } request = { .header = { .nlmsg_len = sizeof request,
                              .nlmsg_type = type,
                              .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP } };
    if (send(fd, &request, sizeof request, 0) < 0)
        return fail("asking for the network interfaces", error), FALSE;
    g_autofree char *buffer = g_malloc(DATAGRAM_BYTES);
    for (guint i = 0; i < MAX_DATAGRAMS; i++) {
        const gssize n_bytes = receive(fd, buffer, DATAGRAM_BYTES);
        if (n_bytes < 0)
            return fail("reading the network interfaces", error), FALSE;
        if (!hth_interface_reader_take(interfaces, buffer, (gsize)n_bytes, out_is_torn))
            return TRUE;
    }
    g_set_error(error, HTH_ERROR, HTH_ERROR_TOO_LARGE, "the list of interfaces does not end");
    return FALSE;
}

GPtrArray *hth_interface_reader_read(GError **error)
{
    const int fd = open_netlink(0, 0, error);
    if (fd < 0)
        return NULL;
    g_autoptr(GPtrArray) interfaces = NULL;
    gboolean is_torn = TRUE;
    for (guint i = 0; i < MAX_ATTEMPTS && is_torn; i++) {
        g_clear_pointer(&interfaces, g_ptr_array_unref);
        interfaces = g_ptr_array_new_with_free_func((GDestroyNotify)hth_interface_free);
        is_torn = FALSE;
        if (!dump(fd, RTM_GETLINK, interfaces, &is_torn, error) ||
            !dump(fd, RTM_GETADDR, interfaces, &is_torn, error)) {
            close(fd);
            return NULL;
        }
    }
    close(fd);
    return g_steal_pointer(&interfaces);
}

int hth_interface_reader_watch(GError **error)
{
    return open_netlink(RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR, SOCK_NONBLOCK,
                        error);
}

gboolean hth_interface_reader_drain(int fd)
{
    char buffer[256]; /* what it says does not matter: the whole table is read anew */
    gboolean is_changed = FALSE;
    for (guint i = 0; i < MAX_DATAGRAMS; i++) {
        const gssize n_bytes = receive(fd, buffer, sizeof buffer);
        /* ENOBUFS: more happened than the socket could hold. */
        if (n_bytes < 0 && errno != ENOBUFS && errno != EMSGSIZE)
            break;
        is_changed |= n_bytes != 0;
    }
    return is_changed;
}
