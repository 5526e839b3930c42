/* SPDX-License-Identifier: GPL-3.0-or-later */
#define HTH_LOG_TOPIC "announcer"
#include "renderer-watch.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>
#include <upnp/upnp.h>
#include <upnp/upnptools.h>

#include <glib-unix.h>

#include "base/log.h"

#define RENDERER     "urn:schemas-upnp-org:device:MediaRenderer:"
#define SEARCH_MAX_S 3 /* MX: renderers answer within it */

G_STATIC_ASSERT(sizeof(HthSighting) <= PIPE_BUF);

/* FALSE when the message is of no use: not IPv4, our own, or its address is too long for us. */
static gboolean fill(HthSighting *sighting, const UpnpDiscovery *discovery, const char *own_address)
{
    const struct sockaddr_in *from = (const void *)UpnpDiscovery_get_DestAddr(discovery);
    if (from->sin_family != AF_INET ||
        inet_ntop(AF_INET, &from->sin_addr, sighting->sender, sizeof sighting->sender) == NULL)
        return FALSE;
    return strcmp(sighting->sender, own_address) != 0 &&
           g_strlcpy(sighting->location, UpnpDiscovery_get_Location_cstr(discovery),
                     sizeof sighting->location) < sizeof sighting->location;
}

/* On libupnp's thread: copy, post, leave. Its event is NULL when a search has ended. */
static int on_upnp_event(Upnp_EventType type, const void *event, void *cookie)
{
    const HthRendererWatch *self = cookie;
    if ((type != UPNP_DISCOVERY_ADVERTISEMENT_ALIVE && type != UPNP_DISCOVERY_SEARCH_RESULT) ||
        event == NULL)
        return 0;
    const UpnpDiscovery *discovery = event;
    HthSighting sighting = { .sender = "" };
    if (g_str_has_prefix(UpnpDiscovery_get_DeviceType_cstr(discovery), RENDERER) &&
        fill(&sighting, discovery, self->own_address) &&
        write(self->pipe[1], &sighting, sizeof sighting) != sizeof sighting)
        hth_log_debug("a renderer's message was dropped: too many at once");
    return 0;
}

static gboolean refused(const char *step, int upnp_error)
{
    hth_log_warning("renderers are not looked for: %s: %s (%d)", step,
                    UpnpGetErrorMessage(upnp_error), upnp_error);
    return FALSE;
}

/* On a thread of its own: libupnp sleeps between the two copies, and a subscriber would wait. */
static gpointer search(gpointer data)
{
    HthRendererWatch *self = data;
    const int result = UpnpSearchAsync(self->client, SEARCH_MAX_S, RENDERER "1", self);
    if (result != UPNP_E_SUCCESS)
        (void)refused("the search", result); /* advertisements still come */
    return NULL;
}

gboolean hth_renderer_watch_start(HthRendererWatch *self, const char *own_address)
{
    *self = (HthRendererWatch){ .pipe = { -1, -1 }, .own_address = own_address };
    if (!g_unix_open_pipe(self->pipe, FD_CLOEXEC, NULL))
        return refused("no pipe", UPNP_E_OUTOF_MEMORY);
    g_unix_set_fd_nonblocking(self->pipe[0], TRUE, NULL);
    g_unix_set_fd_nonblocking(self->pipe[1], TRUE, NULL);
    const int result = UpnpRegisterClient(on_upnp_event, self, &self->client);
    if (result != UPNP_E_SUCCESS)
        return refused("the control point is not registered", result);
    g_thread_unref(g_thread_new("search", search, self));
    return TRUE;
}

int hth_renderer_watch_fd(const HthRendererWatch *self)
{
    return self->pipe[0];
}

gboolean hth_renderer_watch_take(HthRendererWatch *self, HthSighting *out_sighting)
{
    return read(self->pipe[0], out_sighting, sizeof *out_sighting) == sizeof *out_sighting;
}
