/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/wake-watch.h"

#include <time.h>

struct HthWakeWatch {
    HthWoken callback;
    gpointer data;
    HthSleptClock clock;
    gint64 slept_us;
    guint timer;
};

static gint64 read_clock(clockid_t clock)
{
    struct timespec now = { 0 };
    clock_gettime(clock, &now); /* fails for unknown clocks only */
    return (gint64)now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

static gint64 slept_since_boot(void)
{
    return read_clock(CLOCK_BOOTTIME) - read_clock(CLOCK_MONOTONIC);
}

void hth_wake_watch_check(HthWakeWatch *self)
{
    const gint64 slept_us = self->clock();
    const gint64 more_us = slept_us - self->slept_us;
    self->slept_us = slept_us;
    if (more_us >= HTH_WAKE_MIN_US)
        self->callback(more_us, self->data);
}

static gboolean on_timer(gpointer data)
{
    hth_wake_watch_check(data);
    return G_SOURCE_CONTINUE;
}

HthWakeWatch *hth_wake_watch_new(HthWoken callback, gpointer data, HthSleptClock clock)
{
    HthWakeWatch *self = g_new(HthWakeWatch, 1);
    *self = (HthWakeWatch){ .callback = callback,
                            .data = data,
                            .clock = clock != NULL ? clock : slept_since_boot };
    self->slept_us = self->clock();
    self->timer = g_timeout_add_seconds(HTH_WAKE_WATCH_S, on_timer, self);
    return self;
}

void hth_wake_watch_free(HthWakeWatch *self)
{
    if (self == NULL)
        return;
    g_source_remove(self->timer);
    g_free(self);
}
