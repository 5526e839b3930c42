/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "event-moderator.h"

#include <string.h>

static void assert_takes(HthEventModerator *moderator, gint64 now_us, guint32 system_update_id,
                         const char *container_ids)
{
    guint32 taken_id = 0;
    g_autofree char *taken = NULL;
    g_assert_true(hth_event_moderator_take(moderator, now_us, &taken_id, &taken));
    g_assert_cmpuint(taken_id, ==, system_update_id);
    g_assert_cmpstr(taken, ==, container_ids);
}

static void assert_waits(HthEventModerator *moderator, gint64 now_us)
{
    guint32 id = 0;
    char *taken = NULL;
    g_assert_false(hth_event_moderator_take(moderator, now_us, &id, &taken));
    g_assert_null(taken);
}

static void test_the_first_change_goes_at_once(void)
{
    g_autoptr(HthEventModerator) moderator = hth_event_moderator_new();
    g_assert_cmpint(hth_event_moderator_due_us(moderator, 1000), ==, -1);
    assert_waits(moderator, 1000);
    hth_event_moderator_system_changed(moderator, 5);
    g_assert_cmpint(hth_event_moderator_due_us(moderator, 1000), ==, 1000);
    assert_takes(moderator, 1000, 5, "");
    g_assert_cmpint(hth_event_moderator_due_us(moderator, 1001), ==, -1);
}

static void test_there_are_five_a_second_at_most(void)
{
    g_autoptr(HthEventModerator) moderator = hth_event_moderator_new();
    guint n_events = 0;
    for (gint64 now_us = 0; now_us < 10 * G_USEC_PER_SEC; now_us += 1000) {
        guint32 id = 0;
        g_autofree char *ids = NULL;
        hth_event_moderator_system_changed(moderator, (guint32)(now_us / 1000));
        if (hth_event_moderator_take(moderator, now_us, &id, &ids)) {
            g_assert_cmpuint(id, ==, now_us / 1000); /* the newest, not the oldest */
            n_events++;
        }
    }
    g_assert_cmpuint(n_events, ==, 50);
}

static void test_changes_of_a_container_become_one(void)
{
    g_autoptr(HthEventModerator) moderator = hth_event_moderator_new();
    hth_event_moderator_system_changed(moderator, 1);
    assert_takes(moderator, 0, 1, "");
    hth_event_moderator_container_changed(moderator, "a", 1);
    hth_event_moderator_container_changed(moderator, "b$2", 7);
    hth_event_moderator_container_changed(moderator, "a", 2);
    hth_event_moderator_system_changed(moderator, 3);
    assert_waits(moderator, HTH_EVENT_INTERVAL_US - 1);
    g_assert_cmpint(hth_event_moderator_due_us(moderator, 5), ==, HTH_EVENT_INTERVAL_US);
    assert_takes(moderator, HTH_EVENT_INTERVAL_US, 3, "a,2,b$2,7");
    assert_waits(moderator, 9 * HTH_EVENT_INTERVAL_US);
}

static void test_commas_in_ids_are_escaped(void)
{
    g_autoptr(HthEventModerator) moderator = hth_event_moderator_new();
    hth_event_moderator_container_changed(moderator, "a,b\\c", 1);
    assert_takes(moderator, 0, 0, "a\\,b\\\\c,1");
}

static void test_many_containers_take_several_events_and_bounded_memory(void)
{
    g_autoptr(HthEventModerator) moderator = hth_event_moderator_new();
    for (guint i = 0; i < 2 * HTH_EVENT_MAX_WAITING; i++) {
        g_autofree char *id = g_strdup_printf("c%u", i);
        hth_event_moderator_container_changed(moderator, id, 1);
    }
    guint n_containers = 0;
    guint32 system_update_id = 0;
    char *ids = NULL;
    for (gint64 now_us = 0; hth_event_moderator_take(moderator, now_us, &system_update_id, &ids);
         now_us += HTH_EVENT_INTERVAL_US) {
        g_auto(GStrv) words = g_strsplit(ids, ",", -1);
        g_assert_cmpuint(g_strv_length(words), <=, 2 * HTH_EVENT_MAX_CONTAINERS);
        n_containers += g_strv_length(words) / 2;
        g_free(ids);
    }
    g_assert_cmpuint(n_containers, ==, HTH_EVENT_MAX_WAITING);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/event-moderator/the-first-change-goes-at-once",
                    test_the_first_change_goes_at_once);
    g_test_add_func("/event-moderator/there-are-five-a-second-at-most",
                    test_there_are_five_a_second_at_most);
    g_test_add_func("/event-moderator/changes-of-a-container-become-one",
                    test_changes_of_a_container_become_one);
    g_test_add_func("/event-moderator/commas-in-ids-are-escaped", test_commas_in_ids_are_escaped);
    g_test_add_func("/event-moderator/many-containers-take-several-events-and-bounded-memory",
                    test_many_containers_take_several_events_and_bounded_memory);
    return g_test_run();
}
