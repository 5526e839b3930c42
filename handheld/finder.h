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

/* Adds the place of --address, where one was given. Errors: HTH_ERROR_INVALID */
gboolean hth_find_address(const HthHandheld *handheld, const HthPairedHome *home,
                          HthTransport *transport, GError **error);

/* Connects @transport to @home: where it was, else where mDNS shows it; only there when an address
 * was given. Errors: HTH_ERROR_NETWORK, HTH_ERROR_CANCELLED */
gboolean hth_find_home(const HthHandheld *handheld, const HthPairedHome *home,
                       HthTransport *transport, GError **error);

G_END_DECLS
