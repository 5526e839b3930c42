/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/chunker.h"

#define CHUNKS_MAX         16384
#define AVERAGE_BYTES      (256 * 1024)
#define NORMALISATION_BITS 2

/* Part of cutter 1: another seed would cut every file elsewhere. */
#define GEAR_SEED 0x6865617274682031ULL /* "hearth 1" */

struct HthChunker {
    HthCutter cutter;
    guint64 mask_before; /* of the average */
    guint64 mask_behind;
    guint64 gear[256];
};

static HthCutter cutter_of_average(guint32 average_bytes)
{
    return (HthCutter){
        .id = HTH_CUTTER_FASTCDC,
        .min_bytes = average_bytes / 4,
        .average_bytes = average_bytes,
        .max_bytes = average_bytes * 4,
    };
}

HthCutter hth_cutter_for_size(guint64 size_bytes)
{
    guint32 average = AVERAGE_BYTES;
    while (size_bytes / average > CHUNKS_MAX && average < HTH_CUTTER_BYTES_MAX / 4)
        average *= 2;
    return cutter_of_average(average);
}

gboolean hth_cutter_is_valid(const HthCutter *cutter)
{
    const guint32 average = cutter->average_bytes;
    return cutter->id == HTH_CUTTER_FASTCDC && average >= 1024 && (average & (average - 1)) == 0 &&
           cutter->min_bytes >= 64 && cutter->min_bytes <= average &&
           cutter->max_bytes >= average && cutter->max_bytes <= HTH_CUTTER_BYTES_MAX;
}

/* SplitMix64 (Steele et al.): any seed gives a table without a pattern. */
static guint64 next_random(guint64 *state)
{
    guint64 z = *state += 0x9e3779b97f4a7c15ULL;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ z >> 27) * 0x94d049bb133111ebULL;
    return z ^ z >> 31;
}

static guint64 high_bits(guint n)
{
    return ~0ULL << (64 - n);
}

HthChunker *hth_chunker_new(const HthCutter *cutter)
{
    g_return_val_if_fail(hth_cutter_is_valid(cutter), NULL);
    HthChunker *self = g_new(HthChunker, 1);
    const guint bits = g_bit_storage(cutter->average_bytes) - 1;
    self->cutter = *cutter;
    self->mask_before = high_bits(bits + NORMALISATION_BITS);
    self->mask_behind = high_bits(bits - NORMALISATION_BITS);
    guint64 state = GEAR_SEED;
    for (guint i = 0; i < G_N_ELEMENTS(self->gear); i++)
        self->gear[i] = next_random(&state);
    return self;
}

void hth_chunker_free(HthChunker *self)
{
    g_free(self);
}

/* Rolls from *@at to @end. Returns: TRUE with *@at behind the byte that ends a chunk. */
static gboolean roll(const HthChunker *self, const guint8 *bytes, gsize *at, gsize end,
                     guint64 mask, guint64 *hash)
{
    guint64 h = *hash;
    for (gsize i = *at; i < end; i++) {
        h = (h << 1) + self->gear[bytes[i]];
        if ((h & mask) == 0) {
            *at = i + 1;
            return TRUE;
        }
    }
    *at = MAX(*at, end);
    *hash = h;
    return FALSE;
}

gsize hth_chunker_cut(const HthChunker *self, const guint8 *bytes, gsize n)
{
    if (n <= self->cutter.min_bytes)
        return n;
    guint64 hash = 0;
    gsize at = self->cutter.min_bytes;
    if (!roll(self, bytes, &at, MIN(n, self->cutter.average_bytes), self->mask_before, &hash))
        (void)roll(self, bytes, &at, MIN(n, self->cutter.max_bytes), self->mask_behind, &hash);
    return at;
}
