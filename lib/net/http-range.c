/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/http-range.h"

#include <string.h>

/* One range-spec as it is written: "first-last", "first-" (last is -1) or "-suffix" (first is -1).
 */
typedef struct {
    gint64 first;
    gint64 last;
} Spec;

static const char *skip_blanks(const char *text)
{
    while (*text == ' ' || *text == '\t')
        text++;
    return text;
}

/* Reads digits; a number that does not fit is as good as the largest one. NULL: no digit here. */
static const char *read_number(const char *text, gint64 *out_number)
{
    if (!g_ascii_isdigit(*text))
        return NULL;
    gint64 number = 0;
    for (; g_ascii_isdigit(*text); text++) {
        const gint64 digit = *text - '0';
        number = number > (G_MAXINT64 - digit) / 10 ? G_MAXINT64 : number * 10 + digit;
    }
    *out_number = number;
    return text;
}

/* Returns: behind the spec, or NULL when it is malformed. */
static const char *read_spec(const char *text, Spec *out_spec)
{
    *out_spec = (Spec){ .first = -1, .last = -1 };
    if (*text == '-')
        return read_number(text + 1, &out_spec->last);

    text = read_number(text, &out_spec->first);
    if (text == NULL || *text != '-')
        return NULL;
    if (!g_ascii_isdigit(text[1]))
        return text + 1;
    text = read_number(text + 1, &out_spec->last);
    return out_spec->last >= out_spec->first ? text : NULL;
}

/* FALSE when no byte of the representation is meant. */
static gboolean resolve(const Spec *spec, gint64 size_bytes, HthHttpRange *out_range)
{
    if (spec->first < 0) {
        const gint64 n_bytes = MIN(spec->last, size_bytes);
        *out_range = (HthHttpRange){ .first_byte = size_bytes - n_bytes, .n_bytes = n_bytes };
        return n_bytes > 0;
    }
    if (spec->first >= size_bytes)
        return FALSE;
    const gint64 last = spec->last < 0 ? size_bytes - 1 : MIN(spec->last, size_bytes - 1);
    *out_range = (HthHttpRange){ .first_byte = spec->first, .n_bytes = last - spec->first + 1 };
    return TRUE;
}

static gboolean touches(const HthHttpRange *a, const HthHttpRange *b)
{
    return a->first_byte <= b->first_byte + b->n_bytes &&
           b->first_byte <= a->first_byte + a->n_bytes;
}

static void join(HthHttpRange *into, const HthHttpRange *other)
{
    const gint64 end = MAX(into->first_byte + into->n_bytes, other->first_byte + other->n_bytes);
    into->first_byte = MIN(into->first_byte, other->first_byte);
    into->n_bytes = end - into->first_byte;
}

/* Adds @range; what it touches is taken out of the list and joined with it, at the first's place.
 * Overlapping ranges are how little requests ask for much (RFC 9110, section 14.2). */
static void add_range(HthHttpRanges *ranges, HthHttpRange range)
{
    guint place = ranges->n_ranges;
    for (guint i = 0; i < ranges->n_ranges;) {
        if (!touches(&ranges->ranges[i], &range)) {
            i++;
            continue;
        }
        join(&range, &ranges->ranges[i]);
        place = MIN(place, i);
        ranges->n_ranges--;
        memmove(&ranges->ranges[i], &ranges->ranges[i + 1], (ranges->n_ranges - i) * sizeof range);
        i = 0;
    }
    place = MIN(place, ranges->n_ranges);
    memmove(&ranges->ranges[place + 1], &ranges->ranges[place],
            (ranges->n_ranges - place) * sizeof range);
    ranges->ranges[place] = range;
    ranges->n_ranges++;
}

HthHttpRangeKind hth_http_range_parse(const char *header, gint64 size_bytes,
                                      HthHttpRanges *out_ranges)
{
    out_ranges->n_ranges = 0;
    if (header == NULL || g_ascii_strncasecmp(header, "bytes=", 6) != 0)
        return HTH_HTTP_RANGE_WHOLE;

    guint n_specs = 0;
    gboolean asks_from_start = FALSE;
    const char *text = header + 6;
    for (;;) {
        text = skip_blanks(text);
        if (*text == ',') { /* RFC 9110, section 5.6.1: empty list elements are to be borne */
            text++;
            continue;
        }
        if (*text == '\0')
            break;
        Spec spec;
        text = read_spec(text, &spec);
        if (text == NULL || ++n_specs > HTH_HTTP_MAX_RANGES)
            return HTH_HTTP_RANGE_WHOLE;
        text = skip_blanks(text);
        if (*text != ',' && *text != '\0')
            return HTH_HTTP_RANGE_WHOLE;
        asks_from_start |= spec.first == 0 && spec.last < 0;
        HthHttpRange range;
        if (resolve(&spec, size_bytes, &range))
            add_range(out_ranges, range);
    }
    if (n_specs == 0 || (asks_from_start && size_bytes == 0))
        return HTH_HTTP_RANGE_WHOLE;
    return out_ranges->n_ranges > 0 ? HTH_HTTP_RANGE_PARTIAL : HTH_HTTP_RANGE_UNSATISFIABLE;
}
