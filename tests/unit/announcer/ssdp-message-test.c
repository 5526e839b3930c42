/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ssdp-message.h"

#include <string.h>

/* As libupnp 1.8.4 writes it. */
static const char alive[] = "NOTIFY * HTTP/1.1\r\n"
                            "HOST: 239.255.255.250:1900\r\n"
                            "CACHE-CONTROL: max-age=1800\r\n"
                            "LOCATION: http://192.0.2.5:8200/d.xml\r\n"
                            "OPT: \"http://schemas.upnp.org/upnp/1/0/\"; ns=01\r\n"
                            "01-NLS: c27352d0-e5f5-11f1-bf2b-bc19e6c0200e\r\n"
                            "NT: upnp:rootdevice\r\n"
                            "NTS: ssdp:alive\r\n"
                            "SERVER: Linux/6.1, UPnP/1.0, Portable SDK for UPnP devices/1.8.4\r\n"
                            "X-User-Agent: redsonic\r\n"
                            "USN: uuid:1::upnp:rootdevice\r\n"
                            "\r\n";

static const HthSsdpIdentity identity = { 77, 42, "Linux/6.1 UPnP/1.0 hearth/0" };

static void test_an_alive_gets_what_is_missing(void)
{
    g_autofree char *finished = hth_ssdp_message_finish(alive, strlen(alive), &identity);
    g_assert_cmpstr(finished, ==,
                    "NOTIFY * HTTP/1.1\r\n"
                    "HOST: 239.255.255.250:1900\r\n"
                    "CACHE-CONTROL: max-age=1800\r\n"
                    "LOCATION: http://192.0.2.5:8200/d.xml\r\n"
                    "NT: upnp:rootdevice\r\n"
                    "NTS: ssdp:alive\r\n"
                    "USN: uuid:1::upnp:rootdevice\r\n"
                    "SERVER: Linux/6.1 UPnP/1.0 hearth/0\r\n"
                    "BOOTID.UPNP.ORG: 77\r\n"
                    "CONFIGID.UPNP.ORG: 42\r\n"
                    "\r\n");
}

static void test_its_byebye_has_the_same_name(void)
{
    g_autofree char *finished = hth_ssdp_message_finish(alive, strlen(alive), &identity);
    g_autofree char *byebye = hth_ssdp_message_byebye(finished);
    g_assert_cmpstr(byebye, ==,
                    "NOTIFY * HTTP/1.1\r\n"
                    "HOST: 239.255.255.250:1900\r\n"
                    "NT: upnp:rootdevice\r\n"
                    "NTS: ssdp:byebye\r\n"
                    "USN: uuid:1::upnp:rootdevice\r\n"
                    "BOOTID.UPNP.ORG: 77\r\n"
                    "CONFIGID.UPNP.ORG: 42\r\n"
                    "\r\n");
    g_assert_cmpint(hth_ssdp_message_kind(byebye, strlen(byebye)), ==, HTH_SSDP_BYEBYE);
}

static void test_what_is_not_ours_stays_as_it_is(void)
{
    static const char *const others[] = { "", "ShutDown", "M-SEARCH * HTTP/1.1\r\n\r\n",
                                          "NOTIFY * HTTP/1.1\r\nNTS: ssdp:update\r\n\r\n" };
    for (guint i = 0; i < G_N_ELEMENTS(others); i++)
        g_assert_null(hth_ssdp_message_finish(others[i], strlen(others[i]), &identity));
}

static void test_fields_are_found_in_any_case(void)
{
    g_autofree char *usn = hth_ssdp_message_field(alive, "usn");
    g_assert_cmpstr(usn, ==, "uuid:1::upnp:rootdevice");
    g_assert_null(hth_ssdp_message_field(alive, "US"));
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/ssdp-message/an-alive-gets-what-is-missing",
                    test_an_alive_gets_what_is_missing);
    g_test_add_func("/ssdp-message/its-byebye-has-the-same-name",
                    test_its_byebye_has_the_same_name);
    g_test_add_func("/ssdp-message/what-is-not-ours-stays-as-it-is",
                    test_what_is_not_ours_stays_as_it_is);
    g_test_add_func("/ssdp-message/fields-are-found-in-any-case",
                    test_fields_are_found_in_any_case);
    return g_test_run();
}
