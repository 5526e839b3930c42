/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "event-moderator.h"

#include <string.h>

/* Leaves room for the frame around it in a message of HTH_ANNOUNCE_MAX_VALUE. */
#define MAX_VALUE_BYTES (30 * 1024)
#define MAX_ID_BYTES    256

struct HthEventModerator {
    GHashTable *versions; /* container id → update id, of those that wait */
    GQueue order;         /* of container ids, borrowed from @versions */
    guint32 system_update_id;
    gboolean has_changed;
    gboolean has_sent;
    gint64 sent_us;
};

HthEventModerator *hth_event_moderator_new(void)
{
    HthEventModerator *self = g_new(HthEventModerator, 1);
    *self = (HthEventModerator){
        .versions = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
        .order = G_QUEUE_INIT,
    };
    return self;
}

void hth_event_moderator_free(HthEventModerator *self)
{
    if (self == NULL)
        return;
    g_queue_clear(&self->order);
    g_hash_table_unref(self->versions);
    g_free(self);
}

void hth_event_moderator_system_changed(HthEventModerator *self, guint32 system_update_id)
{
    self->system_update_id = system_update_id;
    self->has_changed = TRUE;
}

void hth_event_moderator_container_changed(HthEventModerator *self, const char *container_id,
                                           guint32 update_id)
{
    if (strlen(container_id) > MAX_ID_BYTES)
        return;
    if (!g_hash_table_contains(self->versions, container_id)) {
        if (g_hash_table_size(self->versions) >= HTH_EVENT_MAX_WAITING)
            return;
        char *id = g_strdup(container_id);
        g_hash_table_insert(self->versions, id, GUINT_TO_POINTER(update_id));
        g_queue_push_tail(&self->order, id);
    } else {
        /* insert() keeps the known key, to which the queue points, and frees the new one. */
        g_hash_table_insert(self->versions, g_strdup(container_id), GUINT_TO_POINTER(update_id));
    }
    self->has_changed = TRUE;
}

gint64 hth_event_moderator_due_us(const HthEventModerator *self, gint64 now_us)
{
    if (!self->has_changed)
        return -1;
    return self->has_sent ? MAX(now_us, self->sent_us + HTH_EVENT_INTERVAL_US) : now_us;
}

/* An element of a list of comma-separated values (UPnP Device Architecture, section "data types").
 */
static void append_id(GString *to, const char *id)
{
    if (to->len > 0)
        g_string_append_c(to, ',');
    for (; *id != '\0'; id++) {
        if (*id == ',' || *id == '\\')
            g_string_append_c(to, '\\');
        g_string_append_c(to, *id);
    }
}

static char *take_containers(HthEventModerator *self)
{
    GString *list = g_string_new(NULL);
    for (guint n = 0; n < HTH_EVENT_MAX_CONTAINERS && list->len < MAX_VALUE_BYTES; n++) {
        const char *id = g_queue_pop_head(&self->order);
        if (id == NULL)
            break;
        const guint update_id = GPOINTER_TO_UINT(g_hash_table_lookup(self->versions, id));
        append_id(list, id);
        g_string_append_printf(list, ",%u", update_id);
        g_hash_table_remove(self->versions, id);
    }
    return g_string_free(list, FALSE);
}

gboolean hth_event_moderator_take(HthEventModerator *self, gint64 now_us,
                                  guint32 *out_system_update_id, char **out_container_ids)
{
    const gint64 due_us = hth_event_moderator_due_us(self, now_us);
    if (due_us < 0 || due_us > now_us)
        return FALSE;
    *out_system_update_id = self->system_update_id;
    *out_container_ids = take_containers(self);
    self->has_changed = self->order.length > 0;
    self->has_sent = TRUE;
    self->sent_us = now_us;
    return TRUE;
}
