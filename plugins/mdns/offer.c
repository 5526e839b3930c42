/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "offer.h"

#include <avahi-common/alternative.h>
#include <avahi-common/malloc.h>
#include <string.h>

#include "base/hex.h"
#include "base/random.h"
#include "base/text.h"

/* Six letters of the machine's name: 30 bits, so that two homes on one network differ. */
#define HOST_LETTERS 6

#define MANY_RENAMES 15

static const char *const service_types[HTH_MDNS_N_SERVICES] = {
    [HTH_MDNS_HTTP] = "_http._tcp",
    [HTH_MDNS_HEARTH] = "_hearth._tcp",
};

const char *hth_mdns_service_type(HthMdnsService service)
{
    g_return_val_if_fail(service < HTH_MDNS_N_SERVICES, NULL);
    return service_types[service];
}

guint16 hth_mdns_offer_port(const HthMdnsOffer *self, HthMdnsService service)
{
    return service == HTH_MDNS_HEARTH ? self->device_port : self->port;
}

/* The last letters of the digest's text: the first of its 13 holds fewer bits. */
static char *host_label_of(const char *uuid)
{
    char letters[HTH_TEXT_ID_LENGTH + 1];
    hth_text_id_encode(hth_text_digest(uuid, -1), letters);
    return g_strconcat("hearth-", letters + HTH_TEXT_ID_LENGTH - HOST_LETTERS, NULL);
}

HthMdnsOffer *hth_mdns_offer_new(const char *friendly_name, const char *uuid, const char *key_hex)
{
    HthMdnsOffer *self = g_new0(HthMdnsOffer, 1);
    self->wanted_name = hth_text_clean(friendly_name, HTH_MDNS_NAME_MAX);
    if (self->wanted_name == NULL)
        self->wanted_name = g_strdup("hearth");
    self->name = g_strdup(self->wanted_name);
    self->host_label = host_label_of(uuid);
    self->links = g_ptr_array_new_with_free_func((GDestroyNotify)hth_mdns_link_free);
    if (!hth_hex_decode(key_hex, self->key, sizeof self->key))
        hth_random_fill(self->key, sizeof self->key);
    return self;
}

void hth_mdns_offer_free(HthMdnsOffer *self)
{
    if (self == NULL)
        return;
    g_free(self->wanted_name);
    g_free(self->name);
    g_free(self->host_label);
    g_ptr_array_unref(self->links);
    explicit_bzero(self->key, sizeof self->key);
    g_free(self);
}

char *hth_mdns_offer_key_hex(const HthMdnsOffer *self)
{
    return hth_hex_encode(self->key, sizeof self->key);
}

static GStrv hearth_txt(const HthMdnsOffer *self)
{
    guint8 nonce[HTH_DISCOVERY_NONCE_BYTES];
    hth_random_fill(nonce, sizeof nonce);
    g_autofree char *nonce_hex = hth_hex_encode(nonce, sizeof nonce);
    g_autofree char *proof_hex = hth_discovery_proof(self->key, nonce);

    GStrv txt = g_new0(char *, 4);
    txt[0] = g_strdup("v=1");
    txt[1] = g_strconcat("n=", nonce_hex, NULL);
    txt[2] = g_strconcat("h=", proof_hex, NULL);
    return txt;
}

GStrv hth_mdns_offer_txt(const HthMdnsOffer *self, HthMdnsService service)
{
    if (service == HTH_MDNS_HEARTH)
        return hearth_txt(self);
    GStrv txt = g_new0(char *, 2);
    txt[0] = g_strdup("path=/");
    return txt;
}

/* What avahi allocates, avahi frees: its allocator may be another than GLib's. */
static void replace_name(char **name, char *alternative)
{
    g_free(*name);
    *name = g_strdup(alternative);
    avahi_free(alternative);
}

guint hth_mdns_offer_rename_delay_ms(const HthMdnsOffer *self)
{
    return self->n_renames < MANY_RENAMES ? 0 : 5000;
}

void hth_mdns_offer_rename(HthMdnsOffer *self)
{
    self->n_renames++;
    replace_name(&self->name, avahi_alternative_service_name(self->name));
}

void hth_mdns_offer_rename_host(HthMdnsOffer *self)
{
    self->n_renames++;
    replace_name(&self->host_label, avahi_alternative_host_name(self->host_label));
}

HthMdnsLink *hth_mdns_link_new(int index, const char *name, GStrv addresses)
{
    HthMdnsLink *link = g_new(HthMdnsLink, 1);
    *link = (HthMdnsLink){ .index = index, .name = g_strdup(name), .addresses = addresses };
    return link;
}

void hth_mdns_link_free(HthMdnsLink *link)
{
    if (link == NULL)
        return;
    g_free(link->name);
    g_strfreev(link->addresses);
    g_free(link);
}

static int compare_links(gconstpointer a, gconstpointer b)
{
    const HthMdnsLink *left = *(HthMdnsLink *const *)a;
    const HthMdnsLink *right = *(HthMdnsLink *const *)b;
    return (left->index > right->index) - (left->index < right->index);
}

static gboolean are_same_links(const GPtrArray *a, const GPtrArray *b)
{
    if (a->len != b->len)
        return FALSE;
    for (guint i = 0; i < a->len; i++) {
        const HthMdnsLink *left = a->pdata[i];
        const HthMdnsLink *right = b->pdata[i];
        if (left->index != right->index || strcmp(left->name, right->name) != 0 ||
            !g_strv_equal((const char *const *)left->addresses,
                          (const char *const *)right->addresses))
            return FALSE;
    }
    return TRUE;
}

gboolean hth_mdns_offer_take_links(HthMdnsOffer *self, GPtrArray *links)
{
    g_ptr_array_sort(links, compare_links);
    const gboolean is_change = !are_same_links(self->links, links);
    g_ptr_array_unref(self->links);
    self->links = links;
    return is_change;
}

const HthMdnsLink *hth_mdns_offer_find_link(const HthMdnsOffer *self, int index)
{
    for (guint i = 0; i < self->links->len; i++) {
        const HthMdnsLink *link = self->links->pdata[i];
        if (link->index == index)
            return link;
    }
    return NULL;
}

char *hth_mdns_offer_link_names(const HthMdnsOffer *self)
{
    GString *names = g_string_new(NULL);
    for (guint i = 0; i < self->links->len; i++) {
        const HthMdnsLink *link = self->links->pdata[i];
        g_string_append_printf(names, "%s%s", i > 0 ? ", " : "", link->name);
    }
    return g_string_free(names, FALSE);
}
