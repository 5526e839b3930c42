/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "media/playlist.h"

#include <string.h>

static GPtrArray *parse(const char *text, HthMediaFormat format, guint *out_n_urls)
{
    return hth_playlist_parse((const guint8 *)text, strlen(text), format, out_n_urls);
}

static const HthPlaylistEntry *entry_at(GPtrArray *entries, guint i)
{
    g_assert_cmpuint(i, <, entries->len);
    return entries->pdata[i];
}

static void test_reads_m3u_as_players_write_it(void)
{
    guint n_urls = 0;
    g_autoptr(GPtrArray) entries = parse("\xef\xbb\xbf#EXTM3U\r\n"
                                         "#EXTINF:123.5,Bj\xf6rk - J\xf3ga\r\n"
                                         "Bj\xf6rk/joga.mp3\r\n"
                                         "\r\n"
                                         "# a comment\r"
                                         "/abs/a b.flac\n"
                                         "file:///music/a%20b%25.ogg\n"
                                         "file://host/music/c.ogg\n"
                                         "C:\\Music\\d.mp3\n"
                                         "sub\\e.mp3\n"
                                         "http://example.org/stream\n"
                                         "file:///broken%00.mp3\n"
                                         "  last.mp3",
                                         HTH_FORMAT_M3U, &n_urls);
    g_assert_cmpuint(entries->len, ==, 7);
    g_assert_cmpuint(n_urls, ==, 1);
    g_assert_cmpstr(entry_at(entries, 0)->path, ==, "Bj\xf6rk/joga.mp3");
    g_assert_cmpstr(entry_at(entries, 0)->title, ==, "Björk - Jóga");
    g_assert_cmpint(entry_at(entries, 0)->duration_ms, ==, 123500);
    g_assert_cmpstr(entry_at(entries, 1)->path, ==, "/abs/a b.flac");
    g_assert_null(entry_at(entries, 1)->title);
    g_assert_cmpstr(entry_at(entries, 2)->path, ==, "/music/a b%.ogg");
    g_assert_cmpstr(entry_at(entries, 3)->path, ==, "/music/c.ogg");
    g_assert_cmpstr(entry_at(entries, 4)->path, ==, "/Music/d.mp3");
    g_assert_cmpstr(entry_at(entries, 5)->path, ==, "sub/e.mp3");
    g_assert_cmpstr(entry_at(entries, 6)->path, ==, "last.mp3");
}

static void test_reads_pls(void)
{
    g_autoptr(GPtrArray) entries = parse("[playlist]\nNumberOfEntries=2\nFile1=a.mp3\n"
                                         "Title1=One\nLength1=60\nfile2=b/c=d.mp3\nVersion=2\n",
                                         HTH_FORMAT_PLS, NULL);
    g_assert_cmpuint(entries->len, ==, 2);
    g_assert_cmpstr(entry_at(entries, 0)->title, ==, "One");
    g_assert_cmpint(entry_at(entries, 0)->duration_ms, ==, 60000);
    g_assert_cmpstr(entry_at(entries, 1)->path, ==, "b/c=d.mp3");
}

static void test_pls_entries_follow_their_numbers(void)
{
    g_autoptr(GPtrArray) entries =
        parse("[playlist]\nFile10=ten.mp3\nFile2=two.mp3\nTitle2=Two\nFile1=one.mp3\n",
              HTH_FORMAT_PLS, NULL);
    g_assert_cmpuint(entries->len, ==, 3);
    g_assert_cmpstr(entry_at(entries, 0)->path, ==, "one.mp3");
    g_assert_cmpstr(entry_at(entries, 1)->title, ==, "Two");
    g_assert_cmpstr(entry_at(entries, 2)->path, ==, "ten.mp3");
}

static void test_entries_and_their_length_have_a_limit(void)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *longer = g_strnfill(HTH_MEDIA_ENTRY_BYTES_MAX + 1, 'x');
    g_string_append_printf(text, "%s\n", longer);
    for (guint i = 0; i < HTH_MEDIA_ENTRIES_MAX + 5; i++)
        g_string_append_printf(text, "%u\n", i);
    g_autoptr(GPtrArray) entries = parse(text->str, HTH_FORMAT_M3U8, NULL);
    g_assert_cmpuint(entries->len, ==, HTH_MEDIA_ENTRIES_MAX);
    g_assert_cmpstr(entry_at(entries, 0)->path, ==, "0");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/playlist/reads-m3u-as-players-write-it", test_reads_m3u_as_players_write_it);
    g_test_add_func("/playlist/reads-pls", test_reads_pls);
    g_test_add_func("/playlist/pls-entries-follow-their-numbers",
                    test_pls_entries_follow_their_numbers);
    g_test_add_func("/playlist/entries-and-their-length-have-a-limit",
                    test_entries_and_their_length_have_a_limit);
    return g_test_run();
}
