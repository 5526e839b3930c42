/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is told to the network, whoever tells it: instance name, port, TXT records, interfaces.
 *
 * The TXT record of _hearth._tcp must let a paired device know its home and tell nobody else
 * anything: v=1, n= a random nonce, h= the first 16 bytes of HMAC-SHA256(discovery key, nonce). The
 * home id is not in it, and two publications cannot be linked by it. docs/mdns.md has the whole.
 *
 * Threads: one at a time.
 */
#pragma once

#include "net/discovery-proof.h"

G_BEGIN_DECLS

#define HTH_MDNS_KEY_BYTES HTH_DISCOVERY_PROOF_KEY_BYTES

/* RFC 6763, section 4.1.1: an instance name is one DNS label. */
#define HTH_MDNS_NAME_MAX 63

/* The two services; the same instance name. */
typedef enum {
    HTH_MDNS_HTTP,
    HTH_MDNS_HEARTH,
    HTH_MDNS_N_SERVICES,
} HthMdnsService;

typedef struct {
    int index;
    char *name;
    GStrv addresses; /* as text; avahi-daemon knows them better, hearth itself publishes these */
} HthMdnsLink;

typedef struct {
    char *wanted_name; /* the friendly name as one label */
    char *name;        /* as published: wanted_name, or another after a collision */
    char *host_label; /* of hearth itself: "hearth-" and six letters; after a collision "-2" follows
                       */
    guint n_renames;  /* of both */
    guint16 port;
    guint16 device_port; /* of _hearth._tcp; 0: devices are not served, and it is not published */
    guint8 key[HTH_MDNS_KEY_BYTES];
    GPtrArray *links; /* (element HthMdnsLink) the interfaces to publish on, by index */
} HthMdnsOffer;

/* @key_hex: the discovery key as it was stored; NULL or damaged: a new one is made. */
HthMdnsOffer *hth_mdns_offer_new(const char *friendly_name, const char *uuid, const char *key_hex);
void hth_mdns_offer_free(HthMdnsOffer *self); /* NULL is fine; wipes the key */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthMdnsOffer, hth_mdns_offer_free)

/* Returns: a new string to store; a secret. */
char *hth_mdns_offer_key_hex(const HthMdnsOffer *self);

const char *hth_mdns_service_type(HthMdnsService service); /* "_http._tcp" */

/* 0: this service is not to be published. */
guint16 hth_mdns_offer_port(const HthMdnsOffer *self, HthMdnsService service);

/* Returns: a new list of "key=value"; _hearth._tcp has a new nonce each time. */
GStrv hth_mdns_offer_txt(const HthMdnsOffer *self, HthMdnsService service);

/* "Living room" → "Living room #2" → "Living room #3". */
void hth_mdns_offer_rename(HthMdnsOffer *self);
/* How long to wait before the next rename: after 15 conflicts RFC 6762, section 8.1 asks for 5 s.
 */
guint hth_mdns_offer_rename_delay_ms(const HthMdnsOffer *self);
/* "hearth-ab12cd" → "hearth-ab12cd-2". */
void hth_mdns_offer_rename_host(HthMdnsOffer *self);

/* Replaces the interfaces. @links: taken. Returns: whether anything is new, an address too. */
gboolean hth_mdns_offer_take_links(HthMdnsOffer *self, GPtrArray *links);
/* @addresses: taken. */
HthMdnsLink *hth_mdns_link_new(int index, const char *name, GStrv addresses);
void hth_mdns_link_free(HthMdnsLink *link);
const HthMdnsLink *hth_mdns_offer_find_link(const HthMdnsOffer *self, int index);

/* Returns: a new string for people, "eth0, wlan0". */
char *hth_mdns_offer_link_names(const HthMdnsOffer *self);

G_END_DECLS
