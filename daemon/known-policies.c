/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "known-policies.h"

#include <string.h>

/* A network with more is served by the slow way. */
#define MAX_ADDRESSES 1024

/* An address as a hash key: IPv4 as its 4 bytes in front. */
typedef struct {
    guint8 bytes[16];
    guint8 n_bytes;
} AddressKey;

typedef struct {
    AddressKey key;
    HthDevicePolicy policy;
} KnownAddress;

struct HthKnownPolicies {
    GRWLock lock;          /* guards what follows; never held together with a call out */
    GHashTable *addresses; /* AddressKey → KnownAddress */
};

static guint key_hash(gconstpointer pointer)
{
    const AddressKey *key = pointer;
    guint32 words[4];
    memcpy(words, key->bytes, sizeof words);
    return (words[0] * 0x9e3779b1u) ^ (words[1] * 0x85ebca6bu) ^ (words[2] * 0xc2b2ae35u) ^
           (words[3] * 0x27d4eb2fu) ^ key->n_bytes;
}

static gboolean key_equal(gconstpointer a, gconstpointer b)
{
    return memcmp(a, b, sizeof(AddressKey)) == 0;
}

static AddressKey key_of(GInetAddress *address)
{
    static const guint8 mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
    AddressKey key = { .n_bytes = (guint8)g_inet_address_get_native_size(address) };
    const guint8 *bytes = g_inet_address_to_bytes(address);
    if (key.n_bytes == 16 && memcmp(bytes, mapped, sizeof mapped) == 0) {
        bytes += sizeof mapped;
        key.n_bytes = 4;
    }
    memcpy(key.bytes, bytes, key.n_bytes);
    return key;
}

char *hth_peer_address_text(GInetAddress *peer)
{
    const AddressKey key = key_of(peer);
    g_autoptr(GInetAddress) plain = g_inet_address_new_from_bytes(
        key.bytes, key.n_bytes == 4 ? G_SOCKET_FAMILY_IPV4 : G_SOCKET_FAMILY_IPV6);
    return g_inet_address_to_string(plain);
}

HthKnownPolicies *hth_known_policies_new(void)
{
    HthKnownPolicies *self = g_new0(HthKnownPolicies, 1);
    g_rw_lock_init(&self->lock);
    self->addresses = g_hash_table_new_full(key_hash, key_equal, NULL, g_free);
    return self;
}

void hth_known_policies_free(HthKnownPolicies *self)
{
    if (self == NULL)
        return;
    g_hash_table_unref(self->addresses);
    g_rw_lock_clear(&self->lock);
    g_free(self);
}

gboolean hth_known_policies_find(HthKnownPolicies *self, GInetAddress *peer,
                                 HthDevicePolicy *out_policy)
{
    const AddressKey key = key_of(peer);
    g_rw_lock_reader_lock(&self->lock);
    const KnownAddress *known = g_hash_table_lookup(self->addresses, &key);
    if (known != NULL)
        *out_policy = known->policy;
    g_rw_lock_reader_unlock(&self->lock);
    return known != NULL;
}

void hth_known_policies_add(HthKnownPolicies *self, GInetAddress *peer, HthDevicePolicy policy)
{
    KnownAddress *known = g_new(KnownAddress, 1);
    *known = (KnownAddress){ .key = key_of(peer), .policy = policy };
    g_rw_lock_writer_lock(&self->lock);
    if (g_hash_table_size(self->addresses) >= MAX_ADDRESSES)
        g_hash_table_remove_all(self->addresses);
    g_hash_table_replace(self->addresses, &known->key, known);
    g_rw_lock_writer_unlock(&self->lock);
}

void hth_known_policies_forget(HthKnownPolicies *self)
{
    g_rw_lock_writer_lock(&self->lock);
    g_hash_table_remove_all(self->addresses);
    g_rw_lock_writer_unlock(&self->lock);
}
