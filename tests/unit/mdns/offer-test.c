/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "plugins/mdns/offer.h"

#include <string.h>

#include "base/hex.h"

#define UUID    "6b0a7f0e-5a5c-4f0c-9d0e-0123456789ab"
#define KEY_HEX "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static void test_host_name_is_stable_and_a_legal_label(void)
{
    g_autoptr(HthMdnsOffer) first = hth_mdns_offer_new("a", UUID, NULL);
    g_autoptr(HthMdnsOffer) second = hth_mdns_offer_new("b", UUID, NULL);
    g_autoptr(HthMdnsOffer) other = hth_mdns_offer_new("a", "another uuid", NULL);
    g_assert_cmpstr(first->host_label, ==, second->host_label);
    g_assert_cmpstr(first->host_label, !=, other->host_label);
    g_assert_true(g_regex_match_simple("^hearth-[a-z2-7]{6}$", first->host_label, 0, 0));
}

static void test_name_fits_one_label(void)
{
    g_autofree char *longest = g_strnfill(60, 'x');
    g_autofree char *name = g_strconcat(longest, "öööö", NULL);
    g_autoptr(HthMdnsOffer) cut = hth_mdns_offer_new(name, UUID, NULL);
    g_assert_cmpuint(strlen(cut->name), <=, HTH_MDNS_NAME_MAX);
    g_assert_true(g_utf8_validate(cut->name, -1, NULL));
    g_autoptr(HthMdnsOffer) empty = hth_mdns_offer_new(" \x01", UUID, NULL);
    g_assert_cmpstr(empty->name, ==, "hearth");
}

static void test_rename_counts_and_still_fits(void)
{
    g_autofree char *longest = g_strnfill(HTH_MDNS_NAME_MAX, 'x');
    g_autoptr(HthMdnsOffer) offer = hth_mdns_offer_new("Living room", UUID, NULL);
    hth_mdns_offer_rename(offer);
    g_assert_cmpstr(offer->name, ==, "Living room #2");
    hth_mdns_offer_rename(offer);
    g_assert_cmpstr(offer->name, ==, "Living room #3");
    g_assert_cmpstr(offer->wanted_name, ==, "Living room");

    g_autoptr(HthMdnsOffer) full = hth_mdns_offer_new(longest, UUID, NULL);
    hth_mdns_offer_rename(full);
    g_assert_cmpuint(strlen(full->name), <=, HTH_MDNS_NAME_MAX);
    g_assert_cmpstr(full->name, !=, longest);

    g_autofree char *host = g_strconcat(offer->host_label, "-2", NULL);
    hth_mdns_offer_rename_host(offer);
    g_assert_cmpstr(offer->host_label, ==, host);
}

static void test_many_renames_slow_down(void)
{
    g_autoptr(HthMdnsOffer) offer = hth_mdns_offer_new("Living room", UUID, NULL);
    g_assert_cmpuint(hth_mdns_offer_rename_delay_ms(offer), ==, 0);
    for (guint i = 0; i < 15; i++)
        hth_mdns_offer_rename(offer);
    g_assert_cmpuint(hth_mdns_offer_rename_delay_ms(offer), >=, 5000);
}

static void test_key_is_kept_and_a_damaged_one_replaced(void)
{
    g_autoptr(HthMdnsOffer) kept = hth_mdns_offer_new("a", UUID, KEY_HEX);
    g_autofree char *hex = hth_mdns_offer_key_hex(kept);
    g_assert_cmpstr(hex, ==, KEY_HEX);

    static const char *const damaged[] = { NULL,
                                           "",
                                           "00",
                                           "zz" KEY_HEX,
                                           KEY_HEX "00",
                                           "g00102030405060708090a0b0c0d0e0f"
                                           "101112131415161718191a1b1c1d1e1f" };
    for (guint i = 0; i < G_N_ELEMENTS(damaged); i++) {
        g_autoptr(HthMdnsOffer) first = hth_mdns_offer_new("a", UUID, damaged[i]);
        g_autoptr(HthMdnsOffer) second = hth_mdns_offer_new("a", UUID, damaged[i]);
        g_assert_cmpint(memcmp(first->key, second->key, HTH_MDNS_KEY_BYTES), !=, 0);
        g_assert_cmpint(memcmp(first->key, kept->key, HTH_MDNS_KEY_BYTES), !=, 0);
    }
}

static void test_txt_proves_the_key_and_never_repeats(void)
{
    g_autoptr(HthMdnsOffer) offer = hth_mdns_offer_new("a", UUID, KEY_HEX);
    g_auto(GStrv) txt = hth_mdns_offer_txt(offer, HTH_MDNS_HEARTH);
    g_auto(GStrv) again = hth_mdns_offer_txt(offer, HTH_MDNS_HEARTH);
    g_assert_cmpuint(g_strv_length(txt), ==, 3);
    g_assert_cmpstr(txt[0], ==, "v=1");
    g_assert_true(g_str_has_prefix(txt[1], "n=") && g_str_has_prefix(txt[2], "h="));
    g_assert_cmpstr(txt[1], !=, again[1]);

    guint8 nonce[HTH_DISCOVERY_NONCE_BYTES];
    g_assert_true(hth_hex_decode(txt[1] + 2, nonce, sizeof nonce));
    g_autofree char *hmac = g_compute_hmac_for_data(G_CHECKSUM_SHA256, offer->key,
                                                    sizeof offer->key, nonce, sizeof nonce);
    g_assert_cmpuint(strlen(txt[2]), ==, 2 + 2 * HTH_DISCOVERY_PROOF_BYTES);
    g_assert_true(g_str_has_prefix(hmac, txt[2] + 2));
    g_assert_true(hth_discovery_check(offer->key, txt[1] + 2, txt[2] + 2));
    g_assert_false(hth_discovery_check(offer->key, again[1] + 2, txt[2] + 2));
    g_assert_false(hth_discovery_check(offer->key, NULL, txt[2] + 2));
    g_assert_false(hth_discovery_check(offer->key, "x", txt[2] + 2));
    guint8 other_key[HTH_DISCOVERY_PROOF_KEY_BYTES] = { 1 };
    g_assert_false(hth_discovery_check(other_key, txt[1] + 2, txt[2] + 2));
}

static void test_http_txt_is_the_path(void)
{
    g_autoptr(HthMdnsOffer) offer = hth_mdns_offer_new("a", UUID, KEY_HEX);
    g_auto(GStrv) txt = hth_mdns_offer_txt(offer, HTH_MDNS_HTTP);
    g_assert_cmpuint(g_strv_length(txt), ==, 1);
    g_assert_cmpstr(txt[0], ==, "path=/");
    g_assert_cmpstr(hth_mdns_service_type(HTH_MDNS_HTTP), ==, "_http._tcp");
}

/* Devices are answered on a port of their own, or not at all. */
static void test_each_service_has_its_port(void)
{
    g_autoptr(HthMdnsOffer) offer = hth_mdns_offer_new("a", UUID, KEY_HEX);
    offer->port = 8200;
    g_assert_cmpuint(hth_mdns_offer_port(offer, HTH_MDNS_HTTP), ==, 8200);
    g_assert_cmpuint(hth_mdns_offer_port(offer, HTH_MDNS_HEARTH), ==, 0);
    offer->device_port = 8201;
    g_assert_cmpuint(hth_mdns_offer_port(offer, HTH_MDNS_HEARTH), ==, 8201);
}

static GStrv new_addresses(const char *address)
{
    return g_strsplit(address, " ", -1);
}

static GPtrArray *new_links(int first, const char *first_name, int second, const char *address)
{
    GPtrArray *links = g_ptr_array_new_with_free_func((GDestroyNotify)hth_mdns_link_free);
    g_ptr_array_add(links, hth_mdns_link_new(first, first_name, new_addresses("192.0.2.1")));
    if (second != 0)
        g_ptr_array_add(links, hth_mdns_link_new(second, "wlan0", new_addresses(address)));
    return links;
}

static void test_links_change_only_when_they_differ(void)
{
    g_autoptr(HthMdnsOffer) offer = hth_mdns_offer_new("a", UUID, KEY_HEX);
    g_assert_true(hth_mdns_offer_take_links(offer, new_links(5, "eth0", 3, "198.51.100.1")));
    g_assert_false(hth_mdns_offer_take_links(offer, new_links(5, "eth0", 3, "198.51.100.1")));
    g_autofree char *names = hth_mdns_offer_link_names(offer);
    g_assert_cmpstr(names, ==, "wlan0, eth0");
    g_assert_true(hth_mdns_offer_take_links(offer, new_links(5, "lan0", 3, "198.51.100.2")));
    g_assert_true(hth_mdns_offer_take_links(offer, new_links(5, "lan0", 3, "198.51.100.3")));
    g_assert_true(hth_mdns_offer_take_links(offer, new_links(5, "lan0", 0, NULL)));
    g_assert_nonnull(hth_mdns_offer_find_link(offer, 5));
    g_assert_null(hth_mdns_offer_find_link(offer, 3));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/offer/host-name-is-stable-and-a-legal-label",
                    test_host_name_is_stable_and_a_legal_label);
    g_test_add_func("/offer/name-fits-one-label", test_name_fits_one_label);
    g_test_add_func("/offer/rename-counts-and-still-fits", test_rename_counts_and_still_fits);
    g_test_add_func("/offer/many-renames-slow-down", test_many_renames_slow_down);
    g_test_add_func("/offer/key-is-kept-and-a-damaged-one-replaced",
                    test_key_is_kept_and_a_damaged_one_replaced);
    g_test_add_func("/offer/txt-proves-the-key-and-never-repeats",
                    test_txt_proves_the_key_and_never_repeats);
    g_test_add_func("/offer/http-txt-is-the-path", test_http_txt_is_the_path);
    g_test_add_func("/offer/links-change-only-when-they-differ",
                    test_links_change_only_when_they_differ);
    g_test_add_func("/offer/each-service-has-its-port", test_each_service_has_its_port);
    return g_test_run();
}
