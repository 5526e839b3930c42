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
 * Prints "seen LOCAL SENDER LOCATION" for each renderer that is heard of.
 */
#include <glib-unix.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "announcers.h"
#include "subscription.h"

#define PORT 8200

typedef struct {
    char *description;
    HthSubscriptions *subscriptions;
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

static void on_seen(const char *local, const char *sender, const char *location, gpointer data)
{
    printf("seen %s %s %s\n", local, sender, location);
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

static void serve_description(HthHttpRequest *request, gpointer data)
{
    const Host *host = data;
    hth_http_request_respond(request, 200, "text/xml; charset=\"utf-8\"", host->description);
}

static const HthHttpRoute description_routes[] = {
    { HTH_HTTP_GET, "/d.xml", serve_description, 0 },
};
static const HthHttpRoute event_routes[] = {
    { HTH_HTTP_SUBSCRIBE | HTH_HTTP_UNSUBSCRIBE, "/event/", hth_subscriptions_handle, 0 },
};

static HthHttpServer *serve(Host *host)
{
    g_autoptr(GError) error = NULL;
    const HthHttpOptions options = { .name = "lan", .port = PORT };
    HthHttpServer *server = hth_http_server_new(&options);
    hth_http_server_add_routes(server, description_routes, G_N_ELEMENTS(description_routes), host);
    hth_http_server_add_routes(server, event_routes, G_N_ELEMENTS(event_routes),
                               host->subscriptions);
    hth_http_server_start(server, &error);
    g_assert_no_error(error);
    return server;
}

static void run(Host *host, HthInterfaces *interfaces, const char *program)
{
    const HthAnnouncersOptions options = {
        .interfaces = interfaces,
        .program = program,
        .port = PORT,
        .description_path = "/d.xml",
        .config_id = 42,
        .changed = on_changed,
        .seen = on_seen,
    };
    host->announcers = hth_announcers_new(&options);
    set_first_values(host->announcers);
    hth_subscriptions_set_announcers(host->subscriptions, host->announcers);
    g_autoptr(GIOChannel) input = g_io_channel_unix_new(0);
    g_io_add_watch(input, G_IO_IN | G_IO_HUP, on_line, host);
    const guint source = g_unix_signal_add(SIGTERM, on_signal, host);
    g_main_loop_run(host->loop);
    g_source_remove(source);
    hth_subscriptions_set_announcers(host->subscriptions, NULL);
    hth_announcers_free(host->announcers);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    g_autoptr(GError) error = NULL;
    g_autoptr(HthInterfaces) interfaces = hth_interfaces_new(NULL, NULL, &error);
    g_assert_no_error(error);
    Host host = {
        .loop = g_main_loop_new(NULL, FALSE),
        .subscriptions = hth_subscriptions_new(interfaces),
    };
    g_file_get_contents(argv[2], &host.description, NULL, &error);
    g_assert_no_error(error);
    HthHttpServer *server = serve(&host);
    run(&host, interfaces, argv[1]);
    hth_http_server_free(server);
    hth_subscriptions_free(host.subscriptions);
    g_main_loop_unref(host.loop);
    g_free(host.description);
    return 0;
}
