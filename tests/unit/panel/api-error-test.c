/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/api-error.h"

#include <string.h>

#include "base/error.h"

/* The words in backquotes of the paragraph of docs/api.md that lists the codes. */
static GStrv documented_codes(void)
{
    g_autofree char *path = g_build_filename(g_getenv("HEARTH_SOURCE"), "docs", "api.md", NULL);
    g_autofree char *page = NULL;
    g_assert_true(g_file_get_contents(path, &page, NULL, NULL));
    const char *start = strstr(page, "Codes: ");
    g_assert_nonnull(start);
    const char *end = strstr(start, "\n- ");
    g_assert_nonnull(end);
    g_autofree char *paragraph = g_strndup(start, (gsize)(end - start));
    return g_strsplit(paragraph, "`", -1); /* every second part */
}

static void test_every_documented_code_has_a_sentence(void)
{
    g_auto(GStrv) parts = documented_codes();
    guint n = 0;
    for (guint i = 1; parts[i - 1] != NULL && parts[i] != NULL; i += 2, n++) {
        g_test_message("code %s", parts[i]);
        g_assert_true(hth_api_error_knows(parts[i]));
        g_autofree char *json = g_strdup_printf(
            "{\"error\": {\"code\": \"%s\", \"message\": \"exactly this\"}}", parts[i]);
        g_autoptr(JsonNode) node = json_from_string(json, NULL);
        g_autoptr(GError) error = hth_api_error_new(400, json_node_get_object(node));
        g_assert_cmpstr(error->message, ==, "exactly this");
        g_assert_cmpuint(strlen(hth_api_error_sentence(error)), >, 10);
        g_assert_true(g_str_has_suffix(hth_api_error_sentence(error), "."));
    }
    g_assert_cmpuint(n, >=, 12);
}

/* A code that means more than its status says so. */
static void test_codes_of_the_same_status_are_told_apart(void)
{
    static const char *const codes[] = { "refused", "wrong-code", "not-paired", "revoked",
                                         "wipe",    "busy",       "converting", "unavailable" };
    g_autoptr(GHashTable) sentences = g_hash_table_new(g_str_hash, g_str_equal);
    for (guint i = 0; i < G_N_ELEMENTS(codes); i++) {
        g_autofree char *json = g_strdup_printf(
            "{\"error\": {\"code\": \"%s\", \"message\": \"exactly this\"}}", codes[i]);
        g_autoptr(JsonNode) node = json_from_string(json, NULL);
        g_autoptr(GError) error = hth_api_error_new(403, json_node_get_object(node));
        g_assert_true(g_hash_table_add(sentences, (gpointer)hth_api_error_sentence(error)));
    }
}

/* What lib/base/error.h has is told by a sentence of its own, whoever it came from. */
static void test_every_error_of_ours_has_a_sentence(void)
{
    for (int code = HTH_ERROR_FAILED + 1; code <= HTH_ERROR_ASLEEP; code++) {
        g_autoptr(GError) error = g_error_new_literal(HTH_ERROR, code, "x");
        g_assert_cmpstr(hth_api_error_sentence(error), !=, "That did not work.");
    }
}

static void test_an_answer_without_a_reason_is_an_error_too(void)
{
    g_autoptr(GError) nothing = hth_api_error_new(500, NULL);
    g_assert_error(nothing, HTH_ERROR, HTH_ERROR_CORRUPT);
    g_autoptr(JsonNode) node = json_from_string("{\"error\": \"no\"}", NULL);
    g_autoptr(GError) odd = hth_api_error_new(500, json_node_get_object(node));
    g_assert_error(odd, HTH_ERROR, HTH_ERROR_CORRUPT);
}

static void test_a_reason_is_cut_at_a_letter(void)
{
    g_autoptr(GString) json = g_string_new("{\"error\": {\"message\": \"");
    for (guint i = 0; i < 2000; i++)
        g_string_append(json, "ü");
    g_string_append(json, "\"}}");
    g_autoptr(JsonNode) node = json_from_string(json->str, NULL);
    g_autoptr(GError) error = hth_api_error_new(400, json_node_get_object(node));
    g_assert_cmpint(g_utf8_strlen(error->message, -1), ==, 400);
    g_assert_true(g_utf8_validate(error->message, -1, NULL));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/api-error/every-documented-code-has-a-sentence",
                    test_every_documented_code_has_a_sentence);
    g_test_add_func("/api-error/codes-of-the-same-status-are-told-apart",
                    test_codes_of_the_same_status_are_told_apart);
    g_test_add_func("/api-error/every-error-of-ours-has-a-sentence",
                    test_every_error_of_ours_has_a_sentence);
    g_test_add_func("/api-error/an-answer-without-a-reason-is-an-error-too",
                    test_an_answer_without_a_reason_is_an_error_too);
    g_test_add_func("/api-error/a-reason-is-cut-at-a-letter", test_a_reason_is_cut_at_a_letter);
    return g_test_run();
}
