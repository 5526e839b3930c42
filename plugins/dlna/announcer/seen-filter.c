/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "seen-filter.h"

#include <string.h>

typedef struct {
    char *sender; /* NULL: a free place */
    char *location;
    gint64 at_us;
} Sighting;

struct HthSeenFilter {
    Sighting kept[HTH_SEEN_MAX];
    double allowance; /* how many may pass at once */
    gint64 last_us;   /* when the allowance was reckoned; 0: never */
};

HthSeenFilter *hth_seen_filter_new(void)
{
    HthSeenFilter *self = g_new0(HthSeenFilter, 1);
    self->allowance = HTH_SEEN_BURST;
    return self;
}

static void forget(Sighting *sighting)
{
    g_clear_pointer(&sighting->sender, g_free);
    g_clear_pointer(&sighting->location, g_free);
}

void hth_seen_filter_free(HthSeenFilter *self)
{
    if (self == NULL)
        return;
    for (guint i = 0; i < HTH_SEEN_MAX; i++)
        forget(&self->kept[i]);
    g_free(self);
}

/* A place to keep the sighting in; NULL when it is known, or when there is no room. */
static Sighting *find_room(HthSeenFilter *self, const char *sender, const char *location,
                           gint64 now_us)
{
    Sighting *room = NULL;
    guint n_of_sender = 0;
    for (guint i = 0; i < HTH_SEEN_MAX; i++) {
        Sighting *sighting = &self->kept[i];
        if (sighting->sender != NULL && now_us - sighting->at_us >= HTH_SEEN_FORGET_US)
            forget(sighting);
        if (sighting->sender == NULL) {
            room = sighting;
            continue;
        }
        if (strcmp(sighting->sender, sender) != 0)
            continue;
        if (strcmp(sighting->location, location) == 0 || ++n_of_sender == HTH_SEEN_A_SENDER)
            return NULL;
    }
    return room;
}

static gboolean spend(HthSeenFilter *self, gint64 now_us)
{
    const double passed_s = (double)(now_us - self->last_us) / G_USEC_PER_SEC;
    if (self->last_us != 0)
        self->allowance = MIN(self->allowance + passed_s * HTH_SEEN_RATE, HTH_SEEN_BURST);
    self->last_us = now_us;
    if (self->allowance < 1)
        return FALSE;
    self->allowance -= 1;
    return TRUE;
}

gboolean hth_seen_filter_passes(HthSeenFilter *self, const char *sender, const char *location,
                                gint64 now_us)
{
    Sighting *room = find_room(self, sender, location, now_us);
    if (room == NULL || !spend(self, now_us))
        return FALSE;
    *room = (Sighting){ g_strdup(sender), g_strdup(location), now_us };
    return TRUE;
}
