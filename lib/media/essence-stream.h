/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One stream's part of the essence: codec, configuration less what taggers and muxers change, and
 * the packets with their lengths, in one digest.
 *
 * Containers name the same codec in their own ways and wrap its configuration in their own boxes.
 * Where both forms are known they are made one, so that a file that was only moved from one
 * container into another keeps its essence; of other codecs the container's own name and bytes
 * are taken.
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include "base/digest.h"
#include "media/byte-source.h"

G_BEGIN_DECLS

/* How a configuration is brought into the one form. */
typedef enum {
    HTH_CONFIG_NONE,      /* the packets say it all */
    HTH_CONFIG_VERBATIM,  /* avcC, hvcC, AudioSpecificConfig …: the same bytes everywhere */
    HTH_CONFIG_OPUS_HEAD, /* "OpusHead", little-endian: less the output gain */
    HTH_CONFIG_OPUS_BOX,  /* dOps, big-endian: less the output gain */
    HTH_CONFIG_FLAC,      /* metadata blocks: of STREAMINFO what every encoder must say */
} HthConfigForm;

#define HTH_ESSENCE_CONFIG_MAX (64 * 1024)

typedef struct HthEssenceStream HthEssenceStream;

/* @codec: its name, as FFmpeg names it where it is known, or as the container does.
 * @config: at most HTH_ESSENCE_CONFIG_MAX bytes; in no order that @form asks for: taken verbatim.
 */
HthEssenceStream *hth_essence_stream_new(const char *codec, HthConfigForm form,
                                         const guint8 *config, gsize size_bytes);
void hth_essence_stream_free(HthEssenceStream *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthEssenceStream, hth_essence_stream_free)

/* Begins a packet of @size_bytes; its bytes follow by add_bytes(). Not for PCM, which has none. */
void hth_essence_stream_begin_packet(HthEssenceStream *self, guint32 size_bytes);
void hth_essence_stream_add_bytes(HthEssenceStream *self, const guint8 *bytes, gsize size_bytes);
void hth_essence_stream_finish(HthEssenceStream *self, HthDigest *out_digest);

/* Bytes of a file for its streams, read ahead: packets of all streams lie next to each other. */
typedef struct HthPacketReader HthPacketReader;

HthPacketReader *hth_packet_reader_new(HthByteSource *source); /* borrowed */
void hth_packet_reader_free(HthPacketReader *self);            /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthPacketReader, hth_packet_reader_free)

/* The bytes at @offset, as many as are at hand, at least one; valid until the next call. NULL when
 * there are none, or the file was read too often already: packets that are scattered about are no
 * media file's, and would make a small file endless work. */
const guint8 *hth_packet_reader_look(HthPacketReader *self, guint64 offset, gsize *out_n);

/* Adds @n bytes at @offset to @stream. FALSE when they are not there, or when more bytes than the
 * file has were asked for since the beginning: packets that overlap are no media file's, and would
 * make a small file endless work. */
gboolean hth_packet_reader_add(HthPacketReader *self, HthEssenceStream *stream, guint64 offset,
                               guint32 n);

G_END_DECLS
