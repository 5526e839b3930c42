/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "net/http-date.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const char *const day_names[] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
static const char *const month_names[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                           "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

char *hth_http_date_format(gint64 unix_s)
{
    /* Years of four digits are all that the format has. */
    const time_t time = (time_t)CLAMP(unix_s, 0, G_GINT64_CONSTANT(253402300799));
    struct tm tm;
    gmtime_r(&time, &tm);
    return g_strdup_printf("%s, %02d %s %04d %02d:%02d:%02d GMT", day_names[tm.tm_wday], tm.tm_mday,
                           month_names[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min,
                           tm.tm_sec);
}

static gboolean month_from_name(const char *name, int *out_month)
{
    for (guint i = 0; i < G_N_ELEMENTS(month_names); i++) {
        if (strcmp(name, month_names[i]) == 0) {
            *out_month = (int)i;
            return TRUE;
        }
    }
    return FALSE;
}

/* A year of two digits that would be more than 50 years ahead is in the past. */
static int full_year(int year)
{
    if (year >= 100)
        return year;
    const time_t now = time(NULL);
    struct tm tm;
    gmtime_r(&now, &tm);
    const int this_year = tm.tm_year + 1900;
    const int guess = this_year / 100 * 100 + year;
    return guess > this_year + 50 ? guess - 100 : guess;
}

gboolean hth_http_date_parse(const char *text, gint64 *out_unix_s)
{
    struct tm tm = { 0 };
    char month[4] = "";
    int year = 0;
    int end = 0;
    const gboolean is_fixed =
        sscanf(text, "%*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT%n", &tm.tm_mday, month, &year,
               &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &end) == 6 &&
        end > 0;
    const gboolean is_rfc850 =
        !is_fixed &&
        sscanf(text, "%*9[A-Za-z], %2d-%3[A-Za-z]-%2d %2d:%2d:%2d GMT%n", &tm.tm_mday, month, &year,
               &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &end) == 6 &&
        end > 0;
    const gboolean is_asctime =
        !is_fixed && !is_rfc850 &&
        sscanf(text, "%*3[A-Za-z] %3[A-Za-z] %2d %2d:%2d:%2d %4d%n", month, &tm.tm_mday,
               &tm.tm_hour, &tm.tm_min, &tm.tm_sec, &year, &end) == 6 &&
        end > 0;
    if ((!is_fixed && !is_rfc850 && !is_asctime) || text[end] != '\0' ||
        !month_from_name(month, &tm.tm_mon))
        return FALSE;
    if (tm.tm_mday < 1 || tm.tm_mday > 31 || tm.tm_hour < 0 || tm.tm_hour > 23 || tm.tm_min < 0 ||
        tm.tm_min > 59 || tm.tm_sec < 0 || tm.tm_sec > 60 || year < 0)
        return FALSE;
    tm.tm_year = full_year(year) - 1900;
    *out_unix_s = timegm(&tm);
    return TRUE;
}
