/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "finder.h"

#include "base/error.h"
#include "discovery.h"
#include "pair.h"

#define SEARCH_MS 5000

typedef struct {
    const HthPairedHome *home;
    HthTransport *transport;
    gboolean is_open;
} Search;

static gboolean on_found(const HthFoundHome *found, gpointer data)
{
    Search *self = data;
    if (!hth_discovery_check(self->home->discovery_key, found->nonce, found->proof))
        return FALSE;
    hth_transport_add_place(self->transport, found->address, found->port);
    self->is_open = hth_transport_open(self->transport, NULL);
    return self->is_open; /* it may have another address */
}

gboolean hth_find_address(const HthHandheld *handheld, const HthPairedHome *home,
                          HthTransport *transport, GError **error)
{
    if (handheld->address == NULL)
        return TRUE;
    guint16 port = home->port != 0 ? home->port : HTH_HANDHELD_DEFAULT_PORT;
    g_autofree char *host = hth_pair_parse_address(handheld->address, &port, error);
    if (host == NULL)
        return FALSE;
    hth_transport_add_place(transport, host, port);
    return TRUE;
}

gboolean hth_find_home(const HthHandheld *handheld, const HthPairedHome *home,
                       HthTransport *transport, GError **error)
{
    GError *local = NULL;
    if (hth_transport_open(transport, &local))
        return TRUE;
    if (handheld->address != NULL || g_error_matches(local, HTH_ERROR, HTH_ERROR_CANCELLED)) {
        g_propagate_error(error, local);
        return FALSE;
    }
    Search search = { home, transport, FALSE };
    /* Where the network cannot be asked, what was said about the known places remains. */
    (void)hth_discovery_search(handheld->interface, SEARCH_MS, on_found, &search, NULL);
    if (search.is_open) {
        g_error_free(local);
        return TRUE;
    }
    g_propagate_error(error, local);
    return FALSE;
}
