/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "site.h"

#include <libxml/parser.h>

#include "fake-home.h"
#include "upnp-service.h"

static HthHttpRequest *get(FakeHome *home, const char *path)
{
    HthHttpRequest *request = fake_request_new("GET", path);
    fake_home_handle(home, request);
    return request;
}

/* The document, which must be well-formed. */
static xmlDoc *parse(HthHttpRequest *request)
{
    g_assert_cmpuint(request->status, ==, 200);
    const char *text = fake_request_answer(request);
    xmlDoc *doc = xmlReadMemory(text, (int)strlen(text), NULL, NULL, XML_PARSE_NONET);
    g_assert_nonnull(doc);
    return doc;
}

static gboolean is_named(const xmlNode *node, const char *name)
{
    return node->type == XML_ELEMENT_NODE && strcmp((const char *)node->name, name) == 0;
}

/* Calls back for every element named @name below @node. */
static void each(xmlNode *node, const char *name, void (*call)(const char *text, gpointer data),
                 gpointer data)
{
    for (xmlNode *child = node; child != NULL; child = child->next) {
        if (is_named(child, name)) {
            xmlChar *text = xmlNodeGetContent(child);
            call((const char *)text, data);
            xmlFree(text);
        }
        each(child->children, name, call, data);
    }
}

static void fetch(const char *path, gpointer data)
{
    g_autoptr(HthHttpRequest) request = get(data, path);
    g_assert_cmpuint(request->status, ==, 200);
}

static void count(const char *text, gpointer data)
{
    (*(guint *)data)++;
}

static void test_the_description_leads_to_what_is_there(void)
{
    g_autoptr(FakeHome) home = fake_home_new();
    g_autoptr(HthHttpRequest) request = get(home, "/dlna/description.xml");
    xmlDoc *doc = parse(request);
    const char *text = fake_request_answer(request);
    g_assert_nonnull(strstr(text, "<UDN>uuid:11111111-2222-3333-4444-555555555555</UDN>"));
    g_assert_nonnull(strstr(text, ">DMS-1.50</dlna:X_DLNADOC>"));
    g_assert_nonnull(strstr(text, "<friendlyName>Our &lt;home&gt;</friendlyName>"));
    g_assert_nonnull(strstr(text, "<presentationURL>http://192.0.2.5:8200/</presentationURL>"));
    each(doc->children, "SCPDURL", fetch, home);
    each(doc->children, "url", fetch, home); /* icons */
    guint n_services = 0, n_icons = 0;
    each(doc->children, "service", count, &n_services);
    each(doc->children, "icon", count, &n_icons);
    g_assert_cmpuint(n_services, ==, 3);
    g_assert_cmpuint(n_icons, ==, 4);
    xmlFreeDoc(doc);
}

static void test_control_answers_where_the_description_says(void)
{
    g_autoptr(FakeHome) home = fake_home_new();
    for (guint i = 0; i < HTH_N_UPNP_SERVICES; i++) {
        const HthUpnpService *service = hth_upnp_services[i];
        g_autoptr(HthHttpRequest) request =
            fake_home_soap(home, NULL, service->name, "NoSuchAction", "");
        g_assert_cmpuint(request->status, ==, 500);
        g_assert_nonnull(strstr(fake_request_answer(request), "<errorCode>401</errorCode>"));
        g_assert_cmpstr(fake_request_answer_header(request, "EXT"), ==, "");
    }
    g_autoptr(HthHttpRequest) nothing = fake_home_soap(home, NULL, "nothing", "Browse", "");
    g_assert_cmpuint(nothing->status, ==, 404);
}

static void remember(const char *text, gpointer data)
{
    g_hash_table_add(data, g_strdup(text));
}

static void is_known(const char *text, gpointer data)
{
    g_assert_true(g_hash_table_contains(data, text));
}

/* Every argument has its state variable: control points that check refuse a service otherwise. */
static void test_service_descriptions_hang_together(void)
{
    g_autoptr(FakeHome) home = fake_home_new();
    for (guint i = 0; i < HTH_N_UPNP_SERVICES; i++) {
        g_autofree char *path = g_strdup_printf("/dlna/scpd/%s.xml", hth_upnp_services[i]->name);
        g_autoptr(HthHttpRequest) request = get(home, path);
        xmlDoc *doc = parse(request);
        g_autoptr(GHashTable) names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        xmlNode *table = xmlDocGetRootElement(doc)->last;
        g_assert_true(is_named(table, "serviceStateTable"));
        each(table->children, "name", remember, names);
        each(doc->children, "relatedStateVariable", is_known, names);
        xmlFreeDoc(doc);
    }
}

static void test_what_is_malformed_gets_400(void)
{
    g_autoptr(FakeHome) home = fake_home_new();
    g_autoptr(HthHttpRequest) request = fake_request_new("POST", "/dlna/control/content");
    request->body = g_strdup("<Envelope><Body><Browse>");
    request->body_size = strlen(request->body);
    fake_home_handle(home, request);
    g_assert_cmpuint(request->status, ==, 400);
}

static void test_protocol_info_lists_what_is_sent(void)
{
    g_autoptr(FakeHome) home = fake_home_new();
    g_autoptr(HthHttpRequest) request =
        fake_home_soap(home, NULL, "connection", "GetProtocolInfo", "");
    g_autofree char *source = fake_text(fake_request_answer(request), "Source");
    static const char *const types[] = { "audio/mpeg", "audio/flac", "audio/mp4",
                                         "video/mp4",  "image/jpeg", "video/x-matroska" };
    for (guint i = 0; i < G_N_ELEMENTS(types); i++) {
        g_autofree char *entry = g_strdup_printf("http-get:*:%s:*", types[i]);
        g_assert_nonnull(strstr(source, entry));
    }
    g_assert_nonnull(strstr(source, "http-get:*:image/jpeg:DLNA.ORG_PN=JPEG_LRG;"));
    g_auto(GStrv) entries = g_strsplit(source, ",", -1);
    for (guint i = 0; entries[i] != NULL; i++) {
        for (guint j = 0; j < i; j++)
            g_assert_cmpstr(entries[i], !=, entries[j]);
    }
}

static void test_connections_and_registrar_answer(void)
{
    g_autoptr(FakeHome) home = fake_home_new();
    g_autoptr(HthHttpRequest) ids =
        fake_home_soap(home, NULL, "connection", "GetCurrentConnectionIDs", "");
    g_assert_nonnull(strstr(fake_request_answer(ids), "<ConnectionIDs>0</ConnectionIDs>"));
    g_autoptr(HthHttpRequest) info = fake_home_soap(
        home, NULL, "connection", "GetCurrentConnectionInfo", "<ConnectionID>0</ConnectionID>");
    g_assert_nonnull(strstr(fake_request_answer(info), "<Direction>Output</Direction>"));
    g_autoptr(HthHttpRequest) none = fake_home_soap(
        home, NULL, "connection", "GetCurrentConnectionInfo", "<ConnectionID>5</ConnectionID>");
    g_assert_nonnull(strstr(fake_request_answer(none), "<errorCode>706</errorCode>"));
    g_autoptr(HthHttpRequest) authorized =
        fake_home_soap(home, NULL, "registrar", "IsAuthorized", "<DeviceID/>");
    g_assert_nonnull(strstr(fake_request_answer(authorized), "<Result>1</Result>"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/site/the-description-leads-to-what-is-there",
                    test_the_description_leads_to_what_is_there);
    g_test_add_func("/site/control-answers-where-the-description-says",
                    test_control_answers_where_the_description_says);
    g_test_add_func("/site/service-descriptions-hang-together",
                    test_service_descriptions_hang_together);
    g_test_add_func("/site/what-is-malformed-gets-400", test_what_is_malformed_gets_400);
    g_test_add_func("/site/protocol-info-lists-what-is-sent",
                    test_protocol_info_lists_what_is_sent);
    g_test_add_func("/site/connections-and-registrar-answer",
                    test_connections_and_registrar_answer);
    return g_test_run();
}
