/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From the many names that tags have to the fields of HthMediaInfo. */
#pragma once

#include "media/media-info.h"

G_BEGIN_DECLS

/* Adds one value under a tag's name as Vorbis comments, ID3's TXXX, iTunes atoms, APE or FFmpeg
 * name it; case, spaces, '_' and '-' in @key make no difference. Unknown names are left out. The
 * first value of a field that holds one stays; lists take all that differ.
 * @value: any bytes. */
void hth_tags_add(HthMediaInfo *info, const char *key, const char *value);

/* "1999", "1999-05" or "1999-05-31" from the forms in which files write dates; NULL: none of them.
 */
char *hth_tags_normalise_date(const char *text);

/* Genres from ID3: "17", "(17)", "(17)(4)Own", "(RX)" and plain text, spelled out. */
void hth_tags_add_genre(HthMediaInfo *info, const char *text);

/* ID3v1's number; NULL over its end. */
const char *hth_tags_genre_name(guint number);

G_END_DECLS
