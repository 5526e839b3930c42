/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "soap.h"

#include <libxml/xmlerror.h>

#include "base/error.h"

#define BROWSE                                                                                     \
    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\r\n"                                               \
    "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\" "                           \
    "s:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\"><s:Body>"                       \
    "<u:Browse xmlns:u=\"urn:schemas-upnp-org:service:ContentDirectory:1\">"                       \
    "<ObjectID>a&amp;b&#x20;c</ObjectID><Filter><![CDATA[*]]></Filter><SortCriteria/>"             \
    "</u:Browse></s:Body></s:Envelope>"

static void assert_argument(const HthSoapMessage *message, const char *name, const char *value)
{
    g_assert_cmpstr(hth_soap_argument(message, name), ==, value);
}

static void test_reads_an_ordinary_request(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HthSoapMessage) message = hth_soap_parse(BROWSE, strlen(BROWSE), &error);
    g_assert_no_error(error);
    g_assert_cmpstr(message->action, ==, "Browse");
    g_assert_cmpstr(message->service_type, ==, "urn:schemas-upnp-org:service:ContentDirectory:1");
    assert_argument(message, "ObjectID", "a&b c");
    assert_argument(message, "Filter", "*");
    assert_argument(message, "SortCriteria", "");
    assert_argument(message, "StartingIndex", NULL);
}

/* Requests as real clients get them wrong. */
static const char *const sloppy[] = {
    "  \r\n" BROWSE "\r\n",
    "<Envelope><Body><Browse><ObjectID>a&amp;b c</ObjectID><Filter>*</Filter></Browse></Body>"
    "</Envelope>",
    "<SOAP-ENV:Envelope xmlns:SOAP-ENV=\"http://schemas.xmlsoap.org/soap/envelope/\">"
    "<SOAP-ENV:Header/><SOAP-ENV:Body>\n <m:Browse xmlns:m=\"x\">\n  <ObjectID "
    "dt:dt=\"string\">a&amp;b c</ObjectID>\n<Filter>*</Filter></m:Browse></SOAP-ENV:Body>"
    "</SOAP-ENV:Envelope>",
    "<s:Envelope><s:Body><u:Browse><ObjectID>a&amp;b c</ObjectID><Filter>*</Filter></u:Browse>"
    "</s:Body></s:Envelope>", /* prefixes that nobody declared */
};

static void test_reads_sloppy_requests(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(sloppy); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(HthSoapMessage) message = hth_soap_parse(sloppy[i], strlen(sloppy[i]), &error);
        g_assert_no_error(error);
        g_assert_cmpstr(message->action, ==, "Browse");
        assert_argument(message, "ObjectID", "a&b c");
        assert_argument(message, "Filter", "*");
    }
}

static void test_takes_nuls_after_the_document(void)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HthSoapMessage) message = hth_soap_parse(BROWSE "\0\0", sizeof BROWSE + 1, &error);
    g_assert_no_error(error);
    assert_argument(message, "Filter", "*");
}

static void fail_test(void *data, const char *format, ...)
{
    g_error("libxml2 wrote to standard error: %s", format);
}

/* Foreign bytes must not write into the log by way of libxml2. */
static void test_other_encodings_are_taken_quietly(void)
{
    static const char *const heads[] = { "<?xml version=\"1.0\" encoding=\"UTF-16\"?>",
                                         "<?xml version=\"1.0\" encoding=\"EUC-JP\"?>",
                                         "<?xml version=\"1.0\" encoding=\"nonsense\"?>" };
    xmlSetGenericErrorFunc(NULL, fail_test);
    for (guint i = 0; i < G_N_ELEMENTS(heads); i++) {
        g_autofree char *body = g_strconcat(
            heads[i], "<Envelope><Body><Browse><Id>caf\351</Id></Browse></Body></Envelope>", NULL);
        g_autoptr(GError) error = NULL;
        g_autoptr(HthSoapMessage) message = hth_soap_parse(body, strlen(body), &error);
        g_assert_no_error(error);
        assert_argument(message, "Id", "caf\357\277\275");
    }
    static const char wide[] = "\377\376<\0a\0/\0>\0x";
    g_assert_null(hth_soap_parse(wide, sizeof wide - 1, NULL));
    static const char bytes[] = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><a>\300\200\001</a>";
    g_assert_null(hth_soap_parse(bytes, sizeof bytes - 1, NULL));
    xmlSetGenericErrorFunc(NULL, NULL);
}

static void test_refuses_every_truncated_prefix(void)
{
    for (gsize length = 0; length < strlen(BROWSE); length++) {
        g_autofree char *prefix = g_memdup2(BROWSE, MAX(length, 1)); /* ends where the heap does */
        g_autoptr(GError) error = NULL;
        g_assert_null(hth_soap_parse(prefix, length, &error));
        g_assert_error(error, HTH_ERROR, HTH_ERROR_CORRUPT);
    }
}

static void refuse(const char *body, gsize length, int code)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(hth_soap_parse(body, length, &error));
    g_assert_error(error, HTH_ERROR, code);
}

static void test_refuses_depth(void)
{
    g_autoptr(GString) deep = g_string_new("<s:Envelope><s:Body><u:Browse>");
    for (guint i = 0; i < 10000; i++)
        g_string_append(deep, "<a>");
    refuse(deep->str, deep->len, HTH_ERROR_TOO_LARGE);
}

static void test_refuses_size_and_counts(void)
{
    g_autofree char *large = g_strnfill(HTH_SOAP_MAX_BYTES + 1, ' ');
    refuse(large, HTH_SOAP_MAX_BYTES + 1, HTH_ERROR_TOO_LARGE);
    g_autoptr(GString) many = g_string_new("<Envelope><Body><Browse>");
    for (guint i = 0; i < HTH_SOAP_MAX_ARGUMENTS + 1; i++)
        g_string_append(many, "<a>1</a>");
    g_string_append(many, "</Browse></Body></Envelope>");
    refuse(many->str, many->len, HTH_ERROR_TOO_LARGE);
}

static void test_refuses_document_types_and_entities(void)
{
    static const char laughs[] =
        "<!DOCTYPE x [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]>"
        "<Envelope><Body><Browse><ObjectID>&b;</ObjectID></Browse></Body></Envelope>";
    refuse(laughs, strlen(laughs), HTH_ERROR_REFUSED);
    static const char file[] = "<!DOCTYPE x SYSTEM \"file:///etc/passwd\">"
                               "<Envelope><Body><Browse/></Body></Envelope>";
    refuse(file, strlen(file), HTH_ERROR_REFUSED);
    static const char unknown[] =
        "<Envelope><Body><Browse><ObjectID>&x;</ObjectID></Browse></Body></Envelope>";
    refuse(unknown, strlen(unknown), HTH_ERROR_CORRUPT);
}

static void test_refuses_what_asks_nothing(void)
{
    static const char *const bodies[] = { "",
                                          "x",
                                          "<a/>",
                                          "<Envelope/>",
                                          "<Envelope><Body/></Envelope>",
                                          "<Envelope><Head><Browse/></Head></Envelope>" };
    for (guint i = 0; i < G_N_ELEMENTS(bodies); i++)
        refuse(bodies[i], strlen(bodies[i]), HTH_ERROR_CORRUPT);
}

static void test_a_fault_reads_back(void)
{
    g_auto(HthXmlOut) out = { 0 };
    hth_xml_out_init(&out, 16);
    hth_soap_fault(&out, 701, "No <such> object");
    g_autofree char *text = hth_xml_out_steal(&out, NULL);
    g_assert_nonnull(strstr(text, "<errorCode>701</errorCode>"));
    g_autoptr(HthSoapMessage) message = hth_soap_parse(text, strlen(text), NULL);
    g_assert_cmpstr(message->action, ==, "Fault");
    assert_argument(message, "detail", "701No <such> object");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/soap/reads-an-ordinary-request", test_reads_an_ordinary_request);
    g_test_add_func("/soap/reads-sloppy-requests", test_reads_sloppy_requests);
    g_test_add_func("/soap/takes-nuls-after-the-document", test_takes_nuls_after_the_document);
    g_test_add_func("/soap/other-encodings-are-taken-quietly",
                    test_other_encodings_are_taken_quietly);
    g_test_add_func("/soap/refuses-every-truncated-prefix", test_refuses_every_truncated_prefix);
    g_test_add_func("/soap/refuses-depth", test_refuses_depth);
    g_test_add_func("/soap/refuses-size-and-counts", test_refuses_size_and_counts);
    g_test_add_func("/soap/refuses-document-types-and-entities",
                    test_refuses_document_types_and_entities);
    g_test_add_func("/soap/refuses-what-asks-nothing", test_refuses_what_asks_nothing);
    g_test_add_func("/soap/a-fault-reads-back", test_a_fault_reads_back);
    return g_test_run();
}
