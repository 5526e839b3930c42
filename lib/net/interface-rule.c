/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/interface-rule.h"

#include <glib/gi18n.h>
#include <string.h>

#define CONTAINERS N_("it belongs to containers on this machine")
#define VIRTUAL    N_("it belongs to virtual machines on this machine")
#define VPN        N_("it is a tunnel or VPN; name it in the configuration to use it")
#define MODEM      N_("it is a dial-up or mobile connection; name it in the configuration to use it")
#define NOT_REAL   N_("it is not a network of its own")

/* The first pattern that matches decides; "*" stands for any ending. */
static const struct {
    const char *pattern;
    const char *reason;
} skipped[] = {
    { "docker*", CONTAINERS },
    { "br-*", CONTAINERS },
    { "veth*", CONTAINERS },
    { "podman*", CONTAINERS },
    { "cni*", CONTAINERS },
    { "flannel*", CONTAINERS },
    { "cali*", CONTAINERS },
    { "cilium*", CONTAINERS },
    { "kube*", CONTAINERS },
    { "nerdctl*", CONTAINERS },
    { "lxc*", CONTAINERS },
    { "lxd*", CONTAINERS },
    { "incus*", CONTAINERS },
    { "ve-*", CONTAINERS },
    { "vb-*", CONTAINERS },
    { "vz-*", CONTAINERS },
    { "waydroid*", CONTAINERS },
    { "virbr*", VIRTUAL },
    { "vnet*", VIRTUAL },
    { "macvtap*", VIRTUAL },
    { "vmnet*", VIRTUAL },
    { "vboxnet*", VIRTUAL },
    { "fwbr*", VIRTUAL },
    { "fwln*", VIRTUAL },
    { "fwpr*", VIRTUAL },
    { "tun*", VPN },
    { "tap*", VPN },
    { "wg*", VPN },
    { "tailscale*", VPN },
    { "zt*", VPN },
    { "nordlynx*", VPN },
    { "proton*", VPN },
    { "ipsec*", VPN },
    { "vti*", VPN },
    { "xfrm*", VPN },
    { "sit*", VPN },
    { "gre*", VPN },
    { "ip6tnl*", VPN },
    { "tunl*", VPN },
    { "vxlan*", VPN },
    { "ppp*", MODEM },
    { "wwan*", MODEM },
    { "wwp*", MODEM },
    { "wwx*", MODEM },
    { "dummy*", NOT_REAL },
    { "ifb*", NOT_REAL },
    { "teql*", NOT_REAL },
    { "nlmon*", NOT_REAL },
    { "ovs-system", NOT_REAL },
};

static gboolean matches(const char *pattern, const char *name)
{
    const gsize length = strlen(pattern);
    if (pattern[length - 1] == '*')
        return strncmp(name, pattern, length - 1) == 0;
    return strcmp(name, pattern) == 0;
}

static gboolean has_usable_address(const HthInterface *self)
{
    for (guint i = 0; i < self->addresses->len; i++) {
        const HthInterfaceAddress *address = g_ptr_array_index(self->addresses, i);
        if (!address->is_tentative)
            return TRUE;
    }
    return FALSE;
}

const char *hth_interface_rule_skip_reason(const HthInterface *self, const char *const *only)
{
    if (only != NULL && !g_strv_contains(only, self->name))
        return N_("the configuration names other interfaces");
    if (only == NULL && self->is_loopback)
        return N_("it reaches this machine alone");
    for (guint i = 0; only == NULL && i < G_N_ELEMENTS(skipped); i++) {
        if (matches(skipped[i].pattern, self->name))
            return skipped[i].reason;
    }
    if (!self->is_up)
        return N_("it is down or has no cable or network");
    return has_usable_address(self) ? NULL : N_("it has no address yet");
}
