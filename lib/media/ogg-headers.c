/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/ogg-headers.h"

#include <string.h>

/* Of one header packet that is looked into; one that is larger is taken as it is. */
#define PACKET_MAX    (24 * 1024 * 1024)
#define FRAGMENTS_MAX 4096
#define ID_MAX        64

/* Which bytes of the packet in hand are where in the file. */
typedef struct {
    gsize at; /* in the packet */
    gsize length;
    guint64 offset; /* in the file */
} Fragment;

typedef enum { KIND_OTHER, KIND_VORBIS, KIND_OPUS, KIND_FLAC, KIND_THEORA } Kind;

struct HthOggHeaders {
    guint32 serial;
    Kind kind;
    HthOggTiming timing;
    guint n_packets; /* complete ones */
    gboolean is_done;
    gboolean is_too_large;
    GByteArray *packet;
    GArray *fragments;
    GByteArray *id; /* the first packet */
};

HthOggHeaders *hth_ogg_headers_new(guint32 serial)
{
    HthOggHeaders *self = g_new0(HthOggHeaders, 1);
    self->serial = serial;
    self->packet = g_byte_array_new();
    self->fragments = g_array_new(FALSE, FALSE, sizeof(Fragment));
    self->id = g_byte_array_new();
    return self;
}

void hth_ogg_headers_free(HthOggHeaders *self)
{
    if (self == NULL)
        return;
    g_byte_array_unref(self->packet);
    g_array_unref(self->fragments);
    g_byte_array_unref(self->id);
    g_free(self);
}

guint32 hth_ogg_headers_serial(const HthOggHeaders *self)
{
    return self->serial;
}

gboolean hth_ogg_headers_want(HthOggHeaders *self, const HthOggPage *page, const guint8 *body)
{
    const gboolean is_in_packet = self->fragments->len > 0;
    /* A stream whose beginning is not in the file has no headers to wait for. */
    if (self->n_packets == 0 && !is_in_packet && (page->flags & HTH_OGG_BEGINS) == 0)
        self->is_done = TRUE;
    /* TagLib takes the mark of the last block off FLAC's comments: what begins like a frame is. */
    if (self->kind == KIND_FLAC && !is_in_packet && page->body_bytes > 0 && body[0] == 0xff)
        self->is_done = TRUE;
    return !self->is_done;
}

const HthOggTiming *hth_ogg_headers_timing(const HthOggHeaders *self)
{
    return &self->timing;
}

static guint32 get32(const guint8 *at, gboolean is_big_endian)
{
    guint32 value;
    memcpy(&value, at, sizeof value);
    return is_big_endian ? GUINT32_FROM_BE(value) : GUINT32_FROM_LE(value);
}

/* ---- Pictures ---- */

/* Adds the places in the file of the packet's bytes [@begin, @end), which are the coded form of
 * @part from its beginning. */
static void add_picture(const HthOggHeaders *self, gsize begin, gsize end,
                        const HthPicturePart *part, GArray *pictures)
{
    for (guint i = 0; i < self->fragments->len; i++) {
        const Fragment *fragment = &g_array_index(self->fragments, Fragment, i);
        const gsize from = MAX(begin, fragment->at);
        const gsize to = MIN(end, fragment->at + fragment->length);
        if (from >= to)
            continue;
        HthOggPicture picture = {
            .offset = fragment->offset + (from - fragment->at),
            .length = to - from,
            .part = *part,
        };
        picture.part.coded_offset = from - begin;
        g_array_append_val(pictures, picture);
    }
}

/* How much stands before the picture in FLAC's picture block; 0: it is no whole block. */
static gsize block_head(const guint8 *bytes, gsize n)
{
    gsize at = 4;
    for (guint i = 0; i < 2; i++) {
        if (n < 4 || at > n - 4 || get32(bytes + at, TRUE) > n - at - 4)
            return 0;
        at += 4 + get32(bytes + at, TRUE);
    }
    at += 16;
    return n >= 4 && at <= n - 4 && get32(bytes + at, TRUE) == n - at - 4 ? at + 4 : 0;
}

/* A comment's value in base64; only what our own encoder would write the same is taken. */
static void find_base64_picture(const HthOggHeaders *self, gsize begin, gsize length,
                                gboolean is_block, GArray *pictures)
{
    const char *text = (const char *)self->packet->data + begin;
    if (length < HTH_LAYOUT_PICTURE_MIN || length % 4 != 0)
        return;
    g_autofree char *copy = g_strndup(text, length);
    gsize n = 0;
    g_autofree guchar *bytes = g_base64_decode(copy, &n);
    g_autofree char *again = g_base64_encode(bytes, n);
    const gsize before = is_block ? block_head(bytes, n) : 0;
    if (strlen(again) != length || memcmp(again, text, length) != 0 || (is_block && before == 0) ||
        n - before < HTH_LAYOUT_PICTURE_MIN)
        return;
    HthPicturePart part = {
        .length = (guint32)(n - before),
        .coding = HTH_PICTURE_BASE64,
        .prefix_length = (guint8)(before % 3),
    };
    memcpy(part.prefix, bytes + before - part.prefix_length, part.prefix_length);
    hth_digest_of(bytes + before, n - before, &part.digest);
    add_picture(self, begin + before / 3 * 4, begin + length, &part, pictures);
}

static gboolean has_key(const char *text, gsize n, const char *key)
{
    const gsize length = strlen(key);
    return n > length && g_ascii_strncasecmp(text, key, length) == 0;
}

/* A Vorbis comment block that begins @at bytes into the packet: vendor, count, KEY=value. */
static void find_pictures(const HthOggHeaders *self, gsize at, GArray *pictures)
{
    static const char block_key[] = "METADATA_BLOCK_PICTURE=";
    static const char image_key[] = "COVERART=";
    const guint8 *bytes = self->packet->data;
    const gsize n = self->packet->len;
    if (n < 8 || at > n - 8 || get32(bytes + at, FALSE) > n - at - 8)
        return;
    at += 4 + get32(bytes + at, FALSE);
    const guint32 n_comments = get32(bytes + at, FALSE);
    at += 4;
    for (guint32 i = 0; i < n_comments && at <= n - 4; i++) {
        const gsize length = get32(bytes + at, FALSE);
        at += 4;
        if (length > n - at)
            return;
        const char *text = (const char *)bytes + at;
        if (has_key(text, length, block_key))
            find_base64_picture(self, at + strlen(block_key), length - strlen(block_key), TRUE,
                                pictures);
        else if (has_key(text, length, image_key))
            find_base64_picture(self, at + strlen(image_key), length - strlen(image_key), FALSE,
                                pictures);
        at += length;
    }
}

/* FLAC in Ogg has metadata blocks as they are, one a packet. */
static void find_flac_picture(const HthOggHeaders *self, GArray *pictures)
{
    const guint8 *bytes = self->packet->data;
    const gsize n = self->packet->len;
    if ((bytes[0] & 0x7f) == 4)
        find_pictures(self, 4, pictures);
    if ((bytes[0] & 0x7f) != 6)
        return;
    const gsize before = block_head(bytes + 4, n - 4);
    if (before == 0 || n - 4 - before < HTH_LAYOUT_PICTURE_MIN)
        return;
    HthPicturePart part = { .length = (guint32)(n - 4 - before) };
    hth_digest_of(bytes + 4 + before, part.length, &part.digest);
    add_picture(self, 4 + before, n, &part, pictures);
}

/* ---- Packets ---- */

static gboolean begins_with(const GByteArray *packet, const char *mark, gsize n)
{
    return packet->len >= n && memcmp(packet->data, mark, n) == 0;
}

/* The first packet: which codec it is. */
static void take_first(HthOggHeaders *self, HthLayoutBuilder *builder)
{
    const GByteArray *packet = self->packet;
    g_byte_array_append(self->id, packet->data, MIN(packet->len, ID_MAX));
    guint8 *id = self->id->data;
    if (begins_with(packet, "\x01vorbis", 7)) {
        self->kind = KIND_VORBIS;
    } else if (begins_with(packet, "OpusHead", 8) && packet->len >= 19) {
        self->kind = KIND_OPUS;
        self->timing.codec = HTH_OGG_OPUS;
        memset(id + 16, 0, 2); /* the output gain is an editor's */
    } else if (begins_with(packet,
                           "\x7f"
                           "FLAC",
                           5) &&
               packet->len >= 51) {
        self->kind = KIND_FLAC;
        self->timing.codec = HTH_OGG_FLAC;
        self->is_done = (packet->data[13] & 0x80) != 0;
        /* Of STREAMINFO, at 17, what may be left open; the count of headers, at 7, is an
         * editor's. */
        memset(id + 7, 0, 2);
        id[13] &= 0x7f;
        memset(id + 17 + 4, 0, 6);
        id[17 + 13] &= 0xf0;
        memset(id + 17 + 14, 0, 20);
    } else if (begins_with(packet, "\x80theora", 7)) {
        self->kind = KIND_THEORA;
    } else {
        self->is_done = TRUE;
    }
    hth_layout_builder_add_essence(builder, id, self->id->len);
}

static void add_packet_digest(const HthOggHeaders *self, HthLayoutBuilder *builder)
{
    HthDigest digest;
    hth_digest_of(self->packet->data, self->packet->len, &digest);
    hth_layout_builder_add_essence(builder, digest.bytes, sizeof digest.bytes);
}

static void take_other(HthOggHeaders *self, HthLayoutBuilder *builder, GArray *pictures)
{
    const GByteArray *packet = self->packet;
    switch (self->kind) {
    case KIND_VORBIS:
        if (begins_with(packet, "\x03vorbis", 7))
            find_pictures(self, 7, pictures);
        if (begins_with(packet, "\x05vorbis", 7)) {
            add_packet_digest(self, builder);
            (void)hth_ogg_timing_set_vorbis(&self->timing, self->id->data, self->id->len,
                                            packet->data, packet->len);
        }
        self->is_done = self->n_packets == 2;
        return;
    case KIND_OPUS:
        if (begins_with(packet, "OpusTags", 8))
            find_pictures(self, 8, pictures);
        self->is_done = TRUE;
        return;
    case KIND_FLAC:
        if (packet->len > 4)
            find_flac_picture(self, pictures);
        self->is_done = packet->len == 0 || (packet->data[0] & 0x80) != 0;
        return;
    default:
        if (self->n_packets == 2)
            add_packet_digest(self, builder);
        self->is_done = self->n_packets == 2;
    }
}

static void end_packet(HthOggHeaders *self, HthLayoutBuilder *builder, GArray *pictures)
{
    if (self->is_too_large)
        g_byte_array_set_size(self->packet, 0);
    if (self->n_packets == 0)
        take_first(self, builder);
    else
        take_other(self, builder, pictures);
    self->n_packets++;
    self->is_too_large = FALSE;
    g_byte_array_set_size(self->packet, 0);
    g_array_set_size(self->fragments, 0);
}

static void add_bytes(HthOggHeaders *self, guint64 offset, const guint8 *bytes, gsize n)
{
    if (n == 0)
        return;
    if (self->packet->len + n > PACKET_MAX || self->fragments->len == FRAGMENTS_MAX) {
        self->is_too_large = TRUE;
        return;
    }
    const Fragment fragment = { .at = self->packet->len, .length = n, .offset = offset };
    g_array_append_val(self->fragments, fragment);
    g_byte_array_append(self->packet, bytes, (guint)n);
}

void hth_ogg_headers_add_page(HthOggHeaders *self, const HthOggPage *page, guint64 offset,
                              const guint8 *body, HthLayoutBuilder *builder, GArray *pictures)
{
    gsize begin = 0;
    gsize at = 0;
    for (guint i = 0; i < page->n_segments && !self->is_done; i++) {
        at += page->lacing[i];
        if (page->lacing[i] == 255)
            continue;
        add_bytes(self, offset + begin, body + begin, at - begin);
        end_packet(self, builder, pictures);
        begin = at;
    }
    if (!self->is_done)
        add_bytes(self, offset + begin, body + begin, at - begin);
}
