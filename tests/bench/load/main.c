/* SPDX-License-Identifier: GPL-3.0-or-later */
/* dlna-load: puts load on a media server, checks what it answers and prints what was measured. */
#include "workload.h"

#include <arpa/inet.h>
#include <libxml/parser.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

typedef struct {
    HthLoadOptions load;
    char *host;
    char *tree_path;
    char *words_path;
    char *media;
    char *local;
    char *control_path;
    int connections;
    int streams;
    int count;
    int min_children;
    int max_containers;
    gint64 media_size;
    gint64 range_size;
    double seconds;
} Options;

typedef gboolean (*Command)(const Options *options, GError **error);

static gboolean do_walk(const Options *options, GError **error)
{
    g_autoptr(GArray) tree = hth_tree_walk(&options->load.plan.server, &options->load.control,
                                           (guint)options->max_containers);
    if (tree == NULL) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "the root cannot be browsed");
        return FALSE;
    }
    printf("{\"containers\": %u}\n", tree->len);
    return hth_tree_save(tree, options->tree_path, error);
}

static gboolean do_browse(const Options *options, GError **error)
{
    g_autoptr(GArray) tree = hth_tree_load(options->tree_path, error);
    if (tree == NULL)
        return FALSE;
    if (hth_workload_browse(&options->load, tree))
        return TRUE;
    g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED, "no container is large enough");
    return FALSE;
}

static gboolean do_search(const Options *options, GError **error)
{
    return hth_workload_search(&options->load, options->words_path, error);
}

static gboolean do_ranges(const Options *options, GError **error)
{
    return hth_workload_ranges(&options->load, error);
}

static gboolean do_get(const Options *options, GError **error)
{
    return hth_workload_get(&options->load);
}

static gboolean do_stalled(const Options *options, GError **error)
{
    g_autoptr(GArray) tree = hth_tree_load(options->tree_path, error);
    return tree != NULL && hth_workload_stalled(&options->load, tree, (guint)options->streams);
}

static const struct {
    const char *name;
    Command run;
} commands[] = {
    { "browse", do_browse }, { "get", do_get },         { "ranges", do_ranges },
    { "search", do_search }, { "stalled", do_stalled }, { "walk", do_walk },
};

static gboolean parse_server(Options *options, GError **error)
{
    g_auto(GStrv) parts = g_strsplit(options->host != NULL ? options->host : "", ":", 2);
    struct sockaddr_in *to = &options->load.plan.server;
    to->sin_family = AF_INET;
    if (g_strv_length(parts) != 2 || inet_pton(AF_INET, parts[0], &to->sin_addr) != 1) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "--server takes an address and a port: 127.0.0.1:8200");
        return FALSE;
    }
    to->sin_port = htons((guint16)g_ascii_strtoull(parts[1], NULL, 10));
    return TRUE;
}

static gboolean parse(Options *options, int *argc, char ***argv, GError **error)
{
    const GOptionEntry entries[] = {
        { "server", 0, 0, G_OPTION_ARG_STRING, &options->host, "Address and port", "ADDRESS:PORT" },
        { "control", 0, 0, G_OPTION_ARG_STRING, &options->control_path,
          "Control URL of ContentDirectory", "PATH" },
        { "connections", 0, 0, G_OPTION_ARG_INT, &options->connections, "Kept connections", "N" },
        { "seconds", 0, 0, G_OPTION_ARG_DOUBLE, &options->seconds, "How long", "S" },
        { "count", 0, 0, G_OPTION_ARG_INT, &options->count, "RequestedCount", "N" },
        { "min-children", 0, 0, G_OPTION_ARG_INT, &options->min_children,
          "Browse only containers with this many objects", "N" },
        { "max-containers", 0, 0, G_OPTION_ARG_INT, &options->max_containers,
          "The walk ends after this many", "N" },
        { "exact", 0, 0, G_OPTION_ARG_NONE, &options->load.is_exact,
          "An answer with another TotalMatches is wrong", NULL },
        { "tree", 0, 0, G_OPTION_ARG_FILENAME, &options->tree_path, "Result of walk", "FILE" },
        { "words", 0, 0, G_OPTION_ARG_FILENAME, &options->words_path, "Words and counts", "FILE" },
        { "media", 0, 0, G_OPTION_ARG_STRING, &options->media, "Path of a file", "PATH" },
        { "media-size", 0, 0, G_OPTION_ARG_INT64, &options->media_size, "Its size", "BYTES" },
        { "range", 0, 0, G_OPTION_ARG_INT64, &options->range_size, "Size of a range", "BYTES" },
        { "local", 0, 0, G_OPTION_ARG_FILENAME, &options->local, "Compare contents with", "FILE" },
        { "streams", 0, 0, G_OPTION_ARG_INT, &options->streams, "Streams that stall", "N" },
        { NULL },
    };
    g_autoptr(GOptionContext) context =
        g_option_context_new("browse|get|ranges|search|stalled|walk");
    g_option_context_add_main_entries(context, entries, NULL);
    return g_option_context_parse(context, argc, argv, error) && parse_server(options, error);
}

static void fill_load(Options *options)
{
    HthLoadOptions *load = &options->load;
    load->plan.n_connections = (guint)options->connections;
    load->plan.seconds = options->seconds;
    load->control = (HthControl){ options->host, options->control_path };
    load->count = (guint)options->count;
    load->min_children = (guint)options->min_children;
    load->media = options->media;
    load->media_size = (guint64)options->media_size;
    load->range_size = (guint64)options->range_size;
    load->local = options->local;
}

static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit); /* what is missing shows when sockets run out */
}

static gboolean run(Options *options, int argc, char **argv, GError **error)
{
    if (!parse(options, &argc, &argv, error))
        return FALSE;
    fill_load(options);
    for (guint i = 0; i < G_N_ELEMENTS(commands); i++)
        if (argc == 2 && strcmp(argv[1], commands[i].name) == 0)
            return commands[i].run(options, error);
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "say what to do: see --help");
    return FALSE;
}

static void options_clear(Options *options)
{
    g_free(options->host);
    g_free(options->tree_path);
    g_free(options->words_path);
    g_free(options->media);
    g_free(options->local);
    g_free(options->control_path);
}

int main(int argc, char **argv)
{
    raise_file_limit();
    Options options = {
        .connections = 1,
        .count = 100,
        .seconds = 5,
        .streams = 1000,
        .max_containers = 1000000,
        .range_size = 1024 * 1024,
    };
    g_autoptr(GError) error = NULL;
    const gboolean is_done = run(&options, argc, argv, &error);
    if (!is_done)
        g_printerr("dlna-load: %s\n", error != NULL ? error->message : "failed");
    options_clear(&options);
    xmlCleanupParser();
    return is_done ? 0 : 1;
}
