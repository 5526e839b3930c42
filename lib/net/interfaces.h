/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The network interfaces of this machine, followed live by netlink (rtnetlink(7)), and the visible
 * rule that says which of them hearth uses.
 *
 * The rule: an interface is used when it is up and running, has an address, is not loopback, and
 * its name does not match a skipped pattern (docker*, br-*, veth*, virbr*, tun*, tap*, wg*, …: the
 * table is in interfaces.c). A list of names given by the user replaces the rule: exactly these are
 * used, whatever they are called ("lo" too).
 *
 * Threads: new, free, foreach and the callback on the main thread; hth_interfaces_is_attached()
 * and hth_interfaces_has_address() on any thread (they read an immutable snapshot).
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct HthInterfaces HthInterfaces;

typedef struct {
    GInetAddress *address;
    guint prefix_bits;
    gboolean is_link_local;
    gboolean is_tentative; /* IPv6 duplicate detection still runs: not usable yet */
} HthInterfaceAddress;

typedef struct {
    int index;
    char *name;
    guint8 hardware_address[6];
    gboolean is_up; /* administratively up and with a carrier */
    gboolean is_loopback;
    gboolean has_multicast;
    GPtrArray *addresses; /* (element HthInterfaceAddress) */
    gboolean is_used;
    const char *skip_reason; /* a sentence for people when not used, else NULL; static */
} HthInterface;

/* Called on the main loop after a change, at most every 100 ms; read the new state with foreach. */
typedef void (*HthInterfacesChanged)(HthInterfaces *self, gpointer data);

/* @only:    NULL, or names to use instead of the rule.
 * @allowed: NULL, or further subnets ("10.8.0.0/24") whose peers count as attached. */
HthInterfaces *hth_interfaces_new(const char *const *only, const char *const *allowed,
                                  GError **error);
void hth_interfaces_free(HthInterfaces *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthInterfaces, hth_interfaces_free)

/* Returns: an id for remove_watch. */
guint hth_interfaces_add_watch(HthInterfaces *self, HthInterfacesChanged callback, gpointer data);
void hth_interfaces_remove_watch(HthInterfaces *self, guint id);

/* Returns: (element HthInterface) the current state, a new reference; never changes afterwards. */
GPtrArray *hth_interfaces_list(HthInterfaces *self);

/* Whether @peer is on a subnet attached to a used interface, is loopback, is one of our own
 * addresses, or lies in an allowed subnet. */
gboolean hth_interfaces_is_attached(HthInterfaces *self, GInetAddress *peer);

/* Whether @peer is on the subnet of the used interface that has the address @local: what UPnP
 * Device Architecture 2.0 (April 2020) asks of a SUBSCRIBE callback. */
gboolean hth_interfaces_is_same_subnet(HthInterfaces *self, GInetAddress *local,
                                       GInetAddress *peer);

/* Whether @address is one of this machine's, on any interface, used or not. */
gboolean hth_interfaces_has_address(HthInterfaces *self, GInetAddress *address);

G_END_DECLS
