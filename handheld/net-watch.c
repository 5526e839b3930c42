/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net-watch.h"

#include "net/interfaces.h"

struct HthNetWatch {
    HthNetChanged changed;
    gpointer data;
    GNetworkMonitor *monitor; /* the default one */
    gulong handler;
    HthInterfaces *interfaces; /* NULL: the kernel does not tell */
    HthDiscovery *discovery;   /* NULL: no home is looked for */
};

/* Routes, and whatever NetworkManager knows. */
static void on_network(GNetworkMonitor *monitor, gboolean is_there, gpointer data)
{
    HthNetWatch *self = data;
    self->changed(self->data);
}

/* Links and addresses, as soon as the kernel says so. */
static void on_interfaces(HthInterfaces *interfaces, gpointer data)
{
    HthNetWatch *self = data;
    self->changed(self->data);
}

HthNetWatch *hth_net_watch_new(const HthHandheld *handheld, HthNetChanged changed,
                               HthHomeFound found, gpointer data)
{
    HthNetWatch *self = g_new0(HthNetWatch, 1);
    self->changed = changed;
    self->data = data;
    self->monitor = g_network_monitor_get_default();
    self->handler =
        g_signal_connect(self->monitor, "network-changed", G_CALLBACK(on_network), self);
    self->interfaces = hth_interfaces_new(NULL, NULL, NULL);
    if (self->interfaces != NULL)
        (void)hth_interfaces_add_watch(self->interfaces, on_interfaces, self); /* goes with them */
    if (handheld->address == NULL)
        self->discovery = hth_discovery_new(handheld->interface, found, data);
    return self;
}

void hth_net_watch_free(HthNetWatch *self)
{
    if (self == NULL)
        return;
    hth_discovery_free(self->discovery);
    hth_interfaces_free(self->interfaces);
    g_signal_handler_disconnect(self->monitor, self->handler);
    g_free(self);
}
