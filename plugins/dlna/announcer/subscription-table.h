/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who is subscribed: SID, peer, end. It caps the counts, and only the peer that holds a SID may
 * renew or end it.
 *
 * A place is taken before libupnp is asked, so that many requests at once cannot pass the caps.
 *
 * Threads: belongs to one thread. It has no clock: @now_us is monotonic time.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct HthSubscriptionTable HthSubscriptionTable;

HthSubscriptionTable *hth_subscription_table_new(guint max_a_peer, guint max_total);
void hth_subscription_table_free(HthSubscriptionTable *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthSubscriptionTable, hth_subscription_table_free)

/* Takes a place for @peer. Errors: HTH_ERROR_BUSY. */
gboolean hth_subscription_table_reserve(HthSubscriptionTable *self, const char *peer, gint64 now_us,
                                        GError **error);

/* Gives a reserved place back, or makes it a subscription. */
void hth_subscription_table_cancel(HthSubscriptionTable *self, const char *peer);
void hth_subscription_table_add(HthSubscriptionTable *self, const char *peer, const char *sid,
                                guint64 generation, gint64 ends_us);

/* Whether @peer holds @sid of an announcer's life @generation. */
gboolean hth_subscription_table_holds(HthSubscriptionTable *self, const char *peer, const char *sid,
                                      guint64 generation, gint64 now_us);
void hth_subscription_table_renew(HthSubscriptionTable *self, const char *sid, gint64 ends_us);
void hth_subscription_table_remove(HthSubscriptionTable *self, const char *sid);

/* Removes those of announcers that have gone: for which @is_alive(generation, data) is FALSE. */
typedef gboolean (*HthGenerationIsAlive)(guint64 generation, gpointer data);
void hth_subscription_table_forget(HthSubscriptionTable *self, HthGenerationIsAlive is_alive,
                                   gpointer data);

guint hth_subscription_table_count(HthSubscriptionTable *self, gint64 now_us);

G_END_DECLS
