/* SPDX-License-Identifier: GPL-3.0-or-later */
/* run: stays, and syncs whenever a home appears or says that something changed. */
#define HTH_LOG_TOPIC "handheld"
#include <glib-unix.h>
#include <string.h>

#include "agent.h"
#include "base/log.h"
#include "net-watch.h"
#include "pair.h"

typedef struct {
    HthPlayProxy *proxy; /* NULL: players are not served */
    GPtrArray *agents;   /* (element HthAgent) */
    GMainLoop *loop;
} Run;

static gboolean on_found(const HthFoundHome *found, gpointer data)
{
    Run *self = data;
    for (guint i = 0; i < self->agents->len; i++) {
        HthAgent *agent = g_ptr_array_index(self->agents, i);
        if (hth_discovery_check(hth_agent_home(agent)->discovery_key, found->nonce, found->proof))
            hth_agent_seen(agent, found->address, found->port);
    }
    return FALSE;
}

static void wake_all(Run *self)
{
    for (guint i = 0; i < self->agents->len; i++)
        hth_agent_wake(g_ptr_array_index(self->agents, i));
}

static void on_changed(gpointer data)
{
    Run *self = data;
    for (guint i = 0; i < self->agents->len; i++)
        hth_agent_network_changed(g_ptr_array_index(self->agents, i));
}

static void on_wish(GFileMonitor *monitor, GFile *file, GFile *other, GFileMonitorEvent event,
                    gpointer data)
{
    g_autofree char *name = g_file_get_basename(file);
    g_autofree char *renamed = other != NULL ? g_file_get_basename(other) : NULL;
    const gboolean is_there = event == G_FILE_MONITOR_EVENT_CHANGES_DONE_HINT ||
                              event == G_FILE_MONITOR_EVENT_CREATED ||
                              event == G_FILE_MONITOR_EVENT_RENAMED;
    if (is_there && (g_str_has_suffix(name, ".wish") ||
                     (renamed != NULL && g_str_has_suffix(renamed, ".wish"))))
        wake_all(data);
}

static gboolean on_signal(gpointer data)
{
    g_main_loop_quit(((Run *)data)->loop);
    return G_SOURCE_CONTINUE;
}

static void start_agents(Run *self, const HthHandheld *handheld, const HthSessionLimits *limits)
{
    g_autoptr(GPtrArray) homes = hth_paired_home_list(handheld->state_dir);
    for (guint i = 0; i < homes->len; i++) {
        const HthPairedHome *home = homes->pdata[i];
        if (handheld->home != NULL && strcmp(handheld->home, home->name) != 0)
            continue;
        HthAgent *agent = hth_agent_new(handheld, home, limits, self->proxy);
        if (agent != NULL)
            g_ptr_array_add(self->agents, agent);
    }
}

static void stay(Run *self, const HthHandheld *handheld)
{
    g_autofree char *path = g_build_filename(handheld->state_dir, "sync", NULL);
    g_autoptr(GFile) dir = g_file_new_for_path(path);
    g_autoptr(GFileMonitor) wishes =
        g_file_monitor_directory(dir, G_FILE_MONITOR_WATCH_MOVES, NULL, NULL);
    if (wishes != NULL)
        g_signal_connect(wishes, "changed", G_CALLBACK(on_wish), self);
    g_autoptr(HthNetWatch) network = hth_net_watch_new(handheld, on_changed, on_found, self);
    const guint interrupt = g_unix_signal_add(SIGINT, on_signal, self);
    const guint terminate = g_unix_signal_add(SIGTERM, on_signal, self);
    g_main_loop_run(self->loop);
    g_source_remove(interrupt);
    g_source_remove(terminate);
}

int hth_handheld_verb_run(HthHandheld *handheld, int argc, char **argv)
{
    HthSessionLimits limits = { 0 };
    const GOptionEntry entries[] = { HTH_SESSION_LIMIT_ENTRIES(limits), { NULL } };
    if (!hth_handheld_parse(handheld, entries, &argc, &argv, 0, 0))
        return HTH_HANDHELD_USAGE;
    Run run = { .agents = g_ptr_array_new_with_free_func((GDestroyNotify)hth_agent_free),
                .loop = g_main_loop_new(NULL, FALSE) };
    g_autoptr(GError) error = NULL;
    run.proxy = hth_play_proxy_new(handheld->state_dir, TRUE, &error);
    if (run.proxy == NULL)
        hth_log_warning("players of this device are not served: %s", error->message);
    /* --new-folder is for this start alone; the agents have read it before they wait. */
    start_agents(&run, handheld, &limits);
    const gboolean has_home = run.agents->len > 0;
    if (has_home)
        stay(&run, handheld);
    else
        g_printerr(
            "hearth-handheld: this device is paired with no home; see hearth-handheld pair\n");
    g_ptr_array_unref(run.agents);
    hth_play_proxy_free(run.proxy);
    g_main_loop_unref(run.loop);
    hth_session_limits_clear(&limits);
    return has_home ? HTH_HANDHELD_OK : HTH_HANDHELD_NO_HOME;
}
