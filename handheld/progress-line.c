/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "progress-line.h"

#include <stdio.h>
#include <unistd.h>

#define EVERY_US        (G_USEC_PER_SEC / 5)
#define EVERY_US_IN_LOG (10 * G_USEC_PER_SEC)

void hth_progress_line_init(HthProgressLine *self)
{
    *self = (HthProgressLine){ .is_terminal = isatty(STDERR_FILENO),
                               .started_us = g_get_monotonic_time() };
    self->shown_us = self->started_us;
}

static char *time_left(double seconds)
{
    const guint64 whole = (guint64)(seconds + 0.5);
    if (whole < 60)
        return g_strdup_printf("%u s", (guint)whole);
    if (whole < 3600)
        return g_strdup_printf("%u min", (guint)((whole + 30) / 60));
    return g_strdup_printf("%u h %02u min", (guint)(whole / 3600), (guint)(whole % 3600 / 60));
}

static void print_line(HthProgressLine *self, const HthSyncProgress *progress)
{
    g_autofree char *rate = g_format_size((guint64)self->bytes_per_s);
    g_autofree char *left = g_format_size(progress->bytes_rest);
    g_autofree char *when = self->bytes_per_s > 1
                                ? time_left((double)progress->bytes_rest / self->bytes_per_s)
                                : g_strdup("?");
    fprintf(stderr, self->is_terminal ? "\r\033[K" : "");
    if (progress->phase != HTH_SYNC_PHASE_WORK)
        fprintf(stderr, "%s", hth_sync_phase_name(progress->phase));
    else
        fprintf(stderr,
                "%" G_GUINT64_FORMAT " done, %" G_GUINT64_FORMAT " to do, %s/s, %s left, %s",
                progress->operations_done, progress->operations_rest, rate, left, when);
    fprintf(stderr, self->is_terminal ? "" : "\n");
    fflush(stderr);
    self->is_open = self->is_terminal;
}

void hth_progress_line_show(HthProgressLine *self, const HthSyncProgress *progress)
{
    const gint64 now = g_get_monotonic_time();
    const gint64 passed = now - self->shown_us;
    if (passed < (self->is_terminal ? EVERY_US : EVERY_US_IN_LOG))
        return;
    const double rate =
        (double)(progress->bytes_fetched - self->fetched_then) * G_USEC_PER_SEC / (double)passed;
    self->bytes_per_s = self->bytes_per_s > 0 ? 0.8 * self->bytes_per_s + 0.2 * rate : rate;
    self->fetched_then = progress->bytes_fetched;
    self->shown_us = now;
    print_line(self, progress);
}

void hth_progress_line_end(HthProgressLine *self)
{
    if (self->is_open)
        fprintf(stderr, "\r\033[K");
    self->is_open = FALSE;
}
