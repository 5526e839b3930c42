/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lan-rules.h"

#include <string.h>
#include <unistd.h>

/* More search domains than any resolv.conf(5) has. */
#define DOMAINS_MAX 16

struct HthLanRules {
    HthInterfaces *interfaces;
    GHashTable *names; /* lower case; set */
};

static void add_name(HthLanRules *self, const char *name, const char *domain)
{
    g_autofree char *whole = domain != NULL ? g_strconcat(name, ".", domain, NULL) : g_strdup(name);
    g_hash_table_add(self->names, g_ascii_strdown(whole, -1));
}

static void add_search_domains(HthLanRules *self, const char *name)
{
    g_autofree char *text = NULL;
    if (!g_file_get_contents("/etc/resolv.conf", &text, NULL, NULL))
        return;
    g_auto(GStrv) lines = g_strsplit(text, "\n", 256);
    for (char **line = lines; *line != NULL; line++) {
        g_auto(GStrv) words = g_strsplit_set(g_strstrip(*line), " \t", DOMAINS_MAX);
        if (words[0] == NULL ||
            (strcmp(words[0], "search") != 0 && strcmp(words[0], "domain") != 0))
            continue;
        for (char **domain = words + 1; *domain != NULL; domain++) {
            if (**domain != '\0' && strcmp(*domain, ".") != 0)
                add_name(self, name, *domain);
        }
    }
}

static void add_own_names(HthLanRules *self)
{
    char host[256] = "";
    (void)gethostname(host, sizeof host - 1); /* an empty name adds nothing */
    add_name(self, "localhost", NULL);
    if (*host == '\0')
        return;
    add_name(self, host, NULL);
    char *dot = strchr(host, '.');
    if (dot != NULL)
        *dot = '\0';
    add_name(self, host, NULL);
    add_name(self, host, "local");
    add_search_domains(self, host);
}

HthLanRules *hth_lan_rules_new(HthInterfaces *interfaces, const char *const *names)
{
    HthLanRules *self = g_new0(HthLanRules, 1);
    self->interfaces = interfaces;
    self->names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    add_own_names(self);
    for (const char *const *name = names; name != NULL && *name != NULL; name++)
        add_name(self, *name, NULL);
    return self;
}

void hth_lan_rules_free(HthLanRules *self)
{
    if (self == NULL)
        return;
    g_hash_table_unref(self->names);
    g_free(self);
}

gboolean hth_lan_rules_peer(GInetAddress *peer, gpointer data)
{
    const HthLanRules *self = data;
    return hth_interfaces_is_attached(self->interfaces, peer);
}

/* "hearth-k3jx9a.local": the name that the mDNS responder inside hearth uses. Only devices on this
 * network resolve .local names, so no page from outside can bring one. */
static gboolean is_embedded_name(const char *name)
{
    return g_str_has_prefix(name, "hearth-") && strlen(name) == strlen("hearth-xxxxxx.local") &&
           g_str_has_suffix(name, ".local");
}

/* The host part without port, brackets and a closing dot, in lower case; NULL: not well formed. */
static char *host_part(const char *host, guint16 port)
{
    const char *end = host + strlen(host);
    const char *colon = *host == '[' ? strstr(host, "]:") : strrchr(host, ':');
    if (colon != NULL && *host == '[')
        colon++;
    if (colon != NULL) {
        guint64 given;
        if (!g_ascii_string_to_unsigned(colon + 1, 10, 1, 65535, &given, NULL) || given != port)
            return NULL;
        end = colon;
    }
    if (*host == '[') {
        host++;
        end--;
        if (end < host || *end != ']')
            return NULL;
    }
    if (end > host && end[-1] == '.')
        end--;
    return g_ascii_strdown(host, end - host);
}

gboolean hth_lan_rules_host(const char *host, GInetAddress *local, guint16 port, gpointer data)
{
    const HthLanRules *self = data;
    if (host == NULL)
        return TRUE; /* HTTP/1.0 */
    g_autofree char *name = host_part(host, port);
    if (name == NULL || *name == '\0')
        return FALSE;
    if (g_hash_table_contains(self->names, name) || is_embedded_name(name))
        return TRUE;
    char *zone = strchr(name, '%');
    if (zone != NULL)
        *zone = '\0'; /* fe80::1%25eth0: RFC 6874 */
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(name);
    return address != NULL && (g_inet_address_get_is_loopback(address) ||
                               hth_interfaces_has_address(self->interfaces, address));
}
