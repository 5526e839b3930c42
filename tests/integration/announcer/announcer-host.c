/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stands in for hearthd in the announcer's tests: interfaces, the set of announcers and nothing
 * more.
 *
 *   announcer-host PROGRAM PORT DESCRIPTION_PATH
 *
 * Reads commands from stdin, a line each; ends at its end or on SIGTERM:
 *   system N                     SystemUpdateID
 *   container ID N               a container's update id
 *   notify SERVICE NAME VALUE    an event with one variable
 *   sentence                     prints "sentence …"
 */
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "announcers.h"

typedef struct {
    HthAnnouncers *announcers;
    GMainLoop *loop;
} Host;

static void on_changed(HthAnnouncers *announcers, gpointer data)
{
    gboolean is_working = FALSE;
    g_autofree char *sentence = hth_announcers_sentence(announcers, &is_working);
    printf("%s %s\n", is_working ? "working" : "waiting", sentence);
    fflush(stdout);
}

static void run_command(Host *host, char **words, guint n_words)
{
    if (n_words == 2 && strcmp(words[0], "system") == 0) {
        hth_announcers_system_changed(host->announcers, (guint32)atoi(words[1]));
    } else if (n_words == 3 && strcmp(words[0], "container") == 0) {
        hth_announcers_container_changed(host->announcers, words[1], (guint32)atoi(words[2]));
    } else if (n_words == 4 && strcmp(words[0], "notify") == 0) {
        const HthEventVariable variable = { words[2], words[3] };
        hth_announcers_notify(host->announcers, words[1], &variable, 1);
    } else {
        on_changed(host->announcers, host);
    }
}

static gboolean on_line(GIOChannel *channel, GIOCondition condition, gpointer data)
{
    Host *host = data;
    g_autofree char *line = NULL;
    if (g_io_channel_read_line(channel, &line, NULL, NULL, NULL) != G_IO_STATUS_NORMAL) {
        g_main_loop_quit(host->loop);
        return G_SOURCE_REMOVE;
    }
    g_auto(GStrv) words = g_strsplit(g_strstrip(line), " ", 4);
    run_command(host, words, g_strv_length(words));
    return G_SOURCE_CONTINUE;
}

static gboolean on_signal(gpointer data)
{
    g_main_loop_quit(((Host *)data)->loop);
    return G_SOURCE_CONTINUE;
}

static void set_first_values(HthAnnouncers *announcers)
{
    const HthEventVariable directory[] = {
        { "SystemUpdateID", "7" },
        { "ContainerUpdateIDs", "" },
        { "TransferIDs", "" },
    };
    const HthEventVariable manager[] = {
        { "SourceProtocolInfo", "http-get:*:audio/mpeg:*,http-get:*:image/jpeg:<&>" },
        { "SinkProtocolInfo", "" },
        { "CurrentConnectionIDs", "0" },
    };
    hth_announcers_set_values(announcers, "urn:upnp-org:serviceId:ContentDirectory", directory,
                              G_N_ELEMENTS(directory));
    hth_announcers_set_values(announcers, "urn:upnp-org:serviceId:ConnectionManager", manager,
                              G_N_ELEMENTS(manager));
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    g_autoptr(GError) error = NULL;
    g_autoptr(HthInterfaces) interfaces = hth_interfaces_new(NULL, NULL, &error);
    g_assert_no_error(error);
    Host host = { .loop = g_main_loop_new(NULL, FALSE) };
    const HthAnnouncersOptions options = {
        .interfaces = interfaces,
        .program = argv[1],
        .port = (guint16)atoi(argv[2]),
        .description_path = argv[3],
        .config_id = 42,
        .changed = on_changed,
    };
    host.announcers = hth_announcers_new(&options);
    set_first_values(host.announcers);
    g_autoptr(GIOChannel) input = g_io_channel_unix_new(0);
    g_io_add_watch(input, G_IO_IN | G_IO_HUP, on_line, &host);
    const guint source = g_unix_signal_add(SIGTERM, on_signal, &host);
    g_main_loop_run(host.loop);
    g_source_remove(source);
    hth_announcers_free(host.announcers);
    g_main_loop_unref(host.loop);
    return 0;
}
