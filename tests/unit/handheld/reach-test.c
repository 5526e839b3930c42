/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reach.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/error.h"
#include "home-fixture.h"
#include "net/http-listen.h"

/* Both ways lead over 127.0.0.1 here: by the relay with a server name, which the home does not
 * mind. */
typedef struct {
    Home home;
    HthReach *reach;
    int listener; /* -1: none */
    guint16 port; /* of the listener */
} Fixture;

static void set_up(Fixture *fixture, gconstpointer data)
{
    fixture->listener = -1;
    home_set_up(&fixture->home);
}

static void tear_down(Fixture *fixture, gconstpointer data)
{
    hth_reach_unref(fixture->reach);
    if (fixture->listener >= 0)
        close(fixture->listener);
    home_tear_down(&fixture->home);
}

static void add_relay(Fixture *fixture, guint16 port)
{
    HthAway *away = fixture->home.paired->away;
    away->revision = 1;
    away->locker = g_strdup("locker.example");
    away->address = g_strdup("127.0.0.1");
    away->port = port;
    away->route = g_strdup("abcdefghijklmnopqrstuvwxyz");
}

/* Somebody who takes connections and never says a word. */
static guint16 listen_silently(Fixture *fixture)
{
    fixture->listener = hth_http_listen_tcp("127.0.0.1", 0, &fixture->port, NULL);
    g_assert_cmpint(fixture->listener, >=, 0);
    return fixture->port;
}

/* A port that nobody listens on. */
static guint16 dead_port(Fixture *fixture)
{
    const guint16 port = listen_silently(fixture);
    close(fixture->listener);
    fixture->listener = -1;
    return port;
}

static HthReachLink *connect_now(Fixture *fixture, GError **error)
{
    if (fixture->reach == NULL)
        fixture->reach = hth_reach_new(fixture->home.paired, fixture->home.device, NULL);
    return hth_reach_connect(fixture->reach, NULL, TRUE, error);
}

static void assert_path(Fixture *fixture, HthPath expected)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HthReachLink) link = connect_now(fixture, &error);
    g_assert_no_error(error);
    g_assert_cmpstr(hth_path_name(hth_reach_link_path(link)), ==, hth_path_name(expected));
}

static void test_of_two_the_lan_is_taken(Fixture *fixture, gconstpointer data)
{
    add_relay(fixture, fixture->home.port);
    assert_path(fixture, HTH_PATH_LAN);
}

static void test_a_lan_that_refuses_costs_nothing(Fixture *fixture, gconstpointer data)
{
    add_relay(fixture, fixture->home.port);
    fixture->home.paired->port = dead_port(fixture);
    assert_path(fixture, HTH_PATH_RELAY);
}

static void test_a_silent_lan_is_not_waited_for(Fixture *fixture, gconstpointer data)
{
    add_relay(fixture, fixture->home.port);
    fixture->home.paired->port = listen_silently(fixture);
    const gint64 begin_us = g_get_monotonic_time();
    assert_path(fixture, HTH_PATH_RELAY);
    /* Its time would be 5 s. */
    g_assert_cmpint(g_get_monotonic_time() - begin_us, <, 4 * G_USEC_PER_SEC);
}

static void test_a_silent_relay_is_not_waited_for(Fixture *fixture, gconstpointer data)
{
    add_relay(fixture, listen_silently(fixture));
    assert_path(fixture, HTH_PATH_LAN);
}

static void test_told_where_it_is_no_relay_is_used(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    add_relay(fixture, fixture->home.port);
    fixture->home.paired->port = dead_port(fixture);
    fixture->reach = hth_reach_new(fixture->home.paired, fixture->home.device, NULL);
    hth_reach_stay_local(fixture->reach);
    g_autoptr(HthReachLink) link = connect_now(fixture, &error);
    g_assert_null(link);
    g_assert_error(error, HTH_ERROR, HTH_ERROR_NETWORK);
}

static void test_the_home_comes_within_reach(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    add_relay(fixture, fixture->home.port);
    fixture->home.paired->port = dead_port(fixture);
    g_autoptr(HthReachLink) link = connect_now(fixture, &error);
    g_assert_no_error(error);
    g_assert_cmpint(hth_reach_link_path(link), ==, HTH_PATH_RELAY);
    g_assert_false(hth_reach_link_should_move(link));
    hth_reach_seen(fixture->reach, "127.0.0.1", fixture->home.port);
    for (guint i = 0; i < 1000 && !hth_reach_link_should_move(link); i++)
        g_usleep(10 * 1000);
    g_assert_true(hth_reach_link_should_move(link));
    g_assert_true(g_cancellable_is_cancelled(hth_reach_link_cancellable(link)));
    assert_path(fixture, HTH_PATH_LAN);
}

static void test_a_change_that_touches_nothing_breaks_nothing(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HthReachLink) link = connect_now(fixture, &error);
    g_assert_no_error(error);
    hth_reach_network_changed(fixture->reach);
    g_assert_false(hth_reach_link_should_move(link));
}

static void test_an_outer_end_ends_the_link(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GCancellable) cancellable = g_cancellable_new();
    fixture->reach = hth_reach_new(fixture->home.paired, fixture->home.device, NULL);
    g_autoptr(HthReachLink) link = hth_reach_connect(fixture->reach, cancellable, FALSE, &error);
    g_assert_no_error(error);
    g_cancellable_cancel(cancellable);
    g_assert_true(g_cancellable_is_cancelled(hth_reach_link_cancellable(link)));
    g_autoptr(HthReachLink) none = hth_reach_connect(fixture->reach, cancellable, FALSE, &error);
    g_assert_null(none);
    g_assert_error(error, HTH_ERROR, HTH_ERROR_CANCELLED);
}

static gpointer answer_asleep(gpointer data)
{
    Fixture *fixture = data;
    static const guint8 record[] = { 0x15, 3, 3, 0, 2, 2, 80 };
    guint8 hello[4096];
    const int fd = accept4(fixture->listener, NULL, NULL, 0);
    g_assert_cmpint(recv(fd, hello, sizeof hello, 0), >, 0);
    g_assert_cmpint(send(fd, record, sizeof record, MSG_NOSIGNAL), ==, sizeof record);
    close(fd);
    return NULL;
}

static void test_a_relay_says_that_the_home_is_asleep(Fixture *fixture, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    fixture->home.paired->port = dead_port(fixture);
    fixture->listener = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_storage any = { .ss_family = AF_INET };
    socklen_t size = 16;
    g_assert_cmpint(bind(fixture->listener, (struct sockaddr *)&any, size), ==, 0);
    g_assert_cmpint(listen(fixture->listener, 4), ==, 0);
    g_assert_cmpint(getsockname(fixture->listener, (struct sockaddr *)&any, &size), ==, 0);
    const guint8 *bytes = (const guint8 *)&any;
    add_relay(fixture, (guint16)(bytes[2] << 8 | bytes[3]));
    GThread *thread = g_thread_new("relay", answer_asleep, fixture);
    g_autoptr(HthReachLink) link = connect_now(fixture, &error);
    g_thread_join(thread);
    g_assert_null(link);
    g_assert_error(error, HTH_ERROR, HTH_ERROR_ASLEEP);
    HthReachState state;
    hth_reach_state(fixture->reach, &state);
    g_assert_true(state.is_asleep);
    g_assert_cmpint(state.path, ==, HTH_PATH_NONE);
}

#define ADD(name, function) g_test_add("/reach/" name, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("of-two-the-lan-is-taken", test_of_two_the_lan_is_taken);
    ADD("a-lan-that-refuses-costs-nothing", test_a_lan_that_refuses_costs_nothing);
    ADD("a-silent-lan-is-not-waited-for", test_a_silent_lan_is_not_waited_for);
    ADD("a-silent-relay-is-not-waited-for", test_a_silent_relay_is_not_waited_for);
    ADD("told-where-it-is-no-relay-is-used", test_told_where_it_is_no_relay_is_used);
    ADD("the-home-comes-within-reach", test_the_home_comes_within_reach);
    ADD("a-change-that-touches-nothing-breaks-nothing",
        test_a_change_that_touches_nothing_breaks_nothing);
    ADD("an-outer-end-ends-the-link", test_an_outer_end_ends_the_link);
    ADD("a-relay-says-that-the-home-is-asleep", test_a_relay_says_that_the_home_is_asleep);
    return g_test_run();
}
