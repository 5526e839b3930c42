/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Filter argument (ContentDirectory:1, section 2.5.7) as a set of bits, and the
 * SortCriteria argument (section 2.5.8) as a sort order.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include "plugin/query.h"

G_BEGIN_DECLS

/* What a client may ask for beside the properties that are always there: @id, @parentID,
 * @restricted, dc:title and upnp:class. */
typedef enum {
    HTH_FILTER_RES = 1 << 0,
    HTH_FILTER_RES_SIZE = 1 << 1,
    HTH_FILTER_RES_DURATION = 1 << 2,
    HTH_FILTER_RES_BITRATE = 1 << 3,
    HTH_FILTER_RES_SAMPLE_RATE = 1 << 4,
    HTH_FILTER_RES_CHANNELS = 1 << 5,
    HTH_FILTER_RES_BITS = 1 << 6,
    HTH_FILTER_RES_RESOLUTION = 1 << 7,
    HTH_FILTER_ARTIST = 1 << 8,
    HTH_FILTER_ALBUM = 1 << 9,
    HTH_FILTER_GENRE = 1 << 10,
    HTH_FILTER_ART = 1 << 11,
    HTH_FILTER_CREATOR = 1 << 12,
    HTH_FILTER_DATE = 1 << 13,
    HTH_FILTER_TRACK = 1 << 14,
    HTH_FILTER_DISC = 1 << 15,
    HTH_FILTER_CHILD_COUNT = 1 << 16,
    HTH_FILTER_SEARCHABLE = 1 << 17,
    HTH_FILTER_REF_ID = 1 << 18,
    HTH_FILTER_AUTHOR = 1 << 19,
    HTH_FILTER_PLAY_STATE = 1 << 20,
    HTH_FILTER_RATING = 1 << 21,
    HTH_FILTER_CAPTION = 1 << 22,
    HTH_FILTER_BOOKMARK = 1 << 23,
    HTH_FILTER_MEDIA_CLASS = 1 << 24,
} HthFilterBits;

#define HTH_FILTER_ALL ((guint32)0xffffffff)

/* Names that are not known ask for nothing. @text: NULL is "*". */
guint32 hth_filter_parse(const char *text);

/* @ignores_unknown: a key that is not known is left out.
 * Errors: HTH_ERROR_UNSUPPORTED  a key that is not known
 *         HTH_ERROR_INVALID      a key without + or -
 *         HTH_ERROR_TOO_LARGE    more than HTH_SORT_MAX_KEYS keys */
gboolean hth_sort_parse(const char *text, gboolean ignores_unknown, HthSort *out_sort,
                        GError **error);

/* The answer to GetSortCapabilities: every key that hth_sort_parse() knows. */
const char *hth_sort_capabilities(void);

G_END_DECLS
