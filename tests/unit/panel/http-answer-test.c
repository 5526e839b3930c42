/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "api/http-answer.h"

#include <string.h>

#include "base/error.h"

/* Feeds @text in pieces of @step bytes, then the end. */
static HthHttpAnswer *read_in_steps(const char *text, gsize step, GError **error)
{
    HthHttpAnswer *answer = hth_http_answer_new(1000);
    const gsize length = strlen(text);
    for (gsize at = 0; at < length; at += step) {
        if (!hth_http_answer_feed(answer, text + at, MIN(step, length - at), error))
            return answer;
    }
    if (!hth_http_answer_is_complete(answer))
        (void)hth_http_answer_feed(answer, "", 0, error);
    return answer;
}

static void assert_body(const char *text, const char *body)
{
    for (gsize step = 1; step < 40; step += 3) {
        g_autoptr(GError) error = NULL;
        g_autoptr(HthHttpAnswer) answer = read_in_steps(text, step, &error);
        g_assert_no_error(error);
        g_assert_true(hth_http_answer_is_complete(answer));
        g_assert_cmpuint(hth_http_answer_status(answer), ==, 200);
        g_autoptr(GBytes) bytes = hth_http_answer_take_body(answer);
        g_assert_cmpmem(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), body, strlen(body));
    }
}

static void test_body_comes_by_length_in_chunks_or_to_the_end(void)
{
    assert_body("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndrum", "drum");
    assert_body(
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\ndr\r\n2\r\num\r\n0\r\n\r\n",
        "drum");
    assert_body("HTTP/1.0 200 OK\r\n\r\ndrum", "drum");
    assert_body("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", "");
}

static void assert_error(const char *text, int code)
{
    for (gsize step = 1; step < 40; step += 3) {
        g_autoptr(GError) error = NULL;
        g_autoptr(HthHttpAnswer) answer = read_in_steps(text, step, &error);
        g_assert_error(error, HTH_ERROR, code);
    }
}

static void test_refuses_what_is_no_answer(void)
{
    assert_error("SSH-2.0-x\r\n\r\n", HTH_ERROR_CORRUPT);
    assert_error("HTTP/1.1 999 ?\r\n\r\n", HTH_ERROR_CORRUPT);
    assert_error("HTTP/1.1 200 OK\r\nContent-Length: -4\r\n\r\n", HTH_ERROR_CORRUPT);
    assert_error("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", HTH_ERROR_CORRUPT);
    assert_error("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
                 HTH_ERROR_CORRUPT);
    assert_error("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ndrum", HTH_ERROR_NETWORK);
    assert_error("", HTH_ERROR_NETWORK);
}

static void test_nothing_grows_without_bound(void)
{
    g_autofree char *filler = g_strnfill(HTH_ANSWER_MAX_HEAD_BYTES + 10, 'x');
    g_autofree char *head = g_strconcat("HTTP/1.1 200 OK\r\nX: ", filler, NULL);
    g_autofree char *body = g_strconcat("HTTP/1.1 200 OK\r\n\r\n", filler, NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(HthHttpAnswer) first = read_in_steps(head, 1000, &error);
    g_assert_error(error, HTH_ERROR, HTH_ERROR_CORRUPT);
    g_clear_error(&error);
    g_autoptr(HthHttpAnswer) second = read_in_steps(body, 1000, &error);
    g_assert_error(error, HTH_ERROR, HTH_ERROR_TOO_LARGE);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/http-answer/body-comes-by-length-in-chunks-or-to-the-end",
                    test_body_comes_by_length_in_chunks_or_to_the_end);
    g_test_add_func("/http-answer/refuses-what-is-no-answer", test_refuses_what_is_no_answer);
    g_test_add_func("/http-answer/nothing-grows-without-bound", test_nothing_grows_without_bound);
    return g_test_run();
}
