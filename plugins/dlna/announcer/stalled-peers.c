/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stalled-peers.h"

#include <arpa/inet.h>
#include <netinet/in.h>

struct HthStalledPeers {
    GMutex lock;
    GHashTable *until_us; /* "192.0.2.7 4004" → gint64 */
};

HthStalledPeers *hth_stalled_peers_new(void)
{
    HthStalledPeers *self = g_new0(HthStalledPeers, 1);
    g_mutex_init(&self->lock);
    self->until_us = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return self;
}

void hth_stalled_peers_free(HthStalledPeers *self)
{
    if (self == NULL)
        return;
    g_mutex_clear(&self->lock);
    g_hash_table_unref(self->until_us);
    g_free(self);
}

static char *key_of(const struct sockaddr *peer)
{
    char text[INET6_ADDRSTRLEN] = "";
    if (peer->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)peer;
        inet_ntop(AF_INET, &in->sin_addr, text, sizeof text);
        return g_strdup_printf("%s %u", text, ntohs(in->sin_port));
    }
    if (peer->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)peer;
        inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof text);
        return g_strdup_printf("%s %u", text, ntohs(in6->sin6_port));
    }
    return NULL;
}

static gboolean has_passed(gpointer key, gpointer until_us, gpointer now_us)
{
    return *(gint64 *)until_us <= *(gint64 *)now_us;
}

void hth_stalled_peers_add(HthStalledPeers *self, const struct sockaddr *peer, gint64 now_us)
{
    char *key = key_of(peer);
    if (key == NULL)
        return;
    const gint64 until_us = now_us + HTH_STALLED_PEER_US;
    g_mutex_lock(&self->lock);
    g_hash_table_foreach_remove(self->until_us, has_passed, &now_us);
    if (g_hash_table_size(self->until_us) < HTH_STALLED_PEERS_MAX)
        g_hash_table_replace(self->until_us, g_steal_pointer(&key),
                             g_memdup2(&until_us, sizeof until_us));
    g_mutex_unlock(&self->lock);
    g_free(key);
}

gboolean hth_stalled_peers_contains(HthStalledPeers *self, const struct sockaddr *peer,
                                    gint64 now_us)
{
    g_autofree char *key = key_of(peer);
    if (key == NULL)
        return FALSE;
    g_mutex_lock(&self->lock);
    const gint64 *until_us = g_hash_table_lookup(self->until_us, key);
    const gboolean is_stalled = until_us != NULL && *until_us > now_us;
    g_mutex_unlock(&self->lock);
    return is_stalled;
}
