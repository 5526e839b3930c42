/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stalled-peers.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static gboolean contains4(HthStalledPeers *peers, const char *address, guint16 port, gint64 now_us)
{
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };
    g_assert_cmpint(inet_pton(AF_INET, address, &in.sin_addr), ==, 1);
    return hth_stalled_peers_contains(peers, (struct sockaddr *)&in, now_us);
}

static void add4(HthStalledPeers *peers, const char *address, guint16 port, gint64 now_us)
{
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };
    g_assert_cmpint(inet_pton(AF_INET, address, &in.sin_addr), ==, 1);
    hth_stalled_peers_add(peers, (struct sockaddr *)&in, now_us);
}

static void test_a_peer_is_spared_for_two_minutes(void)
{
    g_autoptr(HthStalledPeers) peers = hth_stalled_peers_new();
    add4(peers, "192.0.2.7", 4004, 1000);
    g_assert_true(contains4(peers, "192.0.2.7", 4004, 1000));
    g_assert_false(contains4(peers, "192.0.2.7", 4005, 1000)); /* another program there */
    g_assert_false(contains4(peers, "192.0.2.8", 4004, 1000));
    g_assert_true(contains4(peers, "192.0.2.7", 4004, 999 + HTH_STALLED_PEER_US));
    g_assert_false(contains4(peers, "192.0.2.7", 4004, 1000 + HTH_STALLED_PEER_US));
}

static void test_the_list_is_bounded_and_makes_room(void)
{
    g_autoptr(HthStalledPeers) peers = hth_stalled_peers_new();
    for (guint i = 0; i < HTH_STALLED_PEERS_MAX; i++)
        add4(peers, "192.0.2.7", (guint16)(1000 + i), 0);
    add4(peers, "192.0.2.8", 1, 1);
    g_assert_false(contains4(peers, "192.0.2.8", 1, 1));
    add4(peers, "192.0.2.8", 1, HTH_STALLED_PEER_US);
    g_assert_true(contains4(peers, "192.0.2.8", 1, HTH_STALLED_PEER_US));
}

static void test_other_families_are_never_in_it(void)
{
    g_autoptr(HthStalledPeers) peers = hth_stalled_peers_new();
    const struct sockaddr local = { .sa_family = AF_UNIX };
    hth_stalled_peers_add(peers, &local, 0);
    g_assert_false(hth_stalled_peers_contains(peers, &local, 0));

    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons(80) };
    hth_stalled_peers_add(peers, (struct sockaddr *)&in6, 0);
    g_assert_true(hth_stalled_peers_contains(peers, (struct sockaddr *)&in6, 0));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/stalled-peers/a-peer-is-spared-for-two-minutes",
                    test_a_peer_is_spared_for_two_minutes);
    g_test_add_func("/stalled-peers/the-list-is-bounded-and-makes-room",
                    test_the_list_is_bounded_and_makes_room);
    g_test_add_func("/stalled-peers/other-families-are-never-in-it",
                    test_other_families_are_never_in_it);
    return g_test_run();
}
