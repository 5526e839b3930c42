/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "subscription-table.h"

#include <string.h>

#include "base/error.h"

typedef struct {
    char *peer;
    guint64 generation;
    gint64 ends_us;
} Entry;

struct HthSubscriptionTable {
    guint max_a_peer;
    guint max_total;
    GHashTable *entries;  /* SID → Entry */
    GHashTable *reserved; /* peer → how many places */
    guint n_reserved;
};

static void entry_free(gpointer data)
{
    Entry *entry = data;
    g_free(entry->peer);
    g_free(entry);
}

HthSubscriptionTable *hth_subscription_table_new(guint max_a_peer, guint max_total)
{
    HthSubscriptionTable *self = g_new(HthSubscriptionTable, 1);
    *self = (HthSubscriptionTable){
        .max_a_peer = max_a_peer,
        .max_total = max_total,
        .entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, entry_free),
        .reserved = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
    };
    return self;
}

void hth_subscription_table_free(HthSubscriptionTable *self)
{
    if (self == NULL)
        return;
    g_hash_table_unref(self->entries);
    g_hash_table_unref(self->reserved);
    g_free(self);
}

static gboolean has_ended(gpointer sid, gpointer data, gpointer now)
{
    const Entry *entry = data;
    return entry->ends_us <= *(const gint64 *)now;
}

static guint count_of_peer(HthSubscriptionTable *self, const char *peer)
{
    guint n = GPOINTER_TO_UINT(g_hash_table_lookup(self->reserved, peer));
    GHashTableIter iter;
    gpointer entry = NULL;
    g_hash_table_iter_init(&iter, self->entries);
    while (g_hash_table_iter_next(&iter, NULL, &entry))
        n += strcmp(((Entry *)entry)->peer, peer) == 0;
    return n;
}

gboolean hth_subscription_table_reserve(HthSubscriptionTable *self, const char *peer, gint64 now_us,
                                        GError **error)
{
    const guint n_total = hth_subscription_table_count(self, now_us) + self->n_reserved;
    if (n_total >= self->max_total) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_BUSY, "there are %u subscriptions already",
                    n_total);
        return FALSE;
    }
    const guint n_peer = count_of_peer(self, peer);
    if (n_peer >= self->max_a_peer) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_BUSY, "%s has %u subscriptions already", peer,
                    n_peer);
        return FALSE;
    }
    const guint n_reserved = GPOINTER_TO_UINT(g_hash_table_lookup(self->reserved, peer));
    g_hash_table_replace(self->reserved, g_strdup(peer), GUINT_TO_POINTER(n_reserved + 1));
    self->n_reserved++;
    return TRUE;
}

void hth_subscription_table_cancel(HthSubscriptionTable *self, const char *peer)
{
    const guint n_reserved = GPOINTER_TO_UINT(g_hash_table_lookup(self->reserved, peer));
    g_return_if_fail(n_reserved > 0);
    self->n_reserved--;
    if (n_reserved == 1)
        g_hash_table_remove(self->reserved, peer);
    else
        g_hash_table_replace(self->reserved, g_strdup(peer), GUINT_TO_POINTER(n_reserved - 1));
}

void hth_subscription_table_add(HthSubscriptionTable *self, const char *peer, const char *sid,
                                guint64 generation, gint64 ends_us)
{
    hth_subscription_table_cancel(self, peer);
    Entry *entry = g_new(Entry, 1);
    *entry = (Entry){ .peer = g_strdup(peer), .generation = generation, .ends_us = ends_us };
    g_hash_table_replace(self->entries, g_strdup(sid), entry);
}

gboolean hth_subscription_table_holds(HthSubscriptionTable *self, const char *peer, const char *sid,
                                      guint64 generation, gint64 now_us)
{
    const Entry *entry = g_hash_table_lookup(self->entries, sid);
    return entry != NULL && entry->ends_us > now_us && entry->generation == generation &&
           strcmp(entry->peer, peer) == 0;
}

void hth_subscription_table_renew(HthSubscriptionTable *self, const char *sid, gint64 ends_us)
{
    Entry *entry = g_hash_table_lookup(self->entries, sid);
    if (entry != NULL)
        entry->ends_us = ends_us;
}

void hth_subscription_table_remove(HthSubscriptionTable *self, const char *sid)
{
    g_hash_table_remove(self->entries, sid);
}

void hth_subscription_table_forget(HthSubscriptionTable *self, HthGenerationIsAlive is_alive,
                                   gpointer data)
{
    GHashTableIter iter;
    gpointer entry = NULL;
    g_hash_table_iter_init(&iter, self->entries);
    while (g_hash_table_iter_next(&iter, NULL, &entry)) {
        if (!is_alive(((Entry *)entry)->generation, data))
            g_hash_table_iter_remove(&iter);
    }
}

guint hth_subscription_table_count(HthSubscriptionTable *self, gint64 now_us)
{
    g_hash_table_foreach_remove(self->entries, has_ended, &now_us);
    return g_hash_table_size(self->entries);
}
