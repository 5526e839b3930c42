/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "greeting.h"

#include <string.h>

char *hth_grouped_number(guint64 number)
{
    char digits[24];
    g_snprintf(digits, sizeof digits, "%" G_GUINT64_FORMAT, number);
    const gsize n = strlen(digits);
    GString *text = g_string_new(NULL);
    for (gsize i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            g_string_append_c(text, ',');
        g_string_append_c(text, digits[i]);
    }
    return g_string_free(text, FALSE);
}

/* IPv4 addresses go first: they are what people type. */
static const HthInterfaceAddress *best_address(const HthInterface *interface)
{
    const HthInterfaceAddress *best = NULL;
    for (guint i = 0; i < interface->addresses->len; i++) {
        const HthInterfaceAddress *address = interface->addresses->pdata[i];
        if (address->is_link_local || address->is_tentative)
            continue;
        if (g_inet_address_get_family(address->address) == G_SOCKET_FAMILY_IPV4)
            return address;
        best = best != NULL ? best : address;
    }
    return best;
}

static void append_places(GString *text, HthParts *parts)
{
    g_autoptr(GPtrArray) interfaces = hth_interfaces_list(parts->interfaces);
    guint n_places = 0;
    for (guint i = 0; i < interfaces->len; i++) {
        const HthInterface *interface = interfaces->pdata[i];
        const HthInterfaceAddress *address = interface->is_used ? best_address(interface) : NULL;
        if (address == NULL)
            continue;
        g_autofree char *host = g_inet_address_to_string(address->address);
        const gboolean is_ipv6 = strchr(host, ':') != NULL;
        g_string_append(text, n_places++ == 0 ? " at " : ", ");
        g_string_append_printf(text, is_ipv6 ? "http://[%s]:%u (%s)" : "http://%s:%u (%s)", host,
                               hth_host_port(parts->host), interface->name);
    }
    if (n_places == 0)
        g_string_append(text, ", once this computer is on a network");
}

static void append_count(GString *text, const char *separator, guint n, const char *one,
                         const char *many)
{
    g_autofree char *number = hth_grouped_number(n);
    g_string_append_printf(text, "%s%s %s", separator, number, n == 1 ? one : many);
}

char *hth_greeting(HthParts *parts)
{
    const guint n_roots = g_strv_length(parts->roots);
    HthLibraryCounts counts = { 0 };
    hth_library_counts(parts->library, &counts);
    GString *text = g_string_new("Sharing");
    append_count(text, " ", n_roots, "folder", "folders");
    g_string_append_printf(text, " as “%s”", hth_host_friendly_name(parts->host));
    append_places(text, parts);
    if (counts.n_tracks + counts.n_videos + counts.n_photos == 0) {
        g_string_append(text, n_roots > 0 ? " – looking at what is in them now" : "");
        return g_string_free(text, FALSE);
    }
    append_count(text, " – ", counts.n_tracks, "track", "tracks");
    append_count(text, ", ", counts.n_videos, "video", "videos");
    append_count(text, ", ", counts.n_photos, "photo", "photos");
    return g_string_free(text, FALSE);
}
