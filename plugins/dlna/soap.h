/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SOAP 1.1 as UPnP control uses it (UPnP Device Architecture 1.0, section 3).
 *
 * Read leniently and safely as xml-in.h says, and moreover: SOAPACTION right, wrong or missing (the
 * body says what is asked), arguments in any order, a bound on their number.
 *
 * Threads: an object belongs to one thread at a time. hth_xml_in_init() must have run.
 */
#pragma once

#include <glib.h>

#include "xml-out.h"

G_BEGIN_DECLS

#define HTH_SOAP_MAX_BYTES     (64 * 1024)
#define HTH_SOAP_MAX_DEPTH     32
#define HTH_SOAP_MAX_ARGUMENTS 24

typedef struct {
    char *name;  /* without prefix */
    char *value; /* text, entities resolved; "" when empty */
} HthSoapArgument;

typedef struct {
    char *action;       /* without prefix */
    char *service_type; /* its namespace; NULL: not declared */
    guint n_arguments;
    HthSoapArgument arguments[HTH_SOAP_MAX_ARGUMENTS];
} HthSoapMessage;

/* Errors: HTH_ERROR_TOO_LARGE  size, depth or number of arguments
 *         HTH_ERROR_REFUSED    a DOCTYPE
 *         HTH_ERROR_CORRUPT    not XML, or no action in a Body */
HthSoapMessage *hth_soap_parse(const char *body, gsize size_bytes, GError **error);
void hth_soap_message_free(HthSoapMessage *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthSoapMessage, hth_soap_message_free)

/* The value of an argument, borrowed; NULL: not sent. */
const char *hth_soap_argument(const HthSoapMessage *self, const char *name);

/* Opens and closes the answer; what stands between are its arguments. */
void hth_soap_begin(HthXmlOut *out, const char *service_type, const char *action,
                    gboolean has_declaration);
void hth_soap_end(HthXmlOut *out, const char *action);

/* A whole fault (UPnP Device Architecture 1.0, section 3.2.2). */
void hth_soap_fault(HthXmlOut *out, guint code, const char *description);

G_END_DECLS
