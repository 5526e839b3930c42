/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ConnectionManager:1: what we can send, and that there is one connection which is none. */
#include <string.h>

#include "didl.h"
#include "media/media-type.h"
#include "profile.h"
#include "upnp-service.h"

static void append_entry(HthXmlOut *out, gsize start, const char *mime_type, const char *profile,
                         gboolean is_photo)
{
    if (out->length > start)
        hth_xml_out_literal(out, ",");
    hth_xml_out_literal(out, "http-get:*:");
    hth_xml_out_escaped(out, mime_type, HTH_XML_ONCE);
    hth_xml_out_literal(out, ":");
    if (profile == NULL)
        hth_xml_out_literal(out, "*");
    else
        hth_didl_fourth_field(out, profile, is_photo, FALSE);
}

static gboolean is_sent(HthMediaFormat format, HthMediaFace face)
{
    if (format == HTH_FORMAT_UNKNOWN || format >= HTH_FORMAT_M3U)
        return FALSE;
    if (format >= HTH_FORMAT_JPEG)
        return face == HTH_FACE_PHOTO;
    static const HthMediaFormat video_only[] = { HTH_FORMAT_MOV, HTH_FORMAT_AVI, HTH_FORMAT_MPEG_TS,
                                                 HTH_FORMAT_MPEG_TS_192, HTH_FORMAT_MPEG_PS };
    static const HthMediaFormat both[] = { HTH_FORMAT_OGG, HTH_FORMAT_MP4, HTH_FORMAT_ASF,
                                           HTH_FORMAT_MATROSKA, HTH_FORMAT_WEBM };
    for (guint i = 0; i < G_N_ELEMENTS(video_only); i++) {
        if (video_only[i] == format)
            return face == HTH_FACE_VIDEO;
    }
    for (guint i = 0; i < G_N_ELEMENTS(both); i++) {
        if (both[i] == format)
            return face != HTH_FACE_PHOTO;
    }
    return face == HTH_FACE_AUDIO;
}

/* Types are listed once though several formats share them. */
static gboolean is_first_of_type(const HthClient *client, guint format, guint face)
{
    const char *type = client->mime_type[format][face];
    for (guint f = 0; f <= format; f++) {
        for (guint g = 0; g < (f == format ? face : (guint)HTH_N_FACES); g++) {
            if (is_sent((HthMediaFormat)f, (HthMediaFace)g) &&
                strcmp(client->mime_type[f][g], type) == 0)
                return FALSE;
        }
    }
    return TRUE;
}

static void append_source(HthXmlOut *out, const HthClient *client)
{
    const gsize start = out->length;
    for (guint i = HTH_PROFILE_NONE + 1; i < HTH_N_PROFILES; i++) {
        const char *type = hth_profile_mime_type((HthProfile)i);
        append_entry(out, start, type, hth_profile_name((HthProfile)i),
                     g_str_has_prefix(type, "image/"));
    }
    for (guint format = 0; format < HTH_N_FORMATS; format++) {
        for (guint face = 0; face < HTH_N_FACES; face++) {
            if (is_sent((HthMediaFormat)format, (HthMediaFace)face) &&
                is_first_of_type(client, format, face))
                append_entry(out, start, client->mime_type[format][face], NULL, FALSE);
        }
    }
    if (client->caption_res_type != NULL)
        append_entry(out, start, client->caption_res_type, NULL, FALSE);
}

char *hth_connection_manager_source(const HthClient *client)
{
    g_auto(HthXmlOut) out = { 0 };
    hth_xml_out_init(&out, 4096);
    append_source(&out, client);
    return hth_xml_out_steal(&out, NULL);
}

static HthUpnpCode get_protocol_info(const HthUpnpCall *call, HthXmlOut *out)
{
    hth_xml_out_literal(out, "<Source>");
    append_source(out, call->client);
    hth_xml_out_literal(out, "</Source><Sink></Sink>");
    return HTH_UPNP_OK;
}

static HthUpnpCode get_current_connection_ids(const HthUpnpCall *call, HthXmlOut *out)
{
    hth_xml_out_literal(out, "<ConnectionIDs>0</ConnectionIDs>");
    return HTH_UPNP_OK;
}

static HthUpnpCode get_current_connection_info(const HthUpnpCall *call, HthXmlOut *out)
{
    const char *id = hth_upnp_call_text(call, "ConnectionID", NULL);
    if (id == NULL)
        return HTH_UPNP_INVALID_ARGS;
    if (strcmp(id, "0") != 0)
        return HTH_UPNP_NO_SUCH_CONNECTION;
    hth_xml_out_literal(out, "<RcsID>-1</RcsID><AVTransportID>-1</AVTransportID>"
                             "<ProtocolInfo></ProtocolInfo>"
                             "<PeerConnectionManager></PeerConnectionManager>"
                             "<PeerConnectionID>-1</PeerConnectionID>"
                             "<Direction>Output</Direction><Status>Unknown</Status>");
    return HTH_UPNP_OK;
}

static const HthUpnpAction actions[] = {
    { "GetProtocolInfo",
      get_protocol_info,
      { { "Source", "SourceProtocolInfo", TRUE }, { "Sink", "SinkProtocolInfo", TRUE } } },
    { "GetCurrentConnectionIDs",
      get_current_connection_ids,
      { { "ConnectionIDs", "CurrentConnectionIDs", TRUE } } },
    { "GetCurrentConnectionInfo",
      get_current_connection_info,
      { { "ConnectionID", "A_ARG_TYPE_ConnectionID", FALSE },
        { "RcsID", "A_ARG_TYPE_RcsID", TRUE },
        { "AVTransportID", "A_ARG_TYPE_AVTransportID", TRUE },
        { "ProtocolInfo", "A_ARG_TYPE_ProtocolInfo", TRUE },
        { "PeerConnectionManager", "A_ARG_TYPE_ConnectionManager", TRUE },
        { "PeerConnectionID", "A_ARG_TYPE_ConnectionID", TRUE },
        { "Direction", "A_ARG_TYPE_Direction", TRUE },
        { "Status", "A_ARG_TYPE_ConnectionStatus", TRUE } } },
};

static const HthUpnpVariable variables[] = {
    { "SourceProtocolInfo", "string", TRUE, { NULL } },
    { "SinkProtocolInfo", "string", TRUE, { NULL } },
    { "CurrentConnectionIDs", "string", TRUE, { NULL } },
    { "A_ARG_TYPE_ConnectionStatus",
      "string",
      FALSE,
      { "OK", "ContentFormatMismatch", "InsufficientBandwidth", "UnreliableChannel", "Unknown" } },
    { "A_ARG_TYPE_ConnectionManager", "string", FALSE, { NULL } },
    { "A_ARG_TYPE_Direction", "string", FALSE, { "Input", "Output" } },
    { "A_ARG_TYPE_ProtocolInfo", "string", FALSE, { NULL } },
    { "A_ARG_TYPE_ConnectionID", "i4", FALSE, { NULL } },
    { "A_ARG_TYPE_AVTransportID", "i4", FALSE, { NULL } },
    { "A_ARG_TYPE_RcsID", "i4", FALSE, { NULL } },
};

const HthUpnpService hth_connection_manager = {
    .name = "connection",
    .type = "urn:schemas-upnp-org:service:ConnectionManager:1",
    .id = "urn:upnp-org:serviceId:ConnectionManager",
    .actions = actions,
    .n_actions = G_N_ELEMENTS(actions),
    .variables = variables,
    .n_variables = G_N_ELEMENTS(variables),
};
