/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Moderates ContentDirectory's events: five a second at most (ContentDirectory:1, section 2.3.5:
 * SystemUpdateID and ContainerUpdateIDs are moderated at 0.2 s), many changes in one.
 *
 * An engine that its caller drives: it has no timer and no clock of its own. After a change the
 * caller asks when something is due, and then takes it:
 *
 *   hth_event_moderator_container_changed(moderator, "64$1", 17);
 *   gint64 due_us = hth_event_moderator_due_us(moderator, now_us);   -1: nothing to send
 *   if (hth_event_moderator_take(moderator, now_us, &system_id, &container_ids)) …
 *
 * Threads: belongs to one thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define HTH_EVENT_INTERVAL_US    (G_USEC_PER_SEC / 5)
#define HTH_EVENT_MAX_CONTAINERS 500  /* in one event; more wait for the next */
#define HTH_EVENT_MAX_WAITING    5000 /* more are forgotten: SystemUpdateID tells of them too */

typedef struct HthEventModerator HthEventModerator;

HthEventModerator *hth_event_moderator_new(void);
void hth_event_moderator_free(HthEventModerator *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthEventModerator, hth_event_moderator_free)

void hth_event_moderator_system_changed(HthEventModerator *self, guint32 system_update_id);

/* A later change of the same container takes the earlier one's place. */
void hth_event_moderator_container_changed(HthEventModerator *self, const char *container_id,
                                           guint32 update_id);

/* Returns: when the next event may go (now or later), or -1 when nothing waits. */
gint64 hth_event_moderator_due_us(const HthEventModerator *self, gint64 now_us);

/* Takes the next event when it is due. Returns: FALSE when there is none yet.
 * @out_system_update_id: the newest that was told.
 * @out_container_ids:    a new string "id,version,id,version", in the order of first change, with
 * commas and backslashes in ids escaped by a backslash; "" when only the system's id moved. */
gboolean hth_event_moderator_take(HthEventModerator *self, gint64 now_us,
                                  guint32 *out_system_update_id, char **out_container_ids);

G_END_DECLS
