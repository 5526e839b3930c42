/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "switchboard.h"

#include <string.h>

#include "base/base32.h"
#include "base/random.h"

/* Of a route, and of a ticket. */
#define TEXT_BYTES 16

/* What the switchboard knows of one household. */
typedef struct {
    HthHousehold *household;
    GPtrArray *routes; /* (element utf8), sorted */
    guint n_tickets;
} Entry;

typedef struct {
    char *text;
    Entry *entry; /* lives as long as its tickets */
    gint64 ends_us;
    GList link; /* in self->by_age */
} Ticket;

struct HthSwitchboard {
    pthread_mutex_t lock; /* guards everything below */
    GHashTable *by_key;   /* HthKeyId of the household → Entry, not owned */
    GHashTable *by_id;    /* guint64 → Entry, owned */
    GHashTable *routes;   /* text, of the entry → Entry */
    GHashTable *tickets;  /* text → Ticket, owned */
    GQueue by_age;        /* the oldest ticket first */
};

static void entry_free(gpointer data)
{
    Entry *self = data;
    hth_household_unref(self->household);
    g_ptr_array_unref(self->routes);
    g_free(self);
}

HthSwitchboard *hth_switchboard_new(void)
{
    HthSwitchboard *self = g_new0(HthSwitchboard, 1);
    pthread_mutex_init(&self->lock, NULL);
    self->by_key = g_hash_table_new(hth_key_id_hash, hth_key_id_equal_for_table);
    self->by_id = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, entry_free);
    self->routes = g_hash_table_new(g_str_hash, g_str_equal);
    self->tickets = g_hash_table_new(g_str_hash, g_str_equal);
    g_queue_init(&self->by_age);
    return self;
}

/* Locking: self->lock is held. */
static void drop_ticket(HthSwitchboard *self, Ticket *ticket)
{
    g_hash_table_remove(self->tickets, ticket->text);
    g_queue_unlink(&self->by_age, &ticket->link);
    ticket->entry->n_tickets--;
    g_free(ticket->text);
    g_free(ticket);
}

void hth_switchboard_free(HthSwitchboard *self)
{
    if (self == NULL)
        return;
    while (self->by_age.head != NULL)
        drop_ticket(self, self->by_age.head->data);
    g_hash_table_unref(self->tickets);
    g_hash_table_unref(self->routes);
    g_hash_table_unref(self->by_key);
    g_hash_table_unref(self->by_id);
    pthread_mutex_destroy(&self->lock);
    g_free(self);
}

gboolean hth_route_is_good(const char *text)
{
    guint8 bytes[TEXT_BYTES];
    for (const char *letter = text; *letter != '\0'; letter++) {
        if (g_ascii_isupper(*letter))
            return FALSE;
    }
    return strlen(text) == HTH_ROUTE_LENGTH && hth_base32_decode(text, bytes, sizeof bytes);
}

/* ---- Households ---- */

void hth_switchboard_add(HthSwitchboard *self, HthHousehold *household)
{
    Entry *entry = g_new0(Entry, 1);
    entry->household = hth_household_ref(household);
    entry->routes = g_ptr_array_new_with_free_func(g_free);
    const guint64 id = hth_household_id(household);
    pthread_mutex_lock(&self->lock);
    g_hash_table_insert(self->by_id, g_memdup2(&id, sizeof id), entry);
    g_hash_table_insert(self->by_key, (gpointer)hth_household_key(household), entry);
    pthread_mutex_unlock(&self->lock);
}

/* Locking: self->lock is held. */
static void drop_routes(HthSwitchboard *self, const Entry *entry)
{
    for (guint i = 0; i < entry->routes->len; i++)
        g_hash_table_remove(self->routes, entry->routes->pdata[i]);
}

/* Locking: self->lock is held. */
static void drop_tickets(HthSwitchboard *self, const Entry *entry)
{
    for (GList *link = self->by_age.head; link != NULL;) {
        Ticket *ticket = link->data;
        link = link->next;
        if (ticket->entry == entry)
            drop_ticket(self, ticket);
    }
}

/* Locking: self->lock is held. */
static Entry *entry_of(HthSwitchboard *self, const HthHousehold *household)
{
    const guint64 id = hth_household_id(household);
    return g_hash_table_lookup(self->by_id, &id);
}

void hth_switchboard_remove(HthSwitchboard *self, HthHousehold *household)
{
    const guint64 id = hth_household_id(household);
    hth_household_end(household);
    pthread_mutex_lock(&self->lock);
    const Entry *entry = entry_of(self, household);
    if (entry != NULL) {
        drop_routes(self, entry);
        drop_tickets(self, entry);
        g_hash_table_remove(self->by_key, hth_household_key(entry->household));
        g_hash_table_remove(self->by_id, &id);
    }
    pthread_mutex_unlock(&self->lock);
}

static HthHousehold *look_up(HthSwitchboard *self, GHashTable *table, gconstpointer key)
{
    pthread_mutex_lock(&self->lock);
    const Entry *entry = g_hash_table_lookup(table, key);
    HthHousehold *household = entry != NULL ? hth_household_ref(entry->household) : NULL;
    pthread_mutex_unlock(&self->lock);
    return household;
}

HthHousehold *hth_switchboard_by_key(HthSwitchboard *self, const HthKeyId *key)
{
    return look_up(self, self->by_key, key);
}

HthHousehold *hth_switchboard_by_id(HthSwitchboard *self, guint64 id)
{
    return look_up(self, self->by_id, &id);
}

HthHousehold *hth_switchboard_by_route(HthSwitchboard *self, const char *route)
{
    return look_up(self, self->routes, route);
}

GPtrArray *hth_switchboard_households(HthSwitchboard *self)
{
    GPtrArray *found = g_ptr_array_new_with_free_func((GDestroyNotify)hth_household_unref);
    GHashTableIter iter;
    gpointer value;
    pthread_mutex_lock(&self->lock);
    g_hash_table_iter_init(&iter, self->by_id);
    while (g_hash_table_iter_next(&iter, NULL, &value))
        g_ptr_array_add(found, hth_household_ref(((const Entry *)value)->household));
    pthread_mutex_unlock(&self->lock);
    return found;
}

/* ---- Routes ---- */

static int compare_texts(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Sorted, each once. */
static GPtrArray *sorted_copy(const char *const *routes)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
    GPtrArray *copy = g_ptr_array_new_with_free_func(g_free);
    for (; *routes != NULL; routes++) {
        if (g_hash_table_add(seen, (gpointer)*routes))
            g_ptr_array_add(copy, g_strdup(*routes));
    }
    g_ptr_array_sort(copy, compare_texts);
    return copy;
}

/* Locking: self->lock is held. */
static gboolean are_free(HthSwitchboard *self, const Entry *entry, const GPtrArray *routes)
{
    for (guint i = 0; i < routes->len; i++) {
        const Entry *owner = g_hash_table_lookup(self->routes, routes->pdata[i]);
        if (owner != NULL && owner != entry)
            return FALSE;
    }
    return TRUE;
}

/* Locking: self->lock is held. Returns: (element utf8) what the entry had and has no more. */
static GPtrArray *put_routes(HthSwitchboard *self, Entry *entry, GPtrArray *routes)
{
    g_autoptr(GPtrArray) old = entry->routes;
    GPtrArray *gone = g_ptr_array_new_with_free_func(g_free);
    drop_routes(self, entry);
    entry->routes = routes;
    for (guint i = 0; i < routes->len; i++)
        g_hash_table_insert(self->routes, routes->pdata[i], entry);
    for (guint i = 0; i < old->len; i++) {
        if (!g_hash_table_contains(self->routes, old->pdata[i]))
            g_ptr_array_add(gone, g_strdup(old->pdata[i]));
    }
    return gone;
}

gboolean hth_switchboard_set_routes(HthSwitchboard *self, HthHousehold *household,
                                    const char *const *routes, GPtrArray **out_gone)
{
    g_autoptr(GPtrArray) sorted = sorted_copy(routes);
    pthread_mutex_lock(&self->lock);
    Entry *entry = entry_of(self, household);
    const gboolean may = entry != NULL && are_free(self, entry, sorted);
    if (may)
        *out_gone = put_routes(self, entry, g_steal_pointer(&sorted));
    pthread_mutex_unlock(&self->lock);
    return may;
}

gboolean hth_switchboard_may_have_routes(HthSwitchboard *self, HthHousehold *household,
                                         const char *const *routes)
{
    g_autoptr(GPtrArray) sorted = sorted_copy(routes);
    pthread_mutex_lock(&self->lock);
    const Entry *entry = entry_of(self, household);
    const gboolean may = entry != NULL && are_free(self, entry, sorted);
    pthread_mutex_unlock(&self->lock);
    return may;
}

gboolean hth_switchboard_has_routes(HthSwitchboard *self, HthHousehold *household,
                                    const char *const *routes)
{
    g_autoptr(GPtrArray) sorted = sorted_copy(routes);
    pthread_mutex_lock(&self->lock);
    const Entry *entry = entry_of(self, household);
    gboolean are_equal = entry != NULL && entry->routes->len == sorted->len;
    for (guint i = 0; are_equal && i < sorted->len; i++)
        are_equal = strcmp(entry->routes->pdata[i], sorted->pdata[i]) == 0;
    pthread_mutex_unlock(&self->lock);
    return are_equal;
}

/* ---- Tickets ---- */

/* Locking: self->lock is held. */
static void drop_old_tickets(HthSwitchboard *self, gint64 now_us)
{
    while (self->by_age.head != NULL && ((Ticket *)self->by_age.head->data)->ends_us <= now_us)
        drop_ticket(self, self->by_age.head->data);
}

char *hth_switchboard_make_ticket(HthSwitchboard *self, HthHousehold *household, gint64 now_us)
{
    g_autofree char *text = hth_random_text(TEXT_BYTES);
    pthread_mutex_lock(&self->lock);
    drop_old_tickets(self, now_us);
    Entry *entry = entry_of(self, household);
    const gboolean may = entry != NULL && entry->n_tickets < HTH_MAX_TICKETS;
    if (may) {
        Ticket *ticket = g_new0(Ticket, 1);
        ticket->text = g_strdup(text);
        ticket->entry = entry;
        ticket->ends_us = now_us + (gint64)HTH_TICKET_VALID_S * G_USEC_PER_SEC;
        ticket->link.data = ticket;
        g_hash_table_insert(self->tickets, ticket->text, ticket);
        g_queue_push_tail_link(&self->by_age, &ticket->link);
        entry->n_tickets++;
    }
    pthread_mutex_unlock(&self->lock);
    return may ? g_steal_pointer(&text) : NULL;
}

HthHousehold *hth_switchboard_use_ticket(HthSwitchboard *self, const char *text, gint64 now_us)
{
    HthHousehold *household = NULL;
    pthread_mutex_lock(&self->lock);
    drop_old_tickets(self, now_us);
    Ticket *ticket = g_hash_table_lookup(self->tickets, text);
    if (ticket != NULL) {
        household = hth_household_ref(ticket->entry->household);
        drop_ticket(self, ticket);
    }
    pthread_mutex_unlock(&self->lock);
    return household;
}
