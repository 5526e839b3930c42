/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/subnet.h"

#include <string.h>

#include "base/error.h"

/* RFC 4291, section 2.5.5.2. */
static const guint8 mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };

static gsize family_size(GSocketFamily family)
{
    return family == G_SOCKET_FAMILY_IPV4 ? 4 : 16;
}

void hth_address_bytes_init(HthAddressBytes *self, GInetAddress *address)
{
    memset(self, 0, sizeof *self);
    const guint8 *bytes = g_inet_address_to_bytes(address);
    self->family = g_inet_address_get_family(address);
    if (self->family == G_SOCKET_FAMILY_IPV6 &&
        memcmp(bytes, mapped_prefix, sizeof mapped_prefix) == 0) {
        self->family = G_SOCKET_FAMILY_IPV4;
        bytes += sizeof mapped_prefix;
    }
    memcpy(self->bytes, bytes, family_size(self->family));
}

gboolean hth_address_bytes_equal(const HthAddressBytes *a, const HthAddressBytes *b)
{
    return a->family == b->family && memcmp(a->bytes, b->bytes, family_size(a->family)) == 0;
}

GInetAddress *hth_address_plain(GInetAddress *address)
{
    HthAddressBytes plain;
    hth_address_bytes_init(&plain, address);
    if (plain.family == g_inet_address_get_family(address))
        return g_object_ref(address);
    return g_inet_address_new_from_bytes(plain.bytes, plain.family);
}

gboolean hth_subnet_contains(const HthSubnet *self, const HthAddressBytes *address)
{
    if (self->address.family != address->family)
        return FALSE;
    const guint n_bytes = self->prefix_bits / 8;
    if (memcmp(self->address.bytes, address->bytes, n_bytes) != 0)
        return FALSE;
    const guint n_bits = self->prefix_bits % 8;
    const guint8 mask = (guint8)(0xff << (8 - n_bits));
    return n_bits == 0 || ((self->address.bytes[n_bytes] ^ address->bytes[n_bytes]) & mask) == 0;
}

static gboolean has_host_bits(const HthSubnet *subnet)
{
    for (guint bit = subnet->prefix_bits; bit < family_size(subnet->address.family) * 8; bit++) {
        if (subnet->address.bytes[bit / 8] & 0x80 >> bit % 8)
            return TRUE;
    }
    return FALSE;
}

gboolean hth_subnet_parse(const char *text, HthSubnet *out_subnet, GError **error)
{
    const char *slash = strchr(text, '/');
    g_autofree char *address_text =
        slash != NULL ? g_strndup(text, (gsize)(slash - text)) : g_strdup(text);
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(address_text);
    if (address == NULL) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID,
                    "\"%s\" is not a subnet: \"%s\" is not an IPv4 or IPv6 address", text,
                    address_text);
        return FALSE;
    }
    hth_address_bytes_init(&out_subnet->address, address);
    const guint64 max_bits = family_size(out_subnet->address.family) * 8;
    guint64 bits = max_bits;
    if (slash != NULL && !g_ascii_string_to_unsigned(slash + 1, 10, 0, max_bits, &bits, NULL)) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID,
                    "\"%s\" is not a subnet: the prefix \"%s\" is not a number from 0 to %u", text,
                    slash + 1, (guint)max_bits);
        return FALSE;
    }
    out_subnet->prefix_bits = (guint)bits;
    if (has_host_bits(out_subnet)) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID,
                    "\"%s\" is not a subnet: the address has bits set behind its first %u", text,
                    (guint)bits);
        return FALSE;
    }
    return TRUE;
}
