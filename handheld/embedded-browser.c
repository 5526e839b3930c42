/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "discovery"
#include <avahi-common/address.h>
#include <avahi-common/error.h>
#include <avahi-common/malloc.h>
#include <avahi-common/strlst.h>
#include <avahi-core/core.h>
#include <avahi-core/log.h>
#include <avahi-core/lookup.h>
#include <avahi-glib/glib-watch.h>

#include "base/error.h"
#include "base/log.h"
#include "browser.h"

#define MAX_CACHE_ENTRIES 256
/* Homes on one network that are asked for at a time; more than any household has. */
#define MAX_RESOLVERS 64

struct HthEmbeddedBrowser {
    AvahiGLibPoll *poll;
    AvahiServer *server;
    AvahiSServiceBrowser *browser;
    GPtrArray *resolvers; /* (element AvahiSServiceResolver) one for each service that is there */
    HthServiceFound found;
    gpointer data;
};

static char **read_txt(AvahiStringList *records)
{
    g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
    for (AvahiStringList *each = records; each != NULL; each = avahi_string_list_get_next(each)) {
        g_autofree char *text = g_strndup((const char *)avahi_string_list_get_text(each),
                                          avahi_string_list_get_size(each));
        g_strv_builder_add(builder, text);
    }
    return g_strv_builder_end(builder);
}

/* A resolver stays, and tells again when the record changes: a home that started anew. */
static void on_resolved(AvahiSServiceResolver *resolver, AvahiIfIndex link_index,
                        AvahiProtocol protocol, AvahiResolverEvent event, const char *name,
                        const char *type, const char *domain, const char *host,
                        const AvahiAddress *address, uint16_t port, AvahiStringList *records,
                        AvahiLookupResultFlags flags, void *data)
{
    HthEmbeddedBrowser *self = data;
    if (event != AVAHI_RESOLVER_FOUND) {
        hth_log_debug("a service is not resolved");
        return;
    }
    char text[AVAHI_ADDRESS_STR_MAX];
    avahi_address_snprint(text, sizeof text, address);
    g_auto(GStrv) txt = read_txt(records);
    self->found(link_index, name, text, port, (const char *const *)txt, self->data);
}

static void on_service(AvahiSServiceBrowser *browser, AvahiIfIndex link_index,
                       AvahiProtocol protocol, AvahiBrowserEvent event, const char *name,
                       const char *type, const char *domain, AvahiLookupResultFlags flags,
                       void *data)
{
    HthEmbeddedBrowser *self = data;
    if (event != AVAHI_BROWSER_NEW)
        return;
    if (self->resolvers->len >= MAX_RESOLVERS)
        g_ptr_array_remove_index(self->resolvers, 0);
    AvahiSServiceResolver *resolver =
        avahi_s_service_resolver_new(self->server, link_index, protocol, name, type, domain,
                                     AVAHI_PROTO_UNSPEC, 0, on_resolved, self);
    if (resolver != NULL)
        g_ptr_array_add(self->resolvers, resolver);
}

static void on_avahi_log(AvahiLogLevel level, const char *text)
{
    hth_log_debug("avahi-core: %s", text);
}

static void on_server_state(AvahiServer *server, AvahiServerState state, void *data)
{
    if (state == AVAHI_SERVER_FAILURE)
        hth_log_warning("mDNS has ended: %s", avahi_strerror(avahi_server_errno(server)));
}

/* It asks and answers nothing: no host name, no address, no service of ours is told. */
static AvahiServer *new_server(HthEmbeddedBrowser *self, const char *interface, int *out_error)
{
    AvahiServerConfig config;
    avahi_server_config_init(&config);
    if (interface != NULL)
        config.allow_interfaces = avahi_string_list_add(config.allow_interfaces, interface);
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

HthEmbeddedBrowser *hth_embedded_browser_new(const char *interface, HthServiceFound found,
                                             gpointer data, GError **error)
{
    int problem = AVAHI_OK;
    HthEmbeddedBrowser *self = g_new0(HthEmbeddedBrowser, 1);
    self->found = found;
    self->data = data;
    self->resolvers = g_ptr_array_new_with_free_func((GDestroyNotify)avahi_s_service_resolver_free);
    avahi_set_log_function(on_avahi_log);
    self->poll = avahi_glib_poll_new(NULL, G_PRIORITY_DEFAULT);
    self->server = new_server(self, interface, &problem);
    if (self->server != NULL)
        self->browser =
            avahi_s_service_browser_new(self->server, AVAHI_IF_UNSPEC, AVAHI_PROTO_UNSPEC,
                                        HTH_BROWSE_TYPE, "local", 0, on_service, self);
    if (self->browser != NULL)
        return self;
    if (self->server != NULL)
        problem = avahi_server_errno(self->server);
    g_set_error(error, HTH_ERROR, HTH_ERROR_UNAVAILABLE, "mDNS does not start: %s",
                avahi_strerror(problem));
    hth_embedded_browser_free(self);
    return NULL;
}

void hth_embedded_browser_free(HthEmbeddedBrowser *self)
{
    if (self == NULL)
        return;
    g_ptr_array_unref(self->resolvers);
    g_clear_pointer(&self->browser, avahi_s_service_browser_free);
    g_clear_pointer(&self->server, avahi_server_free);
    avahi_glib_poll_free(self->poll);
    avahi_set_log_function(NULL);
    g_free(self);
}
