/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The smallest complete plugin: one page for the network, one finding for `hearth doctor`.
 * docs/plugins.md walks through it. Copy this folder to begin one of your own. */
#include "plugin/host.h"

#define PLUGIN_NAME "template"

/* Everything the plugin knows. Nothing is kept at file scope: a test may start two. */
typedef struct {
    HthHost *host;
} Template;

/* On an HTTP thread: it may call what host.h marks "any thread", and changes nothing of ours. */
static void greet(HthHttpRequest *request, gpointer data)
{
    Template *self = data;
    g_autofree char *text =
        g_strdup_printf("This is “%s”, hearth %s.\n", hth_host_friendly_name(self->host),
                        hth_host_version(self->host));
    hth_http_request_respond(request, 200, "text/plain; charset=utf-8", text);
}

static const HthHttpRoute routes[] = {
    { HTH_HTTP_GET, "/template", greet, 0 },
};

/* On the doctor's thread. A finding that is not "ok" names its cause and how to mend it. */
static void check(HthDoctor *doctor, gpointer data)
{
    Template *self = data;
    const guint16 port = hth_host_port(self->host);
    if (port == 0) {
        hth_doctor_report(doctor, HTH_CHECK_NOTE, PLUGIN_NAME, "its page is not served yet",
                          "hearthd is still starting.", "Ask again in a few seconds.");
        return;
    }
    g_autofree char *finding = g_strdup_printf("its page is served on port %u", port);
    hth_doctor_report(doctor, HTH_CHECK_OK, PLUGIN_NAME, finding, NULL, NULL);
}

static gpointer start(HthHost *host, GError **error)
{
    Template *self = g_new0(Template, 1);
    self->host = host;
    hth_host_add_lan_routes(host, routes, G_N_ELEMENTS(routes), self);
    hth_host_add_check(host, check, self);
    return self;
}

static void serving(gpointer state)
{
    Template *self = state;
    hth_host_set_plugin_status(self->host, PLUGIN_NAME, TRUE, "greets at /template");
}

static void stop(gpointer state)
{
    g_free(state);
}

G_MODULE_EXPORT const HthPlugin hearth_plugin = {
    .abi = HTH_PLUGIN_ABI,
    .name = PLUGIN_NAME,
    .start = start,
    .stop = stop,
    .serving = serving,
};
