/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Internet addresses as bytes, and the subnets they lie in.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct {
    GSocketFamily family;
    guint8 bytes[16]; /* 4 of them for IPv4 */
} HthAddressBytes;

/* An IPv4 address that is written as IPv6 (::ffff:192.0.2.1) counts as IPv4. */
void hth_address_bytes_init(HthAddressBytes *self, GInetAddress *address);
gboolean hth_address_bytes_equal(const HthAddressBytes *a, const HthAddressBytes *b);

/* Returns: a new reference to @address, or the IPv4 address that it stands for. */
GInetAddress *hth_address_plain(GInetAddress *address);

typedef struct {
    HthAddressBytes address;
    guint prefix_bits;
} HthSubnet;

gboolean hth_subnet_contains(const HthSubnet *self, const HthAddressBytes *address);

/* @text: "10.8.0.0/24", "2001:db8::/32", or one address.
 * Errors: HTH_ERROR_INVALID, saying what is wrong with it. */
gboolean hth_subnet_parse(const char *text, HthSubnet *out_subnet, GError **error);

G_END_DECLS
