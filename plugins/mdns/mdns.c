/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The mDNS plugin: follows avahi-daemon and the interfaces, and keeps exactly one publisher.
 * docs/mdns.md says what is published and why. */
#include "daemon-publisher.h"
#include "embedded-publisher.h"
#include "findings.h"
#include "net/avahi-daemon.h"
#include "offer.h"
#include "plugin/host.h"
#include "port.h"
#include "turn.h"

#define PLUGIN_NAME "mdns"
#define KEY_NAME    "mdns.discovery-key"

/* An avahi-daemon that starts is ready after a second of probing; what takes longer is left behind.
 */
#define WAIT_FOR_DAEMON_MS 2500

typedef struct {
    HthHost *host;
    HthMdnsOffer *offer;
    HthMdnsTurn turn;
    HthMdnsAvahi *avahi;
    HthMdnsDaemonPublisher *daemon;     /* NULL: it does not publish */
    HthMdnsEmbeddedPublisher *embedded; /* NULL: it does not publish */
    gboolean is_serving;
    guint interface_watch;
    guint wait_source;
    guint serving_source;
    GMutex lock;               /* guards findings, which the doctor's thread reads */
    HthMdnsFindings *findings; /* never NULL after start */
} Mdns;

/* ---- What a person sees ---- */

static const HthMdnsPublication *current_publication(const Mdns *self)
{
    if (self->daemon != NULL)
        return hth_mdns_daemon_publisher_publication(self->daemon);
    if (self->embedded != NULL)
        return hth_mdns_embedded_publisher_publication(self->embedded);
    return NULL;
}

static void refresh_findings(Mdns *self)
{
    HthMdnsFindings *findings =
        hth_mdns_findings_new(&self->turn, self->offer, current_publication(self));
    hth_host_set_plugin_status(self->host, PLUGIN_NAME, hth_mdns_findings_is_working(findings),
                               hth_mdns_findings_sentence(findings));
    g_mutex_lock(&self->lock);
    HthMdnsFindings *old = self->findings;
    self->findings = findings;
    g_mutex_unlock(&self->lock);
    hth_mdns_findings_unref(old);
}

/* On the doctor's thread. */
static void check(HthDoctor *doctor, gpointer data)
{
    Mdns *self = data;
    g_mutex_lock(&self->lock);
    g_autoptr(HthMdnsFindings) findings = hth_mdns_findings_ref(self->findings);
    g_mutex_unlock(&self->lock);

    g_autofree char *port_holder = hth_mdns_port_holder();
    hth_mdns_findings_report(findings, doctor, port_holder);
}

/* ---- Whose turn it is ---- */

static void on_publication_changed(gpointer data)
{
    refresh_findings(data);
}

static void act(Mdns *self, HthMdnsAction action)
{
    switch (action) {
    case HTH_MDNS_WITHDRAW_DAEMON:
        g_clear_pointer(&self->daemon, hth_mdns_daemon_publisher_free);
        break;
    case HTH_MDNS_WITHDRAW_EMBEDDED:
        g_clear_pointer(&self->embedded, hth_mdns_embedded_publisher_free);
        break;
    case HTH_MDNS_PUBLISH_DAEMON:
        self->daemon = hth_mdns_daemon_publisher_new(hth_mdns_avahi_connection(self->avahi),
                                                     hth_mdns_avahi_owner(self->avahi), self->offer,
                                                     on_publication_changed, self);
        break;
    case HTH_MDNS_PUBLISH_EMBEDDED:
        self->embedded = hth_mdns_embedded_publisher_new(self->offer, on_publication_changed, self);
        break;
    }
}

static void take_turn(Mdns *self);

static gboolean on_waited(gpointer data)
{
    Mdns *self = data;
    self->wait_source = 0;
    self->turn.has_waited = TRUE;
    take_turn(self);
    return G_SOURCE_REMOVE;
}

static void take_turn(Mdns *self)
{
    self->turn.has_offer = self->is_serving && self->offer->links->len > 0;
    HthMdnsAction actions[HTH_MDNS_MAX_ACTIONS];
    const guint n_actions = hth_mdns_turn_step(&self->turn, actions);
    for (guint i = 0; i < n_actions; i++)
        act(self, actions[i]);

    if (!hth_mdns_turn_is_waiting(&self->turn))
        g_clear_handle_id(&self->wait_source, g_source_remove);
    else if (self->wait_source == 0)
        self->wait_source = g_timeout_add(WAIT_FOR_DAEMON_MS, on_waited, self);
    refresh_findings(self);
}

static void on_avahi_changed(gpointer data)
{
    Mdns *self = data;
    self->turn.daemon = hth_mdns_avahi_state(self->avahi);
    take_turn(self);
}

/* ---- Interfaces ---- */

/* An address that is still checked for duplicates follows when that is done. */
static GStrv list_addresses(const HthInterface *interface)
{
    g_autoptr(GStrvBuilder) addresses = g_strv_builder_new();
    for (guint i = 0; i < interface->addresses->len; i++) {
        const HthInterfaceAddress *address = interface->addresses->pdata[i];
        if (address->is_tentative)
            continue;
        g_autofree char *text = g_inet_address_to_string(address->address);
        g_strv_builder_add(addresses, text);
    }
    return g_strv_builder_end(addresses);
}

/* avahi publishes on loopback too, which has no multicast flag; hearth uses it only when named. */
static GPtrArray *list_used_links(Mdns *self)
{
    GPtrArray *links = g_ptr_array_new_with_free_func((GDestroyNotify)hth_mdns_link_free);
    g_autoptr(GPtrArray) interfaces = hth_interfaces_list(hth_host_interfaces(self->host));
    for (guint i = 0; i < interfaces->len; i++) {
        const HthInterface *interface = interfaces->pdata[i];
        if (interface->is_used && (interface->has_multicast || interface->is_loopback))
            g_ptr_array_add(links, hth_mdns_link_new(interface->index, interface->name,
                                                     list_addresses(interface)));
    }
    return links;
}

static void on_interfaces_changed(HthInterfaces *interfaces, gpointer data)
{
    Mdns *self = data;
    if (!hth_mdns_offer_take_links(self->offer, list_used_links(self)))
        return;
    take_turn(self);
    if (self->daemon != NULL)
        hth_mdns_daemon_publisher_update(self->daemon);
    if (self->embedded != NULL)
        hth_mdns_embedded_publisher_update(self->embedded);
    refresh_findings(self);
}

/* ---- The plugin ---- */

/* Made once: paired devices keep it. */
static HthMdnsOffer *new_offer(HthHost *host)
{
    g_autofree char *stored = hth_host_load(host, KEY_NAME);
    HthMdnsOffer *offer =
        hth_mdns_offer_new(hth_host_friendly_name(host), hth_host_uuid(host), stored);
    g_autofree char *key_hex = hth_mdns_offer_key_hex(offer);
    if (g_strcmp0(stored, key_hex) != 0)
        hth_host_store(host, KEY_NAME, key_hex);
    return offer;
}

static gpointer start(HthHost *host, GError **error)
{
    Mdns *self = g_new0(Mdns, 1);
    self->host = host;
    g_mutex_init(&self->lock);
    self->offer = new_offer(host);
    (void)hth_mdns_offer_take_links(self->offer, list_used_links(self));
    self->interface_watch =
        hth_interfaces_add_watch(hth_host_interfaces(host), on_interfaces_changed, self);
    self->avahi = hth_mdns_avahi_new(on_avahi_changed, self);
    refresh_findings(self);
    hth_host_add_check(host, check, self);
    return self;
}

static gboolean on_all_serve(gpointer data)
{
    Mdns *self = data;
    self->serving_source = 0;
    self->offer->port = hth_host_port(self->host);
    self->offer->device_port = hth_host_device_port(self->host);
    self->is_serving = TRUE;
    take_turn(self);
    return G_SOURCE_REMOVE;
}

/* What is published names the port for paired devices too, which is open once the main loop runs.
 */
static void serving(gpointer state)
{
    Mdns *self = state;
    self->serving_source = g_idle_add(on_all_serve, self);
}

static void stop(gpointer state)
{
    Mdns *self = state;
    g_clear_handle_id(&self->wait_source, g_source_remove);
    g_clear_handle_id(&self->serving_source, g_source_remove);
    hth_interfaces_remove_watch(hth_host_interfaces(self->host), self->interface_watch);
    hth_mdns_daemon_publisher_free(self->daemon);
    hth_mdns_embedded_publisher_free(self->embedded);
    hth_mdns_avahi_free(self->avahi);
    hth_mdns_offer_free(self->offer);
    hth_mdns_findings_unref(self->findings);
    g_mutex_clear(&self->lock);
    g_free(self);
}

G_MODULE_EXPORT const HthPlugin hearth_plugin = {
    .abi = HTH_PLUGIN_ABI,
    .name = PLUGIN_NAME,
    .start = start,
    .stop = stop,
    .serving = serving,
};
