/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which field of HthMediaInfo is which tag, in each container that we write. */
#pragma once

#include "media/media-info.h"

G_BEGIN_DECLS

typedef enum {
    HTH_ROW_TEXT,
    HTH_ROW_LIST,
    HTH_ROW_NUMBER, /* with its total in the field behind it */
    HTH_ROW_FLAG,
    HTH_ROW_GAIN,
} HthTagRowType;

typedef struct {
    HthTagRowType type;
    gsize offset;       /* of the field */
    const char *id3;    /* a frame; "TXXX:" and a description; "UFID:" and an owner */
    const char *vorbis; /* a key */
    const char *total;  /* NUMBER: the key of the total */
    const char *mp4;    /* an atom of four bytes; longer: the name of a free one */
} HthTagRow;

const HthTagRow *hth_tag_rows(guint *out_n_rows);

/* The values of @row in @info as text, in their order, never NULL; numbers as "3" or, with
 * @has_total, "3/12"; gains as "-6.50 dB". */
GPtrArray *hth_tag_row_values(const HthTagRow *row, const HthMediaInfo *info, gboolean has_total);

/* The number and its total of a NUMBER row. */
void hth_tag_row_numbers(const HthTagRow *row, const HthMediaInfo *info, guint *out_number,
                         guint *out_total);

G_END_DECLS
