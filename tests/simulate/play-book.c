/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "play-book.h"

typedef struct {
    guint64 n_sure;   /* noted on devices, for good */
    guint64 n_maybe;  /* may arrive */
    guint64 n_merged; /* at home */
    guint64 n_kept;   /* n_merged in the home's copy */
} Entry;

struct PlayBook {
    GHashTable *entries; /* (guint64 item → Entry) */
};

PlayBook *play_book_new(void)
{
    PlayBook *self = g_new0(PlayBook, 1);
    self->entries = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    return self;
}

void play_book_free(PlayBook *self)
{
    if (self == NULL)
        return;
    g_hash_table_unref(self->entries);
    g_free(self);
}

static Entry *entry_of(PlayBook *self, guint64 item)
{
    Entry *entry = g_hash_table_lookup(self->entries, &item);
    if (entry != NULL)
        return entry;
    entry = g_new0(Entry, 1);
    g_hash_table_insert(self->entries, g_memdup2(&item, sizeof item), entry);
    return entry;
}

void play_book_note(PlayBook *self, guint64 item, gboolean is_sure)
{
    Entry *entry = entry_of(self, item);
    if (is_sure)
        entry->n_sure++;
    else
        entry->n_maybe++;
}

void play_book_merge(PlayBook *self, const HthSyncPlayMerge *merge)
{
    entry_of(self, merge->item)->n_merged += merge->plays_added;
}

static void for_all(PlayBook *self, void (*change)(Entry *entry))
{
    GHashTableIter each;
    gpointer value;
    g_hash_table_iter_init(&each, self->entries);
    while (g_hash_table_iter_next(&each, NULL, &value))
        change(value);
}

static void doubt(Entry *entry)
{
    if (entry->n_sure <= entry->n_merged)
        return;
    entry->n_maybe += entry->n_sure - entry->n_merged;
    entry->n_sure = entry->n_merged;
}

void play_book_doubt(PlayBook *self)
{
    for_all(self, doubt);
}

static void keep(Entry *entry)
{
    entry->n_kept = entry->n_merged;
}

void play_book_keep(PlayBook *self)
{
    for_all(self, keep);
}

/* What was merged since the copy is known to devices alone; those that forgot it cannot say it
 * again. */
static void put_back(Entry *entry)
{
    const guint64 lost = entry->n_merged - entry->n_kept;
    entry->n_merged = entry->n_kept;
    const guint64 moved = MIN(lost, entry->n_sure);
    entry->n_sure -= moved;
    entry->n_maybe += moved;
}

void play_book_put_back(PlayBook *self)
{
    for_all(self, put_back);
}

char *play_book_check(const PlayBook *self)
{
    GHashTableIter each;
    gpointer key, value;
    g_hash_table_iter_init(&each, self->entries);
    while (g_hash_table_iter_next(&each, &key, &value)) {
        const Entry *entry = value;
        if (entry->n_merged < entry->n_sure || entry->n_merged > entry->n_sure + entry->n_maybe)
            return g_strdup_printf(
                "item %016" G_GINT64_MODIFIER "x: %" G_GUINT64_FORMAT
                " plays at home, %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT " on devices",
                *(guint64 *)key, entry->n_merged, entry->n_sure, entry->n_sure + entry->n_maybe);
    }
    return NULL;
}
