/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "device-registry.h"

#include <string.h>

#include "base/error.h"
#include "library/library.h"

/* state.db of these tests: one table in memory. */
struct HthLibrary {
    GHashTable *rows;
};

void hth_library_devices(HthLibrary *self, HthDeviceRow callback, gpointer data)
{
    GHashTableIter iter;
    gpointer id, json;
    g_hash_table_iter_init(&iter, self->rows);
    while (g_hash_table_iter_next(&iter, &id, &json))
        callback(id, json, data);
}

gboolean hth_library_store_device(HthLibrary *self, const char *id, const char *json,
                                  GError **error)
{
    if (json != NULL)
        g_hash_table_replace(self->rows, g_strdup(id), g_strdup(json));
    else
        g_hash_table_remove(self->rows, id);
    return TRUE;
}

/* The neighbour table of these tests: what @data says, whoever asks. */
static char *fixed_hardware(GInetAddress *address, gpointer data)
{
    return g_strdup(*(char *const *)data);
}

static GInetAddress *address(const char *text)
{
    return g_inet_address_new_from_string(text);
}

static void test_a_device_keeps_its_policy_when_its_address_changes(void)
{
    const char *hardware = "52:54:00:12:34:56";
    g_autoptr(HthDeviceRegistry) registry = hth_device_registry_new(NULL);
    hth_device_registry_set_lookup(registry, fixed_hardware, &hardware);
    g_autoptr(GInetAddress) first = address("192.0.2.7");
    g_autoptr(GInetAddress) second = address("192.0.2.9");
    g_assert_cmpint(hth_device_registry_policy(registry, first), ==, HTH_DEVICE_ALLOWED);
    g_assert_true(hth_device_registry_set_policy(registry, hardware, HTH_DEVICE_HIDDEN, NULL));
    g_assert_cmpint(hth_device_registry_policy(registry, first), ==, HTH_DEVICE_HIDDEN);
    g_assert_cmpint(hth_device_registry_policy(registry, second), ==, HTH_DEVICE_HIDDEN);
    g_autoptr(GPtrArray) devices = hth_device_registry_list(registry);
    g_assert_cmpuint(devices->len, ==, 1);
}

static void test_an_address_that_went_to_another_device_is_that_devices(void)
{
    const char *hardware = "52:54:00:12:34:56";
    g_autoptr(HthDeviceRegistry) registry = hth_device_registry_new(NULL);
    hth_device_registry_set_lookup(registry, fixed_hardware, &hardware);
    g_autoptr(GInetAddress) peer = address("192.0.2.7");
    (void)hth_device_registry_policy(registry, peer);
    g_assert_true(hth_device_registry_set_policy(registry, hardware, HTH_DEVICE_HIDDEN, NULL));
    hardware = "52:54:00:aa:bb:cc";
    hth_device_registry_refresh(registry);
    g_assert_cmpint(hth_device_registry_policy(registry, peer), ==, HTH_DEVICE_ALLOWED);
}

static void test_new_devices_wait_when_the_household_wants_it(void)
{
    const char *none = NULL;
    g_autoptr(HthDeviceRegistry) registry = hth_device_registry_new(NULL);
    hth_device_registry_set_lookup(registry, fixed_hardware, &none);
    hth_device_registry_set_new_wait(registry, TRUE);
    g_autoptr(GInetAddress) peer = address("192.0.2.7");
    g_autoptr(GInetAddress) mapped = address("::ffff:192.0.2.7");
    g_autoptr(GInetAddress) own = address("127.0.0.1");
    g_assert_cmpint(hth_device_registry_policy(registry, peer), ==, HTH_DEVICE_WAITING);
    g_assert_cmpint(hth_device_registry_policy(registry, own), ==, HTH_DEVICE_ALLOWED);
    g_assert_true(hth_device_registry_set_policy(registry, "192.0.2.7", HTH_DEVICE_ALLOWED, NULL));
    g_assert_cmpint(hth_device_registry_policy(registry, mapped), ==, HTH_DEVICE_ALLOWED);
}

static void test_what_the_household_said_survives_a_restart(void)
{
    HthLibrary library = { g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free) };
    const char *hardware = "52:54:00:12:34:56";
    g_autoptr(GInetAddress) peer = address("192.0.2.7");
    HthDeviceRegistry *before = hth_device_registry_new(&library);
    hth_device_registry_set_lookup(before, fixed_hardware, &hardware);
    hth_device_registry_seen(before, peer, "TV\n[x]", "QE55", "samsung", "SEC_HHP");
    g_assert_true(hth_device_registry_set_name(before, hardware, "Kitchen", NULL));
    g_assert_true(hth_device_registry_set_policy(before, hardware, HTH_DEVICE_HIDDEN, NULL));
    hth_device_registry_free(before);
    g_autoptr(HthDeviceRegistry) after = hth_device_registry_new(&library);
    hth_device_registry_set_lookup(after, fixed_hardware, &hardware);
    g_autoptr(HthDevice) device = hth_device_registry_find(after, "kitchen");
    g_assert_nonnull(device);
    g_assert_cmpstr(device->client, ==, "samsung");
    g_assert_null(strchr(device->name, '\n'));
    g_assert_cmpint(hth_device_registry_policy(after, peer), ==, HTH_DEVICE_HIDDEN);
    g_assert_true(hth_device_registry_forget(after, hardware, NULL));
    g_assert_cmpuint(g_hash_table_size(library.rows), ==, 0);
    g_clear_pointer(&library.rows, g_hash_table_unref);
}

static void test_devices_and_notes_are_bounded(void)
{
    const char *none = NULL;
    g_autoptr(HthDeviceRegistry) registry = hth_device_registry_new(NULL);
    hth_device_registry_set_lookup(registry, fixed_hardware, &none);
    g_autoptr(GInetAddress) kept = address("192.0.2.1");
    (void)hth_device_registry_policy(registry, kept);
    g_assert_true(hth_device_registry_set_policy(registry, "192.0.2.1", HTH_DEVICE_HIDDEN, NULL));
    for (guint i = 0; i < 3000; i++) {
        g_autofree char *text = g_strdup_printf("2001:db8::%x", i + 1);
        g_autoptr(GInetAddress) peer = address(text);
        (void)hth_device_registry_policy(registry, peer);
    }
    g_autoptr(GPtrArray) devices = hth_device_registry_list(registry);
    g_assert_cmpuint(devices->len, ==, HTH_DEVICES_MAX);
    for (guint i = 0; i < 2 * HTH_DEVICE_NOTES_MAX; i++)
        hth_device_registry_note(registry, kept, "asked", "got");
    g_autoptr(HthDevice) device = hth_device_registry_find(registry, "192.0.2.1");
    g_assert_nonnull(device); /* it has a policy, so it was not forgotten */
    g_assert_cmpuint(device->notes->len, ==, HTH_DEVICE_NOTES_MAX);
    g_autoptr(GError) error = NULL;
    g_assert_false(hth_device_registry_set_policy(registry, "nobody", HTH_DEVICE_HIDDEN, &error));
    g_assert_error(error, HTH_ERROR, HTH_ERROR_NOT_FOUND);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/device-registry/a-device-keeps-its-policy-when-its-address-changes",
                    test_a_device_keeps_its_policy_when_its_address_changes);
    g_test_add_func("/device-registry/an-address-that-went-to-another-device-is-that-devices",
                    test_an_address_that_went_to_another_device_is_that_devices);
    g_test_add_func("/device-registry/new-devices-wait-when-the-household-wants-it",
                    test_new_devices_wait_when_the_household_wants_it);
    g_test_add_func("/device-registry/what-the-household-said-survives-a-restart",
                    test_what_the_household_said_survives_a_restart);
    g_test_add_func("/device-registry/devices-and-notes-are-bounded",
                    test_devices_and_notes_are_bounded);
    return g_test_run();
}
