/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds plugins by their manifests, loads them for good, starts and stops them. One that cannot
 * start costs a line in the status, never the daemon.
 *
 * Threads: main thread; describe on any once start returned.
 */
#pragma once

#include <json-glib/json-glib.h>

#include "plugin-host.h"

G_BEGIN_DECLS

/* Begins to load those that are enabled, on a thread: linking a module with all that it needs takes
 * as long as opening the library, which can be done meanwhile.
 *
 * @dirs: folders with NAME.plugin files; @enable, @disable: names from the configuration. */
HthPluginLoader *hth_plugin_loader_new(const char *const *dirs, const char *const *enable,
                                       const char *const *disable);
/* Stops first. NULL is fine. */
void hth_plugin_loader_free(HthPluginLoader *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthPluginLoader, hth_plugin_loader_free)

/* Starts all that are enabled and could be loaded. */
void hth_plugin_loader_start(HthPluginLoader *self, HthHost *host);
/* Tells those that run that the daemon serves. */
void hth_plugin_loader_serving(HthPluginLoader *self);
/* In the reverse order. */
void hth_plugin_loader_stop(HthPluginLoader *self);

/* {"name", "description", "state": "running" | "failed" | "disabled", "is_working", "sentence"} of
 * each, by name. */
JsonArray *hth_plugin_loader_describe(HthPluginLoader *self, HthHost *host);

G_END_DECLS
