/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/listing.h"

#include <string.h>

/* Containers whose last change is remembered; beyond that the oldest answer is "just now". */
#define MAX_CHANGES 50000

typedef struct {
    HthListing public;
    gatomicrefcount references;
    GArray *rows; /* shared with renamed ones */
    char *container_id;
} Listing;

typedef struct {
    HthObjectRef container;
    char *sort;
} Key;

typedef struct {
    Key key;
    HthListing *listing;
    gsize size_bytes;
    GList link; /* in the order of use, newest first */
} Entry;

struct HthListingCache {
    GMutex lock;         /* guards what follows */
    GHashTable *entries; /* Key → Entry */
    GHashTable *sorts;   /* container → count of its entries */
    GHashTable *changes; /* container → sequence of its last change, heap */
    guint64 forgotten;   /* changes up to this sequence are not in the table any more */
    GQueue used;
    gsize size_bytes;
};

/* ---- Listings ---- */

static HthListing *wrap(GArray *rows, const char *container_id, gboolean is_canonical,
                        guint32 update_id)
{
    Listing *self = g_new0(Listing, 1);
    g_atomic_ref_count_init(&self->references);
    self->rows = rows;
    self->container_id = g_strdup(container_id);
    self->public = (HthListing){ .n_refs = rows->len,
                                 .refs = (const HthObjectRef *)(void *)rows->data,
                                 .update_id = update_id,
                                 .is_canonical = is_canonical,
                                 .container_id = self->container_id };
    return &self->public;
}

HthListing *hth_listing_new(GArray *refs, const char *container_id, gboolean is_canonical,
                            guint32 update_id)
{
    return wrap(refs, container_id, is_canonical, update_id);
}

HthListing *hth_listing_renamed(HthListing *listing, const char *container_id)
{
    Listing *self = (Listing *)listing;
    if (strcmp(self->container_id, container_id) == 0)
        return hth_listing_ref(listing);
    return wrap(g_array_ref(self->rows), container_id, listing->is_canonical, listing->update_id);
}

HthListing *hth_listing_ref(HthListing *listing)
{
    g_atomic_ref_count_inc(&((Listing *)listing)->references);
    return listing;
}

void hth_listing_unref(HthListing *listing)
{
    Listing *self = (Listing *)listing;
    if (self == NULL || !g_atomic_ref_count_dec(&self->references))
        return;
    g_array_unref(self->rows);
    g_free(self->container_id);
    g_free(self);
}

/* ---- The cache ---- */

static guint key_hash(gconstpointer data)
{
    const Key *key = data;
    return key->container * 2654435761u ^ (key->sort[0] != '\0' ? g_str_hash(key->sort) : 0);
}

static gboolean key_equal(gconstpointer a, gconstpointer b)
{
    const Key *left = a, *right = b;
    return left->container == right->container && strcmp(left->sort, right->sort) == 0;
}

static void entry_free(Entry *entry)
{
    hth_listing_unref(entry->listing);
    g_free(entry->key.sort);
    g_free(entry);
}

HthListingCache *hth_listing_cache_new(void)
{
    HthListingCache *self = g_new0(HthListingCache, 1);
    g_mutex_init(&self->lock);
    self->entries = g_hash_table_new_full(key_hash, key_equal, NULL, (GDestroyNotify)entry_free);
    self->sorts = g_hash_table_new(NULL, NULL);
    self->changes = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    g_queue_init(&self->used);
    return self;
}

void hth_listing_cache_free(HthListingCache *self)
{
    if (self == NULL)
        return;
    g_hash_table_unref(self->entries);
    g_hash_table_unref(self->sorts);
    g_hash_table_unref(self->changes);
    g_mutex_clear(&self->lock);
    g_free(self);
}

HthListing *hth_listing_cache_find(HthListingCache *self, HthObjectRef container, const char *sort)
{
    const Key key = { container, (char *)sort };
    HthListing *found = NULL;
    g_mutex_lock(&self->lock);
    Entry *entry = g_hash_table_lookup(self->entries, &key);
    if (entry != NULL) {
        g_queue_unlink(&self->used, &entry->link);
        g_queue_push_head_link(&self->used, &entry->link);
        found = hth_listing_ref(entry->listing);
    }
    g_mutex_unlock(&self->lock);
    return found;
}

/* Locking: the lock is held. */
static void remove_entry(HthListingCache *self, Entry *entry)
{
    const gpointer container = GUINT_TO_POINTER(entry->key.container);
    const guint n_sorts = GPOINTER_TO_UINT(g_hash_table_lookup(self->sorts, container)) - 1;
    if (n_sorts == 0)
        g_hash_table_remove(self->sorts, container);
    else
        g_hash_table_insert(self->sorts, container, GUINT_TO_POINTER(n_sorts));
    self->size_bytes -= entry->size_bytes;
    g_queue_unlink(&self->used, &entry->link);
    g_hash_table_remove(self->entries, &entry->key);
}

/* Locking: the lock is held. */
static guint64 last_change(HthListingCache *self, HthObjectRef container)
{
    const guint64 *sequence = g_hash_table_lookup(self->changes, GUINT_TO_POINTER(container));
    return sequence != NULL ? *sequence : self->forgotten;
}

void hth_listing_cache_add(HthListingCache *self, HthObjectRef container, const char *sort,
                           HthListing *listing, guint64 sequence)
{
    const gsize size_bytes = sizeof(Entry) + sizeof(Listing) + 64 + strlen(sort) +
                             (gsize)listing->n_refs * sizeof(HthObjectRef);
    const Key key = { container, (char *)sort };
    g_mutex_lock(&self->lock);
    Entry *old = g_hash_table_lookup(self->entries, &key);
    if (old == NULL && last_change(self, container) <= sequence &&
        size_bytes <= HTH_LISTING_CACHE_BYTES / 2) {
        Entry *entry = g_new0(Entry, 1);
        entry->key = (Key){ container, g_strdup(sort) };
        entry->listing = hth_listing_ref(listing);
        entry->size_bytes = size_bytes;
        entry->link.data = entry;
        g_hash_table_insert(self->entries, &entry->key, entry);
        g_queue_push_head_link(&self->used, &entry->link);
        const gpointer name = GUINT_TO_POINTER(container);
        const guint n_sorts = GPOINTER_TO_UINT(g_hash_table_lookup(self->sorts, name)) + 1;
        g_hash_table_insert(self->sorts, name, GUINT_TO_POINTER(n_sorts));
        self->size_bytes += size_bytes;
        while (self->size_bytes > HTH_LISTING_CACHE_BYTES)
            remove_entry(self, self->used.tail->data);
    }
    g_mutex_unlock(&self->lock);
}

/* Locking: the lock is held. */
static void drop_entries(HthListingCache *self, HthObjectRef container)
{
    const Key plain = { container, (char *)"" };
    Entry *entry = g_hash_table_lookup(self->entries, &plain);
    if (entry != NULL)
        remove_entry(self, entry);
    if (!g_hash_table_contains(self->sorts, GUINT_TO_POINTER(container)))
        return;
    for (GList *link = self->used.head; link != NULL;) { /* other orders are rare */
        Entry *other = link->data;
        link = link->next;
        if (other->key.container == container)
            remove_entry(self, other);
    }
}

void hth_listing_cache_drop(HthListingCache *self, HthObjectRef container, guint64 sequence)
{
    g_mutex_lock(&self->lock);
    if (g_hash_table_size(self->changes) >= MAX_CHANGES) {
        g_hash_table_remove_all(self->changes);
        self->forgotten = sequence;
    }
    g_hash_table_insert(self->changes, GUINT_TO_POINTER(container),
                        g_memdup2(&sequence, sizeof sequence));
    drop_entries(self, container);
    g_mutex_unlock(&self->lock);
}
