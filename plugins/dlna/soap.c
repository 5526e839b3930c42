/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "soap.h"

#include <string.h>

#include "base/error.h"
#include "xml-in.h"

typedef struct {
    HthSoapMessage *message;
    guint body_depth;   /* of Body; 0: not seen yet */
    gboolean has_ended; /* Body has been closed */
    GString *text;      /* of the argument that is being read */
} Reading;

static void begin_action(Reading *reading, const char *name, const char *uri)
{
    if (reading->message->action != NULL)
        return; /* a second one is not looked at */
    reading->message->action = g_strdup(name);
    reading->message->service_type = g_strdup(uri);
}

static gboolean begin_argument(Reading *reading, const char *name, GError **error)
{
    HthSoapMessage *message = reading->message;
    if (message->n_arguments == HTH_SOAP_MAX_ARGUMENTS) {
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_TOO_LARGE, "too many arguments");
        return FALSE;
    }
    message->arguments[message->n_arguments].name = g_strdup(name);
    g_string_truncate(reading->text, 0);
    return TRUE;
}

static gboolean on_start(const char *name, const char *uri, guint depth, gpointer data,
                         GError **error)
{
    Reading *reading = data;
    if (reading->body_depth == 0) {
        if (depth == 2 && strcmp(name, "Body") == 0)
            reading->body_depth = depth;
        return TRUE;
    }
    if (reading->has_ended)
        return TRUE;
    if (depth == reading->body_depth + 1)
        begin_action(reading, name, uri);
    else if (depth == reading->body_depth + 2)
        return begin_argument(reading, name, error);
    return TRUE;
}

static void on_end(guint depth, gpointer data)
{
    Reading *reading = data;
    const gboolean is_in_body = reading->body_depth != 0 && !reading->has_ended;
    if (is_in_body && depth == reading->body_depth + 2) {
        HthSoapArgument *last = &reading->message->arguments[reading->message->n_arguments++];
        last->value = g_strndup(reading->text->str, reading->text->len);
    } else if (is_in_body && depth == reading->body_depth) {
        reading->has_ended = TRUE;
    }
}

static void on_text(const char *text, gsize length, guint depth, gpointer data)
{
    Reading *reading = data;
    const gboolean is_in_body = reading->body_depth != 0 && !reading->has_ended;
    if (is_in_body && depth >= reading->body_depth + 2)
        g_string_append_len(reading->text, text, (gssize)length);
}

HthSoapMessage *hth_soap_parse(const char *body, gsize size_bytes, GError **error)
{
    static const HthXmlHandler handler = { on_start, on_end, on_text };
    if (size_bytes > HTH_SOAP_MAX_BYTES) {
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_TOO_LARGE, "the request is too large");
        return NULL;
    }
    g_autoptr(HthSoapMessage) message = g_new0(HthSoapMessage, 1);
    g_autoptr(GString) value = g_string_sized_new(128);
    Reading reading = { .message = message, .text = value };
    if (!hth_xml_in_read(body, size_bytes, HTH_SOAP_MAX_DEPTH, &handler, &reading, error))
        return NULL;
    if (message->action == NULL) {
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_CORRUPT, "no action in a SOAP body");
        return NULL;
    }
    return g_steal_pointer(&message);
}

void hth_soap_message_free(HthSoapMessage *self)
{
    if (self == NULL)
        return;
    for (guint i = 0; i < HTH_SOAP_MAX_ARGUMENTS; i++) {
        g_free(self->arguments[i].name); /* one past n_arguments when reading stopped inside it */
        g_free(self->arguments[i].value);
    }
    g_free(self->action);
    g_free(self->service_type);
    g_free(self);
}

const char *hth_soap_argument(const HthSoapMessage *self, const char *name)
{
    for (guint i = 0; i < self->n_arguments; i++) {
        if (strcmp(self->arguments[i].name, name) == 0)
            return self->arguments[i].value;
    }
    return NULL;
}

#define DECLARATION "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
#define ENVELOPE                                                                                   \
    "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\""                            \
    " s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\"><s:Body>"
#define ENVELOPE_END "</s:Body></s:Envelope>\n"

void hth_soap_begin(HthXmlOut *out, const char *service_type, const char *action,
                    gboolean has_declaration)
{
    if (has_declaration)
        hth_xml_out_literal(out, DECLARATION);
    hth_xml_out_literal(out, ENVELOPE "<u:");
    hth_xml_out_text(out, action);
    hth_xml_out_literal(out, "Response xmlns:u=\"");
    hth_xml_out_text(out, service_type);
    hth_xml_out_literal(out, "\">");
}

void hth_soap_end(HthXmlOut *out, const char *action)
{
    hth_xml_out_literal(out, "</u:");
    hth_xml_out_text(out, action);
    hth_xml_out_literal(out, "Response>" ENVELOPE_END);
}

void hth_soap_fault(HthXmlOut *out, guint code, const char *description)
{
    hth_xml_out_literal(out, DECLARATION ENVELOPE
                        "<s:Fault><faultcode>s:Client</faultcode>"
                        "<faultstring>UPnPError</faultstring><detail>"
                        "<UPnPError xmlns=\"urn:schemas-upnp-org:control-1-0\"><errorCode>");
    hth_xml_out_number(out, code);
    hth_xml_out_literal(out, "</errorCode><errorDescription>");
    hth_xml_out_escaped(out, description, HTH_XML_ONCE);
    hth_xml_out_literal(out, "</errorDescription></UPnPError></detail></s:Fault>" ENVELOPE_END);
}
