/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How long the packets of a codec last, as far as a page's granule position can be guessed by it.
 *
 * A wrong guess costs a few bytes in a page table; it must only be the same guess everywhere.
 */
#pragma once

#include "base/wire.h"

G_BEGIN_DECLS

/* Written into recipes: new ones go to the end. */
typedef enum {
    HTH_OGG_OTHER, /* no time passes: positions are said in full */
    HTH_OGG_VORBIS,
    HTH_OGG_OPUS,
    HTH_OGG_FLAC,
    HTH_N_OGG_CODECS,
} HthOggCodec;

typedef struct {
    HthOggCodec codec;
    guint8 block_log[2];  /* Vorbis: of the short and the long block */
    guint8 n_modes;       /* Vorbis: 1 to 64 */
    guint64 mode_is_long; /* Vorbis: a bit a mode */
} HthOggTiming;

/* Vorbis' first and third header packet. FALSE: they make no sense. */
gboolean hth_ogg_timing_set_vorbis(HthOggTiming *self, const guint8 *identification, gsize n_id,
                                   const guint8 *setup, gsize n_setup);

void hth_ogg_timing_write(const HthOggTiming *self, GByteArray *to);
gboolean hth_ogg_timing_read(HthOggTiming *self, HthWireReader *reader);

/* The samples of the packet that begins with the @n bytes at @bytes; for Vorbis those of its block
 * (what it adds depends on the one before). */
guint hth_ogg_timing_samples(const HthOggTiming *self, const guint8 *bytes, gsize n);

G_END_DECLS
