/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Range header of a request (RFC 9110, section 14), for a representation of known size.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* More parts than this, and the header is ignored: the answer is whole. */
#define HTH_HTTP_MAX_RANGES 16

typedef struct {
    gint64 first_byte;
    gint64 n_bytes; /* at least 1 */
} HthHttpRange;

typedef enum {
    HTH_HTTP_RANGE_WHOLE,         /* no range, one that is malformed or asks too much: answer 200 */
    HTH_HTTP_RANGE_PARTIAL,       /* answer 206 */
    HTH_HTTP_RANGE_UNSATISFIABLE, /* answer 416 */
} HthHttpRangeKind;

typedef struct {
    guint n_ranges; /* as asked, in the order asked; ranges that overlap or touch are joined */
    HthHttpRange ranges[HTH_HTTP_MAX_RANGES];
} HthHttpRanges;

/* @header:     the value of Range, or NULL.
 * @size_bytes: of the representation.
 * `bytes=0-` is never unsatisfiable: of an empty file it is the whole. */
HthHttpRangeKind hth_http_range_parse(const char *header, gint64 size_bytes,
                                      HthHttpRanges *out_ranges);

G_END_DECLS
