/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Codec and configuration of an MP4 track, out of its sample description. */
#pragma once

#include "media/essence-stream.h"
#include "media/mp4-box.h"

G_BEGIN_DECLS

/* @trak: the track. Returns: a stream that knows its codec and waits for packets; NULL when the
 * track holds no sound, picture or subtitles (chapter titles, time codes), or can't be read. */
HthEssenceStream *hth_mp4_codec_stream(HthByteSource *source, const HthMp4Box *trak);

/* The id by which fragments name the track; 0 when it says none. */
guint32 hth_mp4_codec_track_id(HthByteSource *source, const HthMp4Box *trak);

/* The track's sample table box. */
gboolean hth_mp4_codec_sample_table(HthByteSource *source, const HthMp4Box *trak,
                                    HthMp4Box *out_stbl);

G_END_DECLS
