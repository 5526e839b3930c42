/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a publication stands: what both publishers report, and what a person is told. */
#pragma once

#include "net/avahi-daemon.h"

G_BEGIN_DECLS

typedef enum {
    HTH_MDNS_STARTING, /* probing for a free name (RFC 6762, section 8.1) takes about a second */
    HTH_MDNS_PUBLISHED,
    HTH_MDNS_IPV6_ONLY,     /* hearth itself got UDP 5353 for IPv6 and not for IPv4 */
    HTH_MDNS_IPV4_ONLY,     /* the other way round */
    HTH_MDNS_PORT_TAKEN,    /* it got neither */
    HTH_MDNS_NOT_PERMITTED, /* avahi-daemon refuses services of other programs */
    HTH_MDNS_NO_ANSWER,     /* avahi-daemon does not answer within HTH_MDNS_CALL_TIMEOUT_MS */
    HTH_MDNS_FAILED,        /* anything else: see detail */
    HTH_MDNS_N_CONDITIONS,
} HthMdnsCondition;

typedef struct {
    HthMdnsCondition condition;
    char detail[200]; /* the error in the words of whoever reported it, or "" */
} HthMdnsPublication;

/* What failed is tried again after HTH_MDNS_RETRY_FIRST_S, twice as long each time. */
#define HTH_MDNS_RETRY_MAX_S 60

G_END_DECLS
