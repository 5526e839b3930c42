/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One conversion by GStreamer: decode what is there, fit it to the profile, encode, multiplex. */
#pragma once

#include <gst/gst.h>

#include "media/media-info.h"
#include "media/rendition-profile.h"

G_BEGIN_DECLS

typedef struct {
    const HthRenditionProfile *profile;
    const HthMediaInfo *info; /* of the original, as probed */
    int in_fd;
    guint64 in_bytes;
    int out_fd;
    guint64 first_byte; /* where to write from */
    int report_fd;
} HthPipelineJob;

typedef struct {
    guint64 end;       /* of what was written */
    guint64 n_samples; /* of each channel, given to the encoder of the sound */
    guint rate_hz;
    gboolean has_sound;
    const char *audio_encoder;
} HthPipelineResult;

/* Runs it to the end, telling of progress while there is any. After the sandbox is closed.
 *
 * Errors: HTH_ERROR_CORRUPT      it can't be decoded
 *         HTH_ERROR_UNSUPPORTED  there is nothing in it that the profile is for, or no decoder
 *         HTH_ERROR_FAILED       the disk is full, or the encoder failed */
gboolean hth_pipeline_run(const HthPipelineJob *job, HthPipelineResult *out, GError **error);

G_END_DECLS
