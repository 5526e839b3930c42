/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The fields of SUBSCRIBE. Whatever passes is for the peer and nobody else, and has one form: what
 * was written anew passes again, unchanged. The first byte of the input chooses the peer's family.
 */
#include <stdint.h>
#include <string.h>

#include "callback.h"
#include "gena.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_callback(const char *field, const char *peer_text, const char *prefix)
{
    g_autoptr(GInetAddress) peer = g_inet_address_new_from_string(peer_text);
    g_autofree char *once = hth_callback_check(field, peer, NULL);
    if (once == NULL)
        return;
    g_assert_true(g_str_has_prefix(once, prefix));
    g_assert_null(strpbrk(once, "\r\n \t\"\\"));
    g_autofree char *twice = hth_callback_check(once, peer, NULL);
    if (twice != NULL) /* a normalised URL may have grown over the limit */
        g_assert_cmpstr(once, ==, twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    g_autofree char *text = g_strndup((const char *)data + 1, size - 1);
    if (data[0] & 1)
        check_callback(text, "2001:db8::7", "<http://[2001:db8::7]:");
    else
        check_callback(text, "192.0.2.7", "<http://192.0.2.7:");

    const guint timeout_s = hth_subscription_timeout_s(text);
    g_assert_cmpuint(timeout_s, >=, HTH_SUBSCRIPTION_MIN_S);
    g_assert_cmpuint(timeout_s, <=, HTH_SUBSCRIPTION_MAX_S);
    if (hth_sid_is_valid(text) || hth_gena_path_is_valid(text))
        g_assert_null(strpbrk(text, "\r\n <>"));
    HthGenaReply reply = { 0 };
    if (hth_gena_reply_parse(text, &reply, NULL))
        hth_gena_reply_clear(&reply);
    return 0;
}
