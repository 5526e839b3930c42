/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "callback.h"

#include <string.h>

#include "base/error.h"

/* What may stand in a path (RFC 3986, sections 3.3 and 3.4); everything else comes percent-encoded.
 */
#define PATH_CHARS                                                                                 \
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/?%"
#define SID_CHARS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-"

typedef struct {
    GInetAddress *address;
    guint16 port;
    const char *path; /* in the text that was parsed */
} Callback;

GInetAddress *hth_address_unmapped(GInetAddress *address)
{
    static const guint8 mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
    const guint8 *bytes = g_inet_address_to_bytes(address);
    if (g_inet_address_get_family(address) != G_SOCKET_FAMILY_IPV6 ||
        memcmp(bytes, mapped, sizeof mapped) != 0)
        return g_object_ref(address);
    return g_inet_address_new_from_bytes(bytes + sizeof mapped, G_SOCKET_FAMILY_IPV4);
}

static gboolean set_invalid(GError **error, const char *what)
{
    g_set_error(error, HTH_ERROR, HTH_ERROR_INVALID, "a callback %s", what);
    return FALSE;
}

/* "192.0.2.7" in its one spelling, or "2001:db8::7" in any. */
static GInetAddress *parse_address(const char *text, gboolean is_bracketed)
{
    if (strchr(text, '%') != NULL)
        return NULL;
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(text);
    if (address == NULL)
        return NULL;
    const gboolean is_ipv6 = g_inet_address_get_family(address) == G_SOCKET_FAMILY_IPV6;
    if (is_ipv6 != is_bracketed)
        return NULL;
    g_autofree char *spelling = g_inet_address_to_string(address);
    if (!is_ipv6 && strcmp(spelling, text) != 0)
        return NULL;
    g_autoptr(GInetAddress) unmapped = hth_address_unmapped(address);
    return unmapped == address ? g_steal_pointer(&address) : NULL;
}

/* The end of the host in "host:port/path" or "[host]:port/path", or NULL. */
static const char *host_end(const char *text)
{
    if (*text == '[')
        return strchr(text, ']');
    return text + strcspn(text, ":/");
}

static gboolean parse_port(const char **text, guint16 *out_port)
{
    *out_port = 80;
    if (**text != ':')
        return TRUE;
    guint port = 0;
    const char *digit = *text + 1;
    for (; g_ascii_isdigit(*digit) && port <= G_MAXUINT16; digit++)
        port = port * 10 + (guint)(*digit - '0');
    if (digit == *text + 1 || port == 0 || port > G_MAXUINT16)
        return FALSE;
    *out_port = (guint16)port;
    *text = digit;
    return TRUE;
}

static gboolean parse_callback(const char *url, Callback *out, GError **error)
{
    if (g_ascii_strncasecmp(url, "http://", 7) != 0)
        return set_invalid(error, "is not an http URL");
    const char *host = url + 7;
    const char *end = host_end(host);
    if (end == NULL)
        return set_invalid(error, "has a host that does not end");
    const gboolean is_bracketed = *host == '[';
    const char *first = host + (is_bracketed ? 1 : 0);
    g_autofree char *text = g_strndup(first, (gsize)(end - first));
    g_autoptr(GInetAddress) address = parse_address(text, is_bracketed);
    if (address == NULL)
        return set_invalid(error, "has a host that is not a literal address");

    const char *rest = end + (is_bracketed ? 1 : 0);
    if (!parse_port(&rest, &out->port))
        return set_invalid(error, "has no such port");
    if (*rest != '\0' && *rest != '/')
        return set_invalid(error, "has something between its host and its path");
    if (rest[strspn(rest, PATH_CHARS)] != '\0')
        return set_invalid(error, "has a character in its path that no URL has");
    out->path = *rest == '\0' ? "/" : rest;
    out->address = g_steal_pointer(&address);
    return TRUE;
}

/* Checks one URL and appends it, newly written, to @checked. */
static gboolean check_one(const char *url, GInetAddress *peer, GString *checked, GError **error)
{
    Callback callback = { NULL };
    if (!parse_callback(url, &callback, error))
        return FALSE;
    g_autoptr(GInetAddress) address = callback.address;
    g_autofree char *text = g_inet_address_to_string(address);
    if (!g_inet_address_equal(address, peer)) {
        g_autofree char *peer_text = g_inet_address_to_string(peer);
        g_set_error(error, HTH_ERROR, HTH_ERROR_REFUSED,
                    "a callback leads to %s, but %s asked for it", text, peer_text);
        return FALSE;
    }
    const gboolean is_ipv6 = g_inet_address_get_family(address) == G_SOCKET_FAMILY_IPV6;
    g_string_append_printf(checked, is_ipv6 ? "<http://[%s]:%u%s>" : "<http://%s:%u%s>", text,
                           callback.port, callback.path);
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
