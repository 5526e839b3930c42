/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How long the frames of a window took, and how far they were apart.
 *
 * A frame begins when its clock says so and ends when the X server has drawn it: each is waited
 * for. What lies between two ends is what a person sees, so the work between frames counts there as
 * well.
 */
#pragma once

#include <gdk/gdk.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef struct FrameLog FrameLog;

/* Called at the end of each frame, before its time is taken no more. */
typedef void (*FrameLogEnded)(gint64 now_us, gpointer data);

FrameLog *frame_log_new(GdkSurface *surface, FrameLogEnded on_ended, gpointer data);
void frame_log_free(FrameLog *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FrameLog, frame_log_free)

/* Forgets what was logged: the next frame is the first. */
void frame_log_clear(FrameLog *self);

/* Adds "n_frames", and "work_ms", "interval_ms" and "cpu_ms" with their "median", "p99" and "max";
 * the last is what the main thread used from end to end, and knows nothing of other programs. */
void frame_log_report(FrameLog *self, JsonObject *into);

G_END_DECLS
