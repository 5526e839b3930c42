/* SPDX-License-Identifier: GPL-3.0-or-later */
/* X_MS_MediaReceiverRegistrar:1, which Windows and the Xbox ask before they browse. Everyone is
 * authorized here: what a device may see is decided by the household, at Browse and at each file.
 */
#include "upnp-service.h"

static HthUpnpCode is_authorized(const HthUpnpCall *call, HthXmlOut *out)
{
    hth_xml_out_literal(out, "<Result>1</Result>");
    return HTH_UPNP_OK;
}

static HthUpnpCode register_device(const HthUpnpCall *call, HthXmlOut *out)
{
    hth_xml_out_literal(out, "<RegistrationRespMsg></RegistrationRespMsg>");
    return HTH_UPNP_OK;
}

static const HthUpnpAction actions[] = {
    { "IsAuthorized",
      is_authorized,
      { { "DeviceID", "A_ARG_TYPE_DeviceID", FALSE }, { "Result", "A_ARG_TYPE_Result", TRUE } } },
    { "IsValidated",
      is_authorized,
      { { "DeviceID", "A_ARG_TYPE_DeviceID", FALSE }, { "Result", "A_ARG_TYPE_Result", TRUE } } },
    { "RegisterDevice",
      register_device,
      { { "RegistrationReqMsg", "A_ARG_TYPE_RegistrationReqMsg", FALSE },
        { "RegistrationRespMsg", "A_ARG_TYPE_RegistrationRespMsg", TRUE } } },
};

static const HthUpnpVariable variables[] = {
    { "A_ARG_TYPE_DeviceID", "string", FALSE, { NULL } },
    { "A_ARG_TYPE_Result", "int", FALSE, { NULL } },
    { "A_ARG_TYPE_RegistrationReqMsg", "bin.base64", FALSE, { NULL } },
    { "A_ARG_TYPE_RegistrationRespMsg", "bin.base64", FALSE, { NULL } },
    { "AuthorizationGrantedUpdateID", "ui4", TRUE, { NULL } },
    { "AuthorizationDeniedUpdateID", "ui4", TRUE, { NULL } },
    { "ValidationSucceededUpdateID", "ui4", TRUE, { NULL } },
    { "ValidationRevokedUpdateID", "ui4", TRUE, { NULL } },
};

const HthUpnpService hth_media_registrar = {
    .name = "registrar",
    .type = "urn:microsoft.com:service:X_MS_MediaReceiverRegistrar:1",
    .id = "urn:microsoft.com:serviceId:X_MS_MediaReceiverRegistrar",
    .actions = actions,
    .n_actions = G_N_ELEMENTS(actions),
    .variables = variables,
    .n_variables = G_N_ELEMENTS(variables),
};
