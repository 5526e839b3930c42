/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "locker/parking.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* A second of the parking lasts so long where a test waits for time to pass; a real one elsewhere,
 * so that a busy machine is not taken for silence. */
#define UNIT_MS 6

typedef struct {
    HthParking *parking;
    GMutex lock; /* guards the fields below */
    GCond is_news;
    int joined_fd;
    HthParkingSession session;
    guint n_lost;
    HthParkingLoss loss;
    guint interval_s;
} Test;

static void on_joined(int fd, const HthParkingSession *session, gpointer data)
{
    Test *test = data;
    g_mutex_lock(&test->lock);
    test->joined_fd = fd;
    test->session = *session;
    g_cond_broadcast(&test->is_news);
    g_mutex_unlock(&test->lock);
}

static void on_lost(HthParkingLoss loss, guint age_ms, gpointer data)
{
    Test *test = data;
    g_mutex_lock(&test->lock);
    test->n_lost++;
    test->loss = loss;
    g_cond_broadcast(&test->is_news);
    g_mutex_unlock(&test->lock);
}

static void on_interval(guint interval_s, gpointer data)
{
    Test *test = data;
    g_mutex_lock(&test->lock);
    test->interval_s = interval_s;
    g_cond_broadcast(&test->is_news);
    g_mutex_unlock(&test->lock);
}

static void set_up(Test *test, gconstpointer data)
{
    g_mutex_init(&test->lock);
    g_cond_init(&test->is_news);
    test->joined_fd = -1;
    const HthParkingOptions options = {
        .joined = on_joined,
        .lost = on_lost,
        .interval_changed = on_interval,
        .data = test,
        .unit_ms = GPOINTER_TO_UINT(data),
    };
    test->parking = hth_parking_new(&options);
}

static void tear_down(Test *test, gconstpointer data)
{
    hth_parking_free(test->parking);
    if (test->joined_fd >= 0)
        close(test->joined_fd);
    g_mutex_clear(&test->lock);
    g_cond_clear(&test->is_news);
}

/* Returns: the locker's end. */
static int park(Test *test)
{
    int ends[2];
    const struct timeval patience = { .tv_sec = 10 };
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
    setsockopt(ends[1], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    g_assert_true(hth_parking_add(test->parking, ends[0]));
    return ends[1];
}

typedef gboolean (*Condition)(const Test *test);

static gboolean has_joined(const Test *test)
{
    return test->joined_fd >= 0;
}

static gboolean has_lost(const Test *test)
{
    return test->n_lost > 0;
}

static void wait_for(Test *test, Condition condition)
{
    const gint64 until_us = g_get_monotonic_time() + 20 * G_USEC_PER_SEC;
    g_mutex_lock(&test->lock);
    while (!condition(test))
        g_assert_true(g_cond_wait_until(&test->is_news, &test->lock, until_us));
    g_mutex_unlock(&test->lock);
}

static void send_all(int fd, gconstpointer bytes, gsize size)
{
    g_assert_cmpint(send(fd, bytes, size, MSG_NOSIGNAL), ==, (gssize)size);
}

static char receive(int fd)
{
    char byte = 0;
    g_assert_cmpint(recv(fd, &byte, 1, 0), ==, 1);
    return byte;
}

static void fill_header(guint8 bytes[17], guint8 version, guint8 id)
{
    const guint8 header[17] = { 'J', version, 0, 0, 0, 0x00, 0x04, 0, 0, id };
    memcpy(bytes, header, sizeof header);
}

static void test_pings_are_exchanged(Test *test, gconstpointer data)
{
    const int locker = park(test);
    g_assert_cmpint(receive(locker), ==, 'p');
    send_all(locker, "q", 1);
    g_assert_cmpint(receive(locker), ==, 'p');
    send_all(locker, "p", 1);
    g_assert_cmpint(receive(locker), ==, 'q');
    g_assert_cmpuint(hth_parking_count(test->parking), ==, 1);
    close(locker);
}

static void test_what_follows_the_header_is_the_devices(Test *test, gconstpointer data)
{
    const int locker = park(test);
    guint8 header[17];
    char hello[5];
    fill_header(header, 1, 42);
    send_all(locker, header, 9); /* in two pieces, the second with what follows */
    g_usleep(20000);
    send_all(locker, header + 9, 8);
    send_all(locker, "hello", 5);
    wait_for(test, has_joined);
    g_assert_cmpuint(test->session.rate_limit_kib, ==, 1024);
    g_assert_cmpint(recv(test->joined_fd, hello, sizeof hello, MSG_WAITALL), ==, 5);
    g_assert_cmpmem(hello, 5, "hello", 5);
    g_assert_cmpuint(hth_parking_count(test->parking), ==, 0);
    g_assert_cmpuint(test->n_lost, ==, 0);
    close(locker);
}

static void assert_lost(Test *test, gconstpointer bytes, gsize size, HthParkingLoss loss)
{
    test->n_lost = 0;
    const int locker = park(test);
    send_all(locker, bytes, size);
    wait_for(test, has_lost);
    g_assert_cmpint(test->loss, ==, loss);
    char byte;
    while (recv(locker, &byte, 1, 0) > 0)
        ;
    close(locker);
}

static void test_nonsense_is_closed(Test *test, gconstpointer data)
{
    guint8 header[17];
    assert_lost(test, "E", 1, HTH_PARKING_REFUSED);
    assert_lost(test, "GET / HTTP/1.1", 14, HTH_PARKING_STRANGE);
    fill_header(header, 2, 1);
    assert_lost(test, header, sizeof header, HTH_PARKING_STRANGE);
    g_assert_cmpint(test->joined_fd, ==, -1);
}

static void test_half_a_header_is_not_waited_for(Test *test, gconstpointer data)
{
    assert_lost(test, "J\001", 2, HTH_PARKING_STRANGE);
}

static void test_a_session_is_not_taken_twice(Test *test, gconstpointer data)
{
    guint8 header[17];
    fill_header(header, 1, 7);
    const int locker = park(test);
    send_all(locker, header, sizeof header);
    wait_for(test, has_joined);
    assert_lost(test, header, sizeof header, HTH_PARKING_STRANGE);
    close(locker);
}

static void test_an_end_is_noticed(Test *test, gconstpointer data)
{
    close(park(test));
    wait_for(test, has_lost);
    g_assert_cmpint(test->loss, ==, HTH_PARKING_CLOSED);
}

static gboolean is_longer(const Test *test)
{
    return test->interval_s == 2 * HTH_PARKING_INTERVAL_FIRST_S;
}

static gboolean is_shorter(const Test *test)
{
    return test->n_lost > 0 && test->interval_s == HTH_PARKING_INTERVAL_FIRST_S / 2;
}

static void test_the_interval_grows_while_pings_are_answered(Test *test, gconstpointer data)
{
    const int locker = park(test);
    for (guint i = 0; i < 4; i++) {
        g_assert_cmpint(receive(locker), ==, 'p');
        send_all(locker, "q", 1);
    }
    wait_for(test, is_longer);
    g_assert_cmpuint(hth_parking_interval_s(test->parking), ==, 2 * HTH_PARKING_INTERVAL_FIRST_S);
    close(locker);
}

static void test_silence_is_noticed_and_halves_the_interval(Test *test, gconstpointer data)
{
    const int locker = park(test); /* it answers no ping */
    wait_for(test, is_shorter);
    g_assert_cmpint(test->loss, ==, HTH_PARKING_SILENT);
    close(locker);
}

static void test_clear_closes_without_a_word(Test *test, gconstpointer data)
{
    const int locker = park(test);
    char byte;
    hth_parking_clear(test->parking);
    g_assert_cmpuint(hth_parking_count(test->parking), ==, 0);
    while (recv(locker, &byte, 1, 0) > 0) /* a ping may have been first */
        ;
    g_assert_cmpuint(test->n_lost, ==, 0);
    close(locker);
}

static void test_they_are_bounded(Test *test, gconstpointer data)
{
    int lockers[HTH_PARKING_MAX], ends[2];
    for (guint i = 0; i < HTH_PARKING_MAX; i++)
        lockers[i] = park(test);
    g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
    g_assert_false(hth_parking_add(test->parking, ends[0]));
    char byte;
    g_assert_cmpint(recv(ends[1], &byte, 1, 0), ==, 0);
    close(ends[1]);
    for (guint i = 0; i < HTH_PARKING_MAX; i++)
        close(lockers[i]);
}

#define ADD(path, function) g_test_add(path, Test, NULL, set_up, function, tear_down)
#define ADD_FAST(path, function)                                                                   \
    g_test_add(path, Test, GUINT_TO_POINTER(UNIT_MS), set_up, function, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD_FAST("/parking/pings-are-exchanged", test_pings_are_exchanged);
    ADD("/parking/what-follows-the-header-is-the-devices",
        test_what_follows_the_header_is_the_devices);
    ADD("/parking/nonsense-is-closed", test_nonsense_is_closed);
    ADD_FAST("/parking/half-a-header-is-not-waited-for", test_half_a_header_is_not_waited_for);
    ADD("/parking/a-session-is-not-taken-twice", test_a_session_is_not_taken_twice);
    ADD("/parking/an-end-is-noticed", test_an_end_is_noticed);
    ADD_FAST("/parking/the-interval-grows-while-pings-are-answered",
             test_the_interval_grows_while_pings_are_answered);
    ADD_FAST("/parking/silence-is-noticed-and-halves-the-interval",
             test_silence_is_noticed_and_halves_the_interval);
    ADD("/parking/clear-closes-without-a-word", test_clear_closes_without_a_word);
    ADD("/parking/they-are-bounded", test_they_are_bounded);
    return g_test_run();
}
