/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "local-net.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "net/interface-reader.h"
#include "net/subnet.h"

#define WAKE_PORT      9 /* discard: nobody answers there */
#define HARDWARE_BYTES 6
#define MAGIC_BYTES    (6 + 16 * HARDWARE_BYTES)

/* Called for each address of ours whose subnet @peer is on; TRUE: that is enough. */
typedef gboolean (*EachSubnet)(const HthInterface *interface, const HthInterfaceAddress *own,
                               gpointer data);

static gboolean is_on(const HthInterfaceAddress *own, GInetAddress *peer)
{
    HthSubnet subnet = { .prefix_bits = own->prefix_bits };
    HthAddressBytes bytes;
    hth_address_bytes_init(&subnet.address, own->address);
    hth_address_bytes_init(&bytes, peer);
    return hth_subnet_contains(&subnet, &bytes);
}

static gboolean each_address(const HthInterface *interface, GInetAddress *peer, EachSubnet each,
                             gpointer data)
{
    for (guint i = 0; i < interface->addresses->len; i++) {
        const HthInterfaceAddress *own = g_ptr_array_index(interface->addresses, i);
        if (is_on(own, peer) && each(interface, own, data))
            return TRUE;
    }
    return FALSE;
}

/* FALSE: @each has said so every time, or was never asked. */
static gboolean each_subnet(const char *address, const char *only, EachSubnet each, gpointer data)
{
    const char *scope = strchr(address, '%');
    g_autofree char *plain = scope != NULL ? g_strndup(address, (gsize)(scope - address)) : NULL;
    g_autoptr(GInetAddress) peer = g_inet_address_new_from_string(plain != NULL ? plain : address);
    g_autoptr(GPtrArray) interfaces = hth_interface_reader_read(NULL);
    for (guint i = 0; peer != NULL && interfaces != NULL && i < interfaces->len; i++) {
        const HthInterface *interface = g_ptr_array_index(interfaces, i);
        if (!interface->is_up || (only != NULL && strcmp(only, interface->name) != 0) ||
            (scope != NULL && strcmp(scope + 1, interface->name) != 0))
            continue;
        if (each_address(interface, peer, each, data))
            return TRUE;
    }
    return FALSE;
}

static gboolean found(const HthInterface *interface, const HthInterfaceAddress *own, gpointer data)
{
    return TRUE;
}

gboolean hth_local_net_is_attached(const char *address, const char *interface)
{
    return each_subnet(address, interface, found, NULL);
}

/* The kernel knows best: only an address of ours can be bound to. */
gboolean hth_local_net_has(const struct sockaddr_storage *address)
{
    struct sockaddr_storage any_port = *address;
    socklen_t size = sizeof(struct sockaddr_in);
    if (address->ss_family == AF_INET6) {
        ((struct sockaddr_in6 *)&any_port)->sin6_port = 0;
        size = sizeof(struct sockaddr_in6);
    } else {
        ((struct sockaddr_in *)&any_port)->sin_port = 0;
    }
    const int fd = socket(address->ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const gboolean is_ours = fd >= 0 && bind(fd, (struct sockaddr *)&any_port, size) == 0;
    if (fd >= 0)
        close(fd);
    return is_ours;
}

/* ---- Waking ---- */

typedef struct {
    guint8 packet[MAGIC_BYTES];
    gboolean is_sent;
} Wake;

static gboolean make_packet(const char *hardware, guint8 *out)
{
    guint bytes[HARDWARE_BYTES];
    if (sscanf(hardware, "%2x:%2x:%2x:%2x:%2x:%2x", &bytes[0], &bytes[1], &bytes[2], &bytes[3],
               &bytes[4], &bytes[5]) != HARDWARE_BYTES)
        return FALSE;
    memset(out, 0xff, 6);
    for (guint i = 0; i < 16 * HARDWARE_BYTES; i++)
        out[6 + i] = (guint8)bytes[i % HARDWARE_BYTES];
    return TRUE;
}

/* Broadcast on this one link, whatever the routes say: of IPv6 to all nodes. */
static gboolean send_wake(const HthInterface *interface, const HthInterfaceAddress *own,
                          gpointer data)
{
    Wake *wake = data;
    const int on = 1;
    const gboolean is_ipv4 = g_inet_address_get_family(own->address) == G_SOCKET_FAMILY_IPV4;
    struct sockaddr_in everybody = { .sin_family = AF_INET,
                                     .sin_port = g_htons(WAKE_PORT),
                                     .sin_addr.s_addr = INADDR_BROADCAST };
    struct sockaddr_in6 all_nodes = { .sin6_family = AF_INET6,
                                      .sin6_port = g_htons(WAKE_PORT),
                                      .sin6_scope_id = (guint32)interface->index };
    inet_pton(AF_INET6, "ff02::1", &all_nodes.sin6_addr);
    const int fd = socket(is_ipv4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return FALSE;
    (void)setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof on);
    (void)setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface->name,
                     (socklen_t)strlen(interface->name));
    const struct sockaddr *to =
        is_ipv4 ? (struct sockaddr *)&everybody : (struct sockaddr *)&all_nodes;
    const socklen_t size = is_ipv4 ? sizeof everybody : sizeof all_nodes;
    wake->is_sent |= sendto(fd, wake->packet, sizeof wake->packet, 0, to, size) == MAGIC_BYTES;
    close(fd);
    return FALSE;
}

gboolean hth_local_net_wake(const char *address, const char *interface, const char *hardware)
{
    Wake wake = { .is_sent = FALSE };
    if (!make_packet(hardware, wake.packet))
        return FALSE;
    (void)each_subnet(address, interface, send_wake, &wake); /* it always says: go on */
    return wake.is_sent;
}
