/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "search-criteria.h"

#include <string.h>

#include "base/error.h"

/* A query as text, with every pair in parentheses. */
static void write_query(GString *to, const HthQuery *query)
{
    static const char *const signs[] = {
        [HTH_QUERY_EQUAL] = "=",       [HTH_QUERY_NOT_EQUAL] = "!=",
        [HTH_QUERY_LESS] = "<",        [HTH_QUERY_LESS_EQUAL] = "<=",
        [HTH_QUERY_GREATER] = ">",     [HTH_QUERY_GREATER_EQUAL] = ">=",
        [HTH_QUERY_CONTAINS] = "~",    [HTH_QUERY_DOES_NOT_CONTAIN] = "!~",
        [HTH_QUERY_STARTS_WITH] = "^", [HTH_QUERY_DERIVED_FROM] = ":",
        [HTH_QUERY_EXISTS] = "?",
    };
    if (query->kind == HTH_QUERY_ALL) {
        g_string_append(to, "*");
    } else if (query->kind == HTH_QUERY_AND || query->kind == HTH_QUERY_OR) {
        g_string_append_c(to, '(');
        write_query(to, query->left);
        g_string_append(to, query->kind == HTH_QUERY_AND ? " & " : " | ");
        write_query(to, query->right);
        g_string_append_c(to, ')');
    } else {
        g_string_append_printf(to, "%d%s'%s'", (int)query->property, signs[query->kind],
                               query->value);
    }
}

typedef struct {
    const char *text;
    const char *query; /* with %T title, %C class, %A artist, %R refID in place of numbers */
} Good;

static const Good good[] = {
    { "*", "*" },
    { " * ", "*" },
    { "", "*" },
    { "dc:title contains \"x\"", "%T~'x'" },
    { "dc:title CONTAINS \"x\"", "%T~'x'" },
    { "dc:title doesNotContain \"x\"", "%T!~'x'" },
    { "dc:title startsWith \"x\"", "%T^'x'" },
    { "upnp:class derivedfrom \"object.item.audioItem\" and @refID exists false",
      "(%C:'object.item.audioItem' & %R?'false')" },
    { "(upnp:class = \"object.container.album.musicAlbum\" and dc:title contains \"x\")",
      "(%C='object.container.album.musicAlbum' & %T~'x')" },
    { "upnp:class=\"a\"and(dc:title=\"b\"or dc:title=\"c\")", "(%C='a' & (%T='b' | %T='c'))" },
    { "dc:title = \"a\" or dc:title = \"b\" and dc:title = \"c\"", "(%T='a' | (%T='b' & %T='c'))" },
    { "dc:title = \"a\" and dc:title = \"b\" or dc:title = \"c\"", "((%T='a' & %T='b') | %T='c')" },
    { "((dc:title != \"a\"))", "%T!='a'" },
    { "dc:title<\"a\" and dc:title<=\"b\" and dc:title>\"c\" and dc:title>=\"d\"",
      "((%T<'a' & %T<='b') & (%T>'c' & %T>='d'))" },
    { "dc:title = \"say \\\"hi\\\" \\\\ bye\"", "%T='say \"hi\" \\ bye'" },
    { "dc:title = \"and or ( ) exists\"", "%T='and or ( ) exists'" },
    { "dc:title = \"\"", "%T=''" },
    { "dc:title contains \"'; DROP TABLE object; --\"", "%T~''; DROP TABLE object; --'" },
    { "dc:title contains word", "%T~'word'" },
    { "upnp:artist contains \"x\" or dc:creator contains \"x\"", "(%A~'x' | %A~'x')" },
    { "(upnp:class derivedfrom \"object.item.videoItem\")\tand\n(dc:title contains \"x\")",
      "(%C:'object.item.videoItem' & %T~'x')" },
};

static char *expected_text(const char *pattern)
{
    g_autoptr(GString) text = g_string_new(pattern);
    static const struct {
        const char *name;
        HthProperty property;
    } names[] = { { "%T", HTH_PROPERTY_TITLE },
                  { "%C", HTH_PROPERTY_CLASS },
                  { "%A", HTH_PROPERTY_ARTIST },
                  { "%R", HTH_PROPERTY_REF_ID } };
    for (guint i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *number = g_strdup_printf("%d", (int)names[i].property);
        g_string_replace(text, names[i].name, number, 0);
    }
    return g_string_free(g_steal_pointer(&text), FALSE);
}

static void test_reads_the_grammar(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(good); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(HthQuery) query = hth_search_parse(good[i].text, &error);
        g_assert_no_error(error);
        g_autoptr(GString) found = g_string_new(NULL);
        write_query(found, query);
        g_autofree char *expected = expected_text(good[i].query);
        g_assert_cmpstr(found->str, ==, expected);
    }
}

typedef struct {
    const char *text;
    int code;
} Bad;

static const Bad bad[] = {
    { "dc:title", HTH_ERROR_INVALID },
    { "dc:title =", HTH_ERROR_INVALID },
    { "dc:title = \"x", HTH_ERROR_INVALID },
    { "dc:title = \"x\\", HTH_ERROR_INVALID },
    { "dc:title is \"x\"", HTH_ERROR_INVALID },
    { "dc:title == \"x\"", HTH_ERROR_INVALID },
    { "= \"x\"", HTH_ERROR_INVALID },
    { "(dc:title = \"x\"", HTH_ERROR_INVALID },
    { "dc:title = \"x\")", HTH_ERROR_INVALID },
    { "dc:title = \"x\" and", HTH_ERROR_INVALID },
    { "dc:title = \"x\" dc:title = \"y\"", HTH_ERROR_INVALID },
    { "and dc:title = \"x\"", HTH_ERROR_UNSUPPORTED },
    { "()", HTH_ERROR_INVALID },
    { "* and dc:title = \"x\"", HTH_ERROR_UNSUPPORTED },
    { "foo:bar = \"x\"", HTH_ERROR_UNSUPPORTED },
    { "dc:title derivedfrom \"object\"", HTH_ERROR_UNSUPPORTED },
    { "dc:title exists maybe", HTH_ERROR_INVALID },
    { "'; DROP TABLE object; --", HTH_ERROR_UNSUPPORTED },
};

static void test_refuses_what_is_not_the_grammar(void)
{
    for (guint i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(HthQuery) query = hth_search_parse(bad[i].text, &error);
        if (query != NULL)
            g_error("accepted: %s", bad[i].text);
        g_assert_error(error, HTH_ERROR, bad[i].code);
    }
}

static void refuse_as_too_large(const char *text)
{
    g_autoptr(GError) error = NULL;
    g_assert_null(hth_search_parse(text, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_TOO_LARGE);
}

static void test_has_bounds(void)
{
    g_autofree char *deep = g_strnfill(5000, '(');
    refuse_as_too_large(deep);
    g_autofree char *large = g_strnfill(HTH_SEARCH_MAX_BYTES + 1, 'x');
    refuse_as_too_large(large);
    g_autoptr(GString) many = g_string_new("dc:title=a");
    for (guint i = 0; i < HTH_QUERY_MAX_NODES; i++)
        g_string_append(many, " or dc:title=a");
    refuse_as_too_large(many->str);
}

static void test_a_long_chain_is_not_deep(void)
{
    g_autoptr(GString) chain = g_string_new("dc:title=a");
    for (guint i = 0; i < 120; i++)
        g_string_append(chain, " and dc:title=a");
    g_autoptr(GError) error = NULL;
    g_autoptr(HthQuery) query = hth_search_parse(chain->str, &error);
    g_assert_no_error(error);
    guint depth = 0;
    for (const HthQuery *at = query; at != NULL; at = at->left)
        depth++;
    g_assert_cmpuint(depth, <, 10);
}

static void assert_value(const char *text, HthProperty property, const char *value)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HthQuery) query = hth_search_parse(text, &error);
    g_assert_no_error(error);
    g_assert_cmpint(query->property, ==, property);
    g_assert_cmpstr(query->value, ==, value);
}

static void test_values_are_in_the_librarys_units(void)
{
    assert_value("res@duration > \"0:03:20.500\"", HTH_PROPERTY_DURATION, "200500");
    assert_value("res@bitrate = \"24000\"", HTH_PROPERTY_BITRATE, "192000");
    assert_value("res@protocolInfo contains \"http-get:*:audio/mpeg:*\"", HTH_PROPERTY_MIME_TYPE,
                 "audio/mpeg");
    assert_value("upnp:artist[@role=\"AlbumArtist\"] = \"x\"", HTH_PROPERTY_ALBUM_ARTIST, "x");
}

static void test_every_capability_is_understood(void)
{
    g_auto(GStrv) names = g_strsplit(hth_search_capabilities(), ",", -1);
    for (guint i = 0; names[i] != NULL; i++) {
        g_autofree char *text = g_strdup_printf("%s exists true", names[i]);
        g_autoptr(GError) error = NULL;
        g_autoptr(HthQuery) query = hth_search_parse(text, &error);
        g_assert_no_error(error);
    }
}

static void test_every_prefix_ends_in_a_query_or_an_error(void)
{
    const char *text = good[7].text;
    for (gsize length = 0; length < strlen(text); length++) {
        g_autofree char *prefix = g_strndup(text, length);
        g_autoptr(GError) error = NULL;
        g_autoptr(HthQuery) query = hth_search_parse(prefix, &error);
        g_assert_true((query == NULL) == (error != NULL));
    }
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/search-criteria/reads-the-grammar", test_reads_the_grammar);
    g_test_add_func("/search-criteria/refuses-what-is-not-the-grammar",
                    test_refuses_what_is_not_the_grammar);
    g_test_add_func("/search-criteria/has-bounds", test_has_bounds);
    g_test_add_func("/search-criteria/a-long-chain-is-not-deep", test_a_long_chain_is_not_deep);
    g_test_add_func("/search-criteria/values-are-in-the-librarys-units",
                    test_values_are_in_the_librarys_units);
    g_test_add_func("/search-criteria/every-capability-is-understood",
                    test_every_capability_is_understood);
    g_test_add_func("/search-criteria/every-prefix-ends-in-a-query-or-an-error",
                    test_every_prefix_ends_in_a_query_or_an_error);
    return g_test_run();
}
