/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/http-target.h"

#include <string.h>

/* More pairs than this are not looked at. */
#define MAX_QUERY_PAIRS 128
/* RFC 1035, section 2.3.4. */
#define MAX_HOST_BYTES 253

char *hth_http_unescape(const char *text, gsize length, gboolean plus_is_space)
{
    g_autofree char *out = g_malloc(length + 1);
    char *end = out;
    for (gsize i = 0; i < length; i++) {
        char c = text[i];
        if (c == '%') {
            if (i + 2 >= length || !g_ascii_isxdigit(text[i + 1]) || !g_ascii_isxdigit(text[i + 2]))
                return NULL;
            c = (char)(g_ascii_xdigit_value(text[i + 1]) * 16 + g_ascii_xdigit_value(text[i + 2]));
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        if (c == '\0')
            return NULL;
        *end++ = c;
    }
    *end = '\0';
    return g_utf8_validate(out, end - out, NULL) ? g_steal_pointer(&out) : NULL;
}

static gboolean is_port(const char *text)
{
    guint64 port;
    return *text == '\0' || g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT16, &port, NULL);
}

static gboolean is_host_letter(char c, gboolean is_bracketed)
{
    if (is_bracketed)
        return g_ascii_isxdigit(c) || c == ':' || c == '.';
    /* An underscore is in no host name, and in many people's. */
    return g_ascii_isalnum(c) || c == '-' || c == '.' || c == '_';
}

char *hth_http_host_parse(const char *text)
{
    const gboolean is_bracketed = *text == '[';
    const char *start = is_bracketed ? text + 1 : text;
    const char *end = start;
    while (is_host_letter(*end, is_bracketed))
        end++;
    const char *after = end;
    if (is_bracketed && *after++ != ']')
        return NULL;
    if (end == start || end - start > MAX_HOST_BYTES)
        return NULL;
    if (*after != '\0' && (*after != ':' || !is_port(after + 1)))
        return NULL;
    return g_ascii_strdown(start, end - start);
}

/* Splits "http://authority/path" and gives what follows the authority, or NULL. */
static const char *take_authority(const char *text, char **out_host)
{
    if (g_ascii_strncasecmp(text, "http://", 7) != 0)
        return NULL;
    const char *authority = text + 7;
    const gsize length = strcspn(authority, "/?");
    g_autofree char *copy = g_strndup(authority, length);
    *out_host = hth_http_host_parse(copy);
    return *out_host != NULL ? authority + length : NULL;
}

static gboolean has_bad_bytes(const char *text)
{
    for (; *text != '\0'; text++) {
        if ((guchar)*text <= ' ' || *text == 0x7f || *text == '#')
            return TRUE;
    }
    return FALSE;
}

gboolean hth_http_target_parse(const char *text, HthHttpTarget *out_target)
{
    *out_target = (HthHttpTarget){ 0 };
    if (has_bad_bytes(text))
        return FALSE;
    g_autofree char *host = NULL;
    if (*text != '/')
        text = take_authority(text, &host);
    if (text == NULL)
        return FALSE;
    const gsize length = strcspn(text, "?");
    /* RFC 3986, section 6.2.3: "http://host" and "http://host/" are the same. */
    g_autofree char *path = length > 0 ? hth_http_unescape(text, length, FALSE) : g_strdup("/");
    if (path == NULL || *path != '/')
        return FALSE;
    out_target->path = g_steal_pointer(&path);
    out_target->query = g_strdup(text[length] == '?' ? text + length + 1 : "");
    out_target->host = g_steal_pointer(&host);
    return TRUE;
}

void hth_http_target_clear(HthHttpTarget *self)
{
    g_clear_pointer(&self->path, g_free);
    g_clear_pointer(&self->query, g_free);
    g_clear_pointer(&self->host, g_free);
}

char *hth_http_query_value(const char *query, const char *name)
{
    for (guint i = 0; i < MAX_QUERY_PAIRS; i++) {
        const gsize pair_length = strcspn(query, "&");
        const char *equals = memchr(query, '=', pair_length);
        const gsize name_length = equals != NULL ? (gsize)(equals - query) : pair_length;
        g_autofree char *decoded = hth_http_unescape(query, name_length, TRUE);
        if (decoded != NULL && strcmp(decoded, name) == 0) {
            if (equals == NULL)
                return g_strdup("");
            return hth_http_unescape(equals + 1, pair_length - name_length - 1, TRUE);
        }
        query += pair_length;
        if (*query++ == '\0')
            break;
    }
    return NULL;
}
