/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http-client.h"
#include "net/http-server.h"

/* Larger than a reader's block and than libmicrohttpd's piece for sendfile(2), and no multiple. */
#define FILE_BYTES 300001
#define MTIME      784111777 /* Sun, 06 Nov 1994 08:49:37 GMT */

typedef struct {
    HthHttpServer *server;
    guint16 port;
    guint8 *content;
    char *path;
    char *empty_path;
    char *short_path; /* promised to be longer than it is */
} Fixture;

static void serve(HthHttpRequest *request, const char *path, gint64 size_bytes)
{
    const HthHttpFile file = { .fd = open(path, O_RDONLY | O_CLOEXEC),
                               .size_bytes = size_bytes,
                               .mtime_unix_s = MTIME,
                               .etag = "\"v1\"",
                               .content_type = "audio/mpeg" };
    hth_http_request_add_header(request, "contentFeatures.dlna.org", "DLNA.ORG_OP=01");
    hth_http_request_respond_file(request, &file);
}

static void on_file(HthHttpRequest *request, gpointer data)
{
    if (hth_http_request_query(request, "type") != NULL)
        hth_http_request_add_header(request, "Content-Type", "video/x-other");
    serve(request, ((Fixture *)data)->path, FILE_BYTES);
}

static void on_empty(HthHttpRequest *request, gpointer data)
{
    serve(request, ((Fixture *)data)->empty_path, 0);
}

static void on_short(HthHttpRequest *request, gpointer data)
{
    serve(request, ((Fixture *)data)->short_path, FILE_BYTES);
}

static const HthHttpRoute routes[] = {
    { HTH_HTTP_GET, "/file", on_file, 0 },
    { HTH_HTTP_GET, "/empty", on_empty, 0 },
    { HTH_HTTP_GET, "/short", on_short, 0 },
};

static char *make_file(const void *content, gsize size)
{
    char *path = g_build_filename(g_get_tmp_dir(), "hearth-http-file-XXXXXX", NULL);
    const int fd = g_mkstemp(path);
    g_assert_cmpint(fd, >=, 0);
    g_assert_cmpint(write(fd, content, size), ==, (gssize)size);
    close(fd);
    return path;
}

static void set_up(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    fixture->content = g_malloc(FILE_BYTES);
    for (guint i = 0; i < FILE_BYTES; i++)
        fixture->content[i] = (guint8)g_test_rand_int();
    fixture->path = make_file(fixture->content, FILE_BYTES);
    fixture->empty_path = make_file("", 0);
    fixture->short_path = make_file(fixture->content, 1000);
    const HthHttpOptions options = { .bind_address = "127.0.0.1", .idle_timeout_s = 1 };
    fixture->server = hth_http_server_new(&options);
    hth_http_server_add_routes(fixture->server, routes, G_N_ELEMENTS(routes), fixture);
    hth_http_server_start(fixture->server, &error);
    g_assert_no_error(error);
    fixture->port = hth_http_server_port(fixture->server);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
    hth_http_server_free(fixture->server);
    char *const paths[] = { fixture->path, fixture->empty_path, fixture->short_path };
    for (guint i = 0; i < G_N_ELEMENTS(paths); i++) {
        g_unlink(paths[i]);
        g_free(paths[i]);
    }
    g_free(fixture->content);
}

/* @headers: lines that each end in "\r\n". */
static HttpAnswer *get(const Fixture *fixture, const char *path, const char *headers)
{
    g_autofree char *request =
        g_strdup_printf("GET %s HTTP/1.1\r\nHost: x\r\n%s\r\n", path, headers);
    return http_ask(fixture->port, request);
}

static void assert_header(const HttpAnswer *answer, const char *name, const char *expected)
{
    g_autofree char *value = http_answer_header(answer, name);
    g_assert_cmpstr(value, ==, expected);
}

static void assert_slice(const Fixture *fixture, const HttpAnswer *answer, gsize first, gsize n)
{
    gsize size = 0;
    const guint8 *bytes = g_bytes_get_data(answer->body, &size);
    g_assert_cmpmem(bytes, size, fixture->content + first, n);
}

static void test_sends_the_whole(Fixture *fixture, gconstpointer data)
{
    g_autoptr(HttpAnswer) answer = get(fixture, "/file", "");
    g_assert_cmpuint(answer->status, ==, 200);
    assert_slice(fixture, answer, 0, FILE_BYTES);
    assert_header(answer, "Content-Type", "audio/mpeg");
    assert_header(answer, "Accept-Ranges", "bytes");
    assert_header(answer, "ETag", "\"v1\"");
    assert_header(answer, "Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_header(answer, "contentFeatures.dlna.org", "DLNA.ORG_OP=01");
    g_autoptr(HttpAnswer) typed = get(fixture, "/file?type=1", "");
    assert_header(typed, "Content-Type", "video/x-other");
}

static void test_a_range_is_its_slice(Fixture *fixture, gconstpointer data)
{
    for (guint i = 0; i < 300; i++) {
        const gsize first = (gsize)g_test_rand_int_range(0, FILE_BYTES);
        const gsize last =
            first + (gsize)g_test_rand_int_range(0, 1 << g_test_rand_int_range(1, 19));
        const gsize end = MIN(last + 1, FILE_BYTES);
        g_autofree char *header = g_strdup_printf("Range: bytes=%zu-%zu\r\n", first, last);
        g_autofree char *expected = g_strdup_printf("bytes %zu-%zu/%d", first, end - 1, FILE_BYTES);
        g_autoptr(HttpAnswer) answer = get(fixture, "/file", header);
        g_assert_cmpuint(answer->status, ==, 206);
        assert_header(answer, "Content-Range", expected);
        assert_slice(fixture, answer, first, end - first);
    }
}

static void test_the_ends_can_be_asked_for(Fixture *fixture, gconstpointer data)
{
    g_autoptr(HttpAnswer) last = get(fixture, "/file", "Range: bytes=300000-300000\r\n");
    g_assert_cmpuint(last->status, ==, 206);
    assert_slice(fixture, last, FILE_BYTES - 1, 1);
    g_autoptr(HttpAnswer) suffix = get(fixture, "/file", "Range: bytes=-100\r\n");
    assert_slice(fixture, suffix, FILE_BYTES - 100, 100);
    g_autoptr(HttpAnswer) open = get(fixture, "/file", "Range: bytes=0-\r\n");
    g_assert_cmpuint(open->status, ==, 206);
    assert_slice(fixture, open, 0, FILE_BYTES);
    g_autoptr(HttpAnswer) empty = get(fixture, "/empty", "Range: bytes=0-\r\n");
    g_assert_cmpuint(empty->status, ==, 200);
    g_autoptr(HttpAnswer) past = get(fixture, "/file", "Range: bytes=300001-\r\n");
    g_assert_cmpuint(past->status, ==, 416);
    assert_header(past, "Content-Range", "bytes */300001");
    g_autoptr(HttpAnswer) malformed = get(fixture, "/file", "Range: bytes=5-1\r\n");
    g_assert_cmpuint(malformed->status, ==, 200);
}

/* Takes the next part off @body and checks it against the content. */
static const char *check_part(const Fixture *fixture, const char *body, const char *end,
                              const char *boundary, gsize first, gsize n)
{
    g_autofree char *head = g_strdup_printf(
        "--%s\r\nContent-Type: audio/mpeg\r\nContent-Range: bytes %zu-%zu/%d\r\n\r\n", boundary,
        first, first + n - 1, FILE_BYTES);
    g_assert_cmpuint((gsize)(end - body), >, strlen(head) + n);
    g_assert_cmpmem(body, strlen(head), head, strlen(head));
    body += strlen(head);
    g_assert_cmpmem(body, n, fixture->content + first, n);
    body += n;
    g_assert_cmpmem(body, 2, "\r\n", 2);
    return body + 2;
}

static void test_several_ranges_are_parts(Fixture *fixture, gconstpointer data)
{
    for (guint round = 0; round < 50; round++) {
        gsize firsts[16];
        gsize sizes[16];
        const guint n = (guint)g_test_rand_int_range(2, 17);
        g_autoptr(GString) header = g_string_new("Range: bytes=");
        for (guint i = 0; i < n; i++) {
            firsts[i] = i * (FILE_BYTES / n) + (gsize)g_test_rand_int_range(0, 100);
            sizes[i] = (gsize)g_test_rand_int_range(1, (int)(FILE_BYTES / n) - 200);
            g_string_append_printf(header, "%s%zu-%zu", i > 0 ? "," : "", firsts[i],
                                   firsts[i] + sizes[i] - 1);
        }
        g_string_append(header, "\r\n");
        g_autoptr(HttpAnswer) answer = get(fixture, round % 2 ? "/file" : "/file?x", header->str);
        g_assert_cmpuint(answer->status, ==, 206);
        g_autofree char *type = http_answer_header(answer, "Content-Type");
        g_assert_true(g_str_has_prefix(type, "multipart/byteranges; boundary="));
        const char *boundary = strchr(type, '=') + 1;
        gsize size = 0;
        const char *body = g_bytes_get_data(answer->body, &size);
        const char *end = body + size;
        for (guint i = 0; i < n; i++)
            body = check_part(fixture, body, end, boundary, firsts[i], sizes[i]);
        g_autofree char *tail = g_strdup_printf("--%s--\r\n", boundary);
        g_assert_cmpmem(body, end - body, tail, strlen(tail));
    }
}

static void test_conditions_are_kept(Fixture *fixture, gconstpointer data)
{
    static const struct {
        const char *headers;
        guint status;
    } cases[] = {
        { "If-None-Match: \"v1\"\r\n", 304 },
        { "If-None-Match: \"v0\", W/\"v1\"\r\n", 304 },
        { "If-None-Match: *\r\n", 304 },
        { "If-None-Match: \"v2\"\r\n", 200 },
        { "If-None-Match: v1\r\n", 200 },
        { "If-None-Match: \"v2\"\r\nIf-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 200 },
        { "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 304 },
        { "If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n", 200 },
        { "If-Modified-Since: once\r\n", 200 },
        { "Range: bytes=0-9\r\nIf-Range: \"v1\"\r\n", 206 },
        { "Range: bytes=0-9\r\nIf-Range: \"v2\"\r\n", 200 },
        { "Range: bytes=0-9\r\nIf-Range: W/\"v1\"\r\n", 200 },
        { "Range: bytes=0-9\r\nIf-Range: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 206 },
        { "Range: bytes=0-9\r\nIf-Range: Sun, 06 Nov 1994 08:49:38 GMT\r\n", 200 },
        { "Range: bytes=900000-\r\nIf-Range: \"v2\"\r\n", 200 },
        { "Range: bytes=0-9\r\nIf-None-Match: \"v1\"\r\n", 304 },
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autoptr(HttpAnswer) answer = get(fixture, "/file", cases[i].headers);
        if (answer->status != cases[i].status)
            g_error("%s gives %s", cases[i].headers, answer->head);
        assert_header(answer, "ETag", "\"v1\"");
    }
}

/* The header lines but for Date, and for the boundary, which is made anew each time. */
static char *stable_head(const HttpAnswer *answer)
{
    g_auto(GStrv) lines = g_strsplit(answer->head, "\r\n", -1);
    GString *text = g_string_new(NULL);
    for (guint i = 0; lines[i] != NULL; i++) {
        if (g_str_has_prefix(lines[i], "Date:"))
            continue;
        char *boundary = strstr(lines[i], "boundary=");
        if (boundary != NULL)
            *boundary = '\0';
        g_string_append_printf(text, "%s\n", lines[i]);
    }
    return g_string_free(text, FALSE);
}

static void test_head_equals_get(Fixture *fixture, gconstpointer data)
{
    static const char *const cases[] = {
        "/file HTTP/1.1\r\nHost: x\r\n\r\n",
        "/empty HTTP/1.1\r\nHost: x\r\n\r\n",
        "/file HTTP/1.0\r\n\r\n",
        "/file HTTP/1.1\r\nHost: x\r\nRange: bytes=5-9\r\n\r\n",
        "/file HTTP/1.1\r\nHost: x\r\nRange: bytes=5-9,20-29\r\n\r\n",
        "/file HTTP/1.1\r\nHost: x\r\nRange: bytes=900000-\r\n\r\n",
        "/file HTTP/1.1\r\nHost: x\r\nIf-None-Match: \"v1\"\r\n\r\n",
        "/nothing HTTP/1.1\r\nHost: x\r\n\r\n",
    };
    for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *get_request = g_strconcat("GET ", cases[i], NULL);
        g_autofree char *head_request = g_strconcat("HEAD ", cases[i], NULL);
        g_autoptr(HttpAnswer) of_get = http_ask(fixture->port, get_request);
        g_autoptr(HttpAnswer) of_head = http_ask(fixture->port, head_request);
        g_autofree char *get_head = stable_head(of_get);
        g_autofree char *head_head = stable_head(of_head);
        g_assert_cmpstr(get_head, ==, head_head);
    }
}

/* A file that was cut while it is sent: the stream ends, early and closed, and no thread spins. */
static void test_a_cut_file_ends_the_stream(Fixture *fixture, gconstpointer data)
{
    const int fd = http_connect(fixture->port);
    http_send(fd, "GET /short HTTP/1.1\r\nHost: x\r\n\r\n");
    const struct timeval patience = { .tv_sec = 15 };
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    g_autoptr(GBytes) all = http_read_all(fd);
    g_assert_cmpuint(g_bytes_get_size(all), <, 2000);
    g_autoptr(HttpAnswer) parts = get(fixture, "/empty", "");
    g_assert_cmpuint(parts->status, ==, 200);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(path, function) g_test_add(path, Fixture, NULL, set_up, function, tear_down)
    ADD("/http-file/sends-the-whole", test_sends_the_whole);
    ADD("/http-file/a-range-is-its-slice", test_a_range_is_its_slice);
    ADD("/http-file/the-ends-can-be-asked-for", test_the_ends_can_be_asked_for);
    ADD("/http-file/several-ranges-are-parts", test_several_ranges_are_parts);
    ADD("/http-file/conditions-are-kept", test_conditions_are_kept);
    ADD("/http-file/head-equals-get", test_head_equals_get);
    ADD("/http-file/a-cut-file-ends-the-stream", test_a_cut_file_ends_the_stream);
    return g_test_run();
}
