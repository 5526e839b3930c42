/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "latency.h"

void hth_latency_init(HthLatency *self)
{
    self->us = g_array_sized_new(FALSE, FALSE, sizeof(guint32), 65536);
}

void hth_latency_clear(HthLatency *self)
{
    g_clear_pointer(&self->us, g_array_unref);
}

void hth_latency_add(HthLatency *self, gint64 us)
{
    const guint32 value = (guint32)CLAMP(us, 0, G_MAXUINT32);
    g_array_append_val(self->us, value);
}

static int compare(gconstpointer a, gconstpointer b)
{
    const guint32 left = *(const guint32 *)a;
    const guint32 right = *(const guint32 *)b;
    return left < right ? -1 : left > right;
}

double hth_latency_ms(HthLatency *self, double share)
{
    if (self->us->len == 0)
        return 0;
    g_array_sort(self->us, compare);
    const guint at = MIN((guint)(share * self->us->len), self->us->len - 1);
    return g_array_index(self->us, guint32, at) / 1000.0;
}
