/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gena.h"

#include <string.h>

#include "base/error.h"

static void test_requests_have_one_form_only(void)
{
    const HthGenaRequest subscribe = {
        .path = "/event/cd",
        .callback = "<http://192.0.2.7:4004/>",
        .timeout_s = 300,
    };
    g_autofree char *subscribe_text = hth_gena_request_text(&subscribe, 49152);
    g_assert_cmpstr(subscribe_text, ==,
                    "SUBSCRIBE /event/cd HTTP/1.1\r\nHOST: 127.0.0.1:49152\r\n"
                    "CALLBACK: <http://192.0.2.7:4004/>\r\nNT: upnp:event\r\n"
                    "TIMEOUT: Second-300\r\n\r\n");
    const HthGenaRequest unsubscribe = {
        .is_unsubscribe = TRUE,
        .path = "/event/cd",
        .sid = "uuid:1",
    };
    g_autofree char *unsubscribe_text = hth_gena_request_text(&unsubscribe, 49152);
    g_assert_cmpstr(unsubscribe_text, ==,
                    "UNSUBSCRIBE /event/cd HTTP/1.1\r\nHOST: 127.0.0.1:49152\r\n"
                    "SID: uuid:1\r\n\r\n");
}

static void test_paths_are_plain(void)
{
    static const char *const wrong[] = { "",          "event",  "//event",
                                         "/a b",      "/a\r\n", "/a?b",
                                         "/a%20",     "/../a",  "http://192.0.2.1",
                                         "/\xc3\xa9", "*" };
    g_assert_true(hth_gena_path_is_valid("/event/ContentDirectory-1_x.y"));
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++)
        g_assert_false(hth_gena_path_is_valid(wrong[i]));
    g_autofree char *filler = g_strnfill(HTH_GENA_MAX_PATH, 'a');
    g_autofree char *longer = g_strconcat("/", filler, NULL);
    g_assert_false(hth_gena_path_is_valid(longer));
}

static void test_an_answer_is_read(void)
{
    g_autoptr(GError) error = NULL;
    HthGenaReply reply = { 0 };
    g_assert_true(hth_gena_reply_parse("HTTP/1.1 200 OK\r\nSID: uuid:1-2\r\nServer: x\r\n"
                                       "TIMEOUT: Second-600\r\n\r\nSID: uuid:no\r\n",
                                       &reply, &error));
    g_assert_no_error(error);
    g_assert_cmpuint(reply.status, ==, 200);
    g_assert_cmpstr(reply.sid, ==, "uuid:1-2");
    g_assert_cmpuint(reply.timeout_s, ==, 600);
    hth_gena_reply_clear(&reply);
}

static void test_nonsense_is_not_an_answer(void)
{
    static const char *const wrong[] = { "",
                                         "\r\n",
                                         "HTTP/1.1",
                                         "HTTP/1.1 2x0 OK\r\n\r\n",
                                         "HTTP/1.1 999 OK\r\n\r\n",
                                         "SUBSCRIBE / HTTP/1.1\r\n\r\n",
                                         "HTTP/1.1 200 OK\r\nSID: nonsense\r\n\r\n" };
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autoptr(GError) error = NULL;
        HthGenaReply reply = { 0 };
        g_assert_false(hth_gena_reply_parse(wrong[i], &reply, &error));
        g_assert_error(error, HTH_ERROR, HTH_ERROR_CORRUPT);
        g_assert_null(reply.sid);
    }
}

/* ---- A real exchange with a socket that plays libupnp ---- */

typedef struct {
    GMainLoop *loop;
    HthGenaReply reply;
    GError *error;
} Exchange;

static void on_sent(GObject *source, GAsyncResult *result, gpointer data)
{
    Exchange *exchange = data;
    hth_gena_send_finish(result, &exchange->reply, &exchange->error);
    g_main_loop_quit(exchange->loop);
}

static gboolean on_incoming(GSocketService *service, GSocketConnection *connection, GObject *source,
                            gpointer data)
{
    const char *answer = data;
    if (answer == NULL) {
        g_object_set_data_full(G_OBJECT(service), "kept", g_object_ref(connection),
                               g_object_unref); /* says nothing and stays */
        return TRUE;
    }
    GOutputStream *output = g_io_stream_get_output_stream(G_IO_STREAM(connection));
    g_assert_true(g_output_stream_write_all(output, answer, strlen(answer), NULL, NULL, NULL));
    return TRUE;
}

static Exchange exchange_with(const char *answer)
{
    g_autoptr(GSocketService) service = g_socket_service_new();
    const guint16 port =
        g_socket_listener_add_any_inet_port(G_SOCKET_LISTENER(service), NULL, NULL);
    g_signal_connect(service, "incoming", G_CALLBACK(on_incoming), (gpointer)answer);
    Exchange exchange = { .loop = g_main_loop_new(NULL, FALSE) };
    hth_gena_send_async("SUBSCRIBE / HTTP/1.1\r\n\r\n", port, on_sent, &exchange);
    g_main_loop_run(exchange.loop);
    g_main_loop_unref(exchange.loop);
    g_socket_service_stop(service);
    return exchange;
}

static void test_an_answer_arrives(void)
{
    Exchange exchange = exchange_with("HTTP/1.1 412 Precondition Failed\r\n\r\n");
    g_assert_no_error(exchange.error);
    g_assert_cmpuint(exchange.reply.status, ==, 412);
    hth_gena_reply_clear(&exchange.reply);
}

static void test_silence_ends_after_two_seconds(void)
{
    const gint64 began_us = g_get_monotonic_time();
    Exchange exchange = exchange_with(NULL);
    g_assert_error(exchange.error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
    g_assert_cmpint(g_get_monotonic_time() - began_us, >=, 1900 * 1000);
    g_clear_error(&exchange.error);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/gena/requests-have-one-form-only", test_requests_have_one_form_only);
    g_test_add_func("/gena/paths-are-plain", test_paths_are_plain);
    g_test_add_func("/gena/an-answer-is-read", test_an_answer_is_read);
    g_test_add_func("/gena/nonsense-is-not-an-answer", test_nonsense_is_not_an_answer);
    g_test_add_func("/gena/an-answer-arrives", test_an_answer_arrives);
    g_test_add_func("/gena/silence-ends-after-two-seconds", test_silence_ends_after_two_seconds);
    return g_test_run();
}
