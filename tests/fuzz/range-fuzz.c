/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first 8 bytes are the size of the file, the rest is the header: whatever it says, the ranges
 * are inside the file, not empty, apart from each other and few. */
#include <stdint.h>
#include <string.h>

#include "net/http-range.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_ranges(const HthHttpRanges *ranges, gint64 size_bytes)
{
    g_assert_cmpuint(ranges->n_ranges, >, 0);
    g_assert_cmpuint(ranges->n_ranges, <=, HTH_HTTP_MAX_RANGES);
    for (guint i = 0; i < ranges->n_ranges; i++) {
        const HthHttpRange *range = &ranges->ranges[i];
        g_assert_cmpint(range->first_byte, >=, 0);
        g_assert_cmpint(range->n_bytes, >, 0);
        g_assert_cmpint(range->n_bytes, <=, size_bytes - range->first_byte);
        for (guint k = 0; k < i; k++) {
            const HthHttpRange *other = &ranges->ranges[k];
            g_assert_true(other->first_byte + other->n_bytes < range->first_byte ||
                          range->first_byte + range->n_bytes < other->first_byte);
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    gint64 size_bytes = 0;
    if (size < sizeof size_bytes)
        return 0;
    memcpy(&size_bytes, data, sizeof size_bytes);
    size_bytes &= G_MAXINT64;
    g_autofree char *header =
        g_strndup((const char *)data + sizeof size_bytes, size - sizeof size_bytes);
    HthHttpRanges ranges;
    if (hth_http_range_parse(header, size_bytes, &ranges) == HTH_HTTP_RANGE_PARTIAL)
        check_ranges(&ranges, size_bytes);
    return 0;
}
