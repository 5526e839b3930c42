/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds a paired home on this network.
 *
 * Threads: main thread.
 */
#pragma once

#include "handheld.h"
#include "paired-home.h"
#include "transport.h"

G_BEGIN_DECLS

/* All ways to @home that are known, with this device's key; only the place of --address, where one
 * was given. Errors: HTH_ERROR_INVALID, or the identity's. */
HthReach *hth_find_reach(const HthHandheld *handheld, const HthPairedHome *home, GError **error);

/* Connects @transport to @home: where it was, else where mDNS shows it; only there when an address
 * was given. Errors: HTH_ERROR_NETWORK, HTH_ERROR_CANCELLED */
gboolean hth_find_home(const HthHandheld *handheld, const HthPairedHome *home,
                       HthTransport *transport, GError **error);

G_END_DECLS
