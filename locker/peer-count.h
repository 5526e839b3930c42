/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How many connections there are of each address. An IPv6 network of 64 bits is one address: who
 * has one of them has all. Threads: one at a time. */
#pragma once

#include <glib.h>

struct sockaddr;

G_BEGIN_DECLS

typedef struct HthPeerCount HthPeerCount;

HthPeerCount *hth_peer_count_new(void);
void hth_peer_count_free(HthPeerCount *self); /* NULL is fine */

/* What stands for an address of the internet families. */
guint64 hth_peer_key(const struct sockaddr *address);

/* Returns: how many there are with this one. */
guint hth_peer_count_add(HthPeerCount *self, guint64 peer);
void hth_peer_count_remove(HthPeerCount *self, guint64 peer);

G_END_DECLS
