/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "library/scan-meter.h"

/* The rate is that of the last so many samples, taken at most this often. */
#define N_SAMPLES 16
#define SAMPLE_US 250000

typedef struct {
    gint64 at_us;
    guint64 n_read;
} Sample;

struct HthScanMeter {
    GMutex lock; /* guards everything */
    HthScanStatus status;
    gint64 started_us;
    guint64 n_left;
    guint n_samples;
    Sample samples[N_SAMPLES]; /* oldest first */
};

HthScanMeter *hth_scan_meter_new(void)
{
    HthScanMeter *self = g_new0(HthScanMeter, 1);
    g_mutex_init(&self->lock);
    self->status.seconds_left = -1;
    return self;
}

void hth_scan_meter_free(HthScanMeter *self)
{
    if (self == NULL)
        return;
    g_mutex_clear(&self->lock);
    g_free(self);
}

/* Locking: the lock is held. */
static void begin(HthScanMeter *self)
{
    const gint64 took_ms = self->status.took_ms;
    const guint n_watches = self->status.n_watches;
    const gboolean is_limited = self->status.is_watch_limited;
    self->status = (HthScanStatus){ .seconds_left = -1,
                                    .took_ms = took_ms,
                                    .n_watches = n_watches,
                                    .is_watch_limited = is_limited,
                                    .started_unix_ms = g_get_real_time() / 1000 };
    self->started_us = g_get_monotonic_time();
    self->n_samples = 0;
    self->n_left = 0;
}

void hth_scan_meter_phase(HthScanMeter *self, HthScanPhase phase)
{
    g_mutex_lock(&self->lock);
    if (self->status.phase == HTH_SCAN_IDLE && phase != HTH_SCAN_IDLE)
        begin(self);
    if (self->status.phase != HTH_SCAN_IDLE && phase == HTH_SCAN_IDLE) {
        self->status.took_ms = (g_get_monotonic_time() - self->started_us) / 1000;
        self->status.seconds_left = -1;
        self->status.files_per_s = 0;
    }
    self->status.phase = phase;
    g_mutex_unlock(&self->lock);
}

void hth_scan_meter_listed(HthScanMeter *self, guint n_files)
{
    g_mutex_lock(&self->lock);
    self->status.n_folders++;
    self->status.n_files += n_files;
    g_mutex_unlock(&self->lock);
}

/* Locking: the lock is held. */
static void sample(HthScanMeter *self, guint64 n_read)
{
    const gint64 now = g_get_monotonic_time();
    if (self->n_samples > 0 && now - self->samples[self->n_samples - 1].at_us < SAMPLE_US)
        return;
    if (self->n_samples == N_SAMPLES) {
        for (guint i = 1; i < N_SAMPLES; i++)
            self->samples[i - 1] = self->samples[i];
        self->n_samples--;
    }
    self->samples[self->n_samples++] = (Sample){ now, n_read };
}

void hth_scan_meter_reading(HthScanMeter *self, guint64 n_read, guint64 n_left)
{
    g_mutex_lock(&self->lock);
    self->status.n_read = n_read;
    self->status.n_to_read = n_read + n_left;
    self->n_left = n_left;
    sample(self, n_read);
    g_mutex_unlock(&self->lock);
}

void hth_scan_meter_watches(HthScanMeter *self, guint n_watches, gboolean is_limited)
{
    g_mutex_lock(&self->lock);
    self->status.n_watches = n_watches;
    self->status.is_watch_limited = is_limited;
    g_mutex_unlock(&self->lock);
}

void hth_scan_meter_read(HthScanMeter *self, HthScanStatus *out_status)
{
    g_mutex_lock(&self->lock);
    *out_status = self->status;
    const Sample *first = &self->samples[0];
    const Sample *last = &self->samples[self->n_samples > 0 ? self->n_samples - 1 : 0];
    if (self->status.phase == HTH_SCAN_READING && last->at_us > first->at_us &&
        last->n_read > first->n_read) {
        out_status->files_per_s = (double)(last->n_read - first->n_read) * G_USEC_PER_SEC /
                                  (double)(last->at_us - first->at_us);
        out_status->seconds_left = (gint64)((double)self->n_left / out_status->files_per_s) + 1;
    }
    g_mutex_unlock(&self->lock);
}
