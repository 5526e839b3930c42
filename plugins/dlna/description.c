/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "description.h"

#include <string.h>

#include "upnp-service.h"

const HthDlnaIcon hth_dlna_icons[HTH_N_DLNA_ICONS] = {
    { "hearth-120.png", "image/png", 120 },
    { "hearth-120.jpg", "image/jpeg", 120 },
    { "hearth-48.png", "image/png", 48 },
    { "hearth-48.jpg", "image/jpeg", 48 },
};

/* @format with its first %s replaced by @name; new string. The format is from a file, so
 * printf must not see it. */
static char *name_in(const char *format, const char *name)
{
    const char *place = format != NULL ? strstr(format, "%s") : NULL;
    if (format == NULL)
        return g_strdup(name);
    if (place == NULL)
        return g_strdup(format);
    return g_strdup_printf("%.*s%s%s", (int)(place - format), format, name, place + 2);
}

static const char *either(const char *text, const char *fallback)
{
    return text != NULL ? text : fallback;
}

static void append_identity(HthXmlOut *out, HthHost *host, const HthClient *client)
{
    g_autofree char *name = name_in(client->device.friendly_name, hth_host_friendly_name(host));
    g_autofree char *udn = g_strconcat("uuid:", hth_host_uuid(host), NULL);
    hth_upnp_append(out, "deviceType", "urn:schemas-upnp-org:device:MediaServer:1");
    hth_upnp_append(out, "friendlyName", name);
    hth_upnp_append(out, "manufacturer", either(client->device.manufacturer, "hearth"));
    hth_upnp_append(out, "modelDescription",
                    either(client->device.model_description, "hearth home media server"));
    hth_upnp_append(out, "modelName", either(client->device.model_name, "hearth"));
    hth_upnp_append(out, "modelNumber",
                    either(client->device.model_number, hth_host_version(host)));
    hth_upnp_append(out, "serialNumber", either(client->device.serial_number, hth_host_uuid(host)));
    hth_upnp_append(out, "UDN", udn);
}

static void append_dlna(HthXmlOut *out, const HthClient *client)
{
    hth_xml_out_literal(out, "<dlna:X_DLNADOC xmlns:dlna=\"urn:schemas-dlna-org:device-1-0\">");
    hth_xml_out_escaped(out, either(client->device.dlna_doc, "DMS-1.50"), HTH_XML_ONCE);
    hth_xml_out_literal(out, "</dlna:X_DLNADOC>");
    if (client->device.sec_capabilities == NULL)
        return;
    hth_upnp_append(out, "sec:ProductCap", client->device.sec_capabilities);
    hth_upnp_append(out, "sec:X_ProductCap", client->device.sec_capabilities);
}

static void append_icons(HthXmlOut *out)
{
    hth_xml_out_literal(out, "<iconList>");
    for (guint i = 0; i < HTH_N_DLNA_ICONS; i++) {
        const HthDlnaIcon *icon = &hth_dlna_icons[i];
        hth_xml_out_literal(out, "<icon>");
        hth_upnp_append(out, "mimetype", icon->mime_type);
        hth_upnp_append_number(out, "width", icon->pixels);
        hth_upnp_append_number(out, "height", icon->pixels);
        hth_upnp_append_number(out, "depth", 24);
        hth_xml_out_literal(out, "<url>" HTH_DLNA_ICON_PATH);
        hth_xml_out_text(out, icon->file);
        hth_xml_out_literal(out, "</url></icon>");
    }
    hth_xml_out_literal(out, "</iconList>");
}

static void append_services(HthXmlOut *out)
{
    hth_xml_out_literal(out, "<serviceList>");
    for (guint i = 0; i < HTH_N_UPNP_SERVICES; i++) {
        const HthUpnpService *service = hth_upnp_services[i];
        hth_xml_out_literal(out, "<service>");
        hth_upnp_append(out, "serviceType", service->type);
        hth_upnp_append(out, "serviceId", service->id);
        hth_xml_out_literal(out, "<SCPDURL>" HTH_DLNA_SCPD_PATH);
        hth_xml_out_text(out, service->name);
        hth_xml_out_literal(out, ".xml</SCPDURL><controlURL>" HTH_DLNA_CONTROL_PATH);
        hth_xml_out_text(out, service->name);
        hth_xml_out_literal(out, "</controlURL><eventSubURL>" HTH_DLNA_EVENT_PATH);
        hth_xml_out_text(out, service->name);
        hth_xml_out_literal(out, "</eventSubURL></service>");
    }
    hth_xml_out_literal(out, "</serviceList>");
}

void hth_description_append(HthXmlOut *out, HthHost *host, const HthClient *client,
                            const char *base_url, guint32 config_id)
{
    hth_xml_out_literal(out, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
                             "<root xmlns=\"urn:schemas-upnp-org:device-1-0\"");
    if (client->device.sec_capabilities != NULL)
        hth_xml_out_literal(out, " xmlns:sec=\"http://www.sec.co.kr/dlna\"");
    hth_xml_out_literal(out, " configId=\"");
    hth_xml_out_number(out, config_id);
    hth_xml_out_literal(out, "\"><specVersion><major>1</major><minor>0</minor></specVersion>"
                             "<device>");
    append_identity(out, host, client);
    append_dlna(out, client);
    append_icons(out);
    append_services(out);
    g_autofree char *presentation = g_strconcat(base_url, "/", NULL);
    hth_upnp_append(out, "presentationURL", presentation);
    hth_xml_out_literal(out, "</device></root>\n");
}
