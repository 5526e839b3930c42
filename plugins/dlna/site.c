/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "site.h"

#include <string.h>

#include "base/text.h"
#include "description.h"
#include "media-headers.h"
#include "soap.h"
#include "upnp-service.h"
#include "xml-in.h"

#define XML_TYPE "text/xml; charset=\"utf-8\""

struct HthSite {
    HthHost *host;
    HthDlna *dlna;
    guint32 config_id;
    GBytes *icons[HTH_N_DLNA_ICONS]; /* NULL: the file is missing */
    GBytes *scpds[HTH_N_UPNP_SERVICES];
};

static void add_server_header(HthSite *self, HthHttpRequest *request)
{
    g_autofree char *server =
        g_strconcat("Linux UPnP/1.0 DLNADOC/1.50 hearth/", hth_host_version(self->host), NULL);
    hth_http_request_add_header(request, "Server", server);
}

static void serve_description(HthHttpRequest *request, gpointer data)
{
    HthSite *self = data;
    g_auto(HthXmlOut) out = { 0 };
    hth_xml_out_init(&out, 4096);
    hth_description_append(&out, self->host, hth_dlna_client(self->dlna, request),
                           hth_http_request_base_url(request), self->config_id);
    add_server_header(self, request);
    gsize length = 0;
    char *body = hth_xml_out_steal(&out, &length);
    hth_http_request_respond_take(request, 200, XML_TYPE, body, length);
}

/* What follows the last slash of the path. */
static const char *last_part(HthHttpRequest *request)
{
    return strrchr(hth_http_request_path(request), '/') + 1;
}

/* The service named NAME in "…/NAME" or "…/NAME.xml"; HTH_N_UPNP_SERVICES when there is none. */
static guint find_service(const char *name, const char *suffix)
{
    for (guint i = 0; i < HTH_N_UPNP_SERVICES; i++) {
        const gsize length = strlen(hth_upnp_services[i]->name);
        if (strncmp(name, hth_upnp_services[i]->name, length) == 0 &&
            strcmp(name + length, suffix) == 0)
            return i;
    }
    return HTH_N_UPNP_SERVICES;
}

static void serve_scpd(HthHttpRequest *request, gpointer data)
{
    HthSite *self = data;
    const guint service = find_service(last_part(request), ".xml");
    if (service == HTH_N_UPNP_SERVICES)
        hth_http_request_respond_error(request, 404, "There is no such service.");
    else
        hth_http_request_respond_bytes(request, 200, XML_TYPE, self->scpds[service]);
}

static void serve_control(HthHttpRequest *request, gpointer data)
{
    HthSite *self = data;
    const guint service = find_service(last_part(request), "");
    if (service == HTH_N_UPNP_SERVICES) {
        hth_http_request_respond_error(request, 404, "There is no such service.");
        return;
    }
    add_server_header(self, request);
    hth_upnp_service_control(hth_upnp_services[service], self->dlna, request);
}

static void serve_icon(HthHttpRequest *request, gpointer data)
{
    HthSite *self = data;
    for (guint i = 0; i < HTH_N_DLNA_ICONS; i++) {
        if (self->icons[i] != NULL && strcmp(hth_dlna_icons[i].file, last_part(request)) == 0) {
            hth_http_request_respond_bytes(request, 200, hth_dlna_icons[i].mime_type,
                                           self->icons[i]);
            return;
        }
    }
    hth_http_request_respond_error(request, 404, "There is no such icon.");
}

static const HthHttpRoute routes[] = {
    { HTH_HTTP_GET, HTH_DLNA_DESCRIPTION_PATH, serve_description, 0 },
    { HTH_HTTP_GET, HTH_DLNA_SCPD_PATH, serve_scpd, 0 },
    { HTH_HTTP_GET, HTH_DLNA_ICON_PATH, serve_icon, 0 },
    { HTH_HTTP_POST, HTH_DLNA_CONTROL_PATH, serve_control, HTH_SOAP_MAX_BYTES },
};

static void load_icons(HthSite *self)
{
    g_autofree char *folder = hth_host_data_path(self->host, "icons");
    for (guint i = 0; i < HTH_N_DLNA_ICONS; i++) {
        g_autofree char *path = g_build_filename(folder, hth_dlna_icons[i].file, NULL);
        char *contents = NULL;
        gsize length = 0;
        if (g_file_get_contents(path, &contents, &length, NULL))
            self->icons[i] = g_bytes_new_take(contents, length);
    }
}

static void make_scpds(HthSite *self)
{
    for (guint i = 0; i < HTH_N_UPNP_SERVICES; i++) {
        g_auto(HthXmlOut) out = { 0 };
        hth_xml_out_init(&out, 8192);
        hth_upnp_service_describe(hth_upnp_services[i], &out);
        gsize length = 0;
        char *text = hth_xml_out_steal(&out, &length);
        self->scpds[i] = g_bytes_new_take(text, length);
    }
}

/* UPnP Device Architecture 1.1, section 2.1: changes whenever a document does. */
static guint32 work_out_config_id(HthSite *self)
{
    const HthClient *client = hth_client_table_find(hth_dlna_clients(self->dlna), "default");
    g_auto(HthXmlOut) out = { 0 };
    hth_xml_out_init(&out, 32768);
    hth_description_append(&out, self->host, client, "", 0);
    for (guint i = 0; i < HTH_N_UPNP_SERVICES; i++)
        hth_upnp_service_describe(hth_upnp_services[i], &out);
    return (guint32)(hth_text_digest(out.data, (gssize)out.length) & 0xffffff);
}

HthSite *hth_site_new(HthHost *host)
{
    hth_xml_in_init();
    HthSite *self = g_new0(HthSite, 1);
    self->host = host;
    g_autofree char *clients = hth_host_data_path(host, "clients.d");
    self->dlna = hth_dlna_new(host, clients);
    self->config_id = work_out_config_id(self);
    load_icons(self);
    make_scpds(self);
    hth_host_add_lan_routes(host, routes, G_N_ELEMENTS(routes), self);
    hth_host_add_media_hook(host, hth_media_headers, self->dlna);
    return self;
}

void hth_site_free(HthSite *self)
{
    if (self == NULL)
        return;
    hth_dlna_free(self->dlna);
    for (guint i = 0; i < HTH_N_DLNA_ICONS; i++)
        g_clear_pointer(&self->icons[i], g_bytes_unref);
    for (guint i = 0; i < HTH_N_UPNP_SERVICES; i++)
        g_bytes_unref(self->scpds[i]);
    g_free(self);
}

guint32 hth_site_config_id(const HthSite *self)
{
    return self->config_id;
}

HthDlna *hth_site_dlna(HthSite *self)
{
    return self->dlna;
}
