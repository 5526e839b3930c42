/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "switchboard.h"

#include <string.h>

#define ROUTE_A "aaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ROUTE_B "bbbbbbbbbbbbbbbbbbbbbbbbba"

typedef struct {
    HthSwitchboard *board;
    HthHousehold *one;
    HthHousehold *two;
} Fixture;

static HthHousehold *add(HthSwitchboard *board, guint8 number)
{
    const HthKeyId key = { { number } };
    const HthLimits limits = { 0 };
    HthHousehold *household = hth_household_new(number, &key, &limits, 0);
    hth_switchboard_add(board, household);
    return household;
}

static void set_up(Fixture *self, gconstpointer data)
{
    self->board = hth_switchboard_new();
    self->one = add(self->board, 1);
    self->two = add(self->board, 2);
}

static void tear_down(Fixture *self, gconstpointer data)
{
    hth_household_unref(self->one);
    hth_household_unref(self->two);
    hth_switchboard_free(self->board);
}

static gboolean set(Fixture *self, HthHousehold *household, const char *route)
{
    const char *const routes[] = { route, NULL };
    g_autoptr(GPtrArray) gone = NULL;
    return hth_switchboard_set_routes(self->board, household, routes, &gone);
}

static void test_a_ticket_is_used_once(Fixture *self, gconstpointer data)
{
    g_autofree char *ticket = hth_switchboard_make_ticket(self->board, self->one, 1);
    g_assert_cmpuint(strlen(ticket), ==, HTH_ROUTE_LENGTH);
    g_assert_null(hth_switchboard_use_ticket(self->board, ROUTE_A, 2));
    g_autoptr(HthHousehold) found = hth_switchboard_use_ticket(self->board, ticket, 2);
    g_assert_true(found == self->one);
    g_assert_null(hth_switchboard_use_ticket(self->board, ticket, 2));
}

static void test_a_ticket_grows_old(Fixture *self, gconstpointer data)
{
    const gint64 end_us = (gint64)HTH_TICKET_VALID_S * G_USEC_PER_SEC;
    g_autofree char *ticket = hth_switchboard_make_ticket(self->board, self->one, 0);
    g_autofree char *young = hth_switchboard_make_ticket(self->board, self->one, 1);
    g_assert_null(hth_switchboard_use_ticket(self->board, ticket, end_us));
    g_autoptr(HthHousehold) found = hth_switchboard_use_ticket(self->board, young, end_us);
    g_assert_true(found == self->one);
}

static void test_tickets_of_a_household_are_bounded(Fixture *self, gconstpointer data)
{
    for (guint i = 0; i < HTH_MAX_TICKETS; i++)
        g_free(hth_switchboard_make_ticket(self->board, self->one, 0));
    g_assert_null(hth_switchboard_make_ticket(self->board, self->one, 0));
    g_autofree char *other = hth_switchboard_make_ticket(self->board, self->two, 0);
    g_autofree char *later =
        hth_switchboard_make_ticket(self->board, self->one, HTH_TICKET_VALID_S * G_USEC_PER_SEC);
    g_assert_nonnull(other);
    g_assert_nonnull(later);
}

static void test_a_route_has_one_owner(Fixture *self, gconstpointer data)
{
    const char *const both[] = { ROUTE_B, ROUTE_A, ROUTE_A, NULL };
    g_autoptr(GPtrArray) gone = NULL;
    g_assert_true(set(self, self->one, ROUTE_A));
    g_assert_false(hth_switchboard_set_routes(self->board, self->two, both, &gone));
    g_assert_null(hth_switchboard_by_route(self->board, ROUTE_B));
    g_autoptr(HthHousehold) owner = hth_switchboard_by_route(self->board, ROUTE_A);
    g_assert_true(owner == self->one);

    g_assert_true(hth_switchboard_set_routes(self->board, self->one, both, &gone));
    g_assert_cmpuint(gone->len, ==, 0);
    g_assert_true(hth_switchboard_has_routes(self->board, self->one, both));
    g_autoptr(GPtrArray) left = NULL;
    const char *const none[] = { NULL };
    g_assert_true(hth_switchboard_set_routes(self->board, self->one, none, &left));
    g_assert_cmpuint(left->len, ==, 2);
    g_assert_true(set(self, self->two, ROUTE_A));
}

static void test_a_removed_household_leaves_nothing(Fixture *self, gconstpointer data)
{
    g_assert_true(set(self, self->one, ROUTE_A));
    g_autofree char *ticket = hth_switchboard_make_ticket(self->board, self->one, 1);
    hth_switchboard_remove(self->board, self->one);
    g_assert_true(hth_household_is_ended(self->one));
    g_assert_null(hth_switchboard_by_route(self->board, ROUTE_A));
    g_assert_null(hth_switchboard_by_key(self->board, hth_household_key(self->one)));
    g_assert_null(hth_switchboard_use_ticket(self->board, ticket, 1));
    g_assert_null(hth_switchboard_make_ticket(self->board, self->one, 1));
    g_assert_false(set(self, self->one, ROUTE_B));
    g_assert_false(hth_household_begin_session(self->one));
}

static void test_routes_are_labels_of_128_bits(void)
{
    g_assert_true(hth_route_is_good(ROUTE_A));
    g_assert_false(hth_route_is_good("aaaaaaaaaaaaaaaaaaaaaaaaab")); /* bits over */
    g_assert_false(hth_route_is_good("Aaaaaaaaaaaaaaaaaaaaaaaaaa"));
    g_assert_false(hth_route_is_good("aaaaaaaaaaaaaaaaaaaaaaaaa"));
    g_assert_false(hth_route_is_good("aaaaaaaaaaaaaaaaaaaaaaaaa1"));
    g_assert_false(hth_route_is_good(""));
}

#define ADD(name, function)                                                                        \
    g_test_add("/switchboard/" name, Fixture, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("a-ticket-is-used-once", test_a_ticket_is_used_once);
    ADD("a-ticket-grows-old", test_a_ticket_grows_old);
    ADD("tickets-of-a-household-are-bounded", test_tickets_of_a_household_are_bounded);
    ADD("a-route-has-one-owner", test_a_route_has_one_owner);
    ADD("a-removed-household-leaves-nothing", test_a_removed_household_leaves_nothing);
    g_test_add_func("/switchboard/routes-are-labels-of-128-bits",
                    test_routes_are_labels_of_128_bits);
    return g_test_run();
}
