/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "sync"
#include "sync/play-feed.h"

#include "base/error.h"
#include "base/log.h"
#include "sync/inbox.h"

struct HthPlayFeed {
    const HthSyncEnv *env;
    HthSyncDevice *device;
    HthPlayLog *log; /* NULL: not opened yet: the folder is not known to be ours before */
};

static gboolean need_log(HthPlayFeed *self, GError **error)
{
    if (self->log != NULL)
        return TRUE;
    if (!hth_inbox_make(self->env, error))
        return FALSE;
    GError *local = NULL;
    self->log = hth_play_log_open(self->env, &local);
    if (self->log == NULL && g_error_matches(local, HTH_ERROR, HTH_ERROR_CORRUPT)) {
        hth_log_warning("the play log cannot be read, and begins anew: %s", local->message);
        g_clear_error(&local);
        if (!hth_play_log_reset(self->env, error))
            return FALSE;
        self->log = hth_play_log_open(self->env, &local);
    }
    if (self->log == NULL)
        g_propagate_error(error, local);
    return self->log != NULL;
}

static gboolean feed_gather(gpointer data, GError **error)
{
    HthPlayFeed *self = data;
    return need_log(self, error) && hth_inbox_take(self->env, self->device, self->log, error);
}

static gboolean feed_unconfirmed(gpointer data, GArray *out, GError **error)
{
    HthPlayFeed *self = data;
    if (!need_log(self, error))
        return FALSE;
    hth_play_log_unconfirmed(self->log, HTH_SYNC_MAX_PLAYS, out);
    return TRUE;
}

static gboolean feed_confirmed(gpointer data, guint64 number, GError **error)
{
    HthPlayFeed *self = data;
    return need_log(self, error) && hth_play_log_confirm(self->log, number, error);
}

static gboolean feed_renumber(gpointer data, GError **error)
{
    HthPlayFeed *self = data;
    return need_log(self, error) && hth_play_log_renumber(self->log, error);
}

HthPlayFeed *hth_play_feed_new(const HthSyncEnv *env, HthSyncDevice *device)
{
    HthPlayFeed *self = g_new0(HthPlayFeed, 1);
    self->env = env;
    self->device = device;
    const HthSyncDevicePlays plays = { .gather = feed_gather,
                                       .unconfirmed = feed_unconfirmed,
                                       .confirmed = feed_confirmed,
                                       .renumber = feed_renumber,
                                       .data = self };
    hth_sync_device_set_plays(device, &plays);
    return self;
}

void hth_play_feed_free(HthPlayFeed *self)
{
    if (self == NULL)
        return;
    hth_play_feed_close(self);
    g_free(self);
}

void hth_play_feed_close(HthPlayFeed *self)
{
    g_clear_pointer(&self->log, hth_play_log_free);
}
