/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "neighbours.h"

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* States in which the hardware address is known, whether or not it was confirmed lately. */
#define USABLE_STATES (NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT)

#define HARDWARE_BYTES 6

static int ask_for_dump(void)
{
    const int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (fd < 0)
        return -1;
    const struct timeval limit = { .tv_usec = 200 * 1000 };
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    const struct {
        struct nlmsghdr header;
        struct ndmsg body;
    } request = {
        .header = { .nlmsg_len = sizeof request,
                    .nlmsg_type = RTM_GETNEIGH,
                    .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
        .body = { .ndm_family = AF_UNSPEC },
    };
    if (send(fd, &request, sizeof request, 0) == (ssize_t)sizeof request)
        return fd;
    close(fd);
    return -1;
}

static void read_row(const struct nlmsghdr *header, HthNeighbour callback, gpointer data)
{
    if (header->nlmsg_type != RTM_NEWNEIGH ||
        header->nlmsg_len < NLMSG_LENGTH(sizeof(struct ndmsg)))
        return;
    const struct ndmsg *body = NLMSG_DATA(header);
    const gsize address_bytes = body->ndm_family == AF_INET    ? 4
                                : body->ndm_family == AF_INET6 ? 16
                                                               : 0;
    if (address_bytes == 0 || (body->ndm_state & USABLE_STATES) == 0)
        return;
    const guint8 *address = NULL;
    const guint8 *hardware = NULL;
    int left = (int)(header->nlmsg_len - NLMSG_LENGTH(sizeof *body));
    const struct rtattr *attribute =
        (const struct rtattr *)((const char *)body + NLMSG_ALIGN(sizeof *body));
    for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
        if (attribute->rta_type == NDA_DST && RTA_PAYLOAD(attribute) == address_bytes)
            address = RTA_DATA(attribute);
        else if (attribute->rta_type == NDA_LLADDR && RTA_PAYLOAD(attribute) == HARDWARE_BYTES)
            hardware = RTA_DATA(attribute);
    }
    if (address != NULL && hardware != NULL)
        callback(body->ndm_family, address, hardware, data);
}

gboolean hth_neighbours_foreach(HthNeighbour callback, gpointer data)
{
    const int fd = ask_for_dump();
    if (fd < 0)
        return FALSE;
    guint n_rows = 0;
    gboolean is_done = FALSE;
    _Alignas(struct nlmsghdr) char buffer[32 * 1024];
    while (!is_done && n_rows < HTH_NEIGHBOURS_MAX) {
        const ssize_t n_read = recv(fd, buffer, sizeof buffer, 0);
        if (n_read <= 0)
            break;
        int left = (int)n_read;
        for (const struct nlmsghdr *header = (const struct nlmsghdr *)buffer;
             NLMSG_OK(header, (guint)left); header = NLMSG_NEXT(header, left)) {
            if (header->nlmsg_type == NLMSG_DONE || header->nlmsg_type == NLMSG_ERROR)
                is_done = TRUE;
            else
                read_row(header, callback, data);
            n_rows++;
        }
    }
    close(fd);
    return is_done;
}

typedef struct {
    int family;
    const guint8 *address;
    gsize address_bytes;
    char *found;
} Wanted;

static void compare(int family, const guint8 *address, const guint8 *hardware, gpointer data)
{
    Wanted *wanted = data;
    if (wanted->found != NULL || family != wanted->family ||
        memcmp(address, wanted->address, wanted->address_bytes) != 0)
        return;
    static const guint8 none[HARDWARE_BYTES] = { 0 };
    if (memcmp(hardware, none, sizeof none) != 0)
        wanted->found = g_strdup_printf("%02x:%02x:%02x:%02x:%02x:%02x", hardware[0], hardware[1],
                                        hardware[2], hardware[3], hardware[4], hardware[5]);
}

char *hth_neighbours_find(GInetAddress *address)
{
    Wanted wanted = {
        .family = g_inet_address_get_family(address) == G_SOCKET_FAMILY_IPV4 ? AF_INET : AF_INET6,
        .address = g_inet_address_to_bytes(address),
        .address_bytes = g_inet_address_get_native_size(address),
    };
    (void)hth_neighbours_foreach(compare, &wanted); /* not found is an answer */
    return wanted.found;
}
