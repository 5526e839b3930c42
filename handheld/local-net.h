/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What this device's own interfaces say about an address.
 *
 * Threads: any thread, any time; the kernel is asked each time.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

struct sockaddr_storage;

/* Whether @address ("192.0.2.5", "fe80::1%wlan0") is on the subnet of an interface that is up.
 * @interface: the one that counts; NULL: any. A loopback address always is. */
gboolean hth_local_net_is_attached(const char *address, const char *interface);

/* Whether one of our interfaces still has this address. */
gboolean hth_local_net_has(const struct sockaddr_storage *address);

/* Sends "wake up" (AMD's Magic Packet: 6 bytes of 255, 16 times the hardware address) to everybody
 * on the subnet of @address. @hardware: "aa:bb:cc:dd:ee:ff".
 * Returns: whether it was sent on any interface. */
gboolean hth_local_net_wake(const char *address, const char *interface, const char *hardware);

G_END_DECLS
