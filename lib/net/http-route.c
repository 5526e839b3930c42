/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/http-route.h"

#include <string.h>

static const struct {
    const char *name;
    HthHttpMethods method;
} methods_by_name[] = {
    { "GET", HTH_HTTP_GET },
    { "HEAD", HTH_HTTP_GET },
    { "POST", HTH_HTTP_POST },
    { "PUT", HTH_HTTP_PUT },
    { "DELETE", HTH_HTTP_DELETE },
    { "SUBSCRIBE", HTH_HTTP_SUBSCRIBE },
    { "UNSUBSCRIBE", HTH_HTTP_UNSUBSCRIBE },
};

HthHttpMethods hth_http_method_from_name(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(methods_by_name); i++) {
        if (strcmp(name, methods_by_name[i].name) == 0)
            return methods_by_name[i].method;
    }
    return 0;
}

const char *hth_http_method_static_name(const char *name)
{
    for (guint i = 0; i < G_N_ELEMENTS(methods_by_name); i++) {
        if (strcmp(name, methods_by_name[i].name) == 0)
            return methods_by_name[i].name;
    }
    return "OTHER";
}

/* How much of @path the route takes; 0: it is not meant. */
static gsize match(const HthHttpRoute *route, const char *path)
{
    const gsize length = strlen(route->path);
    if (strncmp(path, route->path, length) != 0)
        return 0;
    return path[length] == '\0' || route->path[length - 1] == '/' ? length : 0;
}

guint hth_http_route_find(GArray *routes, HthHttpMethods method, const char *path,
                          HthHttpRouteEntry *out_entry, HthHttpMethods *out_allowed)
{
    gsize longest = 0;
    *out_allowed = 0;
    *out_entry = (HthHttpRouteEntry){ 0 };
    for (guint i = 0; i < routes->len; i++) {
        const HthHttpRouteEntry *entry = &g_array_index(routes, HthHttpRouteEntry, i);
        const gsize length = match(entry->route, path);
        if (length == 0 || length < longest)
            continue;
        if (length > longest) {
            longest = length;
            *out_allowed = 0;
            *out_entry = (HthHttpRouteEntry){ 0 };
        }
        *out_allowed |= entry->route->methods;
        if ((entry->route->methods & method) != 0 && out_entry->route == NULL)
            *out_entry = *entry;
    }
    if (longest == 0)
        return 404;
    return out_entry->route != NULL ? 200 : 405;
}

char *hth_http_methods_text(HthHttpMethods methods)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < G_N_ELEMENTS(methods_by_name); i++) {
        if ((methods & methods_by_name[i].method) != 0)
            g_string_append_printf(text, "%s%s", text->len > 0 ? ", " : "",
                                   methods_by_name[i].name);
    }
    return g_string_free(text, FALSE);
}
