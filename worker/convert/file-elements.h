/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Both ends of a pipeline: elements that read and write a descriptor by position, so that demuxers
 * may jump about in the file and the MP4 muxer may come back to its first box. GStreamer's own open
 * a path or wait for a pipe.
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* A source of a regular file; the descriptor stays the caller's. */
GstElement *hth_file_source_new(int fd, guint64 size_bytes);

/* A sink that writes from @first_byte on. A failed write ends the pipeline with an error. */
GstElement *hth_file_sink_new(int fd, guint64 first_byte);

/* How far the file is written: the end of the furthest buffer. */
guint64 hth_file_sink_end(GstElement *sink);

G_END_DECLS
