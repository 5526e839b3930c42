/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Walks the four sample tables of a track in step. */
#include "media/mp4-samples.h"

#include <string.h>

struct HthMp4Samples {
    HthMp4Table sizes;
    HthMp4Table chunks;
    HthMp4Table runs;       /* stsc: first chunk, samples in each, description */
    guint32 uniform_size;   /* not 0: every sample's, and there is no table */
    guint32 size_bits;      /* of one entry: 4, 8, 16, 32 */
    guint32 pending_nibble; /* the second 4-bit entry of a byte, + 1; 0: none */
    guint32 chunk_width;    /* 4 for stco, 8 for co64 */
    guint64 sizes_offset;   /* of the table */
    guint32 n_samples;
    guint32 samples_left;
    guint32 chunks_left;
    guint32 chunk_number; /* of the chunk in hand, from 1 */
    guint32 runs_left;
    guint32 next_run_chunk; /* where the run after this one starts; 0: never */
    guint32 next_run_samples;
    guint32 samples_a_chunk;
    guint32 chunk_samples_left;
    guint64 offset;
};

/* Opens the full box @type: *@out_count is its count, checked against @entry_bytes for each. */
static gboolean open_table(HthMp4Table *table, HthByteSource *source, const HthMp4Box *stbl,
                           guint32 type, guint entry_bytes, guint32 *out_count)
{
    HthMp4Box box;
    if (!hth_mp4_box_find(source, hth_mp4_box_body(stbl), stbl->end, type, &box))
        return FALSE;
    hth_mp4_table_init(table, source, hth_mp4_box_body(&box), box.end);
    hth_mp4_table_skip(table, 4); /* version and flags */
    *out_count = (guint32)hth_mp4_table_next(table, 4);
    return !table->has_failed && *out_count <= (box.end - table->position) / entry_bytes;
}

static gboolean open_sizes(HthMp4Samples *self, HthByteSource *source, const HthMp4Box *stbl)
{
    HthMp4Box box;
    const guint64 body = hth_mp4_box_body(stbl);
    const gboolean is_compact =
        !hth_mp4_box_find(source, body, stbl->end, HTH_MP4_TYPE('s', 't', 's', 'z'), &box);
    if (is_compact &&
        !hth_mp4_box_find(source, body, stbl->end, HTH_MP4_TYPE('s', 't', 'z', '2'), &box))
        return FALSE;

    HthMp4Table *table = &self->sizes;
    hth_mp4_table_init(table, source, hth_mp4_box_body(&box), box.end);
    hth_mp4_table_skip(table, 4);
    const guint32 word = (guint32)hth_mp4_table_next(table, 4);
    self->n_samples = (guint32)hth_mp4_table_next(table, 4);
    self->samples_left = self->n_samples;
    self->sizes_offset = table->position;
    self->size_bits = is_compact ? word & 0xff : 32;
    self->uniform_size = is_compact ? 0 : word;
    if (self->uniform_size != 0)
        return !table->has_failed;
    return !table->has_failed &&
           (self->size_bits == 4 || self->size_bits == 8 || self->size_bits == 16 ||
            self->size_bits == 32) &&
           ((guint64)self->samples_left * self->size_bits + 7) / 8 <= box.end - table->position;
}

static gboolean open_chunks(HthMp4Samples *self, HthByteSource *source, const HthMp4Box *stbl)
{
    self->chunk_width = 4;
    if (open_table(&self->chunks, source, stbl, HTH_MP4_TYPE('s', 't', 'c', 'o'), 4,
                   &self->chunks_left))
        return TRUE;
    self->chunk_width = 8;
    return open_table(&self->chunks, source, stbl, HTH_MP4_TYPE('c', 'o', '6', '4'), 8,
                      &self->chunks_left);
}

static void load_next_run(HthMp4Samples *self)
{
    if (self->runs_left == 0) {
        self->next_run_chunk = 0;
        return;
    }
    self->runs_left--;
    self->next_run_chunk = (guint32)hth_mp4_table_next(&self->runs, 4);
    self->next_run_samples = (guint32)hth_mp4_table_next(&self->runs, 4);
    hth_mp4_table_skip(&self->runs, 4);
}

HthMp4Samples *hth_mp4_samples_new(HthByteSource *source, const HthMp4Box *stbl)
{
    g_autoptr(HthMp4Samples) self = g_new0(HthMp4Samples, 1);
    if (!open_sizes(self, source, stbl) || !open_chunks(self, source, stbl) ||
        !open_table(&self->runs, source, stbl, HTH_MP4_TYPE('s', 't', 's', 'c'), 12,
                    &self->runs_left))
        return NULL;
    load_next_run(self);
    return g_steal_pointer(&self);
}

void hth_mp4_samples_free(HthMp4Samples *self)
{
    g_free(self);
}

static guint32 next_size(HthMp4Samples *self)
{
    if (self->uniform_size != 0)
        return self->uniform_size;
    if (self->size_bits != 4)
        return (guint32)hth_mp4_table_next(&self->sizes, self->size_bits / 8);
    if (self->pending_nibble != 0) {
        const guint32 size = self->pending_nibble - 1;
        self->pending_nibble = 0;
        return size;
    }
    const guint32 pair = (guint32)hth_mp4_table_next(&self->sizes, 1);
    self->pending_nibble = (pair & 15) + 1;
    return pair >> 4;
}

static gboolean enter_next_chunk(HthMp4Samples *self)
{
    if (self->chunks_left == 0)
        return FALSE;
    self->chunks_left--;
    self->chunk_number++;
    if (self->chunk_number == self->next_run_chunk) {
        self->samples_a_chunk = self->next_run_samples;
        load_next_run(self);
    }
    self->offset = hth_mp4_table_next(&self->chunks, self->chunk_width);
    self->chunk_samples_left = self->samples_a_chunk;
    return !self->chunks.has_failed && !self->runs.has_failed;
}

gboolean hth_mp4_samples_are_pcm(const HthMp4Samples *self)
{
    return self->uniform_size != 0 && self->uniform_size <= HTH_MP4_PCM_BYTES_MAX;
}

gboolean hth_mp4_samples_size_table(const HthMp4Samples *self, guint64 *out_offset,
                                    guint64 *out_length)
{
    if (self->uniform_size != 0 || self->size_bits != 32)
        return FALSE;
    *out_offset = self->sizes_offset;
    *out_length = (guint64)self->n_samples * 4;
    return TRUE;
}

/* How many samples the next step takes: one, or for PCM the chunk's, as far as 32 bits count. */
static guint32 samples_a_step(const HthMp4Samples *self)
{
    if (!hth_mp4_samples_are_pcm(self))
        return 1;
    return MIN(MIN(self->chunk_samples_left, self->samples_left),
               G_MAXUINT32 / HTH_MP4_PCM_BYTES_MAX);
}

HthMp4SampleResult hth_mp4_samples_next(HthMp4Samples *self, guint64 *out_offset,
                                        guint32 *out_size_bytes)
{
    if (self->samples_left == 0)
        return HTH_MP4_SAMPLES_END;
    while (self->chunk_samples_left == 0)
        if (!enter_next_chunk(self))
            return HTH_MP4_SAMPLES_BROKEN;

    const guint32 n_samples = samples_a_step(self);
    const guint32 size = next_size(self) * n_samples;
    if (self->sizes.has_failed || self->offset > G_MAXUINT64 - size)
        return HTH_MP4_SAMPLES_BROKEN;
    *out_offset = self->offset;
    *out_size_bytes = size;
    self->offset += size;
    self->samples_left -= n_samples;
    self->chunk_samples_left -= n_samples;
    return HTH_MP4_SAMPLE;
}
