/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "discovery"
#include "discovery.h"

#include <net/if.h>
#include <string.h>

#include "base/error.h"
#include "base/log.h"
#include "browser.h"
#include "net/avahi-daemon.h"

/* What cannot be started now is tried again: an interface may come, a program may leave the port.
 */
#define RETRY_S 5

struct HthDiscovery {
    char *interface;
    HthHomeFound callback;
    gpointer data;
    HthMdnsAvahi *avahi;
    HthDaemonBrowser *daemon;     /* NULL: it does not look */
    HthEmbeddedBrowser *embedded; /* NULL: it does not look */
    guint retry_source;
    char *problem; /* why nobody looks; NULL: somebody does */
};

static void choose(HthDiscovery *self);

/* ---- What is found ---- */

static const char *txt_value(const char *const *txt, const char *key)
{
    const gsize length = strlen(key);
    for (guint i = 0; txt[i] != NULL; i++) {
        if (strncmp(txt[i], key, length) == 0 && txt[i][length] == '=')
            return txt[i] + length + 1;
    }
    return NULL;
}

/* An address that means something on one link only is told with that link. */
static char *scoped(const char *address, int link_index)
{
    char name[IF_NAMESIZE];
    g_autoptr(GInetAddress) parsed = g_inet_address_new_from_string(address);
    if (parsed != NULL && g_inet_address_get_family(parsed) == G_SOCKET_FAMILY_IPV6 &&
        g_inet_address_get_is_link_local(parsed) && if_indextoname((guint)link_index, name) != NULL)
        return g_strdup_printf("%s%%%s", address, name);
    return g_strdup(address);
}

static void on_service(int link_index, const char *name, const char *address, guint16 port,
                       const char *const *txt, gpointer data)
{
    HthDiscovery *self = data;
    g_autofree char *where = scoped(address, link_index);
    const HthFoundHome found = {
        .name = name,
        .address = where,
        .port = port,
        .nonce = txt_value(txt, "n"),
        .proof = txt_value(txt, "h"),
    };
    hth_log_debug("found “%s” at %s port %u", name, where, port);
    (void)self->callback(&found, self->data);
}

/* ---- Who looks ---- */

static void set_problem(HthDiscovery *self, const char *problem)
{
    g_free(self->problem);
    self->problem = g_strdup(problem);
}

static gboolean on_retry(gpointer data)
{
    HthDiscovery *self = data;
    self->retry_source = 0;
    choose(self);
    return G_SOURCE_REMOVE;
}

static void start_embedded(HthDiscovery *self)
{
    g_autoptr(GError) error = NULL;
    self->embedded = hth_embedded_browser_new(self->interface, on_service, self, &error);
    set_problem(self, error != NULL ? error->message : NULL);
    if (self->embedded == NULL && self->retry_source == 0)
        self->retry_source = g_timeout_add_seconds(RETRY_S, on_retry, self);
}

static void start_daemon(HthDiscovery *self)
{
    const int link_index = self->interface != NULL ? (int)if_nametoindex(self->interface) : 0;
    set_problem(self, NULL);
    self->daemon =
        hth_daemon_browser_new(hth_mdns_avahi_connection(self->avahi),
                               hth_mdns_avahi_owner(self->avahi), link_index, on_service, self);
}

/* avahi-daemon that is there and not ready is waited for, as the home does. */
static void choose(HthDiscovery *self)
{
    const HthMdnsDaemonState state = hth_mdns_avahi_state(self->avahi);
    if (state != HTH_MDNS_DAEMON_READY)
        g_clear_pointer(&self->daemon, hth_daemon_browser_free);
    else
        g_clear_pointer(&self->embedded, hth_embedded_browser_free);
    if (state == HTH_MDNS_DAEMON_READY && self->daemon == NULL)
        start_daemon(self);
    if (state == HTH_MDNS_DAEMON_ABSENT && self->embedded == NULL)
        start_embedded(self);
}

static void on_avahi_changed(gpointer data)
{
    choose(data);
}

HthDiscovery *hth_discovery_new(const char *interface, HthHomeFound callback, gpointer data)
{
    HthDiscovery *self = g_new0(HthDiscovery, 1);
    self->interface = g_strdup(interface);
    self->callback = callback;
    self->data = data;
    self->avahi = hth_mdns_avahi_new(on_avahi_changed, self);
    return self;
}

void hth_discovery_free(HthDiscovery *self)
{
    if (self == NULL)
        return;
    g_clear_handle_id(&self->retry_source, g_source_remove);
    hth_daemon_browser_free(self->daemon);
    hth_embedded_browser_free(self->embedded);
    hth_mdns_avahi_free(self->avahi);
    g_free(self->interface);
    g_free(self->problem);
    g_free(self);
}

/* ---- A search ---- */

typedef struct {
    HthHomeFound callback;
    gpointer data;
    gboolean has_enough;
    gboolean is_late;
} Search;

static gboolean on_found(const HthFoundHome *found, gpointer data)
{
    Search *search = data;
    if (!search->has_enough)
        search->has_enough = search->callback(found, search->data);
    return search->has_enough;
}

static gboolean on_late(gpointer data)
{
    Search *search = data;
    search->is_late = TRUE;
    return G_SOURCE_CONTINUE;
}

gboolean hth_discovery_search(const char *interface, guint timeout_ms, HthHomeFound callback,
                              gpointer data, GError **error)
{
    Search search = { .callback = callback, .data = data };
    g_autoptr(HthDiscovery) discovery = hth_discovery_new(interface, on_found, &search);
    const guint timer = g_timeout_add(timeout_ms, on_late, &search);
    while (!search.has_enough && !search.is_late)
        g_main_context_iteration(NULL, TRUE);
    g_source_remove(timer);
    if (search.has_enough || discovery->problem == NULL)
        return TRUE;
    g_set_error_literal(error, HTH_ERROR, HTH_ERROR_UNAVAILABLE, discovery->problem);
    return FALSE;
}
