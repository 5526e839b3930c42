/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "play-book.h"

#define N_VALUES 3 /* position, rating, favourite */

typedef struct {
    guint64 n_sure;          /* noted on devices, for good */
    guint64 n_maybe;         /* may arrive */
    guint64 n_merged;        /* at home */
    guint64 n_kept;          /* n_merged in the home's copy */
    gint64 values[N_VALUES]; /* as the home shows them; -1: nobody said */
} Entry;

typedef struct {
    guint64 item;
    guint which; /* of values */
    guint64 order;
    gint64 value;
    gboolean is_sure;
} Value;

static const char *const value_names[N_VALUES] = { "position", "rating", "favourite" };

struct PlayBook {
    GHashTable *entries; /* (guint64 item → Entry) */
    GArray *values;      /* (element Value) noted, in order */
};

PlayBook *play_book_new(void)
{
    PlayBook *self = g_new0(PlayBook, 1);
    self->entries = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    self->values = g_array_new(FALSE, FALSE, sizeof(Value));
    return self;
}

void play_book_free(PlayBook *self)
{
    if (self == NULL)
        return;
    g_hash_table_unref(self->entries);
    g_array_unref(self->values);
    g_free(self);
}

static Entry *entry_of(PlayBook *self, guint64 item)
{
    Entry *entry = g_hash_table_lookup(self->entries, &item);
    if (entry != NULL)
        return entry;
    entry = g_new0(Entry, 1);
    for (guint i = 0; i < N_VALUES; i++)
        entry->values[i] = -1;
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

void play_book_note_value(PlayBook *self, guint64 item, HthSyncPlayKind kind, guint64 order,
                          gint64 value, gboolean is_sure)
{
    const gint64 shown = kind == HTH_SYNC_PLAY_RATING ? value / 20 : value; /* in stars */
    const Value noted = { item, kind - HTH_SYNC_PLAY_POSITION, order, shown, is_sure };
    g_array_append_val(self->values, noted);
    (void)entry_of(self, item);
}

void play_book_merge(PlayBook *self, const HthSyncPlayMerge *merge)
{
    Entry *entry = entry_of(self, merge->item);
    entry->n_merged += merge->plays_added;
    entry->values[0] = merge->position_ms;
    entry->values[1] = merge->rating;
    entry->values[2] = merge->is_favourite;
}

static void doubt_values(PlayBook *self)
{
    for (guint i = 0; i < self->values->len; i++)
        g_array_index(self->values, Value, i).is_sure = FALSE;
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
    doubt_values(self);
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
    doubt_values(self);
}

/* The last one for sure, or one that may have come after it. */
static gboolean is_value_right(const PlayBook *self, guint64 item, guint which, gint64 shown)
{
    gboolean is_right = shown == -1;
    for (guint i = 0; i < self->values->len; i++) {
        const Value *value = &g_array_index(self->values, Value, i);
        if (value->item == item && value->which == which)
            is_right = value->value == shown || (is_right && !value->is_sure);
    }
    return is_right;
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
        for (guint i = 0; i < N_VALUES; i++)
            if (!is_value_right(self, *(guint64 *)key, i, entry->values[i]))
                return g_strdup_printf("item %016" G_GINT64_MODIFIER "x: %s %" G_GINT64_FORMAT
                                       " is not what was said last",
                                       *(guint64 *)key, value_names[i], entry->values[i]);
    }
    return NULL;
}
