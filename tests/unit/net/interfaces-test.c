/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs in a network namespace of its own, where it may make and change interfaces with ip(8). */
#include "net/interfaces.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"

#define EXIT_SKIPPED 77 /* meson's sign for a test that cannot run here */

static void ip(const char *arguments)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *command = g_strconcat("ip ", arguments, NULL);
    int status = 0;
    g_spawn_command_line_sync(command, NULL, NULL, &status, &error);
    g_assert_no_error(error);
    g_spawn_check_wait_status(status, &error);
    g_assert_no_error(error);
}

static void count_call(HthInterfaces *self, gpointer data)
{
    (*(guint *)data)++;
}

static gboolean on_timeout(gpointer data)
{
    *(gboolean *)data = TRUE;
    return G_SOURCE_REMOVE;
}

static void run_loop_for(guint duration_ms)
{
    gboolean is_over = FALSE;
    g_timeout_add(duration_ms, on_timeout, &is_over);
    while (!is_over)
        g_main_context_iteration(NULL, TRUE);
}

static const HthInterface *find(GPtrArray *interfaces, const char *name)
{
    for (guint i = 0; i < interfaces->len; i++) {
        const HthInterface *interface = g_ptr_array_index(interfaces, i);
        if (strcmp(interface->name, name) == 0)
            return interface;
    }
    return NULL;
}

static gboolean has_address_text(const HthInterface *interface, const char *expected)
{
    for (guint i = 0; i < interface->addresses->len; i++) {
        const HthInterfaceAddress *address = g_ptr_array_index(interface->addresses, i);
        g_autofree char *text = g_inet_address_to_string(address->address);
        if (strcmp(text, expected) == 0)
            return TRUE;
    }
    return FALSE;
}

typedef gboolean (*Question)(HthInterfaces *self, GInetAddress *address);

static gboolean ask(Question question, HthInterfaces *self, const char *text)
{
    g_autoptr(GInetAddress) address = g_inet_address_new_from_string(text);
    return question(self, address);
}

static gboolean is_same_subnet(HthInterfaces *self, const char *local_text, const char *peer_text)
{
    g_autoptr(GInetAddress) local = g_inet_address_new_from_string(local_text);
    g_autoptr(GInetAddress) peer = g_inet_address_new_from_string(peer_text);
    return hth_interfaces_is_same_subnet(self, local, peer);
}

/* Two ends of a cable, one of them named like a real card. */
static void make_cable(const char *name)
{
    g_autofree char *add = g_strdup_printf("link add %s type veth peer name %s-far", name, name);
    g_autofree char *up = g_strdup_printf("link set %s up", name);
    g_autofree char *far_up = g_strdup_printf("link set %s-far up", name);
    ip(add);
    ip(up);
    ip(far_up);
}

static HthInterfaces *open_interfaces(const char *const *only, const char *const *allowed)
{
    g_autoptr(GError) error = NULL;
    HthInterfaces *self = hth_interfaces_new(only, allowed, &error);
    g_assert_no_error(error);
    return self;
}

static void test_lists_what_is_there(void)
{
    make_cable("eth0");
    ip("addr add 192.0.2.5/24 dev eth0");
    ip("addr add 2001:db8:1::5/64 dev eth0 nodad");
    g_autoptr(HthInterfaces) interfaces = open_interfaces(NULL, NULL);
    g_autoptr(GPtrArray) list = hth_interfaces_list(interfaces);

    const HthInterface *eth0 = find(list, "eth0");
    g_assert_nonnull(eth0);
    g_assert_true(eth0->is_up && eth0->is_used && eth0->has_multicast);
    g_assert_false(eth0->is_loopback);
    g_assert_null(eth0->skip_reason);
    g_assert_true(has_address_text(eth0, "192.0.2.5"));
    g_assert_true(has_address_text(eth0, "2001:db8:1::5"));
    const HthInterface *lo = find(list, "lo");
    g_assert_true(lo->is_loopback && !lo->is_used);
    g_assert_nonnull(lo->skip_reason);
    ip("link del eth0");
}

static void test_knows_who_is_attached(void)
{
    static const char *const allowed[] = { "10.8.0.0/24", NULL };
    make_cable("eth0");
    make_cable("wg0");
    ip("addr add 192.0.2.5/25 dev eth0");
    ip("addr add 2001:db8:1::5/64 dev eth0 nodad");
    ip("addr add 198.51.100.5/24 dev wg0");
    g_autoptr(HthInterfaces) interfaces = open_interfaces(NULL, allowed);

    static const char *const attached[] = { "192.0.2.77",       "::ffff:192.0.2.77",
                                            "127.0.0.1",        "::1",
                                            "fe80::1",          "10.8.0.9",
                                            "2001:db8:1::1234", "198.51.100.5" };
    for (guint i = 0; i < G_N_ELEMENTS(attached); i++)
        g_assert_true(ask(hth_interfaces_is_attached, interfaces, attached[i]));
    static const char *const foreign[] = { "192.0.2.130", "10.8.1.1", "2001:db8:2::1",
                                           "198.51.100.6", "203.0.113.1" };
    for (guint i = 0; i < G_N_ELEMENTS(foreign); i++)
        g_assert_false(ask(hth_interfaces_is_attached, interfaces, foreign[i]));

    g_assert_true(is_same_subnet(interfaces, "192.0.2.5", "192.0.2.100"));
    g_assert_false(is_same_subnet(interfaces, "192.0.2.5", "198.51.100.6"));
    g_assert_false(is_same_subnet(interfaces, "198.51.100.5", "198.51.100.6")); /* not used */
    g_assert_false(is_same_subnet(interfaces, "192.0.2.9", "192.0.2.200"));     /* not ours */
    g_assert_true(is_same_subnet(interfaces, "127.0.0.1", "127.0.0.1"));
    g_assert_false(is_same_subnet(interfaces, "192.0.2.5", "10.8.0.9"));

    g_assert_true(ask(hth_interfaces_has_address, interfaces, "198.51.100.5"));
    g_assert_false(ask(hth_interfaces_has_address, interfaces, "192.0.2.77"));
    ip("link del eth0");
    ip("link del wg0");
}

static void test_follows_changes_live(void)
{
    guint n_calls = 0;
    g_autoptr(HthInterfaces) interfaces = open_interfaces(NULL, NULL);
    g_autoptr(GPtrArray) before = hth_interfaces_list(interfaces);
    const guint id = hth_interfaces_add_watch(interfaces, count_call, &n_calls);
    const guint n_before = before->len;

    make_cable("eth0");
    ip("addr add 192.0.2.5/24 dev eth0");
    run_loop_for(400);
    g_assert_cmpuint(n_calls, >, 0);
    g_assert_cmpuint(before->len, ==, n_before); /* what was handed out does not change */
    g_assert_true(ask(hth_interfaces_is_attached, interfaces, "192.0.2.9"));

    ip("addr add 203.0.113.5/24 dev eth0");
    ip("addr del 192.0.2.5/24 dev eth0");
    run_loop_for(400);
    g_assert_true(ask(hth_interfaces_is_attached, interfaces, "203.0.113.9"));
    g_assert_false(ask(hth_interfaces_is_attached, interfaces, "192.0.2.9"));

    ip("link set eth0-far down"); /* the cable is pulled */
    run_loop_for(400);
    g_assert_false(ask(hth_interfaces_is_attached, interfaces, "203.0.113.9"));
    ip("link set eth0-far up");
    run_loop_for(400);
    g_assert_true(ask(hth_interfaces_is_attached, interfaces, "203.0.113.9"));

    hth_interfaces_remove_watch(interfaces, id);
    const guint n_last = n_calls;
    ip("link del eth0");
    run_loop_for(400);
    g_assert_cmpuint(n_calls, ==, n_last);
    g_assert_false(ask(hth_interfaces_is_attached, interfaces, "203.0.113.9"));
}

static void test_a_burst_is_one_call(void)
{
    guint n_calls = 0;
    make_cable("eth0");
    g_autoptr(HthInterfaces) interfaces = open_interfaces(NULL, NULL);
    hth_interfaces_add_watch(interfaces, count_call, &n_calls);
    /* The loop does not run meanwhile, as when the daemon is busy; the socket's buffer overflows.
     */
    g_autofree char *path = g_build_filename(g_get_tmp_dir(), "hearth-ip-batch-XXXXXX", NULL);
    const int fd = g_mkstemp(path);
    g_assert_cmpint(fd, >=, 0);
    for (guint i = 1; i <= 2000; i++)
        dprintf(fd, "addr %s 192.0.2.%u/24 dev eth0\n", i % 2 ? "add" : "del",
                1 + (i - 1) / 2 % 200);
    dprintf(fd, "addr add 192.0.2.5/24 dev eth0\n");
    close(fd);
    g_autofree char *batch = g_strconcat("-batch ", path, NULL);
    ip(batch);
    unlink(path);
    run_loop_for(600);
    g_assert_cmpuint(n_calls, >=, 1);
    g_assert_cmpuint(n_calls, <=, 6);
    g_assert_true(ask(hth_interfaces_has_address, interfaces, "192.0.2.5"));
    ip("link del eth0");
}

static void test_a_tentative_address_is_flagged(void)
{
    make_cable("eth0");
    ip("addr add 2001:db8:1::5/64 dev eth0");
    g_autoptr(HthInterfaces) interfaces = open_interfaces(NULL, NULL);
    g_autoptr(GPtrArray) list = hth_interfaces_list(interfaces);
    const HthInterface *eth0 = find(list, "eth0");
    g_assert_cmpuint(eth0->addresses->len, >, 0);
    g_assert_true(((HthInterfaceAddress *)g_ptr_array_index(eth0->addresses, 0))->is_tentative);
    g_assert_false(eth0->is_used);

    guint n_calls = 0;
    hth_interfaces_add_watch(interfaces, count_call, &n_calls);
    for (guint i = 0; i < 50 && n_calls == 0; i++) /* detection takes 1 to 2 s */
        run_loop_for(100);
    run_loop_for(1500);
    g_autoptr(GPtrArray) later = hth_interfaces_list(interfaces);
    g_assert_true(find(later, "eth0")->is_used);
    ip("link del eth0");
}

static void test_a_list_of_names_replaces_the_rule(void)
{
    static const char *const only[] = { "lo", NULL };
    make_cable("eth0");
    ip("addr add 192.0.2.5/24 dev eth0");
    g_autoptr(HthInterfaces) interfaces = open_interfaces(only, NULL);
    g_autoptr(GPtrArray) list = hth_interfaces_list(interfaces);
    g_assert_true(find(list, "lo")->is_used);
    g_assert_false(find(list, "eth0")->is_used);
    g_assert_false(ask(hth_interfaces_is_attached, interfaces, "192.0.2.9"));
    ip("link del eth0");
}

static void test_refuses_a_wrong_subnet(void)
{
    static const char *const allowed[] = { "10.8.0.0/24", "10.8.0.0/40", NULL };
    g_autoptr(GError) error = NULL;
    g_autoptr(HthInterfaces) interfaces = hth_interfaces_new(NULL, allowed, &error);
    g_assert_null(interfaces);
    g_assert_error(error, HTH_ERROR, HTH_ERROR_INVALID);
    g_assert_nonnull(strstr(error->message, "10.8.0.0/40"));
}

/* Without rights of our own, a user namespace makes us root in the network namespace. */
static gboolean enter_namespace(void)
{
    if (unshare(CLONE_NEWNET) == 0)
        return TRUE;
    const guint uid = geteuid();
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        return FALSE;
    g_autofree char *map = g_strdup_printf("0 %u 1", uid);
    FILE *file = fopen("/proc/self/uid_map", "we");
    if (file == NULL)
        return FALSE;
    const gboolean is_written = fputs(map, file) >= 0;
    return fclose(file) == 0 && is_written;
}

int main(int argc, char **argv)
{
    if (!enter_namespace())
        return EXIT_SKIPPED;
    g_test_init(&argc, &argv, NULL);
    ip("link set lo up");
    g_test_add_func("/interfaces/lists-what-is-there", test_lists_what_is_there);
    g_test_add_func("/interfaces/knows-who-is-attached", test_knows_who_is_attached);
    g_test_add_func("/interfaces/follows-changes-live", test_follows_changes_live);
    g_test_add_func("/interfaces/a-burst-is-one-call", test_a_burst_is_one_call);
    g_test_add_func("/interfaces/a-tentative-address-is-flagged",
                    test_a_tentative_address_is_flagged);
    g_test_add_func("/interfaces/a-list-of-names-replaces-the-rule",
                    test_a_list_of_names_replaces_the_rule);
    g_test_add_func("/interfaces/refuses-a-wrong-subnet", test_refuses_a_wrong_subnet);
    return g_test_run();
}
