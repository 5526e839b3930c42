/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "play-tokens.h"

#include <string.h>

#include "base/text.h"

#define TOKEN "abcdefghijklmnopqrstuvwxyz"
#define OTHER "bbcdefghijklmnopqrstuvwxyz"

static void test_a_list_opens_what_it_names(void)
{
    static const char list[] = "#EXTM3U\n"
                               "#EXTINF:3,Song\n"
                               "http://127.0.0.1:7000/p/" TOKEN "/aaaaaaaaaaaaa.flac\r\n"
                               "../Music/here.flac\n"
                               "http://127.0.0.1:7000/p/" OTHER "/baaaaaaaaaaaa/opus-128.opus";
    g_autoptr(HthPlayTokens) tokens = hth_play_tokens_new();
    guint64 a = 0, b = 0;
    g_assert_true(hth_text_id_decode("aaaaaaaaaaaaa", &a));
    g_assert_true(hth_text_id_decode("baaaaaaaaaaaa", &b));
    hth_play_tokens_add_list(tokens, list, strlen(list), 7000);
    g_assert_cmpuint(hth_play_tokens_n_items(tokens), ==, 2);
    g_assert_true(hth_play_tokens_opens(tokens, TOKEN, a));
    g_assert_false(hth_play_tokens_opens(tokens, TOKEN, b));
    g_assert_true(hth_play_tokens_opens(tokens, OTHER, b));
    g_assert_false(hth_play_tokens_opens(tokens, OTHER, a));
}

static void test_lines_that_are_not_ours_open_nothing(void)
{
    static const char *const lines[] = {
        "http://127.0.0.1:7001/p/" TOKEN "/aaaaaaaaaaaaa.flac", /* another port */
        "http://localhost:7000/p/" TOKEN "/aaaaaaaaaaaaa.flac",
        "http://127.0.0.1:7000/p/short/aaaaaaaaaaaaa.flac",
        "http://127.0.0.1:7000/p/" TOKEN "/aaaaaaaaaaaaa",
        "http://127.0.0.1:7000/p/" TOKEN "/aaaaaaaaaaaa1.flac",
        "http://127.0.0.1:7000/p/" TOKEN "/aaaaaaaaaaaaa/../x.flac",
        "http://127.0.0.1:7000/p/" TOKEN,
        "http://127.0.0.1:7000/p/",
        " http://127.0.0.1:7000/p/" TOKEN "/aaaaaaaaaaaaa.flac",
        "\n\n\n",
    };
    for (guint i = 0; i < G_N_ELEMENTS(lines); i++) {
        g_autoptr(HthPlayTokens) tokens = hth_play_tokens_new();
        /* Without a NUL behind it: nothing may be read there. */
        g_autofree char *exact = g_memdup2(lines[i], strlen(lines[i]));
        hth_play_tokens_add_list(tokens, exact, strlen(lines[i]), 7000);
        g_assert_cmpuint(hth_play_tokens_n_items(tokens), ==, 0);
    }
}

static void test_tokens_are_never_the_same(void)
{
    g_autofree char *a = hth_play_token_new();
    g_autofree char *b = hth_play_token_new();
    g_assert_cmpuint(strlen(a), ==, HTH_PLAY_TOKEN_LETTERS);
    g_assert_cmpstr(a, !=, b);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/play-tokens/a-list-opens-what-it-names", test_a_list_opens_what_it_names);
    g_test_add_func("/play-tokens/lines-that-are-not-ours-open-nothing",
                    test_lines_that_are_not_ours_open_nothing);
    g_test_add_func("/play-tokens/tokens-are-never-the-same", test_tokens_are_never_the_same);
    return g_test_run();
}
