/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "finder.h"

#include "base/error.h"
#include "discovery.h"
#include "pair.h"

#define SEARCH_MS 5000
/* When the relay says that the home is asleep or off it is hardly here under another address. */
#define SEARCH_ASLEEP_MS 1500

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
    hth_reach_seen(hth_transport_reach(self->transport), found->address, found->port);
    self->is_open = hth_transport_open(self->transport, NULL);
    return self->is_open; /* it may have another address */
}

HthReach *hth_find_reach(const HthHandheld *handheld, const HthPairedHome *home, GError **error)
{
    g_autofree char *dir = g_build_filename(handheld->state_dir, "identity", NULL);
    g_autoptr(HthDeviceIdentity) identity = hth_device_identity_open(dir, error);
    if (identity == NULL)
        return NULL;
    g_autoptr(HthReach) reach = hth_reach_new(home, identity, handheld->interface);
    if (handheld->address == NULL)
        return g_steal_pointer(&reach);
    guint16 port = home->port != 0 ? home->port : HTH_HANDHELD_DEFAULT_PORT;
    g_autofree char *host = hth_pair_parse_address(handheld->address, &port, error);
    if (host == NULL)
        return NULL;
    hth_reach_add_place(reach, host, port);
    hth_reach_stay_local(reach);
    return g_steal_pointer(&reach);
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
    HthReachState state;
    hth_reach_state(hth_transport_reach(transport), &state);
    /* Where the network cannot be asked, what was said about the known places remains. */
    (void)hth_discovery_search(handheld->interface, state.is_asleep ? SEARCH_ASLEEP_MS : SEARCH_MS,
                               on_found, &search, NULL);
    if (search.is_open) {
        g_error_free(local);
        return TRUE;
    }
    g_propagate_error(error, local);
    return FALSE;
}
