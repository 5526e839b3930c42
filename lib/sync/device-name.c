/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync/device-name.h"

#include <string.h>

#include "base/text.h"

/* ---- One part ---- */

/* Zero-width joiners hold emoji and Indic letters together; other format characters only hide. */
static gboolean is_unwanted(gunichar c)
{
    const GUnicodeType type = g_unichar_type(c);
    const gboolean is_joiner = c == 0x200C || c == 0x200D;
    return (type == G_UNICODE_FORMAT && !is_joiner) || type == G_UNICODE_SURROGATE ||
           (c & 0xFFFE) == 0xFFFE || (c >= 0xFDD0 && c <= 0xFDEF);
}

/* What stands for a character that FAT or NTFS refuses: something that reads alike. */
static gunichar legal(gunichar c)
{
    static const char from[] = "/\\:|\"<>?*";
    static const char to[] = "----'()__";
    const char *found = c != 0 && c < 0x80 ? strchr(from, (int)c) : NULL;
    if (found != NULL)
        return (gunichar)to[found - from];
    return g_unichar_iscntrl(c) || g_unichar_isspace(c) ? ' ' : c;
}

static GString *replace_illegal(const char *text)
{
    GString *part = g_string_new(NULL);
    for (const char *at = text; *at != '\0'; at = g_utf8_next_char(at)) {
        const gunichar c = g_utf8_get_char(at);
        if (is_unwanted(c))
            continue;
        const gunichar l = legal(c);
        if (l == ' ' && (part->len == 0 || part->str[part->len - 1] == ' '))
            continue;
        g_string_append_unichar(part, l);
    }
    return part;
}

/* Before a mark that belongs to the letter ahead of it no name is cut. */
static gboolean is_cut_place(const char *at)
{
    const gunichar c = g_utf8_get_char(at);
    const gunichar before = g_utf8_get_char(g_utf8_prev_char(at));
    return !g_unichar_ismark(c) && !g_unichar_iszerowidth(c) && before != 0x200D &&
           !(c >= 0x1F3FB && c <= 0x1F3FF);
}

static void cut(GString *part, gsize max_bytes)
{
    if (part->len <= max_bytes)
        return;
    char *at = part->str + max_bytes;
    at = g_utf8_find_prev_char(part->str, at + 1);
    while (at != NULL && at > part->str && !is_cut_place(at))
        at = g_utf8_find_prev_char(part->str, at);
    gsize length = at != NULL ? (gsize)(at - part->str) : 0;
    if (length == 0) { /* nothing but marks: cut it between two of them */
        at = g_utf8_find_prev_char(part->str, part->str + max_bytes + 1);
        length = at != NULL ? (gsize)(at - part->str) : 0;
    }
    g_string_truncate(part, length);
}

/* FAT drops dots and spaces at the end, and a dot in front hides a file. */
static void trim(GString *part)
{
    while (part->len > 0 && strchr(". ", part->str[part->len - 1]) != NULL)
        g_string_truncate(part, part->len - 1);
    if (part->len > 0 && part->str[0] == '.')
        part->str[0] = '_';
}

/* CON, con.mp3 and "CON .mp3" all open the console on Windows. */
static gboolean is_reserved(const char *part)
{
    static const char *const names[] = {
        "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"
    };
    static const char *const numbered[] = { "COM", "LPT" };
    static const char *const digits[] = { "0", "1", "2", "3", "4", "5", "6",
                                          "7", "8", "9", "¹", "²", "³", NULL };
    const char *dot = strchr(part, '.');
    g_autofree char *stem = dot != NULL ? g_strndup(part, (gsize)(dot - part)) : g_strdup(part);
    g_strchomp(stem);
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        if (g_ascii_strcasecmp(stem, names[i]) == 0)
            return TRUE;
    }
    for (guint i = 0; i < G_N_ELEMENTS(numbered); i++) {
        if (g_ascii_strncasecmp(stem, numbered[i], 3) == 0 && g_strv_contains(digits, stem + 3))
            return TRUE;
    }
    return FALSE;
}

static void avoid_reserved(GString *part)
{
    if (!is_reserved(part->str))
        return;
    const char *dot = strchr(part->str, '.');
    g_string_insert_c(part, dot != NULL ? dot - part->str : -1, '_');
    char *space = strstr(part->str, " _"); /* "CON .x" */
    if (space != NULL)
        g_string_erase(part, space - part->str, 1);
}

char *hth_device_name_part(const char *text, gsize max_bytes)
{
    g_autofree char *valid = g_utf8_make_valid(text != NULL ? text : "", -1);
    g_autofree char *normal = g_utf8_normalize(valid, -1, G_NORMALIZE_DEFAULT_COMPOSE);
    GString *part = replace_illegal(normal != NULL ? normal : valid);
    cut(part, max_bytes - 1); /* a reserved name grows by one */
    trim(part);
    avoid_reserved(part);
    if (part->len == 0)
        g_string_append_c(part, '_');
    return g_string_free(part, FALSE);
}

/* ---- Wishes ---- */

static char *stem_of(const char *file_name)
{
    const char *dot = file_name != NULL ? strrchr(file_name, '.') : NULL;
    if (dot == NULL || dot == file_name)
        return g_strdup(file_name != NULL ? file_name : "");
    return g_strndup(file_name, (gsize)(dot - file_name));
}

/* "3-07 " of a set of discs, "07 ", or nothing. */
static char *number_of(const HthSyncItem *item)
{
    if (item->track == 0)
        return g_strdup("");
    if (item->disc > 1 || (item->disc > 0 && item->disc_total > 1))
        return g_strdup_printf("%u-%02u ", item->disc, item->track);
    return g_strdup_printf("%02u ", item->track);
}

/* STEM made legal and short enough for ".EXTENSION" and a suffix behind it. */
static char *file_part(const char *stem, const char *extension)
{
    g_autofree char *end =
        hth_device_name_part(extension != NULL && *extension != '\0' ? extension : "bin", 16);
    g_autofree char *whole = g_strconcat(stem, ".", end, NULL);
    const gsize room = HTH_DEVICE_NAME_FILE_MAX - strlen(end) - 1;
    g_autofree char *part = hth_device_name_part(stem, room);
    if (is_reserved(whole)) /* "CON.x" has the stem CON, which part() has changed already */
        return g_strconcat(part, ".", end, NULL);
    return g_strconcat(part, ".", end, NULL);
}

static char *folder_part(const char *text)
{
    return hth_device_name_part(text, HTH_DEVICE_NAME_FOLDER_MAX);
}

static gboolean has(const char *text)
{
    return text != NULL && *text != '\0';
}

static char *track_stem(const HthSyncItem *item)
{
    g_autofree char *number = number_of(item);
    g_autofree char *stem = has(item->title) ? g_strdup(item->title) : stem_of(item->file_name);
    if (has(item->track_artist) && g_strcmp0(item->track_artist, item->artist) != 0)
        return g_strconcat(number, item->track_artist, " - ", stem, NULL);
    return g_strconcat(number, stem, NULL);
}

static char *music_wish(const HthSyncItem *item)
{
    const gboolean is_tagged = has(item->artist) || has(item->album);
    g_autofree char *stem = is_tagged ? track_stem(item) : stem_of(item->file_name);
    g_autofree char *file = file_part(stem, item->extension);
    if (!is_tagged) {
        g_autofree char *folder = folder_part(item->folder_name);
        return g_strconcat("Music/", folder, "/", file, NULL);
    }
    g_autofree char *artist = folder_part(has(item->artist) ? item->artist : "Unknown Artist");
    g_autofree char *album = has(item->album) ? folder_part(item->album) : NULL;
    return g_strconcat("Music/", artist, "/", album != NULL ? album : "", album != NULL ? "/" : "",
                       file, NULL);
}

static gboolean has_digits(const char *text, guint n)
{
    for (guint i = 0; i < n; i++) {
        if (text == NULL || !g_ascii_isdigit(text[i]))
            return FALSE;
    }
    return TRUE;
}

static char *video_wish(const HthSyncItem *item)
{
    g_autofree char *stem = has(item->title) ? g_strdup(item->title) : stem_of(item->file_name);
    g_autofree char *file = file_part(stem, item->extension);
    g_autofree char *album = has(item->album) ? folder_part(item->album) : NULL;
    if (album != NULL)
        return g_strconcat("Videos/", album, "/", file, NULL);
    if (has_digits(item->date, 4))
        return g_strdup_printf("Videos/%.4s/%s", item->date, file);
    return g_strconcat("Videos/", file, NULL);
}

static char *photo_wish(const HthSyncItem *item)
{
    g_autofree char *stem = stem_of(item->file_name);
    g_autofree char *file = file_part(stem, item->extension);
    if (has_digits(item->date, 4) && item->date[4] == '-' && has_digits(item->date + 5, 2))
        return g_strdup_printf("Photos/%.4s/%.7s/%s", item->date, item->date, file);
    if (has_digits(item->date, 4))
        return g_strdup_printf("Photos/%.4s/%s", item->date, file);
    g_autofree char *folder = folder_part(item->folder_name);
    return g_strconcat("Photos/", folder, "/", file, NULL);
}

char *hth_device_name_wish(const HthSyncItem *item)
{
    if (item->kind == HTH_MEDIA_VIDEO)
        return video_wish(item);
    if (item->kind == HTH_MEDIA_PHOTO)
        return photo_wish(item);
    return music_wish(item);
}

char *hth_device_name_companion_wish(const HthSyncItem *item, const char *main_path,
                                     const char *main_file_name)
{
    g_autofree char *folder = g_path_get_dirname(main_path);
    if (item->kind == HTH_MEDIA_PICTURE) {
        g_autofree char *picture_stem = stem_of(item->file_name);
        g_autofree char *picture = file_part(picture_stem, item->extension);
        return g_strconcat(folder, "/", picture, NULL);
    }
    g_autofree char *home_stem = stem_of(main_file_name);
    g_autofree char *own_stem = stem_of(item->file_name);
    g_autofree char *main_name = g_path_get_basename(main_path);
    g_autofree char *main_stem = stem_of(main_name);
    /* "Film.en.srt" beside "Film.mkv": what follows "Film" is kept. */
    const char *middle = g_str_has_prefix(own_stem, home_stem) ? own_stem + strlen(home_stem) : "";
    g_autofree char *end = hth_device_name_part(middle + (*middle == '.'), 24);
    g_autofree char *stem =
        *middle != '\0' ? g_strconcat(main_stem, ".", end, NULL) : g_strdup(main_stem);
    g_autofree char *file = file_part(stem, item->extension);
    return g_strconcat(folder, "/", file, NULL);
}

char *hth_device_name_playlist_wish(const char *title)
{
    g_autofree char *file = file_part(title != NULL ? title : "", "m3u8");
    return g_strconcat("Playlists/", file, NULL);
}

/* ---- Names in use ---- */

struct HthDeviceNames {
    GHashTable *paths;   /* (guint64 item → char *path) */
    GHashTable *items;   /* (char *folded path → guint64 *item) */
    GHashTable *folders; /* (char *folded path → char *path as first spelled) */
};

HthDeviceNames *hth_device_names_new(void)
{
    HthDeviceNames *self = g_new0(HthDeviceNames, 1);
    self->paths = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);
    self->items = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    self->folders = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    return self;
}

void hth_device_names_free(HthDeviceNames *self)
{
    if (self == NULL)
        return;
    g_hash_table_unref(self->paths);
    g_hash_table_unref(self->items);
    g_hash_table_unref(self->folders);
    g_free(self);
}

char *hth_device_name_fold(const char *path)
{
    gboolean is_ascii = TRUE;
    for (const char *at = path; is_ascii && *at != '\0'; at++)
        is_ascii = (guchar)*at < 0x80;
    if (is_ascii) /* the common case */
        return g_ascii_strdown(path, -1);
    g_autofree char *folded = g_utf8_casefold(path, -1);
    return g_utf8_normalize(folded, -1, G_NORMALIZE_DEFAULT_COMPOSE);
}

/* "DIR/Title.flac" → "DIR/Title (k3jx).flac", with @n letters of the id. */
static char *with_letters(const char *wish, guint64 item, guint n)
{
    char id[HTH_TEXT_ID_LENGTH + 1];
    hth_text_id_encode(item, id);
    const char *slash = strrchr(wish, '/');
    const char *name = slash != NULL ? slash + 1 : wish;
    const char *dot = strrchr(name, '.');
    const gsize length = dot != NULL ? (gsize)(dot - wish) : strlen(wish);
    const gsize n_stem = length - (gsize)(name - wish);
    const char *end = dot != NULL ? dot : "";
    const gsize room = 254 - strlen(end) - n - 3; /* " (" and ")" */
    g_autofree char *stem = g_strndup(name, n_stem);
    g_autofree char *part = hth_device_name_part(stem, MIN(room, n_stem + 1));
    return g_strdup_printf("%.*s%s (%.*s)%s", (int)(name - wish), wish, part, (int)n, id, end);
}

static gboolean is_of_wish(const char *path, const char *wish, guint64 item)
{
    if (strcmp(path, wish) == 0)
        return TRUE;
    for (guint n = 4; n <= HTH_TEXT_ID_LENGTH; n++) {
        g_autofree char *other = with_letters(wish, item, n);
        if (strcmp(path, other) == 0)
            return TRUE;
    }
    return FALSE;
}

static gboolean is_free(HthDeviceNames *self, const char *folded)
{
    if (g_hash_table_contains(self->items, folded) || g_hash_table_contains(self->folders, folded))
        return FALSE;
    for (const char *slash = strchr(folded, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        g_autofree char *folder = g_strndup(folded, (gsize)(slash - folded));
        if (g_hash_table_contains(self->items, folder))
            return FALSE; /* a file is where a folder would have to be */
    }
    return TRUE;
}

static void note_folders(HthDeviceNames *self, const char *path)
{
    for (const char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        g_autofree char *folder = g_strndup(path, (gsize)(slash - path));
        g_autofree char *folded = hth_device_name_fold(folder);
        if (!g_hash_table_contains(self->folders, folded))
            g_hash_table_insert(self->folders, g_steal_pointer(&folded), g_steal_pointer(&folder));
    }
}

/* Takes @path. */
static const char *take(HthDeviceNames *self, guint64 item, char *path)
{
    note_folders(self, path);
    g_hash_table_insert(self->items, hth_device_name_fold(path), g_memdup2(&item, sizeof item));
    g_hash_table_insert(self->paths, g_memdup2(&item, sizeof item), path);
    return path;
}

/* "ARTIST/x.flac" where "Artist" is a folder already: one spelling for both. */
static char *spell_folder(HthDeviceNames *self, const char *wish)
{
    const char *slash = strrchr(wish, '/');
    while (slash != NULL) {
        g_autofree char *folder = g_strndup(wish, (gsize)(slash - wish));
        g_autofree char *folded = hth_device_name_fold(folder);
        const char *spelled = g_hash_table_lookup(self->folders, folded);
        if (spelled != NULL)
            return g_strconcat(spelled, slash, NULL);
        slash = g_strrstr_len(wish, slash - wish, "/");
    }
    return g_strdup(wish);
}

gboolean hth_device_names_keep(HthDeviceNames *self, guint64 item, const char *wish,
                               const char *path)
{
    g_autofree char *folded = hth_device_name_fold(path);
    g_autofree char *folded_wish = hth_device_name_fold(wish);
    const char *slash = strrchr(path, '/');
    const char *wish_slash = strrchr(wish, '/');
    /* The folder may be spelled as another item first spelled it; the name itself may not. */
    g_autofree char *own = g_strdup(wish);
    if (slash != NULL && wish_slash != NULL && slash - path == wish_slash - wish) {
        g_free(own);
        own = g_strdup_printf("%.*s%s", (int)(slash - path), path, wish_slash);
    }
    g_autofree char *folded_own = hth_device_name_fold(own);
    if (strcmp(folded_own, folded_wish) != 0 || !is_of_wish(path, own, item) ||
        !is_free(self, folded))
        return FALSE;
    (void)take(self, item, g_strdup(path));
    return TRUE;
}

const char *hth_device_names_give(HthDeviceNames *self, guint64 item, const char *wish)
{
    const char *given = hth_device_names_of(self, item);
    if (given != NULL)
        return given;
    g_autofree char *path = spell_folder(self, wish);
    g_autofree char *folded = hth_device_name_fold(path);
    if (is_free(self, folded))
        return take(self, item, g_steal_pointer(&path));
    for (guint n = 4; n < HTH_TEXT_ID_LENGTH; n++) {
        g_autofree char *other = with_letters(path, item, n);
        g_autofree char *folded_other = hth_device_name_fold(other);
        if (is_free(self, folded_other))
            return take(self, item, g_steal_pointer(&other));
    }
    /* The whole id: nobody else's can have it, unless a folder has; then an id is its own folder.
     */
    g_autofree char *last = with_letters(path, item, HTH_TEXT_ID_LENGTH);
    g_autofree char *folded_last = hth_device_name_fold(last);
    if (is_free(self, folded_last))
        return take(self, item, g_steal_pointer(&last));
    char id[HTH_TEXT_ID_LENGTH + 1];
    hth_text_id_encode(item, id);
    const char *dot = strrchr(path, '.');
    return take(self, item, g_strconcat("Other/", id, dot != NULL ? dot : "", NULL));
}

const char *hth_device_names_of(HthDeviceNames *self, guint64 item)
{
    return g_hash_table_lookup(self->paths, &item);
}

guint64 hth_device_names_find(HthDeviceNames *self, const char *path)
{
    g_autofree char *folded = hth_device_name_fold(path);
    const guint64 *item = g_hash_table_lookup(self->items, folded);
    return item != NULL ? *item : 0;
}
