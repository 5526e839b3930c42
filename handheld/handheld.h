/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every verb of hearth-handheld shares: its options, and where it keeps its things.
 *
 *   STATE/identity/          key.pem, certificate.pem: who this device is
 *   STATE/homes/NAME.home    a home that it is paired with: paired-home.h
 *   STATE/play.conf          the port at which players of this device are served: play-proxy.h
 *   STATE/sync/NAME.*        its folder, limits and status: session.h
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Exit codes. */
enum {
    HTH_HANDHELD_OK = 0,
    HTH_HANDHELD_PROBLEM = 1, /* it was refused, or something is wrong */
    HTH_HANDHELD_USAGE = 2,   /* the command line makes no sense */
    HTH_HANDHELD_NO_HOME = 3, /* no home is paired, or none is reached */
};

typedef struct HthHandheldVerb HthHandheldVerb;

typedef struct {
    const HthHandheldVerb *verb;
    char *state_dir; /* $XDG_STATE_HOME/hearth-handheld unless given */
    char *folder;    /* --folder; NULL: not given */
    char *interface; /* --interface; NULL: any */
    char *home;      /* --home; NULL: not given */
    char *address;   /* --address; NULL: not given */
    gboolean is_json;
} HthHandheld;

/* @argv[0] is the verb. Returns: an exit code. */
typedef int (*HthHandheldRun)(HthHandheld *handheld, int argc, char **argv);

struct HthHandheldVerb {
    const char *name;
    const char *arguments; /* "CODE", for the help */
    const char *summary;
    HthHandheldRun run;
};

/* Sorted by name. */
const HthHandheldVerb *hth_handheld_verbs(guint *out_n);

/* Parses the verb's own options (@entries, NULL: none) beside the common ones, and checks how many
 * words are left. Prints what is wrong. */
gboolean hth_handheld_parse(HthHandheld *handheld, const GOptionEntry *entries, int *argc,
                            char ***argv, int min_words, int max_words);

/* Says what went wrong, in a sentence or as JSON. Returns: @code. */
int hth_handheld_fail(const HthHandheld *handheld, const GError *error, int code);

/* @text in quotes, with what cannot be in them escaped. New string. */
char *hth_handheld_json_text(const char *text);

/* Mostly one file each. */
int hth_handheld_verb_confirm(HthHandheld *handheld, int argc, char **argv);
int hth_handheld_verb_homes(HthHandheld *handheld, int argc, char **argv);
int hth_handheld_verb_pair(HthHandheld *handheld, int argc, char **argv);
int hth_handheld_verb_photos(HthHandheld *handheld, int argc, char **argv);
int hth_handheld_verb_play(HthHandheld *handheld, int argc, char **argv);
int hth_handheld_verb_played(HthHandheld *handheld, int argc, char **argv);
int hth_handheld_verb_run(HthHandheld *handheld, int argc, char **argv);
int hth_handheld_verb_status(HthHandheld *handheld, int argc, char **argv);
int hth_handheld_verb_sync(HthHandheld *handheld, int argc, char **argv);
int hth_handheld_verb_verify(HthHandheld *handheld, int argc, char **argv);

G_END_DECLS
