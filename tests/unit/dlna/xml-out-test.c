/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "xml-out.h"

typedef struct {
    const char *text;
    const char *once;
    const char *twice;
} Row;

static const Row rows[] = {
    { "", "", "" },
    { "plain", "plain", "plain" },
    { "a<b>&\"'", "a&lt;b&gt;&amp;&quot;'", "a&amp;lt;b&amp;gt;&amp;amp;&amp;quot;'" },
    { "&lt;", "&amp;lt;", "&amp;amp;lt;" },
    { "Bj\303\266rk \360\237\224\245", "Bj\303\266rk \360\237\224\245",
      "Bj\303\266rk \360\237\224\245" },
    { "tab\tline\nbell\007\033\177", "tab\tline\nbell", "tab\tline\nbell" },
    { "\357\277\276\357\277\277", "", "" }, /* U+FFFE and U+FFFF */
    { "a\377\300\200b\355\240\200",
      "a\357\277\275\357\277\275\357\277\275b\357\277\275\357\277\275\357\277\275",
      "a\357\277\275\357\277\275\357\277\275b\357\277\275\357\277\275\357\277\275" },
    { "cut\303", "cut\357\277\275", "cut\357\277\275" },
};

static void assert_escaped(const char *text, HthXmlLevel level, const char *expected)
{
    g_auto(HthXmlOut) out = { 0 };
    hth_xml_out_init(&out, 1); /* so that it must grow */
    hth_xml_out_escaped(&out, text, level);
    gsize length = 0;
    g_autofree char *escaped = hth_xml_out_steal(&out, &length);
    g_assert_cmpstr(escaped, ==, expected);
    g_assert_cmpuint(length, ==, strlen(expected));
}

static void test_escapes_once_and_twice(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
        assert_escaped(rows[i].text, HTH_XML_ONCE, rows[i].once);
        assert_escaped(rows[i].text, HTH_XML_TWICE, rows[i].twice);
    }
}

static void test_unescapes_what_it_escaped(void)
{
    for (guint i = 0; i < 5; i++) { /* those that lose nothing */
        g_autofree char *once = hth_xml_unescape(rows[i].once, strlen(rows[i].once), HTH_XML_ONCE);
        g_autofree char *twice =
            hth_xml_unescape(rows[i].twice, strlen(rows[i].twice), HTH_XML_TWICE);
        g_assert_cmpstr(once, ==, rows[i].text);
        g_assert_cmpstr(twice, ==, rows[i].text);
    }
}

static void test_writes_numbers(void)
{
    g_auto(HthXmlOut) out = { 0 };
    hth_xml_out_init(&out, 1);
    hth_xml_out_number(&out, 0);
    hth_xml_out_literal(&out, " ");
    hth_xml_out_number(&out, G_MAXUINT64);
    g_autofree char *text = hth_xml_out_steal(&out, NULL);
    g_assert_cmpstr(text, ==, "0 18446744073709551615");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/xml-out/escapes-once-and-twice", test_escapes_once_and_twice);
    g_test_add_func("/xml-out/unescapes-what-it-escaped", test_unescapes_what_it_escaped);
    g_test_add_func("/xml-out/writes-numbers", test_writes_numbers);
    return g_test_run();
}
