/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media-maker.h"

#include <string.h>

#include "chance.h"

#define MP3_FRAME_BYTES  417 /* 128 kbit/s at 44.1 kHz, without the padding byte */
#define OPUS_PACKET_MAX  300
#define OGG_SEGMENTS_MAX 255
#define OGG_SERIAL       0x68746873

const char *const media_extensions[N_MEDIA_KINDS] = {
    [MEDIA_MP3] = "mp3",
    [MEDIA_FLAC] = "flac",
    [MEDIA_OGG] = "opus",
};

static void add(GByteArray *to, gconstpointer bytes, gsize size)
{
    if (size > 0)
        g_byte_array_append(to, bytes, (guint)size);
}

static void add_big(GByteArray *to, guint64 value, guint n_bytes)
{
    for (guint i = n_bytes; i-- > 0;)
        add(to, &(guint8){ (guint8)(value >> (8 * i)) }, 1);
}

static void add_little(GByteArray *to, guint64 value, guint n_bytes)
{
    for (guint i = 0; i < n_bytes; i++)
        add(to, &(guint8){ (guint8)(value >> (8 * i)) }, 1);
}

static void add_chance(GByteArray *to, Chance *chance, gsize size)
{
    const guint start = to->len;
    g_byte_array_set_size(to, (guint)(start + size));
    chance_fill(chance, to->data + start, size);
}

static void add_zeros(GByteArray *to, gsize size)
{
    const guint start = to->len;
    g_byte_array_set_size(to, (guint)(start + size));
    if (size > 0)
        memset(to->data + start, 0, size);
}

/* ---- MP3: an ID3v2.4 tag and frames ---- */

static void add_synchsafe(GByteArray *to, guint32 value)
{
    for (guint i = 4; i-- > 0;)
        add(to, &(guint8){ (value >> (7 * i)) & 0x7f }, 1);
}

static void add_text_frame(GByteArray *to, const char *id, const char *text)
{
    add(to, id, 4);
    add_synchsafe(to, (guint32)strlen(text) + 1);
    add_big(to, 0, 2);
    add(to, "\x03", 1); /* UTF-8 */
    add(to, text, strlen(text));
}

static void add_id3(GByteArray *to, const MediaTags *tags)
{
    g_autoptr(GByteArray) frames = g_byte_array_new();
    add_text_frame(frames, "TIT2", tags->title);
    add_text_frame(frames, "TPE1", tags->artist);
    add_text_frame(frames, "TALB", tags->album);
    if (tags->picture != NULL) {
        static const char head[] = "\x00image/png\x00\x03"; /* Latin-1, cover; the end: no text */
        add(frames, "APIC", 4);
        add_synchsafe(frames, (guint32)(sizeof head + g_bytes_get_size(tags->picture)));
        add_big(frames, 0, 2);
        add(frames, head, sizeof head);
        add(frames, g_bytes_get_data(tags->picture, NULL), g_bytes_get_size(tags->picture));
    }
    add_zeros(frames, tags->padding);
    add(to, "ID3\x04\x00\x00", 6);
    add_synchsafe(to, frames->len);
    add(to, frames->data, frames->len);
}

static void make_mp3(GByteArray *to, const MediaTags *tags, Chance *chance, guint size)
{
    add_id3(to, tags);
    for (guint i = 0; i < size / MP3_FRAME_BYTES + 2; i++) {
        add(to, "\xff\xfb\x90\x64", 4);
        add_chance(to, chance, MP3_FRAME_BYTES - 4);
    }
}

/* ---- Vorbis comments and pictures, of FLAC and of Ogg ---- */

static void add_comment(GByteArray *to, const char *name, const char *value)
{
    add_little(to, strlen(name) + 1 + strlen(value), 4);
    add(to, name, strlen(name));
    add(to, "=", 1);
    add(to, value, strlen(value));
}

static void add_comments(GByteArray *to, const MediaTags *tags, const char *picture)
{
    static const char vendor[] = "hearth simulation";
    add_little(to, strlen(vendor), 4);
    add(to, vendor, strlen(vendor));
    add_little(to, picture != NULL ? 4 : 3, 4);
    add_comment(to, "TITLE", tags->title);
    add_comment(to, "ARTIST", tags->artist);
    add_comment(to, "ALBUM", tags->album);
    if (picture != NULL)
        add_comment(to, "METADATA_BLOCK_PICTURE", picture);
}

static void add_picture_block(GByteArray *to, GBytes *picture)
{
    static const char type[] = "image/png";
    add_big(to, 3, 4);
    add_big(to, strlen(type), 4);
    add(to, type, strlen(type));
    add_big(to, 0, 4); /* no description */
    add_zeros(to, 16); /* width, height, depth, colours: not said */
    add_big(to, g_bytes_get_size(picture), 4);
    add(to, g_bytes_get_data(picture, NULL), g_bytes_get_size(picture));
}

/* ---- FLAC ---- */

static void add_flac_block(GByteArray *to, guint8 type, const GByteArray *body)
{
    add(to, &type, 1);
    add_big(to, body->len, 3);
    add(to, body->data, body->len);
}

static void make_flac(GByteArray *to, const MediaTags *tags, Chance *chance, guint size)
{
    g_autoptr(GByteArray) info = g_byte_array_new();
    add_big(info, 4096, 2);
    add_big(info, 4096, 2);
    add_zeros(info, 6);
    /* 44,100 Hz, 2 channels, 16 bits, 2^20 samples */
    add_big(info, G_GUINT64_CONSTANT(44100) << 44 | 1ULL << 41 | 15ULL << 36 | 1 << 20, 8);
    add_chance(info, chance, 16); /* MD5 */
    g_autoptr(GByteArray) comments = g_byte_array_new();
    add_comments(comments, tags, NULL);
    g_autoptr(GByteArray) padding = g_byte_array_new();
    add_zeros(padding, tags->padding);

    add(to, "fLaC", 4);
    add_flac_block(to, 0, info);
    add_flac_block(to, 4, comments);
    if (tags->picture != NULL) {
        g_autoptr(GByteArray) picture = g_byte_array_new();
        add_picture_block(picture, tags->picture);
        add_flac_block(to, 6, picture);
    }
    add_flac_block(to, 1 | 0x80, padding);
    add(to, "\xff\xf8\xc9\x18\x00", 5);
    add_chance(to, chance, size + 64);
}

/* ---- Ogg ---- */

typedef struct {
    GByteArray *to;
    guint32 sequence;
    guint64 granule;
} Ogg;

static guint32 ogg_sum(const guint8 *bytes, gsize size)
{
    guint32 sum = 0;
    for (gsize i = 0; i < size; i++) {
        sum ^= (guint32)bytes[i] << 24;
        for (guint bit = 0; bit < 8; bit++)
            sum = (sum & 0x80000000) != 0 ? sum << 1 ^ 0x04c11db7 : sum << 1;
    }
    return sum;
}

/* A page with the packets' next bytes; @lacing says how they are cut. */
static void add_page(Ogg *ogg, guint8 flags, guint64 granule, const GByteArray *lacing,
                     const guint8 *body, gsize size)
{
    const guint start = ogg->to->len;
    add(ogg->to, "OggS\x00", 5);
    add(ogg->to, &flags, 1);
    add_little(ogg->to, granule, 8);
    add_little(ogg->to, OGG_SERIAL, 4);
    add_little(ogg->to, ogg->sequence++, 4);
    add_little(ogg->to, 0, 4);
    add(ogg->to, &(guint8){ (guint8)lacing->len }, 1);
    add(ogg->to, lacing->data, lacing->len);
    add(ogg->to, body, size);
    guint8 *page = ogg->to->data + start;
    const guint32 sum = GUINT32_TO_LE(ogg_sum(page, ogg->to->len - start));
    memcpy(page + 22, &sum, sizeof sum);
}

/* One packet on pages of its own. */
static void add_packet_pages(Ogg *ogg, guint8 flags, const GByteArray *packet)
{
    gsize done = 0;
    gboolean is_complete = FALSE;
    while (!is_complete) {
        g_autoptr(GByteArray) lacing = g_byte_array_new();
        const gsize start = done;
        while (lacing->len < OGG_SEGMENTS_MAX && !is_complete) {
            const guint8 n = (guint8)MIN(255, packet->len - done);
            add(lacing, &n, 1);
            done += n;
            is_complete = n < 255;
        }
        add_page(ogg, start > 0 ? flags | 1 : flags, is_complete ? 0 : G_MAXUINT64, lacing,
                 packet->data + start, done - start);
    }
}

/* A page of some packets of chance. */
static void add_audio_page(Ogg *ogg, Chance *chance, gboolean is_last)
{
    g_autoptr(GByteArray) lacing = g_byte_array_new();
    g_autoptr(GByteArray) body = g_byte_array_new();
    for (guint i = 0; i < 10; i++) {
        const guint size = 20 + (guint)chance_below(chance, OPUS_PACKET_MAX - 20);
        add(body, "\xfc", 1); /* 20 ms, stereo, one frame */
        add_chance(body, chance, size - 1);
        if (size >= 255)
            add(lacing, "\xff", 1);
        add(lacing, &(guint8){ (guint8)(size >= 255 ? size - 255 : size) }, 1);
        ogg->granule += 960;
    }
    add_page(ogg, is_last ? 4 : 0, ogg->granule, lacing, body->data, body->len);
}

static void make_ogg(GByteArray *to, const MediaTags *tags, Chance *chance, guint size)
{
    Ogg ogg = { .to = to };
    g_autoptr(GByteArray) head = g_byte_array_new();
    add(head, "OpusHead\x01\x02", 10);
    add_little(head, 312, 2);
    add_little(head, 48000, 4);
    add_zeros(head, 3);
    add_packet_pages(&ogg, 2, head);

    g_autofree char *picture = NULL;
    if (tags->picture != NULL) {
        g_autoptr(GByteArray) block = g_byte_array_new();
        add_picture_block(block, tags->picture);
        picture = g_base64_encode(block->data, block->len);
    }
    g_autoptr(GByteArray) comments = g_byte_array_new();
    add(comments, "OpusTags", 8);
    add_comments(comments, tags, picture);
    add_zeros(comments, tags->padding);
    add_packet_pages(&ogg, 0, comments);
    const guint end = to->len + size;
    while (to->len < end)
        add_audio_page(&ogg, chance, FALSE);
    add_audio_page(&ogg, chance, TRUE);
}

GBytes *media_make(MediaKind kind, const MediaTags *tags, guint64 payload, guint size)
{
    GByteArray *bytes = g_byte_array_new();
    Chance chance = { payload };
    switch (kind) {
    case MEDIA_MP3:
        make_mp3(bytes, tags, &chance, size);
        break;
    case MEDIA_FLAC:
        make_flac(bytes, tags, &chance, size);
        break;
    case MEDIA_OGG:
    case N_MEDIA_KINDS:
        make_ogg(bytes, tags, &chance, size);
        break;
    }
    return g_byte_array_free_to_bytes(bytes);
}
