/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "filter.h"

#include <string.h>

#include "base/error.h"

typedef struct {
    const char *name;
    guint32 bits;
} FilterName;

/* Sorted by name. A res@ attribute needs its res. */
static const FilterName filter_names[] = {
    { "@childCount", HTH_FILTER_CHILD_COUNT },
    { "@refID", HTH_FILTER_REF_ID },
    { "@searchable", HTH_FILTER_SEARCHABLE },
    { "av:mediaClass", HTH_FILTER_MEDIA_CLASS },
    { "container@childCount", HTH_FILTER_CHILD_COUNT },
    { "container@searchable", HTH_FILTER_SEARCHABLE },
    { "dc:creator", HTH_FILTER_CREATOR },
    { "dc:date", HTH_FILTER_DATE },
    { "item@refID", HTH_FILTER_REF_ID },
    { "pv:subtitleFileType", HTH_FILTER_CAPTION },
    { "pv:subtitleFileUri", HTH_FILTER_CAPTION },
    { "res", HTH_FILTER_RES },
    { "res@bitrate", HTH_FILTER_RES | HTH_FILTER_RES_BITRATE },
    { "res@bitsPerSample", HTH_FILTER_RES | HTH_FILTER_RES_BITS },
    { "res@duration", HTH_FILTER_RES | HTH_FILTER_RES_DURATION },
    { "res@nrAudioChannels", HTH_FILTER_RES | HTH_FILTER_RES_CHANNELS },
    { "res@protocolInfo", HTH_FILTER_RES },
    { "res@pv:subtitleFileType", HTH_FILTER_RES | HTH_FILTER_CAPTION },
    { "res@pv:subtitleFileUri", HTH_FILTER_RES | HTH_FILTER_CAPTION },
    { "res@resolution", HTH_FILTER_RES | HTH_FILTER_RES_RESOLUTION },
    { "res@sampleFrequency", HTH_FILTER_RES | HTH_FILTER_RES_SAMPLE_RATE },
    { "res@size", HTH_FILTER_RES | HTH_FILTER_RES_SIZE },
    { "sec:CaptionInfo", HTH_FILTER_CAPTION },
    { "sec:CaptionInfoEx", HTH_FILTER_CAPTION },
    { "sec:dcmInfo", HTH_FILTER_BOOKMARK },
    { "upnp:album", HTH_FILTER_ALBUM },
    { "upnp:albumArtURI", HTH_FILTER_ART },
    { "upnp:albumArtURI@dlna:profileID", HTH_FILTER_ART },
    { "upnp:artist", HTH_FILTER_ARTIST },
    { "upnp:artist@role", HTH_FILTER_ARTIST },
    { "upnp:author", HTH_FILTER_AUTHOR },
    { "upnp:author@role", HTH_FILTER_AUTHOR },
    { "upnp:genre", HTH_FILTER_GENRE },
    { "upnp:lastPlaybackPosition", HTH_FILTER_PLAY_STATE },
    { "upnp:lastPlaybackTime", HTH_FILTER_PLAY_STATE },
    { "upnp:originalDiscNumber", HTH_FILTER_DISC },
    { "upnp:originalTrackNumber", HTH_FILTER_TRACK },
    { "upnp:playbackCount", HTH_FILTER_PLAY_STATE },
    { "upnp:rating", HTH_FILTER_RATING },
};

/* The next piece between commas, trimmed of spaces; FALSE at the end. */
static gboolean next_piece(const char **text, const char **out_piece, gsize *out_length)
{
    if (**text == '\0')
        return FALSE;
    const char *start = *text;
    const char *end = start + strcspn(start, ",");
    *text = *end == ',' ? end + 1 : end;
    while (start < end && g_ascii_isspace(*start))
        start++;
    while (end > start && g_ascii_isspace(end[-1]))
        end--;
    *out_piece = start;
    *out_length = (gsize)(end - start);
    return TRUE;
}

static guint32 filter_bits(const char *name, gsize length)
{
    guint low = 0, high = G_N_ELEMENTS(filter_names);
    while (low < high) {
        const guint middle = (low + high) / 2;
        int order = strncmp(name, filter_names[middle].name, length);
        if (order == 0 && filter_names[middle].name[length] != '\0')
            order = -1;
        if (order == 0)
            return filter_names[middle].bits;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return 0;
}

guint32 hth_filter_parse(const char *text)
{
    if (text == NULL)
        return HTH_FILTER_ALL;
    guint32 bits = 0;
    const char *piece = NULL;
    gsize length = 0;
    while (next_piece(&text, &piece, &length)) {
        if (length == 1 && *piece == '*')
            return HTH_FILTER_ALL;
        if (length > 0)
            bits |= filter_bits(piece, length);
    }
    return bits;
}

typedef struct {
    const char *name;
    HthProperty property;
} SortName;

static const SortName sort_names[] = {
    { "dc:title", HTH_PROPERTY_TITLE },
    { "dc:date", HTH_PROPERTY_DATE },
    { "dc:creator", HTH_PROPERTY_ARTIST },
    { "upnp:artist", HTH_PROPERTY_ARTIST },
    { "upnp:album", HTH_PROPERTY_ALBUM },
    { "upnp:genre", HTH_PROPERTY_GENRE },
    { "upnp:class", HTH_PROPERTY_CLASS },
    { "upnp:originalTrackNumber", HTH_PROPERTY_TRACK },
    { "upnp:originalDiscNumber", HTH_PROPERTY_DISC },
    { "upnp:playbackCount", HTH_PROPERTY_PLAY_COUNT },
    { "upnp:lastPlaybackTime", HTH_PROPERTY_LAST_PLAYED },
    { "upnp:rating", HTH_PROPERTY_RATING },
    { "res@size", HTH_PROPERTY_SIZE },
    { "res@duration", HTH_PROPERTY_DURATION },
    { "res@bitrate", HTH_PROPERTY_BITRATE },
};

const char *hth_sort_capabilities(void)
{
    return "dc:title,dc:date,dc:creator,upnp:artist,upnp:album,upnp:genre,upnp:class,"
           "upnp:originalTrackNumber,upnp:originalDiscNumber,upnp:playbackCount,"
           "upnp:lastPlaybackTime,upnp:rating,res@size,res@duration,res@bitrate";
}

static const SortName *find_sort(const char *name, gsize length)
{
    for (guint i = 0; i < G_N_ELEMENTS(sort_names); i++) {
        if (strlen(sort_names[i].name) == length && memcmp(sort_names[i].name, name, length) == 0)
            return &sort_names[i];
    }
    return NULL;
}

static gboolean add_key(const char *piece, gsize length, gboolean ignores_unknown, HthSort *sort,
                        GError **error)
{
    const gboolean has_sign = *piece == '+' || *piece == '-';
    const SortName *name = find_sort(piece + has_sign, length - has_sign);
    if (!has_sign && !ignores_unknown) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "a sort key needs + or -");
        return FALSE;
    }
    if (name == NULL) {
        if (ignores_unknown)
            return TRUE;
        g_set_error(error, HTH_ERROR, HTH_ERROR_UNSUPPORTED, "no such sort key");
        return FALSE;
    }
    if (sort->n_keys == HTH_SORT_MAX_KEYS) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_TOO_LARGE, "too many sort keys");
        return FALSE;
    }
    sort->keys[sort->n_keys++] = (HthSortKey){ name->property, *piece == '-' };
    return TRUE;
}

gboolean hth_sort_parse(const char *text, gboolean ignores_unknown, HthSort *out_sort,
                        GError **error)
{
    *out_sort = (HthSort){ 0 };
    const char *piece = NULL;
    gsize length = 0;
    while (text != NULL && next_piece(&text, &piece, &length)) {
        if (length > 0 && !add_key(piece, length, ignores_unknown, out_sort, error))
            return FALSE;
    }
    return TRUE;
}
