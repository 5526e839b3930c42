/* SPDX-License-Identifier: GPL-3.0-or-later */
/* libavformat on the file in hand: one demuxer, chosen by us, no protocol, no other file. */
#pragma once

#include <libavformat/avformat.h>

#include "probe.h"

G_BEGIN_DECLS

typedef struct {
    AVFormatContext *format;
    AVIOContext *io;
    HthSource *source;
    gint64 position;
} HthAv;

/* Errors: HTH_ERROR_CORRUPT, HTH_ERROR_UNSUPPORTED (no demuxer for @format) */
HthAv *hth_av_open(HthSource *source, HthMediaFormat format, GError **error);
void hth_av_free(HthAv *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthAv, hth_av_free)

/* Fills the probe by libavformat. Errors: as hth_av_open(). */
gboolean hth_av_probe(HthProbe *probe, HthMediaFormat format, GError **error);

/* The first stream with moving pictures; NULL: none. */
AVStream *hth_av_video_stream(AVFormatContext *format);

G_END_DECLS
