/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ssdp-message.h"

#include <string.h>

static const char *const left_out[] = { "OPT:", "01-NLS:", "X-User-Agent:", "SERVER:" };
static const char *const not_in_byebye[] = { "CACHE-CONTROL:", "LOCATION:", "SERVER:" };

HthSsdpKind hth_ssdp_message_kind(const char *message, gsize size_bytes)
{
    if (g_str_has_prefix(message, "HTTP/1.1 200 "))
        return HTH_SSDP_REPLY;
    if (!g_str_has_prefix(message, "NOTIFY * "))
        return HTH_SSDP_OTHER;
    if (g_strstr_len(message, (gssize)size_bytes, "\nNTS: ssdp:alive\r") != NULL)
        return HTH_SSDP_ALIVE;
    if (g_strstr_len(message, (gssize)size_bytes, "\nNTS: ssdp:byebye\r") != NULL)
        return HTH_SSDP_BYEBYE;
    return HTH_SSDP_OTHER;
}

static gboolean is_field_of(const char *line, const char *const *names, guint n_names)
{
    for (guint i = 0; i < n_names; i++) {
        if (g_ascii_strncasecmp(line, names[i], strlen(names[i])) == 0)
            return TRUE;
    }
    return FALSE;
}

/* The lines of @message up to its empty line, less those that begin with one of @names. */
static GString *copy_without(const char *message, const char *const *names, guint n_names)
{
    GString *copy = g_string_sized_new(512);
    g_auto(GStrv) lines = g_strsplit(message, "\r\n", -1);
    for (guint i = 0; lines[i] != NULL && *lines[i] != '\0'; i++) {
        if (!is_field_of(lines[i], names, n_names))
            g_string_append_printf(copy, "%s\r\n", lines[i]);
    }
    return copy;
}

char *hth_ssdp_message_finish(const char *message, gsize size_bytes,
                              const HthSsdpIdentity *identity)
{
    g_autofree char *text = g_strndup(message, size_bytes);
    const HthSsdpKind kind = hth_ssdp_message_kind(text, strlen(text));
    if (kind == HTH_SSDP_OTHER)
        return NULL;
    g_autoptr(GString) copy = copy_without(text, left_out, G_N_ELEMENTS(left_out));
    if (kind != HTH_SSDP_BYEBYE)
        g_string_append_printf(copy, "SERVER: %s\r\n", identity->server);
    g_string_append_printf(copy, "BOOTID.UPNP.ORG: %u\r\nCONFIGID.UPNP.ORG: %u\r\n\r\n",
                           identity->boot_id, identity->config_id);
    return g_string_free(g_steal_pointer(&copy), FALSE);
}

char *hth_ssdp_message_byebye(const char *alive)
{
    g_autoptr(GString) copy = copy_without(alive, not_in_byebye, G_N_ELEMENTS(not_in_byebye));
    g_string_replace(copy, "\r\nNTS: ssdp:alive\r\n", "\r\nNTS: ssdp:byebye\r\n", 1);
    g_string_append(copy, "\r\n");
    return g_string_free(g_steal_pointer(&copy), FALSE);
}

char *hth_ssdp_message_field(const char *message, const char *name)
{
    g_auto(GStrv) lines = g_strsplit(message, "\r\n", -1);
    const gsize length = strlen(name);
    for (guint i = 0; lines[i] != NULL && *lines[i] != '\0'; i++) {
        if (g_ascii_strncasecmp(lines[i], name, length) == 0 && lines[i][length] == ':')
            return g_strstrip(g_strdup(lines[i] + length + 1));
    }
    return NULL;
}
