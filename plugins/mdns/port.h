/* SPDX-License-Identifier: GPL-3.0-or-later */
/* UDP 5353, the port of mDNS: which halves of it this process holds, and who else does.
 *
 * avahi-core starts as long as it gets one of IPv4 and IPv6, and says so only in its log. Most
 * devices at home ask over IPv4, so a start without it looks alive and is found by nobody.
 *
 * Threads: any thread; every call takes well under a millisecond, but the last, see there.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define HTH_MDNS_PORT 5353

typedef enum {
    HTH_MDNS_IPV4 = 1 << 0,
    HTH_MDNS_IPV6 = 1 << 1,
} HthMdnsFamilies;

/* The families that this machine has at all. */
HthMdnsFamilies hth_mdns_port_families(void);

/* The families for which a socket of this process is bound to UDP 5353. */
HthMdnsFamilies hth_mdns_port_held(void);

/* Those of @families in which UDP 5353 could be bound now, shared as mDNS programs share it. */
HthMdnsFamilies hth_mdns_port_available(HthMdnsFamilies families);

/* Who holds UDP 5353: "systemd-resolve (process 312)", or "a program of user 1000" when we may not
 * look into that process. Reads /proc: some milliseconds.
 * Returns: a new string, NULL when nobody but this process does. */
char *hth_mdns_port_holder(void);

G_END_DECLS
