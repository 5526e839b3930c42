/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of formats: which file names hearth shares, their kind, and the plain MIME type. */
#pragma once

#include "media/media-info.h"

G_BEGIN_DECLS

/* From the extension alone, without regard to case; HTH_FORMAT_UNKNOWN for all others.
 * @name: a file name, any bytes. */
HthMediaFormat hth_media_format_from_name(const char *name);

/* The kind a file of this name has before it is probed. "cover", "folder", "front", "albumart…"
 * with the extension of a picture are HTH_MEDIA_PICTURE. */
HthMediaKind hth_media_kind_from_name(const char *name);

/* The MIME type of @format ("audio/mpeg"); @kind tells audio from video in MP4, Matroska, Ogg, ASF.
 * Never NULL: "application/octet-stream" for what is not known. */
const char *hth_media_mime_type(HthMediaFormat format, HthMediaKind kind);

/* The extension, without a dot, that URLs of this format end in ("mp3", "m4a"). Never NULL. */
const char *hth_media_extension(HthMediaFormat format, HthMediaKind kind);

G_END_DECLS
