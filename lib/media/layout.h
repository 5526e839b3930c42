/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a media file is made of: tags around a payload.
 *
 * A layout lists the regions of one file, in their order and without gaps, so that a later version
 * of the file can be described by what it shares with this one, also when the bytes of this one
 * are gone (recipe.h). Of a region it keeps what is needed for that: of tags and framing the bytes,
 * of everything else a digest.
 *
 * A file that no reader understands has a layout too: chunks cut by content.
 *
 * Threads: an object belongs to one thread at a time; one that nobody changes, to all.
 */
#pragma once

#include <gio/gio.h>

#include "base/digest.h"
#include "media/byte-source.h"
#include "media/media-info.h"
#include "media/ogg-timing.h"

G_BEGIN_DECLS

/* Raised when a reader cuts files in another way than before: layouts of an older version stay
 * valid, and a file whose layout is older is read again before it is compared. */
#define HTH_LAYOUT_VERSION 1

/* More regions than this: the file is cut by content. */
#define HTH_LAYOUT_REGIONS_MAX 65536
/* Tags and framing kept in one layout; what is beyond is a payload region. */
#define HTH_LAYOUT_METADATA_MAX (1024 * 1024)
/* One region of offsets; a reader makes several of a larger table. */
#define HTH_LAYOUT_OFFSETS_MAX (1024 * 1024)
/* A smaller picture stays part of the metadata. */
#define HTH_LAYOUT_PICTURE_MIN 1024
#define HTH_OGG_STREAMS_MAX    16

typedef enum {
    HTH_REGION_METADATA,  /* tags and framing: the bytes are kept in the layout */
    HTH_REGION_PICTURE,   /* a picture inside a tag, or a part of it, as it is or in base64 */
    HTH_REGION_PAYLOAD,   /* bytes known by their digest */
    HTH_REGION_OFFSETS,   /* positions in the file that all move by the same number */
    HTH_REGION_OGG_PAGES, /* pages without a fault: known by the packets in them */
    HTH_REGION_CHUNK,     /* as PAYLOAD, cut by content */
    HTH_N_REGION_KINDS,
} HthRegionKind;

/* How a table of positions is written; a row each in offset-table.c. Written into layouts and
 * recipes: new ones go to the end. */
typedef enum {
    HTH_OFFSETS_U32_BE, /* stco: unsigned, most significant byte first, nothing in between */
    HTH_OFFSETS_U64_BE, /* co64 */
    HTH_OFFSETS_CUES,   /* the content of Matroska's Cues: each CueClusterPosition */
    HTH_N_OFFSETS_CODINGS,
} HthOffsetsCoding;

typedef enum {
    HTH_PICTURE_RAW,
    HTH_PICTURE_BASE64, /* padded, without line breaks */
    HTH_N_PICTURE_CODINGS,
} HthPictureCoding;

/* The coded form of a picture is @prefix followed by the picture, as they are or in base64 (where
 * the bytes of a block's header share their last letters with the picture). A region holds the
 * part of it that begins at @coded_offset. */
typedef struct {
    HthDigest digest; /* of the picture alone */
    guint32 length;   /* of the picture alone */
    HthPictureCoding coding;
    guint8 prefix_length; /* 0 to 2 */
    guint8 prefix[2];
    guint64 coded_offset;
} HthPicturePart;

typedef struct {
    guint32 serial;
    guint32 first_sequence;
    HthOggTiming timing;
} HthOggStream;

/* A run of whole Ogg pages with right checksums. Two runs with equal packets differ in how they
 * are cut at most; with equal pages_digest too, in serial and sequence numbers at most. */
typedef struct {
    HthDigest pages_digest; /* of all in the page headers but serial, sequence, checksum */
    guint n_streams;
    HthOggStream streams[HTH_OGG_STREAMS_MAX]; /* in the order in which they begin */
} HthOggRun;

typedef struct {
    HthRegionKind kind;
    guint64 offset;
    guint64 length;
    /* PAYLOAD, CHUNK: of the bytes. OFFSETS: of the table with @base taken off every entry.
     * OGG_PAGES: of the packets and their lengths, stream after stream. */
    HthDigest digest;
    gsize metadata_offset;   /* METADATA: where its bytes are in the layout's metadata */
    guint part;              /* PICTURE: index in parts */
    guint run;               /* OGG_PAGES: index in runs */
    HthOffsetsCoding coding; /* OFFSETS */
    guint64 base;            /* OFFSETS: the first entry */
} HthRegion;

/* How a file was cut by content; kept, so that a later change of the cutter makes nothing look
 * different. id 0: it was not. */
typedef struct {
    guint8 id; /* 1: FastCDC, normalised by 2 bits, the gear table of chunker.c */
    guint32 min_bytes;
    guint32 average_bytes;
    guint32 max_bytes;
} HthCutter;

typedef struct {
    guint16 version;
    HthMediaFormat format; /* by which it was read; HTH_FORMAT_UNKNOWN: cut by content */
    guint64 size_bytes;
    HthDigest file_digest; /* of the whole file */
    gboolean has_essence;
    HthDigest essence; /* of what is left when all tags are taken off */
    HthCutter cutter;
    GArray *regions;      /* (element HthRegion) they cover the file, without empty ones */
    GByteArray *metadata; /* the bytes of METADATA regions, one after the other */
    GArray *parts;        /* (element HthPicturePart) */
    GArray *runs;         /* (element HthOggRun) */
} HthLayout;

void hth_layout_free(HthLayout *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthLayout, hth_layout_free)

/* Reads @source once, with bounded memory. What can't be parsed as @format is no error.
 *
 * @format: what the file is, by its content or by its name.
 * @like: NULL, or a layout of an earlier version, whose cutter is used where one is needed.
 * @cancellable: NULL is fine.
 * Errors: of the source; G_IO_ERROR_CANCELLED */
HthLayout *hth_layout_read(HthByteSource *source, HthMediaFormat format, const HthLayout *like,
                           GCancellable *cancellable, GError **error);

/* The form in which it is kept and sent: a few hundred bytes to some kilobytes. */
GBytes *hth_layout_encode(const HthLayout *self);

/* @bytes: from anyone. Whatever this returns is whole: regions cover the file, indices are inside.
 * Errors: HTH_ERROR_CORRUPT, HTH_ERROR_TOO_LARGE, HTH_ERROR_NEWER */
HthLayout *hth_layout_decode(GBytes *bytes, GError **error);

/* A picture out of a file, whole and without its coding, checked against @digest.
 * @layout: of the file that @source reads.
 * Errors: HTH_ERROR_NOT_FOUND  none of that digest is there */
GBytes *hth_layout_read_picture(const HthLayout *layout, HthByteSource *source,
                                const HthDigest *digest, GError **error);

G_END_DECLS
