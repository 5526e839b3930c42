/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record-cache.h"

#include <string.h>

#define SHARD_BITS 6
#define N_SHARDS   (1 << SHARD_BITS)
#define MIN_SLOTS  64

/* What malloc adds to a record. */
#define MALLOC_BYTES 16

typedef struct {
    HthRecord *record; /* NULL: free */
    HthObjectRef ref;
    gboolean is_used; /* looked at since the hand last passed */
} Slot;

/* An open-addressing table with linear probing; removal closes the gap, so there are no
 * tombstones. On a cache line of its own. */
typedef struct {
    _Alignas(64) GMutex lock;
    Slot *slots;
    guint n_slots; /* a power of two */
    guint n_records;
    guint hand;
    gsize size_bytes;
    guint64 sequence; /* of the last change that touched it */
} Shard;

struct HthRecordCache {
    gsize max_shard_bytes;
    Shard shards[N_SHARDS];
};

/* Fibonacci hashing: refs are a kind and a row, neighbours are asked together. */
static guint32 hash(HthObjectRef ref)
{
    return ref * 2654435769u;
}

static Shard *shard_of(HthRecordCache *self, HthObjectRef ref)
{
    return &self->shards[hash(ref) >> (32 - SHARD_BITS)];
}

static guint home_of(const Shard *shard, HthObjectRef ref)
{
    return (hash(ref) >> 3) & (shard->n_slots - 1);
}

static gsize slots_bytes(const Shard *shard)
{
    return shard->n_slots * sizeof(Slot);
}

static gsize cost(const HthRecord *record)
{
    return record->size_bytes + MALLOC_BYTES;
}

HthRecordCache *hth_record_cache_new(gsize max_bytes)
{
    HthRecordCache *self = g_aligned_alloc0(1, sizeof *self, _Alignof(HthRecordCache));
    self->max_shard_bytes = max_bytes / N_SHARDS;
    for (guint i = 0; i < N_SHARDS; i++) {
        Shard *shard = &self->shards[i];
        g_mutex_init(&shard->lock);
        shard->n_slots = MIN_SLOTS;
        shard->slots = g_new0(Slot, shard->n_slots);
    }
    return self;
}

static void clear_shard(Shard *shard)
{
    for (guint i = 0; i < shard->n_slots; i++)
        g_free(shard->slots[i].record);
    memset(shard->slots, 0, slots_bytes(shard));
    shard->n_records = 0;
    shard->size_bytes = 0;
}

void hth_record_cache_free(HthRecordCache *self)
{
    if (self == NULL)
        return;
    for (guint i = 0; i < N_SHARDS; i++) {
        clear_shard(&self->shards[i]);
        g_free(self->shards[i].slots);
        g_mutex_clear(&self->shards[i].lock);
    }
    g_aligned_free(self);
}

/* The slot of @ref, or the free one where it would go: the table is never full. */
static guint find_slot(const Shard *shard, HthObjectRef ref)
{
    guint at = home_of(shard, ref);
    while (shard->slots[at].record != NULL && shard->slots[at].ref != ref)
        at = (at + 1) & (shard->n_slots - 1);
    return at;
}

/* Removes slot @at and moves back what had been pushed past it. */
static void remove_slot(Shard *shard, guint at)
{
    const guint mask = shard->n_slots - 1;
    shard->size_bytes -= cost(shard->slots[at].record);
    shard->n_records--;
    g_free(shard->slots[at].record);
    for (guint next = (at + 1) & mask; shard->slots[next].record != NULL;
         next = (next + 1) & mask) {
        const guint home = home_of(shard, shard->slots[next].ref);
        if (((next - home) & mask) >= ((next - at) & mask)) {
            shard->slots[at] = shard->slots[next];
            at = next;
        }
    }
    shard->slots[at] = (Slot){ 0 };
}

/* The clock: goes round, passes over what was used since, removes the first that was not. */
static void evict_one(Shard *shard)
{
    for (guint turns = 0; turns < 2 * shard->n_slots + 1; turns++) {
        shard->hand = (shard->hand + 1) & (shard->n_slots - 1);
        Slot *slot = &shard->slots[shard->hand];
        if (slot->record == NULL)
            continue;
        if (!slot->is_used) {
            remove_slot(shard, shard->hand);
            return;
        }
        slot->is_used = FALSE;
    }
}

static void grow(Shard *shard)
{
    Slot *old = shard->slots;
    const guint n_old = shard->n_slots;
    shard->n_slots *= 2;
    shard->slots = g_new0(Slot, shard->n_slots);
    for (guint i = 0; i < n_old; i++) {
        if (old[i].record != NULL)
            shard->slots[find_slot(shard, old[i].ref)] = old[i];
    }
    g_free(old);
}

gboolean hth_record_cache_get(HthRecordCache *self, HthObjectRef ref, HthRecordCopy *out_copy)
{
    Shard *shard = shard_of(self, ref);
    g_mutex_lock(&shard->lock);
    Slot *slot = &shard->slots[find_slot(shard, ref)];
    const gboolean is_found = slot->record != NULL;
    if (is_found) {
        slot->is_used = TRUE;
        memcpy(out_copy, slot->record, slot->record->size_bytes);
    }
    g_mutex_unlock(&shard->lock);
    return is_found;
}

/* The line size of every processor that matters here; another costs time only. */
#define CACHE_LINE_BYTES 64
#define RECORD_LINES     4

void hth_record_cache_prefetch(HthRecordCache *self, HthObjectRef ref)
{
    Shard *shard = shard_of(self, ref);
    g_mutex_lock(&shard->lock);
    const char *record = (const char *)shard->slots[find_slot(shard, ref)].record;
    g_mutex_unlock(&shard->lock);
    /* A prefetch of what is freed meanwhile does nothing. */
    for (guint i = 0; record != NULL && i < RECORD_LINES; i++)
        __builtin_prefetch(record + i * CACHE_LINE_BYTES);
}

static gboolean has_room(const HthRecordCache *self, const Shard *shard, const HthRecord *record)
{
    return shard->size_bytes + slots_bytes(shard) + cost(record) <= self->max_shard_bytes;
}

static void insert(HthRecordCache *self, Shard *shard, HthRecord *record)
{
    const guint old = find_slot(shard, record->ref);
    if (shard->slots[old].record != NULL)
        remove_slot(shard, old);
    while (shard->n_records > 0 && !has_room(self, shard, record))
        evict_one(shard);
    if (!has_room(self, shard, record)) {
        g_free(record);
        return;
    }
    if ((shard->n_records + 1) * 8 > shard->n_slots * 7)
        grow(shard);
    shard->slots[find_slot(shard, record->ref)] = (Slot){ .record = record, .ref = record->ref };
    shard->n_records++;
    shard->size_bytes += cost(record);
}

void hth_record_cache_put(HthRecordCache *self, HthRecord *record, guint64 sequence)
{
    if (record->size_bytes > HTH_RECORD_CACHE_MAX_RECORD) {
        g_free(record);
        return;
    }
    Shard *shard = shard_of(self, record->ref);
    g_mutex_lock(&shard->lock);
    if (shard->sequence <= sequence)
        insert(self, shard, record);
    else
        g_free(record);
    g_mutex_unlock(&shard->lock);
}

static void forget_ref(HthRecordCache *self, HthObjectRef ref, guint64 sequence)
{
    Shard *shard = shard_of(self, ref);
    g_mutex_lock(&shard->lock);
    const guint at = find_slot(shard, ref);
    if (shard->slots[at].record != NULL)
        remove_slot(shard, at);
    shard->sequence = MAX(shard->sequence, sequence);
    g_mutex_unlock(&shard->lock);
}

void hth_record_cache_forget(HthRecordCache *self, const HthLibraryChange *change)
{
    for (guint i = 0; !change->is_everything && i < change->n_refs; i++)
        forget_ref(self, change->refs[i], change->sequence);
    for (guint i = 0; change->is_everything && i < N_SHARDS; i++) {
        Shard *shard = &self->shards[i];
        g_mutex_lock(&shard->lock);
        clear_shard(shard);
        shard->sequence = MAX(shard->sequence, change->sequence);
        g_mutex_unlock(&shard->lock);
    }
}

gsize hth_record_cache_size_bytes(HthRecordCache *self)
{
    gsize total = sizeof *self;
    for (guint i = 0; i < N_SHARDS; i++) {
        Shard *shard = &self->shards[i];
        g_mutex_lock(&shard->lock);
        total += shard->size_bytes + slots_bytes(shard);
        g_mutex_unlock(&shard->lock);
    }
    return total;
}
