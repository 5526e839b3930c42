/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "xml-in.h"

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <string.h>

#include "base/error.h"

typedef struct {
    xmlParserCtxt *parser;
    const HthXmlHandler *handler;
    gpointer data;
    guint depth;
    guint max_depth;
    GError *error;
} Reading;

void hth_xml_in_init(void)
{
    xmlInitParser();
}

static void stop(Reading *reading, HthError code, const char *sentence)
{
    if (reading->error == NULL)
        reading->error = g_error_new_literal(HTH_ERROR, code, sentence);
    xmlStopParser(reading->parser);
}

static void on_start(void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                     int n_namespaces, const xmlChar **namespaces, int n_attributes,
                     int n_defaulted, const xmlChar **attributes)
{
    Reading *reading = data;
    if (reading->error != NULL)
        return;
    if (++reading->depth > reading->max_depth) {
        stop(reading, HTH_ERROR_TOO_LARGE, "nested too deeply");
        return;
    }
    if (!reading->handler->start((const char *)name, (const char *)uri, reading->depth,
                                 reading->data, &reading->error))
        xmlStopParser(reading->parser);
}

static void on_end(void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    Reading *reading = data;
    if (reading->error == NULL)
        reading->handler->end(reading->depth--, reading->data);
}

static void on_text(void *data, const xmlChar *text, int length)
{
    Reading *reading = data;
    if (reading->error == NULL)
        reading->handler->text((const char *)text, (gsize)length, reading->depth, reading->data);
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

/* Returns: NULL when @body is no text at all. */
static char *as_utf8(const char *body, gsize size_bytes)
{
    if (memchr(body, '\0', size_bytes) != NULL)
        return NULL;
    return g_utf8_make_valid(body, (gssize)size_bytes);
}

gboolean hth_xml_in_read(const char *body, gsize size_bytes, guint max_depth,
                         const HthXmlHandler *handler, gpointer data, GError **error)
{
    g_return_val_if_fail(size_bytes <= G_MAXINT / 4, FALSE);

    trim(&body, &size_bytes);
    g_autofree char *text = as_utf8(body, size_bytes);
    if (text == NULL) {
        g_set_error_literal(error, HTH_ERROR, HTH_ERROR_CORRUPT, "not a text");
        return FALSE;
    }
    Reading reading = { .handler = handler, .data = data, .max_depth = max_depth };
    run_parser(&reading, text, strlen(text));
    if (reading.error == NULL)
        return TRUE;
    g_propagate_error(error, reading.error);
    return FALSE;
}
