/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The offers of a home: their secrets, their time, and how often they may be guessed at.
 *
 * Threads: none of its own; whoever has it holds a lock.
 */
#pragma once

#include "pairing/pairing.h"

G_BEGIN_DECLS

typedef struct HthOffers HthOffers;

HthOffers *hth_offers_new(void);
void hth_offers_free(HthOffers *self); /* NULL is fine */

/* @now_s: a clock that does not jump. Returns: borrowed; NULL with HTH_ERROR_BUSY. Takes @name. */
const HthOffer *hth_offers_add(HthOffers *self, char *name, gint64 now_s, GError **error);
const HthOffer *hth_offers_find(HthOffers *self, guint64 id, gint64 now_s);
gboolean hth_offers_cancel(HthOffers *self, guint64 id, gint64 now_s);

/* Which open offer these letters are of. NULL with HTH_ERROR_REFUSED; a wrong text secret is
 * counted, and @out_has_ended says that this one was the last. Borrowed. */
const HthOffer *hth_offers_match(HthOffers *self, const char *letters, gint64 now_s,
                                 gboolean *out_has_ended, GError **error);
/* It has been used by @device. */
void hth_offers_use(HthOffers *self, guint64 id, const HthKeyId *device);

G_END_DECLS
