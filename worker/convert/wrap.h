/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tags around a payload that stays: the files that hearth-convert makes are
 *
 *     head | payload to the end
 *
 * in every container. The head holds the tags, the cover, the tables and room for later tags, 8 to
 * 16 KiB of it, so that a small retag moves nothing. What comes in is the raw output of an encoder,
 * an older rendition or, when its bytes have gone, its skeleton: the head that it had, with the
 * tags emptied. Each is read the same way.
 *
 * The same input gives the same bytes: no clock and no random number is asked.
 */
#pragma once

#include <glib.h>

#include "base/digest.h"
#include "media/media-info.h"
#include "media/rendition-profile.h"

G_BEGIN_DECLS

typedef struct {
    const HthMediaInfo *info; /* the tags */
    GBytes *cover;            /* a JPEG; NULL: none */
    int fd;                   /* what is wrapped anew */
    gint64 size_bytes;        /* of it */
    gint64 payload_offset;    /* in it, when the encoder's output is bare; else 0: found out */
    gint64 head_bytes;        /* the head's size when the tags fit; 0: as it comes */
    gint64 room_max;          /* unless that leaves more room than this; 0: 256 KiB */
    guint64 n_samples;        /* AAC: the sound without the encoder's delay; 0: not to be said */
    guint n_delay;            /* AAC: samples to skip at the start */
    guint rate_hz;            /* AAC: of both */
} HthWrapInput;

/* What becomes of it. */
typedef struct {
    GByteArray *head;
    gint64 payload_offset; /* in the input */
    gint64 payload_bytes;
    gboolean has_pages; /* Ogg: numbers and serials of the payload's pages become these */
    guint32 first_page;
    guint32 old_first_page;
    guint32 serial;
} HthWrapPlan;

void hth_wrap_plan_clear(HthWrapPlan *plan);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HthWrapPlan, hth_wrap_plan_clear)

/* One for each container. @out: its head is a new array already.
 * Errors: HTH_ERROR_CORRUPT    the input is not laid out as it should be
 *         HTH_ERROR_TOO_LARGE  the head would be over its limit */
gboolean hth_wrap_mp3(const HthWrapInput *input, HthWrapPlan *out, GError **error);
gboolean hth_wrap_ogg(const HthWrapInput *input, HthWrapPlan *out, GError **error);
gboolean hth_wrap_mp4(const HthWrapInput *input, HthWrapPlan *out, GError **error);
gboolean hth_wrap_jpeg(const HthWrapInput *input, HthWrapPlan *out, GError **error);

/* Errors: as those. */
gboolean hth_wrap_plan(HthRenditionCodec codec, const HthWrapInput *input, HthWrapPlan *out,
                       GError **error);

/* ---- For the containers ---- */

/* How large a head should be whose content without padding takes @content_bytes. */
gint64 hth_wrap_head_size(const HthWrapInput *input, gint64 content_bytes);

/* Reads exactly @n bytes of the input. */
gboolean hth_wrap_read(const HthWrapInput *input, gint64 offset, void *to, gsize n);

/* FALSE, with HTH_ERROR_CORRUPT. */
gboolean hth_wrap_fail(GError **error, const char *what);

/* ---- Writing it ---- */

typedef struct {
    gint64 size_bytes;
    HthDigest hash;
    HthDigest payload_hash;
} HthWrapped;

/* Writes @plan of @input to @fd, which is empty, and waits until the disk has it. */
gboolean hth_wrap_write(const HthWrapInput *input, const HthWrapPlan *plan, int fd, HthWrapped *out,
                        GError **error);

G_END_DECLS
