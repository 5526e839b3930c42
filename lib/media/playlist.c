/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/playlist.h"

#include <string.h>

#include "base/text.h"

/* Longest duration believed, in seconds: ten years. */
#define SECONDS_MAX (10LL * 365 * 24 * 3600)

typedef struct {
    GPtrArray *entries;
    guint n_urls;
    char *title; /* of the entry to come */
    gint64 duration_ms;
} Parser;

void hth_playlist_entry_free(HthPlaylistEntry *entry)
{
    if (entry == NULL)
        return;
    g_free(entry->path);
    g_free(entry->title);
    g_free(entry);
}

/* Playlists are older than UTF-8: a title that is not valid UTF-8 is Latin-1. */
static char *title_text(const char *raw)
{
    if (g_utf8_validate(raw, -1, NULL))
        return hth_text_clean(raw, HTH_MEDIA_STRING_MAX);
    /* Not by iconv, which wants to open files, and the worker may not. */
    g_autoptr(GString) latin = g_string_new(NULL);
    for (const char *c = raw; *c != '\0'; c++)
        g_string_append_unichar(latin, (guchar)*c);
    return hth_text_clean(latin->str, HTH_MEDIA_STRING_MAX);
}

static gint64 seconds_to_ms(const char *text)
{
    const double seconds = g_ascii_strtod(text, NULL);
    return seconds > 0 && seconds < (double)SECONDS_MAX ? (gint64)(seconds * 1000) : 0;
}

/* "scheme:" of at least two letters, so that the drive in C:\Music is none. */
static gboolean has_scheme(const char *text)
{
    gsize length = 0;
    while (g_ascii_isalnum(text[length]) ||
           (length > 0 && strchr("+-.", text[length]) != NULL && text[length] != '\0'))
        length++;
    return length >= 2 && g_ascii_isalpha(text[0]) && g_str_has_prefix(text + length, "://");
}

/* The path of a file:// URL, without its host; NULL when its escapes are broken or hide a NUL. */
static char *path_of_url(const char *url)
{
    const char *rest = url + strlen("file://");
    const char *slash = strchr(rest, '/');
    return slash != NULL ? g_uri_unescape_string(slash, NULL) : NULL;
}

/* A Windows path becomes a relative one without its drive: the caller looks for its tail.
 * Backslashes are separators only where there is no slash, for they may be part of a name here. */
static void use_slashes(char *path)
{
    if (strchr(path, '/') == NULL)
        g_strdelimit(path, "\\", '/');
    if (g_ascii_isalpha(path[0]) && path[1] == ':' && path[2] == '/')
        memmove(path, path + 2, strlen(path + 2) + 1);
}

/* Takes what was said about the entry, whether or not it is kept. */
static void add_entry(Parser *self, const char *text)
{
    g_autofree char *title = g_steal_pointer(&self->title);
    const gint64 duration_ms = self->duration_ms;
    self->duration_ms = 0;

    g_autofree char *path = NULL;
    if (g_ascii_strncasecmp(text, "file://", 7) == 0) {
        path = path_of_url(text);
    } else if (has_scheme(text)) {
        self->n_urls++;
    } else {
        path = g_strdup(text);
        use_slashes(path);
    }
    if (path == NULL || *path == '\0' || strlen(path) > HTH_MEDIA_ENTRY_BYTES_MAX ||
        self->entries->len >= HTH_MEDIA_ENTRIES_MAX)
        return;
    HthPlaylistEntry *entry = g_new(HthPlaylistEntry, 1);
    *entry = (HthPlaylistEntry){
        .path = g_steal_pointer(&path),
        .title = g_steal_pointer(&title),
        .duration_ms = duration_ms,
    };
    g_ptr_array_add(self->entries, entry);
}

/* "#EXTINF:SECONDS,TITLE" before its entry; all other comments are left out. */
static void read_m3u_line(Parser *self, const char *line)
{
    if (*line != '#') {
        add_entry(self, line);
        return;
    }
    if (g_ascii_strncasecmp(line, "#EXTINF:", 8) != 0)
        return;
    const char *comma = strchr(line, ',');
    g_free(self->title);
    self->title = comma != NULL ? title_text(comma + 1) : NULL;
    self->duration_ms = seconds_to_ms(line + 8);
}

/* "FileN=", "TitleN=", "LengthN=": titles and lengths usually follow their file, so they are given
 * to the entry of the number last read; other orders lose the title, never the entry. */
static void read_pls_line(Parser *self, const char *line)
{
    const char *equals = strchr(line, '=');
    if (equals == NULL)
        return;
    HthPlaylistEntry *last =
        self->entries->len > 0 ? self->entries->pdata[self->entries->len - 1] : NULL;
    if (g_ascii_strncasecmp(line, "File", 4) == 0) {
        const guint n_before = self->entries->len;
        add_entry(self, equals + 1);
        if (self->entries->len > n_before)
            ((HthPlaylistEntry *)self->entries->pdata[n_before])->number =
                (guint)g_ascii_strtoull(line + 4, NULL, 10);
    } else if (g_ascii_strncasecmp(line, "Title", 5) == 0 && last != NULL && last->title == NULL) {
        last->title = title_text(equals + 1);
    } else if (g_ascii_strncasecmp(line, "Length", 6) == 0 && last != NULL) {
        last->duration_ms = seconds_to_ms(equals + 1);
    }
}

/* A line without the white space around it; NULL when nothing, a NUL or too much is in it. */
static char *line_text(const char *start, gsize length)
{
    if (length > 3 * HTH_MEDIA_ENTRY_BYTES_MAX + 16 || memchr(start, '\0', length) != NULL)
        return NULL;
    g_autofree char *line = g_strndup(start, length);
    g_strstrip(line);
    return *line != '\0' ? g_steal_pointer(&line) : NULL;
}

static gsize line_length(const char *start, const char *end)
{
    const char *at = start;
    while (at < end && *at != '\n' && *at != '\r')
        at++;
    return (gsize)(at - start);
}

static int by_number(gconstpointer a, gconstpointer b)
{
    const HthPlaylistEntry *left = *(HthPlaylistEntry *const *)a;
    const HthPlaylistEntry *right = *(HthPlaylistEntry *const *)b;
    return left->number < right->number ? -1 : left->number > right->number;
}

GPtrArray *hth_playlist_parse(const guint8 *bytes, gsize size_bytes, HthMediaFormat format,
                              guint *out_n_urls)
{
    Parser self = { .entries =
                        g_ptr_array_new_with_free_func((GDestroyNotify)hth_playlist_entry_free) };
    const char *at = (const char *)bytes;
    const char *end = at + MIN(size_bytes, HTH_PLAYLIST_BYTES_MAX);
    if (end - at >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0)
        at += 3;
    while (at < end) {
        const gsize length = line_length(at, end);
        g_autofree char *line = line_text(at, length);
        if (line != NULL && format == HTH_FORMAT_PLS)
            read_pls_line(&self, line);
        else if (line != NULL)
            read_m3u_line(&self, line);
        at += length;
        at += at < end; /* its end; the LF of a CRLF is an empty line */
    }
    g_free(self.title);
    g_ptr_array_sort(self.entries, by_number); /* stable: an M3U stays as it is */
    if (out_n_urls != NULL)
        *out_n_urls = self.n_urls;
    return self.entries;
}
