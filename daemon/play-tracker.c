/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "play-tracker.h"

#include <string.h>

#define MAX_SPANS        64
#define PLAY_PERCENT     90
#define FINISHED_PERCENT 95
#define POSITION_PERCENT 1
#define POSITION_FROM_MS (10 * 60 * 1000)

typedef struct {
    guint64 from, to; /* [from, to) */
} Span;

typedef struct {
    char *key; /* peer and item */
    gint64 used_us;
    guint n_spans;
    Span spans[MAX_SPANS]; /* sorted, apart from each other */
} Play;

struct HthPlayTracker {
    GMutex lock; /* guards plays */
    GHashTable *plays;
};

static void play_free(Play *play)
{
    g_free(play->key);
    g_free(play);
}

HthPlayTracker *hth_play_tracker_new(void)
{
    HthPlayTracker *self = g_new0(HthPlayTracker, 1);
    g_mutex_init(&self->lock);
    self->plays = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)play_free);
    return self;
}

void hth_play_tracker_free(HthPlayTracker *self)
{
    if (self == NULL)
        return;
    g_hash_table_unref(self->plays);
    g_mutex_clear(&self->lock);
    g_free(self);
}

/* Adds a span, merged with those that it touches; one more than fit is left out. */
static void add_span(Play *play, Span added)
{
    guint n_kept = 0;
    guint at = 0;
    Span kept[MAX_SPANS];
    for (guint i = 0; i < play->n_spans; i++) {
        const Span span = play->spans[i];
        if (span.to < added.from || span.from > added.to) {
            at += span.to < added.from;
            kept[n_kept++] = span;
        } else {
            added.from = MIN(added.from, span.from);
            added.to = MAX(added.to, span.to);
        }
    }
    if (n_kept == MAX_SPANS)
        return;
    memcpy(play->spans, kept, at * sizeof(Span));
    play->spans[at] = added;
    memcpy(play->spans + at + 1, kept + at, (n_kept - at) * sizeof(Span));
    play->n_spans = n_kept + 1;
}

static guint64 covered(const Play *play)
{
    guint64 sum = 0;
    for (guint i = 0; i < play->n_spans; i++)
        sum += play->spans[i].to - play->spans[i].from;
    return sum;
}

static void forget_idle(HthPlayTracker *self)
{
    Play *oldest = NULL;
    GHashTableIter iter;
    gpointer value;
    g_hash_table_iter_init(&iter, self->plays);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        Play *play = value;
        if (oldest == NULL || play->used_us < oldest->used_us)
            oldest = play;
    }
    if (oldest != NULL)
        g_hash_table_remove(self->plays, oldest->key);
}

static Play *ensure_play(HthPlayTracker *self, const char *peer, const char *item_id)
{
    g_autofree char *key = g_strconcat(peer, " ", item_id, NULL);
    Play *play = g_hash_table_lookup(self->plays, key);
    if (play == NULL) {
        if (g_hash_table_size(self->plays) >= HTH_PLAYS_MAX)
            forget_idle(self);
        play = g_new0(Play, 1);
        play->key = g_steal_pointer(&key);
        g_hash_table_replace(self->plays, play->key, play);
    }
    play->used_us = g_get_monotonic_time();
    return play;
}

static gint64 guess_position(guint64 end, guint64 n_bytes, guint64 size_bytes, gint64 duration_ms)
{
    if (duration_ms < POSITION_FROM_MS || n_bytes < size_bytes / 100 * POSITION_PERCENT)
        return -1;
    const double part = (double)end / (double)size_bytes;
    return part * 100 >= FINISHED_PERCENT ? 0 : (gint64)(part * (double)duration_ms);
}

HthPlayGuess hth_play_tracker_sent(HthPlayTracker *self, const char *peer, const char *item_id,
                                   guint64 first, guint64 n_bytes, guint64 size_bytes,
                                   gint64 duration_ms)
{
    HthPlayGuess guess = { .position_ms = -1 };
    if (n_bytes == 0 || size_bytes == 0 || first >= size_bytes)
        return guess;
    const guint64 end = MIN(first + n_bytes, size_bytes);
    g_mutex_lock(&self->lock);
    Play *play = ensure_play(self, peer, item_id);
    add_span(play, (Span){ first, end });
    guess.is_play = covered(play) >= size_bytes - size_bytes / 100 * (100 - PLAY_PERCENT);
    if (guess.is_play)
        play->n_spans = 0;
    g_mutex_unlock(&self->lock);
    guess.position_ms = guess_position(end, end - first, size_bytes, duration_ms);
    return guess;
}

guint64 hth_play_range_start(const char *range, guint64 size_bytes)
{
    if (range == NULL || !g_str_has_prefix(range, "bytes="))
        return 0;
    range += strlen("bytes=");
    if (*range == '-') {
        const guint64 last = g_ascii_strtoull(range + 1, NULL, 10);
        return last < size_bytes ? size_bytes - last : 0;
    }
    return g_ascii_strtoull(range, NULL, 10);
}
