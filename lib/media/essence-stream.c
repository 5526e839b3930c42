/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Digests of codec, configuration and packets. */
#include "media/essence-stream.h"

#include <string.h>

/* Larger reads cost cache, smaller ones system calls. */
#define READ_AHEAD_BYTES (128 * 1024)

/* A reader that jumps reads ahead in vain. This many times the file's size, and no more: real files
 * have their packets in order and need it once. */
#define READS_A_FILE_MAX 8

/* Small packets and their lengths are put together: a digest of many small parts is slow. */
#define PENDING_BYTES 4096

struct HthEssenceStream {
    HthDigester *digester;
    gsize n_pending;
    guint8 pending[PENDING_BYTES];
};

struct HthPacketReader {
    HthByteSource *source;
    guint64 budget;      /* bytes that may still be asked for */
    guint64 read_budget; /* bytes that may still be read */
    guint64 offset;
    gsize n_bytes;
    guint8 *bytes;
};

static void add_u32(HthDigester *digester, guint32 value)
{
    const guint32 little = GUINT32_TO_LE(value);
    hth_digester_add(digester, &little, sizeof little);
}

static void add_config(HthDigester *digester, const guint8 *config, gsize size_bytes)
{
    add_u32(digester, (guint32)size_bytes);
    hth_digester_add(digester, config, size_bytes);
}

/* Channels, pre-skip, input rate, then what is behind the gain: the mapping. RFC 7845 5.1 has them
 * after an 8-byte name and little-endian, the MP4 form (dOps) big-endian. */
static gboolean add_opus(HthDigester *digester, HthConfigForm form, const guint8 *config,
                         gsize size_bytes)
{
    const gsize start = form == HTH_CONFIG_OPUS_HEAD ? 8 : 0;
    if (size_bytes < start + 11 || size_bytes > start + 11 + 2 + 255)
        return FALSE;
    const guint8 *at = config + start + 1;
    guint8 common[7] = { at[0], at[1], at[2], at[3], at[4], at[5], at[6] };
    if (form == HTH_CONFIG_OPUS_HEAD) {
        const guint8 swapped[6] = { at[2], at[1], at[6], at[5], at[4], at[3] };
        memcpy(common + 1, swapped, sizeof swapped);
    }
    const gsize mapping = start + 10;
    add_u32(digester, (guint32)(sizeof common + size_bytes - mapping));
    hth_digester_add(digester, common, sizeof common);
    hth_digester_add(digester, config + mapping, size_bytes - mapping);
    return TRUE;
}

/* Of STREAMINFO the block sizes, rate, channels and depth (RFC 9639 8.2); frame sizes, length and
 * MD5 may be left open by an encoder and filled in by a tool. Matroska and Ogg put "fLaC" before.
 */
static gboolean add_flac(HthDigester *digester, const guint8 *config, gsize size_bytes)
{
    const gsize start = size_bytes >= 4 && memcmp(config, "fLaC", 4) == 0 ? 4 : 0;
    if (size_bytes < start + 4 + 34 || (config[start] & 0x7f) != 0)
        return FALSE;
    const guint8 *info = config + start + 4;
    const guint8 kept[8] = { info[0],  info[1],  info[2],  info[3],
                             info[10], info[11], info[12], info[13] & 0xf0 };
    add_config(digester, kept, sizeof kept);
    return TRUE;
}

HthEssenceStream *hth_essence_stream_new(const char *codec, HthConfigForm form,
                                         const guint8 *config, gsize size_bytes)
{
    g_return_val_if_fail(size_bytes <= HTH_ESSENCE_CONFIG_MAX, NULL);

    HthEssenceStream *self = g_new0(HthEssenceStream, 1);
    self->digester = hth_digester_new();
    hth_digester_add(self->digester, codec, strlen(codec) + 1);
    gboolean is_added = FALSE;
    if (form == HTH_CONFIG_NONE)
        size_bytes = 0;
    if (form == HTH_CONFIG_OPUS_HEAD || form == HTH_CONFIG_OPUS_BOX)
        is_added = add_opus(self->digester, form, config, size_bytes);
    else if (form == HTH_CONFIG_FLAC)
        is_added = add_flac(self->digester, config, size_bytes);
    if (!is_added)
        add_config(self->digester, config, size_bytes);
    return self;
}

void hth_essence_stream_free(HthEssenceStream *self)
{
    if (self == NULL)
        return;
    hth_digester_free(self->digester);
    g_free(self);
}

static void flush(HthEssenceStream *self)
{
    hth_digester_add(self->digester, self->pending, self->n_pending);
    self->n_pending = 0;
}

void hth_essence_stream_begin_packet(HthEssenceStream *self, guint32 size_bytes)
{
    const guint32 little = GUINT32_TO_LE(size_bytes);
    hth_essence_stream_add_bytes(self, (const guint8 *)&little, sizeof little);
}

void hth_essence_stream_add_bytes(HthEssenceStream *self, const guint8 *bytes, gsize size_bytes)
{
    if (size_bytes > PENDING_BYTES - self->n_pending)
        flush(self);
    if (size_bytes > PENDING_BYTES) {
        hth_digester_add(self->digester, bytes, size_bytes);
        return;
    }
    memcpy(self->pending + self->n_pending, bytes, size_bytes);
    self->n_pending += size_bytes;
}

void hth_essence_stream_finish(HthEssenceStream *self, HthDigest *out_digest)
{
    flush(self);
    hth_digester_finish(self->digester, out_digest);
}

HthPacketReader *hth_packet_reader_new(HthByteSource *source)
{
    HthPacketReader *self = g_new0(HthPacketReader, 1);
    self->source = source;
    self->budget = hth_byte_source_size(source);
    self->read_budget = MIN(self->budget, G_MAXUINT64 / 16) * READS_A_FILE_MAX +
                        READS_A_FILE_MAX * READ_AHEAD_BYTES;
    self->bytes = g_malloc(READ_AHEAD_BYTES);
    return self;
}

void hth_packet_reader_free(HthPacketReader *self)
{
    if (self == NULL)
        return;
    g_free(self->bytes);
    g_free(self);
}

static gboolean read_ahead(HthPacketReader *self, guint64 offset)
{
    if (self->read_budget < READ_AHEAD_BYTES)
        return FALSE;
    self->read_budget -= READ_AHEAD_BYTES;
    self->offset = offset;
    self->n_bytes = hth_byte_source_peek(self->source, offset, self->bytes, READ_AHEAD_BYTES);
    return self->n_bytes > 0;
}

const guint8 *hth_packet_reader_look(HthPacketReader *self, guint64 offset, gsize *out_n)
{
    if ((offset < self->offset || offset >= self->offset + self->n_bytes) &&
        !read_ahead(self, offset))
        return NULL;
    const gsize skip = (gsize)(offset - self->offset);
    *out_n = self->n_bytes - skip;
    return self->bytes + skip;
}

gboolean hth_packet_reader_add(HthPacketReader *self, HthEssenceStream *stream, guint64 offset,
                               guint32 n)
{
    if (n > self->budget)
        return FALSE;
    self->budget -= n;
    while (n > 0) {
        gsize at_hand = 0;
        const guint8 *bytes = hth_packet_reader_look(self, offset, &at_hand);
        if (bytes == NULL)
            return FALSE;
        const guint32 part = (guint32)MIN(n, at_hand);
        hth_essence_stream_add_bytes(stream, bytes, part);
        offset += part;
        n -= part;
    }
    return TRUE;
}
