/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "upnp-service.h"

#include <string.h>

#define HTH_LOG_TOPIC "dlna"
#include "base/error.h"
#include "base/log.h"
#include "dlna.h"

typedef struct {
    HthUpnpCode code;
    const char *text;
} CodeText;

static const CodeText code_texts[] = {
    { HTH_UPNP_INVALID_ACTION, "Invalid Action" },
    { HTH_UPNP_INVALID_ARGS, "Invalid Args" },
    { HTH_UPNP_ACTION_FAILED, "Action Failed" },
    { HTH_UPNP_NO_SUCH_OBJECT, "No such object" },
    { HTH_UPNP_NO_SUCH_CONNECTION, "Invalid connection reference" },
    { HTH_UPNP_BAD_SEARCH, "Unsupported or invalid search criteria" },
    { HTH_UPNP_BAD_SORT, "Unsupported or invalid sort criteria" },
    { HTH_UPNP_NO_SUCH_CONTAINER, "No such container" },
    { HTH_UPNP_CANNOT_PROCESS, "Cannot process the request" },
    { HTH_UPNP_ACCESS_DENIED, "Access denied" },
};

const char *hth_upnp_code_text(HthUpnpCode code)
{
    for (guint i = 0; i < G_N_ELEMENTS(code_texts); i++) {
        if (code_texts[i].code == code)
            return code_texts[i].text;
    }
    return "Error";
}

const HthUpnpService *const hth_upnp_services[HTH_N_UPNP_SERVICES] = {
    &hth_content_directory,
    &hth_connection_manager,
    &hth_media_registrar,
};

static void describe_action(const HthUpnpAction *action, HthXmlOut *out)
{
    hth_xml_out_literal(out, "<action>");
    hth_upnp_append(out, "name", action->name);
    hth_xml_out_literal(out, "<argumentList>");
    for (guint i = 0; i < HTH_UPNP_MAX_ARGUMENTS && action->arguments[i].name != NULL; i++) {
        const HthUpnpArgument *argument = &action->arguments[i];
        hth_xml_out_literal(out, "<argument>");
        hth_upnp_append(out, "name", argument->name);
        hth_upnp_append(out, "direction", argument->is_out ? "out" : "in");
        hth_upnp_append(out, "relatedStateVariable", argument->variable);
        hth_xml_out_literal(out, "</argument>");
    }
    hth_xml_out_literal(out, "</argumentList></action>");
}

static void describe_variable(const HthUpnpVariable *variable, HthXmlOut *out)
{
    hth_xml_out_literal(out, "<stateVariable sendEvents=\"");
    hth_xml_out_text(out, variable->is_evented ? "yes\">" : "no\">");
    hth_upnp_append(out, "name", variable->name);
    hth_upnp_append(out, "dataType", variable->type);
    if (variable->values[0] != NULL) {
        hth_xml_out_literal(out, "<allowedValueList>");
        for (guint i = 0; i < G_N_ELEMENTS(variable->values) && variable->values[i] != NULL; i++)
            hth_upnp_append(out, "allowedValue", variable->values[i]);
        hth_xml_out_literal(out, "</allowedValueList>");
    }
    hth_xml_out_literal(out, "</stateVariable>");
}

void hth_upnp_service_describe(const HthUpnpService *self, HthXmlOut *out)
{
    hth_xml_out_literal(out, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
                             "<scpd xmlns=\"urn:schemas-upnp-org:service-1-0\">"
                             "<specVersion><major>1</major><minor>0</minor></specVersion>"
                             "<actionList>");
    for (guint i = 0; i < self->n_actions; i++)
        describe_action(&self->actions[i], out);
    hth_xml_out_literal(out, "</actionList><serviceStateTable>");
    for (guint i = 0; i < self->n_variables; i++)
        describe_variable(&self->variables[i], out);
    hth_xml_out_literal(out, "</serviceStateTable></scpd>\n");
}

#define XML_TYPE "text/xml; charset=\"utf-8\""

static void respond(HthHttpRequest *request, guint status, HthXmlOut *out)
{
    hth_http_request_add_header(request, "EXT", "");
    gsize length = 0;
    char *body = hth_xml_out_steal(out, &length);
    hth_http_request_respond_take(request, status, XML_TYPE, body, length);
}

static void respond_fault(HthHttpRequest *request, HthUpnpCode code)
{
    g_auto(HthXmlOut) out = { 0 };
    hth_xml_out_init(&out, 640);
    hth_soap_fault(&out, code, hth_upnp_code_text(code));
    respond(request, 500, &out);
}

static const HthUpnpAction *find_action(const HthUpnpService *self, const char *name)
{
    for (guint i = 0; i < self->n_actions; i++) {
        if (strcmp(self->actions[i].name, name) == 0)
            return &self->actions[i];
    }
    return NULL;
}

/* The room that most answers take; a page of objects asks for more by itself. */
#define USUAL_ANSWER_BYTES 1024

static void answer(const HthUpnpService *self, const HthUpnpCall *call)
{
    const HthUpnpAction *action = find_action(self, call->message->action);
    if (action == NULL) {
        respond_fault(call->request, HTH_UPNP_INVALID_ACTION);
        return;
    }
    g_auto(HthXmlOut) out = { 0 };
    hth_xml_out_init(&out, USUAL_ANSWER_BYTES);
    hth_soap_begin(&out, self->type, action->name, call->client->has_declaration);
    const HthUpnpCode code = action->handler(call, &out);
    if (code != HTH_UPNP_OK) {
        hth_log_debug("%s failed code=%u peer=%s", action->name, (guint)code,
                      hth_http_request_peer_text(call->request));
        respond_fault(call->request, code);
        return;
    }
    hth_soap_end(&out, action->name);
    respond(call->request, 200, &out);
}

void hth_upnp_service_control(const HthUpnpService *self, HthDlna *dlna, HthHttpRequest *request)
{
    g_autoptr(GError) error = NULL;
    gsize size = 0;
    const char *body = hth_http_request_body(request, &size);
    g_autoptr(HthSoapMessage) message = hth_soap_parse(body, size, &error);
    const HthClient *client = hth_dlna_client(dlna, request);
    if (message == NULL) {
        hth_log_debug("SOAP refused peer=%s: %s", hth_http_request_peer_text(request),
                      error->message);
        hth_http_request_respond_error(request, 400, error->message);
        return;
    }
    const HthUpnpCall call = {
        .dlna = dlna,
        .request = request,
        .message = message,
        .client = client,
        .policy = hth_host_device_policy(hth_dlna_host(dlna), hth_http_request_peer(request)),
    };
    answer(self, &call);
}

const char *hth_upnp_call_text(const HthUpnpCall *self, const char *name, const char *fallback)
{
    const char *value = hth_soap_argument(self->message, name);
    return value != NULL ? g_strstrip((char *)value) : fallback;
}

gboolean hth_upnp_call_number(const HthUpnpCall *self, const char *name, guint32 fallback,
                              guint32 *out_value)
{
    const char *text = hth_upnp_call_text(self, name, NULL);
    guint64 value = fallback;
    /* Some clients send nothing for nothing. */
    if (text != NULL && *text != '\0' &&
        !g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT32, &value, NULL))
        return FALSE;
    *out_value = (guint32)value;
    return TRUE;
}

void hth_upnp_append(HthXmlOut *out, const char *name, const char *value)
{
    hth_xml_out_literal(out, "<");
    hth_xml_out_text(out, name);
    hth_xml_out_literal(out, ">");
    hth_xml_out_escaped(out, value, HTH_XML_ONCE);
    hth_xml_out_literal(out, "</");
    hth_xml_out_text(out, name);
    hth_xml_out_literal(out, ">");
}

void hth_upnp_append_number(HthXmlOut *out, const char *name, guint64 value)
{
    hth_xml_out_literal(out, "<");
    hth_xml_out_text(out, name);
    hth_xml_out_literal(out, ">");
    hth_xml_out_number(out, value);
    hth_xml_out_literal(out, "</");
    hth_xml_out_text(out, name);
    hth_xml_out_literal(out, ">");
}
