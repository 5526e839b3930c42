/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/ogg-timing.h"

#include <string.h>

#define MODES_MAX 64
/* A mode as setup headers end with it: block flag, window type, transform type, mapping. */
#define MODE_BITS 41

/* ---- Vorbis ---- */

/* Bits from the end of a setup header to its beginning. */
typedef struct {
    const guint8 *bytes;
    gsize n_left;
} BitsBack;

static guint take_bits(BitsBack *self, guint n)
{
    guint value = 0;
    for (; n > 0 && self->n_left > 0; n--) {
        self->n_left--;
        value = value << 1 | (self->bytes[self->n_left / 8] >> (self->n_left % 8) & 1);
    }
    return value;
}

/* The modes stand at the very end, behind their count, and can only be found from there: in front
 * is what would have to be parsed in full. As FFmpeg and vorbiscomment's library do. Returns: the
 * count; 0: none is found. */
static guint count_modes(BitsBack bits)
{
    guint found = 0;
    for (guint n = 1; n <= MODES_MAX && bits.n_left >= MODE_BITS + 6; n++) {
        if (take_bits(&bits, 8) > 63 || take_bits(&bits, 16) != 0 || take_bits(&bits, 16) != 0)
            break;
        (void)take_bits(&bits, 1);
        BitsBack ahead = bits;
        if (take_bits(&ahead, 6) + 1 == n)
            found = n;
    }
    return found;
}

gboolean hth_ogg_timing_set_vorbis(HthOggTiming *self, const guint8 *identification, gsize n_id,
                                   const guint8 *setup, gsize n_setup)
{
    if (n_id < 30 || n_setup < 16)
        return FALSE;
    BitsBack bits = { .bytes = setup, .n_left = n_setup * 8 };
    while (bits.n_left > 0 && take_bits(&bits, 1) == 0) /* up to the framing bit */
        ;
    const guint n_modes = count_modes(bits);
    if (n_modes == 0)
        return FALSE;
    *self = (HthOggTiming){ .codec = HTH_OGG_VORBIS, .n_modes = (guint8)n_modes };
    self->block_log[0] = identification[28] & 15;
    self->block_log[1] = identification[28] >> 4;
    for (guint i = n_modes; i-- > 0;) {
        (void)take_bits(&bits, MODE_BITS - 1);
        self->mode_is_long |= (guint64)take_bits(&bits, 1) << i;
    }
    return TRUE;
}

static guint vorbis_samples(const HthOggTiming *self, const guint8 *bytes, gsize n)
{
    if (n == 0 || (bytes[0] & 1) != 0)
        return 0; /* a header */
    const guint mode_bits = self->n_modes > 1 ? g_bit_storage(self->n_modes - 1U) : 0;
    const guint mode = bytes[0] >> 1 & ((1U << mode_bits) - 1);
    return 1U << self->block_log[self->mode_is_long >> (mode & 63) & 1];
}

/* ---- Opus (RFC 6716, section 3.1) ---- */

static guint opus_samples(const guint8 *bytes, gsize n)
{
    static const guint16 silk[4] = { 480, 960, 1920, 2880 };
    if (n == 0)
        return 0;
    const guint config = bytes[0] >> 3;
    guint samples;
    if (config < 12)
        samples = silk[config & 3];
    else if (config < 16)
        samples = 480U << (config & 1);
    else
        samples = 120U << (config & 3);
    switch (bytes[0] & 3) {
    case 0:
        return samples;
    case 3:
        return n > 1 ? samples * (bytes[1] & 63U) : 0;
    default:
        return samples * 2;
    }
}

/* ---- FLAC (RFC 9639, section 9.1) ---- */

static guint flac_samples(const guint8 *bytes, gsize n)
{
    if (n < 6 || bytes[0] != 0xff || (bytes[1] & 0xfc) != 0xf8)
        return 0;
    const guint code = bytes[2] >> 4;
    /* The frame's number, as long as UTF-8 would be. */
    gsize at = 5;
    for (guint8 lead = bytes[4]; (lead & 0xc0) == 0xc0; lead = (guint8)(lead << 1))
        at++;
    if (code == 1)
        return 192;
    if (code >= 2 && code <= 5)
        return 576U << (code - 2);
    if (code == 6)
        return at < n ? bytes[at] + 1U : 0;
    if (code == 7)
        return at + 1 < n ? (bytes[at] * 256U + bytes[at + 1]) + 1U : 0;
    return code >= 8 ? 256U << (code - 8) : 0;
}

guint hth_ogg_timing_samples(const HthOggTiming *self, const guint8 *bytes, gsize n)
{
    switch (self->codec) {
    case HTH_OGG_VORBIS:
        return vorbis_samples(self, bytes, n);
    case HTH_OGG_OPUS:
        return opus_samples(bytes, n);
    case HTH_OGG_FLAC:
        return flac_samples(bytes, n);
    default:
        return 0;
    }
}

/* ---- On the wire ---- */

void hth_ogg_timing_write(const HthOggTiming *self, GByteArray *to)
{
    hth_wire_write_u8(to, (guint8)self->codec);
    if (self->codec != HTH_OGG_VORBIS)
        return;
    hth_wire_write_u8(to, self->block_log[0]);
    hth_wire_write_u8(to, self->block_log[1]);
    hth_wire_write_u8(to, self->n_modes);
    hth_wire_write_varint(to, self->mode_is_long);
}

gboolean hth_ogg_timing_read(HthOggTiming *self, HthWireReader *reader)
{
    *self = (HthOggTiming){ .codec = hth_wire_read_u8(reader) };
    if (self->codec == HTH_OGG_VORBIS) {
        self->block_log[0] = hth_wire_read_u8(reader);
        self->block_log[1] = hth_wire_read_u8(reader);
        self->n_modes = hth_wire_read_u8(reader);
        self->mode_is_long = hth_wire_read_varint(reader);
    }
    return !reader->has_failed && (guint)self->codec < HTH_N_OGG_CODECS &&
           self->block_log[0] < 16 && self->block_log[1] < 16 && self->n_modes <= MODES_MAX;
}
