/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who is paired with this home, and the codes by which others may become so.
 *
 *   offer ──(the right secret, in time)──▶ a paired device; the offer is used up
 *     │ 10 minutes, cancelled, or used                 │ revoke, wipe
 *     ▼                                                ▼
 *   gone                                    refused at once, on every connection
 *
 * An offer has two secrets: 128 bits in the QR code, and 35 bits in the text code. Three wrong text
 * secrets end every text code there is, because 35 bits are only good for a few guesses; QR codes
 * stay valid.
 *
 * A paired device is a handheld. Only hth_pairing_set_role() makes an owner of it; who was revoked
 * and is paired again is a handheld again.
 *
 * Everything that is answered has been stored durably.
 *
 * Bounds: HTH_PAIRING_MAX_OFFERS offers, HTH_PAIRING_MAX_DEVICES devices, the revoked included (the
 * one revoked that has not been seen for longest is forgotten for a new one).
 *
 * Threads: new, free and add_watch on the main thread; all else on any.
 */
#pragma once

#include "pairing/paired-table.h"

G_BEGIN_DECLS

#define HTH_PAIRING_OFFER_S      600
#define HTH_PAIRING_TEXT_GUESSES 3
#define HTH_PAIRING_MAX_OFFERS   8
#define HTH_DISCOVERY_KEY_BYTES  32

typedef struct HthPairing HthPairing;

/* Where it is kept: small values, durable when store returns TRUE. */
typedef struct {
    char *(*load)(gpointer data, const char *key); /* NULL: not set */
    gboolean (*store)(gpointer data, const char *key, const char *value, GError **error);
    gpointer data;
} HthPairingStore;

/* @clock: seconds that go on while the computer sleeps, since any moment; NULL: the kernel's. */
HthPairing *hth_pairing_new(const HthPairingStore *store, const HthKeyId *home,
                            gint64 (*clock_s)(gpointer data), gpointer clock_data, GError **error);
void hth_pairing_free(HthPairing *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthPairing, hth_pairing_free)

const HthKeyId *hth_pairing_home(const HthPairing *self);

/* The key by which paired devices recognise this home by mDNS, made at the first start: of
 * HTH_DISCOVERY_KEY_BYTES. */
const guint8 *hth_pairing_discovery_key(const HthPairing *self);

/* ---- Offers ---- */

typedef enum {
    HTH_OFFER_OPEN,
    HTH_OFFER_QR_ONLY, /* the text code was ended by wrong guesses */
    HTH_OFFER_PAIRED,
    HTH_OFFER_EXPIRED,
    HTH_OFFER_CANCELLED,
} HthOfferState;

typedef struct {
    guint64 id; /* a random name, no secret */
    char *name; /* that the device gets; NULL: what it calls itself */
    guint8 secret[16];
    guint64 text_secret; /* 35 bits */
    gint64 expires_unix_s;
    HthOfferState state;
    HthKeyId device; /* of HTH_OFFER_PAIRED */
} HthOffer;

void hth_offer_free(HthOffer *self); /* wipes the secrets; NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthOffer, hth_offer_free)

/* Returns: a copy of the new offer.
 * Errors: HTH_ERROR_BUSY: there are HTH_PAIRING_MAX_OFFERS. HTH_ERROR_INVALID: the name. */
HthOffer *hth_pairing_offer(HthPairing *self, const char *name, GError **error);
/* A copy; those that have ended are still known until as many new ones were made. NULL: unknown. */
HthOffer *hth_pairing_find_offer(HthPairing *self, guint64 id);
gboolean hth_pairing_cancel_offer(HthPairing *self, guint64 id); /* FALSE: not open */

/* Pairs @key, which showed these letters. @own_name: what the device calls itself.
 * Returns: a copy of the device.
 * Errors: HTH_ERROR_REFUSED with what to do; HTH_ERROR_BUSY: too many devices; those of the store,
 * and then nothing has changed. */
HthPairedDevice *hth_pairing_pair(HthPairing *self, const HthKeyId *key, const char *letters,
                                  const char *own_name, const char *address, GError **error);

/* ---- Devices ---- */

/* (element HthPairedDevice) copies, by name. */
GPtrArray *hth_pairing_list(HthPairing *self);
/* By key, whatever its state. A copy; NULL: never paired. */
HthPairedDevice *hth_pairing_find_key(HthPairing *self, const HthKeyId *key);
/* By name (case ignored) or by id or the first 6 letters of it or more. NULL: none, or several. */
HthPairedDevice *hth_pairing_find(HthPairing *self, const char *name);

/* It asked for something. Stored every ten minutes at most. */
void hth_pairing_seen(HthPairing *self, const HthKeyId *key, const char *address);

/* Errors of all: HTH_ERROR_NOT_FOUND, and those of the store. */
gboolean hth_pairing_rename(HthPairing *self, const HthKeyId *key, const char *name,
                            GError **error); /* HTH_ERROR_INVALID: taken, or no name */
gboolean hth_pairing_set_role(HthPairing *self, const HthKeyId *key, HthPairedRole role,
                              GError **error); /* HTH_ERROR_REFUSED: it is revoked */
gboolean hth_pairing_revoke(HthPairing *self, const HthKeyId *key, GError **error);
gboolean hth_pairing_wipe(HthPairing *self, const HthKeyId *key, GError **error);
/* It says that it has wiped itself: from wiping to revoked. */
gboolean hth_pairing_wiped(HthPairing *self, const HthKeyId *key, GError **error);
gboolean hth_pairing_forget(HthPairing *self, const HthKeyId *key,
                            GError **error); /* HTH_ERROR_REFUSED: it is not revoked */

/* ---- Who wants to know ---- */

typedef enum {
    HTH_PAIRING_PAIRED,
    HTH_PAIRING_CHANGED, /* name or role */
    HTH_PAIRING_REVOKED, /* or told to wipe itself: its connections are to be closed */
    HTH_PAIRING_WIPED,
    HTH_PAIRING_FORGOTTEN,
    HTH_PAIRING_TEXT_ENDED, /* three wrong guesses; @device is NULL */
} HthPairingEvent;

/* Called on the thread that caused it, after it is stored, with no lock held. */
typedef void (*HthPairingWatch)(HthPairingEvent event, const HthPairedDevice *device,
                                gpointer data);
void hth_pairing_add_watch(HthPairing *self, HthPairingWatch watch, gpointer data);

G_END_DECLS
