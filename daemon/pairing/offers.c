/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pairing/offers.h"

#include <string.h>

#include "base/error.h"
#include "base/random.h"
#include "sync/pairing.h"

/* Offers that are known, those that have ended included. */
#define MAX_KNOWN (HTH_PAIRING_MAX_OFFERS * 4)

typedef struct {
    HthOffer offer;
    gint64 expires_s; /* by the clock that does not jump */
    guint n_wrong;    /* text secrets */
} Entry;

struct HthOffers {
    GPtrArray *entries; /* (element Entry) oldest first */
};

G_STATIC_ASSERT(sizeof((HthOffer *)NULL)->secret == HTH_PAIRING_SECRET_BYTES);

static void clear_offer(HthOffer *offer)
{
    g_free(offer->name);
    explicit_bzero(offer, sizeof *offer);
}

void hth_offer_free(HthOffer *self)
{
    if (self == NULL)
        return;
    clear_offer(self);
    g_free(self);
}

static void entry_free(gpointer pointer)
{
    Entry *entry = pointer;
    clear_offer(&entry->offer);
    g_free(entry);
}

HthOffers *hth_offers_new(void)
{
    HthOffers *self = g_new(HthOffers, 1);
    self->entries = g_ptr_array_new_with_free_func(entry_free);
    return self;
}

void hth_offers_free(HthOffers *self)
{
    if (self == NULL)
        return;
    g_ptr_array_unref(self->entries);
    g_free(self);
}

static gboolean is_open(const Entry *entry)
{
    return entry->offer.state == HTH_OFFER_OPEN || entry->offer.state == HTH_OFFER_QR_ONLY;
}

static guint expire(HthOffers *self, gint64 now_s)
{
    guint n_open = 0;
    for (guint i = 0; i < self->entries->len; i++) {
        Entry *entry = self->entries->pdata[i];
        if (is_open(entry) && entry->expires_s <= now_s)
            entry->offer.state = HTH_OFFER_EXPIRED;
        n_open += is_open(entry);
    }
    return n_open;
}

const HthOffer *hth_offers_add(HthOffers *self, char *name, gint64 now_s, GError **error)
{
    if (expire(self, now_s) >= HTH_PAIRING_MAX_OFFERS) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_BUSY,
                    "%d codes are open already; use one of them, or wait until they expire",
                    HTH_PAIRING_MAX_OFFERS);
        g_free(name);
        return NULL;
    }
    for (guint i = 0; self->entries->len >= MAX_KNOWN && i < self->entries->len; i++) {
        if (!is_open(self->entries->pdata[i])) {
            g_ptr_array_remove_index(self->entries, i);
            break;
        }
    }
    Entry *entry = g_new0(Entry, 1);
    entry->offer.name = name;
    entry->expires_s = now_s + HTH_PAIRING_OFFER_S;
    entry->offer.expires_unix_s = g_get_real_time() / G_USEC_PER_SEC + HTH_PAIRING_OFFER_S;
    hth_random_fill(&entry->offer.id, sizeof entry->offer.id);
    hth_random_fill(entry->offer.secret, sizeof entry->offer.secret);
    hth_random_fill(&entry->offer.text_secret, sizeof entry->offer.text_secret);
    entry->offer.text_secret &= (G_GUINT64_CONSTANT(1) << (5 * HTH_PAIRING_TEXT_SECRET)) - 1;
    g_ptr_array_add(self->entries, entry);
    return &entry->offer;
}

static Entry *find(HthOffers *self, guint64 id)
{
    for (guint i = 0; i < self->entries->len; i++) {
        Entry *entry = self->entries->pdata[i];
        if (entry->offer.id == id)
            return entry;
    }
    return NULL;
}

const HthOffer *hth_offers_find(HthOffers *self, guint64 id, gint64 now_s)
{
    expire(self, now_s);
    const Entry *entry = find(self, id);
    return entry != NULL ? &entry->offer : NULL;
}

gboolean hth_offers_cancel(HthOffers *self, guint64 id, gint64 now_s)
{
    expire(self, now_s);
    Entry *entry = find(self, id);
    if (entry == NULL || !is_open(entry))
        return FALSE;
    entry->offer.state = HTH_OFFER_CANCELLED;
    return TRUE;
}

void hth_offers_use(HthOffers *self, guint64 id, const HthKeyId *device)
{
    Entry *entry = find(self, id);
    if (entry == NULL)
        return;
    entry->offer.state = HTH_OFFER_PAIRED;
    entry->offer.device = *device;
}

/* ---- Letters ---- */

static gboolean is_secret_of(const Entry *entry, const char *letters, gboolean is_text)
{
    g_autofree char *own = is_text ? hth_pairing_text_secret_letters(entry->offer.text_secret)
                                   : hth_pairing_secret_letters(entry->offer.secret);
    const gboolean is_it = hth_pairing_letters_equal(own, letters);
    explicit_bzero(own, strlen(own));
    return is_it;
}

static gboolean takes_letters(const Entry *entry, gboolean is_text)
{
    return entry->offer.state == HTH_OFFER_OPEN ||
           (!is_text && entry->offer.state == HTH_OFFER_QR_ONLY);
}

/* A guess is one at every text code that is open. */
static void count_wrong_text(HthOffers *self, gboolean *out_has_ended)
{
    for (guint i = 0; i < self->entries->len; i++) {
        Entry *entry = self->entries->pdata[i];
        if (!takes_letters(entry, TRUE) || ++entry->n_wrong < HTH_PAIRING_TEXT_GUESSES)
            continue;
        entry->offer.state = HTH_OFFER_QR_ONLY;
        *out_has_ended = TRUE;
    }
}

const HthOffer *hth_offers_match(HthOffers *self, const char *letters, gint64 now_s,
                                 gboolean *out_has_ended, GError **error)
{
    const gboolean is_text = strlen(letters) == HTH_PAIRING_TEXT_SECRET;
    const Entry *match = NULL;
    guint n_takers = 0;
    *out_has_ended = FALSE;
    expire(self, now_s);
    for (guint i = 0; i < self->entries->len; i++) {
        const Entry *entry = self->entries->pdata[i];
        if (!takes_letters(entry, is_text))
            continue;
        n_takers++;
        if (is_secret_of(entry, letters, is_text))
            match = entry;
    }
    if (match != NULL)
        return &match->offer;
    if (is_text)
        count_wrong_text(self, out_has_ended);
    g_set_error_literal(error, HTH_ERROR, HTH_ERROR_REFUSED,
                        n_takers == 0 ? "this code has been used, has expired, or was ended by "
                                        "wrong guesses; type `hearth pair` at home for a new one"
                                      : "this is not the code that the home shows");
    return NULL;
}
