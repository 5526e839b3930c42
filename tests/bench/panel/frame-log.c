/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "frame-log.h"

#include <time.h>

struct FrameLog {
    GdkSurface *surface;
    GdkFrameClock *clock;
    FrameLogEnded on_ended;
    gpointer data;
    GArray *work_us;     /* (element gint64) */
    GArray *interval_us; /* (element gint64) */
    GArray *cpu_us;      /* (element gint64) of the main thread, from end to end */
    gint64 began_us;
    gint64 ended_us; /* of the frame before; 0: there was none */
    gint64 ended_cpu_us;
};

static gint64 thread_cpu_us(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (gint64)time.tv_sec * G_USEC_PER_SEC + time.tv_nsec / 1000;
}

static void on_begin(FrameLog *self)
{
    self->began_us = g_get_monotonic_time();
}

static void on_end(FrameLog *self)
{
    gdk_display_sync(gdk_surface_get_display(self->surface));
    const gint64 now = g_get_monotonic_time();
    const gint64 cpu_now = thread_cpu_us();
    const gint64 work = now - self->began_us;
    g_array_append_val(self->work_us, work);
    if (self->ended_us != 0) {
        const gint64 interval = now - self->ended_us;
        const gint64 cpu = cpu_now - self->ended_cpu_us;
        g_array_append_val(self->interval_us, interval);
        g_array_append_val(self->cpu_us, cpu);
    }
    self->ended_us = now;
    self->ended_cpu_us = cpu_now;
    self->on_ended(now, self->data);
}

FrameLog *frame_log_new(GdkSurface *surface, FrameLogEnded on_ended, gpointer data)
{
    FrameLog *self = g_new0(FrameLog, 1);
    self->surface = g_object_ref(surface);
    self->clock = g_object_ref(gdk_surface_get_frame_clock(surface));
    self->on_ended = on_ended;
    self->data = data;
    self->work_us = g_array_new(FALSE, FALSE, sizeof(gint64));
    self->interval_us = g_array_new(FALSE, FALSE, sizeof(gint64));
    self->cpu_us = g_array_new(FALSE, FALSE, sizeof(gint64));
    g_signal_connect_swapped(self->clock, "before-paint", G_CALLBACK(on_begin), self);
    g_signal_connect_swapped(self->clock, "after-paint", G_CALLBACK(on_end), self);
    return self;
}

void frame_log_free(FrameLog *self)
{
    if (self == NULL)
        return;
    g_signal_handlers_disconnect_by_data(self->clock, self);
    g_object_unref(self->clock);
    g_object_unref(self->surface);
    g_array_unref(self->work_us);
    g_array_unref(self->interval_us);
    g_array_unref(self->cpu_us);
    g_free(self);
}

void frame_log_clear(FrameLog *self)
{
    g_array_set_size(self->work_us, 0);
    g_array_set_size(self->interval_us, 0);
    g_array_set_size(self->cpu_us, 0);
    self->ended_us = 0;
}

static int compare(gconstpointer a, gconstpointer b)
{
    const gint64 x = *(const gint64 *)a;
    const gint64 y = *(const gint64 *)b;
    return (x > y) - (x < y);
}

static double part_ms(GArray *sorted_us, double part)
{
    const guint last = sorted_us->len - 1;
    return (double)g_array_index(sorted_us, gint64, (guint)(last * part)) / 1000;
}

static void add(JsonObject *into, const char *name, GArray *values_us)
{
    if (values_us->len == 0)
        return;
    g_array_sort(values_us, compare);
    JsonObject *object = json_object_new();
    json_object_set_double_member(object, "median", part_ms(values_us, 0.5));
    json_object_set_double_member(object, "p99", part_ms(values_us, 0.99));
    json_object_set_double_member(object, "max", part_ms(values_us, 1));
    json_object_set_object_member(into, name, object);
}

void frame_log_report(FrameLog *self, JsonObject *into)
{
    json_object_set_int_member(into, "n_frames", self->interval_us->len);
    add(into, "work_ms", self->work_us);
    add(into, "interval_ms", self->interval_us);
    add(into, "cpu_ms", self->cpu_us);
}
