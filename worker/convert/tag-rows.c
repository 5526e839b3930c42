/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tag-rows.h"

#include <math.h>

#define AT(member) G_STRUCT_OFFSET(HthMediaInfo, member)

G_STATIC_ASSERT(AT(track_total) == AT(track) + sizeof(guint16));
G_STATIC_ASSERT(AT(disc_total) == AT(disc) + sizeof(guint16));

/* MusicBrainz' names are Picard's, which other programs follow. */
static const HthTagRow rows[] = {
    { HTH_ROW_TEXT, AT(title), "TIT2", "TITLE", NULL, "\251nam" },
    { HTH_ROW_LIST, AT(artists), "TPE1", "ARTIST", NULL, "\251ART" },
    { HTH_ROW_LIST, AT(album_artists), "TPE2", "ALBUMARTIST", NULL, "aART" },
    { HTH_ROW_TEXT, AT(album), "TALB", "ALBUM", NULL, "\251alb" },
    { HTH_ROW_LIST, AT(composers), "TCOM", "COMPOSER", NULL, "\251wrt" },
    { HTH_ROW_LIST, AT(genres), "TCON", "GENRE", NULL, "\251gen" },
    { HTH_ROW_TEXT, AT(date), "TDRC", "DATE", NULL, "\251day" },
    { HTH_ROW_TEXT, AT(original_date), "TDOR", "ORIGINALDATE", NULL, "ORIGINALDATE" },
    { HTH_ROW_NUMBER, AT(track), "TRCK", "TRACKNUMBER", "TRACKTOTAL", "trkn" },
    { HTH_ROW_NUMBER, AT(disc), "TPOS", "DISCNUMBER", "DISCTOTAL", "disk" },
    { HTH_ROW_FLAG, AT(is_compilation), "TCMP", "COMPILATION", NULL, "cpil" },
    { HTH_ROW_TEXT, AT(comment), "COMM", "COMMENT", NULL, "\251cmt" },
    { HTH_ROW_GAIN, AT(replaygain_track_db), "TXXX:REPLAYGAIN_TRACK_GAIN", "R128_TRACK_GAIN", NULL,
      "REPLAYGAIN_TRACK_GAIN" },
    { HTH_ROW_GAIN, AT(replaygain_album_db), "TXXX:REPLAYGAIN_ALBUM_GAIN", "R128_ALBUM_GAIN", NULL,
      "REPLAYGAIN_ALBUM_GAIN" },
    { HTH_ROW_TEXT, AT(musicbrainz_recording_id), "UFID:http://musicbrainz.org",
      "MUSICBRAINZ_TRACKID", NULL, "MusicBrainz Track Id" },
    { HTH_ROW_TEXT, AT(musicbrainz_album_id), "TXXX:MusicBrainz Album Id", "MUSICBRAINZ_ALBUMID",
      NULL, "MusicBrainz Album Id" },
    { HTH_ROW_TEXT, AT(musicbrainz_artist_id), "TXXX:MusicBrainz Artist Id", "MUSICBRAINZ_ARTISTID",
      NULL, "MusicBrainz Artist Id" },
    { HTH_ROW_TEXT, AT(musicbrainz_album_artist_id), "TXXX:MusicBrainz Album Artist Id",
      "MUSICBRAINZ_ALBUMARTISTID", NULL, "MusicBrainz Album Artist Id" },
};

const HthTagRow *hth_tag_rows(guint *out_n_rows)
{
    *out_n_rows = G_N_ELEMENTS(rows);
    return rows;
}

void hth_tag_row_numbers(const HthTagRow *row, const HthMediaInfo *info, guint *out_number,
                         guint *out_total)
{
    const guint16 *number = G_STRUCT_MEMBER_P(info, row->offset);
    *out_number = number[0];
    *out_total = number[1];
}

static void add_number(GPtrArray *to, const HthTagRow *row, const HthMediaInfo *info,
                       gboolean has_total)
{
    guint number = 0, total = 0;
    hth_tag_row_numbers(row, info, &number, &total);
    if (number == 0 && !(has_total && total != 0))
        return;
    g_ptr_array_add(to, has_total && total != 0 ? g_strdup_printf("%u/%u", number, total)
                                                : g_strdup_printf("%u", number));
}

static void add_gain(GPtrArray *to, double gain_db)
{
    char number[G_ASCII_DTOSTR_BUF_SIZE];
    if (!isfinite(gain_db))
        return;
    g_ascii_formatd(number, sizeof number, "%.2f", gain_db); /* '.' in every locale */
    g_ptr_array_add(to, g_strdup_printf("%s dB", number));
}

GPtrArray *hth_tag_row_values(const HthTagRow *row, const HthMediaInfo *info, gboolean has_total)
{
    GPtrArray *values = g_ptr_array_new_with_free_func(g_free);
    switch (row->type) {
    case HTH_ROW_TEXT: {
        const char *text = G_STRUCT_MEMBER(char *, info, row->offset);
        if (text != NULL && *text != '\0')
            g_ptr_array_add(values, g_strdup(text));
        break;
    }
    case HTH_ROW_LIST: {
        const GPtrArray *list = G_STRUCT_MEMBER(GPtrArray *, info, row->offset);
        for (guint i = 0; i < list->len; i++)
            g_ptr_array_add(values, g_strdup(list->pdata[i]));
        break;
    }
    case HTH_ROW_NUMBER:
        add_number(values, row, info, has_total);
        break;
    case HTH_ROW_FLAG:
        if (G_STRUCT_MEMBER(gboolean, info, row->offset))
            g_ptr_array_add(values, g_strdup("1"));
        break;
    case HTH_ROW_GAIN:
        add_gain(values, G_STRUCT_MEMBER(double, info, row->offset));
        break;
    }
    return values;
}
