/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/http-server.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "server-fixture.h"

static void test_finds_the_longest_route(ServerFixture *fixture, gconstpointer data)
{
    server_assert_status(fixture, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", 200);
    server_assert_status(fixture, "GET /hello/ HTTP/1.1\r\nHost: x\r\n\r\n", 404);
    server_assert_status(fixture, "GET /hell HTTP/1.1\r\nHost: x\r\n\r\n", 404);
    server_assert_status(fixture, "GET /m HTTP/1.1\r\nHost: x\r\n\r\n", 404);
    server_assert_status(fixture, "GET /m/../hello HTTP/1.1\r\nHost: x\r\n\r\n", 200);
    g_autoptr(HttpAnswer) below = http_ask(fixture->port, "GET /m/a/b HTTP/1.1\r\nHost: x\r\n\r\n");
    server_assert_has_line(below, "path=/m/a/b");
    g_autoptr(HttpAnswer) deep =
        http_ask(fixture->port, "GET /m/deep/b HTTP/1.1\r\nHost: x\r\n\r\n");
    g_assert_cmpstr(http_answer_text(deep), ==, "deep");
}

static void test_says_which_methods_are_allowed(ServerFixture *fixture, gconstpointer data)
{
    g_autoptr(HttpAnswer) answer =
        http_ask(fixture->port, "DELETE /m/deep/x HTTP/1.1\r\nHost: x\r\n\r\n");
    g_assert_cmpuint(answer->status, ==, 405);
    g_autofree char *allow = http_answer_header(answer, "Allow");
    g_assert_cmpstr(allow, ==, "GET, HEAD, PUT");
    server_assert_status(fixture, "BREW /hello HTTP/1.1\r\nHost: x\r\n\r\n", 405);
    server_assert_status(fixture, "SUBSCRIBE /echo HTTP/1.1\r\nHost: x\r\n\r\n", 200);
}

static void test_reads_the_request(ServerFixture *fixture, gconstpointer data)
{
    g_autoptr(HttpAnswer) answer =
        http_ask(fixture->port, "POST /echo?a=1&q=b%20c%2B+d HTTP/1.1\r\nHost: x\r\nUser-Agent: "
                                "TV\r\nContent-Length: 4\r\n\r\nbody");
    server_assert_has_line(answer, "method=POST");
    server_assert_has_line(answer, "q=b c+ d");
    server_assert_has_line(answer, "body=body");
    server_assert_has_line(answer, "size=4");
    server_assert_has_line(answer, "peer=127.0.0.1");
    server_assert_has_line(answer, "local=127.0.0.1");
    server_assert_has_line(answer, "agent=TV");
    g_autofree char *base = g_strdup_printf("base=http://127.0.0.1:%u", fixture->port);
    server_assert_has_line(answer, base);
}

static void test_decodes_strictly(ServerFixture *fixture, gconstpointer data)
{
    g_autoptr(HttpAnswer) answer =
        http_ask(fixture->port, "GET /m/%41%C3%A9%2f HTTP/1.1\r\nHost: x\r\n\r\n");
    server_assert_has_line(answer, "path=/m/Aé/");
    static const char *const wrong[] = { "/m/%4",   "/m/%zz", "/m/%00", "/m/%ff",     "m",
                                         "m/a",     "*",      "/m/a#b", "ftp://x/m/", "/m/a b",
                                         "http://", "x:80",   "/m/\x7f" };
    for (guint i = 0; i < G_N_ELEMENTS(wrong); i++) {
        g_autofree char *request = g_strdup_printf("GET %s HTTP/1.1\r\nHost: x\r\n\r\n", wrong[i]);
        server_assert_status(fixture, request, 400);
    }
}

static void test_takes_the_absolute_form(ServerFixture *fixture, gconstpointer data)
{
    server_assert_status(fixture, "GET http://127.0.0.1:80/hello HTTP/1.1\r\nHost: x\r\n\r\n", 200);
    /* What ends libupnp 1.8.4 with a segmentation fault. */
    server_assert_status(fixture, "UNSUBSCRIBE http://127.0.0.1:80 HTTP/1.1\r\nHost: x\r\n\r\n",
                         404);
}

static void test_needs_a_host_from_1_1_on(ServerFixture *fixture, gconstpointer data)
{
    server_assert_status(fixture, "GET /hello HTTP/1.1\r\n\r\n", 400);
    server_assert_status(fixture, "GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400);
    server_assert_status(fixture, "GET /hello HTTP/1.1\r\nHost: a b\r\n\r\n", 400);
    server_assert_status(fixture, "GET /hello HTTP/1.0\r\n\r\n", 200);
}

static void test_head_is_get_without_the_body(ServerFixture *fixture, gconstpointer data)
{
    const int fd = http_connect(fixture->port);
    http_send(fd, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    g_autoptr(HttpAnswer) get = http_read_answer(fd, FALSE);
    http_send(fd, "HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\nHEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    g_autoptr(HttpAnswer) head = http_read_answer(fd, TRUE);
    g_autoptr(HttpAnswer) second = http_read_answer(fd, TRUE); /* no body lay between the two */
    close(fd);
    g_autofree char *length = http_answer_header(head, "Content-Length");
    g_autofree char *extra = http_answer_header(second, "X-Extra");
    g_assert_cmpstr(length, ==, "5");
    g_assert_cmpstr(extra, ==, "yes");
    g_assert_cmpuint(strlen(get->head), ==, strlen(head->head)); /* but for the second in Date */
}

static void test_keeps_connections(ServerFixture *fixture, gconstpointer data)
{
    const int fd = http_connect(fixture->port);
    /* Three requests in one packet; the second is refused, and the connection lives on. */
    http_send(fd, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\nGET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"
                  "GET /m/x HTTP/1.1\r\nHost: x\r\n\r\n");
    static const guint expected[] = { 200, 404, 200 };
    for (guint i = 0; i < G_N_ELEMENTS(expected); i++) {
        g_autoptr(HttpAnswer) answer = http_read_answer(fd, FALSE);
        g_assert_cmpuint(answer->status, ==, expected[i]);
    }
    close(fd);
    const int old = http_connect(fixture->port);
    for (guint i = 0; i < 2; i++) {
        http_send(old, "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        g_autoptr(HttpAnswer) answer = http_read_answer(old, FALSE);
        g_assert_cmpuint(answer->status, ==, 200);
    }
    http_send(old, "GET /hello HTTP/1.0\r\n\r\n");
    g_autoptr(HttpAnswer) last = http_read_answer(old, FALSE);
    g_assert_cmpuint(last->status, ==, 200);
    g_assert_true(http_is_closed(old, 1000));
    close(old);
}

static void test_bounds_the_body(ServerFixture *fixture, gconstpointer data)
{
    server_assert_status(fixture, "GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx",
                         413);
    server_assert_status(fixture, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n",
                         413);
    server_assert_status(
        fixture,
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n", 413);
    server_assert_status(fixture, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
                         400);
    server_assert_status(fixture, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
                         200);
    /* Chunks that never end: refused at the first byte too many. */
    const int fd = http_connect(fixture->port);
    http_send(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
    g_autofree char *chunk = g_strnfill(500, 'x');
    for (guint i = 0; i < 3; i++) {
        http_send(fd, "1f4\r\n");
        http_send(fd, chunk);
        http_send(fd, "\r\n");
    }
    g_autoptr(HttpAnswer) answer = http_read_answer(fd, FALSE);
    g_assert_cmpuint(answer->status, ==, 413);
    g_assert_true(http_is_closed(fd, 1000));
    close(fd);
}

static void test_takes_chunked_bodies(ServerFixture *fixture, gconstpointer data)
{
    g_autoptr(HttpAnswer) answer = http_ask(
        fixture->port, "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                       "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\n");
    server_assert_has_line(answer, "body=abcde");
    server_assert_status(
        fixture, "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400);
}

static void test_refuses_two_lengths(ServerFixture *fixture, gconstpointer data)
{
    server_assert_status(
        fixture,
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
        400);
    server_assert_status(
        fixture,
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
        "0\r\n\r\n",
        400);
    server_assert_status(fixture,
                         "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\nx", 501);
}

static void test_says_continue(ServerFixture *fixture, gconstpointer data)
{
    const int fd = http_connect(fixture->port);
    http_send(
        fd, "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    g_autoptr(HttpAnswer) first = http_read_answer(fd, FALSE);
    g_assert_cmpuint(first->status, ==, 100);
    http_send(fd, "abc");
    g_autoptr(HttpAnswer) second = http_read_answer(fd, FALSE);
    server_assert_has_line(second, "body=abc");
    close(fd);
    server_assert_status(
        fixture,
        "POST /echo HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 5000\r\n\r\n",
        413);
}

static void test_every_prefix_is_harmless(ServerFixture *fixture, gconstpointer data)
{
    static const char request[] =
        "POST /echo?q=1 HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody";
    int fds[sizeof request - 1]; /* all at once, because an end that comes with data takes 0.5 s */
    for (gsize length = 0; length < G_N_ELEMENTS(fds); length++) {
        fds[length] = http_connect(fixture->port);
        http_send_bytes(fds[length], request, length);
        shutdown(fds[length], SHUT_WR);
    }
    for (gsize length = 0; length < G_N_ELEMENTS(fds); length++) {
        g_autoptr(GBytes) rest = http_read_all(fds[length]);
        g_assert_cmpuint(g_bytes_get_size(rest), ==, 0);
    }
    server_assert_status(fixture, request, 200);
}

static void test_a_half_closed_client_is_answered(ServerFixture *fixture, gconstpointer data)
{
    const int fd = http_connect(fixture->port);
    http_send(fd, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    shutdown(fd, SHUT_WR);
    g_autoptr(HttpAnswer) answer = http_read_answer(fd, FALSE);
    g_assert_nonnull(answer);
    g_assert_cmpstr(http_answer_text(answer), ==, "hello");
    close(fd);
}

static void test_an_endless_head_is_refused(ServerFixture *fixture, gconstpointer data)
{
    const int fd = http_connect(fixture->port);
    http_send(fd, "GET /hello HTTP/1.1\r\nHost: x\r\n");
    g_autofree char *line = g_strnfill(1000, 'a');
    line[1] = ':';
    line[998] = '\r';
    line[999] = '\n';
    for (guint i = 0; i < 100; i++) {
        if (send(fd, line, 1000, MSG_NOSIGNAL) < 0)
            break;
    }
    g_autoptr(HttpAnswer) answer = http_read_answer(fd, FALSE);
    g_assert_true(answer == NULL || answer->status == 431);
    close(fd);
}

static gboolean refuse_peer(GInetAddress *peer, gpointer data)
{
    return FALSE;
}

static gboolean check_host(const char *host, GInetAddress *local, guint16 port, gpointer data)
{
    return host == NULL || (strcmp(host, "tv.local") == 0 && port != 0 && local != NULL);
}

static void test_asks_the_rules(void)
{
    ServerFixture fixture = { 0 };
    server_start_with(&fixture,
                      (HthHttpOptions){ .bind_address = "127.0.0.1", .peer_rule = refuse_peer });
    const int fd = http_connect(fixture.port);
    g_assert_true(http_is_closed(fd, 1000));
    close(fd);
    g_assert_cmpuint(server_counters(&fixture).refused_peer, ==, 1);
    server_tear_down(&fixture, NULL);

    server_start_with(&fixture,
                      (HthHttpOptions){ .bind_address = "127.0.0.1", .host_rule = check_host });
    server_assert_status(&fixture, "GET /hello HTTP/1.1\r\nHost: TV.local:8200\r\n\r\n", 200);
    server_assert_status(&fixture, "GET /hello HTTP/1.0\r\n\r\n", 200);
    server_assert_status(&fixture, "GET /hello HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421);
    server_assert_status(&fixture,
                         "GET http://evil.example/hello HTTP/1.1\r\nHost: tv.local\r\n\r\n", 421);
    g_assert_cmpuint(server_counters(&fixture).refused_host, ==, 2);
    server_tear_down(&fixture, NULL);
}

static void test_names_the_port_that_is_taken(ServerFixture *fixture, gconstpointer data)
{
    const HthHttpOptions options = { .port = fixture->port, .bind_address = "127.0.0.1" };
    g_autoptr(HthHttpServer) second = hth_http_server_new(&options);
    g_autoptr(GError) error = NULL;
    g_assert_false(hth_http_server_start(second, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
    g_autofree char *port = g_strdup_printf("%u", fixture->port);
    g_assert_nonnull(strstr(error->message, port));
}

/* -1: this machine has no IPv6. */
static int connect_ipv6(guint16 port)
{
    const struct sockaddr_in6 address = { .sin6_family = AF_INET6,
                                          .sin6_port = htons(port),
                                          .sin6_addr = IN6ADDR_LOOPBACK_INIT };
    const int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    if (fd >= 0)
        close(fd);
    return -1;
}

static void test_serves_both_families(void)
{
    ServerFixture fixture = { 0 };
    server_start_with(&fixture, (HthHttpOptions){ .name = "both" });
    g_autoptr(HttpAnswer) old = http_ask(fixture.port, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n");
    server_assert_has_line(old, "peer=127.0.0.1"); /* not ::ffff:127.0.0.1 */
    const int fd = connect_ipv6(fixture.port);
    if (fd < 0) {
        g_test_skip("this machine has no IPv6");
    } else {
        http_send(fd, "GET /echo HTTP/1.1\r\nHost: [::1]:80\r\n\r\n");
        g_autoptr(HttpAnswer) answer = http_read_answer(fd, FALSE);
        g_autofree char *base = g_strdup_printf("base=http://[::1]:%u", fixture.port);
        server_assert_has_line(answer, base);
        server_assert_has_line(answer, "peer=::1");
        close(fd);
    }
    server_tear_down(&fixture, NULL);
}

static int connect_unix(const char *path)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    g_strlcpy(address.sun_path, path, sizeof address.sun_path);
    const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(connect(fd, (struct sockaddr *)&address, sizeof address), ==, 0);
    return fd;
}

static void test_serves_a_unix_socket(void)
{
    g_autofree char *dir = g_dir_make_tmp("hearth-http-XXXXXX", NULL);
    g_autofree char *path = g_build_filename(dir, "socket", NULL);
    ServerFixture fixture = { 0 };
    server_start_with(&fixture, (HthHttpOptions){ .socket_path = path });
    struct stat status;
    g_assert_cmpint(stat(path, &status), ==, 0);
    g_assert_cmpint(status.st_mode & 0777, ==, 0600);
    const int fd = connect_unix(path);
    http_send(fd, "GET /echo HTTP/1.1\r\nHost: localhost\r\n\r\n");
    g_autoptr(HttpAnswer) answer = http_read_answer(fd, FALSE);
    close(fd);
    g_autofree char *uid = g_strdup_printf("uid=%u", getuid());
    server_assert_has_line(answer, uid);
    server_assert_has_line(answer, "peer=unix");
    server_assert_has_line(answer, "local=-");

    const HthHttpOptions options = { .socket_path = path };
    g_autoptr(HthHttpServer) second = hth_http_server_new(&options);
    g_autoptr(GError) error = NULL;
    g_assert_false(hth_http_server_start(second, &error));
    g_assert_error(error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE);
    g_assert_nonnull(strstr(error->message, "already running"));
    server_tear_down(&fixture, NULL);
    g_assert_cmpint(g_access(path, F_OK), !=, 0); /* removed at stop */
    g_rmdir(dir);
}

static void test_starts_again(ServerFixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    for (guint i = 0; i < 10; i++) {
        server_assert_status(fixture, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", 200);
        hth_http_server_stop(fixture->server);
        g_assert_true(hth_http_server_start(fixture->server, &error));
        g_assert_no_error(error);
        fixture->port = hth_http_server_port(fixture->server);
    }
}

#define ADD(path, function)                                                                        \
    g_test_add(path, ServerFixture, NULL, server_set_up, function, server_tear_down)

static void add_request_tests(void)
{
    ADD("/http-server/finds-the-longest-route", test_finds_the_longest_route);
    ADD("/http-server/says-which-methods-are-allowed", test_says_which_methods_are_allowed);
    ADD("/http-server/reads-the-request", test_reads_the_request);
    ADD("/http-server/decodes-strictly", test_decodes_strictly);
    ADD("/http-server/takes-the-absolute-form", test_takes_the_absolute_form);
    ADD("/http-server/needs-a-host-from-1.1-on", test_needs_a_host_from_1_1_on);
    ADD("/http-server/head-is-get-without-the-body", test_head_is_get_without_the_body);
    ADD("/http-server/keeps-connections", test_keeps_connections);
    ADD("/http-server/bounds-the-body", test_bounds_the_body);
    ADD("/http-server/takes-chunked-bodies", test_takes_chunked_bodies);
    ADD("/http-server/refuses-two-lengths", test_refuses_two_lengths);
    ADD("/http-server/says-continue", test_says_continue);
    ADD("/http-server/every-prefix-is-harmless", test_every_prefix_is_harmless);
    ADD("/http-server/a-half-closed-client-is-answered", test_a_half_closed_client_is_answered);
    ADD("/http-server/an-endless-head-is-refused", test_an_endless_head_is_refused);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    add_request_tests();
    g_test_add_func("/http-server/asks-the-rules", test_asks_the_rules);
    ADD("/http-server/names-the-port-that-is-taken", test_names_the_port_that_is_taken);
    g_test_add_func("/http-server/serves-both-families", test_serves_both_families);
    g_test_add_func("/http-server/serves-a-unix-socket", test_serves_a_unix_socket);
    ADD("/http-server/starts-again", test_starts_again);
    return g_test_run();
}
