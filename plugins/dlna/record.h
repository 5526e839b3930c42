/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the DLNA plugin keeps of one object: its numbers, and its strings already escaped for DIDL
 * inside SOAP, packed into one piece of memory of about 200 bytes. It holds nothing of any answer:
 * place, client, filter and addresses come in when it is written out.
 *
 * Threads: a record never changes once made.
 */
#pragma once

#include "plugin/library.h"

G_BEGIN_DECLS

typedef enum {
    HTH_RECORD_LEAF_ID,
    HTH_RECORD_PARENT_ID,
    HTH_RECORD_TITLE,
    HTH_RECORD_DATE, /* "1999-05-31" or "1999-05-31T12:30:00" */
    HTH_RECORD_ARTWORK_ID,
    HTH_RECORD_ALBUM,
    HTH_N_RECORD_TEXTS,
} HthRecordText;

typedef enum {
    HTH_RECORD_ARTISTS,
    HTH_RECORD_ALBUM_ARTISTS, /* none when they are the artists */
    HTH_RECORD_COMPOSERS,
    HTH_RECORD_GENRES,
    HTH_RECORD_SUBTITLES, /* leaf id, a dot and the extension */
    HTH_N_RECORD_LISTS,
} HthRecordList;

/* Longer lists are cut. */
#define HTH_RECORD_MAX_LIST 6
/* Longer strings are cut, on a character, before they are escaped. */
#define HTH_RECORD_MAX_TITLE 512
#define HTH_RECORD_MAX_TEXT  200

typedef struct {
    HthObjectRef ref;
    guint32 size_bytes; /* of the record with its strings */
    gint64 file_bytes;
    guint32 duration_ms;
    guint32 bitrate_bps;
    guint32 sample_rate_hz;
    guint32 child_count; /* of containers; play count of items */
    guint32 position_ms;
    guint16 width, height;
    guint16 track, disc;
    guint8 class;       /* HthObjectClass */
    guint8 format;      /* HthMediaFormat */
    guint8 profile;     /* HthProfile */
    guint8 video_codec; /* HthVideoCodec */
    guint8 channels;
    guint8 bits_per_sample;
    guint8 rating;
    guint8 is_searchable : 1;
    guint8 is_date_from_file : 1; /* there was no other */
    guint8 n_list[HTH_N_RECORD_LISTS];
    /* The texts, then the lists: each a length (a byte, or 255 and two), the bytes, and a NUL. */
    char strings[];
} HthRecord;

/* Returns: for g_free(). */
HthRecord *hth_record_new(const HthObject *object);

/* A string of a record, borrowed. */
typedef struct {
    const char *text; /* NUL-terminated */
    guint16 length;   /* 0: not known */
} HthRecordString;

typedef struct {
    HthRecordString texts[HTH_N_RECORD_TEXTS];
    HthRecordString lists[HTH_N_RECORD_LISTS][HTH_RECORD_MAX_LIST];
} HthRecordStrings;

/* Finds all strings of @self; of the lists only the first n_list are set. */
void hth_record_strings(const HthRecord *self, HthRecordStrings *out_strings);

gboolean hth_record_is_container(const HthRecord *self);

G_END_DECLS
