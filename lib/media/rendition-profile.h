/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The conversions that hearth knows, by name: what "opus-128" is. A table; whether this computer
 * has the encoder is another question, which daemon/rendition/rendition.h answers.
 */
#pragma once

#include "media-info.h"

G_BEGIN_DECLS

/* Raised when a change of ours (not of an encoder) makes the same input come out otherwise. */
#define HTH_RENDITION_VERSION 1

typedef enum {
    HTH_RENDITION_OPUS, /* Opus in Ogg */
    HTH_RENDITION_AAC,  /* AAC-LC in MP4 */
    HTH_RENDITION_MP3,  /* constant bit rate */
    HTH_RENDITION_H264, /* H.264 and AAC in MP4 */
    HTH_RENDITION_JPEG,
    HTH_N_RENDITION_CODECS,
} HthRenditionCodec;

typedef struct {
    const char *name; /* "opus-128": letters, digits and '-' */
    HthMediaKind kind;
    HthRenditionCodec codec;
    const char *extension; /* "opus" */
    const char *content_type;
    guint bitrate_bps; /* of the sound */
    guint max_width;   /* of pictures: both sides are at most so; 0: does not say */
    guint max_height;
    const char *meaning; /* a phrase for people: "Opus, 128 kbit/s" */
} HthRenditionProfile;

/* Returns: all of them, by kind and then by bit rate. */
const HthRenditionProfile *hth_rendition_profiles(guint *out_n_profiles);

/* NULL: there is none of that name. */
const HthRenditionProfile *hth_rendition_profile_find(const char *name);

/* The one that is taken for a thin path when nobody said which. NULL: that kind has none. */
const HthRenditionProfile *hth_rendition_profile_small(HthMediaKind kind);

G_END_DECLS
