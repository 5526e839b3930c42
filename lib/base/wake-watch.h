/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Notices that this computer slept: the clock that counts sleep (CLOCK_BOOTTIME) has run ahead of
 * the one that does not (CLOCK_MONOTONIC), clock_gettime(2). Needs no system service.
 *
 * Threads: main thread; the callback on the default main loop, within HTH_WAKE_WATCH_S of waking.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define HTH_WAKE_WATCH_S 2

/* A shorter nap leaves no trace at other machines. */
#define HTH_WAKE_MIN_US (10 * G_USEC_PER_SEC)

typedef struct HthWakeWatch HthWakeWatch;

typedef void (*HthWoken)(gint64 slept_us, gpointer data);

/* Microseconds slept since boot; a test puts its own in its place. */
typedef gint64 (*HthSleptClock)(void);

/* @clock: NULL for the kernel's. */
HthWakeWatch *hth_wake_watch_new(HthWoken callback, gpointer data, HthSleptClock clock);
void hth_wake_watch_free(HthWakeWatch *self); /* NULL is fine */

/* What the timer does; for tests. */
void hth_wake_watch_check(HthWakeWatch *self);

G_END_DECLS
