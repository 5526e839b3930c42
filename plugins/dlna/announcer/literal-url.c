/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "literal-url.h"

#include <string.h>

#include "base/error.h"

/* What may stand in a path (RFC 3986, sections 3.3 and 3.4); everything else comes percent-encoded.
 */
#define PATH_CHARS                                                                                 \
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@/?%"

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
    g_set_error_literal(error, HTH_ERROR, HTH_ERROR_INVALID, what);
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

gboolean hth_literal_url_parse(const char *url, HthLiteralUrl *out_url, GError **error)
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
    guint16 port = 0;
    if (!parse_port(&rest, &port))
        return set_invalid(error, "has no such port");
    if (*rest != '\0' && *rest != '/')
        return set_invalid(error, "has something between its host and its path");
    if (rest[strspn(rest, PATH_CHARS)] != '\0')
        return set_invalid(error, "has a character in its path that no URL has");
    *out_url = (HthLiteralUrl){
        .address = g_steal_pointer(&address),
        .port = port,
        .path = *rest == '\0' ? "/" : rest,
    };
    return TRUE;
}

void hth_literal_url_clear(HthLiteralUrl *self)
{
    g_clear_object(&self->address);
}

char *hth_literal_url_write(const HthLiteralUrl *self)
{
    const gboolean is_ipv6 = g_inet_address_get_family(self->address) == G_SOCKET_FAMILY_IPV6;
    g_autofree char *text = g_inet_address_to_string(self->address);
    return g_strdup_printf(is_ipv6 ? "http://[%s]:%u%s" : "http://%s:%u%s", text, self->port,
                           self->path);
}
