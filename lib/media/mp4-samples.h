/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The samples (packets) of one track of an MP4 file, one after the other, out of its sample table:
 * stsz or stz2 for lengths, stsc and stco or co64 for places.
 *
 * A table that contradicts itself ends the samples with an error. Places are not checked against
 * the file here: whoever reads the sample does that.
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include "media/mp4-box.h"

G_BEGIN_DECLS

/* Samples that are all as short as this are single PCM values: see below. */
#define HTH_MP4_PCM_BYTES_MAX 32

typedef struct HthMp4Samples HthMp4Samples;

typedef enum {
    HTH_MP4_SAMPLE,
    HTH_MP4_SAMPLES_END,
    HTH_MP4_SAMPLES_BROKEN,
} HthMp4SampleResult;

/* @stbl: the track's sample table box. Returns: NULL when a table is missing or its counts do not
 * fit its box. Borrows @source for its life. */
HthMp4Samples *hth_mp4_samples_new(HthByteSource *source, const HthMp4Box *stbl);
void hth_mp4_samples_free(HthMp4Samples *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthMp4Samples, hth_mp4_samples_free)

/* TRUE for PCM, whose "samples" are a few bytes each, millions of them: next() then gives all those
 * of a chunk as one. */
gboolean hth_mp4_samples_are_pcm(const HthMp4Samples *self);

/* Where the lengths lie, all of them and 32 bits each; FALSE: they are told in another way. */
gboolean hth_mp4_samples_size_table(const HthMp4Samples *self, guint64 *out_offset,
                                    guint64 *out_length);

/* Goes to the next sample: its place in the file and its length. */
HthMp4SampleResult hth_mp4_samples_next(HthMp4Samples *self, guint64 *out_offset,
                                        guint32 *out_size_bytes);

G_END_DECLS
