/* SPDX-License-Identifier: GPL-3.0-or-later */
/* hearth-simulate: a home and three devices, and all that may happen to them, seed by seed. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "fault-table.h"
#include "world.h"

/* A seed takes well under a second: one that takes so long hangs. */
#define SEED_SECONDS 120
#define JOBS_MAX     64
/* A fault that fewer seeds notice would go unnoticed soon. */
#define CENSUS_MIN   3
#define CENSUS_SHOWN 8

typedef struct {
    guint64 first;
    guint count;
    guint jobs;
    gboolean is_verbose;
    gboolean is_twice;
    gboolean runs_faults;
    gboolean is_census;
    char *fault;
} Options;

/* ---- One seed ---- */

static void print_count(gpointer key, gpointer value, gpointer data)
{
    g_print(" %s %u", (const char *)key, GPOINTER_TO_UINT(value));
}

/* TRUE: nothing failed. */
static gboolean run_seed(const Options *options, guint64 seed, guint faults, guint64 *out_hash)
{
    alarm(SEED_SECONDS);
    g_autoptr(World) world = world_new(seed, faults, options->is_verbose);
    const gboolean is_good = world_run(world);
    *out_hash = world->trace_hash;
    if (options->is_verbose) {
        g_print("seed %" G_GUINT64_FORMAT ":", seed);
        g_hash_table_foreach(world->counts, print_count, NULL);
        g_print(" lines %" G_GUINT64_FORMAT "\n", world->n_lines);
    }
    if (!is_good && faults == 0)
        g_printerr("seed %" G_GUINT64_FORMAT " fails: %s\n"
                   "  again, with all that happens: hearth-simulate --verbose %" G_GUINT64_FORMAT
                   "\n",
                   seed, world->failure, seed);
    return is_good;
}

static gboolean run_seed_twice(const Options *options, guint64 seed)
{
    guint64 hash = 0, again = 0;
    gboolean is_good = run_seed(options, seed, 0, &hash);
    if (options->is_twice) {
        is_good = run_seed(options, seed, 0, &again) && is_good;
        if (hash != again) {
            g_printerr("seed %" G_GUINT64_FORMAT " does not replay exactly\n", seed);
            is_good = FALSE;
        }
    }
    return is_good;
}

/* ---- Many seeds, in several processes ---- */

static int run_share(const Options *options, guint share)
{
    guint n_failed = 0;
    for (guint i = share; i < options->count; i += options->jobs)
        n_failed += run_seed_twice(options, options->first + i) ? 0 : 1;
    return n_failed > 0 ? 1 : 0;
}

static gboolean wait_for(pid_t child, const char *what)
{
    int status = 0;
    if (waitpid(child, &status, 0) <= 0)
        return FALSE;
    if (WIFSIGNALED(status))
        g_printerr("%s ends by signal %d\n", what, WTERMSIG(status));
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static gboolean run_seeds(const Options *options)
{
    if (options->jobs <= 1)
        return run_share(options, 0) == 0;
    pid_t children[JOBS_MAX];
    for (guint i = 0; i < options->jobs; i++) {
        children[i] = fork();
        if (children[i] == 0)
            exit(run_share(options, i));
    }
    gboolean is_good = TRUE;
    for (guint i = 0; i < options->jobs; i++)
        is_good = wait_for(children[i], "a share of the seeds") && is_good;
    return is_good;
}

/* ---- Faults: each must be noticed by some seed ---- */

static gboolean is_noticed(const Options *options, const FaultRow *row, guint64 seed)
{
    guint64 hash = 0;
    if (run_seed(options, seed, row->fault, &hash))
        return FALSE;
    g_print("fault %-16s is noticed by seed %" G_GUINT64_FORMAT "\n", row->name, seed);
    return TRUE;
}

static gboolean run_fault(const Options *options, const FaultRow *row)
{
    if (is_noticed(options, row, row->first))
        return TRUE;
    for (guint i = 0; i < options->count; i++) {
        if (is_noticed(options, row, options->first + i))
            return TRUE;
    }
    g_printerr("fault %s is noticed by none of %u seeds\n", row->name, options->count);
    return FALSE;
}

/* How many of the seeds notice it, and the first of them: how far from unnoticed it is. */
static gboolean count_fault(const Options *options, const FaultRow *row)
{
    guint n = 0;
    g_autoptr(GString) firsts = g_string_new(NULL);
    for (guint i = 0; i < options->count; i++) {
        guint64 hash = 0;
        const guint64 seed = options->first + i;
        if (!run_seed(options, seed, row->fault, &hash) && n++ < CENSUS_SHOWN)
            g_string_append_printf(firsts, " %" G_GUINT64_FORMAT, seed);
    }
    g_print("fault %-16s is noticed by %3u of %u seeds:%s\n", row->name, n, options->count,
            firsts->str);
    return n >= CENSUS_MIN;
}

static gboolean run_faults(const Options *options)
{
    gboolean is_good = TRUE;
    guint n_running = 0;
    for (guint i = 0; i < n_fault_rows; i++) {
        const FaultRow *row = &fault_rows[i];
        if (options->fault != NULL && strcmp(options->fault, row->name) != 0)
            continue;
        (void)fflush(stdout); /* the child has a copy of what is not out yet */
        if (n_running >= options->jobs) {
            is_good = wait_for(-1, "a fault") && is_good;
            n_running--;
        }
        if (fork() == 0)
            exit((options->is_census ? count_fault : run_fault)(options, row) ? 0 : 1);
        n_running++;
    }
    for (; n_running > 0; n_running--)
        is_good = wait_for(-1, "a fault") && is_good;
    return is_good;
}

int main(int argc, char **argv)
{
    Options options = { .count = 1, .jobs = 1 };
    gint count = 1, jobs = 1;
    const GOptionEntry entries[] = {
        { "count", 'n', 0, G_OPTION_ARG_INT, &count, "so many seeds from SEED on", "N" },
        { "jobs", 'j', 0, G_OPTION_ARG_INT, &jobs, "in so many processes", "N" },
        { "twice", 0, 0, G_OPTION_ARG_NONE, &options.is_twice, "each seed must replay exactly", 0 },
        { "verbose", 'v', 0, G_OPTION_ARG_NONE, &options.is_verbose, "say all that happens", 0 },
        { "faults", 0, 0, G_OPTION_ARG_NONE, &options.runs_faults,
          "with each deliberate fault, until a seed notices", 0 },
        { "census", 0, 0, G_OPTION_ARG_NONE, &options.is_census,
          "with each deliberate fault, how many of the seeds notice; fewer than 3 are too few", 0 },
        { "fault", 0, 0, G_OPTION_ARG_STRING, &options.fault, "this one alone", "NAME" },
        { NULL },
    };
    g_autoptr(GError) error = NULL;
    g_autoptr(GOptionContext) context = g_option_context_new("SEED");
    g_option_context_add_main_entries(context, entries, NULL);
    if (!g_option_context_parse(context, &argc, &argv, &error) || argc != 2 ||
        !g_ascii_string_to_unsigned(argv[1], 10, 0, G_MAXUINT64, &options.first, &error)) {
        g_printerr("%s\n",
                   error != NULL ? error->message : "usage: hearth-simulate [OPTION…] SEED");
        return 2;
    }
    options.count = (guint)CLAMP(count, 1, G_MAXINT);
    options.jobs = (guint)CLAMP(jobs, 1, JOBS_MAX);
    hth_log_set_levels("error");
    options.runs_faults = options.runs_faults || options.is_census || options.fault != NULL;
    const gboolean is_good = options.runs_faults ? run_faults(&options) : run_seeds(&options);
    g_free(options.fault);
    if (is_good && !options.runs_faults)
        g_print("%u seeds pass\n", options.count);
    return is_good ? 0 : 1;
}
