/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "hearthd"
#include "idle.h"

#include <malloc.h>

#include "base/log.h"
#include "plugin-host.h"

#define LOOK_S 15

struct HthIdle {
    HthParts *parts;
    guint timer;
    guint64 requests;    /* when last looked */
    guint quiet_s;       /* since the last request */
    gboolean is_given_back;
};

static guint64 count_requests(const HthParts *parts)
{
    HthHttpCounters lan = { 0 }, local = { 0 };
    hth_http_server_counters(parts->lan, &lan);
    hth_http_server_counters(parts->socket, &local);
    return lan.requests + local.requests;
}

static gboolean on_look(gpointer data)
{
    HthIdle *self = data;
    const guint64 requests = count_requests(self->parts);
    if (requests != self->requests) {
        self->requests = requests;
        self->quiet_s = 0;
        self->is_given_back = FALSE;
        return G_SOURCE_CONTINUE;
    }
    self->quiet_s += LOOK_S;
    if (self->quiet_s >= HTH_IDLE_AFTER_S && !self->is_given_back) {
        self->is_given_back = TRUE;
        hth_host_tell_idle(self->parts->host);
        hth_library_give_back(self->parts->library);
        malloc_trim(0);
        hth_log_debug("nobody asks: memory is given back");
    }
    return G_SOURCE_CONTINUE;
}

HthIdle *hth_idle_new(HthParts *parts)
{
    HthIdle *self = g_new0(HthIdle, 1);
    self->parts = parts;
    self->timer = g_timeout_add_seconds(LOOK_S, on_look, self);
    return self;
}

void hth_idle_free(HthIdle *self)
{
    if (self == NULL)
        return;
    g_source_remove(self->timer);
    g_free(self);
}
