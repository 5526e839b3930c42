/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The daemon's side of plugin/host.h: what plugins are given, and what they gave back. */
#pragma once

#include "parts.h"

G_BEGIN_DECLS

/* @parts: borrowed; without the host itself. @friendly_name and the uuid are fixed from here on. */
HthHost *hth_host_new(HthParts *parts, const char *friendly_name);
void hth_host_free(HthHost *self); /* NULL is fine */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(HthHost, hth_host_free)

/* From now on hth_host_port() is this. */
void hth_host_set_port(HthHost *self, guint16 port);

/* Routes can be added only up to here. */
void hth_host_close_routes(HthHost *self);

/* Asks the media hooks in the order they were added. FALSE: one has answered. HTTP threads. */
gboolean hth_host_run_media_hooks(HthHost *self, HthHttpRequest *request, HthMediaAnswer *answer);

/* Nobody has asked for anything for a while: calls what plugins added by hth_host_add_idle(). */
void hth_host_tell_idle(HthHost *self);

/* Runs the checks that plugins added. A thread of the doctor's. */
void hth_host_run_checks(HthHost *self, HthDoctor *doctor);

typedef struct {
    char *name;
    gboolean is_working;
    char *sentence;
} HthPluginStatus;
void hth_plugin_status_free(HthPluginStatus *self);

/* What @plugin last said of itself, a copy; NULL: nothing. Any thread. */
HthPluginStatus *hth_host_plugin_status(HthHost *self, const char *plugin);

G_END_DECLS
