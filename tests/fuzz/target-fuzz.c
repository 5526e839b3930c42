/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A request target, then what it was taken apart into, and a Host, a query value and a date. */
#include <stdint.h>

#include "net/http-date.h"
#include "net/http-target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autofree char *text = g_strndup((const char *)data, size);
    HthHttpTarget target;
    if (hth_http_target_parse(text, &target)) {
        g_assert_cmpint(target.path[0], ==, '/');
        g_assert_true(g_utf8_validate(target.path, -1, NULL));
        g_autofree char *value = hth_http_query_value(target.query, "a");
        g_assert_true(value == NULL || g_utf8_validate(value, -1, NULL));
        hth_http_target_clear(&target);
    }
    g_autofree char *host = hth_http_host_parse(text);
    g_assert_true(host == NULL || *host != '\0');
    gint64 unix_s = 0;
    if (hth_http_date_parse(text, &unix_s)) {
        g_autofree char *date = hth_http_date_format(unix_s);
        gint64 back = 0;
        g_assert_true(hth_http_date_parse(date, &back));
    }
    return 0;
}
