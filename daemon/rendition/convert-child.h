/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One hearth-convert at work: started, listened to, and killed when it stalls.
 *
 * Threads: all on the thread that runs its context.
 */
#pragma once

#include <gio/gio.h>

#include "base/digest.h"

G_BEGIN_DECLS

typedef struct HthConvertChild HthConvertChild;

/* What it says at its end. */
typedef struct {
    gint64 size_bytes;
    HthDigest hash;
    gint64 payload_offset;
    HthDigest payload_hash;
} HthConverted;

typedef struct {
    /* "offer" and "missing" of the list of profiles. */
    void (*line)(const char *word, const char *text, gpointer data);
    /* Something was done; also for what `progress` returns. */
    void (*progress)(gpointer data);
    /* It has ended and is reaped; @result NULL with @error: what it said, HTH_ERROR_TIMEOUT when it
     * was killed, HTH_ERROR_FAILED when it died. The child may be freed in here. */
    void (*ended)(const HthConverted *result, const GError *error, gpointer data);
} HthConvertChildEvents;

typedef struct {
    const char *const *arguments; /* the program's path and what follows; NULL-terminated */
    int fds[4];                   /* original, scratch, out, skeleton; -1: none; borrowed */
    guint stall_ms;
    guint deadline_ms;
    const HthConvertChildEvents *events; /* outlives the child */
    gpointer data;
    GMainContext *context;
} HthConvertChildOptions;

/* Errors: HTH_ERROR_UNAVAILABLE  it can't be started */
HthConvertChild *hth_convert_child_new(const HthConvertChildOptions *options, GError **error);

/* Kills it, and waits until it is gone; NULL is fine. */
void hth_convert_child_free(HthConvertChild *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthConvertChild, hth_convert_child_free)

double hth_convert_child_progress(const HthConvertChild *self);     /* 0 to 1 */
const char *hth_convert_child_sandbox(const HthConvertChild *self); /* "": not said yet */

/* It ended without a word about why: the file is suspected. */
gboolean hth_convert_child_has_died(const HthConvertChild *self);

G_END_DECLS
