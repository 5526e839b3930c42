/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs the mDNS plugin alone, with a host of its own around it and the real interfaces.
 *
 *   mdns-host NAME UUID PORT STATE-FILE [INTERFACE…]
 *
 * Writes "status working|trouble SENTENCE" at each change. The line "doctor" on standard input is
 * answered with a line "finding RESULT<TAB>FINDING<TAB>CAUSE<TAB>MEND" for each finding and "done";
 * the end of input stops the plugin in good order.
 */
#include <glib-unix.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/template.h"
#include "plugin/host.h"

extern const HthPlugin hearth_plugin;

struct HthHost {
    GMainLoop *loop;
    const char *name;
    const char *uuid;
    guint16 port;
    GKeyFile *state;
    const char *state_path;
    HthInterfaces *interfaces;
    HthCheck check;
    gpointer check_data;
    char *sentence;
    gpointer plugin;
};

const char *hth_host_friendly_name(HthHost *self)
{
    return self->name;
}

const char *hth_host_uuid(HthHost *self)
{
    return self->uuid;
}

guint16 hth_host_device_port(HthHost *self)
{
    return (guint16)(hth_host_port(self) + 1);
}

guint16 hth_host_port(HthHost *self)
{
    return self->port;
}

HthInterfaces *hth_host_interfaces(HthHost *self)
{
    return self->interfaces;
}

char *hth_host_load(HthHost *self, const char *key)
{
    return g_key_file_get_string(self->state, "state", key, NULL);
}

void hth_host_store(HthHost *self, const char *key, const char *value)
{
    g_key_file_set_string(self->state, "state", key, value);
    g_autoptr(GError) error = NULL;
    if (!g_key_file_save_to_file(self->state, self->state_path, &error))
        g_error("%s", error->message);
}

void hth_host_set_plugin_status(HthHost *self, const char *plugin, gboolean is_working,
                                const char *sentence)
{
    g_autofree char *line =
        g_strdup_printf("status %s %s", is_working ? "working" : "trouble", sentence);
    if (g_strcmp0(line, self->sentence) == 0)
        return;
    g_free(self->sentence);
    self->sentence = g_steal_pointer(&line);
    printf("%s\n", self->sentence);
    fflush(stdout);
}

void hth_host_add_check(HthHost *self, HthCheck check, gpointer data)
{
    self->check = check;
    self->check_data = data;
}

void hth_doctor_report_with(HthDoctor *self, HthCheckResult result, const char *subject,
                            const char *finding, const char *cause, const char *mend, ...)
{
    va_list arguments;
    va_start(arguments, mend);
    g_auto(GStrv) values = hth_template_pairs(arguments);
    va_end(arguments);
    const char *const *pairs = (const char *const *)values;
    g_autofree char *said = hth_template_fill(finding, pairs);
    g_autofree char *why = hth_template_fill(cause, pairs);
    g_autofree char *how = hth_template_fill(mend, pairs);
    static const char *const results[] = { "ok", "note", "warning", "problem" };
    printf("finding %s\t%s\t%s\t%s\n", results[result], said, why != NULL ? why : "",
           how != NULL ? how : "");
}

static gpointer run_check(gpointer data)
{
    HthHost *self = data;
    self->check(NULL, self->check_data);
    printf("done\n");
    fflush(stdout);
    return NULL;
}

static gboolean on_input(GIOChannel *channel, GIOCondition condition, gpointer data)
{
    HthHost *self = data;
    g_autofree char *line = NULL;
    if (g_io_channel_read_line(channel, &line, NULL, NULL, NULL) != G_IO_STATUS_NORMAL) {
        g_main_loop_quit(self->loop);
        return G_SOURCE_REMOVE;
    }
    if (g_str_has_prefix(line, "doctor"))
        g_thread_join(g_thread_new("doctor", run_check, self));
    return G_SOURCE_CONTINUE;
}

static gboolean on_running(gpointer data)
{
    HthHost *self = data;
    hearth_plugin.serving(self->plugin);
    return G_SOURCE_REMOVE;
}

static gboolean on_tick(gpointer data)
{
    gint64 *last_us = data;
    const gint64 now_us = g_get_monotonic_time();
    if (now_us - *last_us > G_USEC_PER_SEC) {
        printf("stalled %" G_GINT64_FORMAT " ms\n", (now_us - *last_us) / 1000);
        fflush(stdout);
    }
    *last_us = now_us;
    return G_SOURCE_CONTINUE;
}

static void run(HthHost *self)
{
    g_autoptr(GIOChannel) input = g_io_channel_unix_new(0);
    (void)g_io_add_watch(input, G_IO_IN | G_IO_HUP, on_input, self);
    gint64 last_us = g_get_monotonic_time();
    const guint tick_source = g_timeout_add(50, on_tick, &last_us);
    g_idle_add(on_running, self);
    g_main_loop_run(self->loop);
    g_source_remove(tick_source);
}

int main(int argc, char **argv)
{
    if (argc < 5) {
        fprintf(stderr, "usage: %s NAME UUID PORT STATE-FILE [INTERFACE…]\n", argv[0]);
        return 2;
    }
    g_autoptr(GError) error = NULL;
    HthHost self = { .name = argv[1], .uuid = argv[2], .port = (guint16)atoi(argv[3]) };
    self.state_path = argv[4];
    self.state = g_key_file_new();
    (void)g_key_file_load_from_file(self.state, self.state_path, 0, NULL); /* new: empty */
    self.loop = g_main_loop_new(NULL, FALSE);
    const char *const *only = argc > 5 ? (const char *const *)argv + 5 : NULL;
    self.interfaces = hth_interfaces_new(only, NULL, &error);
    if (self.interfaces == NULL)
        g_error("%s", error->message);
    self.plugin = hearth_plugin.start(&self, &error);
    if (self.plugin == NULL)
        g_error("%s", error->message);

    run(&self);
    hearth_plugin.stop(self.plugin);
    while (g_main_context_iteration(NULL, FALSE))
        ;
    hth_interfaces_free(self.interfaces);
    g_main_loop_unref(self.loop);
    g_key_file_unref(self.state);
    g_free(self.sentence);
    return 0;
}
