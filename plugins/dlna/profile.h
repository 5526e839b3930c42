/* SPDX-License-Identifier: GPL-3.0-or-later */
/* DLNA media format profiles (DLNA Guidelines, part 2): the names in DLNA.ORG_PN.
 *
 * Only what the properties prove: without every property that a profile bounds there is
 * no name, for no name is better than a wrong one.
 *
 * Threads: any thread, any time.
 */
#pragma once

#include "plugin/library.h"

G_BEGIN_DECLS

typedef enum {
    HTH_PROFILE_NONE,
    HTH_PROFILE_MP3,
    HTH_PROFILE_AAC_ADTS,
    HTH_PROFILE_AAC_ADTS_320,
    HTH_PROFILE_AAC_ISO,
    HTH_PROFILE_AAC_ISO_320,
    HTH_PROFILE_WMABASE,
    HTH_PROFILE_WMAFULL,
    HTH_PROFILE_JPEG_TN,
    HTH_PROFILE_JPEG_SM,
    HTH_PROFILE_JPEG_MED,
    HTH_PROFILE_JPEG_LRG,
    HTH_PROFILE_PNG_LRG,
    HTH_PROFILE_MPEG_PS_NTSC,
    HTH_PROFILE_MPEG_PS_PAL,
    HTH_PROFILE_MPEG_TS_SD_NA_ISO,
    HTH_PROFILE_MPEG_TS_SD_EU_ISO,
    HTH_PROFILE_MPEG_TS_HD_NA_ISO,
    HTH_PROFILE_AVC_MP4_MP_SD_AAC_MULT5,
    HTH_PROFILE_AVC_MP4_MP_SD_AC3,
    HTH_PROFILE_AVC_MP4_MP_SD_MPEG1_L3,
    HTH_PROFILE_AVC_MP4_HP_HD_AAC,
    HTH_PROFILE_AVC_TS_MP_SD_AAC_MULT5_ISO,
    HTH_PROFILE_AVC_TS_MP_SD_AC3_ISO,
    HTH_PROFILE_AVC_TS_MP_HD_AAC_MULT5_ISO,
    HTH_PROFILE_AVC_TS_MP_HD_AC3_ISO,
    HTH_N_PROFILES,
} HthProfile;

const char *hth_profile_name(HthProfile self); /* "" for none */

/* The MIME type that the guidelines bind the name to: with another one the name would be wrong. */
const char *hth_profile_mime_type(HthProfile self);

HthProfile hth_profile_of(const HthObject *object);

/* Of a JPEG of this size, as we make them; NONE when a side is not known. */
HthProfile hth_profile_of_jpeg(guint width, guint height);

G_END_DECLS
