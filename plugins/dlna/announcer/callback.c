/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "callback.h"

#include <string.h>

#include "base/error.h"
#include "literal-url.h"

#define SID_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-"

static gboolean set_invalid(GError **error, const char *what)
{
    g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "a callback %s", what);
    return FALSE;
}

/* Checks one URL and appends it, newly written, to @checked. */
static gboolean check_one(const char *url, GInetAddress *peer, GString *checked, GError **error)
{
    g_auto(HthLiteralUrl) callback = { NULL };
    if (!hth_literal_url_parse(url, &callback, error)) {
        g_prefix_error(error, "a callback ");
        return FALSE;
    }
    if (!g_inet_address_equal(callback.address, peer)) {
        g_autofree char *text = g_inet_address_to_string(callback.address);
        g_autofree char *peer_text = g_inet_address_to_string(peer);
        g_set_error(error, HTH_ERROR, HTH_ERROR_REFUSED,
                    "a callback leads to %s, but %s asked for it", text, peer_text);
        return FALSE;
    }
    g_autofree char *written = hth_literal_url_write(&callback);
    g_string_append_printf(checked, "<%s>", written);
    return TRUE;
}

/* The next "<…>" of @field: its inside as a new string, and @field moved behind it. NULL at the end
 * (no error) and for what is not such a list (error). */
static char *next_url(const char **field, GError **error)
{
    const char *start = *field + strspn(*field, " \t");
    if (*start == '\0')
        return NULL;
    const char *end = *start == '<' ? strchr(start, '>') : NULL;
    if (end == NULL) {
        set_invalid(error, "is not written as <URL>");
        return NULL;
    }
    if (end - start - 1 > HTH_CALLBACK_MAX_LENGTH) {
        g_set_error(error, HTH_ERROR, HTH_ERROR_TOO_LARGE, "a callback is longer than %d bytes",
                    HTH_CALLBACK_MAX_LENGTH);
        return NULL;
    }
    *field = end + 1;
    return g_strndup(start + 1, (gsize)(end - start - 1));
}

char *hth_callback_check(const char *field, GInetAddress *peer, GError **error)
{
    g_autoptr(GInetAddress) unmapped = hth_address_unmapped(peer);
    g_autoptr(GString) checked = g_string_new(NULL);
    g_autoptr(GError) problem = NULL;
    for (guint n = 0;; n++) {
        g_autofree char *url = next_url(&field, &problem);
        if (url == NULL && problem == NULL && n > 0)
            return g_string_free(g_steal_pointer(&checked), FALSE);
        if (url == NULL && problem == NULL)
            set_invalid(&problem, "is missing");
        if (n >= HTH_CALLBACK_MAX_COUNT && problem == NULL)
            g_set_error(&problem, HTH_ERROR, HTH_ERROR_TOO_LARGE, "more than %d callbacks",
                        HTH_CALLBACK_MAX_COUNT);
        if (problem != NULL || !check_one(url, unmapped, checked, &problem)) {
            g_propagate_error(error, g_steal_pointer(&problem));
            return NULL;
        }
    }
}

gboolean hth_sid_is_valid(const char *sid)
{
    if (!g_str_has_prefix(sid, "uuid:"))
        return FALSE;
    const gsize length = strlen(sid);
    return length > 5 && length <= HTH_SID_MAX_LENGTH &&
           sid[5 + strspn(sid + 5, SID_CHARS)] == '\0';
}

guint hth_subscription_timeout_s(const char *field)
{
    if (field == NULL || g_ascii_strncasecmp(field, "Second-", 7) != 0)
        return HTH_SUBSCRIPTION_DEFAULT_S;
    guint64 seconds = 0;
    if (!g_ascii_string_to_unsigned(field + 7, 10, 0, G_MAXUINT32, &seconds, NULL))
        return HTH_SUBSCRIPTION_DEFAULT_S;
    return (guint)CLAMP(seconds, HTH_SUBSCRIPTION_MIN_S, HTH_SUBSCRIPTION_MAX_S);
}
