/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "soap.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <string.h>

#include "base/error.h"

typedef struct {
    xmlParserCtxt *parser;
    HthSoapMessage *message;
    guint depth;
    guint body_depth;   /* of Body; 0: not seen yet */
    gboolean has_ended; /* Body has been closed */
    GString *text;      /* of the argument that is being read */
    GError *error;
} Reading;

static void stop(Reading *reading, HthError code, const char *sentence)
{
    if (reading->error == NULL)
        reading->error = g_error_new_literal(HTH_ERROR, code, sentence);
    xmlStopParser(reading->parser);
}

static void begin_action(Reading *reading, const xmlChar *name, const xmlChar *uri)
{
    if (reading->message->action != NULL)
        return; /* a second one is not looked at */
    reading->message->action = g_strdup((const char *)name);
    reading->message->service_type = g_strdup((const char *)uri);
}

static void begin_argument(Reading *reading, const xmlChar *name)
{
    HthSoapMessage *message = reading->message;
    if (message->n_arguments == HTH_SOAP_MAX_ARGUMENTS) {
        stop(reading, HTH_ERROR_TOO_LARGE, "too many arguments");
        return;
    }
    message->arguments[message->n_arguments].name = g_strdup((const char *)name);
    g_string_truncate(reading->text, 0);
}

static void on_start(void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                     int n_namespaces, const xmlChar **namespaces, int n_attributes,
                     int n_defaulted, const xmlChar **attributes)
{
    Reading *reading = data;
    if (reading->error != NULL)
        return;
    if (++reading->depth > HTH_SOAP_MAX_DEPTH) {
        stop(reading, HTH_ERROR_TOO_LARGE, "nested too deeply");
        return;
    }
    if (reading->body_depth == 0) {
        if (reading->depth == 2 && strcmp((const char *)name, "Body") == 0)
            reading->body_depth = reading->depth;
        return;
    }
    if (reading->has_ended)
        return;
    if (reading->depth == reading->body_depth + 1)
        begin_action(reading, name, uri);
    else if (reading->depth == reading->body_depth + 2)
        begin_argument(reading, name);
}

static void on_end(void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    Reading *reading = data;
    if (reading->error != NULL)
        return;
    const gboolean is_in_body = reading->body_depth != 0 && !reading->has_ended;
    if (is_in_body && reading->depth == reading->body_depth + 2) {
        HthSoapArgument *last = &reading->message->arguments[reading->message->n_arguments++];
        last->value = g_strndup(reading->text->str, reading->text->len);
    } else if (is_in_body && reading->depth == reading->body_depth) {
        reading->has_ended = TRUE;
    }
    reading->depth--;
}

static void on_text(void *data, const xmlChar *text, int length)
{
    Reading *reading = data;
    const gboolean is_in_body = reading->body_depth != 0 && !reading->has_ended;
    if (reading->error == NULL && is_in_body && reading->depth >= reading->body_depth + 2)
        g_string_append_len(reading->text, (const char *)text, length);
}

static void on_doctype(void *data, const xmlChar *name, const xmlChar *external_id,
                       const xmlChar *system_id)
{
    stop(data, HTH_ERROR_REFUSED, "a document type is not accepted");
}

/* Errors are found out by xmlParserCtxt.wellFormed; nothing of libxml2's is printed. */
static void on_xml_error(void *data, xmlError *error)
{
}

static void fill_handler(xmlSAXHandler *handler)
{
    *handler = (xmlSAXHandler){
        .initialized = XML_SAX2_MAGIC,
        .startElementNs = on_start,
        .endElementNs = on_end,
        .characters = on_text,
        .ignorableWhitespace = on_text,
        .cdataBlock = on_text,
        .internalSubset = on_doctype,
        .serror = on_xml_error,
    };
}

/* Parses; what went wrong is in reading->error. */
static void run_parser(Reading *reading, const char *body, gsize size_bytes)
{
    xmlParserCtxt *parser = xmlCreateMemoryParserCtxt(body, (int)size_bytes);
    if (parser == NULL) {
        g_set_error_literal(&reading->error, HTH_ERROR, HTH_ERROR_CORRUPT, "no document");
        return;
    }
    xmlSAXHandler *own = parser->sax;
    xmlSAXHandler handler;
    fill_handler(&handler);
    reading->parser = parser;
    parser->sax = &handler;
    parser->userData = reading;
    xmlCtxtUseOptions(parser, XML_PARSE_NONET | XML_PARSE_IGNORE_ENC);
    xmlParseDocument(parser);
    const gboolean is_sound = parser->wellFormed;
    parser->sax = own;
    xmlFreeDoc(parser->myDoc); /* a version and encoding may have made an empty one */
    parser->myDoc = NULL;
    xmlFreeParserCtxt(parser);
    if (!is_sound && reading->error == NULL)
        g_set_error_literal(&reading->error, HTH_ERROR, HTH_ERROR_CORRUPT, "not well-formed XML");
}

/* Some clients send white space ahead of the declaration, or count a closing NUL. */
static void trim(const char **body, gsize *size_bytes)
{
    while (*size_bytes > 0 && g_ascii_isspace(**body)) {
        (*body)++;
        (*size_bytes)--;
    }
    while (*size_bytes > 0 && (*body)[*size_bytes - 1] == '\0')
        (*size_bytes)--;
}

/* UPnP is UTF-8, whatever the declaration says: a text in Latin-1 loses its letters, not its
 * answer. Returns: NULL when @body is no text at all. */
static char *as_utf8(const char *body, gsize size_bytes)
{
    if (memchr(body, '\0', size_bytes) != NULL)
        return NULL;
    return g_utf8_make_valid(body, (gssize)size_bytes);
}

HthSoapMessage *hth_soap_parse(const char *body, gsize size_bytes, GError **error)
{
    if (size_bytes > HTH_SOAP_MAX_BYTES) {
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_TOO_LARGE, "the request is too large");
        return NULL;
    }
    trim(&body, &size_bytes);
    g_autofree char *text = as_utf8(body, size_bytes);
    if (text == NULL) {
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_CORRUPT, "not a text");
        return NULL;
    }

    g_autoptr(HthSoapMessage) message = g_new0(HthSoapMessage, 1);
    g_autoptr(GString) value = g_string_sized_new(128);
    Reading reading = { .message = message, .text = value };
    run_parser(&reading, text, strlen(text));
    if (reading.error != NULL) {
        g_propagate_error(error, reading.error);
        return NULL;
    }
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
