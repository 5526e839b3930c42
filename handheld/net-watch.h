/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Watches what this device's network does: interfaces, addresses, routes, and homes that appear.
 *
 * Threads: main thread; everything happens on the default main loop.
 */
#pragma once

#include "discovery.h"
#include "handheld.h"

G_BEGIN_DECLS

typedef struct HthNetWatch HthNetWatch;

/* Interfaces, addresses or routes are others now. */
typedef void (*HthNetChanged)(gpointer data);

/* With --address no home is looked for. */
HthNetWatch *hth_net_watch_new(const HthHandheld *handheld, HthNetChanged changed,
                               HthHomeFound found, gpointer data);
void hth_net_watch_free(HthNetWatch *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthNetWatch, hth_net_watch_free)

G_END_DECLS
