/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every verb of hearth-locker shares. */
#pragma once

#include "catalogue.h"

G_BEGIN_DECLS

/* Exit codes. */
enum {
    HTH_LOCKER_OK = 0,
    HTH_LOCKER_PROBLEM = 1,
    HTH_LOCKER_USAGE = 2,
    HTH_LOCKER_RUNNING = 4, /* a locker runs with this data already */
};

typedef struct {
    const char *name;
    const char *arguments; /* for the help */
    const char *summary;
    int (*run)(int argc, char **argv); /* @argv[0] is the verb. Returns: an exit code. */
} HthLockerVerb;

/* Sorted by name. */
const HthLockerVerb *hth_locker_verbs(guint *out_n);

/* Every verb's options. */
typedef struct {
    char *data_dir; /* never NULL after parsing */
    gboolean is_json;
} HthLockerCommon;

void hth_locker_common_clear(HthLockerCommon *self);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(HthLockerCommon, hth_locker_common_clear)

/* Parses the options of @verb (@entries, NULL: none) beside the common ones, and checks how many
 * words are left. Prints what is wrong. */
gboolean hth_locker_parse(HthLockerCommon *common, const char *verb, const GOptionEntry *entries,
                          int *argc, char ***argv, int min_words, int max_words);

/* Opens the catalogue of a locker that has been set up. NULL: said why not. */
HthCatalogue *hth_locker_open_catalogue(const HthLockerCommon *common);

/* Prints what went wrong. Returns: HTH_LOCKER_PROBLEM. */
int hth_locker_fail(const GError *error);

/* "250 MB", "3 TB": bytes as people write them; "none": 0. FALSE: it is no such number. */
gboolean hth_locker_read_size(const char *text, guint64 *out_bytes);

int hth_locker_verb_accounts(int argc, char **argv);
int hth_locker_verb_invite(int argc, char **argv);
int hth_locker_verb_serve(int argc, char **argv);
int hth_locker_verb_status(int argc, char **argv);

G_END_DECLS
