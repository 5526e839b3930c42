/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "renderer-description.h"

#include <string.h>

#include "base/error.h"
#include "xml-in.h"

#define ROOT "<root xmlns=\"urn:schemas-upnp-org:device-1-0\"><specVersion/><device>"
#define END  "</device></root>"

static void assert_names(const char *body, const char *friendly_name, const char *manufacturer,
                         const char *model_name)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HthRendererDescription) description =
        hth_renderer_description_parse(body, strlen(body), &error);
    g_assert_no_error(error);
    g_assert_cmpstr(description->friendly_name, ==, friendly_name);
    g_assert_cmpstr(description->manufacturer, ==, manufacturer);
    g_assert_cmpstr(description->model_name, ==, model_name);
}

static void assert_refused(const char *body, gsize size, int code)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(hth_renderer_description_parse(body, size, &error));
    g_assert_error(error, HTH_ERROR, code);
}

static void test_reads_the_root_device_alone(void)
{
    assert_names("<?xml version=\"1.0\"?>" ROOT
                 "<deviceType>urn:schemas-upnp-org:device:MediaRenderer:1</deviceType>"
                 "<friendlyName>\n Living &amp; room\t</friendlyName>"
                 "<manufacturer>Samsung <![CDATA[<Electronics>]]></manufacturer>"
                 "<iconList><icon><modelName>wrong</modelName></icon></iconList>"
                 "<modelName>Samsung DTV DMR</modelName><friendlyName>second</friendlyName>"
                 "<deviceList><device><modelName>inner</modelName></device></deviceList>" END,
                 "Living & room", "Samsung <Electronics>", "Samsung DTV DMR");
    assert_names("<d:root><other><modelName>wrong</modelName></other><d:device><d:modelName>m"
                 "</d:modelName></d:device></d:root>",
                 NULL, NULL, "m");
}

static void test_names_are_cleaned_and_cut(void)
{
    g_autofree char *letters = g_strnfill(4 * HTH_RENDERER_NAME_MAX_BYTES, 'n');
    g_autofree char *body =
        g_strconcat(ROOT "<friendlyName>", letters,
                    "</friendlyName><modelName>a\x80&#x85;b</modelName>" END, NULL);
    g_autoptr(HthRendererDescription) description =
        hth_renderer_description_parse(body, strlen(body), NULL);
    g_assert_cmpuint(strlen(description->friendly_name), <=, HTH_RENDERER_NAME_MAX_BYTES);
    g_assert_cmpuint(strlen(description->friendly_name), >, HTH_RENDERER_NAME_MAX_BYTES / 2);
    g_assert_true(g_utf8_validate(description->model_name, -1, NULL));
    for (const char *at = description->model_name; *at != '\0'; at = g_utf8_next_char(at))
        g_assert_false(g_unichar_iscntrl(g_utf8_get_char(at)));
}

static void test_what_breaks_off_is_good_so_far(void)
{
    assert_names(ROOT "<modelName>m</modelName><friendlyName>Fish & chips</friendlyName>", NULL,
                 NULL, "m");
    assert_names(ROOT "<modelName>m</modelName><friendlyName>half", NULL, NULL, "m");
}

static void test_what_names_nobody_is_refused(void)
{
    static const char *const bodies[] = { "", "hello", "<html><body/></html>", ROOT END,
                                          ROOT "<modelName>  </modelName>" END };
    for (guint i = 0; i < G_N_ELEMENTS(bodies); i++)
        assert_refused(bodies[i], strlen(bodies[i]), HTH_ERROR_CORRUPT);
    assert_refused("<root>\0</root>", 14, HTH_ERROR_CORRUPT);
}

static void test_traps_are_refused_even_behind_a_name(void)
{
    static const char named[] = ROOT "<modelName>m</modelName>";
    g_autoptr(GString) deep = g_string_new(named);
    for (guint i = 0; i < 5000; i++)
        g_string_append(deep, "<a>");
    assert_refused(deep->str, deep->len, HTH_ERROR_TOO_LARGE);

    static const char bomb[] =
        "<!DOCTYPE r [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>" ROOT
        "<modelName>&b;</modelName>" END;
    assert_refused(bomb, strlen(bomb), HTH_ERROR_REFUSED);
    static const char outside[] = "<!DOCTYPE r [<!ENTITY a SYSTEM \"file:///etc/passwd\">]>" ROOT
                                  "<modelName>&a;</modelName>" END;
    assert_refused(outside, strlen(outside), HTH_ERROR_REFUSED);

    g_autofree char *large = g_strnfill(HTH_RENDERER_DESCRIPTION_MAX_BYTES + 1, ' ');
    assert_refused(large, strlen(large), HTH_ERROR_TOO_LARGE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    hth_xml_in_init();
    g_test_add_func("/renderer-description/reads-the-root-device-alone",
                    test_reads_the_root_device_alone);
    g_test_add_func("/renderer-description/names-are-cleaned-and-cut",
                    test_names_are_cleaned_and_cut);
    g_test_add_func("/renderer-description/what-breaks-off-is-good-so-far",
                    test_what_breaks_off_is_good_so_far);
    g_test_add_func("/renderer-description/what-names-nobody-is-refused",
                    test_what_names_nobody_is_refused);
    g_test_add_func("/renderer-description/traps-are-refused-even-behind-a-name",
                    test_traps_are_refused_even_behind_a_name);
    return g_test_run();
}
