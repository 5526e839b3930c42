/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "play-proxy.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "home-fixture.h"
#include "play-choice.h"
#include "unit/net/http-client.h"

#define TOKEN   "abcdefghijklmnopqrstuvwxyz"
#define LOCAL   "baaaaaaaaaaaa" /* an item that is on the device */
#define UNNAMED "caaaaaaaaaaaa" /* an item that no list names */

typedef struct {
    Home home;
    HthReach *reach;
    HthPlayProxy *proxy;
    HthPlayShelf *shelf;
    char *folder;
} Fixture;

static guint64 id_of(const char *text)
{
    guint64 item = 0;
    g_assert_true(hth_text_id_decode(text, &item));
    return item;
}

/* @data: what the relay lets through, for a device that is away; NULL: it is on the LAN. */
static void set_up(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    home_set_up(&fixture->home);
    if (data != NULL)
        home_leave(&fixture->home, *(const guint64 *)data);
    fixture->folder = g_build_filename(fixture->home.dir, "folder", NULL);
    g_assert_cmpint(g_mkdir(fixture->folder, 0700), ==, 0);
    g_autofree char *local = g_build_filename(fixture->folder, "song.flac", NULL);
    g_assert_true(g_file_set_contents(local, "on the device", -1, NULL));
    fixture->reach = hth_reach_new(fixture->home.paired, fixture->home.device, NULL);
    fixture->proxy = hth_play_proxy_new(fixture->home.dir, TRUE, &error);
    g_assert_no_error(error);
    fixture->shelf = hth_play_proxy_add(fixture->proxy, fixture->reach);
    g_autoptr(HthPlayTokens) tokens = hth_play_tokens_new();
    hth_play_tokens_add(tokens, TOKEN, id_of(HOME_ITEM));
    hth_play_tokens_add(tokens, TOKEN, id_of(LOCAL));
    hth_play_tokens_set_held(tokens, id_of(LOCAL), "song.flac", strlen("on the device"));
    hth_play_shelf_set(fixture->shelf, tokens, fixture->folder);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
    hth_play_proxy_free(fixture->proxy);
    hth_reach_unref(fixture->reach);
    home_tear_down(&fixture->home);
    g_free(fixture->folder);
}

/* @more: header lines. */
static HttpAnswer *ask(Fixture *fixture, const char *method, const char *path, const char *more)
{
    const guint16 port = hth_play_proxy_port(fixture->proxy);
    g_autofree char *request = g_strdup_printf("%s /p/%s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n%s\r\n",
                                               method, path, port, more);
    const int fd = http_connect(port);
    http_send(fd, request);
    HttpAnswer *answer = http_read_answer(fd, strcmp(method, "HEAD") == 0);
    close(fd);
    return answer;
}

static void assert_bytes(const HttpAnswer *answer, guint64 first, gsize expected)
{
    gsize size = 0;
    const guint8 *bytes = g_bytes_get_data(answer->body, &size);
    g_assert_cmpuint(size, ==, expected);
    for (gsize i = 0; i < size; i++)
        g_assert_cmpuint(bytes[i], ==, home_byte(first + i));
}

static void test_the_whole_item_comes(Fixture *fixture, gconstpointer data)
{
    g_autoptr(HttpAnswer) answer = ask(fixture, "GET", TOKEN "/" HOME_ITEM ".flac", "");
    g_autofree char *type = http_answer_header(answer, "Content-Type");
    g_assert_cmpuint(answer->status, ==, 200);
    g_assert_cmpstr(type, ==, "audio/flac");
    assert_bytes(answer, 0, HOME_FILE_SIZE);
}

static void test_a_seek_brings_its_range(Fixture *fixture, gconstpointer data)
{
    static const struct {
        const char *range;
        guint64 first;
        gsize size;
    } cases[] = {
        { "Range: bytes=0-\r\n", 0, HOME_FILE_SIZE },
        { "Range: bytes=3000000-3000099\r\n", 3000000, 100 },
        { "Range: bytes=262143-262144\r\n", 262143, 2 },
        { "Range: bytes=5000000-\r\n", 5000000, 17 },
        { "Range: bytes=-10\r\n", HOME_FILE_SIZE - 10, 10 },
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(HttpAnswer) answer =
            ask(fixture, "GET", TOKEN "/" HOME_ITEM ".flac", cases[i].range);
        g_autofree char *range = http_answer_header(answer, "Content-Range");
        g_autofree char *expected =
            g_strdup_printf("bytes %" G_GUINT64_FORMAT "-%" G_GUINT64_FORMAT "/%d", cases[i].first,
                            cases[i].first + cases[i].size - 1, HOME_FILE_SIZE);
        g_assert_cmpuint(answer->status, ==, 206);
        g_assert_cmpstr(range, ==, expected);
        assert_bytes(answer, cases[i].first, cases[i].size);
    }
}

static void test_behind_the_end_is_416(Fixture *fixture, gconstpointer data)
{
    g_autoptr(HttpAnswer) answer =
        ask(fixture, "GET", TOKEN "/" HOME_ITEM ".flac", "Range: bytes=6000000-\r\n");
    g_autofree char *range = http_answer_header(answer, "Content-Range");
    g_assert_cmpuint(answer->status, ==, 416);
    g_assert_cmpstr(range, ==, "bytes */5000017");
}

static void test_head_tells_the_same(Fixture *fixture, gconstpointer data)
{
    g_autoptr(HttpAnswer) answer = ask(fixture, "HEAD", TOKEN "/" HOME_ITEM ".flac", "");
    g_autofree char *length = http_answer_header(answer, "Content-Length");
    g_assert_cmpuint(answer->status, ==, 200);
    g_assert_cmpstr(length, ==, "5000017");
}

static void test_what_was_played_is_kept(Fixture *fixture, gconstpointer data)
{
    g_autoptr(HttpAnswer) first = ask(fixture, "GET", TOKEN "/" HOME_ITEM ".flac", "");
    const guint n_before = fixture->home.n_requests;
    g_autoptr(HttpAnswer) again = ask(fixture, "GET", TOKEN "/" HOME_ITEM ".flac", "");
    assert_bytes(again, 0, HOME_FILE_SIZE);
    /* One asks whether it is the same still. */
    g_assert_cmpuint(fixture->home.n_requests - n_before, <=, 1);
}

static void test_an_item_on_the_device_is_its_file(Fixture *fixture, gconstpointer data)
{
    g_autoptr(HttpAnswer) answer = ask(fixture, "GET", TOKEN "/" LOCAL ".flac", "");
    g_assert_cmpuint(answer->status, ==, 200);
    g_assert_cmpstr(http_answer_text(answer), ==, "on the device");
    g_assert_cmpuint(fixture->home.n_requests, ==, 0);
}

static void test_a_link_in_the_folder_leads_nowhere(Fixture *fixture, gconstpointer data)
{
    g_autofree char *local = g_build_filename(fixture->folder, "song.flac", NULL);
    g_autofree char *secret = g_build_filename(fixture->home.dir, "secret", NULL);
    g_assert_true(g_file_set_contents(secret, "not for you..", -1, NULL));
    g_assert_cmpint(g_remove(local), ==, 0);
    g_assert_cmpint(symlink(secret, local), ==, 0);
    g_autoptr(HttpAnswer) answer = ask(fixture, "GET", TOKEN "/" LOCAL ".flac", "");
    g_assert_cmpuint(answer->status, ==, 404); /* asked at home, which has no such item */
    g_assert_cmpuint(fixture->home.n_requests, ==, 1);
}

static void test_others_are_refused(Fixture *fixture, gconstpointer data)
{
    static const struct {
        const char *method;
        const char *path;
        const char *more;
        guint status;
    } cases[] = {
        { "GET", "zbcdefghijklmnopqrstuvwxyz/" HOME_ITEM ".flac", "", 404 },
        { "GET", TOKEN "/" UNNAMED ".flac", "", 404 },
        { "GET", TOKEN "/" HOME_ITEM, "", 404 },
        { "GET", TOKEN "/" HOME_ITEM ".flac/../../sync", "", 404 },
        { "GET", TOKEN "/" HOME_ITEM "/a/b.flac", "", 404 },
        { "GET", "", "", 404 },
        { "GET", TOKEN "/" HOME_ITEM ".flac", "Origin: http://evil.example\r\n", 403 },
        { "GET", TOKEN "/" HOME_ITEM ".flac", "Origin: null\r\n", 403 },
        { "POST", TOKEN "/" HOME_ITEM ".flac", "Content-Length: 0\r\n", 405 },
        { "PUT", TOKEN "/" HOME_ITEM ".flac", "Content-Length: 0\r\n", 405 },
        { "OPTIONS", TOKEN "/" HOME_ITEM ".flac", "", 405 },
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(HttpAnswer) answer = ask(fixture, cases[i].method, cases[i].path, cases[i].more);
        g_autofree char *allowed = http_answer_header(answer, "Access-Control-Allow-Origin");
        if (answer->status != cases[i].status)
            g_test_message("case %u", i);
        g_assert_cmpuint(answer->status, ==, cases[i].status);
        g_assert_null(allowed);
    }
    g_assert_cmpuint(fixture->home.n_requests, ==, 0);
}

static void test_another_host_is_refused(Fixture *fixture, gconstpointer data)
{
    static const char *const hosts[] = { "localhost:%u", "evil.example:%u",           "127.0.0.1",
                                         "[::1]:%u",     "127.0.0.1:%u.evil.example", "127.1:%u" };
    for (guint i = 0; i < G_N_ELEMENTS(hosts); i++) {
        const guint16 port = hth_play_proxy_port(fixture->proxy);
        g_autofree char *number = g_strdup_printf("%u", port);
        g_auto(GStrv) parts = g_strsplit(hosts[i], "%u", 2);
        g_autofree char *host = g_strjoinv(number, parts);
        g_autofree char *request = g_strdup_printf(
            "GET /p/" TOKEN "/" HOME_ITEM ".flac HTTP/1.1\r\nHost: %s\r\n\r\n", host);
        g_autoptr(HttpAnswer) answer = http_ask(port, request);
        g_assert_cmpuint(answer->status, >=, 400);
    }
    g_assert_cmpuint(fixture->home.n_requests, ==, 0);
}

static void test_a_home_that_comes_back_is_waited_for(Fixture *fixture, gconstpointer data)
{
    fixture->home.n_busy = 2;
    g_autoptr(HttpAnswer) answer =
        ask(fixture, "GET", TOKEN "/" HOME_ITEM ".flac", "Range: bytes=0-9\r\n");
    assert_bytes(answer, 0, 10);
}

static void test_a_broken_path_is_not_noticed(Fixture *fixture, gconstpointer data)
{
    fixture->home.breaks_at = 2;
    g_autoptr(HttpAnswer) answer = ask(fixture, "GET", TOKEN "/" HOME_ITEM ".flac", "");
    assert_bytes(answer, 0, HOME_FILE_SIZE);
    g_assert_cmpuint(fixture->home.n_requests, >, 2);
}

static void test_two_files_are_never_mixed(Fixture *fixture, gconstpointer data)
{
    fixture->home.changes_at = 2;
    const guint16 port = hth_play_proxy_port(fixture->proxy);
    g_autofree char *request = g_strdup_printf("GET /p/" TOKEN "/" HOME_ITEM ".flac HTTP/1.1\r\n"
                                               "Host: 127.0.0.1:%u\r\n\r\n",
                                               port);
    const int fd = http_connect(port);
    http_send(fd, request);
    g_autoptr(GBytes) all = http_read_all(fd); /* until it is cut */
    gsize size = 0;
    const guint8 *bytes = g_bytes_get_data(all, &size);
    const guint8 *body = memmem(bytes, size, "\r\n\r\n", 4);
    g_assert_nonnull(body);
    body += 4;
    for (gsize i = 0; body + i < bytes + size; i++)
        g_assert_cmpuint(body[i], ==, home_byte(i));
    g_assert_cmpuint(size - (gsize)(body - bytes), <, HOME_FILE_SIZE);
}

static void test_the_port_stays(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    const guint16 port = hth_play_proxy_port(fixture->proxy);
    g_clear_pointer(&fixture->proxy, hth_play_proxy_free);
    fixture->proxy = hth_play_proxy_new(fixture->home.dir, TRUE, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(hth_play_proxy_port(fixture->proxy), ==, port);
}

/* ---- Away ---- */

/* The item is 5 MB: so it needs 500 kB a second. */
#define DURATION_MS 10000

static const guint64 thin = 600 * 1000; /* 0.8 of it is not enough */
static const guint64 wide = 1000 * 1000;
static const guint64 no_limit = 0;

static void assert_plays(Fixture *fixture, const char *expected)
{
    g_autoptr(HttpAnswer) answer =
        ask(fixture, "GET", TOKEN "/" HOME_ITEM ".flac", "Range: bytes=100000-100999\r\n");
    g_autofree char *type = http_answer_header(answer, "Content-Type");
    g_assert_cmpuint(answer->status, ==, 206);
    g_assert_cmpstr(type, ==, expected);
    assert_bytes(answer, 100000, 1000);
}

static void test_by_a_thin_relay_it_plays_smaller(Fixture *fixture, gconstpointer data)
{
    fixture->home.duration_ms = DURATION_MS;
    g_autoptr(HttpAnswer) answer = ask(fixture, "GET", TOKEN "/" HOME_ITEM ".flac", "");
    g_autofree char *type = http_answer_header(answer, "Content-Type");
    g_assert_cmpuint(answer->status, ==, 200);
    g_assert_cmpstr(type, ==, "audio/ogg");
    assert_bytes(answer, 0, HOME_SMALL_SIZE);
    assert_plays(fixture, "audio/ogg");
}

static void test_it_plays_as_it_is(Fixture *fixture, gconstpointer data)
{
    fixture->home.duration_ms = DURATION_MS;
    assert_plays(fixture, "audio/flac");
}

static void test_of_unknown_length_it_plays_as_it_is(Fixture *fixture, gconstpointer data)
{
    assert_plays(fixture, "audio/flac");
}

static void test_a_photo_is_never_smaller(Fixture *fixture, gconstpointer data)
{
    fixture->home.duration_ms = DURATION_MS;
    fixture->home.media_type = "image/jpeg";
    assert_plays(fixture, "image/jpeg");
}

static void test_a_named_conversion_is_what_comes(Fixture *fixture, gconstpointer data)
{
    fixture->home.duration_ms = DURATION_MS;
    g_autoptr(HttpAnswer) answer =
        ask(fixture, "GET", TOKEN "/" HOME_ITEM "/opus-160.opus", "Range: bytes=0-9\r\n");
    assert_bytes(answer, 0, 10);
    g_assert_cmpuint(fixture->home.n_requests, ==, 1);
}

static void test_without_a_limit_the_measured_rate_counts(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    fixture->home.duration_ms = DURATION_MS;
    g_autoptr(HthReachLink) link = hth_reach_connect(fixture->reach, NULL, FALSE, &error);
    g_assert_no_error(error);
    hth_reach_link_measure(link, 50 * 1000, G_USEC_PER_SEC / 2);
    assert_plays(fixture, "audio/ogg");
}

static void set_limit(Fixture *fixture, guint64 limit)
{
    g_autoptr(HthAway) away = hth_reach_away(fixture->reach);
    away->session_rate = limit;
    hth_reach_set_away(fixture->reach, away);
}

static gboolean plays_smaller(Fixture *fixture)
{
    g_autoptr(HttpAnswer) answer =
        ask(fixture, "GET", TOKEN "/" HOME_ITEM ".flac", "Range: bytes=0-9\r\n");
    g_autofree char *type = http_answer_header(answer, "Content-Type");
    return strcmp(type, "audio/ogg") == 0;
}

static void test_what_was_chosen_holds_while_it_is_asked_for(Fixture *fixture, gconstpointer data)
{
    fixture->home.duration_ms = DURATION_MS;
    assert_plays(fixture, "audio/ogg");
    set_limit(fixture, wide);
    assert_plays(fixture, "audio/ogg");
    hth_play_shelf_set_times(fixture->shelf, HTH_PLAY_CHOICE_WAIT_MS, 1);
    for (guint i = 0; i < 500 && plays_smaller(fixture); i++)
        g_usleep(10 * 1000);
    assert_plays(fixture, "audio/flac");
}

static void test_what_takes_too_long_to_make_plays_as_it_is(Fixture *fixture, gconstpointer data)
{
    fixture->home.duration_ms = DURATION_MS;
    fixture->home.small_status = 503;
    hth_play_shelf_set_times(fixture->shelf, 1, HTH_PLAY_CHOICE_KEEP_MS);
    assert_plays(fixture, "audio/flac");
    fixture->home.small_status = 0; /* it is made now, for those who come later */
    assert_plays(fixture, "audio/flac");
}

static void test_what_cannot_be_made_plays_as_it_is(Fixture *fixture, gconstpointer data)
{
    fixture->home.duration_ms = DURATION_MS;
    fixture->home.small_status = 404;
    assert_plays(fixture, "audio/flac");
}

static void test_two_wait_for_what_is_being_made(Fixture *fixture, gconstpointer data)
{
    fixture->home.duration_ms = DURATION_MS;
    fixture->home.n_making = 2;
    const guint16 port = hth_play_proxy_port(fixture->proxy);
    g_autofree char *request = g_strdup_printf("GET /p/" TOKEN "/" HOME_ITEM ".flac HTTP/1.1\r\n"
                                               "Host: 127.0.0.1:%u\r\n\r\n",
                                               port);
    const int first = http_connect(port);
    const int second = http_connect(port);
    http_send(first, request);
    http_send(second, request);
    g_autoptr(HttpAnswer) one = http_read_answer(first, FALSE);
    g_autoptr(HttpAnswer) other = http_read_answer(second, FALSE);
    assert_bytes(one, 0, HOME_SMALL_SIZE);
    assert_bytes(other, 0, HOME_SMALL_SIZE);
    close(first);
    close(second);
}

#define ADD_AWAY(name, rate, function)                                                             \
    g_test_add("/play-proxy/away/" name, Fixture, rate, set_up, function, tear_down)

static void add_away(void)
{
    ADD_AWAY("by-a-thin-relay-it-plays-smaller", &thin, test_by_a_thin_relay_it_plays_smaller);
    ADD_AWAY("by-a-wide-relay-it-plays-as-it-is", &wide, test_it_plays_as_it_is);
    ADD_AWAY("where-nothing-is-known-it-plays-as-it-is", &no_limit, test_it_plays_as_it_is);
    ADD_AWAY("on-the-lan-it-plays-as-it-is", NULL, test_it_plays_as_it_is);
    ADD_AWAY("of-unknown-length-it-plays-as-it-is", &thin,
             test_of_unknown_length_it_plays_as_it_is);
    ADD_AWAY("a-photo-is-never-smaller", &thin, test_a_photo_is_never_smaller);
    ADD_AWAY("a-named-conversion-is-what-comes", &thin, test_a_named_conversion_is_what_comes);
    ADD_AWAY("without-a-limit-the-measured-rate-counts", &no_limit,
             test_without_a_limit_the_measured_rate_counts);
    ADD_AWAY("what-was-chosen-holds-while-it-is-asked-for", &thin,
             test_what_was_chosen_holds_while_it_is_asked_for);
    ADD_AWAY("what-takes-too-long-to-make-plays-as-it-is", &thin,
             test_what_takes_too_long_to_make_plays_as_it_is);
    ADD_AWAY("what-cannot-be-made-plays-as-it-is", &thin, test_what_cannot_be_made_plays_as_it_is);
    ADD_AWAY("two-wait-for-what-is-being-made", &thin, test_two_wait_for_what_is_being_made);
}

#define ADD(name, function)                                                                        \
    g_test_add("/play-proxy/" name, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("the-whole-item-comes", test_the_whole_item_comes);
    ADD("a-seek-brings-its-range", test_a_seek_brings_its_range);
    ADD("behind-the-end-is-416", test_behind_the_end_is_416);
    ADD("head-tells-the-same", test_head_tells_the_same);
    ADD("what-was-played-is-kept", test_what_was_played_is_kept);
    ADD("an-item-on-the-device-is-its-file", test_an_item_on_the_device_is_its_file);
    ADD("a-link-in-the-folder-leads-nowhere", test_a_link_in_the_folder_leads_nowhere);
    ADD("others-are-refused", test_others_are_refused);
    ADD("another-host-is-refused", test_another_host_is_refused);
    ADD("a-home-that-comes-back-is-waited-for", test_a_home_that_comes_back_is_waited_for);
    ADD("a-broken-path-is-not-noticed", test_a_broken_path_is_not_noticed);
    ADD("two-files-are-never-mixed", test_two_files_are_never_mixed);
    ADD("the-port-stays", test_the_port_stays);
    add_away();
    return g_test_run();
}
