/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The link of a home with a locker that does what docs/locker.md says, and no more. */
#include "locker/link.h"

#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/base32.h"
#include "base/error.h"
#include "locker/client.h"
#include "net/http-server.h"
#include "tls-fixture.h"

#define LINE_BYTES 32 /* "PARK ", a ticket, a line feed */

typedef struct {
    HthDeviceIdentity *locker;
    HthDeviceIdentity *home;
    HthHttpServer *api;
    int listener;
    guint16 port;
    GThread *thread;
    HthLockerLink *link;
    GMutex lock; /* guards the fields below */
    gboolean is_ending;
    guint n_tickets;
    GArray *parked;   /* (element int) */
    char *routes;     /* the body of the last PUT /v1/routes */
    guint n_routes;   /* how often it was told */
    guint n_controls; /* control streams so far */
    HthHttpEvents *control;
    char *join_answer; /* NULL: 403 */
    int joined_fd;
} Test;

/* ---- The locker ---- */

static void on_control(HthHttpRequest *request, gpointer data)
{
    Test *test = data;
    HthHttpEvents *events = hth_http_request_respond_events(request);
    hth_http_events_send(events, 1, "limits", "{\"session_rate\":5000}");
    g_mutex_lock(&test->lock);
    g_clear_pointer(&test->control, hth_http_events_unref);
    test->control = events;
    test->n_controls++;
    g_mutex_unlock(&test->lock);
}

static void on_tickets(HthHttpRequest *request, gpointer data)
{
    Test *test = data;
    gsize size = 0;
    const gboolean is_one = strstr(hth_http_request_body(request, &size), ":1}") != NULL;
    g_mutex_lock(&test->lock);
    char ticket[27] = "abcdefghijklmnopqrstuvwxyz";
    ticket[0] = (char)('a' + test->n_tickets++ % 26);
    g_mutex_unlock(&test->lock);
    g_autofree char *json =
        is_one ? g_strdup_printf("{\"tickets\":[\"%s\"]}", ticket)
               : g_strdup_printf("{\"tickets\":[\"%s\",\"zz%s\"]}", ticket, ticket + 2);
    hth_http_request_respond(request, 200, "application/json", json);
}

static void on_routes(HthHttpRequest *request, gpointer data)
{
    Test *test = data;
    gsize size = 0;
    const char *body = hth_http_request_body(request, &size);
    g_mutex_lock(&test->lock);
    g_free(test->routes);
    test->routes = g_strdup(body);
    test->n_routes++;
    g_mutex_unlock(&test->lock);
    hth_http_request_respond(request, 200, "application/json", "{}");
}

static void on_join(HthHttpRequest *request, gpointer data)
{
    Test *test = data;
    g_mutex_lock(&test->lock);
    g_autofree char *answer = g_strdup(test->join_answer);
    g_mutex_unlock(&test->lock);
    hth_http_request_respond(request, answer != NULL ? 200 : 403, "application/json",
                             answer != NULL ? answer : "{\"error\":{\"message\":7}}");
}

static const HthHttpRoute routes[] = {
    { HTH_HTTP_POST, "/v1/join", on_join, 1000 },
    { HTH_HTTP_GET, "/v1/control", on_control, 0 },
    { HTH_HTTP_POST, "/v1/tickets", on_tickets, 1000 },
    { HTH_HTTP_PUT, "/v1/routes", on_routes, 10000 },
};

static void park(Test *test, int fd)
{
    char line[LINE_BYTES];
    g_assert_cmpint(recv(fd, line, sizeof line, MSG_WAITALL), ==, LINE_BYTES);
    g_assert_true(g_str_has_prefix(line, "PARK ") && line[LINE_BYTES - 1] == '\n');
    g_mutex_lock(&test->lock);
    g_array_append_val(test->parked, fd);
    g_mutex_unlock(&test->lock);
}

static gpointer run_locker(gpointer data)
{
    Test *test = data;
    struct pollfd poller = { .fd = test->listener, .events = POLLIN };
    for (;;) {
        char first = 0;
        g_mutex_lock(&test->lock);
        const gboolean is_ending = test->is_ending;
        g_mutex_unlock(&test->lock);
        if (is_ending)
            return NULL;
        if (poll(&poller, 1, 20) <= 0)
            continue;
        const int fd = accept4(test->listener, NULL, NULL, SOCK_CLOEXEC);
        if (recv(fd, &first, 1, MSG_PEEK) != 1)
            close(fd);
        else if (first == 'P')
            park(test, fd);
        else
            (void)hth_http_server_add_socket(test->api, fd, NULL);
    }
}

static void start_api(Test *test)
{
    g_autoptr(GError) error = NULL;
    const HthHttpOptions options = {
        .name = "locker",
        .is_handed_sockets = TRUE,
        .tls_certificate = hth_device_identity_certificate(test->locker),
        .tls_key = hth_device_identity_key(test->locker),
    };
    test->api = hth_http_server_new(&options);
    hth_http_server_add_routes(test->api, routes, G_N_ELEMENTS(routes), test);
    hth_http_server_start(test->api, &error);
    g_assert_no_error(error);
}

static void close_parked(Test *test)
{
    g_mutex_lock(&test->lock);
    for (guint i = 0; i < test->parked->len; i++)
        close(g_array_index(test->parked, int, i));
    g_array_set_size(test->parked, 0);
    g_mutex_unlock(&test->lock);
}

/* What becomes of its connections when it starts anew. */
static void restart_api(Test *test)
{
    hth_http_server_stop(test->api);
    g_clear_pointer(&test->control, hth_http_events_unref);
    close_parked(test);
    g_autoptr(GError) error = NULL;
    hth_http_server_start(test->api, &error);
    g_assert_no_error(error);
}

/* ---- The home ---- */

static GStrv routes_of(gpointer data)
{
    const char *const list[] = { "abcdefghijklmnopqrstuvwxyz", NULL };
    return g_strdupv((char **)list);
}

static void on_joined(int fd, const HthParkingSession *session, gpointer data)
{
    Test *test = data;
    g_mutex_lock(&test->lock);
    test->joined_fd = fd;
    g_mutex_unlock(&test->lock);
}

static void ignore(gpointer data)
{
}

static void ignore_interval(guint interval_s, gpointer data)
{
}

static void start_link(Test *test, const HthKeyId *key)
{
    const HthLockerAccount account = { .host = (char *)"127.0.0.1",
                                       .port = test->port,
                                       .name = (char *)"locker.test",
                                       .household = (char *)"1",
                                       .has_key = TRUE,
                                       .key = *key };
    const HthLinkOptions options = { .account = &account,
                                     .identity = test->home,
                                     .routes = routes_of,
                                     .joined = on_joined,
                                     .changed = ignore,
                                     .interval_changed = ignore_interval,
                                     .data = test,
                                     .first_retry_ms = 20 };
    test->link = hth_locker_link_new(&options);
}

static void set_up(Test *test, gconstpointer data)
{
    struct sockaddr_in address = { .sin_family = AF_INET };
    socklen_t size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    test->locker = tls_identity_new();
    test->home = tls_identity_new();
    test->parked = g_array_new(FALSE, FALSE, sizeof(int));
    test->joined_fd = -1;
    g_mutex_init(&test->lock);
    start_api(test);
    test->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    g_assert_cmpint(bind(test->listener, (struct sockaddr *)&address, sizeof address), ==, 0);
    g_assert_cmpint(listen(test->listener, 16), ==, 0);
    g_assert_cmpint(getsockname(test->listener, (struct sockaddr *)&address, &size), ==, 0);
    test->port = ntohs(address.sin_port);
    test->thread = g_thread_new("locker", run_locker, test);
}

static void tear_down(Test *test, gconstpointer data)
{
    hth_locker_link_free(test->link);
    g_mutex_lock(&test->lock);
    test->is_ending = TRUE;
    g_mutex_unlock(&test->lock);
    g_thread_join(test->thread);
    hth_http_server_free(test->api);
    g_clear_pointer(&test->control, hth_http_events_unref);
    close_parked(test);
    close(test->listener);
    if (test->joined_fd >= 0)
        close(test->joined_fd);
    g_array_unref(test->parked);
    g_free(test->routes);
    g_free(test->join_answer);
    hth_device_identity_free(test->locker);
    hth_device_identity_free(test->home);
    g_mutex_clear(&test->lock);
}

/* ---- What is waited for ---- */

typedef gboolean (*Condition)(Test *test); /* with the lock held */

static void wait_for(Test *test, Condition condition)
{
    const gint64 until_us = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    gboolean is_met = FALSE;
    while (!is_met) {
        g_assert_cmpint(g_get_monotonic_time(), <, until_us);
        g_usleep(2000);
        g_mutex_lock(&test->lock);
        is_met = condition(test);
        g_mutex_unlock(&test->lock);
    }
}

static gboolean are_two_parked(Test *test)
{
    return test->parked->len == 2 && test->n_routes > 0;
}

static gboolean is_joined(Test *test)
{
    return test->joined_fd >= 0;
}

static gboolean is_one_more_parked(Test *test)
{
    return test->parked->len == 4; /* the joined one, two, and one for the demand */
}

static gboolean is_told_again(Test *test)
{
    return test->parked->len == 2 && test->n_routes == 2 && test->n_controls == 2;
}

static HthLinkState state_of(Test *test, char **out_problem)
{
    HthLinkStatus status;
    hth_locker_link_status(test->link, &status);
    *out_problem = status.problem;
    return status.state;
}

static gboolean has_ended(Test *test)
{
    g_autofree char *problem = NULL;
    return state_of(test, &problem) == HTH_LINK_ENDED;
}

static gboolean has_problem(Test *test)
{
    g_autofree char *problem = NULL;
    return state_of(test, &problem) == HTH_LINK_WAITING && problem != NULL;
}

/* ---- Tests ---- */

static void test_parks_and_tells_routes(Test *test, gconstpointer data)
{
    g_auto(HthLinkStatus) status = { 0 };
    start_link(test, hth_device_identity_id(test->locker));
    wait_for(test, are_two_parked);
    g_assert_nonnull(strstr(test->routes, "[\"abcdefghijklmnopqrstuvwxyz\"]"));
    hth_locker_link_status(test->link, &status);
    g_assert_cmpint(status.state, ==, HTH_LINK_CONNECTED);
    g_assert_cmpuint(status.limits.session_rate, ==, 5000);
    g_assert_cmpuint(status.n_routes, ==, 1);
}

static void test_a_joined_connection_is_replaced(Test *test, gconstpointer data)
{
    const guint8 header[17] = { 'J', 1, 0, 0, 0, 0, 0, 0, 0, 9 };
    start_link(test, hth_device_identity_id(test->locker));
    wait_for(test, are_two_parked);
    g_mutex_lock(&test->lock);
    const int fd = g_array_index(test->parked, int, 0);
    g_mutex_unlock(&test->lock);
    g_assert_cmpint(send(fd, header, sizeof header, MSG_NOSIGNAL), ==, sizeof header);
    wait_for(test, is_joined);
    wait_for(test, is_one_more_parked);
}

static void test_a_locker_that_starts_anew_is_found_again(Test *test, gconstpointer data)
{
    start_link(test, hth_device_identity_id(test->locker));
    wait_for(test, are_two_parked);
    restart_api(test);
    wait_for(test, is_told_again);
}

static void test_a_change_of_the_network_begins_everything_anew(Test *test, gconstpointer data)
{
    start_link(test, hth_device_identity_id(test->locker));
    wait_for(test, are_two_parked);
    g_mutex_lock(&test->lock);
    const int fd = g_array_index(test->parked, int, 0);
    g_mutex_unlock(&test->lock);
    hth_locker_link_network_changed(test->link);
    char byte;
    g_assert_cmpint(recv(fd, &byte, 1, 0), ==, 0);
    close_parked(test);
    wait_for(test, is_told_again);
}

static void test_who_is_removed_stays_away(Test *test, gconstpointer data)
{
    start_link(test, hth_device_identity_id(test->locker));
    wait_for(test, are_two_parked);
    g_mutex_lock(&test->lock);
    hth_http_events_send(test->control, 2, "ended", "{}");
    g_mutex_unlock(&test->lock);
    wait_for(test, has_ended);
    close_parked(test);
    g_usleep(100000);
    g_mutex_lock(&test->lock);
    g_assert_cmpuint(test->parked->len, ==, 0);
    g_assert_cmpuint(test->n_controls, ==, 1);
    g_mutex_unlock(&test->lock);
}

static void test_another_key_is_told_nothing(Test *test, gconstpointer data)
{
    start_link(test, hth_device_identity_id(test->home)); /* that is not the locker's */
    wait_for(test, has_problem);
    g_mutex_lock(&test->lock);
    g_assert_cmpuint(test->n_controls + test->n_routes + test->n_tickets, ==, 0);
    g_mutex_unlock(&test->lock);
}

/* ---- Joining ---- */

static HthLockerAccount *join(Test *test, guint8 change, const char *answer, GError **error)
{
    guint8 bytes[20] = { 1, 2, 3 };
    HthLockerLimits limits;
    memcpy(bytes + 10, hth_device_identity_id(test->locker)->bytes, 10);
    bytes[19] ^= change;
    g_autofree char *letters = hth_base32_encode(bytes, sizeof bytes);
    g_autofree char *code = g_strdup_printf("%.16s-%s", letters, letters + 16);
    g_autofree char *url = g_strdup_printf("https://localhost:%u", test->port);
    g_mutex_lock(&test->lock);
    g_free(test->join_answer);
    test->join_answer = g_strdup(answer);
    g_mutex_unlock(&test->lock);
    return hth_locker_join(url, code, "Home", test->home, NULL, &limits, error);
}

static void test_an_invitation_names_the_lockers_key(Test *test, gconstpointer data)
{
    static const char answer[] = "{\"name\":\"locker.test\",\"household\":\"7\",\"limits\":{}}";
    g_autoptr(GError) error = NULL;
    g_autoptr(HthLockerAccount) account = join(test, 0, answer, &error);
    g_assert_no_error(error);
    g_assert_true(account->has_key &&
                  hth_key_id_equal(&account->key, hth_device_identity_id(test->locker)));
    g_assert_cmpstr(account->name, ==, "locker.test");
    g_assert_cmpstr(account->host, ==, "localhost");
    g_assert_null(join(test, 1, answer, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_REFUSED);
}

static void test_nonsense_of_a_locker_is_an_error(Test *test, gconstpointer data)
{
    static const char *const answers[] = { "",
                                           "[]",
                                           "{}",
                                           "{\"name\":5,\"household\":\"7\",\"limits\":{}}",
                                           "{\"name\":\"a\",\"household\":{},\"limits\":{}}",
                                           "{\"name\":\"a\",\"household\":\"7\",\"limits\":9}",
                                           "{\"name\":\"../x\",\"household\":\"7\","
                                           "\"limits\":{}}" };
    for (guint i = 0; i < G_N_ELEMENTS(answers); i++) {
        g_autoptr(GError) error = NULL;
        g_assert_null(join(test, 0, answers[i], &error));
        g_assert_nonnull(error);
    }
    g_autoptr(GError) refused = NULL;
    g_assert_null(join(test, 0, NULL, &refused));
    g_assert_error(refused, HTH_ERROR, HTH_ERROR_REFUSED);
}

#define ADD(path, function) g_test_add(path, Test, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("/locker-link/parks-and-tells-routes", test_parks_and_tells_routes);
    ADD("/locker-link/a-joined-connection-is-replaced", test_a_joined_connection_is_replaced);
    ADD("/locker-link/a-locker-that-starts-anew-is-found-again",
        test_a_locker_that_starts_anew_is_found_again);
    ADD("/locker-link/a-change-of-the-network-begins-everything-anew",
        test_a_change_of_the_network_begins_everything_anew);
    ADD("/locker-link/who-is-removed-stays-away", test_who_is_removed_stays_away);
    ADD("/locker-link/another-key-is-told-nothing", test_another_key_is_told_nothing);
    ADD("/locker-client/an-invitation-names-the-lockers-key",
        test_an_invitation_names_the_lockers_key);
    ADD("/locker-client/nonsense-of-a-locker-is-an-error", test_nonsense_of_a_locker_is_an_error);
    return g_test_run();
}
