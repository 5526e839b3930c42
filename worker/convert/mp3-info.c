/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mp3-info.h"

#include <string.h>
#include <unistd.h>

#include "../bytes.h"
#include "base/error.h"

#define SAMPLES_A_FRAME 1152
/* LAME's own delay; decoders add theirs of 529. */
#define ENCODER_DELAY 576
#define INFO_BYTES    156 /* from "Info" to the checksum, whole */
#define WINDOW_BYTES  (64 * 1024)

typedef struct {
    guint8 first[4]; /* the header of the first frame */
    guint n_frames;
    gsize smallest; /* bytes of a frame without padding */
} Frames;

/* The size of an MPEG-1 layer III frame, which is all that the profiles make; 0: it is none. */
static gsize frame_size(const guint8 *at)
{
    static const guint16 kbps[16] = { 0,   32,  40,  48,  56,  64,  80,  96,
                                      112, 128, 160, 192, 224, 256, 320, 0 };
    static const guint16 rates[4] = { 44100, 48000, 32000, 0 };
    const guint rate = rates[at[2] >> 2 & 3];
    if (at[0] != 0xff || (at[1] & 0xfe) != 0xfa || rate == 0)
        return 0;
    const gsize bytes = (gsize)kbps[at[2] >> 4] * 1000 * 144 / rate;
    return bytes != 0 ? bytes + (at[2] >> 1 & 1) : 0;
}

static gboolean count_frames(int fd, guint64 at, guint64 end, Frames *out)
{
    g_autofree guint8 *window = g_malloc(WINDOW_BYTES);
    guint64 window_at = 0;
    gsize window_bytes = 0;
    while (at + 4 <= end) {
        if (at < window_at || at + 4 > window_at + window_bytes) {
            const gssize n = pread(fd, window, WINDOW_BYTES, (off_t)at);
            if (n < 4)
                return FALSE;
            window_at = at;
            window_bytes = (gsize)n;
        }
        const guint8 *header = window + (at - window_at);
        const gsize size = frame_size(header);
        if (size == 0)
            return FALSE;
        if (out->n_frames++ == 0) {
            memcpy(out->first, header, 4);
            out->first[2] &= (guint8)~2; /* no padding */
            out->smallest = frame_size(out->first);
        }
        at += size;
    }
    return at == end && out->n_frames > 0;
}

/* The checksum at the end of LAME's part: CRC-16 with polynomial 0x8005, reflected. */
static guint crc16(const guint8 *bytes, gsize n)
{
    guint crc = 0;
    for (gsize i = 0; i < n; i++) {
        crc ^= bytes[i];
        for (guint bit = 0; bit < 8; bit++)
            crc = (crc & 1) != 0 ? crc >> 1 ^ 0xa001 : crc >> 1;
    }
    return crc;
}

static void put_be32(guint8 *at, guint32 value)
{
    const guint32 big = GUINT32_TO_BE(value);
    memcpy(at, &big, sizeof big);
}

/* @at: of "Info". */
static void fill_info(guint8 *at, const Frames *frames, guint32 n_bytes, guint64 n_samples)
{
    memcpy(at, "Info\0\0\0\x0f", 8); /* frames, bytes, table, quality follow */
    put_be32(at + 8, frames->n_frames);
    put_be32(at + 12, n_bytes);
    for (guint i = 0; i < 100; i++)
        at[16 + i] = (guint8)(i * 256 / 100); /* constant bit rate: a straight line */
    memcpy(at + 120, "LAME3.100", 9);
    at[129] = 0x01; /* constant bit rate */
    const guint64 all = (guint64)frames->n_frames * SAMPLES_A_FRAME;
    const guint64 spare = all > n_samples + ENCODER_DELAY ? all - n_samples - ENCODER_DELAY : 0;
    const guint padding = (guint)MIN(spare, 4095);
    at[141] = ENCODER_DELAY >> 4;
    at[142] = (guint8)((ENCODER_DELAY & 15) << 4 | padding >> 8);
    at[143] = (guint8)padding;
    put_be32(at + 148, n_bytes);
}

guint64 hth_mp3_info_write(int fd, guint64 first_byte, guint64 end, guint64 n_samples,
                           GError **error)
{
    guint8 frame[HTH_MP3_INFO_MAX] = { 0 };
    Frames frames = { .n_frames = 0 };
    if (!count_frames(fd, first_byte, end, &frames) || frames.smallest > sizeof frame) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_CORRUPT, "the encoder wrote no MP3 frames");
        return 0;
    }
    const gboolean is_mono = frames.first[3] >> 6 == 3;
    const gsize info_at = 4 + (is_mono ? 17 : 32);
    memcpy(frame, frames.first, 4);
    fill_info(frame + info_at, &frames, (guint32)(end - first_byte + frames.smallest), n_samples);
    const gsize crc_at = info_at + INFO_BYTES - 2;
    const guint crc = crc16(frame, crc_at);
    frame[crc_at] = (guint8)(crc >> 8);
    frame[crc_at + 1] = (guint8)crc;
    const guint64 at = first_byte - frames.smallest;
    if (pwrite(fd, frame, frames.smallest, (off_t)at) != (gssize)frames.smallest) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_FAILED, "the file can't be written");
        return 0;
    }
    return at;
}
