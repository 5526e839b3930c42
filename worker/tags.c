/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tags.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* The R128 gains of Opus are relative to -23 LUFS, ReplayGain to -18 (RFC 7845, section 5.2.1). */
#define R128_TO_REPLAYGAIN_DB 5.0

typedef enum {
    TAG_TEXT,
    TAG_LIST,
    TAG_GENRE,
    TAG_DATE,
    TAG_NUMBER, /* "3" or "3/12": the field after it is the total */
    TAG_TOTAL,
    TAG_FLAG,
    TAG_PRESENCE,
    TAG_GAIN,
    TAG_R128,
} TagType;

typedef struct {
    const char *key;
    TagType type;
    gsize offset;
} TagRow;

#define AT(member) G_STRUCT_OFFSET(HthMediaInfo, member)

/* Keys in lower case without spaces, '_' and '-'; sorted, for bsearch. */
static const TagRow rows[] = {
    { "album", TAG_TEXT, AT(album) },
    { "albumartist", TAG_LIST, AT(album_artists) },
    { "artist", TAG_LIST, AT(artists) },
    { "author", TAG_LIST, AT(artists) },
    { "comment", TAG_TEXT, AT(comment) },
    { "compilation", TAG_FLAG, AT(is_compilation) },
    { "composer", TAG_LIST, AT(composers) },
    { "cpil", TAG_FLAG, AT(is_compilation) },
    { "date", TAG_DATE, AT(date) },
    { "dateutc", TAG_DATE, AT(date) },
    { "description", TAG_TEXT, AT(comment) },
    { "disc", TAG_NUMBER, AT(disc) },
    { "discnumber", TAG_NUMBER, AT(disc) },
    { "disctotal", TAG_TOTAL, AT(disc_total) },
    { "disk", TAG_NUMBER, AT(disc) },
    { "genre", TAG_GENRE, AT(genres) },
    { "itunescompilation", TAG_FLAG, AT(is_compilation) },
    { "lyrics", TAG_PRESENCE, AT(has_lyrics) },
    { "musicbrainzalbumartistid", TAG_TEXT, AT(musicbrainz_album_artist_id) },
    { "musicbrainzalbumid", TAG_TEXT, AT(musicbrainz_album_id) },
    { "musicbrainzartistid", TAG_TEXT, AT(musicbrainz_artist_id) },
    { "musicbrainzrecordingid", TAG_TEXT, AT(musicbrainz_recording_id) },
    { "musicbrainztrackid", TAG_TEXT, AT(musicbrainz_recording_id) }, /* so named by Picard */
    { "originaldate", TAG_DATE, AT(original_date) },
    { "originalyear", TAG_DATE, AT(original_date) },
    { "r128albumgain", TAG_R128, AT(replaygain_album_db) },
    { "r128trackgain", TAG_R128, AT(replaygain_track_db) },
    { "replaygainalbumgain", TAG_GAIN, AT(replaygain_album_db) },
    { "replaygaintrackgain", TAG_GAIN, AT(replaygain_track_db) },
    { "tcmp", TAG_FLAG, AT(is_compilation) },
    { "tdor", TAG_DATE, AT(original_date) },
    { "title", TAG_TEXT, AT(title) },
    { "tory", TAG_DATE, AT(original_date) },
    { "totaldiscs", TAG_TOTAL, AT(disc_total) },
    { "totaltracks", TAG_TOTAL, AT(track_total) },
    { "track", TAG_NUMBER, AT(track) },
    { "tracknumber", TAG_NUMBER, AT(track) },
    { "tracktotal", TAG_TOTAL, AT(track_total) },
    { "unsyncedlyrics", TAG_PRESENCE, AT(has_lyrics) },
    { "wm/albumartist", TAG_LIST, AT(album_artists) },
    { "wm/albumtitle", TAG_TEXT, AT(album) },
    { "wm/composer", TAG_LIST, AT(composers) },
    { "wm/genre", TAG_GENRE, AT(genres) },
    { "wm/lyrics", TAG_PRESENCE, AT(has_lyrics) },
    { "wm/partofset", TAG_NUMBER, AT(disc) },
    { "wm/tracknumber", TAG_NUMBER, AT(track) },
    { "wm/year", TAG_DATE, AT(date) },
    { "year", TAG_DATE, AT(date) },
};

#define KEY_MAX 64

/* ID3v1's 80 and Winamp's additions to them. */
static const char *const genre_names[] = {
    "Blues",
    "Classic Rock",
    "Country",
    "Dance",
    "Disco",
    "Funk",
    "Grunge",
    "Hip-Hop",
    "Jazz",
    "Metal",
    "New Age",
    "Oldies",
    "Other",
    "Pop",
    "R&B",
    "Rap",
    "Reggae",
    "Rock",
    "Techno",
    "Industrial",
    "Alternative",
    "Ska",
    "Death Metal",
    "Pranks",
    "Soundtrack",
    "Euro-Techno",
    "Ambient",
    "Trip-Hop",
    "Vocal",
    "Jazz+Funk",
    "Fusion",
    "Trance",
    "Classical",
    "Instrumental",
    "Acid",
    "House",
    "Game",
    "Sound Clip",
    "Gospel",
    "Noise",
    "Alternative Rock",
    "Bass",
    "Soul",
    "Punk",
    "Space",
    "Meditative",
    "Instrumental Pop",
    "Instrumental Rock",
    "Ethnic",
    "Gothic",
    "Darkwave",
    "Techno-Industrial",
    "Electronic",
    "Pop-Folk",
    "Eurodance",
    "Dream",
    "Southern Rock",
    "Comedy",
    "Cult",
    "Gangsta Rap",
    "Top 40",
    "Christian Rap",
    "Pop/Funk",
    "Jungle",
    "Native American",
    "Cabaret",
    "New Wave",
    "Psychedelic",
    "Rave",
    "Showtunes",
    "Trailer",
    "Lo-Fi",
    "Tribal",
    "Acid Punk",
    "Acid Jazz",
    "Polka",
    "Retro",
    "Musical",
    "Rock & Roll",
    "Hard Rock",
    "Folk",
    "Folk-Rock",
    "National Folk",
    "Swing",
    "Fast-Fusion",
    "Bebop",
    "Latin",
    "Revival",
    "Celtic",
    "Bluegrass",
    "Avantgarde",
    "Gothic Rock",
    "Progressive Rock",
    "Psychedelic Rock",
    "Symphonic Rock",
    "Slow Rock",
    "Big Band",
    "Chorus",
    "Easy Listening",
    "Acoustic",
    "Humour",
    "Speech",
    "Chanson",
    "Opera",
    "Chamber Music",
    "Sonata",
    "Symphony",
    "Booty Bass",
    "Primus",
    "Porn Groove",
    "Satire",
    "Slow Jam",
    "Club",
    "Tango",
    "Samba",
    "Folklore",
    "Ballad",
    "Power Ballad",
    "Rhythmic Soul",
    "Freestyle",
    "Duet",
    "Punk Rock",
    "Drum Solo",
    "A Cappella",
    "Euro-House",
    "Dance Hall",
    "Goa",
    "Drum & Bass",
    "Club-House",
    "Hardcore",
    "Terror",
    "Indie",
    "BritPop",
    "Afro-Punk",
    "Polsk Punk",
    "Beat",
    "Christian Gangsta Rap",
    "Heavy Metal",
    "Black Metal",
    "Crossover",
    "Contemporary Christian",
    "Christian Rock",
    "Merengue",
    "Salsa",
    "Thrash Metal",
    "Anime",
    "JPop",
    "Synthpop",
    "Abstract",
    "Art Rock",
    "Baroque",
    "Bhangra",
    "Big Beat",
    "Breakbeat",
    "Chillout",
    "Downtempo",
    "Dub",
    "EBM",
    "Eclectic",
    "Electro",
    "Electroclash",
    "Emo",
    "Experimental",
    "Garage",
    "Global",
    "IDM",
    "Illbient",
    "Industro-Goth",
    "Jam Band",
    "Krautrock",
    "Leftfield",
    "Lounge",
    "Math Rock",
    "New Romantic",
    "Nu-Breakz",
    "Post-Punk",
    "Post-Rock",
    "Psytrance",
    "Shoegaze",
    "Space Rock",
    "Trop Rock",
    "World Music",
    "Neoclassical",
    "Audiobook",
    "Audio Theatre",
    "Neue Deutsche Welle",
    "Podcast",
    "Indie Rock",
    "G-Funk",
    "Dubstep",
    "Garage Rock",
    "Psybient",
};
G_STATIC_ASSERT(G_N_ELEMENTS(genre_names) == 192);

const char *hth_tags_genre_name(guint number)
{
    return number < G_N_ELEMENTS(genre_names) ? genre_names[number] : NULL;
}

static void add_to_list(GPtrArray *list, const char *value)
{
    g_autofree char *clean = hth_text_clean(value, HTH_MEDIA_STRING_MAX);
    if (clean == NULL || list->len >= HTH_MEDIA_LIST_MAX ||
        g_ptr_array_find_with_equal_func(list, clean, g_str_equal, NULL))
        return;
    g_ptr_array_add(list, g_steal_pointer(&clean));
}

/* The genre that "17", "RX" or "CR" stands for; NULL: it is none of these. */
static const char *genre_of_code(const char *code, gsize length)
{
    if (length == 2 && strncmp(code, "RX", 2) == 0)
        return "Remix";
    if (length == 2 && strncmp(code, "CR", 2) == 0)
        return "Cover";
    guint number = 0;
    for (gsize i = 0; i < length; i++) {
        if (!g_ascii_isdigit(code[i]) || length > 3)
            return NULL;
        number = number * 10 + (guint)(code[i] - '0');
    }
    return length > 0 ? hth_tags_genre_name(number) : NULL;
}

void hth_tags_add_genre(HthMediaInfo *info, const char *text)
{
    const char *refined = text;
    for (guint i = 0; i < HTH_MEDIA_LIST_MAX && *refined == '('; i++) {
        const char *end = strchr(refined, ')');
        const char *name =
            end != NULL ? genre_of_code(refined + 1, (gsize)(end - refined - 1)) : NULL;
        if (name == NULL)
            break;
        add_to_list(info->genres, name);
        refined = end + 1;
    }
    const char *name = genre_of_code(refined, strlen(refined));
    add_to_list(info->genres, name != NULL ? name : refined);
}

/* Exactly @n_digits digits at *@at, which moves behind them; -1: there are fewer. */
static int take_digits(const char **at, guint n_digits)
{
    int value = 0;
    for (guint i = 0; i < n_digits; i++) {
        if (!g_ascii_isdigit((*at)[i]))
            return -1;
        value = value * 10 + ((*at)[i] - '0');
    }
    *at += n_digits;
    return value;
}

static void skip_separator(const char **at)
{
    if (**at != '\0' && strchr("-/.: ", **at) != NULL)
        (*at)++;
}

char *hth_tags_normalise_date(const char *text)
{
    const char *at = text;
    while (g_ascii_isspace(*at))
        at++;
    const int year = take_digits(&at, 4);
    if (year < 1)
        return NULL;
    skip_separator(&at);
    const int month = take_digits(&at, 2);
    if (month < 1 || month > 12)
        return g_strdup_printf("%04d", year);
    skip_separator(&at);
    const int day = take_digits(&at, 2);
    if (day < 1 || day > 31)
        return g_strdup_printf("%04d-%02d", year, month);
    return g_strdup_printf("%04d-%02d-%02d", year, month, day);
}

/* A longer form of a date says more: "1999-05-31" wins over the "1999" that came before. */
static void set_date(char **field, const char *value)
{
    g_autofree char *date = hth_tags_normalise_date(value);
    if (date == NULL || (*field != NULL && strlen(*field) >= strlen(date)))
        return;
    g_free(*field);
    *field = g_steal_pointer(&date);
}

static guint16 to_u16(const char *text, const char **out_end)
{
    char *end = NULL;
    const guint64 value = g_ascii_strtoull(text, &end, 10);
    if (out_end != NULL)
        *out_end = end;
    return value <= G_MAXUINT16 ? (guint16)value : 0;
}

/* @field: a guint16 with its total as the member behind it. */
static void set_number(guint16 *field, const char *value)
{
    const char *end = NULL;
    const guint16 number = to_u16(value, &end);
    if (field[0] == 0)
        field[0] = number;
    if (*end == '/' && field[1] == 0)
        field[1] = to_u16(end + 1, NULL);
}
G_STATIC_ASSERT(AT(track_total) == AT(track) + sizeof(guint16));
G_STATIC_ASSERT(AT(disc_total) == AT(disc) + sizeof(guint16));

static void set_gain(double *field, const char *value, double scale, double shift)
{
    char *end = NULL;
    const double number = g_ascii_strtod(value, &end);
    if (end != value && isfinite(number) && isnan(*field))
        *field = number * scale + shift;
}

static void normalise_key(const char *key, char out[KEY_MAX])
{
    gsize length = 0;
    for (const char *c = key; *c != '\0' && length < KEY_MAX - 1; c++) {
        if (*c != ' ' && *c != '_' && *c != '-')
            out[length++] = g_ascii_tolower(*c);
    }
    out[length] = '\0';
}

static int compare_key(const void *key, const void *row)
{
    return strcmp(key, ((const TagRow *)row)->key);
}

static void set_text(char **field, const char *value)
{
    if (*field == NULL)
        *field = hth_text_clean(value, HTH_MEDIA_STRING_MAX);
}

static void set_field(HthMediaInfo *info, const TagRow *row, const char *value)
{
    void *field = G_STRUCT_MEMBER_P(info, row->offset);
    switch (row->type) {
    case TAG_TEXT:
        set_text(field, value);
        break;
    case TAG_LIST:
        add_to_list(*(GPtrArray **)field, value);
        break;
    case TAG_GENRE:
        hth_tags_add_genre(info, value);
        break;
    case TAG_DATE:
        set_date(field, value);
        break;
    case TAG_NUMBER:
        set_number(field, value);
        break;
    case TAG_TOTAL:
        if (*(guint16 *)field == 0)
            *(guint16 *)field = to_u16(value, NULL);
        break;
    case TAG_FLAG:
        *(gboolean *)field |= *value == '1' || g_ascii_strcasecmp(value, "true") == 0;
        break;
    case TAG_PRESENCE:
        *(gboolean *)field |= *value != '\0';
        break;
    case TAG_GAIN:
        set_gain(field, value, 1, 0);
        break;
    case TAG_R128:
        set_gain(field, value, 1 / 256.0, R128_TO_REPLAYGAIN_DB);
        break;
    }
}

void hth_tags_add(HthMediaInfo *info, const char *key, const char *value)
{
    char normal[KEY_MAX];
    normalise_key(key, normal);
    const TagRow *row = bsearch(normal, rows, G_N_ELEMENTS(rows), sizeof rows[0], compare_key);
    if (row != NULL)
        set_field(info, row, value);
    else if (g_str_has_prefix(normal, "lyrics")) /* FFmpeg's "lyrics-eng" */
        info->has_lyrics |= *value != '\0';
}
