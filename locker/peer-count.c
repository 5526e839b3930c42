/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "peer-count.h"

#include <netinet/in.h>
#include <string.h>

struct HthPeerCount {
    GHashTable *n_of; /* guint64 → count */
};

HthPeerCount *hth_peer_count_new(void)
{
    HthPeerCount *self = g_new0(HthPeerCount, 1);
    self->n_of = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    return self;
}

void hth_peer_count_free(HthPeerCount *self)
{
    if (self == NULL)
        return;
    g_hash_table_unref(self->n_of);
    g_free(self);
}

guint64 hth_peer_key(const struct sockaddr *address)
{
    guint64 key = 0;
    if (address->sa_family == AF_INET)
        return ((const struct sockaddr_in *)(gconstpointer)address)->sin_addr.s_addr;
    const struct in6_addr *ip = &((const struct sockaddr_in6 *)(gconstpointer)address)->sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(ip))
        memcpy(&key, ip->s6_addr + 12, 4);
    else
        memcpy(&key, ip->s6_addr, 8);
    return key;
}

guint hth_peer_count_add(HthPeerCount *self, guint64 peer)
{
    const guint n = GPOINTER_TO_UINT(g_hash_table_lookup(self->n_of, &peer)) + 1;
    g_hash_table_insert(self->n_of, g_memdup2(&peer, sizeof peer), GUINT_TO_POINTER(n));
    return n;
}

void hth_peer_count_remove(HthPeerCount *self, guint64 peer)
{
    const guint n = GPOINTER_TO_UINT(g_hash_table_lookup(self->n_of, &peer));
    if (n <= 1)
        g_hash_table_remove(self->n_of, &peer);
    else
        g_hash_table_insert(self->n_of, g_memdup2(&peer, sizeof peer), GUINT_TO_POINTER(n - 1));
}
