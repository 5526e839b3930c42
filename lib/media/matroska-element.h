/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Elements of a Matroska or WebM file (EBML, RFC 8794; Matroska, RFC 9559), and the frames of its
 * blocks. Headers are read through a window, so that walking thousands of blocks costs few reads.
 *
 * Threads: an object belongs to one thread at a time.
 */
#pragma once

#include "media/byte-source.h"

#include <glib.h>

G_BEGIN_DECLS

enum {
    HTH_EBML_HEADER = 0x1A45DFA3,
    HTH_EBML_VOID = 0xEC,
    HTH_EBML_CRC = 0xBF,
    HTH_MATROSKA_SEGMENT = 0x18538067,
    HTH_MATROSKA_SEEK_HEAD = 0x114D9B74,
    HTH_MATROSKA_INFO = 0x1549A966,
    HTH_MATROSKA_TRACKS = 0x1654AE6B,
    HTH_MATROSKA_TRACK_ENTRY = 0xAE,
    HTH_MATROSKA_TRACK_NUMBER = 0xD7,
    HTH_MATROSKA_TRACK_TYPE = 0x83,
    HTH_MATROSKA_CODEC_ID = 0x86,
    HTH_MATROSKA_CODEC_PRIVATE = 0x63A2,
    HTH_MATROSKA_TAGS = 0x1254C367,
    HTH_MATROSKA_CHAPTERS = 0x1043A770,
    HTH_MATROSKA_ATTACHMENTS = 0x1941A469,
    HTH_MATROSKA_ATTACHED_FILE = 0x61A7,
    HTH_MATROSKA_FILE_DATA = 0x465C,
    HTH_MATROSKA_FILE_MIME_TYPE = 0x4660,
    HTH_MATROSKA_CUES = 0x1C53BB6B,
    HTH_MATROSKA_CUE_POINT = 0xBB,
    HTH_MATROSKA_CUE_POSITIONS = 0xB7,
    HTH_MATROSKA_CUE_CLUSTER = 0xF1,
    HTH_MATROSKA_CLUSTER = 0x1F43B675,
    HTH_MATROSKA_POSITION = 0xA7,
    HTH_MATROSKA_SIMPLE_BLOCK = 0xA3,
    HTH_MATROSKA_BLOCK_GROUP = 0xA0,
    HTH_MATROSKA_BLOCK = 0xA1,
};

typedef struct {
    guint32 id;
    guint8 header_bytes; /* 2 to 12 */
    gboolean has_unknown_size;
    guint64 offset; /* of the header */
    guint64 end;    /* never beyond its parent; the parent's end where the size is unknown */
} HthMatroskaElement;

static inline guint64 hth_matroska_body(const HthMatroskaElement *element)
{
    return element->offset + element->header_bytes;
}

/* A source and the part of it that was read last. */
typedef struct {
    HthByteSource *source; /* borrowed */
    guint64 offset;
    guint32 n_bytes;
    guint8 bytes[16384];
} HthMatroskaWindow;

void hth_matroska_window_init(HthMatroskaWindow *self, HthByteSource *source);

/* Reads the header at @offset of an element that lies before @end. FALSE: there is none, or it is
 * longer than its parent, or it can't be read. */
gboolean hth_matroska_element_read(HthMatroskaWindow *window, guint64 offset, guint64 end,
                                   HthMatroskaElement *out_element);

/* Finds the first child with @id between @offset and @end. */
gboolean hth_matroska_element_find(HthMatroskaWindow *window, guint64 offset, guint64 end,
                                   guint32 id, HthMatroskaElement *out_element);

/* The number in the body of @element; 0 when it has more than 8 bytes. */
guint64 hth_matroska_element_number(HthMatroskaWindow *window, const HthMatroskaElement *element);

/* The first bytes of the body of @element: at most @n; the rest of @buffer is zeroed. */
void hth_matroska_element_text(HthMatroskaWindow *window, const HthMatroskaElement *element,
                               char *buffer, gsize n);

/* TRUE for the elements that a Segment holds: what ends a cluster of unknown size. */
gboolean hth_matroska_is_top_level(guint32 id);

/* TRUE when the TrackEntry @entry is one of sound, picture or subtitles; *@out_number is the number
 * by which its blocks name it. */
gboolean hth_matroska_track_is_essence(HthMatroskaWindow *window, const HthMatroskaElement *entry,
                                       guint64 *out_number);

#define HTH_MATROSKA_FRAMES_MAX 256 /* a lace counts in one byte */

/* One block: whose it is, and where its frames lie, one after the other from @offset on. */
typedef struct {
    guint64 track;
    guint64 offset;
    guint32 n_frames;
    guint32 sizes[HTH_MATROSKA_FRAMES_MAX];
} HthMatroskaBlock;

/* Reads the head of a SimpleBlock or Block: track, flags and the lengths of its laced frames.
 * FALSE when it contradicts itself. */
gboolean hth_matroska_block_read(HthMatroskaWindow *window, const HthMatroskaElement *element,
                                 HthMatroskaBlock *out_block);

G_END_DECLS
