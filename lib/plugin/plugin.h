/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a plugin is: one exported constant and a manifest beside the module.
 *
 * The manifest NAME.plugin is a key file: [Plugin] Module=, Name=, Description=, Enabled= (default
 * true). The daemon reads manifests and never names a plugin. Modules stay resident once loaded.
 *
 * Threads: start and stop on the main thread.
 */
#pragma once

#include <glib.h>
#include <gmodule.h>

G_BEGIN_DECLS

typedef struct HthHost HthHost;

/* Changes whenever anything that a plugin sees changes its binary form. */
#define HTH_PLUGIN_ABI 1

typedef struct {
    guint abi;        /* HTH_PLUGIN_ABI */
    const char *name; /* as in the manifest */
    /* Returns the plugin's state, which need not be NULL-checked by it later; NULL and an error
     * when it cannot run: the daemon goes on without it and says why. Called before the
     * HTTP listeners start, so that routes can be added. */
    gpointer (*start)(HthHost *host, GError **error);
    /* Called after the HTTP listeners have stopped. Everything posted, watched and referenced is
     * given back. */
    void (*stop)(gpointer state);
    /* Called once the LAN listener serves: its port is known. That of the listener for paired
     * devices is when the main loop runs. May be NULL. */
    void (*serving)(gpointer state);
} HthPlugin;

/* The symbol's name. */
#define HTH_PLUGIN_SYMBOL "hearth_plugin"

G_END_DECLS
