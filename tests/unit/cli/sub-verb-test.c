/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sub-verb.h"

/* What was asked and printed last: of a program that does one thing and ends. */
static struct {
    const char *row;
    char *words;
    gboolean is_printed;
} seen;

static JsonObject *ask(HthCli *cli, const HthSubVerb *row, char **words, GError **error)
{
    (void)cli;
    seen.row = row->name;
    g_free(seen.words);
    seen.words = g_strjoinv(",", words);
    if (g_strv_length(words) > 0 && g_str_equal(words[0], "refused")) {
        g_set_error(error, HTH_CLIENT_ERROR, HTH_CLIENT_ERROR_REFUSED, "no");
        return NULL;
    }
    return json_object_new();
}

static void print(JsonObject *answer)
{
    g_assert_nonnull(answer);
    seen.is_printed = TRUE;
}

static const HthSubVerb rows[] = {
    { "list", 0, 0, ask, print },
    { "add", 1, 1, ask, print },
    { "move", 2, 3, ask, print },
};

/* @words: behind "things". */
static int run(const char *words)
{
    const HthVerb verb = { "things", "[list | …]", "Does things", "  hearth things", NULL };
    HthCli cli = { .verb = &verb };
    g_autofree char *line = g_strconcat("things ", words, NULL);
    g_auto(GStrv) argv = g_strsplit(g_strchomp(line), " ", -1);
    g_autofree char **borrowed = g_memdup2(argv, sizeof *argv * (g_strv_length(argv) + 1));
    seen.row = NULL;
    seen.is_printed = FALSE;
    const int code =
        hth_sub_verb_run(&cli, rows, G_N_ELEMENTS(rows), NULL, (int)g_strv_length(argv), borrowed);
    return code;
}

static void test_the_words_choose_the_row(void)
{
    static const struct {
        const char *words, *row, *rest;
    } good[] = {
        { "", "list", "" },
        { "list", "list", "" },
        { "add one", "add", "one" },
        { "move one two", "move", "one,two" },
        { "move a b c", "move", "a,b,c" },
    };
    for (guint i = 0; i < G_N_ELEMENTS(good); i++) {
        g_assert_cmpint(run(good[i].words), ==, HTH_EXIT_OK);
        g_assert_cmpstr(seen.row, ==, good[i].row);
        g_assert_cmpstr(seen.words, ==, good[i].rest);
        g_assert_true(seen.is_printed);
    }
}

static void test_words_that_fit_no_row_ask_nothing(void)
{
    static const char *const wrong[] = { "bogus",       "list one", "add",
                                         "add one two", "move one", "move a b c d" };
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_assert_cmpint(run(wrong[i]), ==, HTH_EXIT_USAGE);
        g_assert_null(seen.row);
    }
}

static void test_a_refusal_is_a_problem_and_prints_no_answer(void)
{
    g_assert_cmpint(run("add refused"), ==, HTH_EXIT_PROBLEM);
    g_assert_cmpstr(seen.row, ==, "add");
    g_assert_false(seen.is_printed);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/sub-verb/the-words-choose-the-row", test_the_words_choose_the_row);
    g_test_add_func("/sub-verb/words-that-fit-no-row-ask-nothing",
                    test_words_that_fit_no_row_ask_nothing);
    g_test_add_func("/sub-verb/a-refusal-is-a-problem-and-prints-no-answer",
                    test_a_refusal_is_a_problem_and_prints_no_answer);
    const int code = g_test_run();
    g_free(seen.words);
    return code;
}
