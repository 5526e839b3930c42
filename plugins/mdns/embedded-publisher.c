/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "mdns"
#include "embedded-publisher.h"

#include <avahi-common/address.h>
#include <avahi-common/error.h>
#include <avahi-common/malloc.h>
#include <avahi-common/strlst.h>
#include <avahi-core/core.h>
#include <avahi-core/log.h>
#include <avahi-core/publish.h>
#include <avahi-glib/glib-watch.h>
#include <string.h>

#include "base/log.h"
#include "port.h"

/* Hearth looks nothing up: the cache only serves avahi's own bookkeeping of conflicts. */
#define MAX_CACHE_ENTRIES 256

struct HthMdnsEmbeddedPublisher {
    HthMdnsOffer *offer;
    HthMdnsChanged changed;
    gpointer data;
    HthMdnsPublication publication;
    AvahiGLibPoll *poll;
    AvahiServer *server; /* NULL between tries */
    AvahiSEntryGroup *group;
    GHashTable *hosts;   /* (key char *, value AvahiSEntryGroup) "INDEX ADDRESS": our host name */
    GHashTable *allowed; /* (key char *) the interfaces that the server was told, by name */
    HthMdnsFamilies missing; /* halves of the port that this server did not get */
    guint look_source;
    guint rename_source;
    guint retry_source;
    guint retry_s;
};

static void look_soon(HthMdnsEmbeddedPublisher *self);
static void start(HthMdnsEmbeddedPublisher *self);
static void restart(HthMdnsEmbeddedPublisher *self);

const HthMdnsPublication *hth_mdns_embedded_publisher_publication(HthMdnsEmbeddedPublisher *self)
{
    return &self->publication;
}

static void set_publication(HthMdnsEmbeddedPublisher *self, HthMdnsCondition condition,
                            const char *detail)
{
    self->publication.condition = condition;
    g_strlcpy(self->publication.detail, detail, sizeof self->publication.detail);
}

/* ---- Trying again ---- */

/* A half server stays up while its missing half cannot be had. */
static gboolean on_retry(gpointer data)
{
    HthMdnsEmbeddedPublisher *self = data;
    self->retry_source = 0;
    if (self->server == NULL || hth_mdns_port_available(self->missing) != 0) {
        restart(self);
        self->changed(self->data);
        return G_SOURCE_REMOVE;
    }
    self->retry_source = g_timeout_add_seconds(HTH_MDNS_RETRY_FIRST_S, on_retry, self);
    return G_SOURCE_REMOVE;
}

static void retry_later(HthMdnsEmbeddedPublisher *self)
{
    if (self->retry_source != 0)
        return;
    self->retry_source = g_timeout_add_seconds(self->retry_s, on_retry, self);
    self->retry_s = MIN(self->retry_s * 2, HTH_MDNS_RETRY_MAX_S);
}

/* ---- A look at the server's state ---- */

static void on_group_state(AvahiServer *server, AvahiSEntryGroup *group, AvahiEntryGroupState state,
                           void *data);

/* avahi-core would publish the addresses by itself, with their reverse: a name for 192.0.2.1. That
 * record is the host's, and no two programs may claim it: tried so, a starting avahi-daemon gave
 * itself one new name after the other. */
static int add_address(HthMdnsEmbeddedPublisher *self, AvahiSEntryGroup *group, int link_index,
                       const char *text)
{
    AvahiAddress address;
    if (avahi_address_parse(text, AVAHI_PROTO_UNSPEC, &address) == NULL)
        return AVAHI_ERR_INVALID_ADDRESS;
    const int error = avahi_server_add_address(self->server, group, link_index, AVAHI_PROTO_UNSPEC,
                                               AVAHI_PUBLISH_NO_REVERSE, NULL, &address);
    return error < 0 ? error : avahi_s_entry_group_commit(group);
}

static gboolean is_offered(const HthMdnsEmbeddedPublisher *self, const char *host_key)
{
    for (guint i = 0; i < self->offer->links->len; i++) {
        const HthMdnsLink *link = self->offer->links->pdata[i];
        for (guint n = 0; link->addresses[n] != NULL; n++) {
            g_autofree char *key = g_strdup_printf("%d %s", link->index, link->addresses[n]);
            if (strcmp(key, host_key) == 0)
                return TRUE;
        }
    }
    return FALSE;
}

static gboolean is_gone(gpointer key, gpointer value, gpointer data)
{
    return !is_offered(data, key);
}

/* A group for each address, so that a new one leaves the others alone. */
static gboolean fill_hosts(HthMdnsEmbeddedPublisher *self, int *out_error)
{
    g_hash_table_foreach_remove(self->hosts, is_gone, self);
    for (guint i = 0; i < self->offer->links->len; i++) {
        const HthMdnsLink *link = self->offer->links->pdata[i];
        for (guint n = 0; link->addresses[n] != NULL; n++) {
            g_autofree char *key = g_strdup_printf("%d %s", link->index, link->addresses[n]);
            if (g_hash_table_contains(self->hosts, key))
                continue;
            AvahiSEntryGroup *group = avahi_s_entry_group_new(self->server, on_group_state, self);
            *out_error = group == NULL ? avahi_server_errno(self->server)
                                       : add_address(self, group, link->index, link->addresses[n]);
            if (group != NULL)
                g_hash_table_insert(self->hosts, g_steal_pointer(&key), group);
            if (*out_error < 0)
                return FALSE;
        }
    }
    return TRUE;
}

static gboolean has_host_state(const HthMdnsEmbeddedPublisher *self, AvahiEntryGroupState state)
{
    GHashTableIter iter;
    gpointer group;
    g_hash_table_iter_init(&iter, self->hosts);
    while (g_hash_table_iter_next(&iter, NULL, &group)) {
        if (avahi_s_entry_group_get_state(group) == state)
            return TRUE;
    }
    return FALSE;
}

static gboolean fill_group(HthMdnsEmbeddedPublisher *self, int *out_error)
{
    const HthMdnsOffer *offer = self->offer;
    for (guint service = 0; service < HTH_MDNS_N_SERVICES; service++) {
        const guint16 port = hth_mdns_offer_port(offer, service);
        if (port == 0)
            continue;
        g_auto(GStrv) txt = hth_mdns_offer_txt(offer, service);
        AvahiStringList *records = NULL;
        for (guint i = 0; txt[i] != NULL; i++)
            records = avahi_string_list_add(records, txt[i]);
        *out_error = avahi_server_add_service_strlst(
            self->server, self->group, AVAHI_IF_UNSPEC, AVAHI_PROTO_UNSPEC, 0, offer->name,
            hth_mdns_service_type(service), NULL, NULL, port, records);
        avahi_string_list_free(records);
        if (*out_error < 0)
            return FALSE;
    }
    *out_error = avahi_s_entry_group_commit(self->group);
    return *out_error >= 0;
}

static void drop_server(HthMdnsEmbeddedPublisher *self)
{
    g_hash_table_remove_all(self->hosts);
    g_clear_pointer(&self->server, avahi_server_free); /* our group of services goes with it */
    self->group = NULL;
    self->missing = 0;
}

static void fail(HthMdnsEmbeddedPublisher *self, int avahi_error)
{
    const char *reason = avahi_strerror(avahi_error);
    drop_server(self);
    const HthMdnsFamilies families = hth_mdns_port_families();
    const gboolean is_taken =
        avahi_error == AVAHI_ERR_NO_NETWORK && hth_mdns_port_available(families) != families;
    set_publication(self, is_taken ? HTH_MDNS_PORT_TAKEN : HTH_MDNS_FAILED, reason);
    hth_log_warning("mDNS does not start, trying again in %u s: %s", self->retry_s, reason);
    retry_later(self);
}

/* A new host name goes into the records of the services too. */
static int rename_host(HthMdnsEmbeddedPublisher *self)
{
    hth_mdns_offer_rename_host(self->offer);
    hth_log_info("our host name is taken on this network; now %s", self->offer->host_label);
    g_hash_table_remove_all(self->hosts);
    return avahi_server_set_host_name(self->server, self->offer->host_label);
}

static gboolean is_host_taken(const HthMdnsEmbeddedPublisher *self)
{
    return avahi_server_get_state(self->server) == AVAHI_SERVER_COLLISION ||
           has_host_state(self, AVAHI_ENTRY_GROUP_COLLISION);
}

static gboolean on_rename(gpointer data)
{
    HthMdnsEmbeddedPublisher *self = data;
    self->rename_source = 0;
    if (self->server == NULL)
        return G_SOURCE_REMOVE;

    avahi_s_entry_group_reset(self->group);
    int error = 0;
    if (is_host_taken(self)) {
        error = rename_host(self);
    } else {
        hth_mdns_offer_rename(self->offer);
        hth_log_info("the name is taken on this network; now “%s”", self->offer->name);
    }
    if (error < 0)
        fail(self, error);
    else
        look_soon(self);
    return G_SOURCE_REMOVE;
}

static void rename_soon(HthMdnsEmbeddedPublisher *self)
{
    if (self->rename_source == 0)
        self->rename_source =
            g_timeout_add(hth_mdns_offer_rename_delay_ms(self->offer), on_rename, self);
}

static void take_established(HthMdnsEmbeddedPublisher *self)
{
    if (self->missing == 0)
        self->retry_s = HTH_MDNS_RETRY_FIRST_S;
    if ((self->missing & HTH_MDNS_IPV4) != 0)
        set_publication(self, HTH_MDNS_IPV6_ONLY, "UDP 5353 of IPv4 could not be bound");
    else if ((self->missing & HTH_MDNS_IPV6) != 0)
        set_publication(self, HTH_MDNS_IPV4_ONLY, "UDP 5353 of IPv6 could not be bound");
    else
        set_publication(self, HTH_MDNS_PUBLISHED, "");
}

static void fill(HthMdnsEmbeddedPublisher *self)
{
    int error = 0;
    if (fill_hosts(self, &error) &&
        (!avahi_s_entry_group_is_empty(self->group) || fill_group(self, &error)))
        return;
    if (error == AVAHI_ERR_COLLISION)
        rename_soon(self);
    else
        fail(self, error);
}

static void look_at_groups(HthMdnsEmbeddedPublisher *self)
{
    const AvahiEntryGroupState state = avahi_s_entry_group_get_state(self->group);
    if (state == AVAHI_ENTRY_GROUP_COLLISION || has_host_state(self, AVAHI_ENTRY_GROUP_COLLISION))
        rename_soon(self);
    else if (state == AVAHI_ENTRY_GROUP_FAILURE || has_host_state(self, AVAHI_ENTRY_GROUP_FAILURE))
        fail(self, avahi_server_errno(self->server));
    else if (state == AVAHI_ENTRY_GROUP_ESTABLISHED &&
             !has_host_state(self, AVAHI_ENTRY_GROUP_REGISTERING))
        take_established(self);
    else
        fill(self);
}

static gboolean on_look(gpointer data)
{
    HthMdnsEmbeddedPublisher *self = data;
    self->look_source = 0;
    if (self->server == NULL)
        return G_SOURCE_REMOVE;

    switch (avahi_server_get_state(self->server)) {
    case AVAHI_SERVER_RUNNING:
        look_at_groups(self);
        break;
    case AVAHI_SERVER_COLLISION:
        rename_soon(self);
        break;
    case AVAHI_SERVER_FAILURE:
        fail(self, avahi_server_errno(self->server));
        break;
    case AVAHI_SERVER_REGISTERING: /* a new host name: services are added again when it holds */
        avahi_s_entry_group_reset(self->group);
        break;
    case AVAHI_SERVER_INVALID:
        break;
    }
    self->changed(self->data);
    return G_SOURCE_REMOVE;
}

static void look_soon(HthMdnsEmbeddedPublisher *self)
{
    if (self->look_source == 0)
        self->look_source = g_idle_add_full(G_PRIORITY_DEFAULT, on_look, self, NULL);
}

static void on_server_state(AvahiServer *server, AvahiServerState state, void *data)
{
    look_soon(data);
}

static void on_group_state(AvahiServer *server, AvahiSEntryGroup *group, AvahiEntryGroupState state,
                           void *data)
{
    look_soon(data);
}

/* ---- The server ---- */

/* avahi-core calls "notice" what hearth calls "debug": joining a group, a new address. */
static void on_avahi_log(AvahiLogLevel level, const char *text)
{
    if (level <= AVAHI_LOG_WARN)
        hth_log_info("avahi-core: %s", text);
    else
        hth_log_debug("avahi-core: %s", text);
}

static AvahiServer *new_server(HthMdnsEmbeddedPublisher *self, HthMdnsFamilies families,
                               int *out_error)
{
    AvahiServerConfig config;
    avahi_server_config_init(&config);
    avahi_free(config.host_name);
    config.host_name = avahi_strdup(self->offer->host_label);
    config.use_ipv4 = (families & HTH_MDNS_IPV4) != 0;
    config.use_ipv6 = (families & HTH_MDNS_IPV6) != 0;
    for (guint i = 0; i < self->offer->links->len; i++) {
        const HthMdnsLink *link = self->offer->links->pdata[i];
        config.allow_interfaces = avahi_string_list_add(config.allow_interfaces, link->name);
        g_hash_table_add(self->allowed, g_strdup(link->name));
    }
    config.publish_addresses = 0;
    config.publish_hinfo = 0;
    config.publish_workstation = 0;
    config.publish_domain = 0;
    config.enable_wide_area = 0;
    config.n_cache_entries_max = MAX_CACHE_ENTRIES;

    AvahiServer *server = avahi_server_new(avahi_glib_poll_get(self->poll), &config,
                                           on_server_state, self, out_error);
    avahi_server_config_free(&config);
    return server;
}

static void start(HthMdnsEmbeddedPublisher *self)
{
    const HthMdnsFamilies families = hth_mdns_port_families();
    set_publication(self, HTH_MDNS_STARTING, "");
    int error = 0;
    self->server = new_server(self, families, &error);
    if (self->server == NULL) {
        fail(self, error);
        return;
    }
    self->group = avahi_s_entry_group_new(self->server, on_group_state, self);
    if (self->group == NULL) {
        fail(self, avahi_server_errno(self->server));
        return;
    }
    self->missing = families & ~hth_mdns_port_held();
    if (self->missing != 0) {
        hth_log_warning("mDNS came up by half: UDP 5353 of %s is held by another program",
                        (self->missing & HTH_MDNS_IPV4) != 0 ? "IPv4" : "IPv6");
        retry_later(self);
    }
    look_soon(self);
}

static void stop(HthMdnsEmbeddedPublisher *self)
{
    g_clear_handle_id(&self->look_source, g_source_remove);
    g_clear_handle_id(&self->rename_source, g_source_remove);
    g_clear_handle_id(&self->retry_source, g_source_remove);
    drop_server(self);
    g_hash_table_remove_all(self->allowed);
}

static void restart(HthMdnsEmbeddedPublisher *self)
{
    stop(self);
    start(self);
}

HthMdnsEmbeddedPublisher *hth_mdns_embedded_publisher_new(HthMdnsOffer *offer,
                                                          HthMdnsChanged changed, gpointer data)
{
    HthMdnsEmbeddedPublisher *self = g_new0(HthMdnsEmbeddedPublisher, 1);
    self->offer = offer;
    self->changed = changed;
    self->data = data;
    self->hosts = g_hash_table_new_full(g_str_hash, g_str_equal, g_free,
                                        (GDestroyNotify)avahi_s_entry_group_free);
    self->allowed = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    self->retry_s = HTH_MDNS_RETRY_FIRST_S;
    avahi_set_log_function(on_avahi_log);
    self->poll = avahi_glib_poll_new(NULL, G_PRIORITY_DEFAULT);
    start(self);
    return self;
}

void hth_mdns_embedded_publisher_free(HthMdnsEmbeddedPublisher *self)
{
    if (self == NULL)
        return;
    stop(self);
    avahi_glib_poll_free(self->poll);
    avahi_set_log_function(NULL);
    g_hash_table_unref(self->hosts);
    g_hash_table_unref(self->allowed);
    g_free(self);
}

void hth_mdns_embedded_publisher_update(HthMdnsEmbeddedPublisher *self)
{
    for (guint i = 0; i < self->offer->links->len; i++) {
        const HthMdnsLink *link = self->offer->links->pdata[i];
        if (!g_hash_table_contains(self->allowed, link->name)) {
            restart(self);
            return;
        }
    }
    if (self->server == NULL)
        return;
    int error = 0;
    if (!fill_hosts(self, &error))
        fail(self, error);
}
