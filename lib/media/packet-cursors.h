/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the packets of a file lie: those of each stream of the essence, one after the other, with
 * memory that does not grow with the file.
 *
 * Two files of equal essence give the same packets by this, whatever their containers.
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include "media/byte-source.h"
#include "media/media-info.h"

G_BEGIN_DECLS

#define HTH_PACKET_STREAMS_MAX 16

typedef struct HthPacketCursors HthPacketCursors;

/* @source: borrowed for its life. Returns: NULL when the file is not of @format (MP4, QuickTime,
 * Matroska, WebM), has none or too many streams, PCM, or is in fragments. */
HthPacketCursors *hth_packet_cursors_new(HthByteSource *source, HthMediaFormat format);
void hth_packet_cursors_free(HthPacketCursors *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthPacketCursors, hth_packet_cursors_free)

guint hth_packet_cursors_n_streams(const HthPacketCursors *self);

/* Goes to the next packet of @stream. FALSE: there is none, or the file contradicts itself. The
 * place is not checked against the file's end. */
gboolean hth_packet_cursors_next(HthPacketCursors *self, guint stream, guint64 *out_offset,
                                 guint32 *out_size_bytes);

/* Where the lengths of the stream's packets lie in a table of 32-bit numbers; FALSE: there is none
 * such. */
gboolean hth_packet_cursors_size_table(const HthPacketCursors *self, guint stream,
                                       guint64 *out_offset, guint64 *out_length);

/* The number by which the container's own framing names @stream; 0: it does not. */
guint64 hth_packet_cursors_track_number(const HthPacketCursors *self, guint stream);

G_END_DECLS
