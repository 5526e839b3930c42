/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bytes of media and artwork over HTTP, on the network and on the Unix socket:
 *
 *   /m/LEAF/original.EXT     the file as it is; the extension is for renderers and may be any
 *   /m/LEAF/jpeg-N.jpg       a photo, or a frame of a video, that fits in N × N
 *   /a/ARTWORK/N.jpg         artwork that fits in N × N
 *
 * N is 160, 640, 1024 or 4096. Devices that the household hid or has not let in yet get 403.
 *
 * An original is opened on the HTTP thread that asks: a disk that has to wake up holds that thread,
 * and no other, for the seconds it takes. The answer is of the file as it is when it is opened: its
 * ETag is made of size, time and inode, so a range request with If-Range, or the next one, gets the
 * new file and never a mix without knowing it. A single answer that is being sent while the file is
 * rewritten in place ends where the new file ends.
 *
 * Threads: new and free on the main thread; the routes run on HTTP threads.
 */
#pragma once

#include "parts.h"

G_BEGIN_DECLS

const HthHttpRoute *hth_media_routes(guint *out_n_routes); /* their data is the HthParts */

/* "\"size-mtime-inode\"" of an open file, as the ETag that originals have. New string. */
char *hth_media_etag(gint64 size_bytes, gint64 mtime_ns, guint64 inode);

/* Takes "/m/LEAF/FILE" apart: the leaf id in @out_id, and N of "jpeg-N.jpg" in @out_pixels, 0 for
 * an original. Likewise "/a/ARTWORK/N.jpg". FALSE: no such path. */
gboolean hth_media_parse_path(const char *path, char **out_id, guint *out_pixels);

G_END_DECLS
