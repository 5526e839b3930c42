/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "notices.h"

static JsonObject *parse(const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(JsonNode) node = json_from_string(text, &error);
    g_assert_no_error(error);
    return json_node_dup_object(node);
}

static char *ids_of(const char *status, const char *devices, const char *paired, const char *locker)
{
    g_autoptr(JsonObject) status_object = parse(status);
    g_autoptr(JsonObject) devices_object = parse(devices);
    g_autoptr(JsonObject) paired_object = parse(paired);
    g_autoptr(JsonObject) locker_object = parse(locker);
    g_autoptr(GPtrArray) notices =
        hth_notices_of(status_object, devices_object, paired_object, locker_object);
    g_autoptr(GString) ids = g_string_new(NULL);
    for (guint i = 0; i < notices->len; i++) {
        const HthNotice *notice = notices->pdata[i];
        g_assert_true(*notice->title != '\0' && *notice->body != '\0');
        g_string_append_printf(ids, "%s>%s;", notice->id, notice->target);
    }
    return g_string_free(g_steal_pointer(&ids), FALSE);
}

static void test_a_home_that_is_well_says_nothing(void)
{
    g_autofree char *ids = ids_of(
        "{\"roots\": [{\"path\": \"/m\", \"is_available\": true}], \"scan\": {\"phase\": "
        "\"idle\"}}",
        "{\"devices\": [{\"id\": \"a\", \"policy\": \"allowed\"}, {\"id\": \"b\", \"policy\":"
        " \"hidden\"}]}",
        "{\"paired\": [{\"id\": \"p\", \"state\": \"paired\"}]}",
        "{\"joined\": true, \"state\": \"waiting\", \"problem\": \"it is away\"}");
    g_assert_cmpstr(ids, ==, "");
}

static void test_what_needs_a_person_is_said_with_its_place(void)
{
    g_autofree char *ids =
        ids_of("{\"roots\": [{\"path\": \"/m\", \"is_available\": false}], \"scan\": {\"problem\":"
               " \"the disk is full\"}}",
               "{\"devices\": [{\"id\": \"a\", \"label\": \"TV\", \"policy\": \"waiting\"}]}",
               "{\"paired\": [{\"id\": \"p\", \"name\": \"Phone\", \"state\": \"paired\", "
               "\"held_back\": 30},"
               " {\"id\": \"q\", \"name\": \"Old\", \"state\": \"revoked\", \"held_back\": 30}]}",
               "{\"joined\": true, \"state\": \"ended\", \"address\": \"locker.example\"}");
    g_assert_cmpstr(ids, ==,
                    "held p>handheld:p;waits a>device:a;root /m>page:home;library>page:home;"
                    "locker locker.example>page:away;");
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/notices/a-home-that-is-well-says-nothing",
                    test_a_home_that_is_well_says_nothing);
    g_test_add_func("/notices/what-needs-a-person-is-said-with-its-place",
                    test_what_needs_a_person_is_said_with_its_place);
    return g_test_run();
}
