/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The home's side towards a device that may be elsewhere. */
#include <string.h>

#include "home-fixture.h"

typedef struct {
    ModelLibrary *library;
    HthSyncHome *home;
    ModelDevice *device;
} Test;

static void set_up(Test *test, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    test->library = model_library_new();
    test->home = hth_sync_home_new(":memory:", NULL, 0, &test->library->vtable, &error);
    g_assert_no_error(error);
    test->device = model_device_new(test->home, "phone");
    model_library_add(test->library, 1, "A", "the first song");
    model_library_add(test->library, 2, "B", "the second song");
    g_assert_true(hth_sync_home_set_rule(test->home, "phone", "{\"everything\": true}", &error));
}

static void tear_down(Test *test, gconstpointer data)
{
    model_device_free(test->device);
    hth_sync_home_free(test->home);
    model_library_free(test->library);
}

static void settle(Test *test)
{
    g_assert_cmpuint(model_device_sync(test->device, 12), <, 12);
    g_assert_cmpuint(test->device->last_status, ==, 204);
}

/* One exchange. Returns: what was demanded. */
static guint ask(Test *test)
{
    hth_sync_answer_free(model_device_ask(test->device));
    return test->device->last_demands;
}

static void test_another_revision_is_told_once(Test *test, gconstpointer data)
{
    test->device->says = HTH_SYNC_SAYS_AWAY;
    settle(test);
    model_library_set_away(test->library, 5);
    g_assert_cmpuint(ask(test), ==, HTH_SYNC_AWAY);
    g_assert_cmpuint(test->device->last_status, ==, 200);
    test->device->away_revision = 5;
    g_assert_cmpuint(ask(test), ==, 0);
    g_assert_cmpuint(test->device->last_status, ==, 204);
    model_library_set_away(test->library, 6);
    g_assert_cmpuint(ask(test), ==, HTH_SYNC_AWAY);
}

static void test_it_goes_with_other_work(Test *test, gconstpointer data)
{
    test->device->says = HTH_SYNC_SAYS_AWAY;
    model_library_set_away(test->library, 5);
    const guint demands = ask(test);
    g_assert_cmpuint(demands & HTH_SYNC_AWAY, !=, 0);
    g_assert_cmpuint(ask(test) & HTH_SYNC_AWAY, !=, 0);
    test->device->away_revision = 5;
    settle(test);
    g_assert_cmpuint(model_device_n_files(test->device), ==, 2);
}

static void test_who_does_not_speak_of_it_is_left_alone(Test *test, gconstpointer data)
{
    model_library_set_away(test->library, 5);
    settle(test);
    g_assert_cmpuint(ask(test), ==, 0);
    g_assert_cmpuint(test->device->last_status, ==, 204);
}

#define ADD(path, function) g_test_add(path, Test, NULL, set_up, function, tear_down)

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    ADD("/sync-away/another-revision-is-told-once", test_another_revision_is_told_once);
    ADD("/sync-away/it-goes-with-other-work", test_it_goes_with_other_work);
    ADD("/sync-away/who-does-not-speak-of-it-is-left-alone",
        test_who_does_not_speak_of_it_is_left_alone);
    return g_test_run();
}
