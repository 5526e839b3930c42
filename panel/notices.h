/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Notifications for what needs a person, and no others:
 *
 *   a handheld from which many files are gone at once, until somebody says that it was meant
 *   a device of the network that waits for permission
 *   a shared folder that is away
 *   a library that cannot be written
 *   a locker that has ended the household's account
 *
 * Each is sent once, also across starts of the panel, and withdrawn when it is over. A click leads
 * to where it is mended (the action app.show).
 *
 * Threads: the main thread only.
 */
#pragma once

#include "panel.h"

G_BEGIN_DECLS

typedef struct HthNotices HthNotices;

/* @application and @panel: borrowed until free.
 * @memory_path: the file that remembers what was sent. */
HthNotices *hth_notices_new(GApplication *application, HthPanel *panel, const char *memory_path);
void hth_notices_free(HthNotices *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthNotices, hth_notices_free)

/* ---- What needs a person ---- */

typedef struct {
    char *id; /* the same for the same thing, whenever it comes */
    char *title;
    char *body;
    char *target; /* "page:home", "handheld:ID", "device:ID" */
} HthNotice;

void hth_notice_free(HthNotice *self); /* NULL is fine */

/* (element HthNotice) of what the API answered; NULL: it has not yet. */
GPtrArray *hth_notices_of(JsonObject *status, JsonObject *devices, JsonObject *paired,
                          JsonObject *locker);

G_END_DECLS
