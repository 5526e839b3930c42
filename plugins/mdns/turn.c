/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "turn.h"

static HthMdnsPublisher wanted_publisher(const HthMdnsTurn *self)
{
    if (!self->has_offer)
        return HTH_MDNS_NOBODY;

    switch (self->daemon) {
    case HTH_MDNS_DAEMON_READY:
        return HTH_MDNS_DAEMON;
    case HTH_MDNS_DAEMON_ABSENT:
        return HTH_MDNS_EMBEDDED;
    case HTH_MDNS_DAEMON_UNKNOWN:
    case HTH_MDNS_DAEMON_PRESENT:
        break;
    }
    if (self->publisher == HTH_MDNS_EMBEDDED || self->has_waited)
        return HTH_MDNS_EMBEDDED;
    return HTH_MDNS_NOBODY;
}

guint hth_mdns_turn_step(HthMdnsTurn *self, HthMdnsAction out_actions[HTH_MDNS_MAX_ACTIONS])
{
    const HthMdnsPublisher wanted = wanted_publisher(self);
    guint n = 0;
    if (wanted != self->publisher) {
        if (self->publisher == HTH_MDNS_DAEMON)
            out_actions[n++] = HTH_MDNS_WITHDRAW_DAEMON;
        else if (self->publisher == HTH_MDNS_EMBEDDED)
            out_actions[n++] = HTH_MDNS_WITHDRAW_EMBEDDED;

        if (wanted == HTH_MDNS_DAEMON)
            out_actions[n++] = HTH_MDNS_PUBLISH_DAEMON;
        else if (wanted == HTH_MDNS_EMBEDDED)
            out_actions[n++] = HTH_MDNS_PUBLISH_EMBEDDED;
    }
    self->publisher = wanted;
    if (wanted != HTH_MDNS_NOBODY)
        self->has_waited = FALSE; /* the next wait begins anew */
    return n;
}

gboolean hth_mdns_turn_is_waiting(const HthMdnsTurn *self)
{
    return self->has_offer && self->publisher == HTH_MDNS_NOBODY && !self->has_waited;
}
