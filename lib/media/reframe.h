/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The same packets in another framing: a program whose output is the new file's bytes, with the
 * packets, and their lengths, taken out of the old file.
 *
 * The program is a list of operations: a byte whose upper half says what and whose lower half of
 * which stream, then numbers (7 bits a byte, the lowest first; signed ones zigzag):
 *
 *     0x00 LITERAL n, n bytes    these bytes
 *     0x1s PACKETS n             the stream's next n packets
 *     0x2s SIZES n               the lengths of the stream's next n packets, 32 bits big-endian;
 *                                counted apart from the packets themselves
 *     0x3s KEY d                 a SimpleBlock of Matroska, a key frame, with the next packet; its
 *                                time is the stream's last one and d
 *     0x4s BLOCK d               the same, no key frame
 *     0x5s TRACK n               the number by which blocks name the stream from now on
 *     0x6s SKIP n                the stream's next n packets are not used
 *
 * So that framing costs the change from packet to packet, which repeats and packs well.
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include "media/byte-source.h"
#include "media/media-info.h"

G_BEGIN_DECLS

enum {
    HTH_REFRAME_LITERAL = 0x00,
    HTH_REFRAME_PACKETS = 0x10,
    HTH_REFRAME_SIZES = 0x20,
    HTH_REFRAME_KEY = 0x30,
    HTH_REFRAME_BLOCK = 0x40,
    HTH_REFRAME_TRACK = 0x50,
    HTH_REFRAME_SKIP = 0x60,
};

/* The head of a SimpleBlock: element, size, track, time, flags. */
#define HTH_REFRAME_HEAD_MAX 24
guint hth_reframe_block_head(guint64 track, gint16 time, gboolean is_key, guint32 packet_bytes,
                             guint8 head[HTH_REFRAME_HEAD_MAX]);

/* Takes the next @n bytes of the new file. */
typedef gboolean (*HthReframeSink)(const guint8 *bytes, gsize n, gpointer data, GError **error);

/* What goes on from one program of a file to its next: where each stream is. */
typedef struct HthReframe HthReframe;

/* @old: borrowed for its life. Returns: NULL and HTH_ERROR_CORRUPT when it is no file of @format
 * that can be taken apart. */
HthReframe *hth_reframe_new(HthByteSource *old, HthMediaFormat format, GError **error);
void hth_reframe_free(HthReframe *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthReframe, hth_reframe_free)

/* Runs @program, from anyone, which must give exactly @length bytes.
 * Errors: HTH_ERROR_CORRUPT  it does not, or the old file lacks the packets; of @sink */
gboolean hth_reframe_run(HthReframe *self, const guint8 *program, gsize program_bytes,
                         guint64 length, HthReframeSink sink, gpointer data, GError **error);

/* Makes programs out of the new file. */
typedef struct HthReframeMaker HthReframeMaker;

/* Returns: NULL when the file can't be taken apart. @source: borrowed for its life. */
HthReframeMaker *hth_reframe_maker_new(HthByteSource *source, HthMediaFormat format);
void hth_reframe_maker_free(HthReframeMaker *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthReframeMaker, hth_reframe_maker_free)

/* Appends to @program what makes the bytes from @offset to @end. Calls go through the file from its
 * beginning to its end and may leave out ranges. FALSE when that can't be done, or would be too
 * large to be worth it; @program is then of no use. */
gboolean hth_reframe_maker_range(HthReframeMaker *self, guint64 offset, guint64 end,
                                 GByteArray *program);

/* The program of the last range, good or not, will not be run: the next one makes up for it. */
void hth_reframe_maker_reject(HthReframeMaker *self);

G_END_DECLS
