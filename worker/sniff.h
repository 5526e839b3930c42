/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The format of a file by its first bytes. */
#pragma once

#include "source.h"

#include "media/media-info.h"

G_BEGIN_DECLS

/* @hint, the format by the name, decides only where the bytes leave it open: MP3 behind rubbish,
 * and the text formats, which have no mark. Returns: HTH_FORMAT_UNKNOWN when it is none that we
 * share. */
HthMediaFormat hth_sniff(HthSource *source, HthMediaFormat hint);

G_END_DECLS
