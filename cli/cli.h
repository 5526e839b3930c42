/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every verb of `hearth` shares: its options, its connection to hearthd, how it ends. */
#pragma once

#include <json-glib/json-glib.h>

#include "client.h"
#include "print.h"

G_BEGIN_DECLS

/* Exit codes. */
enum {
    HTH_EXIT_OK = 0,
    HTH_EXIT_PROBLEM = 1,     /* it was refused, or something is wrong */
    HTH_EXIT_USAGE = 2,       /* the command line makes no sense */
    HTH_EXIT_NOT_RUNNING = 3, /* no hearthd answers */
};

typedef struct HthVerb HthVerb;

typedef struct {
    const HthVerb *verb;
    char *socket_path; /* --socket; NULL: not given */
    char *state_dir;   /* --state-dir */
    gboolean is_json;  /* --json */
    HthClient *client; /* made at first use */
} HthCli;

/* @argv[0] is the verb. Returns: an exit code. */
typedef int (*HthVerbRun)(HthCli *cli, int argc, char **argv);

struct HthVerb {
    const char *name;
    const char *arguments; /* "[WORDS…]", for the help */
    const char *summary;
    const char *examples; /* each line of it begins with two spaces */
    HthVerbRun run;
};

/* Sorted by name. */
const HthVerb *hth_verbs(guint *out_n);

/* Parses the verb's own options (@entries, NULL: none) beside --json, --socket and --state-dir, and
 * checks how many words are left. Prints what is wrong. */
gboolean hth_cli_parse(HthCli *cli, const GOptionEntry *entries, int *argc, char ***argv,
                       int min_words, int max_words);

HthClient *hth_cli_client(HthCli *cli);

/* Says what went wrong, in a sentence or as JSON. Returns: the exit code for it. */
int hth_cli_fail(HthCli *cli, const GError *error);

/* With --json: prints the answer on one line and returns TRUE: there is nothing more to say. */
gboolean hth_cli_print_json(HthCli *cli, JsonObject *answer);

/* Shows an answer to people. */
typedef void (*HthCliPrint)(JsonObject *answer);

/* How most verbs end: with @answer as JSON or by @print, or, when it is NULL, with what @error
 * says. Returns: an exit code. */
int hth_cli_end(HthCli *cli, JsonObject *answer, const GError *error, HthCliPrint print);

/* One file each. */
int hth_verb_backup(HthCli *cli, int argc, char **argv);
int hth_verb_browse(HthCli *cli, int argc, char **argv);
int hth_verb_config(HthCli *cli, int argc, char **argv);
int hth_verb_devices(HthCli *cli, int argc, char **argv);
int hth_verb_doctor(HthCli *cli, int argc, char **argv);
int hth_verb_events(HthCli *cli, int argc, char **argv);
int hth_verb_item(HthCli *cli, int argc, char **argv);
int hth_verb_locker(HthCli *cli, int argc, char **argv);
int hth_verb_logs(HthCli *cli, int argc, char **argv);
int hth_verb_pair(HthCli *cli, int argc, char **argv);
int hth_verb_playlists(HthCli *cli, int argc, char **argv);
int hth_verb_plugins(HthCli *cli, int argc, char **argv);
int hth_verb_restart(HthCli *cli, int argc, char **argv);
int hth_verb_restore(HthCli *cli, int argc, char **argv);
int hth_verb_roots(HthCli *cli, int argc, char **argv);
int hth_verb_scan(HthCli *cli, int argc, char **argv);
int hth_verb_search(HthCli *cli, int argc, char **argv);
int hth_verb_sessions(HthCli *cli, int argc, char **argv);
int hth_verb_status(HthCli *cli, int argc, char **argv);

G_END_DECLS
