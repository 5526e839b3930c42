/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the device at an address may see, remembered: every request asks. Bounded; what is forgotten
 * is worked out again by the slow way.
 *
 * Threads: any thread, any time; finding costs one hash lookup under a read lock.
 */
#pragma once

#include <gio/gio.h>

#include "plugin/host.h"

G_BEGIN_DECLS

typedef struct HthKnownPolicies HthKnownPolicies;

HthKnownPolicies *hth_known_policies_new(void);
void hth_known_policies_free(HthKnownPolicies *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthKnownPolicies, hth_known_policies_free)

gboolean hth_known_policies_find(HthKnownPolicies *self, GInetAddress *peer,
                                 HthDevicePolicy *out_policy);
void hth_known_policies_add(HthKnownPolicies *self, GInetAddress *peer, HthDevicePolicy policy);

/* All of them. */
void hth_known_policies_forget(HthKnownPolicies *self);

/* An IPv4 peer on an IPv6 socket comes as ::ffff:a.b.c.d; both are the same device, and this text.
 * New string. */
char *hth_peer_address_text(GInetAddress *peer);

G_END_DECLS
