/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "home-page.h"

#include <string.h>

static const char page[] =
    "<!DOCTYPE html>\n"
    "<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<title>%s – hearth</title>\n"
    "<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:12vh auto;"
    "padding:0 1.5rem;color:#222;background:#fdfcfa}h1{font-weight:600;margin-bottom:.2em}"
    "p{margin:.4em 0}small{color:#777}"
    "@media(prefers-color-scheme:dark){body{color:#ddd;background:#1c1b1a}}</style></head>\n"
    "<body><h1>%s</h1>\n"
    "<p>shares %u tracks, %u videos and %u photos with this network.</p>\n"
    "<p>Look for it on your television or in a player that speaks DLNA. To change what is shared, "
    "open the control panel on the home computer.</p>\n"
    "<p><small>hearth " HTH_VERSION "</small></p></body></html>\n";

static void serve_page(HthHttpRequest *request, gpointer data)
{
    const HthParts *parts = data;
    /* The route "/" is everything that no other route takes. */
    if (strcmp(hth_http_request_path(request), "/") != 0) {
        hth_http_request_respond_error(request, 404,
                                       "There is nothing here. The page of this home is /");
        return;
    }
    HthLibraryCounts counts = { 0 };
    hth_library_counts(parts->library, &counts);
    g_autofree char *name = g_markup_escape_text(hth_host_friendly_name(parts->host), -1);
    g_autofree char *text =
        g_strdup_printf(page, name, name, counts.n_tracks, counts.n_videos, counts.n_photos);
    hth_http_request_add_header(request, "Content-Security-Policy",
                                "default-src 'none'; style-src 'unsafe-inline'");
    hth_http_request_respond(request, 200, "text/html; charset=utf-8", text);
}

const HthHttpRoute *hth_home_page_routes(guint *out_n)
{
    static const HthHttpRoute routes[] = { { HTH_HTTP_GET, "/", serve_page, 0 } };
    *out_n = G_N_ELEMENTS(routes);
    return routes;
}
